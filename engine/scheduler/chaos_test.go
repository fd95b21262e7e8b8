package scheduler

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestAnyEvents sends events that no sane driver sends: of unknown jobs, tasks,
// workers, epochs and incarnations, in any order. The books must stay right and
// the log must still give the state.
func TestAnyEvents(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 9))
		cfg := DefaultConfig()
		cfg.Sizing.SkewMin = 1
		c := New(cfg)
		var log []Record
		var known []AttemptID
		where := map[AttemptID]WorkerID{}
		now := Time(0)
		jobs := 1 // ids are never used twice
		id := func() AttemptID {
			if len(known) > 0 && r.IntN(10) > 0 {
				k := known[r.IntN(len(known))]
				if r.IntN(8) == 0 {
					k.Attempt++
				}
				if r.IntN(20) == 0 {
					k.Epoch++
				}
				return k
			}
			return AttemptID{JobID(r.IntN(jobs)), StageID(r.IntN(6) - 1), uint32(r.IntN(2)), TaskID(r.IntN(12) - 1), uint32(r.IntN(3))}
		}
		at := func(a AttemptID) WorkerID {
			if w, ok := where[a]; ok && r.IntN(10) > 0 {
				return w
			}
			return WorkerID(r.IntN(6) - 1)
		}
		inc := func() Incarnation { return Incarnation(1 + r.IntN(20)/19) }
		out := func(a AttemptID) Output {
			o := Output{Rows: r.Int64N(3), Digest: Digest{uint64(a.Task), uint64(r.IntN(20) / 19)}}
			o.Bytes = o.Rows * 40 << 20
			for range r.IntN(5) {
				o.Sizes = append(o.Sizes, byte(r.IntN(256)))
			}
			return o
		}
		fetch := func() FetchFail {
			p := id()
			return FetchFail{Producer: p, Worker: at(p), Kind: FetchKind(r.IntN(5))}
		}
		spec := func() *JobSpec {
			s := join(1+r.IntN(6), 1+r.IntN(3), 1+r.IntN(4), InputSpec{Splittable: true, EmptyEmpties: true}, InputSpec{BroadcastBelow: r.Int64N(200 << 20)})
			s.Stages[2].Sink, s.Stages[2].Partitions = false, 2
			s.Stages = append(s.Stages, StageSpec{Sink: true, KeepEmpty: r.IntN(2) == 0, Inputs: []InputSpec{{From: 2, Pattern: Pattern(r.IntN(2))}}})
			if r.IntN(10) == 0 {
				s.Stages[r.IntN(4)].Partitions = 7 // wrong
			}
			return s
		}
		for n := range 1500 {
			now = now.Add(time.Duration(r.IntN(800)) * time.Millisecond)
			a := id()
			var ev Event
			switch r.IntN(16) {
			case 0:
				if r.IntN(8) > 0 {
					continue
				}
				ev = JobSubmitted{JobID(jobs), spec()}
				jobs++
			case 1:
				if r.IntN(20) > 0 {
					continue
				}
				ev = JobCancelled{Job: a.Job}
			case 2:
				ev = JobCommitted{Job: a.Job, Err: []string{"", "", "no"}[r.IntN(3)]}
			case 3:
				ev = JobForgotten{a.Job}
			case 4, 5:
				s := WorkerSeen{Worker: WorkerID(r.IntN(5) - r.IntN(12)/11), Incarnation: inc(), Host: "h", Slots: 2, Memory: r.Int64N(3) * 1000}
				for range r.IntN(4) {
					s.Running = append(s.Running, id())
					if r.IntN(2) == 0 {
						s.Waiting = append(s.Waiting, s.Running[len(s.Running)-1])
					}
					h := id()
					s.Held = append(s.Held, HeldOutput{h, out(h)})
				}
				ev = s
			case 6:
				ev = WorkerGone{Worker: WorkerID(r.IntN(6) - 1), Incarnation: inc()}
				if r.IntN(4) > 0 {
					continue
				}
			case 7:
				h := Heartbeat{Worker: WorkerID(r.IntN(6) - 1), Incarnation: inc()}
				for range r.IntN(4) {
					h.Progress = append(h.Progress, Progress{id(), r.Int64N(9) * 1e6, r.Int64N(9), r.Int64N(3)})
				}
				ev = h
			case 8:
				ev = AttemptStarted{a, at(a), inc()}
			case 9, 10, 11:
				ev = AttemptFinished{a, at(a), inc(), out(a), r.Int64N(9)}
			case 12:
				f := fetch()
				ev = AttemptFailed{a, at(a), inc(), Class(r.IntN(14)), "it broke", &f}
				if r.IntN(3) > 0 {
					continue
				}
			case 13:
				if r.IntN(3) > 0 {
					ev = FetchProblem{a, at(a), inc(), fetch()}
				} else {
					ev = SizesFailed{a.Job, fetch()}
				}
			case 14:
				if r.IntN(2) > 0 {
					ev = CommitRequested{a, at(a), inc(), out(a), []byte("m")}
				} else {
					ev = PartitionSizes{a.Job, a.Stage, a.Epoch, int32(r.IntN(5) - 1), make([]int64, r.IntN(7))}
				}
			case 15:
				ev = Tick{}
			}
			for _, x := range c.Apply(now, ev) {
				switch x := x.(type) {
				case LogRecord:
					log = append(log, x.Record)
				case Launch:
					known = append(known, x.Attempt)
					where[x.Attempt] = x.Worker
				}
			}
			if err := c.Check(); err != nil {
				t.Fatalf("seed %d, event %d, %#v: %v", seed, n, ev, err)
			}
			if n%50 == 0 {
				again, _, err := Recover(now, cfg, log)
				if err != nil {
					t.Fatalf("seed %d, event %d: %v", seed, n, err)
				}
				if again.Fingerprint() != c.Fingerprint() {
					t.Fatalf("seed %d, event %d: the log does not give the state", seed, n)
				}
			}
		}
	}
}
