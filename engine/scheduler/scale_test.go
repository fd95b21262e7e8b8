package scheduler

import (
	"runtime"
	"testing"
	"time"
)

// The scale of these tests: two stages of 20,000 tasks joined all-to-all, on
// 1,000 workers of four slots.
const (
	scaleTasks   = 20_000
	scaleWorkers = 1_000
)

// scaleJob runs the first stage and sizes the second, calling at at each step.
type scaleJob struct {
	c        *Core
	now      Time
	launched []Launch
	logBytes int64
	sizes    []byte
}

func newScaleJob() *scaleJob {
	cfg := DefaultConfig()
	cfg.Sizing.ExchangeMin = 1
	s := &scaleJob{c: New(cfg), sizes: make([]byte, scaleTasks)}
	for p := range s.sizes {
		s.sizes[p] = EncodeSize(int64(4000 + p%97))
	}
	for w := range scaleWorkers {
		s.apply(WorkerSeen{Worker: WorkerID(w), Incarnation: 1, Host: "h", Slots: 4, Memory: 8 << 30})
	}
	return s
}

func (s *scaleJob) apply(ev Event) {
	for _, a := range s.c.Apply(s.now, ev) {
		switch a := a.(type) {
		case Launch:
			s.launched = append(s.launched, a)
		case LogRecord:
			if r, ok := a.Record.(RecTasksFinished); ok {
				s.logBytes += int64(len(r.Tasks))*40 + int64(len(r.Sums))*3
			}
		}
	}
}

func (s *scaleJob) submit() {
	spec := &JobSpec{EstimatedBytes: -1, Stages: []StageSpec{
		{Name: "map", Partitions: scaleTasks, Tasks: scaleTasks, Splits: make([]Split, scaleTasks)},
		{Name: "reduce", Partitions: 1, Tasks: scaleTasks, Inputs: []InputSpec{{From: 0}}},
		{Name: "sink", Sink: true, Tasks: 1, Inputs: []InputSpec{{From: 1}}},
	}}
	for i := range spec.Stages[0].Splits {
		spec.Stages[0].Splits[i].Bytes = 64 << 20
	}
	s.apply(JobSubmitted{Job: 1, Spec: spec})
}

// finish ends launched attempts until keep are left or a stage's last one is reached.
func (s *scaleJob) finish(n int) {
	for range n {
		l := s.launched[0]
		s.launched = s.launched[1:]
		s.now += Time(time.Millisecond)
		out := Output{Bytes: 80 << 20, Rows: 1000, Digest: Digest{uint64(l.Attempt.Task), 1}}
		if l.Attempt.Stage == 0 {
			out.Sizes = s.sizes
		}
		s.apply(AttemptFinished{Attempt: l.Attempt, Worker: l.Worker, Incarnation: l.Incarnation, Output: out})
	}
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestScaleMemory: the coordinator's heap for a shuffle of 20,000 by 20,000.
func TestScaleMemory(t *testing.T) {
	before := heap()
	s := newScaleJob()
	s.submit()
	s.finish(scaleTasks)
	v, _ := s.c.Job(1)
	if v.Stages[0].Completed != scaleTasks || v.Stages[1].Total != scaleTasks {
		t.Fatalf("%+v", v)
	}
	s.finish(scaleTasks / 2)
	used := heap() - before
	t.Logf("%d × %d with sizes known, half of the second stage done: %.1f MB of heap, %.1f MB of log", scaleTasks, scaleTasks, float64(used)/(1<<20), float64(s.logBytes)/(1<<20))
	if used > 64<<20 {
		t.Errorf("heap grew by %d bytes, the goal is 64 MB", used)
	}
	if s.logBytes > 8<<20 {
		t.Errorf("the log has %d bytes, the goal is 8 MB", s.logBytes)
	}
	if err := s.c.Check(); err != nil {
		t.Fatal(err)
	}
	runtime.KeepAlive(s)
}

// TestScaleRestartSet: losing a worker in the second stage makes exactly its
// tasks of the first again.
func TestScaleRestartSet(t *testing.T) {
	s := newScaleJob()
	s.submit()
	s.finish(scaleTasks + scaleTasks/4)
	_, places := s.c.Manifest(1, 0)
	lost := 0
	for _, p := range places {
		if p.Worker == 17 {
			lost++
		}
	}
	s.apply(WorkerGone{Worker: 17, Incarnation: 1})
	v, _ := s.c.Job(1)
	if got := scaleTasks - v.Stages[0].Completed; got != lost || lost == 0 {
		t.Fatalf("%d tasks run again, %d outputs were lost", got, lost)
	}
}

// BenchmarkScale measures the steps of the same shuffle.
func BenchmarkScale(b *testing.B) {
	b.Run("launch20k", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			s := newScaleJob()
			s.sizes = nil
			b.StartTimer()
			s.submit()
			s.finish(scaleTasks - 1)
		}
	})
	b.Run("finish20kWithSizes", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			s := newScaleJob()
			b.StartTimer()
			s.submit()
			s.finish(scaleTasks - 1)
		}
	})
	b.Run("stageInit", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			s := newScaleJob()
			s.submit()
			s.finish(scaleTasks - 1)
			b.StartTimer()
			s.finish(1) // sizes and queues the second stage, launches its first wave
		}
	})
	b.Run("restartSet", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			s := newScaleJob()
			s.submit()
			s.finish(scaleTasks + scaleTasks/4)
			b.StartTimer()
			s.apply(WorkerGone{Worker: 17, Incarnation: 1})
		}
	})
	b.Run("heartbeat", func(b *testing.B) {
		s := newScaleJob()
		s.submit()
		s.finish(scaleTasks / 2)
		perWorker := map[WorkerID][]Progress{}
		for _, l := range s.launched {
			perWorker[l.Worker] = append(perWorker[l.Worker], Progress{Attempt: l.Attempt, Bytes: 1})
		}
		k := 0
		for b.Loop() {
			w := WorkerID(k % scaleWorkers)
			s.apply(Heartbeat{Worker: w, Incarnation: 1, Progress: perWorker[w]})
			k++
		}
	})
	b.Run("tick", func(b *testing.B) {
		s := newScaleJob()
		s.submit()
		s.finish(scaleTasks / 2)
		for b.Loop() {
			s.now += Time(time.Second)
			b.StopTimer()
			for w := range scaleWorkers {
				s.c.workers[w].lastSeen = s.now
			}
			b.StartTimer()
			s.apply(Tick{})
		}
	})
}

// BenchmarkTrivialQuery is the core's share of a query of one task.
func BenchmarkTrivialQuery(b *testing.B) {
	c := New(DefaultConfig())
	c.Apply(0, WorkerSeen{Worker: 0, Incarnation: 1, Slots: 2, Memory: 1 << 30})
	spec := &JobSpec{Stages: []StageSpec{{Name: "scan", Sink: true, KeepEmpty: true}}}
	id := JobID(0)
	for b.Loop() {
		id++
		var l Launch
		for _, a := range c.Apply(0, JobSubmitted{Job: id, Spec: spec}) {
			if x, ok := a.(Launch); ok {
				l = x
			}
		}
		c.Apply(0, AttemptStarted{Attempt: l.Attempt, Incarnation: 1})
		c.Apply(0, CommitRequested{Attempt: l.Attempt, Incarnation: 1})
		c.Apply(0, AttemptFinished{Attempt: l.Attempt, Incarnation: 1})
		c.Apply(0, JobCommitted{Job: id})
		c.Apply(0, JobForgotten{Job: id})
	}
}
