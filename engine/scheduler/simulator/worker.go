package simulator

import (
	"slices"
	"time"

	"skep/engine/scheduler"
)

// simWorker is a worker process: slots, files, a connection.
type simWorker struct {
	w      *world
	id     WorkerID
	inc    scheduler.Incarnation
	host   string
	slots  int
	memory int64
	alive  bool

	connected bool
	conn      int // counts connections; messages of old ones are void
	beating   int // conn whose heartbeat timer runs

	frozenUntil  Time // stopped, as by SIGSTOP
	cutOffUntil  Time // its peers cannot read from it
	diskFull     bool
	memoryKills  int // so many of its next attempts run out of memory
	ioErrors     int
	speed        float64 // bytes per second and slot
	slow         float64 // factor now, 1 is normal
	startLatency time.Duration

	running []*simAttempt
	held    []*output
	had     map[AttemptID]bool // by this process; looked up only
}

// output is a finished attempt's result.
type output struct {
	id        AttemptID
	out       scheduler.Output
	rows      [][]row // per partition
	partBytes []int64
	corrupt   bool
	acked     bool // the coordinator knows of it
}

// simAttempt is an attempt on a worker.
type simAttempt struct {
	launch scheduler.Launch
	job    *simJob
	stage  *simStage

	total   float64 // bytes to process, as far as fetched
	done    float64
	updated Time // 0: computes nothing yet
	version int  // of the completion timer

	halves  int // of the input: 0 fetching the first, 1 computing it or fetching the second, 2 all there
	fetched [][]fetched
	in      [][]row
	places  []inputPlaces
	tries   int             // to read, without having read anything
	problem scheduler.Event // what it waits for, repeated until answered

	ended    bool            // its work is done: waits for a grant or an acknowledgement
	report   scheduler.Event // its end, repeated until acknowledged
	manifest []byte
}

// fetched is what was read of one producer task.
type fetched struct {
	task    int32
	attempt AttemptID
}

func (sw *simWorker) frozen() bool { return sw.w.now < sw.frozenUntil }

// whenAwake runs work now, or when a stopped process goes on.
func (sw *simWorker) whenAwake(do func()) {
	if !sw.frozen() {
		do()
		return
	}
	inc := sw.inc
	sw.w.after(sw.frozenUntil.Sub(sw.w.now), func() {
		if sw.alive && sw.inc == inc {
			sw.whenAwake(do)
		}
	})
}

func (sw *simWorker) start() {
	sw.alive, sw.slow = true, 1
	sw.inc++
	sw.frozenUntil = 0
	sw.running, sw.had = nil, map[AttemptID]bool{}
	sw.reconnect(0)
}

// die ends the process. The coordinator hears of it at once, or only by silence.
func (sw *simWorker) die(keepFiles, noticed bool) {
	if !sw.alive {
		return
	}
	inc := sw.inc
	sw.alive = false
	sw.running = nil
	if !keepFiles {
		sw.held = nil
	}
	sw.disconnect()
	if noticed {
		sw.w.after(100*time.Millisecond, func() {
			if sw.w.core != nil {
				sw.w.apply(scheduler.WorkerGone{Worker: sw.id, Incarnation: inc, Reason: "connection reset"})
			}
		})
	}
}

func (sw *simWorker) disconnect() {
	sw.connected = false
	sw.conn++
}

// breakConnection drops what is in flight; the worker dials again.
func (sw *simWorker) breakConnection(silence time.Duration) {
	if sw.alive {
		sw.disconnect()
		sw.reconnect(silence)
	}
}

func (sw *simWorker) reconnect(d time.Duration) {
	inc := sw.inc
	sw.w.after(d, func() {
		if !sw.alive || sw.inc != inc || sw.connected {
			return
		}
		sw.whenAwake(func() {
			if sw.connected {
				return
			}
			if sw.w.core == nil {
				sw.reconnect(time.Second)
				return
			}
			sw.connected = true
			sw.conn++
			sw.register()
			sw.heartbeats()
		})
	})
}

func (sw *simWorker) register() {
	e := scheduler.WorkerSeen{Worker: sw.id, Incarnation: sw.inc, Host: sw.host, Slots: sw.slots, Memory: sw.memory}
	for _, o := range sw.held {
		e.Held = append(e.Held, scheduler.HeldOutput{Attempt: o.id, Output: o.out})
	}
	for _, a := range sw.running {
		if a.report == nil {
			e.Running = append(e.Running, a.launch.Attempt)
			if a.problem != nil {
				e.Waiting = append(e.Waiting, a.launch.Attempt)
			}
		}
	}
	sw.w.toCore(sw, e)
}

func (sw *simWorker) heartbeats() {
	conn := sw.conn
	if sw.beating == conn {
		return
	}
	sw.beating = conn
	var beat func()
	beat = func() {
		if !sw.alive || sw.conn != conn || !sw.connected {
			return
		}
		if sw.frozen() {
			sw.w.after(sw.frozenUntil.Sub(sw.w.now), beat)
			return
		}
		hb := scheduler.Heartbeat{Worker: sw.id, Incarnation: sw.inc}
		for _, a := range sw.running {
			sw.update(a)
			hb.Progress = append(hb.Progress, scheduler.Progress{Attempt: a.launch.Attempt, Bytes: int64(a.done), Work: int64(a.done)})
		}
		sw.w.toCore(sw, hb)
		sw.w.after(time.Second, beat)
	}
	sw.w.after(time.Duration(sw.w.rng.Int64N(int64(time.Second))), beat)
}

func (sw *simWorker) attempt(id AttemptID) *simAttempt {
	for _, a := range sw.running {
		if a.launch.Attempt == id {
			return a
		}
	}
	return nil
}

func (sw *simWorker) find(id AttemptID) *output {
	for _, o := range sw.held {
		if o.id == id {
			return o
		}
	}
	return nil
}

func (sw *simWorker) launch(l scheduler.Launch, places []inputPlaces) {
	if sw.had[l.Attempt] {
		return // doubled
	}
	sw.had[l.Attempt] = true
	j := sw.w.jobs[l.Attempt.Job-1]
	a := &simAttempt{launch: l, job: j, stage: &j.stages[l.Attempt.Stage], places: places}
	sw.running = append(sw.running, a)
	sw.later(a, sw.startLatency, func() {
		sw.w.toCore(sw, scheduler.AttemptStarted{Attempt: l.Attempt, Worker: sw.id, Incarnation: sw.inc})
		sw.begin(a)
	})
}

// later continues an attempt, if it is still there.
func (sw *simWorker) later(a *simAttempt, d time.Duration, do func()) {
	inc := sw.inc
	there := func() bool { return sw.alive && sw.inc == inc && slices.Contains(sw.running, a) }
	sw.w.after(d, func() {
		if there() {
			sw.whenAwake(func() {
				if there() {
					do()
				}
			})
		}
	})
}

func (sw *simWorker) begin(a *simAttempt) {
	switch {
	case sw.memoryKills > 0 && a.launch.Memory > 0 && a.launch.Memory < min(4<<30, sw.memory):
		sw.memoryKills--
		sw.failAttempt(a, scheduler.OutOfMemory, "out of memory", nil)
		return
	case sw.ioErrors > 0 && a.stage.kind == kindScan:
		sw.ioErrors--
		sw.failAttempt(a, scheduler.TransientIO, "read timed out", nil)
		return
	case a.job.userError && a.stage.spec.Sink:
		sw.failAttempt(a, scheduler.User, "division by zero", nil)
		return
	case sw.diskFull && !a.stage.spec.Sink:
		sw.failAttempt(a, scheduler.DiskFull, "no space left on device", nil)
		return
	}
	if !sw.w.execute {
		a.halves = 2
		sw.splitBytes(a)
		sw.compute(a)
		return
	}
	a.fetched = make([][]fetched, len(a.launch.Inputs))
	a.in = make([][]row, len(a.launch.Inputs))
	sw.fetch(a)
}

func (sw *simWorker) splitBytes(a *simAttempt) {
	for _, k := range a.launch.Splits {
		a.total += float64(a.stage.spec.Splits[k].Bytes)
	}
}

// fetch reads half of the inputs' producer tasks, then the attempt computes,
// then it reads the other half: outputs may vanish in between.
func (sw *simWorker) fetch(a *simAttempt) {
	for k, in := range a.launch.Inputs {
		if a.places[k].epoch != a.launch.Manifests[k].Epoch {
			sw.failAttempt(a, scheduler.FetchFailed, "input of another epoch", nil)
			return
		}
		lo, hi := in.MapLo, in.MapLo+(in.MapHi-in.MapLo)/2
		if a.halves == 1 {
			lo, hi = hi, in.MapHi
		}
		for m := lo; m < hi; m++ {
			if slices.ContainsFunc(a.fetched[k], func(f fetched) bool { return f.task == m }) {
				continue
			}
			if !sw.fetchOne(a, k, m) {
				return
			}
			a.tries = 0
		}
	}
	a.halves++
	if a.halves == 1 {
		sw.splitBytes(a)
	}
	sw.compute(a)
}

// fetchOne reads one producer task's part; false: not now, or never.
func (sw *simWorker) fetchOne(a *simAttempt, k int, m int32) bool {
	w := sw.w
	places := a.places[k].places
	i := slices.IndexFunc(places, func(p scheduler.Place) bool { return p.Task == scheduler.TaskID(m) })
	if i < 0 {
		w.fail("%v was not told where the output of task %d of input %d is", a.launch.Attempt, m, k)
		return false
	}
	p := places[i]
	const fine = scheduler.FetchKind(255)
	bad := fine
	var o *output
	if a.job.rowsOf(p.Attempt) != 0 { // what has no rows needs no reading
		var from *simWorker
		if p.Worker >= 0 {
			from = w.workers[p.Worker]
			o = from.find(p.Attempt)
		}
		if a.stage.spec.OutputSurvives { // the exchange keeps it, whatever became of the worker
			o, from = a.job.spooled(p.Attempt), sw
		}
		switch {
		case !from.alive || from.frozen() || (w.now < from.cutOffUntil && from != sw):
			bad = scheduler.Unreachable
		case o == nil:
			bad = scheduler.Missing
		case o.corrupt:
			bad = scheduler.Corrupt
		}
	}
	if bad != fine {
		f := scheduler.FetchFail{Producer: p.Attempt, Worker: p.Worker, Kind: bad}
		a.tries++
		switch {
		case a.tries > 20:
			sw.failAttempt(a, scheduler.FetchFailed, "input unreadable", &f)
		case w.rng.IntN(5) == 0: // it was in the middle of it, and could not go on with another attempt's
			sw.failAttempt(a, scheduler.FetchFailed, "input lost", &f)
		default:
			sw.complain(a, scheduler.FetchProblem{Attempt: a.launch.Attempt, Worker: sw.id, Incarnation: sw.inc, Fetch: f})
		}
		return false
	}
	a.fetched[k] = append(a.fetched[k], fetched{m, p.Attempt})
	if o != nil {
		in := a.launch.Inputs[k]
		for part := in.PartLo; part < in.PartHi; part++ {
			a.in[k] = append(a.in[k], o.rows[part]...)
			a.total += float64(o.partBytes[part])
		}
	}
	return true
}

// complain repeats what an attempt waits for until that is answered.
func (sw *simWorker) complain(a *simAttempt, e scheduler.FetchProblem) {
	a.problem = e
	sw.w.toCore(sw, e)
	sw.later(a, 2*time.Second, func() {
		if a.problem == scheduler.Event(e) {
			sw.complain(a, e)
		}
	})
}

// inputChanged lets an attempt go on, after a pause where that did not help before.
func (sw *simWorker) inputChanged(id AttemptID, places []inputPlaces) {
	a := sw.attempt(id)
	if a == nil || a.ended {
		return
	}
	a.places = places
	if a.problem == nil {
		return
	}
	a.problem = nil
	sw.update(a)
	sw.later(a, time.Duration(min(a.tries-1, 3))*time.Second, func() {
		if a.updated != 0 {
			a.updated = sw.w.now
		}
		sw.fetch(a)
	})
}

// update brings an attempt's progress up to now.
func (sw *simWorker) update(a *simAttempt) {
	if a.updated != 0 && !a.ended && !sw.frozen() {
		a.done = min(a.total, a.done+sw.w.now.Sub(a.updated).Seconds()*sw.speed*sw.slow)
	}
	if a.updated != 0 {
		a.updated = sw.w.now
	}
}

// compute sets the timer for when the attempt has worked off its input at the present speed.
func (sw *simWorker) compute(a *simAttempt) {
	if a.updated == 0 {
		a.updated = sw.w.now
	}
	sw.update(a)
	a.version++
	v := a.version
	rate := sw.speed * sw.slow
	if rate <= 0 {
		return // hangs
	}
	left := time.Duration((a.total - a.done) / rate * 1e9)
	sw.later(a, max(left, 0)+time.Microsecond, func() {
		if a.version != v || a.ended {
			return
		}
		sw.update(a)
		switch {
		case a.total-a.done > 1:
			sw.compute(a) // was stopped in between
		case a.halves == 1:
			sw.fetch(a)
		default:
			sw.finish(a)
		}
	})
}

// setSpeed changes a worker's factor; running attempts are re-timed.
func (sw *simWorker) setSpeed(factor float64) {
	for _, a := range sw.running {
		sw.update(a)
	}
	sw.slow = factor
	for _, a := range sw.running {
		if a.updated != 0 && !a.ended {
			sw.compute(a)
		}
	}
}

// stop freezes the process.
func (sw *simWorker) stop(d time.Duration) {
	for _, a := range sw.running {
		sw.update(a)
	}
	sw.frozenUntil = sw.w.now.Add(d)
	sw.w.after(d, func() {
		for _, a := range sw.running {
			if a.updated != 0 {
				a.updated = sw.w.now
			}
		}
	})
}

func (sw *simWorker) finish(a *simAttempt) {
	a.ended = true
	o := &output{id: a.launch.Attempt}
	if sw.w.execute {
		o.rows = a.stage.run(a)
		o.fill(a.job, a.stage)
		if sw.w.check != nil {
			sw.w.check.read(a)
		}
	} else {
		o.out = scheduler.Output{Bytes: int64(a.total), Rows: 1}
		o.partBytes = make([]int64, max(a.launch.Partitions, 1))
	}
	if a.stage.spec.Sink {
		a.manifest = encodeManifest(o)
		a.job.staged = append(a.job.staged, stagedFile{a.launch.Attempt, o})
		sw.askGrant(a, o.out)
		return
	}
	sw.held = append(sw.held, o)
	a.job.noteOutput(o)
	sw.tell(a, scheduler.AttemptFinished{Attempt: o.id, Worker: sw.id, Incarnation: sw.inc, Output: o.out})
}

func (sw *simWorker) askGrant(a *simAttempt, out scheduler.Output) {
	sw.w.toCore(sw, scheduler.CommitRequested{Attempt: a.launch.Attempt, Worker: sw.id, Incarnation: sw.inc, Output: out, Manifest: a.manifest})
	sw.later(a, 2*time.Second, func() {
		if a.report == nil {
			sw.askGrant(a, out)
		}
	})
}

// tell repeats the end of an attempt until it is acknowledged.
func (sw *simWorker) tell(a *simAttempt, ev scheduler.Event) {
	a.report = ev
	sw.w.toCore(sw, ev)
	sw.later(a, 2*time.Second, func() { sw.tell(a, ev) })
}

func (sw *simWorker) failAttempt(a *simAttempt, class scheduler.Class, message string, f *scheduler.FetchFail) {
	a.ended = true
	sw.tell(a, scheduler.AttemptFailed{Attempt: a.launch.Attempt, Worker: sw.id, Incarnation: sw.inc, Class: class, Message: message, Fetch: f})
}

func (sw *simWorker) drop(id AttemptID) {
	sw.running = slices.DeleteFunc(sw.running, func(a *simAttempt) bool { return a.launch.Attempt == id })
}

func (sw *simWorker) dropHeld(id AttemptID) {
	sw.held = slices.DeleteFunc(sw.held, func(o *output) bool { return o.id == id })
}

func (sw *simWorker) cancel(id AttemptID) {
	a := sw.attempt(id)
	if a == nil {
		return
	}
	sw.drop(id)
	if o := sw.find(id); o != nil && !o.acked {
		sw.dropHeld(id)
	}
	if a.manifest != nil {
		a.job.unstage(id)
	}
}

func (sw *simWorker) granted(id AttemptID) {
	if a := sw.attempt(id); a != nil && a.report == nil {
		sw.tell(a, scheduler.AttemptFinished{Attempt: id, Worker: sw.id, Incarnation: sw.inc})
	}
}

func (sw *simWorker) acknowledged(id AttemptID, keep bool) {
	sw.drop(id)
	if o := sw.find(id); o != nil {
		if keep {
			o.acked = true
		} else {
			sw.dropHeld(id)
		}
	}
}

func (sw *simWorker) releaseStage(r scheduler.ReleaseStage) {
	sw.held = slices.DeleteFunc(sw.held, func(o *output) bool {
		return o.id.Job == r.Job && o.id.Stage == r.Stage && o.id.Epoch <= r.Epoch
	})
}

func (sw *simWorker) releaseJob(j scheduler.JobID) {
	sw.held = slices.DeleteFunc(sw.held, func(o *output) bool { return o.id.Job == j })
	sw.running = slices.DeleteFunc(sw.running, func(a *simAttempt) bool { return a.launch.Attempt.Job == j })
}
