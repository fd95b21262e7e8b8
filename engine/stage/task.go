package stage

import (
	"context"
	"errors"
	"fmt"

	"skep/dialect/catalog"
	"skep/dialect/plan"
	"skep/engine/acid"
	"skep/engine/expr"
	"skep/engine/format"
	"skep/engine/function"
	"skep/engine/memory"
	"skep/engine/operator"
	"skep/engine/pipeline"
	"skep/engine/planner"
	"skep/engine/vector"
	"skep/shuffle"
)

// Fragment is what all tasks of a stage run: the same bytes for each of them.
type Fragment struct {
	Root plan.Node
	// Output describes what the tasks write to an exchange; nil when they write to the query's sink number Sink.
	Output *Output
	Sink   int
}

// Output is the writing side of an exchange.
type Output struct {
	Distribution Distribution
	Keys         []int // positions of the keys among the columns of the fragment's root
	Order        []Order
	Bounds       int
	Every        int
	Width        int // the first Width columns are sent
	Partitions   int
}

// Fragment returns the fragment of a stage.
func (g *Graph) Fragment(s *Stage) *Fragment {
	f := &Fragment{Root: lean(s.Root, map[*catalog.Table]*catalog.Table{}), Sink: s.Sink}
	if s.Exchange >= 0 {
		e := g.Exchanges[s.Exchange]
		f.Output = &Output{Distribution: e.Distribution, Keys: e.Keys, Order: e.Order, Bounds: e.Bounds, Every: e.Every, Width: len(e.Types), Partitions: e.Partitions}
	}
	return f
}

// Split is a piece of a file that one task reads.
type Split struct {
	// Partition is the index of the table's partition among those of the scan; 0 for unpartitioned tables.
	Partition int
	format.Split
	// Now is where the file is at present, if a commit has moved it since the split was made: Path is still its name.
	Now string
	// Acid says how rows of files of transactions are read; nil for other files.
	Acid *acid.Source
}

// Input is what a task reads of an exchange.
type Input struct {
	Manifest *shuffle.Manifest
	Slices   []shuffle.Slice
}

// Task is one attempt at a task: what it reads, and as whom it writes.
type Task struct {
	Attempt shuffle.AttemptID
	Splits  [][]Split     // by scan of the fragment
	Inputs  map[int]Input // by exchange
	// Partitions is the number of partitions written, when it is not the fragment's because readers were found to need but one.
	Partitions int
}

// Divider divides tables into splits.
type Divider interface {
	// Splits lists the splits of a scan, in the order of its rows. predicates are those of its filters that readers evaluate.
	Splits(ctx context.Context, n *plan.Scan, predicates []format.Predicate) ([]Split, error)
}

// Tables reads splits of tables.
type Tables interface {
	// Open prepares reading some splits of a scan.
	Open(ctx context.Context, n *plan.Scan, predicates []format.Predicate, splits []Split) (operator.Table, error)
}

// Splits lists the splits of each scan of a stage and counts them.
func Splits(ctx context.Context, env *expr.Env, tables Divider, s *Stage) (byScan [][]Split, total int, err error) {
	byScan = make([][]Split, len(s.Scans))
	for i, n := range s.Scans {
		predicates, _ := planner.Predicates(env, n)
		if byScan[i], err = tables.Splits(ctx, n, predicates); err != nil {
			return nil, 0, fmt.Errorf("dividing %s.%s: %w", n.Table.DB, n.Table.Name, err)
		}
		total += len(byScan[i])
	}
	return byScan, total, nil
}

// Env is where tasks run.
type Env struct {
	// Planner is what compiling and running a fragment needs. Its Scans, Remote and Threads are the runner's: a task has one
	// thread, so that it reads and writes in the same order whenever it runs.
	Planner  planner.Env
	Exchange shuffle.Exchange
	Tables   Tables
	// Missing, unless nil, is asked where to go on reading an exchange when an output of it cannot be read (shuffle.ReaderSpec). The
	// task's worker has no slot meanwhile.
	Missing func(ctx context.Context, exchange int, used *shuffle.Manifest, err *shuffle.FetchError) (*shuffle.Manifest, error)
	// JoinTables are shared with other tasks of the job in this process; nil: the task builds its own.
	JoinTables *JoinTables
}

// Run runs a task. Rows for an exchange go to the output that is returned; others go to sink, which is the query's sink for
// this task. progress counts what has been read.
func Run(ctx context.Context, env *Env, f *Fragment, t *Task, sink pipeline.Sink, progress *Progress) (_ *shuffle.Output, err error) {
	var writer shuffle.Writer
	var sent *exchangeSink
	if f.Output != nil {
		o := *f.Output
		if t.Partitions > 0 {
			o.Partitions = t.Partitions
		}
		all := plan.Types(f.Root.Columns())
		if f.Output.Width > len(all) {
			return nil, fmt.Errorf("%v: a fragment of %d columns cannot send %d", t.Attempt, len(all), f.Output.Width)
		}
		writer, err = env.Exchange.OpenWriter(ctx, shuffle.WriterSpec{
			Attempt: t.Attempt, Partitions: o.Partitions, Types: all[:o.Width], Pool: env.Planner.Pool,
		})
		if err != nil {
			return nil, fmt.Errorf("%v: opening its output: %w", t.Attempt, err)
		}
		defer func() {
			if e := writer.Abort(); e != nil { // does nothing after a commit
				err = errors.Join(err, e)
			}
		}()
		sent = newExchangeSink(writer, &o, t.Attempt.Task)
		if o.Distribution == Range {
			if sent.bounds, err = readBounds(ctx, env, t, &o, all); err != nil {
				return nil, err
			}
		}
		sink = sent
	}
	p := env.Planner
	p.Threads = 1
	seeded := *p.Expr
	seeded.Seeds = function.NewSeeds(t.seed())
	p.Expr = &seeded
	p.Remote = remote{env, p.Pool, t, progress}
	if p.Scans, err = newTaskScans(env.Tables, f.Root, t, progress); err != nil {
		return nil, err
	}
	if env.JoinTables != nil {
		tables := &taskTables{tables: env.JoinTables, task: t, dir: p.SpillDir}
		defer func() { err = errors.Join(err, tables.close()) }()
		p.JoinTables = tables
	}
	p.Profile = &planner.Profile{}
	q, err := planner.Build(ctx, &p, planner.Output{Root: f.Root, Sink: sink})
	if err != nil {
		return nil, err
	}
	if err := progress.run(ctx, q); err != nil {
		return nil, err
	}
	progress.Report = newReport(p.Profile)
	if sent != nil {
		progress.Report.Heavy, progress.Report.Sampled = sent.heavy.list(), sent.heavy.sampled
	}
	if writer == nil {
		return nil, nil
	}
	out, err := writer.Commit(ctx)
	if err != nil {
		return nil, fmt.Errorf("%v: completing its output: %w", t.Attempt, err)
	}
	return out, nil
}

// seed is what random functions of the task start with: the same for all its attempts.
func (t *Task) seed() uint64 {
	id := t.Attempt
	id.Epoch, id.Attempt = 0, 0
	return id.Fingerprint()
}

// taskScans gives the scans of a fragment the splits of a task.
type taskScans struct {
	tables   Tables
	splits   map[*plan.Scan][]Split
	progress *Progress
}

func newTaskScans(tables Tables, root plan.Node, t *Task, progress *Progress) (taskScans, error) {
	scans, _ := leaves(root)
	if len(scans) != len(t.Splits) {
		return taskScans{}, fmt.Errorf("%v: a fragment of %d scans got the splits of %d", t.Attempt, len(scans), len(t.Splits))
	}
	s := taskScans{tables, map[*plan.Scan][]Split{}, progress}
	for i, n := range scans {
		s.splits[n] = t.Splits[i]
	}
	return s, nil
}

// Scan implements planner.ScanProvider.
func (s taskScans) Scan(ctx context.Context, n *plan.Scan, predicates []format.Predicate) (operator.Table, error) {
	t, err := s.tables.Open(ctx, n, predicates, s.splits[n])
	if err != nil {
		return nil, err
	}
	splits := s.splits[n]
	if n.Sample != nil {
		splits = nil
	}
	return countedTable{t, splits, s.progress}, nil
}

// remote gives the remote sources of a fragment what a task reads of exchanges.
type remote struct {
	env      *Env
	pool     *memory.Pool
	task     *Task
	progress *Progress
}

// Source implements planner.RemoteProvider.
func (r remote) Source(n *plan.RemoteSource) (pipeline.Source, error) {
	in, ok := r.task.Inputs[n.Exchange]
	if !ok {
		return nil, fmt.Errorf("%v: nothing was given to read of exchange %d", r.task.Attempt, n.Exchange)
	}
	return &exchangeSource{r.env, n.Exchange, shuffle.ReaderSpec{
		Manifest: in.Manifest, Slices: in.Slices, Types: plan.Types(n.Cols), Pool: r.pool,
	}, r.progress}, nil
}

// exchangeSource reads an exchange by one worker, in its order.
type exchangeSource struct {
	env      *Env
	exchange int
	spec     shuffle.ReaderSpec
	progress *Progress
}

// Workers implements pipeline.Source.
func (s *exchangeSource) Workers() int { return 1 }

// Reader implements pipeline.Source.
func (s *exchangeSource) Reader(w *pipeline.Worker) (pipeline.Reader, error) {
	spec := s.spec
	if missing := s.env.Missing; missing != nil {
		spec.Missing = func(ctx context.Context, used *shuffle.Manifest, e *shuffle.FetchError) (m *shuffle.Manifest, err error) {
			err = w.Away(func() (err error) {
				m, err = missing(ctx, s.exchange, used, e)
				return err
			})
			return m, err
		}
	}
	r, err := s.env.Exchange.OpenReader(w.Context, spec)
	if err != nil {
		return nil, err
	}
	return &exchangeReader{reader: r, ctx: w.Context, progress: s.progress}, nil
}

type exchangeReader struct {
	reader shuffle.Reader
	ctx    context.Context // of the worker

	progress *Progress
	bytes    int64 // counted so far
}

// Next implements pipeline.Reader.
func (r *exchangeReader) Next() (*vector.Batch, error) {
	b, err := r.reader.Next(r.ctx)
	if b != nil {
		r.progress.Rows.Add(int64(b.Rows()))
	}
	s := r.reader.Stats()
	r.progress.Bytes.Add(s.LocalBytes + s.RemoteBytes - r.bytes)
	r.bytes = s.LocalBytes + s.RemoteBytes
	return b, err
}

// Close implements pipeline.Reader.
func (r *exchangeReader) Close() error { return r.reader.Close() }
