package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"

	"skep/dialect/conf"
	"skep/engine/query"
	"skep/engine/worker/supervisor"
	"skep/thrift/embedded"
	"skep/thrift/hs2"
	"skep/web"
)

type serverCommand struct {
	Host     string   `help:"Address to listen on." default:"0.0.0.0"`
	Port     int      `help:"Thrift port." default:"10000"`
	UIPort   int      `help:"Web page port; 0 turns it off." name:"ui-port" default:"10002"`
	Data     string   `help:"Data directory: metastore, warehouse, scratch." default:"./skep-data" type:"path"`
	Conf     string   `help:"Directory with a hive-site.xml." type:"existingdir" optional:""`
	Memory   byteSize `help:"Memory budget of the server." default:"4GB"`
	Threads  int      `help:"Worker threads; 0 = all processors." default:"0"`
	LogLevel string   `help:"trace, debug, info, warn or error." default:"info"`

	Workers       int           `help:"Worker processes to start on this machine." default:"0"`
	WorkerMemory  byteSize      `help:"Memory budget of each of them." default:"2GB"`
	WorkerSlots   int           `help:"Tasks at a time of each of them." default:"1"`
	WorkerGrace   time.Duration `help:"How long they outlive a server that was killed, for the next one to take them over." default:"2m"`
	WorkerPort    int           `help:"Port at which other workers attach; 0 accepts none but those that are started here." default:"0"`
	Spool         string        `help:"Folder for outputs of tasks that all workers and the server share; without it workers keep their outputs." type:"path" optional:""`
	ShuffleServer string        `help:"Address (http://host:port) of a shuffle server of this machine, which serves the directories of --shuffle-dir." optional:""`
	ShuffleDir    []string      `help:"Directories for outputs of tasks of the workers that are started here." type:"path"`
	security
}

// Run serves until SIGINT or SIGTERM.
func (c *serverCommand) Run() error {
	log := hclog.New(&hclog.LoggerOptions{Name: "skep", Level: hclog.LevelFromString(c.LogLevel), Output: os.Stderr})
	settings, err := c.settings()
	if err != nil {
		return err
	}
	// The collector keeps the whole process below the budget; operators, which account for what they hold, may use three
	// quarters of it, the rest is for batches in flight, buffers of readers and writers, and garbage.
	debug.SetMemoryLimit(int64(c.Memory))
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first signal lets running statements end; the second one kills, as signals do.
	context.AfterFunc(ctx, stop)
	workers, err := c.acceptWorkers()
	if err != nil {
		return err
	}
	var processes atomic.Pointer[supervisor.Supervisor] // of the workers that are started here
	if c.Workers > 0 {
		workers.OutOfMemory = func(name string) bool {
			for i := range c.Workers {
				if p := processes.Load(); p != nil && name == localWorker(i) {
					return p.OutOfMemory(i)
				}
			}
			return false
		}
	}
	engine, err := query.Open(ctx, query.Config{
		DataDir: c.Data, Threads: c.Threads, Memory: int64(c.Memory) / 4 * 3, Settings: settings, Log: log.Named("engine"), Workers: workers,
	})
	if err != nil {
		return err
	}
	if c.Workers > 0 {
		kept, err := c.keepWorkers(workers.Listener.Addr(), log.Named("workers"))
		if err != nil {
			return errors.Join(err, engine.Close())
		}
		defer kept.Close()
		processes.Store(kept)
	}
	server, err := hs2.Listen(hs2.Config{
		Address: fmt.Sprintf("%s:%d", c.Host, c.Port), Backend: embedded.New(engine), Log: log.Named("hs2"), Version: version, Settings: settings,
		LogDir: filepath.Join(c.Data, "scratch", "operation_logs"),
	})
	if err != nil {
		return errors.Join(err, engine.Close())
	}
	var page *web.Server
	if c.UIPort != 0 {
		// The page is a convenience: a taken port must not keep the server from starting.
		if page, err = web.Listen(fmt.Sprintf("%s:%d", c.Host, c.UIPort), engine, version, log.Named("web")); err != nil {
			log.Warn("no web page", "error", err)
		}
	}
	log.Info("ready", "port", c.Port, "data", c.Data)
	var wg sync.WaitGroup
	if page != nil {
		wg.Go(func() {
			if err := page.Serve(ctx); err != nil {
				log.Warn("web page", "error", err)
			}
		})
	}
	err = server.Serve(ctx)
	stop()
	wg.Wait()
	log.Info("stopping")
	return errors.Join(err, engine.Close())
}

// compactorWorkers is on in the server unless it is told otherwise: nobody has to ask for transactional tables to stay fast to read.
const compactorWorkers = "hive.compactor.worker.threads"

func (c *serverCommand) settings() (map[string]string, error) {
	settings := map[string]string{}
	if c.Conf != "" {
		var err error
		if settings, err = c.site(); err != nil {
			return nil, err
		}
	}
	if _, given := settings[compactorWorkers]; !given {
		settings[compactorWorkers] = "1"
	}
	return settings, nil
}

// site reads the hive-site.xml.
func (c *serverCommand) site() (map[string]string, error) {
	f, err := os.Open(filepath.Join(c.Conf, "hive-site.xml"))
	if err != nil {
		return nil, fmt.Errorf("opening the configuration: %w", err)
	}
	defer f.Close()
	return conf.ReadSite(f)
}
