package pipeline

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"skep/engine/vector"
)

// Stats counts what a part of a pipeline did, over all workers. Rows and Batches count its output for a source and its
// input otherwise.
type Stats struct {
	Rows, Batches atomic.Int64
	// Nanos is the time of all workers in this part and those after it; for a source in this part only.
	Nanos atomic.Int64
}

type pipeline struct {
	query  *Query
	source Source
	ops    []Operator
	sink   Sink
	stats  []*Stats
}

// run starts the workers and waits for them. A source that wants none is empty.
func (p *pipeline) run(ctx context.Context) error {
	n := min(p.query.workers, p.source.Workers())
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var first firstError
	var wg sync.WaitGroup
	for id := range n {
		wg.Go(func() {
			w := &Worker{Context: ctx, ID: id}
			if err := guard(func() error { return p.drive(w) }); err != nil {
				first.set(err, cancel)
			}
		})
	}
	wg.Wait()
	return first.err
}

// drive is one worker's loop.
func (p *pipeline) drive(w *Worker) (err error) {
	slot := slot{slots: p.query.slots, query: p.query}
	w.slot = &slot
	if err := slot.acquire(w.Context); err != nil {
		return err
	}
	defer slot.release()
	chain := make([]Processor, len(p.ops)+1)
	last, err := p.sink.Processor(w)
	if err != nil {
		return err
	}
	chain[len(p.ops)] = &counted{last, w.Context, p.stats[len(p.ops)+1]}
	for i := len(p.ops) - 1; i >= 0; i-- {
		x, err := p.ops[i].Processor(w, chain[i+1])
		if err != nil {
			return err
		}
		chain[i] = &counted{x, w.Context, p.stats[i+1]}
	}
	r, err := p.source.Reader(w)
	if err != nil {
		return err
	}
	if x, ok := r.(Pusher); ok {
		err = x.PushTo(chain[0])
		if errors.Is(err, ErrDone) {
			err = nil
		}
	} else {
		err = p.pump(w, &slot, r, chain[0])
	}
	if e := r.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	for _, x := range chain {
		if err := x.Finish(); err != nil && !errors.Is(err, ErrDone) {
			return err
		}
	}
	return nil
}

func (p *pipeline) pump(w *Worker, slot *slot, r Reader, head Processor) error {
	stats := p.stats[0]
	var stoppers []Stopper
	for _, o := range p.ops {
		if s, ok := o.(Stopper); ok {
			stoppers = append(stoppers, s)
		}
	}
	begin := time.Now()
	turn := begin
	for {
		if err := w.Context.Err(); err != nil {
			return err
		}
		for _, s := range stoppers {
			if s.Stopped() {
				return nil
			}
		}
		b, err := r.Next()
		now := time.Now()
		stats.Nanos.Add(int64(now.Sub(begin)))
		if err != nil || b == nil {
			return err
		}
		stats.Rows.Add(int64(b.Rows()))
		stats.Batches.Add(1)
		if err := head.Push(b); err != nil {
			if errors.Is(err, ErrDone) {
				return nil
			}
			return err
		}
		begin = time.Now()
		if begin.Sub(turn) > quantum {
			if err := slot.yield(w.Context); err != nil {
				return err
			}
			begin = time.Now()
			turn = begin
		}
	}
}

// counted measures a processor and keeps batches from it once the query is cancelled: an operator may make any number of batches
// of one.
type counted struct {
	Processor
	ctx   context.Context
	stats *Stats
}

func (c *counted) Push(b *vector.Batch) error {
	if err := c.ctx.Err(); err != nil {
		return err
	}
	begin := time.Now()
	err := c.Processor.Push(b)
	c.stats.Nanos.Add(int64(time.Since(begin)))
	c.stats.Rows.Add(int64(b.Rows()))
	c.stats.Batches.Add(1)
	return err
}

func (c *counted) Finish() error {
	begin := time.Now()
	err := c.Processor.Finish()
	c.stats.Nanos.Add(int64(time.Since(begin)))
	return err
}
