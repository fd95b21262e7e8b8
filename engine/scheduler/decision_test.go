package scheduler

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"
)

const mib = 1 << 20

// output of so many MB per partition.
func output(mb ...int64) Output {
	o := Output{Rows: 1, Digest: Digest{1, 2}}
	for _, m := range mb {
		o.Bytes += m * mib
		o.Sizes = append(o.Sizes, EncodeSize(m*mib))
	}
	if o.Bytes == 0 {
		o.Rows, o.Sizes = 0, nil
	}
	return o
}

// finishStage ends what is launched of a stage with the outputs, by task.
func (r *rig) finishStage(s StageID, outs ...Output) {
	r.t.Helper()
	var records []Record
	var launches []Launch
	for n := 0; ; n++ {
		var next *Launch
		for _, l := range r.launchesOf(1) {
			if l.Attempt.Stage == s {
				next = &l
				break
			}
		}
		if next == nil {
			if n == 0 {
				r.t.Fatalf("nothing of stage %d runs", s)
			}
			break
		}
		r.finished(*next, outs[int(next.Attempt.Task)%len(outs)])
		records, launches = append(records, r.records...), append(launches, r.launches...)
	}
	r.records, r.launches = records, launches
}

// sizedAs is the last sizing of a stage in the records of the last step.
func (r *rig) sizedAs(s StageID) *RecStageSized {
	for i := len(r.records) - 1; i >= 0; i-- {
		if rec, ok := r.records[i].(RecStageSized); ok && rec.Stage == s {
			return &rec
		}
	}
	return nil
}

// join is a job of two scans of n and m tasks and a join of them over so many partitions.
func join(n, m, partitions int, left, right InputSpec) *JobSpec {
	left.From, right.From = 0, 1
	return &JobSpec{EstimatedBytes: -1, Stages: []StageSpec{
		{Name: "left", Partitions: partitions, Tasks: n, Splits: make([]Split, n)},
		{Name: "right", Partitions: partitions, Tasks: m, Splits: make([]Split, m)},
		{Name: "join", Sink: true, Inputs: []InputSpec{left, right}},
	}}
}

func TestEvenTasksOfAJoin(t *testing.T) {
	r := newRig(t, DefaultConfig(), 1, 8)
	r.do(JobSubmitted{Job: 1, Spec: join(2, 2, 4, InputSpec{}, InputSpec{})})
	r.finishStage(0, output(3, 0, 10, 40))
	r.finishStage(1, output(0, 2, 5, 20))
	rec := r.sizedAs(2)
	if rec == nil || rec.Tasks != 3 {
		t.Fatalf("%+v", rec)
	}
	// Partitions of 6, 4, 30 and 120 MB for pieces of about 16 MB.
	want := []Range{{0, 2, 0, 2}, {2, 3, 0, 2}, {3, 4, 0, 2}}
	if !reflect.DeepEqual(rec.Ranges[0], want) || !reflect.DeepEqual(rec.Ranges[1], want) {
		t.Fatalf("%+v", rec.Ranges)
	}
}

func TestSmallSideIsBroadcast(t *testing.T) {
	r := newRig(t, DefaultConfig(), 1, 8)
	r.do(JobSubmitted{Job: 1, Spec: join(4, 2, 4, InputSpec{}, InputSpec{BroadcastBelow: 20 * mib})})
	r.finishStage(0, output(20, 20, 20, 20))
	r.finishStage(1, output(1, 1, 1, 1))
	rec := r.sizedAs(2)
	if rec == nil || rec.Patterns[0] != Pointwise || rec.Patterns[1] != Broadcast || rec.Tasks != 4 {
		t.Fatalf("%+v", rec)
	}
	for i, l := range r.launches {
		if want := (Range{0, 4, int32(i), int32(i + 1)}); l.Inputs[0] != want || l.Inputs[1] != (Range{0, 4, 0, 2}) {
			t.Fatalf("task %d reads %+v", i, l.Inputs)
		}
	}
}

func TestLargeSideNeedNotPartition(t *testing.T) {
	r := newRig(t, DefaultConfig(), 1, 8)
	spec := join(2, 4, 4, InputSpec{BroadcastBelow: 20 * mib}, InputSpec{})
	spec.Stages[1].After = []StageID{0}
	r.do(JobSubmitted{Job: 1, Spec: spec})
	if len(r.launches) != 2 {
		t.Fatalf("%d launches before the small side is known", len(r.launches))
	}
	r.finishStage(0, output(1, 1, 1, 1))
	rec := r.sizedAs(1)
	if rec == nil || rec.Partitions != 1 || r.launches[0].Partitions != 1 {
		t.Fatalf("%+v", rec)
	}
	r.finishStage(1, output(100))
	if rec := r.sizedAs(2); rec == nil || rec.Patterns[0] != Broadcast || rec.Patterns[1] != Pointwise {
		t.Fatalf("%+v", rec)
	}
}

func TestSkewedPartitionIsSplit(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Sizing.SkewMin, cfg.Sizing.ExchangeMax = 64*mib, 16*mib
	for _, both := range []bool{false, true} {
		r := newRig(t, cfg, 1, 8)
		r.do(JobSubmitted{Job: 1, Spec: join(4, 2, 4, InputSpec{Splittable: true}, InputSpec{Splittable: both})})
		r.finishStage(0, output(4, 100, 4, 4))
		r.finishStage(1, output(4, 200, 4, 4))
		if v, _ := r.c.Job(1); v.Stages[2].State != "asking for sizes" {
			t.Fatalf("%+v", v.Stages[2])
		}
		r.do(PartitionSizes{Job: 1, Stage: 0, Partition: 1, Bytes: []int64{100 * mib, 100 * mib, 100 * mib, 100 * mib}})
		if both {
			r.do(PartitionSizes{Job: 1, Stage: 1, Partition: 1, Bytes: []int64{200 * mib, 200 * mib}})
		}
		rec := r.sizedAs(2)
		if rec == nil {
			t.Fatal("not sized")
		}
		// Each pair of producer tasks of partition 1 is in exactly one task, of the others in exactly one too.
		seen := map[string]int{}
		for i := range rec.Ranges[0] {
			l, rt := rec.Ranges[0][i], rec.Ranges[1][i]
			if l.PartLo != rt.PartLo || l.PartHi != rt.PartHi {
				t.Fatalf("task %d reads partitions %+v and %+v", i, l, rt)
			}
			for p := l.PartLo; p < l.PartHi; p++ {
				for a := l.MapLo; a < l.MapHi; a++ {
					for b := rt.MapLo; b < rt.MapHi; b++ {
						seen[fmt.Sprint(p, a, b)]++
					}
				}
			}
		}
		if len(seen) != 4*4*2 {
			t.Fatalf("%d pairs meet, should be 32: %+v", len(seen), rec.Ranges)
		}
		for k, n := range seen {
			if n != 1 {
				t.Fatalf("pair %s meets %d times", k, n)
			}
		}
		least := 4
		if both {
			least = 8
		}
		if n := int(rec.Tasks); n < least+1 {
			t.Fatalf("both %v: %d tasks", both, n)
		}
	}
}

func TestSkewSizesThatCannotBeHad(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Sizing.SkewMin, cfg.Sizing.ExchangeMax = 64*mib, 16*mib
	r := newRig(t, cfg, 1, 8)
	r.do(JobSubmitted{Job: 1, Spec: join(4, 2, 4, InputSpec{Splittable: true}, InputSpec{})})
	r.finishStage(1, output(4, 4, 4, 4))
	r.finishStage(0, output(4, 100, 4, 4))
	_, places := r.c.Manifest(1, 0)
	r.do(SizesFailed{Job: 1, Fetch: FetchFail{Producer: places[2].Attempt, Worker: 0, Kind: Missing}})
	if l := r.one(); l.Attempt.Task != 2 || l.Attempt.Stage != 0 {
		t.Fatalf("%+v", l)
	}
}

func TestEmptyInputs(t *testing.T) {
	r := newRig(t, DefaultConfig(), 1, 8)
	spec := join(4, 1, 4, InputSpec{}, InputSpec{EmptyEmpties: true})
	spec.Stages[2].Sink, spec.Stages[2].Partitions = false, 1
	spec.Stages = append(spec.Stages, StageSpec{Name: "count", Sink: true, KeepEmpty: true, Tasks: 1, Inputs: []InputSpec{{From: 2}}})
	ls := r.do(JobSubmitted{Job: 1, Spec: spec}).launches
	r.finished(ls[0], output(1, 1, 1, 1))
	r.finished(ls[1], output(1, 1, 1, 1))
	r.finishStage(1, output())
	v, _ := r.c.Job(1)
	if v.Stages[0].State != "skipped" && v.Stages[0].State != "released" || v.Stages[2].Total != 0 {
		t.Fatalf("%+v", v.Stages)
	}
	live := r.launchesOf(1)
	if len(live) != 1 || live[0].Attempt.Stage != 3 {
		t.Fatalf("%+v", live)
	}
	r.commit(live[0])
	r.do(JobCommitted{Job: 1})
	if r.ended == nil || r.ended.State != JobSucceeded {
		t.Fatalf("%+v", r.ended)
	}
}

func TestScanTasks(t *testing.T) {
	r := newRig(t, DefaultConfig(), 2, 4)
	spec := scan(0)
	for i := range 100 {
		spec.Stages[0].Splits = append(spec.Stages[0].Splits, Split{Bytes: 8 * mib, Near: []WorkerID{WorkerID(i % 2)}})
	}
	r.do(JobSubmitted{Job: 1, Spec: spec})
	rec := r.sizedAs(0)
	// 800 MB on 8 slots: about 33 MB per task, two or three splits of 8 + 4 MB.
	if rec.Tasks < 34 || rec.Tasks > 60 {
		t.Fatalf("%d tasks", rec.Tasks)
	}
	far := 0
	for _, l := range r.launches {
		for _, k := range l.Splits {
			if spec.Stages[0].Splits[k].Near[0] != l.Worker {
				far++
			}
		}
	}
	if len(r.launches) != 8 || far > 2 {
		t.Fatalf("%d launches, %d splits read from afar", len(r.launches), far)
	}
}

func TestBlame(t *testing.T) {
	const readers = 30
	r := newRig(t, DefaultConfig(), 4, 10)
	r.do(JobSubmitted{Job: 1, Spec: chain(4, readers)})
	sizes := make([]int64, readers)
	for i := range sizes {
		sizes[i] = 1
	}
	r.finishStage(0, output(sizes...))
	_, places := r.c.Manifest(1, 0)
	bad := places[0]
	complain := func(l Launch, kind FetchKind) *rig {
		return r.do(FetchProblem{Attempt: l.Attempt, Worker: l.Worker, Incarnation: 1, Fetch: FetchFail{Producer: bad.Attempt, Worker: bad.Worker, Kind: kind}})
	}
	all := r.launchesOf(1)
	if len(all) != readers {
		t.Fatalf("%d readers", len(all))
	}
	var live []Launch // on one host: complaints of two of four hosts would be believed at once
	for _, l := range all {
		if l.Worker == (bad.Worker+1)%4 {
			live = append(live, l)
		}
	}
	for n, l := range live[:3] {
		if complain(l, Unreachable); len(r.cancels) > 0 || len(r.changed) != 1 {
			t.Fatalf("believed after %d complaints of %d readers, or not told to try again", n+1, readers)
		}
	}
	complain(live[0], Unreachable) // the same again
	if v, _ := r.c.Job(1); v.Stages[0].Completed != 4 {
		t.Fatal("one reader's complaints count twice")
	}
	complain(live[3], Unreachable)
	if v, _ := r.c.Job(1); v.Stages[0].Completed != 3 || v.Stages[1].Waiting != 1 {
		t.Fatalf("not believed after a tenth of the readers: %+v", v.Stages)
	}
	// A complaint about an attempt that is out of date makes the reader wait and changes nothing.
	complain(live[4], Missing)
	if v, _ := r.c.Job(1); v.Stages[0].Completed != 3 || v.Stages[1].Waiting != 2 {
		t.Fatalf("a reader of lost input has a slot: %+v", v.Stages)
	}
	// "Missing" is believed at once.
	bad = places[1]
	complain(live[5], Missing)
	if v, _ := r.c.Job(1); v.Stages[0].Completed != 2 || v.Stages[1].Waiting != 3 || len(r.cancels) != 0 {
		t.Fatalf("missing output is not believed: %+v", v.Stages)
	}
}

// Readers of a lost output wait without slots, which what is made again takes, and go on with new places when there are slots.
func TestReadersWait(t *testing.T) {
	r := newRig(t, DefaultConfig(), 2, 2)
	r.do(JobSubmitted{Job: 1, Spec: chain(4, 4)})
	r.finishStage(0, output(20, 20, 20, 20))
	readers := r.launchesOf(1)
	_, places := r.c.Manifest(1, 0)
	var waiting []Launch
	r.do(WorkerGone{Worker: 1, Incarnation: 1})
	lost := 0
	for _, p := range places {
		if p.Worker == 1 {
			lost++
		}
	}
	for _, l := range readers {
		if l.Worker != 0 {
			continue
		}
		for _, p := range places {
			if p.Worker == 1 {
				r.do(FetchProblem{Attempt: l.Attempt, Worker: 0, Incarnation: 1, Fetch: FetchFail{Producer: p.Attempt, Worker: 1, Kind: Unreachable}})
				break
			}
		}
		waiting = append(waiting, l)
	}
	if len(waiting) != 2 || lost != 2 {
		t.Fatalf("%d readers on the worker that is left, %d lost outputs", len(waiting), lost)
	}
	again := r.launchesOf(1)
	again = slices.DeleteFunc(again, func(l Launch) bool { return l.Attempt.Stage != 0 })
	if len(again) != 2 {
		t.Fatalf("%d lost outputs are made again at once, on two slots", len(again))
	}
	if v, _ := r.c.Job(1); v.Stages[1].Waiting != 2 || len(r.cancels) != 0 {
		t.Fatalf("%+v", v.Stages[1])
	}
	// They are told to go on when all is there, once for each.
	r.finished(again[0], output(20, 20, 20, 20))
	if len(r.changed) != 0 {
		t.Fatal("they go on without all their inputs")
	}
	r.finished(again[1], output(20, 20, 20, 20))
	if len(r.changed) != 2 || len(r.launches) != 0 {
		t.Fatalf("%d go on, %d are launched though there are no slots for them", len(r.changed), len(r.launches))
	}
	// An answer that was lost is given again.
	l := waiting[0]
	r.do(FetchProblem{Attempt: l.Attempt, Worker: 0, Incarnation: 1, Fetch: FetchFail{Producer: places[0].Attempt, Worker: 1, Kind: Unreachable}})
	if len(r.changed) != 1 || r.changed[0].Attempt != l.Attempt {
		t.Fatal("a repeated complaint is not answered")
	}
}

func TestDifferentRerunRestartsReaders(t *testing.T) {
	r := newRig(t, DefaultConfig(), 2, 2)
	r.do(JobSubmitted{Job: 1, Spec: chain(2, 4)})
	r.finishStage(0, output(20, 20, 20, 20))
	l := r.launchesOf(1)[0]
	if r.commit(l); r.granted != 1 {
		t.Fatal("no grant")
	}
	r.finished(l, Output{})
	r.do(WorkerGone{Worker: 1, Incarnation: 1})
	var again Launch
	for _, l := range r.launchesOf(1) {
		if l.Attempt.Stage == 0 {
			again = l
		}
	}
	for _, l := range r.launchesOf(1) {
		if again.Attempt.Job == 0 && l.Attempt.Stage == 1 { // its slot is needed
			r.commit(l)
			r.finished(l, Output{})
			again = r.one()
		}
	}
	other := output(20, 20, 20, 20)
	other.Digest = Digest{7, 7}
	r.finished(again, other)
	v, _ := r.c.Job(1)
	if v.Stages[1].Epoch != 1 || v.Stages[1].Completed != 0 || len(r.c.Grants(1)) != 0 {
		t.Fatalf("%+v", v.Stages[1])
	}
	if r.commit(l); r.granted != 0 {
		t.Fatal("a grant of the old epoch is given again")
	}
}

func TestDeadWorkersAreNoticed(t *testing.T) {
	r := newRig(t, DefaultConfig(), 2, 1)
	l := r.do(JobSubmitted{Job: 1, Spec: scan(1)}).one()
	r.wait(9*time.Second, 1-int(l.Worker))
	if len(r.launches) != 0 {
		t.Fatal("given up after nine seconds")
	}
	r.wait(3*time.Second, 1-int(l.Worker))
	if len(r.launches) != 1 {
		t.Fatal("not given up after twelve seconds")
	}
	// All gone: the job says why it waits, and fails in the end.
	r.do(WorkerGone{Worker: 0, Incarnation: 1})
	r.do(WorkerGone{Worker: 1, Incarnation: 1})
	if v, _ := r.c.Job(1); v.Message != "no worker is there" {
		t.Fatalf("%+v", v)
	}
	r.wait(70 * time.Second)
	if r.ended == nil || r.ended.State != JobFailed {
		t.Fatal("waits for workers for ever")
	}
}
