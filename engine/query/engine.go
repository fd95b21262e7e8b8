// Package query is the engine's driver (Hive's "Driver"): it opens sessions, compiles statements (parse, analyse, optimise,
// plan), runs them and keeps their results until they are fetched. It alone knows the dialect, the metastore and the
// engine at once.
package query

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"

	"skep/dialect/conf"
	"skep/engine/admission"
	"skep/engine/coordinator"
	"skep/engine/coordinator/remote"
	"skep/engine/filesystem"
	"skep/engine/filesystem/local"
	"skep/engine/history"
	"skep/engine/memory"
	"skep/engine/metrics"
	"skep/engine/pipeline"
	"skep/engine/table"
	"skep/engine/worker"
	"skep/metastore"
	"skep/metastore/partition"
	"skep/metastore/store"
	"skep/metastore/txn"
	"skep/metastore/warehouse"
	"skep/shuffle"
)

// Config configures an engine.
type Config struct {
	// DataDir holds everything: the metastore database, the warehouse, spill and result files.
	DataDir string
	// Threads is the number of workers that run pipelines; 0 = all processors.
	Threads int
	// Memory is the budget of all queries in bytes; 0 = 4 GiB.
	Memory int64
	// Workers lets worker processes attach, which run queries in stages; nil: these run in this process.
	Workers *Workers
	// Settings are server-wide settings (hive-site.xml).
	Settings map[string]string
	Log      hclog.Logger

	faults *faults // tests make operations fail
}

// faults puts itself between the engine and what keeps its state.
type faults struct {
	catalog func(metastore.Catalog) metastore.Catalog
	files   func(filesystem.FileSystem) filesystem.FileSystem
	log     func(coordinator.Log) coordinator.Log
	// coordinator changes its configuration.
	coordinator func(*coordinator.Config)
}

// Engine runs statements for many sessions. It is safe for concurrent use.
type Engine struct {
	config    Config
	conf      *conf.Conf
	log       hclog.Logger
	store     metastore.Catalog
	files     filesystem.FileSystem
	local     *local.FileSystem // the same
	warehouse *warehouse.Warehouse
	txns      *txn.Manager
	compactor *compactor // nil: compactions wait
	pool      *memory.Pool
	admission *admission.Controller
	// poolMemory and poolSlots are what the statements of a pool have, by its name.
	poolMemory map[string]*memory.Pool
	poolSlots  map[string]*pipeline.Share
	limited    bool  // some pool may make statements wait
	grant      int64 // memory that must be free for a statement to begin
	slots      *pipeline.Slots
	formats    *table.Formats
	history    *history.History
	metrics    *metrics.Metrics
	sessions   atomic.Int64 // open ones
	// temporaryID is the last id of a temporary table that is transactional. They are negative.
	temporaryID atomic.Int64
	scratch     string
	exchange    shuffle.Exchange // between the stages of queries

	runningMu sync.Mutex
	running   map[int64]*Statement // by number in the history

	jobs        *jobs
	workers     *remote.Server
	starting    sync.Mutex
	coordinator *coordinator.Coordinator // of queries in stages, once there has been one
	recovered   []*Recovered             // queries of an earlier process that this one goes on with
	resumed     sync.WaitGroup           // of them
	kept        []*Recovered             // queries of an earlier process that had ended
	timetable   *timetable               // of scheduled queries
}

// Open opens the engine's data directory, creating it if needed, and finishes or undoes what a crash left half done.
func Open(ctx context.Context, c Config) (_ *Engine, err error) {
	if c.Threads <= 0 {
		c.Threads = runtime.GOMAXPROCS(0)
	}
	if c.Memory <= 0 {
		c.Memory = 4 << 30
	}
	if c.Log == nil {
		c.Log = hclog.NewNullLogger()
	}
	if c.DataDir, err = filepath.Abs(c.DataDir); err != nil {
		return nil, fmt.Errorf("resolving the data directory: %w", err)
	}
	e := &Engine{config: c, conf: conf.New(nil), log: c.Log, formats: table.NewFormats(), running: map[int64]*Statement{}, metrics: metrics.New(), poolMemory: map[string]*memory.Pool{}, poolSlots: map[string]*pipeline.Share{}, scratch: filepath.Join(c.DataDir, "scratch")}
	for k, v := range c.Settings {
		e.conf.Set(k, v)
	}
	warehouseDir := e.conf.Get("hive.metastore.warehouse.dir")
	if warehouseDir == "" {
		warehouseDir = "file:" + filepath.Join(c.DataDir, "warehouse")
		e.conf.Set("hive.metastore.warehouse.dir", warehouseDir)
	}
	s, err := store.Open(ctx, store.Options{Path: filepath.Join(c.DataDir, "metastore", "metastore.db"), WarehouseDir: warehouseDir})
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	e.store = s
	// The store keeps other servers out of the directory. What an earlier one left in the scratch directory belongs to nobody.
	if err = os.RemoveAll(e.scratch); err != nil {
		return nil, fmt.Errorf("clearing the scratch directory: %w", err)
	}
	if err = os.MkdirAll(e.scratch, 0o755); err != nil {
		return nil, fmt.Errorf("creating the scratch directory: %w", err)
	}
	if e.local, err = local.New(c.DataDir, warehouseDir); err != nil {
		return nil, err
	}
	e.files = e.local
	if c.faults != nil {
		e.store, e.files = c.faults.catalog(e.store), c.faults.files(e.files)
	}
	if e.jobs, err = e.openJobs(filepath.Join(c.DataDir, "jobs")); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil && e.coordinator == nil { // which closes it
			err = errors.Join(err, e.jobs.close())
		}
	}()
	if e.warehouse, err = warehouse.Open(ctx, warehouse.Options{Catalog: e.store, FileSystem: e.files, Root: warehouseDir, Owned: e.jobs.owned}); err != nil {
		return nil, fmt.Errorf("opening the warehouse: %w", err)
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("asking for the name of this machine: %w", err)
	}
	if e.txns, err = txn.Open(ctx, txn.Options{Catalog: e.store, Host: host, Owned: e.jobs.owned}); err != nil {
		return nil, fmt.Errorf("opening the transactions: %w", err)
	}
	e.pool = memory.NewPool("server", c.Memory)
	e.slots = pipeline.NewSlots(c.Threads)
	if err := e.openPools(); err != nil {
		return nil, err
	}
	plain, err := e.openExchange()
	if err != nil {
		return nil, fmt.Errorf("opening the exchange of stages: %w", err)
	}
	e.exchange = shuffle.Counted(plain, countRead(e.metrics))
	if e.history, err = e.openHistory(ctx); err != nil {
		return nil, errors.Join(err, e.exchange.Close())
	}
	e.addMetrics()
	if err = e.goOn(ctx); err == nil && c.Workers != nil {
		err = e.acceptWorkers(ctx)
	}
	if err == nil {
		e.compactor, err = e.startCompactor(ctx)
	}
	if err == nil {
		if e.timetable, err = e.openTimetable(ctx); err != nil {
			e.compactor.close()
		}
	}
	if err != nil {
		return nil, errors.Join(err, e.exchange.Close(), e.history.Close())
	}
	return e, nil
}

// Close closes the engine. Sessions must have been closed before. Queries that run are ended: no later process goes on with them.
func (e *Engine) Close() error {
	e.timetable.close()
	e.compactor.close()
	if e.workers != nil {
		e.workers.Close()
	}
	return errors.Join(e.closeCoordinator(), e.exchange.Close(), e.history.Close(), e.store.Close(), os.RemoveAll(e.scratch))
}

// stageWorkers is the number of workers, in this process, of queries in stages. There is more than one so that tasks go different
// ways, as they do between processes.
const stageWorkers = 2

// workerConfig is what workers in this process have in common.
func (e *Engine) workerConfig() worker.Config {
	return worker.Config{
		Formats: e.formats, Files: e.files, Slots: e.slots, Pool: e.pool, PartitionName: partition.Name, Scratch: filepath.Join(e.scratch, "tasks"),
	}
}

// Conf returns the server's settings.
func (e *Engine) Conf() *conf.Conf { return e.conf }
