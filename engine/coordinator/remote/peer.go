package remote

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"skep/engine/acid"
	"skep/engine/scheduler"
	"skep/engine/stage"
	"skep/engine/worker"
	"skep/engine/worker/wire"
	"skep/shuffle"
)

// peer is an attached worker. Orders are put into a queue, which a goroutine sends.
type peer struct {
	server      *Server
	id          scheduler.WorkerID
	name        string
	incarnation scheduler.Incarnation
	stream      *wire.Stream
	draining    atomic.Bool

	mu     sync.Mutex
	queue  []any // messages, and *worker.Launch
	wake   chan struct{}
	live   []scheduler.AttemptID // as the last heartbeat lists them
	stats  *worker.Stats         // of the last heartbeat
	closed chan struct{}
	once   sync.Once

	// Of the goroutine that sends:
	sent   map[scheduler.JobID]map[wire.Hash]bool
	hashes map[scheduler.JobID]map[any]wire.Hash // of what is sent, by address
}

func newPeer(s *Server, id scheduler.WorkerID, hello *wire.Register, stream *wire.Stream) *peer {
	return &peer{
		server: s, id: id, name: hello.Name, incarnation: hello.Incarnation, stream: stream, wake: make(chan struct{}, 1), closed: make(chan struct{}),
		sent: map[scheduler.JobID]map[wire.Hash]bool{}, hashes: map[scheduler.JobID]map[any]wire.Hash{},
	}
}

func (p *peer) close() { p.once.Do(func() { close(p.closed) }) }

func (p *peer) order(m any) {
	p.mu.Lock()
	p.queue = append(p.queue, m)
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default: // it is awake
	}
}

// Launch implements coordinator.Worker.
func (p *peer) Launch(l *worker.Launch) { p.order(l) }

// Cancel implements coordinator.Worker.
func (p *peer) Cancel(id scheduler.AttemptID) { p.order(&wire.Cancel{Attempt: id}) }

// inputChanged is an order that is sent with blobs.
type inputChanged struct {
	attempt scheduler.AttemptID
	places  map[int]*shuffle.Manifest
}

// InputChanged implements coordinator.Worker.
func (p *peer) InputChanged(id scheduler.AttemptID, places map[int]*shuffle.Manifest) {
	p.order(&inputChanged{id, places})
}

// Answer implements coordinator.Worker.
func (p *peer) Answer(id scheduler.AttemptID, granted bool) {
	p.order(&wire.Answer{Attempt: id, Granted: granted})
}

// Acknowledge implements coordinator.Worker.
func (p *peer) Acknowledge(id scheduler.AttemptID, keep bool) {
	p.order(&wire.Acknowledge{Attempt: id, Keep: keep})
}

// ReleaseStage implements coordinator.Worker.
func (p *peer) ReleaseStage(job scheduler.JobID, s scheduler.StageID, epoch uint32) {
	p.order(&wire.ReleaseStage{Job: job, Stage: s, Epoch: epoch})
}

// ReleaseJob implements coordinator.Worker.
func (p *peer) ReleaseJob(job scheduler.JobID) { p.order(&wire.ReleaseJob{Job: job}) }

// Reattach implements coordinator.Worker.
func (p *peer) Reattach() { p.order(&wire.Reattach{}) }

// send sends what is ordered until the peer is closed.
func (p *peer) send(ctx context.Context) error {
	for {
		p.mu.Lock()
		queue := p.queue
		p.queue = nil
		p.mu.Unlock()
		for _, m := range queue {
			if err := p.sendOne(m); err != nil {
				p.server.config.Log.Warn("sending to a worker", "worker", p.id, "error", err)
				p.close()
				return err
			}
		}
		select {
		case <-p.wake:
		case <-p.closed:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (p *peer) sendOne(m any) error {
	switch m := m.(type) {
	case *worker.Launch:
		messages, err := p.launch(m)
		return p.sendAll(m.Attempt, messages, err)
	case *inputChanged:
		x := &wire.InputChanged{Attempt: m.attempt}
		var messages []wire.Message
		var err error
		p.known(m.attempt.Job)
		for exchange, at := range m.places {
			var h wire.Hash
			if h, err = p.manifest(&messages, m.attempt.Job, at); err != nil {
				break
			}
			x.Manifests = append(x.Manifests, wire.Input{Exchange: exchange, Manifest: h})
		}
		return p.sendAll(m.attempt, append(messages, x), err)
	case *wire.ReleaseJob:
		delete(p.sent, m.Job)
		delete(p.hashes, m.Job)
	}
	return p.stream.Send(m)
}

// sendAll sends messages for an attempt, or reports why they could not be made.
func (p *peer) sendAll(a scheduler.AttemptID, messages []wire.Message, err error) error {
	if err != nil {
		p.server.config.Coordinator.Reported(p.id, p.incarnation, &worker.Report{
			Kind: worker.Failed, Attempt: a, Class: scheduler.Internal, Message: err.Error(), Err: err,
		})
		return nil
	}
	for _, x := range messages {
		if err := p.stream.Send(x); err != nil {
			return err
		}
	}
	return nil
}

// known makes room for what is sent of a job.
func (p *peer) known(id scheduler.JobID) {
	if p.sent[id] == nil {
		p.sent[id], p.hashes[id] = map[wire.Hash]bool{}, map[any]wire.Hash{}
	}
}

// manifest returns the name of a manifest, and adds it to the messages if the worker does not have it.
func (p *peer) manifest(messages *[]wire.Message, job scheduler.JobID, m *shuffle.Manifest) (wire.Hash, error) {
	return p.blob(messages, job, m, func() ([]byte, error) { return stage.EncodeManifest(m) })
}

// launch makes messages of an order: the blobs that the worker does not have, and the launch.
func (p *peer) launch(o *worker.Launch) (messages []wire.Message, err error) {
	id := o.Attempt.Job
	p.known(id)
	l := &wire.Launch{Attempt: o.Attempt, Job: o.Job.Name, Commit: o.Commit, Twice: o.Job.Twice, Verify: o.Job.Verify, Memory: o.Memory}
	for _, b := range []struct {
		bytes []byte
		hash  *wire.Hash
	}{{o.Job.Session, &l.Session}, {o.Fragment, &l.Fragment}, {o.Sink, &l.Sink}} {
		if len(b.bytes) == 0 {
			continue
		}
		if *b.hash, err = p.blob(&messages, id, &b.bytes[0], func() ([]byte, error) { return b.bytes, nil }); err != nil {
			return nil, err
		}
	}
	t := *o.Task
	t.Splits = placed(o.Task.Splits, o.Job.Now)
	t.Inputs = make(map[int]stage.Input, len(o.Task.Inputs))
	for x, in := range o.Task.Inputs {
		h, err := p.manifest(&messages, id, in.Manifest)
		if err != nil {
			return nil, err
		}
		l.Manifests = append(l.Manifests, wire.Input{Exchange: x, Manifest: h})
		t.Inputs[x] = stage.Input{Manifest: &shuffle.Manifest{}, Slices: in.Slices}
	}
	l.Task, err = stage.EncodeTask(&t)
	return append(messages, l), err
}

// placed returns splits with the present places of their files.
func placed(scans [][]stage.Split, now func(path string) string) [][]stage.Split {
	out := make([][]stage.Split, len(scans))
	for i, splits := range scans {
		out[i] = append([]stage.Split(nil), splits...)
		for k := range out[i] {
			if at := now(out[i][k].Path); at != out[i][k].Path {
				out[i][k].Now = at
			}
			out[i][k].Acid = placedDeletes(out[i][k].Acid, now)
		}
	}
	return out
}

// placedDeletes returns a source with the present places of its files of deletes.
func placedDeletes(s *acid.Source, now func(path string) string) *acid.Source {
	moved := func(d acid.DeleteFile) bool { return now(d.Path) != d.Path }
	if s == nil || !slices.ContainsFunc(s.Deletes, moved) {
		return s
	}
	c := *s
	c.Deletes = slices.Clone(s.Deletes)
	for i := range c.Deletes {
		if d := &c.Deletes[i]; moved(*d) {
			d.Now = now(d.Path)
		}
	}
	return &c
}

// blob returns the name of bytes, and adds them to the messages if the worker does not have them. at identifies them in this process.
func (p *peer) blob(messages *[]wire.Message, job scheduler.JobID, at any, content func() ([]byte, error)) (wire.Hash, error) {
	if h, ok := p.hashes[job][at]; ok {
		return h, nil
	}
	b, err := content()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	h := wire.Hash(sum[:])
	if !p.sent[job][h] {
		*messages = append(*messages, &wire.Blob{Job: job, Hash: h, Bytes: b})
		p.sent[job][h] = true
	}
	p.hashes[job][at] = h
	return h, nil
}

// seen tells the coordinator what the worker has.
func (p *peer) seen(m *wire.Register) {
	jobs := map[scheduler.JobID]bool{}
	for _, r := range m.Held {
		jobs[r.Attempt.Job] = true
	}
	for _, a := range m.Running {
		jobs[a.Job] = true
	}
	list := make([]scheduler.JobID, 0, len(jobs))
	for id := range jobs {
		list = append(list, id)
	}
	p.server.config.Coordinator.Attach(p, scheduler.WorkerSeen{
		Worker: p.id, Incarnation: p.incarnation, Host: m.Name, Slots: m.Slots, Memory: m.Memory, Running: m.Running, Waiting: m.Waiting,
	}, m.Held, list)
}

// listed remembers which attempts a worker has.
func (p *peer) listed(m *wire.Heartbeat) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats = &m.Stats
	p.live = p.live[:0]
	for _, x := range m.Progress {
		p.live = append(p.live, x.Attempt)
	}
}

// outOfMemory reports the attempts of a worker that was killed for lack of memory: they need more of it, not just another worker.
func (p *peer) outOfMemory() {
	p.mu.Lock()
	live := p.live
	p.mu.Unlock()
	for _, a := range live {
		p.server.config.Coordinator.Reported(p.id, p.incarnation, &worker.Report{
			Kind: worker.Failed, Attempt: a, Class: scheduler.OutOfMemory, Message: errOutOfMemory.Error(), Err: errOutOfMemory,
		})
	}
}

var errOutOfMemory = errors.New("the worker process was killed for lack of memory")

var errReplaced = errors.New("the worker has attached again")

// receive takes what the worker says until its connection ends.
func (p *peer) receive() error {
	c := p.server.config.Coordinator
	for {
		m, err := p.stream.Receive()
		if err != nil {
			return err
		}
		select {
		case <-p.closed:
			return errReplaced
		default:
		}
		switch m := m.(type) {
		case *wire.Register:
			p.seen(m)
		case *wire.Heartbeat:
			p.listed(m)
			c.Tell(scheduler.Heartbeat{Worker: p.id, Incarnation: p.incarnation, Progress: m.Progress})
		case *wire.Report:
			c.Reported(p.id, p.incarnation, m.Report)
		case *wire.Draining:
			p.draining.Store(true)
			c.Tell(scheduler.WorkerDraining{Worker: p.id, Incarnation: p.incarnation})
		default:
			return fmt.Errorf("a worker sent a %T", m)
		}
	}
}
