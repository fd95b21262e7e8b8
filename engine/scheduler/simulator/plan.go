package simulator

import (
	"fmt"
	"math/rand/v2"
	"time"

	"skep/engine/scheduler"
)

const mb = 1 << 20

// Outcome of a run.
type Outcome struct {
	Seed                      uint64
	Digest                    uint64 // of the action stream
	Events, Actions           int
	Succeeded, Failed, Ended  int // jobs
	Restarts                  int // of the coordinator
	Virtual                   time.Duration
	Counters                  scheduler.Counters
	Skewed, Switched, Emptied int      // stages cut by producer tasks, read by broadcast though planned partitioned, empty without running
	Faults, Messages          []string // what was planned; why jobs failed
}

// Run plays the random plan of a seed: a cluster, some jobs, some faults. The
// error is an invariant that did not hold.
func Run(seed uint64) (Outcome, error) {
	cfg := scheduler.DefaultConfig()
	// Jobs are small; thresholds follow, so that every decision occurs.
	cfg.ShortBytes = 100 * mb
	cfg.Sizing.SkewMin, cfg.Sizing.SkewTimesTarget = 64*mb, 2
	cfg.Sizing.MaxCombinations = 12
	w := newWorld(seed, cfg)
	w.execute = true
	w.check = newChecker(w)
	r := w.rng

	p := &planner{w: w, r: r}
	p.cluster()
	p.jobs()
	p.faults()
	w.ticks()
	horizon := 4 * time.Hour
	w.run(horizon, func() bool { return w.core != nil && w.allEnded() })
	if w.failed == nil && !w.allEnded() {
		w.fail("hangs: %s", w.pending())
	}
	// Releases are still under way; workers that were away return.
	for _, sw := range w.workers {
		if sw.alive && !sw.connected {
			sw.reconnect(0)
		}
	}
	w.run(time.Duration(w.now)+time.Minute, nil)
	w.check.atEnd()
	o := Outcome{Seed: seed, Digest: w.digest, Events: w.events, Actions: w.actions, Restarts: w.life,
		Virtual: time.Duration(w.now), Faults: p.said}
	if w.core != nil {
		o.Counters = w.core.Counters()
	}
	for _, j := range w.jobs {
		if j.ended == nil {
			continue
		}
		o.Ended++
		switch j.ended.State {
		case scheduler.JobSucceeded:
			o.Succeeded++
		case scheduler.JobFailed:
			o.Failed++
			o.Messages = append(o.Messages, j.ended.Message)
		}
	}
	o.Skewed, o.Switched, o.Emptied = w.check.decisions()
	if w.failed != nil {
		return o, fmt.Errorf("seed %d (%v): %w", seed, p.said, w.failed)
	}
	return o, nil
}

func (w *world) allEnded() bool {
	for _, j := range w.jobs {
		if j.ended == nil {
			return false
		}
	}
	return true
}

func (w *world) pending() string {
	s := ""
	for _, j := range w.jobs {
		if j.ended == nil && w.core != nil {
			v, _ := w.core.Job(j.id)
			s += fmt.Sprintf("job %d: %+v; ", j.id, v)
		}
	}
	return s
}

// planner draws a random plan.
type planner struct {
	w     *world
	r     *rand.Rand
	spool bool
	said  []string
}

func (p *planner) say(format string, args ...any) {
	p.said = append(p.said, fmt.Sprintf(format, args...))
}
func (p *planner) chance(percent int) bool { return p.r.IntN(100) < percent }
func (p *planner) between(lo, hi int) int  { return lo + p.r.IntN(hi-lo+1) }
func (p *planner) seconds(lo, hi float64) time.Duration {
	return time.Duration((lo + p.r.Float64()*(hi-lo)) * 1e9)
}

func (p *planner) cluster() {
	n := p.between(2, 7)
	slots := p.between(1, 4)
	memory := int64(8 << 30)
	if p.chance(25) {
		memory = 2 << 30 // for a few tasks only
	}
	for i := range n {
		sw := &simWorker{w: p.w, id: WorkerID(i), host: fmt.Sprintf("h%d", i), slots: slots, memory: memory,
			speed: float64(p.between(10, 60) * mb), startLatency: 20 * time.Millisecond, inc: scheduler.Incarnation(i * 100)}
		if i > 0 {
			sw.speed = p.w.workers[0].speed
			if p.chance(20) {
				sw.host = p.w.workers[i-1].host
			}
		}
		p.w.workers = append(p.w.workers, sw)
		p.w.after(p.seconds(0, 1), sw.start)
	}
	p.spool = p.chance(25)
	if p.chance(70) {
		p.w.net = network{delayMin: time.Millisecond, delayMax: 50 * time.Millisecond,
			lateP: p.r.Float64() * 0.1, dupP: p.r.Float64() * 0.1, lossP: p.r.Float64() * 0.05, late: p.seconds(0.1, 6)}
	}
}

func (p *planner) jobs() {
	for i := range p.between(1, 3) {
		j := p.job(scheduler.JobID(i + 1))
		p.w.jobs = append(p.w.jobs, j)
		at := p.seconds(0, 5)
		if i > 0 {
			at = p.seconds(0, 20)
		}
		var submit func()
		submit = func() {
			if p.w.core == nil {
				p.w.after(time.Second, submit)
				return
			}
			j.submitted = true
			p.w.apply(scheduler.JobSubmitted{Job: j.id, Spec: j.spec})
		}
		p.w.after(at, submit)
	}
}

func (p *planner) job(id scheduler.JobID) *simJob {
	j := &simJob{id: id, keys: uint64(p.between(3, 60)), rowBytes: int64(p.between(1, 8) * mb), outputs: map[AttemptID]*output{}}
	if p.chance(40) {
		j.heavy = uint64(p.between(20, 60))
	}
	parts := []int{1, 4, 16, 16, 32}[p.r.IntN(5)]
	var stages []scheduler.StageSpec
	var sims []simStage
	add := func(kind stageKind, st scheduler.StageSpec) scheduler.StageID {
		st.Name = fmt.Sprintf("stage %d", len(stages))
		st.OutputSurvives = p.spool
		st.Memory = int64(p.between(0, 2)) << 28
		stages = append(stages, st)
		sims = append(sims, simStage{kind: kind, job: j, id: scheduler.StageID(len(stages) - 1)})
		return scheduler.StageID(len(stages) - 1)
	}
	scan := func(splits, rows int) scheduler.StageID {
		st := scheduler.StageSpec{Partitions: parts}
		var data [][]row
		for s := range splits {
			n := p.r.IntN(rows + 1)
			var rs []row
			for k := range n {
				rs = append(rs, mix(uint64(id), uint64(len(stages)), uint64(s), uint64(k), p.w.rng.Uint64()))
			}
			data = append(data, rs)
			sp := scheduler.Split{Bytes: int64(n) * j.rowBytes}
			if p.chance(50) {
				sp.Near = []WorkerID{WorkerID(p.r.IntN(len(p.w.workers)))}
			}
			st.Splits = append(st.Splits, sp)
		}
		k := add(kindScan, st)
		sims[k].splits = data
		return k
	}
	all := func(from scheduler.StageID) scheduler.InputSpec {
		return scheduler.InputSpec{From: from, Pattern: scheduler.AllToAll, EmptyEmpties: p.chance(50)}
	}
	agg := func(from scheduler.StageID) scheduler.StageID {
		return add(kindAgg, scheduler.StageSpec{Partitions: parts, Inputs: []scheduler.InputSpec{all(from)}})
	}
	sink := func(from scheduler.StageID) {
		in := scheduler.InputSpec{From: from, Pattern: scheduler.Pattern(p.r.IntN(2)), EmptyEmpties: true}
		add(kindPass, scheduler.StageSpec{Sink: true, Inputs: []scheduler.InputSpec{in}})
	}
	join := func(left, right scheduler.StageID) scheduler.StageID {
		l, r := all(left), all(right)
		limit := int64(p.between(0, 300) * mb)
		kind := kindJoin
		l.Splittable, l.EmptyEmpties = p.chance(80), true
		r.BroadcastBelow = limit
		if p.chance(50) {
			kind = kindOuter
			r.EmptyEmpties = false
		} else {
			r.Splittable, r.EmptyEmpties = p.chance(80), true
			if p.chance(50) {
				l.BroadcastBelow = limit
			}
		}
		return add(kind, scheduler.StageSpec{Partitions: parts, Inputs: []scheduler.InputSpec{l, r}})
	}
	rows := p.between(2, 10)
	splits := p.between(1, 40)
	switch shape := p.r.IntN(9); shape {
	case 0:
		st := scan(splits, rows)
		stages[st].Sink, stages[st].Partitions = true, 0
	case 1:
		sink(agg(scan(splits, rows)))
	case 2:
		left, right := scan(splits, rows), scan(p.between(0, 6), rows)
		if p.chance(50) {
			// The small side first: the other may then be left unpartitioned.
			left, right = right, left
			right, left = left, right
			stages[right].After = nil
			if right > left {
				stages[right], stages[left] = stages[left], stages[right]
				sims[right].splits, sims[left].splits = sims[left].splits, sims[right].splits
				left, right = right, left
			}
			stages[left].After = []scheduler.StageID{right}
		}
		sink(agg(join(left, right)))
	case 3, 8:
		from := scan(splits, rows)
		sims[from].byAttempt = true
		in := scheduler.InputSpec{From: from, Pattern: scheduler.AllToAll}
		mid := add(kindPass, scheduler.StageSpec{Partitions: parts, Inputs: []scheduler.InputSpec{in}})
		if p.chance(50) {
			mid = add(kindPass, scheduler.StageSpec{Partitions: parts, Inputs: []scheduler.InputSpec{all(mid)}})
		}
		sink(mid)
	case 4:
		small := scan(p.between(0, 3), rows)
		big := scan(splits, rows)
		stages[big].Inputs = []scheduler.InputSpec{{From: small, Pattern: scheduler.Broadcast, EmptyEmpties: true}}
		sink(agg(big))
	case 5:
		left, right := scan(splits, rows), scan(p.between(0, 1), 0)
		mid := join(left, right)
		g := add(kindGlobal, scheduler.StageSpec{Partitions: 1, KeepEmpty: true, Tasks: 1, Inputs: []scheduler.InputSpec{all(mid)}})
		sink(g)
	case 6:
		a := agg(scan(splits, rows))
		sink(a)
		b := agg(a)
		g := add(kindGlobal, scheduler.StageSpec{Partitions: 1, KeepEmpty: true, Tasks: 1, Inputs: []scheduler.InputSpec{all(b)}})
		sink(g)
	case 7:
		left, right := agg(scan(splits, rows)), scan(p.between(1, 10), rows)
		sink(join(left, right))
	}
	for i := range stages {
		if len(stages[i].Splits) > 0 || stages[i].Tasks > 0 {
			continue
		}
		if p.chance(10) && len(stages[i].Inputs) > 0 {
			stages[i].TargetBytes = int64(p.between(16, 64) * mb)
		}
	}
	j.spec = &scheduler.JobSpec{Stages: stages, EstimatedBytes: -1, Pool: []string{"", "etl"}[p.r.IntN(2)]}
	for i := range stages {
		for _, s := range stages[i].Splits {
			j.spec.EstimatedBytes += s.Bytes
		}
	}
	for i := range sims {
		sims[i].spec = &j.spec.Stages[i]
	}
	j.stages = sims
	p.say("job %d: %d stages, %d partitions, heavy %d%%", id, len(stages), parts, j.heavy)
	return j
}

// faults draws what goes wrong. Most plans can succeed: some worker is always
// there in the end, with room on its disk.
func (p *planner) faults() {
	w := p.w
	pick := func() *simWorker { return w.workers[p.r.IntN(len(w.workers))] }
	last := w.workers[len(w.workers)-1]
	do := func(at time.Duration, text string, f func()) {
		p.say("%v %s", at.Round(time.Millisecond), text)
		w.after(at, f)
	}
	most := 6
	if p.chance(25) {
		most = 20
	}
	for range p.r.IntN(most) {
		at := p.seconds(0, 60)
		sw := pick()
		switch p.r.IntN(13) {
		case 0:
			f := []float64{0.1, 0.3, 0.02}[p.r.IntN(3)]
			do(at, fmt.Sprintf("worker %d slow ×%.2f", sw.id, f), func() { sw.setSpeed(f) })
			if p.chance(50) {
				w.after(at+p.seconds(5, 60), func() { sw.setSpeed(1) })
			}
		case 1, 2:
			keep, noticed := p.chance(30), p.chance(50)
			do(at, fmt.Sprintf("worker %d dies", sw.id), func() { sw.die(keep, noticed) })
			if p.chance(70) || sw == last {
				w.after(at+p.seconds(0, 30), func() {
					if !sw.alive {
						sw.start()
					}
				})
			}
		case 3:
			d := p.seconds(1, 40)
			do(at, fmt.Sprintf("worker %d stopped for %v", sw.id, d), func() { sw.stop(d) })
		case 4:
			d := p.seconds(0, 20)
			do(at, fmt.Sprintf("worker %d's connection breaks for %v", sw.id, d), func() { sw.breakConnection(d) })
		case 5:
			d := p.seconds(1, 40)
			do(at, fmt.Sprintf("worker %d cut off from its peers for %v", sw.id, d), func() { sw.cutOffUntil = w.now.Add(d) })
		case 6:
			do(at, fmt.Sprintf("worker %d: outputs corrupted", sw.id), func() {
				for _, o := range sw.held {
					if p.w.rng.IntN(3) == 0 {
						o.corrupt = true
					}
				}
			})
		case 7:
			do(at, fmt.Sprintf("worker %d: files removed", sw.id), func() { sw.held = nil })
		case 8:
			if sw != last {
				do(at, fmt.Sprintf("worker %d: disk full", sw.id), func() { sw.diskFull = true })
			}
		case 9:
			n := p.between(1, 4)
			do(at, fmt.Sprintf("worker %d: %d attempts out of memory", sw.id, n), func() { sw.memoryKills = n })
		case 10:
			n := p.between(1, 4)
			do(at, fmt.Sprintf("worker %d: %d read errors", sw.id, n), func() { sw.ioErrors = n })
		case 11:
			do(at, fmt.Sprintf("worker %d drains", sw.id), func() {
				if w.core != nil && sw != last {
					w.apply(scheduler.WorkerDraining{Worker: sw.id, Incarnation: sw.inc})
					w.after(p.seconds(0, 5), func() { sw.die(false, true) })
				}
			})
		case 12:
			if p.chance(20) {
				do(at, "every worker dies", func() {
					for _, sw := range w.workers {
						sw.die(false, true)
						w.after(p.seconds(1, 30), func() {
							if !sw.alive {
								sw.start()
							}
						})
					}
				})
			}
		}
	}
	if p.chance(50) {
		for range p.between(1, most/2) {
			n := p.between(1, 400)
			p.say("coordinator crashes about action %d", n)
			w.crashAt = append(w.crashAt, n)
		}
	}
	if p.chance(5) {
		j := w.jobs[p.r.IntN(len(w.jobs))]
		j.userError = true
		p.say("job %d divides by zero", j.id)
	}
	if p.chance(5) {
		j := w.jobs[p.r.IntN(len(w.jobs))]
		at := p.seconds(1, 20)
		do(at, fmt.Sprintf("job %d cancelled", j.id), func() {
			if w.core != nil && j.submitted {
				w.apply(scheduler.JobCancelled{Job: j.id, Reason: "the user said so"})
			}
		})
	}
}
