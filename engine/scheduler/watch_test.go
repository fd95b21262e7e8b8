package scheduler

import (
	"testing"
	"time"
)

// beat plays seconds in which each live attempt reads at the rate given by
// step, per second and worker; it returns what was launched.
func (r *rig) beat(seconds int, workers int, step func(w WorkerID, a *attempt) Progress) []Launch {
	var all []Launch
	for range seconds {
		r.now = r.now.Add(time.Second)
		for w := range workers {
			hb := Heartbeat{Worker: WorkerID(w), Incarnation: 1}
			for i := range r.c.attempts {
				if a := &r.c.attempts[i]; a.inUse && a.worker == hb.Worker {
					p := step(hb.Worker, a)
					p.Attempt = a.id
					hb.Progress = append(hb.Progress, p)
				}
			}
			all = append(all, r.do(hb).launches...)
		}
		all = append(all, r.do(Tick{}).launches...)
	}
	r.launches = all
	return all
}

// bigScan is a scan of n tasks of 100 MB.
func bigScan(n int) *JobSpec {
	s := scan(n)
	s.Stages[0].Memory = 0
	for i := range s.Stages[0].Splits {
		s.Stages[0].Splits[i].Bytes = 100 << 20
	}
	return s
}

func TestProgressInRows(t *testing.T) {
	for _, slow := range []bool{false, true} {
		r := newRig(t, DefaultConfig(), 4, 1)
		r.do(JobSubmitted{Job: 1, Spec: bigScan(4)})
		rate := func(w WorkerID) int64 {
			if slow && w == 3 {
				return 10
			}
			return 100 + 10*int64(w)
		}
		step := func(w WorkerID, a *attempt) Progress { return Progress{Rows: a.bytes + rate(w)} }
		if got := r.beat(10, 4, step); len(got) > 0 {
			t.Fatalf("slow %v: judged by rows while nobody knows how many there are: %+v", slow, got)
		}
		for _, l := range r.launchesOf(1) {
			if l.Worker < 2 {
				r.commit(l)
				r.finished(l, Output{})
			}
		}
		got := r.beat(4, 4, step)
		if slow != (len(got) == 1) {
			t.Fatalf("slow %v: copies %+v", slow, got)
		}
		if slow && (!got[0].Copy || got[0].Worker == 3) {
			t.Fatalf("%+v", got)
		}
	}
}

func TestBusyWithoutReadingIsNotSlow(t *testing.T) {
	r := newRig(t, DefaultConfig(), 4, 1)
	r.do(JobSubmitted{Job: 1, Spec: bigScan(4)})
	got := r.beat(8, 4, func(w WorkerID, a *attempt) Progress {
		if w == 0 { // builds a hash table first
			return Progress{Work: a.work + 1}
		}
		return Progress{Bytes: a.bytes + 5<<20, Work: a.work + 1}
	})
	if len(got) > 0 {
		t.Fatalf("%+v", got)
	}
}

func TestNoProgress(t *testing.T) {
	for _, works := range []bool{true, false} {
		cfg := DefaultConfig()
		cfg.Speculation.Rule = nil
		r := newRig(t, cfg, 2, 1)
		l := r.do(JobSubmitted{Job: 1, Spec: bigScan(1)}).one()
		got := r.beat(10*60, 2, func(w WorkerID, a *attempt) Progress {
			if works {
				return Progress{Bytes: 1 << 20, Work: min(a.work+1, 100)} // stands still after 100 s
			}
			return Progress{Bytes: 1 << 20} // says nothing of its work
		})
		if works != (len(got) > 0) {
			t.Fatalf("works %v: %+v", works, got)
		}
		if works && got[0].Worker == l.Worker {
			t.Fatal("tried again where it stood still")
		}
	}
}

func TestCopiesThatNeverWinAreStopped(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Speculation.ProbationMin = 0
	cfg.Speculation.OffAfter = 4
	r := newRig(t, cfg, 3, 1)
	r.do(JobSubmitted{Job: 1, Spec: bigScan(60)})
	for range 30 {
		// Worker 0 looks slow for a while and ends first all the same.
		r.beat(8, 3, func(w WorkerID, a *attempt) Progress {
			if w == 0 || a.copy {
				return Progress{Bytes: a.bytes + 1}
			}
			return Progress{Bytes: a.bytes + 10<<20}
		})
		// The fast ones end first: a copy of the slow one may take their place. Then the slow one ends.
		for _, first := range []bool{true, false} {
			for _, l := range r.launchesOf(1) {
				if a := r.c.find(l.Attempt); a != nil && !a.copy && (l.Worker != 0) == first {
					r.commit(l)
					r.finished(l, Output{})
				}
			}
		}
	}
	if n := r.c.Counters(); n.Copies < 4 || n.Copies > 6 || n.CopiesWon > 0 {
		t.Fatalf("%d copies, of which %d won", n.Copies, n.CopiesWon)
	}
}

// TestRowsBesideBytes: attempts that know rows alone as yet are judged by the bytes per row of those that finished and knew both.
func TestRowsBesideBytes(t *testing.T) {
	for _, slow := range []bool{false, true} {
		r := newRig(t, DefaultConfig(), 4, 1)
		r.do(JobSubmitted{Job: 1, Spec: bigScan(4)})
		step := func(w WorkerID, a *attempt) Progress {
			switch {
			case w < 2:
				return Progress{Bytes: a.bytes + 10<<20, Rows: a.rows + 100}
			case slow && w == 3:
				return Progress{Rows: a.rows + 5}
			}
			return Progress{Rows: a.rows + 100}
		}
		r.beat(9, 4, step)
		for _, l := range r.launchesOf(1) {
			if l.Worker < 2 {
				r.commit(l)
				r.finished(l, Output{})
			}
		}
		if got := r.beat(4, 4, step); slow != (len(got) == 1) {
			t.Fatalf("slow %v: copies %+v", slow, got)
		}
	}
}
