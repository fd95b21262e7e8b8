// Package attach is a worker process's side of the connection with its coordinator: it carries out orders with a runner, repeats
// what is not answered, and attaches again when the connection breaks or the coordinator was started again.
package attach

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"skep/engine/scheduler"
	"skep/engine/worker"
	"skep/engine/worker/wire"
)

// Config describes a worker process.
type Config struct {
	// Coordinator returns its address, host:port. It is asked at each attempt to attach.
	Coordinator func() (string, error)
	Security    wire.Security
	Name        string
	Slots       int
	Memory      int64
	Exchange    string // see wire.Register
	// Shared says that outputs are in a place that all workers share, whose coordinator releases them. Served says that another process
	// serves them. In both cases they stay when the worker goes.
	Shared, Served bool
	Worker         worker.Config // Report is set here
	// Drain, when closed, makes the worker leave: it takes nothing more, gives running attempts Finish to end, and serves its outputs
	// until nobody needs them, at most for Serve.
	Drain         <-chan struct{}
	Finish, Serve time.Duration
	// Grace is how long attempts and outputs are kept without a coordinator (2 minutes); with EndAlone the worker ends then.
	Grace    time.Duration
	EndAlone bool
	Log      hclog.Logger
}

const (
	heartbeat = time.Second
	// repeatAfter is how often what is not answered is said again.
	repeatAfter = 2 * time.Second
	firstPause  = 50 * time.Millisecond
	lastPause   = time.Second
)

// link is the worker's end of the connection.
type link struct {
	config      Config
	runner      *worker.Runner
	incarnation scheduler.Incarnation

	mu        sync.Mutex
	queue     []wire.Message // to be sent on the present connection
	wake      chan struct{}
	connected bool

	// Of the goroutine that receives:
	jobs map[scheduler.JobID]*job

	releases sync.WaitGroup
	draining bool
}

// Run works until ctx ends or the worker has drained. It returns an error when the coordinator refuses the worker.
func Run(ctx context.Context, c Config) error {
	if c.Grace == 0 {
		c.Grace = 2 * time.Minute
	}
	l := &link{config: c, incarnation: scheduler.Incarnation(time.Now().UnixNano()), wake: make(chan struct{}, 1), jobs: map[scheduler.JobID]*job{}}
	c.Worker.Report = func(r *worker.Report) { l.say(&wire.Report{Report: r}) }
	l.runner = worker.New(c.Worker)
	defer func() {
		l.runner.Close()
		l.releases.Wait()
	}()
	pause := firstPause
	lost := time.Now()
	for {
		attached, err := l.connection(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, errDrained):
			return nil
		case wire.Refused(err):
			return err
		}
		if attached {
			pause, lost = firstPause, time.Now()
			c.Log.Warn("the connection with the coordinator broke", "error", err)
		}
		if time.Since(lost) > c.Grace && (c.EndAlone || len(l.runner.Jobs()) > 0) {
			c.Log.Warn("no coordinator: giving up attempts and outputs", "since", lost)
			if c.EndAlone {
				return nil
			}
			for _, id := range l.runner.Jobs() {
				l.releaseJob(id)
			}
		}
		select {
		case <-time.After(pause):
			pause = min(2*pause, lastPause)
		case <-ctx.Done():
			return nil
		case <-c.Drain:
			return nil // nobody is there to be served
		}
	}
}

var errDrained = errors.New("the worker has drained")

// connection attaches once and serves the connection until it ends.
func (l *link) connection(ctx context.Context) (attached bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	address, err := l.config.Coordinator()
	if err != nil {
		return false, err
	}
	client, err := wire.NewClient(address, l.config.Security)
	if err != nil {
		return false, err
	}
	defer client.Close()
	stream, err := client.Attach(ctx)
	if err != nil {
		return false, err
	}
	l.begin()
	defer l.end()
	sent := make(chan error, 1)
	go func() {
		err := l.send(ctx, stream)
		cancel()
		sent <- err
	}()
	for {
		m, e := stream.Receive()
		if e != nil {
			err = e
			break
		}
		attached = true
		if err = l.obey(m); err != nil {
			break
		}
	}
	cancel()
	if e := <-sent; errors.Is(e, errDrained) {
		return attached, e
	}
	return attached, err
}

// begin makes what is said from now on go to a new connection, which starts with all that the worker has. What it has not heard the
// answer of is repeated.
func (l *link) begin() {
	l.mu.Lock()
	l.queue, l.connected = nil, true
	l.mu.Unlock()
	for _, j := range l.jobs {
		j.blobs, j.manifests = nil, nil // the coordinator sends them again
	}
	l.register()
	l.repeat()
	if l.draining {
		l.say(&wire.Draining{})
	}
}

func (l *link) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queue, l.connected = nil, false
}

func (l *link) register() {
	held, running, waiting := l.runner.Holdings()
	c := &l.config
	l.say(&wire.Register{
		Name: c.Name, Incarnation: l.incarnation, Slots: c.Slots, Memory: c.Memory, Exchange: c.Exchange, Held: held, Running: running, Waiting: waiting,
	})
}

func (l *link) repeat() {
	for _, r := range l.runner.Pending() {
		l.say(&wire.Report{Report: r})
	}
}

// say queues a message for the connection, if there is one.
func (l *link) say(m wire.Message) {
	l.mu.Lock()
	if l.connected {
		l.queue = append(l.queue, m)
	}
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default: // it is awake
	}
}

// send sends what is said, heartbeats, and what has not been answered for a while.
func (l *link) send(ctx context.Context, stream *wire.Stream) error {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	again := time.NewTicker(repeatAfter)
	defer again.Stop()
	drain := l.config.Drain
	var since time.Time // draining
	if l.draining {
		drain, since = nil, time.Now()
	}
	for {
		l.mu.Lock()
		queue := l.queue
		l.queue = nil
		l.mu.Unlock()
		for _, m := range queue {
			if err := stream.Send(m); err != nil {
				return fmt.Errorf("sending a %T: %w", m, err)
			}
		}
		select {
		case <-l.wake:
		case <-beat.C:
			if !since.IsZero() && l.drained(since) {
				return errDrained
			}
			l.say(&wire.Heartbeat{Progress: l.runner.Progress(), Stats: l.runner.Stats()})
		case <-again.C:
			l.repeat()
		case <-drain:
			drain, since, l.draining = nil, time.Now(), true
			l.config.Log.Info("draining")
			l.say(&wire.Draining{})
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// drained reports whether the worker may go.
func (l *link) drained(since time.Time) bool {
	if time.Since(since) > l.config.Finish {
		l.runner.Preempt()
	}
	if (l.config.Shared || l.config.Served) && l.runner.Idle() || l.runner.Empty() {
		return true
	}
	return time.Since(since) > l.config.Serve
}
