package coordinator

import (
	"fmt"

	"skep/engine/scheduler"
	"skep/engine/worker"
	"skep/shuffle"
)

// Worker is where attempts run: in this process or at the other end of a connection. None of its methods waits for the worker, and
// all but Launch may be called twice.
type Worker interface {
	Launch(l *worker.Launch)
	Cancel(id scheduler.AttemptID)
	// InputChanged tells an attempt where its inputs are now, by exchange.
	InputChanged(id scheduler.AttemptID, places map[int]*shuffle.Manifest)
	// Answer answers a commit request.
	Answer(id scheduler.AttemptID, granted bool)
	Acknowledge(id scheduler.AttemptID, keep bool)
	// ReleaseStage drops the outputs of a stage up to an epoch, ReleaseJob all that there is of a job, which ends what still runs.
	ReleaseStage(job scheduler.JobID, s scheduler.StageID, epoch uint32)
	ReleaseJob(job scheduler.JobID)
	// Reattach asks the worker to say again what it has (Coordinator.Attach).
	Reattach()
}

// embedded is a worker in this process. Its outputs are in the coordinator's exchange.
type embedded struct {
	coordinator *Coordinator
	id          scheduler.WorkerID
	runner      *worker.Runner
}

func newEmbedded(x *Coordinator, id scheduler.WorkerID) *embedded {
	w := &embedded{coordinator: x, id: id}
	c := x.config.Worker
	c.Exchange, c.Alone = x.config.Exchange, true
	c.Report = func(r *worker.Report) { x.Reported(id, x.incarnation, r) }
	w.runner = worker.New(c)
	return w
}

// seen is what the core is told of the worker.
func (w *embedded) seen() scheduler.WorkerSeen {
	c := w.coordinator.config
	held, running, waiting := w.runner.Holdings()
	return scheduler.WorkerSeen{
		Worker: w.id, Incarnation: w.coordinator.incarnation, Host: fmt.Sprintf("embedded-%d", w.id), Slots: max(c.Slots, 1), Memory: c.Memory,
		Held: heldOutputs(held), Running: running, Waiting: waiting,
	}
}

// Launch implements Worker.
func (w *embedded) Launch(l *worker.Launch) { w.runner.Launch(l) }

// Cancel implements Worker.
func (w *embedded) Cancel(id scheduler.AttemptID) { w.runner.Cancel(id) }

// InputChanged implements Worker.
func (w *embedded) InputChanged(id scheduler.AttemptID, places map[int]*shuffle.Manifest) {
	w.runner.InputChanged(id, places)
}

// Answer implements Worker.
func (w *embedded) Answer(id scheduler.AttemptID, granted bool) { w.runner.Answer(id, granted) }

// Acknowledge implements Worker.
func (w *embedded) Acknowledge(id scheduler.AttemptID, keep bool) { w.runner.Acknowledge(id, keep) }

// ReleaseStage implements Worker. The outputs themselves are in the coordinator's exchange.
func (w *embedded) ReleaseStage(job scheduler.JobID, s scheduler.StageID, epoch uint32) {
	w.runner.ReleaseStage(job, s, epoch)
}

// ReleaseJob implements Worker. Run waits for what it started.
func (w *embedded) ReleaseJob(scheduler.JobID) {}

// Reattach implements Worker.
func (w *embedded) Reattach() {
	w.coordinator.running.Go(func() { w.coordinator.send(w.seen()) })
}

// heldOutputs are finished attempts as the core knows them.
func heldOutputs(held []*worker.Report) []scheduler.HeldOutput {
	out := make([]scheduler.HeldOutput, len(held))
	for i, r := range held {
		out[i] = scheduler.HeldOutput{Attempt: r.Attempt, Output: r.Output}
	}
	return out
}
