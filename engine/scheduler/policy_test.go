package scheduler

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// rig drives a core by hand.
type rig struct {
	t   *testing.T
	c   *Core
	now Time
	// of the last event:
	launches []Launch
	cancels  []Cancel
	records  []Record
	ended    *JobEnded
	granted  int
	denied   int
	released []ReleaseStage
	changed  []InputChanged
}

func newRig(t *testing.T, cfg Config, workers, slots int) *rig {
	r := &rig{t: t, c: New(cfg), now: Time(time.Hour)}
	for w := range workers {
		r.seen(w, slots)
	}
	return r
}

func (r *rig) seen(w, slots int) {
	r.do(WorkerSeen{Worker: WorkerID(w), Incarnation: 1, Host: string(rune('a' + w)), Slots: slots, Memory: 1000})
}

func (r *rig) do(ev Event) *rig {
	r.launches, r.cancels, r.records, r.ended, r.granted, r.denied, r.released = nil, nil, nil, nil, 0, 0, nil
	r.changed = nil
	for _, a := range r.c.Apply(r.now, ev) {
		switch a := a.(type) {
		case Launch:
			r.launches = append(r.launches, a)
		case Cancel:
			r.cancels = append(r.cancels, a)
		case LogRecord:
			r.records = append(r.records, a.Record)
		case JobEnded:
			r.ended = &a
		case CommitGranted:
			r.granted++
		case CommitDenied:
			r.denied++
		case ReleaseStage:
			r.released = append(r.released, a)
		case InputChanged:
			r.changed = append(r.changed, a)
		}
	}
	if err := r.c.Check(); err != nil {
		r.t.Fatal(err)
	}
	return r
}

// wait lets time pass, with heartbeats of the workers listing their attempts.
func (r *rig) wait(d time.Duration, alive ...int) *rig {
	var all []Launch
	for ; d > 0; d -= time.Second {
		r.now = r.now.Add(min(d, time.Second))
		for _, w := range alive {
			hb := Heartbeat{Worker: WorkerID(w), Incarnation: 1}
			for i := range r.c.attempts {
				if a := &r.c.attempts[i]; a.inUse && a.worker == hb.Worker {
					hb.Progress = append(hb.Progress, Progress{Attempt: a.id, Bytes: a.bytes + 1})
				}
			}
			all = append(all, r.do(hb).launches...)
		}
		all = append(all, r.do(Tick{}).launches...)
		if r.ended != nil {
			break
		}
	}
	r.launches = all
	return r
}

func (r *rig) one() Launch {
	r.t.Helper()
	if len(r.launches) != 1 {
		r.t.Fatalf("%d launches: %+v", len(r.launches), r.launches)
	}
	return r.launches[0]
}

func (r *rig) failed(l Launch, class Class, message string) *rig {
	return r.do(AttemptFailed{Attempt: l.Attempt, Worker: l.Worker, Incarnation: l.Incarnation, Class: class, Message: message})
}

func (r *rig) finished(l Launch, out Output) *rig {
	return r.do(AttemptFinished{Attempt: l.Attempt, Worker: l.Worker, Incarnation: l.Incarnation, Output: out})
}

func (r *rig) commit(l Launch) *rig {
	return r.do(CommitRequested{Attempt: l.Attempt, Worker: l.Worker, Incarnation: l.Incarnation, Manifest: []byte("m")})
}

// scan is a job of one sink stage with n tasks.
func scan(n int) *JobSpec {
	return &JobSpec{EstimatedBytes: -1, Stages: []StageSpec{{Name: "Map 1", Sink: true, Tasks: n, Splits: make([]Split, n), Memory: 100}}}
}

// chain is a scan of n tasks and a sink of m tasks that reads it.
func chain(n, m int) *JobSpec {
	return &JobSpec{EstimatedBytes: -1, Stages: []StageSpec{
		{Name: "Map 1", Partitions: m, Tasks: n, Splits: make([]Split, n)},
		{Name: "Reducer 2", Sink: true, Tasks: m, Inputs: []InputSpec{{From: 0}}},
	}}
}

func TestUserErrorEndsAtOnce(t *testing.T) {
	r := newRig(t, DefaultConfig(), 2, 2)
	l := r.do(JobSubmitted{Job: 1, Spec: scan(4)}).launches[0]
	r.failed(l, TransientIO, "timeout")
	r.failed(r.launchesOf(1)[0], User, "division by zero")
	if r.ended == nil || r.ended.Message != "division by zero" || r.ended.Class != User || len(r.cancels) != 2 {
		t.Fatalf("%+v, %d cancels", r.ended, len(r.cancels))
	}
}

// launchesOf lists the live attempts of a job as launches.
func (r *rig) launchesOf(j JobID) (out []Launch) {
	for i := range r.c.attempts {
		if a := &r.c.attempts[i]; a.inUse && a.id.Job == j {
			out = append(out, Launch{Attempt: a.id, Worker: a.worker, Incarnation: a.inc, Memory: a.memory})
		}
	}
	return out
}

func TestCountedFailures(t *testing.T) {
	r := newRig(t, DefaultConfig(), 2, 1)
	l := r.do(JobSubmitted{Job: 1, Spec: scan(1)}).one()
	for n := 1; n < 4; n++ {
		was := l.Worker
		r.failed(l, TransientIO, "timeout "+string(rune('0'+n)))
		if len(r.launches) != 0 {
			t.Fatal("tried again without a pause")
		}
		l = r.wait(80*time.Second, 0, 1).one()
		if n == 1 && l.Worker == was {
			t.Fatal("tried again where it failed")
		}
	}
	r.failed(l, TransientIO, "timeout 4")
	if r.ended == nil || r.ended.State != JobFailed || !strings.HasPrefix(r.ended.Message, "timeout 1") {
		t.Fatalf("after four failures: %+v", r.ended)
	}
}

func TestSameFailureOnThreeWorkers(t *testing.T) {
	r := newRig(t, DefaultConfig(), 5, 1)
	l := r.do(JobSubmitted{Job: 1, Spec: scan(1)}).one()
	l = r.failed(l, Internal, "row 7 is broken").one()
	l = r.failed(l, Internal, "row 7 is broken").one()
	r.failed(l, Internal, "row 7 is broken")
	if r.ended == nil || r.ended.Class != User || r.ended.Message != "row 7 is broken" {
		t.Fatalf("%+v", r.ended)
	}
}

func TestUncountedLosses(t *testing.T) {
	r := newRig(t, DefaultConfig(), 1, 1)
	l := r.do(JobSubmitted{Job: 1, Spec: scan(1)}).one()
	for n := 1; n <= 20; n++ {
		l = r.failed(l, FetchFailed, "").one()
	}
	r.failed(l, FetchFailed, "")
	if r.ended == nil || r.ended.State != JobFailed {
		t.Fatal("lost 21 times and still tried")
	}
	l = r.do(JobSubmitted{Job: 2, Spec: scan(1)}).one()
	for n := 1; n <= 100; n++ {
		l = r.failed(l, Preempted, "").one()
	}
}

func TestMemoryGrows(t *testing.T) {
	r := newRig(t, DefaultConfig(), 4, 4)
	l := r.do(JobSubmitted{Job: 1, Spec: scan(6)}).launches[0]
	grants := []int64{l.Memory}
	for range 2 {
		l = r.failed(l, OutOfMemory, "out of memory").one()
		grants = append(grants, l.Memory)
	}
	// Now it needs a whole worker. All that is left runs something: the emptiest is kept free.
	r.failed(l, OutOfMemory, "out of memory")
	if len(r.launches) != 0 {
		t.Fatalf("launched beside others: %+v", r.launches)
	}
	for _, o := range r.launchesOf(1) {
		r.commit(o)
		if r.finished(o, Output{}); len(r.launches) > 0 {
			grants = append(grants, r.one().Memory)
			break
		}
	}
	if want := []int64{100, 200, 400, 1000}; !slices.Equal(grants, want) {
		t.Fatalf("grants %v, want %v", grants, want)
	}
}

func TestExclusionIsBoundedAndDecays(t *testing.T) {
	r := newRig(t, DefaultConfig(), 6, 1)
	r.do(JobSubmitted{Job: 1, Spec: scan(60)})
	fail := func(w WorkerID, text string) {
		for _, l := range r.launchesOf(1) {
			if l.Worker == w {
				r.failed(l, Internal, text)
				return
			}
		}
	}
	has := func(w WorkerID) bool {
		for _, l := range r.launchesOf(1) {
			if l.Worker == w {
				return true
			}
		}
		return false
	}
	fail(0, "a")
	if !has(0) {
		t.Fatal("one failure of a task excludes the worker from the stage")
	}
	fail(0, "b")
	if has(0) {
		t.Fatal("two failures of the stage do not exclude the worker")
	}
	fail(1, "c")
	fail(1, "d")
	if has(1) {
		t.Fatal("the second worker is not excluded")
	}
	fail(2, "e")
	fail(2, "f")
	if !has(2) {
		t.Fatal("more than a third of the workers is excluded")
	}
	r.wait(11*time.Minute, 0, 1, 2, 3, 4, 5)
	if !has(0) || !has(1) {
		t.Fatal("exclusion does not decay")
	}
}

func TestDiskFull(t *testing.T) {
	r := newRig(t, DefaultConfig(), 2, 1)
	ls := r.do(JobSubmitted{Job: 1, Spec: chain(4, 1)}).launches
	r.failed(ls[0], DiskFull, "no space left")
	if len(r.launches) != 0 || r.ended != nil {
		t.Fatalf("a worker without room gets tasks that write: %+v", r.launches)
	}
	r.failed(ls[1], DiskFull, "no space left")
	if r.ended == nil || r.ended.Message != "no space left" {
		t.Fatalf("no worker has room, and the job goes on: %+v", r.ended)
	}
}

func TestLateCommitOfALostWorkerIsDenied(t *testing.T) {
	r := newRig(t, DefaultConfig(), 2, 1)
	zombie := r.do(JobSubmitted{Job: 1, Spec: scan(1)}).one()
	l := r.wait(12*time.Second, int(1-zombie.Worker)).one() // the other lives; this one is silent
	if l.Worker == zombie.Worker {
		t.Fatal("relaunched on the silent worker")
	}
	if r.commit(zombie); r.granted != 0 || r.denied != 1 {
		t.Fatal("the late commit of a lost worker is granted")
	}
	if r.commit(l); r.granted != 1 {
		t.Fatal("no grant")
	}
	if r.commit(l); r.granted != 1 || len(r.records) != 0 {
		t.Fatal("asked again, the grant is not repeated from the log")
	}
	if r.commit(zombie); r.denied != 1 {
		t.Fatal("a second grant")
	}
}

func TestShortQueriesPass(t *testing.T) {
	cfg := DefaultConfig()
	r := newRig(t, cfg, 1, 2)
	r.do(JobSubmitted{Job: 1, Spec: scan(10)})
	if len(r.launches) != 2 {
		t.Fatalf("%d launches on two slots", len(r.launches))
	}
	short := scan(2)
	short.EstimatedBytes = 1000
	if r.do(JobSubmitted{Job: 2, Spec: short}); len(r.launches) != 1 {
		t.Fatalf("a short query beside a long one: %d launches", len(r.launches))
	}
	if r.do(JobSubmitted{Job: 3, Spec: scan(1)}); len(r.launches) != 0 {
		t.Fatal("a long query got a short slot")
	}
}

func TestPools(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Pools = []PoolConfig{{Name: "a", Weight: 3, MaxRunning: 1, MaxQueued: 1}, {Name: "b", Weight: 1}}
	r := newRig(t, cfg, 2, 4)
	job := func(id JobID, pool string, n int) *rig {
		s := scan(n)
		s.Pool = pool
		return r.do(JobSubmitted{Job: id, Spec: s})
	}
	job(1, "b", 40)
	job(2, "a", 40)
	job(3, "a", 1)
	if v, _ := r.c.Job(3); v.State != JobQueued || !strings.Contains(v.Message, "pool") {
		t.Fatalf("two jobs run in a pool of one: %+v", v)
	}
	if job(4, "a", 1); r.ended == nil || r.ended.State != JobFailed {
		t.Fatal("the queue of the pool is not bounded")
	}
	// Pool b has all 8 slots, its share is 2; after half a minute it gives 6 back.
	if n := len(r.launchesOf(2)); n != 0 {
		t.Fatalf("%d attempts of a", n)
	}
	r.wait(35*time.Second, 0, 1)
	if a, b := len(r.launchesOf(2)), len(r.launchesOf(1)); a != 6 || b != 2 {
		t.Fatalf("%d slots for weight 3, %d for weight 1", a, b)
	}
}

func TestReleasedAndLostIsMadeAgain(t *testing.T) {
	// Map 1 → Reducer 2 → Reducer 3 → sink. When Reducer 3 is done, Map 1 is released; then everything else is lost.
	spec := &JobSpec{EstimatedBytes: -1, Stages: []StageSpec{
		{Name: "Map 1", Partitions: 1, Tasks: 2, Splits: make([]Split, 2)},
		{Name: "Reducer 2", Partitions: 1, Tasks: 1, Inputs: []InputSpec{{From: 0}}},
		{Name: "Reducer 3", Partitions: 1, Tasks: 1, Inputs: []InputSpec{{From: 1}}},
		{Name: "Sink", Sink: true, Tasks: 1, Inputs: []InputSpec{{From: 2}}},
	}}
	r := newRig(t, DefaultConfig(), 1, 2)
	out := Output{Bytes: 10, Rows: 1, Digest: Digest{1, 1}, Sizes: []byte{EncodeSize(10)}}
	ls := r.do(JobSubmitted{Job: 1, Spec: spec}).launches
	r.finished(ls[0], out)
	red2 := r.finished(ls[1], out).one()
	red3 := r.finished(red2, out).one()
	r.finished(red3, out)
	if len(r.released) != 1 || r.released[0].Stage != 0 {
		t.Fatalf("released %+v", r.released)
	}
	r.seen(1, 2)
	r.do(WorkerGone{Worker: 0, Incarnation: 1})
	v, _ := r.c.Job(1)
	if len(r.launches) != 2 || v.Stages[0].Completed != 0 || v.Stages[2].Completed != 0 {
		t.Fatalf("%d launches; %+v", len(r.launches), v.Stages)
	}
	ls = r.launches
	r.finished(ls[0], out)
	r.finished(r.finished(r.finished(ls[1], out).one(), out).one(), out)
	l := r.one()
	r.commit(l)
	if r.finished(l, Output{}); r.granted != 0 {
		t.Fatal("granted twice")
	}
	r.do(JobCommitted{Job: 1})
	if r.ended == nil || r.ended.State != JobSucceeded {
		t.Fatalf("%+v", r.ended)
	}
}

// TestFirstGrants: what a task gets follows from what it reads, up to a slot's share of three quarters of the worker.
func TestFirstGrants(t *testing.T) {
	r := newRig(t, DefaultConfig(), 1, 4)
	spec := scan(3)
	st := &spec.Stages[0]
	st.Memory, st.MemoryPercent = 20, 300
	st.Splits = []Split{{Bytes: 0}, {Bytes: 2000}, {Bytes: 500_000}}
	r.do(JobSubmitted{Job: 1, Spec: spec})
	var grants []int64
	for _, l := range r.launches {
		grants = append(grants, l.Memory)
	}
	slices.Sort(grants)
	if want := []int64{20, 187, 187}; !slices.Equal(grants, want) {
		t.Errorf("grants %v, want %v", grants, want)
	}
}
