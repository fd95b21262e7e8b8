package simulator

import (
	"math"
	"math/rand/v2"
	"time"

	"skep/engine/scheduler"
)

// Policy is a way of finding slow attempts, for comparison.
type Policy struct {
	Name        string
	Speculation scheduler.Speculation
}

// Policies are those compared: none, the rules of Spark 4 and Flink 1.17 (with
// its floor of a minute scaled to five seconds, as the tasks are), and the one in use.
func Policies() []Policy {
	none := scheduler.DefaultSpeculation()
	none.Rule, none.ProbationMin = nil, 0
	spark := none
	spark.Rule, spark.MaxCopiesDiv, spark.MaxLiveAttempts, spark.OffAfter = sparkRule{}, 1, 2, math.MaxInt
	flink := spark
	flink.Rule, flink.ProbationMin, flink.ProbationMax = flinkRule{floor: 5 * time.Second}, time.Minute, time.Minute
	return []Policy{{"none", none}, {"spark rule", spark}, {"flink rule", flink}, {"ours", scheduler.DefaultSpeculation()}}
}

// sparkRule: when 90 % are done, an attempt is slow that has taken three times
// the median and is below 0.75 of the mean rate, or has taken six times it.
type sparkRule struct{}

func (sparkRule) Slow(s *scheduler.StageRates, a *scheduler.AttemptRate) bool {
	if s.Done*10 < s.Tasks*9 || len(s.Times) == 0 {
		return false
	}
	limit := max(3*s.Times[len(s.Times)/2], 0.1)
	sec := a.Elapsed.Seconds()
	return sec > limit && (float64(a.Bytes)/sec < 0.75*s.MeanRate || sec > 2*limit)
}

// flinkRule: when 75 % are done, an attempt is slow whose time per byte of
// input is 1.5 times the median of the first three quarters.
type flinkRule struct{ floor time.Duration }

func (f flinkRule) Slow(s *scheduler.StageRates, a *scheduler.AttemptRate) bool {
	if s.Done*4 < s.Tasks*3 || len(s.Keys) == 0 || a.Elapsed < f.floor {
		return false
	}
	n := min(max(int(math.Round(float64(s.Tasks)*0.75)), 1), len(s.Keys))
	return a.Elapsed.Seconds()/float64(max(a.Expected, 1)) >= 1.5*s.Keys[n/2]
}

// Case is a situation to measure policies in: workers of four slots of 10 MB/s,
// tasks of about 100 MB (lognormal, σ 0.3), one worker slow by ten.
type Case struct {
	Name     string
	Workers  int
	Tasks    int
	SlowFrom time.Duration // when worker 0 becomes slow; negative: never
	Skew     bool          // one task in a hundred reads ten times as much
	Bound    float64       // makespan over healthy that the capacity lost makes unavoidable; 0: not stated
}

// Cases are the rows of the policy table.
func Cases() []Case {
	bound := func(n float64) float64 { return n / (n - 0.9) }
	return []Case{
		{"4 workers, 1 slow", 4, 12 * 16, 0, false, bound(4)},
		{"8 workers, 1 slow", 8, 12 * 32, 0, false, bound(8)},
		{"16 workers, 1 slow", 16, 12 * 64, 0, false, bound(16)},
		{"16 workers, 1 slow from 70 s", 16, 12 * 64, 70 * time.Second, false, bound(16)},
		{"16 workers, single wave, 1 slow from 5 s", 16, 64, 5 * time.Second, false, 0},
		{"16 workers, none slow, skew", 16, 12 * 64, -1, true, 0},
	}
}

// Measure is one cell of the table, a mean over seeds.
type Measure struct {
	Ratio  float64 // makespan over that of the same tasks with no slow worker and no copies
	Copies float64 // per run
	Waste  float64 // bytes read by losers over bytes of the tasks
}

// Compare measures a policy in a case over some seeds.
func Compare(c Case, p Policy, seeds int) Measure {
	var m Measure
	healthy := c
	healthy.SlowFrom = -1
	for seed := range uint64(seeds) {
		base, _ := makespan(healthy, Policies()[0], seed)
		span, w := makespan(c, p, seed)
		n := w.core.Counters()
		m.Ratio += span.Seconds() / base.Seconds() / float64(seeds)
		m.Copies += float64(n.Copies) / float64(seeds)
		var total int64
		for _, s := range w.jobs[0].spec.Stages[0].Splits {
			total += s.Bytes
		}
		m.Waste += float64(n.WastedBytes) / float64(total) / float64(seeds)
	}
	return m
}

func makespan(c Case, p Policy, seed uint64) (time.Duration, *world) {
	cfg := scheduler.DefaultConfig()
	cfg.Speculation = p.Speculation
	cfg.ShortSlots = 0
	w := newWorld(seed, cfg)
	sizes := rand.New(rand.NewPCG(seed, 7))
	st := scheduler.StageSpec{Name: "scan", Sink: true, TargetBytes: 1}
	for i := range c.Tasks {
		bytes := 100e6 * math.Exp(0.3*sizes.NormFloat64())
		if c.Skew && i%100 == 50 {
			bytes *= 10
		}
		st.Splits = append(st.Splits, scheduler.Split{Bytes: int64(bytes)})
	}
	j := &simJob{id: 1, spec: &scheduler.JobSpec{Stages: []scheduler.StageSpec{st}, EstimatedBytes: -1}}
	j.stages = []simStage{{spec: &j.spec.Stages[0], job: j}}
	w.jobs = []*simJob{j}
	for i := range c.Workers {
		sw := &simWorker{w: w, id: WorkerID(i), host: string(rune('a' + i)), slots: 4, memory: 8 << 30, speed: 10e6, startLatency: 20 * time.Millisecond}
		w.workers = append(w.workers, sw)
		sw.start()
	}
	begin := 100 * time.Millisecond
	w.after(begin, func() { w.apply(scheduler.JobSubmitted{Job: 1, Spec: j.spec}) })
	if c.SlowFrom >= 0 {
		w.after(begin+c.SlowFrom, func() { w.workers[0].setSpeed(0.1) })
	}
	w.ticks()
	w.run(24*time.Hour, func() bool { return j.ended != nil })
	return time.Duration(w.now) - begin, w
}
