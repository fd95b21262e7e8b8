package pipeline

import (
	"context"
	"slices"
	"sync"
	"time"
)

// quantum is how long a worker runs before it lets a waiting one of another query go first.
const quantum = 20 * time.Millisecond

// Slots shares a number of processors among the workers of all queries: a worker runs only while it holds a slot. Waiting workers
// are served share by share in proportion to the weights, and within a share query by query in turn, so that a query with many
// workers does not crowd out others, nor a pool with many queries other pools.
type Slots struct {
	n      int
	common *Share // of queries that have no other

	mu    sync.Mutex
	free  int
	busy  []*Share // with waiting workers
	clock float64  // the pass of the share that was served last
}

// Share is a claim of several queries to slots. Its fields belong to the Slots whose queries use it.
type Share struct {
	weight  float64
	pass    float64  // slots given, divided by the weight
	turn    []*Query // with waiting workers, the next one first
	waiting map[*Query][]chan struct{}
}

// NewShare returns a share of the given weight in relation to others.
func NewShare(weight int) *Share {
	return &Share{weight: float64(max(weight, 1)), waiting: map[*Query][]chan struct{}{}}
}

// NewSlots returns n slots.
func NewSlots(n int) *Slots { return &Slots{n: n, free: n, common: NewShare(1)} }

// Len returns the number of slots.
func (s *Slots) Len() int { return s.n }

// Used returns the number of slots that workers hold now.
func (s *Slots) Used() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n - s.free
}

func (s *Slots) acquire(ctx context.Context, q *Query) error {
	ready := s.ask(q)
	if ready == nil {
		return nil
	}
	select {
	case <-ready:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	list := q.share.waiting[q]
	for i, c := range list {
		if c == ready {
			s.setWaiting(q, append(list[:i:i], list[i+1:]...))
			return ctx.Err()
		}
	}
	// The slot was granted in the meantime.
	s.pass()
	return ctx.Err()
}

// ask takes a free slot, or a place among those who wait; what it returns then is closed when it is their turn.
func (s *Slots) ask(q *Query) (ready chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := q.share
	if len(h.turn) == 0 {
		h.pass = max(h.pass, s.clock) // a share that was not used has not saved anything up
	}
	if s.free > 0 {
		s.free--
		s.serve(h)
		return nil
	}
	if len(h.turn) == 0 {
		s.busy = append(s.busy, h)
	}
	if len(h.waiting[q]) == 0 {
		h.turn = append(h.turn, q)
	}
	ready = make(chan struct{})
	h.waiting[q] = append(h.waiting[q], ready)
	return ready
}

// serve counts a slot that a share is given.
func (s *Slots) serve(h *Share) {
	s.clock = max(s.clock, h.pass)
	h.pass += 1 / h.weight
}

func (s *Slots) release() {
	s.mu.Lock()
	s.pass()
	s.mu.Unlock()
}

// pass gives the caller's slot to the next waiting worker.
func (s *Slots) pass() {
	if len(s.busy) == 0 {
		s.free++
		return
	}
	h := s.busy[0]
	for _, o := range s.busy[1:] {
		if o.pass < h.pass {
			h = o
		}
	}
	s.serve(h)
	q := h.turn[0]
	list := h.waiting[q]
	close(list[0])
	h.turn = append(h.turn[1:], q)
	s.setWaiting(q, list[1:])
}

func (s *Slots) setWaiting(q *Query, list []chan struct{}) {
	h := q.share
	if len(list) > 0 {
		h.waiting[q] = list
		return
	}
	delete(h.waiting, q)
	h.turn = slices.DeleteFunc(h.turn, func(x *Query) bool { return x == q })
	if len(h.turn) == 0 {
		s.busy = slices.DeleteFunc(s.busy, func(x *Share) bool { return x == h })
	}
}

// slot is a worker's claim to one of the slots.
type slot struct {
	slots *Slots
	query *Query
	held  bool
}

func (s *slot) acquire(ctx context.Context) error {
	err := s.slots.acquire(ctx, s.query)
	s.held = err == nil
	return err
}

func (s *slot) release() {
	if s.held {
		s.slots.release()
		s.held = false
	}
}

// yield lets a waiting worker go first.
func (s *slot) yield(ctx context.Context) error {
	s.slots.mu.Lock()
	contended := len(s.slots.busy) > 0
	s.slots.mu.Unlock()
	if !contended {
		return nil
	}
	s.release()
	return s.acquire(ctx)
}
