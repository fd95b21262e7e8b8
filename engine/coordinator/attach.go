package coordinator

import (
	"context"
	"errors"
	"fmt"

	"skep/engine/scheduler"
	"skep/engine/worker"
	"skep/shuffle"
)

// Attach makes a worker known, or known again, with all that it has: the reports of finished attempts whose outputs it keeps, and
// in seen.Running its other attempts. Events of the worker may be sent when it returns.
func (x *Coordinator) Attach(w Worker, seen scheduler.WorkerSeen, held []*worker.Report, jobs []scheduler.JobID) {
	seen.Held = heldOutputs(held)
	x.ask(func() {
		x.workers[seen.Worker] = w
		x.attached.Store(int64(len(x.workers)))
		for _, id := range jobs {
			if x.job(id) == nil {
				w.ReleaseJob(id)
			}
		}
		for _, r := range held {
			if j := x.job(r.Attempt.Job); j != nil && r.Place != nil {
				j.wrote(r.Attempt, output{Place: r.Place, worker: seen.Worker, rows: r.Output.Rows})
			}
		}
		x.apply(seen)
	})
}

// Detach says that a worker has gone.
func (x *Coordinator) Detach(w Worker, id scheduler.WorkerID, inc scheduler.Incarnation, reason string) {
	x.ask(func() {
		if x.workers[id] == w {
			delete(x.workers, id)
			x.attached.Store(int64(len(x.workers)))
			x.apply(scheduler.WorkerGone{Worker: id, Incarnation: inc, Reason: reason})
		}
	})
}

// Attached is the number of workers that are there.
func (x *Coordinator) Attached() int { return int(x.attached.Load()) }

// Tell passes on a worker's heartbeat, or that it is about to go.
func (x *Coordinator) Tell(e scheduler.Event) { x.send(e) }

// Reported takes what an attempt of a worker reports.
func (x *Coordinator) Reported(id scheduler.WorkerID, inc scheduler.Incarnation, r *worker.Report) {
	j := x.job(r.Attempt.Job) // nil when it has ended: the core answers all the same
	if j != nil && r.Place != nil {
		j.wrote(r.Attempt, output{Place: r.Place, worker: id, rows: r.Output.Rows})
	}
	if j != nil && r.Work != nil && j.query.Report != nil && j.firstOf(r.Attempt) {
		j.query.Report(int(r.Attempt.Stage), r.Work)
	}
	switch r.Kind {
	case worker.Started:
		x.send(scheduler.AttemptStarted{Attempt: r.Attempt, Worker: id, Incarnation: inc})
	case worker.CommitRequested:
		e := scheduler.CommitRequested{Attempt: r.Attempt, Worker: id, Incarnation: inc, Output: r.Output, Manifest: r.Manifest}
		switch {
		case j == nil || r.Place == nil:
			x.send(e)
		case r.Place.Location == "" || x.config.Survives:
			x.requestResult(j, e, r.Place, r.Place)
		default:
			x.bring(j, e)
		}
	case worker.Finished:
		x.send(scheduler.AttemptFinished{Attempt: r.Attempt, Worker: id, Incarnation: inc, Output: r.Output, Rows: r.Rows})
	case worker.Failed:
		e := scheduler.AttemptFailed{Attempt: r.Attempt, Worker: id, Incarnation: inc, Class: r.Class, Message: r.Message}
		if r.Fetch != nil {
			f := *r.Fetch
			if j != nil {
				f.Worker = j.writer(f.Producer)
			}
			e.Fetch = &f
		}
		if j != nil {
			j.failed(r.Message, r.Err)
		}
		x.send(e)
	case worker.Missing:
		f := *r.Fetch
		if j != nil {
			f.Worker = j.writer(f.Producer)
		}
		x.send(scheduler.FetchProblem{Attempt: r.Attempt, Worker: id, Incarnation: inc, Fetch: f})
	}
}

// bring copies a part of a query's result from its worker to this process, before the attempt may be granted: what has been granted
// is not made again, so it must not go with the worker.
func (x *Coordinator) bring(j *job, e scheduler.CommitRequested) {
	j.mu.Lock()
	o := j.outputs[e.Attempt]
	coming := j.coming[e.Attempt]
	if !o.here {
		j.coming[e.Attempt] = true
	}
	j.mu.Unlock()
	if o.here {
		x.requestResult(j, e, o.Place, o.first)
		return
	}
	if coming {
		return
	}
	x.running.Go(func() {
		place, err := x.copyHere(j, e.Attempt)
		j.mu.Lock()
		delete(j.coming, e.Attempt)
		if err == nil {
			o.first, o.Place, o.here = o.Place, place, true
			j.outputs[e.Attempt] = o
		}
		j.mu.Unlock()
		if err != nil {
			err = fmt.Errorf("fetching the result of %v: %w", e.Attempt, err)
			x.send(scheduler.AttemptFailed{
				Attempt: e.Attempt, Worker: e.Worker, Incarnation: e.Incarnation, Class: scheduler.TransientIO, Message: err.Error(),
			})
			return
		}
		x.requestResult(j, e, place, o.first)
	})
}

// requestResult asks for the grant of a part of the result. Its manifest is where it is, and where the worker has it, which another
// process than this one has to ask.
func (x *Coordinator) requestResult(j *job, e scheduler.CommitRequested, here, first *worker.Place) {
	var err error
	if e.Manifest, err = encodeResult(&resultPlace{x.incarnation, here, first}); err != nil {
		j.problem(err)
		return
	}
	x.send(e)
}

// copyHere copies an output into this process's exchange.
func (x *Coordinator) copyHere(j *job, a scheduler.AttemptID) (_ *worker.Place, err error) {
	j.mu.Lock()
	m := j.listed(a.Stage, a.Epoch, []scheduler.AttemptID{a})
	j.mu.Unlock()
	types := j.query.Graph.Exchanges[j.query.Graph.Result].Types
	r, err := x.config.Exchange.OpenReader(j.ctx, shuffle.ReaderSpec{
		Manifest: m, Slices: []shuffle.Slice{{Partitions: shuffle.Range{To: m.Partitions}}}, Types: types, Pool: j.query.Memory,
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	w, err := x.config.Exchange.OpenWriter(j.ctx, shuffle.WriterSpec{Attempt: j.shuffleID(a), Partitions: m.Partitions, Types: types, Pool: j.query.Memory})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.Abort()) }() // does nothing after a commit
	var parts []uint32
	for {
		b, err := r.Next(j.ctx)
		if err != nil {
			return nil, err
		}
		if b == nil {
			break
		}
		parts = parts[:0]
		for range b.Rows() {
			parts = append(parts, uint32(r.Partition()))
		}
		if err := w.Write(b, parts); err != nil {
			return nil, err
		}
	}
	o, err := w.Commit(context.WithoutCancel(j.ctx))
	if err != nil {
		return nil, err
	}
	return &worker.Place{Location: o.Location, Check: o.Check, Partitions: len(o.Partitions)}, nil
}
