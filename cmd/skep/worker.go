package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	"golang.org/x/sys/unix"

	"skep/engine/filesystem/local"
	"skep/engine/memory"
	"skep/engine/pipeline"
	"skep/engine/query"
	"skep/engine/table"
	"skep/engine/worker"
	"skep/engine/worker/attach"
	"skep/engine/worker/wire"
	"skep/metastore/partition"
	"skep/shuffle"
	exchange "skep/shuffle/local"
	"skep/shuffle/spool"
	"skep/shuffle/store"
)

// security are the flags by which workers and server know each other.
type security struct {
	TokenFile string `help:"File with the token that workers and server share." type:"existingfile" optional:""`
	TLSCert   string `help:"Certificate for connections between workers and server (PEM); with --tls-key and --tls-ca, both sides must show one." type:"existingfile" optional:"" name:"tls-cert"`
	TLSKey    string `help:"Key of the certificate." type:"existingfile" optional:"" name:"tls-key"`
	TLSCA     string `help:"Certificate of the authority that signed those of the others." type:"existingfile" optional:"" name:"tls-ca"`
}

func (s *security) wire() (wire.Security, error) {
	token, err := readToken(s.TokenFile)
	return wire.Security{Token: token, Certificate: s.TLSCert, Key: s.TLSKey, CA: s.TLSCA}, err
}

func readToken(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("reading the token: %w", err)
	}
	token := strings.TrimSpace(string(text))
	if token == "" {
		return "", fmt.Errorf("the token in %s is empty", path)
	}
	return token, nil
}

type workerCommand struct {
	security
	Coordinator   string        `help:"Address of the server's worker port, host:port."`
	Data          string        `help:"Directory for spill files and, without others, outputs. It belongs to this worker alone." default:"./skep-worker" type:"path"`
	ShuffleDir    []string      `help:"Directories for outputs, instead of one below --data." type:"path"`
	ShuffleMemory byteSize      `help:"Outputs that are kept in memory, not in files." default:"256MB"`
	Spool         string        `help:"Folder for outputs that all workers and the server share." type:"path" optional:""`
	ShuffleServer string        `help:"Address (http://host:port) of the shuffle server that serves the --shuffle-dir directories and outlives this worker." optional:""`
	Host          string        `help:"Address at which others reach this machine." default:"127.0.0.1"`
	Port          int           `help:"Port at which outputs are served; 0 takes a free one." default:"0"`
	Name          string        `help:"Name of the worker; by default its host and directory."`
	Memory        byteSize      `help:"Memory budget of the worker." default:"2GB"`
	Slots         int           `help:"Tasks at a time; 0 = all processors." default:"0"`
	Finish        time.Duration `help:"When asked to end: how long running tasks may take." default:"10s"`
	Serve         time.Duration `help:"When asked to end: how long outputs are served that are still needed." default:"5m"`
	Grace         time.Duration `help:"How long running tasks and outputs are kept without a server." default:"2m"`
	Server        string        `help:"File with the address of the server that started this process, or took it over; without a server it ends." hidden:"" type:"path"`
	Identity      string        `help:"What the server knows this process by." hidden:""`
	LogLevel      string        `help:"trace, debug, info, warn or error." default:"info"`
}

// Run works until SIGINT or SIGTERM, after which it drains; a second signal ends it at once.
func (c *workerCommand) Run() error {
	if (c.Coordinator == "") == (c.Server == "") {
		return errors.New("a worker needs the --coordinator that it is to work for")
	}
	if c.Server != "" {
		signal.Ignore(syscall.SIGPIPE) // what reads the log may go with the server
	}
	if c.Slots <= 0 {
		c.Slots = runtime.GOMAXPROCS(0)
	}
	if c.Name == "" {
		c.Name = c.Host + ":" + strings.Join(strings.Fields(c.Data), "_")
	}
	log := hclog.New(&hclog.LoggerOptions{Name: "worker", Level: hclog.LevelFromString(c.LogLevel), Output: os.Stderr}).With("name", c.Name)
	access, err := c.wire()
	if err != nil {
		return err
	}
	debug.SetMemoryLimit(int64(c.Memory))
	if os.Getenv("GOGC") == "" {
		// What lives from task to task is little, so that collecting whenever the heap has doubled is a sixth of all work.
		debug.SetGCPercent(400)
	}
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	drain := make(chan struct{})
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	wg.Go(func() {
		for first := true; ; first = false {
			select {
			case <-signals:
				if !first {
					stop()
					return
				}
				close(drain)
			case <-ctx.Done():
				return
			}
		}
	})
	// What an earlier process left belongs to nobody, but for outputs that a shuffle server serves.
	scratch := filepath.Join(c.Data, "worker-scratch")
	unlock, err := lock(c.Data, c.Identity)
	if err != nil {
		return err
	}
	defer unlock()
	if err := os.RemoveAll(scratch); err != nil {
		return fmt.Errorf("clearing the scratch directory: %w", err)
	}
	if err := os.MkdirAll(scratch, 0o755); err != nil {
		return fmt.Errorf("creating the scratch directory: %w", err)
	}
	outputs, kind, handler, listener, err := c.exchange(access.Token, scratch)
	if err != nil {
		return err
	}
	if handler != nil {
		server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
		wg.Go(func() {
			if err := server.Serve(listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
				log.Error("serving outputs", "error", err)
				stop()
			}
		})
		defer func() { _ = server.Close() }()
	}
	files, err := local.New(c.Data)
	if err != nil {
		return errors.Join(err, outputs.Close())
	}
	log.Info("ready", "coordinator", c.Coordinator+c.Server, "slots", c.Slots, "exchange", kind)
	err = attach.Run(ctx, attach.Config{
		Coordinator: c.address, Security: access, Name: c.Name, Slots: c.Slots, Memory: int64(c.Memory) / 4 * 3,
		Exchange: kind, Shared: c.Spool != "", Served: c.ShuffleServer != "",
		Drain: drain, Finish: c.Finish, Serve: c.Serve, Grace: c.Grace, EndAlone: c.Server != "", Log: log,
		Worker: worker.Config{
			Exchange: outputs, Formats: table.NewFormats(), Files: files, Slots: pipeline.NewSlots(c.Slots),
			Pool: memory.NewPool("worker", int64(c.Memory)/4*3), PartitionName: partition.Name, Scratch: filepath.Join(scratch, "tasks"),
		},
	})
	log.Info("stopping")
	return errors.Join(err, outputs.Close())
}

// lockFile is the file in a worker's directory that is locked while it lives. It holds the process's number and identity.
func lockFile(dir string) string { return filepath.Join(dir, "worker.lock") }

// lock keeps other workers out of a directory as long as this process lives.
func lock(dir, identity string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("making the worker's directory: %w", err)
	}
	f, err := os.OpenFile(lockFile(dir), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("locking the worker's directory: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("another worker uses %s: %w", dir, err), f.Close())
	}
	err = f.Truncate(0)
	if err == nil {
		_, err = f.WriteAt(fmt.Appendf(nil, "%d %s\n", os.Getpid(), identity), 0)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("locking the worker's directory: %w", err), f.Close())
	}
	return func() { _ = f.Close() }, nil
}

// address returns where the server is.
func (c *workerCommand) address() (string, error) {
	if c.Server == "" {
		return c.Coordinator, nil
	}
	text, err := os.ReadFile(c.Server)
	if err != nil {
		return "", fmt.Errorf("reading the server's address: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// exchange opens the worker's exchange. handler, when not nil, is to be served at listener.
func (c *workerCommand) exchange(token, scratch string) (x shuffle.Exchange, kind string, handler http.Handler, listener net.Listener, err error) {
	if c.Spool != "" {
		x, err = spool.Open(spool.Options{Folder: c.Spool, Scratch: []string{filepath.Join(scratch, "runs")}})
		return x, query.SpoolExchange(c.Spool), nil, nil, err
	}
	dirs := c.ShuffleDir
	if len(dirs) == 0 {
		dirs = []string{filepath.Join(scratch, "shuffle")}
	}
	o := exchange.Options{Store: store.Options{Dirs: dirs, Memory: min(int64(c.ShuffleMemory), int64(c.Memory)/8), MergeFiles: 8}, Token: token}
	if c.ShuffleServer != "" {
		o.Location, o.Served = c.ShuffleServer, true
		x, err = exchange.Open(o)
		return x, query.ServedExchange, nil, nil, err
	}
	listener, err = net.Listen("tcp", net.JoinHostPort(c.Host, fmt.Sprint(c.Port)))
	if err != nil {
		return nil, "", nil, nil, fmt.Errorf("listening for readers of outputs: %w", err)
	}
	o.Location = "http://" + listener.Addr().String()
	o.Client.Refused = []time.Duration{100 * time.Millisecond} // others keep their outputs as this one does: where nobody listens there are none
	local, err := exchange.Open(o)
	if err != nil {
		return nil, "", nil, nil, errors.Join(err, listener.Close())
	}
	return local, query.LocalExchange, local.Handler(), listener, nil
}
