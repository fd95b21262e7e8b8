package pipeline

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"skep/engine/vector"
)

// counter is a source of n batches of one row, for any number of workers.
type counter struct {
	n    int64
	next atomic.Int64
	fail error
}

func (c *counter) Workers() int                   { return 8 }
func (c *counter) Reader(*Worker) (Reader, error) { return counterReader{c}, nil }

type counterReader struct{ c *counter }

func (r counterReader) Close() error { return nil }

func (r counterReader) Next() (*vector.Batch, error) {
	if i := r.c.next.Add(1); i <= r.c.n || r.c.n < 0 {
		return &vector.Batch{N: 1}, nil
	}
	return nil, r.c.fail
}

// funcSink calls f for each batch.
type funcSink struct {
	f        func() error
	rows     atomic.Int64
	finished atomic.Int64
	closed   atomic.Int64
}

func (s *funcSink) Processor(*Worker) (Processor, error) { return funcSinkPart{s}, nil }
func (s *funcSink) Finish(context.Context) error         { s.finished.Add(1); return nil }
func (s *funcSink) Close() error                         { s.closed.Add(1); return nil }

type funcSinkPart struct{ s *funcSink }

func (p funcSinkPart) Finish() error { return nil }

func (p funcSinkPart) Push(*vector.Batch) error {
	p.s.rows.Add(1)
	if p.s.f != nil {
		return p.s.f()
	}
	return nil
}

func TestPipelinesRunInOrderOfDependency(t *testing.T) {
	q := NewQuery(NewSlots(2), 2)
	var first, second funcSink
	ended := false
	second.f = func() error {
		if !ended {
			return errors.New("started early")
		}
		return nil
	}
	a := q.AddPipeline("a", &counter{n: 100}, nil, &first, nil)
	b := q.AddPipeline("b", &counter{n: 100}, nil, &first, nil)
	end := q.AddTask("end", func(context.Context) error { ended = true; return nil })
	end.After(a, b)
	q.AddPipeline("c", &counter{n: 50}, nil, &second, nil).After(end)
	if err := q.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if first.rows.Load() != 200 || second.rows.Load() != 50 || first.closed.Load() != 1 {
		t.Errorf("rows %d and %d, closed %d times", first.rows.Load(), second.rows.Load(), first.closed.Load())
	}
}

func TestErrorsStopSiblings(t *testing.T) {
	want := errors.New("broken")
	q := NewQuery(NewSlots(2), 2)
	var endless funcSink
	q.AddPipeline("endless", &counter{n: -1}, nil, &endless, nil)
	q.AddPipeline("failing", &counter{n: 10, fail: want}, nil, &funcSink{}, nil)
	if err := q.Run(context.Background()); !errors.Is(err, want) {
		t.Errorf("got %v", err)
	}
	if endless.closed.Load() != 1 {
		t.Error("sinks must be closed after errors too")
	}
}

func TestPanicsBecomeErrors(t *testing.T) {
	q := NewQuery(NewSlots(2), 2)
	s := &funcSink{f: func() error { panic("oh") }}
	end := q.AddTask("end", s.Finish)
	end.After(q.AddPipeline("p", &counter{n: 10}, nil, s, nil))
	err := q.Run(context.Background())
	var p *PanicError
	if !errors.As(err, &p) || p.Value != "oh" || !strings.Contains(string(p.Stack), "pipeline_test.go") {
		t.Errorf("got %v", err)
	}
	if s.finished.Load() != 0 {
		t.Error("a failed sink must not finish")
	}
}

func TestCancelStopsWorkers(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	why := errors.New("the user said so")
	q := NewQuery(NewSlots(2), 2)
	var once sync.Once
	s := &funcSink{f: func() error { once.Do(func() { cancel(why) }); return nil }}
	q.AddPipeline("endless", &counter{n: -1}, nil, s, nil)
	if err := q.Run(ctx); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
}

func TestDoneEndsThePipelineOnly(t *testing.T) {
	q := NewQuery(NewSlots(2), 2)
	s := &funcSink{f: func() error { return ErrDone }}
	end := q.AddTask("end", s.Finish)
	end.After(q.AddPipeline("endless", &counter{n: -1}, nil, s, nil))
	if err := q.Run(context.Background()); err != nil || s.finished.Load() != 1 {
		t.Errorf("error %v, finished %d times", err, s.finished.Load())
	}
}

func TestParallelRunsAll(t *testing.T) {
	q := NewQuery(NewSlots(2), 2)
	var sum atomic.Int64
	q.AddParallel("p", func() int { return 100 }, func(_ context.Context, i int) error { sum.Add(int64(i)); return nil })
	if err := q.Run(context.Background()); err != nil || sum.Load() != 4950 {
		t.Errorf("error %v, sum %d", err, sum.Load())
	}
}

func TestSlotsServeQueriesInTurn(t *testing.T) {
	slots := NewSlots(1)
	many, one := NewQuery(slots, 1), NewQuery(slots, 1)
	ctx := context.Background()
	if err := slots.acquire(ctx, many); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var order []*Query
	var wg sync.WaitGroup
	wait := func(q *Query) {
		before := slots.waitingWorkers()
		wg.Go(func() {
			if err := slots.acquire(ctx, q); err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			order = append(order, q)
			mu.Unlock()
			slots.release()
		})
		for slots.waitingWorkers() == before {
			time.Sleep(time.Millisecond)
		}
	}
	wait(many)
	wait(many)
	wait(many)
	wait(one)
	slots.release()
	wg.Wait()
	if order[0] != many || order[1] != one {
		t.Error("the query with one worker must come second")
	}
	cancelled, cancel := context.WithCancel(ctx)
	if err := slots.acquire(ctx, one); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := slots.acquire(cancelled, many); err == nil {
		t.Error("a cancelled worker must stop waiting")
	}
	slots.release()
	if slots.free != 1 || slots.waitingWorkers() != 0 {
		t.Errorf("%d free, %d waiting", slots.free, slots.waitingWorkers())
	}
}

func (s *Slots) waitingWorkers() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, h := range s.busy {
		for _, l := range h.waiting {
			n += len(l)
		}
	}
	return n
}
