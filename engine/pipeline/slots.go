package pipeline

import (
	"context"
	"sync"
	"time"
)

// quantum is how long a worker runs before it lets a waiting one of another query go first.
const quantum = 20 * time.Millisecond

// Slots shares a number of processors among the workers of all queries: a worker runs only while it holds a slot. Waiting
// workers are served query by query in turn, so that a query with many workers does not crowd out others.
type Slots struct {
	n int

	mu      sync.Mutex
	free    int
	turn    []*Query // queries with waiting workers, the next one first
	waiting map[*Query][]chan struct{}
}

// NewSlots returns n slots.
func NewSlots(n int) *Slots {
	return &Slots{n: n, free: n, waiting: map[*Query][]chan struct{}{}}
}

// Len returns the number of slots.
func (s *Slots) Len() int { return s.n }

func (s *Slots) acquire(ctx context.Context, q *Query) error {
	s.mu.Lock()
	if s.free > 0 {
		s.free--
		s.mu.Unlock()
		return nil
	}
	ready := make(chan struct{})
	if len(s.waiting[q]) == 0 {
		s.turn = append(s.turn, q)
	}
	s.waiting[q] = append(s.waiting[q], ready)
	s.mu.Unlock()
	select {
	case <-ready:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.waiting[q]
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

func (s *Slots) release() {
	s.mu.Lock()
	s.pass()
	s.mu.Unlock()
}

// pass gives the caller's slot to the next waiting worker.
func (s *Slots) pass() {
	if len(s.turn) == 0 {
		s.free++
		return
	}
	q := s.turn[0]
	list := s.waiting[q]
	close(list[0])
	s.turn = append(s.turn[1:], q)
	s.setWaiting(q, list[1:])
}

func (s *Slots) setWaiting(q *Query, list []chan struct{}) {
	if len(list) > 0 {
		s.waiting[q] = list
		return
	}
	delete(s.waiting, q)
	for i, x := range s.turn {
		if x == q {
			s.turn = append(s.turn[:i:i], s.turn[i+1:]...)
			return
		}
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
	contended := len(s.slots.turn) > 0
	s.slots.mu.Unlock()
	if !contended {
		return nil
	}
	s.release()
	return s.acquire(ctx)
}
