package simulator

import (
	"encoding/binary"
	"slices"
	"time"

	"skep/engine/scheduler"
)

// row is a row of the simulated tables; its key is derived from it.
type row uint64

func mix(vs ...uint64) row {
	h := uint64(0x9e3779b97f4a7c15)
	for _, v := range vs {
		h ^= v + 0x9e3779b97f4a7c15 + h<<6 + h>>2
		h ^= h >> 33
		h *= 0xff51afd7ed558ccd
		h ^= h >> 33
	}
	return row(h)
}

// stageKind is what the tasks of a stage compute.
type stageKind uint8

const (
	kindScan   stageKind = iota // rows of splits; with a broadcast input those with a partner
	kindAgg                     // one row per key
	kindJoin                    // inner join of two inputs by key
	kindOuter                   // left outer join
	kindPass                    // rows as they are
	kindGlobal                  // one row of all
)

type simStage struct {
	spec *scheduler.StageSpec
	kind stageKind
	job  *simJob
	id   scheduler.StageID
	// byAttempt partitions the output by row and attempt: each run divides the
	// same rows otherwise. Its consumer does not care how they are divided.
	byAttempt bool
	splits    [][]row
}

type simJob struct {
	id        scheduler.JobID
	spec      *scheduler.JobSpec
	stages    []simStage
	keys      uint64
	heavy     uint64 // per cent of rows with key 0
	rowBytes  int64
	userError bool
	submitted bool

	outputs map[AttemptID]*output // all ever made, as a spool keeps them; looked up only
	staged  []stagedFile
	visible []stagedFile // in the table
	ended   *scheduler.JobEnded
}

type stagedFile struct {
	id  AttemptID
	out *output
}

func (j *simJob) noteOutput(o *output) {
	if j.outputs != nil {
		j.outputs[o.id] = o
	}
}

// rowsOf is how many rows an output has, -1 if unknown.
func (j *simJob) rowsOf(id AttemptID) int64 {
	if o := j.outputs[id]; o != nil {
		return o.out.Rows
	}
	return -1
}

func (j *simJob) spooled(id AttemptID) *output { return j.outputs[id] }

func (j *simJob) unstage(id AttemptID) {
	j.staged = slices.DeleteFunc(j.staged, func(f stagedFile) bool { return f.id == id })
}

func (j *simJob) key(r row) uint64 {
	if uint64(r>>40)%100 < j.heavy {
		return 0
	}
	return uint64(r) % j.keys
}

// run computes a task's output from what it fetched.
func (s *simStage) run(a *simAttempt) [][]row {
	var own []row
	for _, k := range a.launch.Splits {
		own = append(own, s.splits[k]...)
	}
	out := s.compute(own, a.in)
	parts := max(a.launch.Partitions, 1)
	byPart := make([][]row, parts)
	for _, r := range out {
		p := 0
		if parts > 1 {
			h := mix(s.job.key(r))
			if s.byAttempt {
				h = mix(uint64(r), uint64(a.launch.Attempt.Attempt))
			}
			p = int(uint64(h) % uint64(parts))
		}
		byPart[p] = append(byPart[p], r)
	}
	return byPart
}

// compute is what a stage does to rows: a task's, or in the direct computation all.
func (s *simStage) compute(own []row, in [][]row) []row {
	j := s.job
	id := uint64(s.id)
	var out []row
	switch s.kind {
	case kindScan:
		if len(in) == 0 {
			for _, r := range own {
				out = append(out, mix(uint64(r), id))
			}
			break
		}
		partner := map[uint64]uint64{}
		for _, b := range in[0] {
			partner[j.key(b)] += uint64(b)
		}
		for _, r := range own {
			if p, ok := partner[j.key(r)]; ok {
				out = append(out, mix(uint64(r), p, id))
			}
		}
	case kindAgg:
		type group struct{ sum, n uint64 }
		groups := map[uint64]*group{}
		var order []uint64
		for _, rows := range in {
			for _, r := range rows {
				k := j.key(r)
				if groups[k] == nil {
					groups[k] = &group{}
					order = append(order, k)
				}
				groups[k].sum += uint64(r)
				groups[k].n++
			}
		}
		slices.Sort(order)
		for _, k := range order {
			out = append(out, mix(k, groups[k].sum, groups[k].n, id))
		}
	case kindJoin, kindOuter:
		build := map[uint64][]row{}
		for _, b := range in[1] {
			build[j.key(b)] = append(build[j.key(b)], b)
		}
		for _, r := range in[0] {
			matches := build[j.key(r)]
			for _, b := range matches {
				out = append(out, mix(uint64(r), uint64(b), id))
			}
			if len(matches) == 0 && s.kind == kindOuter {
				out = append(out, mix(uint64(r), id))
			}
		}
	case kindPass:
		for _, rows := range in {
			out = append(out, rows...)
		}
	case kindGlobal:
		var sum, n uint64
		for _, rows := range in {
			for _, r := range rows {
				sum += uint64(r)
				n++
			}
		}
		out = append(out, mix(sum, n, id))
	}
	return out
}

// fill describes an output's rows as an attempt reports them.
func (o *output) fill(j *simJob, s *simStage) {
	o.partBytes = make([]int64, len(o.rows))
	sizes := make([]byte, len(o.rows))
	for p, rows := range o.rows {
		o.partBytes[p] = int64(len(rows)) * j.rowBytes
		sizes[p] = scheduler.EncodeSize(o.partBytes[p])
		o.out.Bytes += o.partBytes[p]
		o.out.Rows += int64(len(rows))
		for _, r := range rows {
			h := uint64(mix(uint64(r), uint64(p)))
			o.out.Digest.Sum += h
			o.out.Digest.Xor ^= h
		}
	}
	if !s.spec.Sink && o.out.Rows > 0 {
		o.out.Sizes = sizes
	}
}

func encodeManifest(o *output) []byte {
	return binary.LittleEndian.AppendUint64([]byte(o.id.String()), o.out.Digest.Sum)
}

// answer is the digest of the rows a job should put in place, computed directly.
func (j *simJob) answer() (d scheduler.Digest, rows int) {
	outs := make([][]row, len(j.stages))
	for i := range j.stages {
		s := &j.stages[i]
		var own []row
		for _, sp := range s.splits {
			own = append(own, sp...)
		}
		var in [][]row
		for _, e := range s.spec.Inputs {
			in = append(in, outs[e.From])
		}
		outs[i] = s.compute(own, in)
		if s.spec.Sink {
			for _, r := range outs[i] {
				h := uint64(mix(uint64(r), uint64(s.id)))
				d.Sum += h
				d.Xor ^= h
				rows++
			}
		}
	}
	return d, rows
}

// tableDigest is the same of the visible files.
func (j *simJob) tableDigest() (d scheduler.Digest, rows int) {
	for _, f := range j.visible {
		for _, part := range f.out.rows {
			for _, r := range part {
				h := uint64(mix(uint64(r), uint64(f.id.Stage)))
				d.Sum += h
				d.Xor ^= h
				rows++
			}
		}
	}
	return d, rows
}

// commitJob puts the granted outputs in place, idempotently, and answers.
func (w *world) commitJob(id scheduler.JobID) {
	life := w.life
	j := w.jobs[id-1]
	grants := w.core.Grants(id)
	w.after(50*time.Millisecond, func() {
		if j.ended != nil {
			return // a commit of an earlier life was heard of after all
		}
		var files []stagedFile
		for _, g := range grants {
			k := slices.IndexFunc(j.staged, func(f stagedFile) bool { return f.id == g.Attempt })
			if k < 0 {
				w.fail("job %d: the staged output of %v is gone at the commit", id, g.Attempt)
				return
			}
			if string(encodeManifest(j.staged[k].out)) != string(g.Manifest) {
				w.fail("job %d: the staged output of %v is not the granted one", id, g.Attempt)
				return
			}
			files = append(files, j.staged[k])
		}
		j.visible = files
		if w.life == life && w.core != nil {
			w.apply(scheduler.JobCommitted{Job: id})
		}
	})
}

func (w *world) jobEnded(e scheduler.JobEnded) {
	j := w.jobs[e.Job-1]
	if j.ended != nil && j.ended.State != e.State {
		w.fail("I4: job %d ended as %v after %v", e.Job, e.State, j.ended.State)
	}
	j.ended = &e
	j.staged = nil
}
