package attach

import (
	"context"
	"fmt"

	"skep/engine/scheduler"
	"skep/engine/stage"
	"skep/engine/worker"
	"skep/engine/worker/wire"
	"skep/shuffle"
)

// job is what the coordinator has sent of a job.
type job struct {
	described *worker.Job
	blobs     map[wire.Hash][]byte
	manifests map[wire.Hash]*shuffle.Manifest
}

func (l *link) job(id scheduler.JobID) *job {
	j := l.jobs[id]
	if j == nil {
		j = &job{}
		l.jobs[id] = j
	}
	if j.blobs == nil {
		j.blobs, j.manifests = map[wire.Hash][]byte{}, map[wire.Hash]*shuffle.Manifest{}
	}
	return j
}

// blob returns bytes that an order refers to.
func (j *job) blob(h wire.Hash) ([]byte, error) {
	b, ok := j.blobs[h]
	if !ok && h != "" {
		return nil, fmt.Errorf("%x was not sent", h)
	}
	return b, nil
}

// places returns the manifests that an order refers to, by exchange.
func (j *job) places(inputs []wire.Input) (map[int]*shuffle.Manifest, error) {
	out := make(map[int]*shuffle.Manifest, len(inputs))
	for _, in := range inputs {
		m := j.manifests[in.Manifest]
		if m == nil {
			b, err := j.blob(in.Manifest)
			if err != nil {
				return nil, err
			}
			if m, err = stage.DecodeManifest(b); err != nil {
				return nil, err
			}
			j.manifests[in.Manifest] = m
		}
		out[in.Exchange] = m
	}
	return out, nil
}

// obey carries out an order. An error is one of the connection: what was said does not fit together.
func (l *link) obey(m wire.Message) error {
	switch m := m.(type) {
	case *wire.Blob:
		l.job(m.Job).blobs[m.Hash] = m.Bytes
	case *wire.Launch:
		return l.launch(m)
	case *wire.InputChanged:
		places, err := l.job(m.Attempt.Job).places(m.Manifests)
		if err != nil {
			return fmt.Errorf("new places of inputs of %v: %w", m.Attempt, err)
		}
		l.runner.InputChanged(m.Attempt, places)
	case *wire.Cancel:
		l.runner.Cancel(m.Attempt)
	case *wire.Answer:
		l.runner.Answer(m.Attempt, m.Granted)
	case *wire.Acknowledge:
		l.runner.Acknowledge(m.Attempt, m.Keep)
	case *wire.ReleaseStage:
		// At once, since tasks that come later may write the stage again.
		if name := l.runner.ReleaseStage(m.Job, m.Stage, m.Epoch); name != "" {
			l.release(name, int(m.Stage))
		}
	case *wire.ReleaseJob:
		delete(l.jobs, m.Job)
		l.releases.Go(func() { l.releaseJob(m.Job) })
	case *wire.Welcome:
	case *wire.Reattach:
		l.register()
	default:
		return fmt.Errorf("the coordinator sent a %T", m)
	}
	return nil
}

func (l *link) releaseJob(id scheduler.JobID) {
	name, err := l.runner.ReleaseJob(id)
	if err != nil {
		l.config.Log.Warn("ending a job", "error", err)
	}
	if name != "" {
		l.release(name)
	}
}

// release drops outputs from the worker's own exchange.
func (l *link) release(name string, stages ...int) {
	if l.config.Shared {
		return
	}
	if err := l.config.Worker.Exchange.Release(context.Background(), name, stages...); err != nil {
		l.config.Log.Warn("releasing outputs", "error", err)
	}
}

func (l *link) launch(m *wire.Launch) error {
	j := l.job(m.Attempt.Job)
	if j.described == nil {
		s, err := j.blob(m.Session)
		if err != nil {
			return err
		}
		log := l.config.Log.With("job", m.Job)
		j.described = &worker.Job{
			ID: m.Attempt.Job, Name: m.Job, Session: s, Twice: m.Twice, Verify: m.Verify,
			Logf: func(level, format string, args ...any) { log.Info(fmt.Sprintf(format, args...), "level", level) },
		}
	}
	o := &worker.Launch{Job: j.described, Attempt: m.Attempt, Commit: m.Commit, Memory: m.Memory}
	var err error
	if o.Fragment, err = j.blob(m.Fragment); err != nil {
		return err
	}
	if o.Sink, err = j.blob(m.Sink); err != nil {
		return err
	}
	if o.Task, err = stage.DecodeTask(m.Task); err != nil {
		return err
	}
	places, err := j.places(m.Manifests)
	if err != nil {
		return fmt.Errorf("launching %v: %w", m.Attempt, err)
	}
	for exchange, at := range places {
		x := o.Task.Inputs[exchange]
		x.Manifest = at
		o.Task.Inputs[exchange] = x
	}
	l.runner.Launch(o)
	return nil
}
