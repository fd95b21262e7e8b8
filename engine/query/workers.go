package query

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"

	"skep/engine/coordinator"
	"skep/engine/coordinator/remote"
	"skep/engine/scheduler"
	"skep/engine/worker/wire"
	"skep/shuffle"
	exchange "skep/shuffle/local"
	"skep/shuffle/spool"
	outputs "skep/shuffle/store"
)

// Workers says how worker processes attach.
type Workers struct {
	Listener net.Listener
	// Security is how workers and the server know each other. Its token is also that of the workers' outputs.
	Security wire.Security
	// Spool is the folder, shared with all workers, where outputs are; "" means that each worker keeps its own.
	Spool string
	// OutOfMemory, unless nil, reports whether a worker's process has just been killed for lack of memory.
	OutOfMemory func(name string) bool
	// Served says that the outputs that workers keep are served by a process that outlives them.
	Served bool
}

// The kinds of exchanges, as workers and server compare them.
const (
	LocalExchange  = "local"
	ServedExchange = "served"
)

// SpoolExchange is the kind of a spool.
func SpoolExchange(folder string) string { return "spool:" + folder }

func (w *Workers) exchange() string {
	switch {
	case w.Spool != "":
		return SpoolExchange(w.Spool)
	case w.Served:
		return ServedExchange
	}
	return LocalExchange
}

// openExchange opens this process's side of the exchange of stages.
func (e *Engine) openExchange() (shuffle.Exchange, error) {
	w := e.config.Workers
	if w != nil && w.Spool != "" {
		return spool.Open(spool.Options{Folder: w.Spool})
	}
	// In one process outputs are handed over in memory as long as they are few.
	o := exchange.Options{Store: outputs.Options{Dirs: []string{filepath.Join(e.scratch, "shuffle")}, Memory: e.config.Memory / 8}}
	if w != nil {
		o.Token = w.Security.Token
	}
	return exchange.Open(o)
}

// coordinatorConfig says where queries in stages run: in worker processes if these may attach, else in this one.
func (e *Engine) coordinatorConfig() coordinator.Config {
	core := scheduler.DefaultConfig()
	core.Pools = e.schedulerPools()
	if w := e.config.Workers; w != nil {
		return coordinator.Config{Scheduler: &core, Exchange: e.exchange, Survives: w.Spool != "" || w.Served}
	}
	return coordinator.Config{
		Scheduler: &core,
		Workers:   stageWorkers, Slots: max(1, e.config.Threads/stageWorkers), Memory: e.config.Memory / stageWorkers, Exchange: e.exchange,
		Worker: e.workerConfig(),
	}
}

// acceptWorkers lets workers attach.
func (e *Engine) acceptWorkers(ctx context.Context) error {
	c, err := e.coordinated(ctx)
	if err != nil {
		return err
	}
	w := e.config.Workers
	e.workers, err = remote.Serve(remote.Config{
		Listener: w.Listener, Security: w.Security, OutOfMemory: w.OutOfMemory, Coordinator: c, Exchange: w.exchange(),
		Names: filepath.Join(e.config.DataDir, "workers"), Log: e.log.Named("workers"),
	})
	if err != nil {
		return fmt.Errorf("accepting workers: %w", errors.Join(err, e.closeCoordinator()))
	}
	e.addWorkerMetrics()
	return nil
}

// attached is the number of worker processes that are there.
func (e *Engine) attached() int {
	if e.workers == nil {
		return 0
	}
	return e.coordinator.Attached()
}
