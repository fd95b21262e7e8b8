package pipeline

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"skep/engine/vector"
)

// Task is a node of a query's graph: a pipeline, or the end of a sink.
type Task struct {
	name string
	run  func(ctx context.Context) error
	deps map[*Task]struct{}
}

// After makes t wait for others.
func (t *Task) After(others ...*Task) {
	for _, o := range others {
		t.deps[o] = struct{}{}
	}
}

// Query is the graph of a query. It is built by one goroutine and run once.
type Query struct {
	slots   *Slots
	share   *Share
	workers int
	tasks   []*Task
	closers []Closer
	known   map[any]struct{}
	polls   atomic.Int64
}

// NewQuery returns an empty graph whose pipelines run on at most workers of the slots.
func NewQuery(slots *Slots, workers int) *Query {
	return &Query{slots: slots, share: slots.common, workers: max(1, min(workers, slots.Len())), known: map[any]struct{}{}}
}

// Use lets the query's workers count in a share of the slots. It is to be called before Run.
func (q *Query) Use(s *Share) { q.share = s }

// Workers returns the largest number of workers of a pipeline.
func (q *Query) Workers() int { return q.workers }

// AddTask adds a task that runs f once on one slot.
func (q *Query) AddTask(name string, f func(ctx context.Context) error) *Task {
	t := &Task{name: name, deps: map[*Task]struct{}{}}
	t.run = func(ctx context.Context) error {
		if err := q.slots.acquire(ctx, q); err != nil {
			return err
		}
		defer q.slots.release()
		return f(ctx)
	}
	q.tasks = append(q.tasks, t)
	return t
}

// AddWaiting adds a task that runs f once without a slot: f mostly waits for others, and what it computes takes slots of its own.
func (q *Query) AddWaiting(name string, f func(ctx context.Context) error) *Task {
	t := &Task{name: name, run: f, deps: map[*Task]struct{}{}}
	q.tasks = append(q.tasks, t)
	return t
}

// AddParallel adds a task that calls f for 0..count()-1 by several workers. count is called when the task starts.
func (q *Query) AddParallel(name string, count func() int, f func(ctx context.Context, i int) error) *Task {
	src := &calls{count: count, f: f}
	return q.AddPipeline(name, src, nil, noSink{}, nil)
}

// calls is a source of no batches whose readers call a function.
type calls struct {
	count func() int
	f     func(ctx context.Context, i int) error
	next  atomic.Int64
}

func (c *calls) Workers() int                     { return c.count() }
func (c *calls) Reader(w *Worker) (Reader, error) { return &callsReader{c, w.Context}, nil }

type callsReader struct {
	calls *calls
	ctx   context.Context
}

func (r *callsReader) Close() error { return nil }

func (r *callsReader) Next() (*vector.Batch, error) {
	n := r.calls.count()
	for {
		if err := r.ctx.Err(); err != nil {
			return nil, err
		}
		i := int(r.calls.next.Add(1)) - 1
		if i >= n {
			return nil, nil
		}
		if err := r.calls.f(r.ctx, i); err != nil {
			return nil, err
		}
	}
}

// noSink is a sink for pipelines without batches.
type noSink struct{}

func (noSink) Processor(*Worker) (Processor, error) { return nothing{}, nil }
func (noSink) Finish(context.Context) error         { return nil }

type nothing struct{}

func (nothing) Push(*vector.Batch) error { return nil }
func (nothing) Finish() error            { return nil }

// AddPipeline adds a pipeline. stats has an entry per part, from the source to the sink, or is nil.
func (q *Query) AddPipeline(name string, source Source, ops []Operator, sink Sink, stats []*Stats) *Task {
	p := &pipeline{query: q, source: source, ops: ops, sink: sink, stats: stats}
	if p.stats == nil {
		p.stats = make([]*Stats, len(ops)+2)
		for i := range p.stats {
			p.stats[i] = &Stats{}
		}
	}
	t := &Task{name: name, run: p.run, deps: map[*Task]struct{}{}}
	q.tasks = append(q.tasks, t)
	q.AddCloser(source)
	for _, o := range ops {
		q.AddCloser(o)
	}
	q.AddCloser(sink)
	return t
}

// AddCloser closes x, if it is a Closer, when the query has ended.
func (q *Query) AddCloser(x any) {
	if _, ok := q.known[x]; ok {
		return
	}
	if c, ok := x.(Closer); ok {
		q.known[x] = struct{}{}
		q.closers = append(q.closers, c)
	}
}

// PanicError is a panic in the code of a query, caught at the root of the goroutine.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("internal error: %v", e.Value) }

// guard runs f and turns a panic into an error.
func guard(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return f()
}

// Run runs the graph until everything has ended, or until the first error or the end of ctx, which stops the other
// workers. No goroutine of the query is left when it returns, and all parts are closed.
func (q *Query) Run(ctx context.Context) error {
	err := q.runTasks(ctx)
	for i := len(q.closers) - 1; i >= 0; i-- {
		c := q.closers[i]
		if e := guard(c.Close); e != nil && err == nil {
			err = e
		}
	}
	return err
}

// polled is a context that counts how often somebody asks whether it has ended.
type polled struct {
	context.Context
	polls *atomic.Int64
}

// Err implements context.Context.
func (p polled) Err() error {
	p.polls.Add(1)
	return p.Context.Err()
}

// Polls returns how often the parts of the query have asked whether they should stop. They do at every batch and during long
// computations, so as long as it grows the query gets on. Any goroutine may call it.
func (q *Query) Polls() int64 { return q.polls.Load() }

func (q *Query) runTasks(parent context.Context) error {
	stoppable, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	ctx := polled{stoppable, &q.polls}
	waits := make(map[*Task]int, len(q.tasks))
	users := map[*Task][]*Task{}
	var ready []*Task
	for _, t := range q.tasks {
		waits[t] = len(t.deps)
		for d := range t.deps {
			users[d] = append(users[d], t)
		}
		if len(t.deps) == 0 {
			ready = append(ready, t)
		}
	}
	type result struct {
		task *Task
		err  error
	}
	results := make(chan result)
	running, ended := 0, 0
	var first error
	for {
		if first == nil {
			for _, t := range ready {
				running++
				go func() { results <- result{t, guard(func() error { return t.run(ctx) })} }()
			}
		}
		ready = nil
		if running == 0 {
			break
		}
		r := <-results
		running--
		if r.err != nil {
			// The error of a worker that was stopped because of another one says nothing.
			if first == nil {
				first = r.err
				cancel(r.err)
			}
			continue
		}
		ended++
		for _, u := range users[r.task] {
			if waits[u]--; waits[u] == 0 {
				ready = append(ready, u)
			}
		}
	}
	if first == nil && ended < len(q.tasks) {
		return errors.New("the query's graph has a cycle")
	}
	if err := parent.Err(); err != nil && (first == nil || errors.Is(first, err)) {
		return context.Cause(parent)
	}
	return first
}

// firstError collects the first error of several goroutines.
type firstError struct {
	once sync.Once
	err  error
}

func (f *firstError) set(err error, cancel func()) {
	f.once.Do(func() {
		f.err = err
		cancel()
	})
}
