// Package simulator drives the scheduler's core in virtual time: workers that
// compute, slow down, lose files, die and come back, a network that delays,
// doubles and loses messages, a coordinator that crashes and replays its log.
// Everything follows from a seed, so each run can be repeated to the bit. After
// every event the invariants of the design are checked.
//
// Run plays one random fault plan with real (tiny) rows, so that the answer of
// a query can be compared with a direct computation. The policy table measures
// rules of speculation with sizes only.
package simulator

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"skep/engine/scheduler"
)

type (
	// Time, AttemptID and WorkerID are the scheduler's.
	Time      = scheduler.Time
	AttemptID = scheduler.AttemptID
	WorkerID  = scheduler.WorkerID
)

// world is everything outside the core: clock, network, workers, log.
type world struct {
	rng   *rand.Rand
	now   Time
	queue eventQueue
	seq   uint64

	cfg  scheduler.Config
	core *scheduler.Core // nil while the coordinator is down
	life int             // of the coordinator: timers of earlier lives are void

	log    []scheduler.Record
	synced int

	workers []*simWorker
	jobs    []*simJob
	net     network

	digest  uint64 // of the action stream
	actions int
	events  int

	crashAt []int // crash the coordinator before the actions of these numbers
	check   *checker
	failed  error

	execute bool // rows are real
}

type network struct {
	delayMin, delayMax time.Duration
	lateP, dupP, lossP float64
	late               time.Duration
}

type queued struct {
	at  Time
	seq uint64
	do  func()
}

type eventQueue []queued

func (q eventQueue) Len() int { return len(q) }
func (q eventQueue) Less(i, j int) bool {
	return q[i].at < q[j].at || (q[i].at == q[j].at && q[i].seq < q[j].seq)
}
func (q eventQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *eventQueue) Push(x any)   { *q = append(*q, x.(queued)) }
func (q *eventQueue) Pop() any {
	old := *q
	x := old[len(old)-1]
	*q = old[:len(old)-1]
	return x
}

func newWorld(seed uint64, cfg scheduler.Config) *world {
	w := &world{rng: rand.New(rand.NewPCG(seed, 0x5ca1ab1e)), cfg: cfg, digest: 14695981039346656037,
		net: network{delayMin: time.Millisecond, delayMax: 5 * time.Millisecond}}
	w.core = scheduler.New(cfg)
	return w
}

// after schedules work.
func (w *world) after(d time.Duration, do func()) {
	w.seq++
	heap.Push(&w.queue, queued{w.now.Add(d), w.seq, do})
}

// run plays events until stop says so, nothing is left or the horizon is reached.
func (w *world) run(until time.Duration, stop func() bool) {
	for w.queue.Len() > 0 && w.failed == nil {
		e := heap.Pop(&w.queue).(queued)
		if e.at > Time(until) {
			heap.Push(&w.queue, e)
			w.now = Time(until)
			return
		}
		w.now = e.at
		w.events++
		e.do()
		if stop != nil && stop() {
			return
		}
	}
}

func (w *world) fail(format string, args ...any) {
	if w.failed == nil {
		w.failed = fmt.Errorf("at %v: %w", time.Duration(w.now), fmt.Errorf(format, args...))
	}
}

// transit is how long a message takes, whether it is lost and whether it arrives twice.
func (w *world) transit() (d time.Duration, lost, doubled bool) {
	n := &w.net
	d = n.delayMin + time.Duration(w.rng.Int64N(int64(n.delayMax-n.delayMin)+1))
	if n.lateP > 0 && w.rng.Float64() < n.lateP {
		d += time.Duration(w.rng.Int64N(int64(n.late)))
	}
	return d, n.lossP > 0 && w.rng.Float64() < n.lossP, n.dupP > 0 && w.rng.Float64() < n.dupP
}

// toCore sends an event of a worker over its connection.
func (w *world) toCore(sw *simWorker, ev scheduler.Event) {
	if !sw.connected {
		return
	}
	conn := sw.conn
	d, lost, doubled := w.transit()
	if _, ok := ev.(scheduler.WorkerSeen); ok {
		lost, doubled = false, false
	}
	deliver := func() {
		if sw.conn == conn && w.core != nil {
			w.apply(ev)
		}
	}
	if !lost {
		w.after(d, deliver)
	}
	if doubled {
		d2, _, _ := w.transit()
		w.after(d+d2, deliver)
	}
}

// toWorker sends an action. Reliable ones (releases) are lost only with the
// connection; the others are asked for again by one side.
func (w *world) toWorker(sw *simWorker, reliable bool, do func()) {
	if !sw.connected {
		return
	}
	conn := sw.conn
	d, lost, doubled := w.transit()
	deliver := func() {
		if sw.conn == conn && sw.alive {
			sw.whenAwake(do)
		}
	}
	if !lost || reliable {
		w.after(d, deliver)
	}
	if doubled {
		d2, _, _ := w.transit()
		w.after(d+d2, deliver)
	}
}

// apply gives an event to the core and carries its actions out.
func (w *world) apply(ev scheduler.Event) {
	if w.core == nil || w.failed != nil {
		return
	}
	w.carry(w.core.Apply(w.now, ev))
	if w.check != nil && w.core != nil && w.failed == nil {
		w.check.afterEvent()
	}
}

// carry carries out a batch: the records first, then the rest. The coordinator
// may crash anywhere in it.
func (w *world) carry(actions []scheduler.Action) {
	durable := false
	for _, a := range actions {
		if l, ok := a.(scheduler.LogRecord); ok {
			if w.crashNow() {
				return
			}
			w.note(a)
			w.log = append(w.log, l.Record)
			durable = durable || l.Durable
		}
	}
	if durable {
		w.synced = len(w.log)
	}
	for _, a := range actions {
		if _, ok := a.(scheduler.LogRecord); ok {
			continue
		}
		if w.crashNow() {
			return
		}
		w.note(a)
		w.perform(a)
	}
}

func (w *world) crashNow() bool {
	w.actions++
	if !slices.Contains(w.crashAt, w.actions) {
		return false
	}
	w.crash()
	return true
}

// crash kills the coordinator: what was not synced may be gone from the log's end.
func (w *world) crash() {
	if w.core == nil {
		return
	}
	if lose := len(w.log) - w.synced; lose > 0 {
		w.log = w.log[:w.synced+w.rng.IntN(lose+1)]
	}
	w.core = nil
	w.life++
	for _, sw := range w.workers {
		sw.disconnect()
	}
	w.after(time.Duration(w.rng.Int64N(int64(10*time.Second))), w.restart)
}

func (w *world) restart() {
	if w.core != nil {
		return
	}
	core, actions, err := scheduler.Recover(w.now, w.cfg, append([]scheduler.Record(nil), w.log...))
	if err != nil {
		w.fail("recover: %v", err)
		return
	}
	w.core = core
	w.synced = len(w.log)
	w.carry(actions)
	if w.core == nil {
		return // crashed again
	}
	for _, j := range w.jobs {
		v, known := core.Job(j.id)
		switch {
		case !known && j.submitted: // a client whose submission the log does not have submits again
			w.apply(scheduler.JobSubmitted{Job: j.id, Spec: j.spec})
		case known && v.State.Ended() && j.ended == nil: // the driver looks how jobs of the log ended
			w.jobEnded(scheduler.JobEnded{Job: j.id, State: v.State, Class: v.Class, Message: v.Message})
		}
	}
	w.ticks()
	for _, sw := range w.workers {
		if sw.alive && !sw.connected {
			sw.reconnect(time.Duration(w.rng.Int64N(int64(4 * time.Second))))
		}
	}
}

// ticks starts the timer of the coordinator's present life.
func (w *world) ticks() {
	life := w.life
	var tick func()
	tick = func() {
		if w.life != life || w.core == nil {
			return
		}
		w.apply(scheduler.Tick{})
		w.after(time.Second, tick)
	}
	w.after(time.Second, tick)
}

func (w *world) perform(a scheduler.Action) {
	at := func(id WorkerID, inc scheduler.Incarnation) *simWorker {
		if sw := w.workers[id]; sw.inc == inc {
			return sw
		}
		return nil
	}
	switch a := a.(type) {
	case scheduler.Launch:
		if w.check != nil {
			w.check.launched(a)
		}
		if sw := at(a.Worker, a.Incarnation); sw != nil {
			places := w.places(a.Attempt, a.Manifests)
			w.toWorker(sw, false, func() { sw.launch(a, places) })
		}
	case scheduler.Cancel:
		if sw := at(a.Worker, a.Incarnation); sw != nil {
			w.toWorker(sw, false, func() { sw.cancel(a.Attempt) })
		}
	case scheduler.Acknowledge:
		if sw := at(a.Worker, a.Incarnation); sw != nil {
			w.toWorker(sw, !a.KeepOutput, func() { sw.acknowledged(a.Attempt, a.KeepOutput) })
		}
	case scheduler.CommitGranted:
		if w.check != nil {
			w.check.granted(a.Attempt)
		}
		if sw := at(a.Worker, a.Incarnation); sw != nil {
			w.toWorker(sw, false, func() { sw.granted(a.Attempt) })
		}
	case scheduler.CommitDenied:
		if sw := at(a.Worker, a.Incarnation); sw != nil {
			w.toWorker(sw, false, func() { sw.cancel(a.Attempt) })
		}
	case scheduler.Reattach:
		if sw := at(a.Worker, a.Incarnation); sw != nil {
			w.toWorker(sw, false, sw.register)
		}
	case scheduler.InputChanged:
		if sw := at(a.Worker, a.Incarnation); sw != nil {
			places := w.places(a.Attempt, a.Manifests)
			w.toWorker(sw, false, func() { sw.inputChanged(a.Attempt, places) })
		}
	case scheduler.AskSizes:
		w.answerSizes(a)
	case scheduler.ReleaseStage:
		for _, sw := range w.workers {
			w.toWorker(sw, true, func() { sw.releaseStage(a) })
		}
	case scheduler.ReleaseJob:
		for _, sw := range w.workers {
			w.toWorker(sw, true, func() { sw.releaseJob(a.Job) })
		}
	case scheduler.CommitJob:
		w.commitJob(a.Job)
	case scheduler.JobEnded:
		w.jobEnded(a)
	default:
		w.fail("action %T", a)
	}
}

// inputPlaces is where an attempt was told that the outputs of an input are.
type inputPlaces struct {
	epoch  uint32
	places []scheduler.Place
}

// places looks up what a driver tells an attempt with the versions of its inputs.
func (w *world) places(id AttemptID, refs []scheduler.ManifestRef) []inputPlaces {
	if !w.execute {
		return nil
	}
	out := make([]inputPlaces, len(refs))
	for k, r := range refs {
		ref, places := w.core.Manifest(id.Job, r.Stage)
		if ref != r {
			w.fail("%v is told of %v, and the core has %v", id, r, ref)
		}
		out[k] = inputPlaces{ref.Epoch, places}
	}
	return out
}

// answerSizes asks the workers that hold the outputs.
func (w *world) answerSizes(a scheduler.AskSizes) {
	life := w.life
	w.after(20*time.Millisecond, func() {
		if w.life != life || w.core == nil {
			return
		}
		_, places := w.core.Manifest(a.Job, a.Stage)
		for _, p := range a.Partitions {
			bytes := make([]int64, len(places))
			for i, pl := range places {
				o := w.outputAt(pl.Attempt, pl.Worker)
				if j := w.jobs[a.Job-1]; j.stages[a.Stage].spec.OutputSurvives {
					o = j.spooled(pl.Attempt)
				}
				switch {
				case o != nil:
					bytes[i] = o.partBytes[p]
				case w.jobs[a.Job-1].rowsOf(pl.Attempt) != 0:
					kind := scheduler.Unreachable
					if sw := w.workers[max(pl.Worker, 0)]; sw.alive && !sw.frozen() {
						kind = scheduler.Missing
					}
					w.apply(scheduler.SizesFailed{Job: a.Job, Fetch: scheduler.FetchFail{Producer: pl.Attempt, Worker: pl.Worker, Kind: kind}})
					return
				}
			}
			w.apply(scheduler.PartitionSizes{Job: a.Job, Stage: a.Stage, Epoch: a.Epoch, Partition: p, Bytes: bytes})
			if w.core == nil {
				return
			}
		}
	})
}

// outputAt finds an output where it should be, nil when it cannot be read.
func (w *world) outputAt(id AttemptID, at WorkerID) *output {
	if at < 0 || int(at) >= len(w.workers) {
		return nil
	}
	sw := w.workers[at]
	if !sw.alive || sw.frozen() {
		return nil
	}
	if o := sw.find(id); o != nil && !o.corrupt {
		return o
	}
	return nil
}

// note folds an action into the digest of the stream.
func (w *world) note(a scheduler.Action) {
	put := func(vs ...uint64) {
		for _, v := range vs {
			w.digest = (w.digest ^ v) * 1099511628211
			w.digest ^= w.digest >> 29
		}
	}
	text := func(s string) {
		for _, c := range []byte(s) {
			put(uint64(c))
		}
	}
	id := func(kind uint64, a AttemptID, at WorkerID) {
		put(kind, uint64(a.Job), uint64(a.Stage), uint64(a.Epoch), uint64(a.Task), uint64(a.Attempt), uint64(at))
	}
	put(uint64(w.now))
	switch a := a.(type) {
	case scheduler.LogRecord:
		if r, ok := a.Record.(scheduler.RecJobSubmitted); ok {
			put(1, uint64(r.Job))
		} else {
			text(fmt.Sprintf("%T%v", a.Record, a.Record))
		}
	case scheduler.Launch:
		id(2, a.Attempt, a.Worker)
	case scheduler.Cancel:
		id(3, a.Attempt, a.Worker)
	case scheduler.Acknowledge:
		id(4, a.Attempt, a.Worker)
	case scheduler.CommitGranted:
		id(5, a.Attempt, a.Worker)
	case scheduler.CommitDenied:
		id(6, a.Attempt, a.Worker)
	case scheduler.Reattach:
		put(7, uint64(a.Worker))
	case scheduler.InputChanged:
		id(8, a.Attempt, a.Worker)
		for _, m := range a.Manifests {
			put(uint64(m.Stage), uint64(m.Version))
		}
	case scheduler.AskSizes:
		put(9, uint64(a.Job), uint64(a.Stage))
	case scheduler.ReleaseStage:
		put(10, uint64(a.Job), uint64(a.Stage))
	case scheduler.ReleaseJob:
		put(11, uint64(a.Job))
	case scheduler.CommitJob:
		put(12, uint64(a.Job))
	case scheduler.JobEnded:
		put(13, uint64(a.Job), uint64(a.State))
	}
}
