package admission

import (
	"context"
	"sync"
)

// Controller lets statements wait until they may run. It is safe for concurrent use.
type Controller struct {
	mu      sync.Mutex
	core    *Core
	waiting map[ID]chan struct{} // closed when admitted
}

// NewController returns a controller with which nothing runs.
func NewController(c Config) *Controller {
	return &Controller{core: NewCore(c), waiting: map[ID]chan struct{}{}}
}

// Ticket is a statement's place.
type Ticket struct {
	controller *Controller
	id         ID
	admitted   chan struct{}
	once       sync.Once
}

// Submit takes a statement; it may run when Wait returns nil. Leave must be called at its end, whether it ran or not.
func (c *Controller) Submit(r Request) (*Ticket, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id, err := c.core.Submit(r)
	if err != nil {
		return nil, err
	}
	t := &Ticket{controller: c, id: id, admitted: make(chan struct{})}
	c.waiting[id] = t.admitted
	c.admit()
	return t, nil
}

// admit lets in whoever may run.
func (c *Controller) admit() {
	for {
		id, ok := c.core.Next()
		if !ok {
			return
		}
		close(c.waiting[id])
		delete(c.waiting, id)
	}
}

// Admitted reports whether the statement may run.
func (t *Ticket) Admitted() bool {
	select {
	case <-t.admitted:
		return true
	default:
		return false
	}
}

// Wait returns nil as soon as the statement may run, or the reason why ctx ended.
func (t *Ticket) Wait(ctx context.Context) error {
	select {
	case <-t.admitted:
		return nil
	default:
	}
	select {
	case <-t.admitted:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Place tells where the statement waits.
func (t *Ticket) Place() Place {
	t.controller.mu.Lock()
	defer t.controller.mu.Unlock()
	return t.controller.core.Place(t.id)
}

// Leave gives the place back, and lets others in.
func (t *Ticket) Leave() {
	t.once.Do(func() {
		c := t.controller
		c.mu.Lock()
		defer c.mu.Unlock()
		c.core.Leave(t.id)
		delete(c.waiting, t.id)
		c.admit()
	})
}

// Pools describes the pools.
func (c *Controller) Pools() []View {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.core.Pools()
}
