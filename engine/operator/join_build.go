package operator

import (
	"context"

	"skep/engine/hashtable"
	"skep/engine/memory"
	"skep/engine/pipeline"
	"skep/engine/vector"
)

// Build returns the sink of the build side; program computes spec.BuildTypes.
func (j *HashJoin) Build(program Program) pipeline.Sink { return &joinBuild{j, program} }

type joinBuild struct {
	join    *HashJoin
	program Program
}

// Processor implements pipeline.Sink.
func (s *joinBuild) Processor(*pipeline.Worker) (pipeline.Processor, error) {
	return s.join.newBuilder(s.program()), nil
}

// Finish implements pipeline.Sink.
func (s *joinBuild) Finish(context.Context) error { return s.join.finishBuild() }

// joinBuilder collects the rows of one build worker.
type joinBuilder struct {
	join      *HashJoin
	evaluator Evaluator
	account   *memory.Account
	rows      chunks
	parts     *scatter
	count     int
	nullKey   bool
	hash      []uint64
}

func (j *HashJoin) newBuilder(e Evaluator) *joinBuilder {
	return &joinBuilder{join: j, evaluator: e, account: j.newAccount(j.canPartition()), rows: chunks{ts: j.spec.BuildTypes}}
}

// canPartition reports whether rows can be divided so that each needs only one part of the other side.
func (j *HashJoin) canPartition() bool {
	return len(j.spec.BuildKeys) > 0 && j.spec.Exact == nil && j.level < maxLevel
}

// CanSpill reports whether the join may need its SpilledSource.
func (j *HashJoin) CanSpill() bool { return j.canPartition() }

func (p *joinBuilder) Push(b *vector.Batch) error {
	cols, err := p.evaluator.Run(b)
	if err != nil {
		return err
	}
	p.count += b.Rows()
	rows := &vector.Batch{N: b.N, Sel: b.Sel, Cols: cols}
	p.dropNulls(rows)
	if rows.Rows() == 0 {
		return nil
	}
	p.rows.append(rows)
	if p.join.partitioned.Load() && p.rows.rows() >= 4*vector.BatchSize {
		p.partition()
	}
	return p.fit()
}

// fit records the memory in use and goes over to partitions on disk when it is too much.
func (p *joinBuilder) fit() error {
	n := p.rows.bytes()
	if p.parts != nil {
		n += p.parts.bytes
	}
	if p.account.Set(n) && !p.account.Asked() || n < p.join.res.minSpill() {
		return nil
	}
	if !p.join.canPartition() {
		if p.account.Asked() || p.join.level > 0 && n < p.join.res.Pool.Limit()/4 {
			return nil // rows of few keys: there is no better way
		}
		return p.account.Exceeded()
	}
	p.join.partitioned.Store(true)
	p.partition()
	if err := p.parts.spill(); err != nil {
		return err
	}
	p.account.Set(0)
	return nil
}

// partition moves the collected rows to the partitions.
func (p *joinBuilder) partition() {
	j := p.join
	if p.parts == nil {
		p.parts = newScatter(j.spec.BuildTypes, j.level, j.files)
	}
	keys := make([]*vector.Vector, len(j.spec.BuildKeys))
	for _, b := range p.rows.list {
		for i, at := range j.spec.BuildKeys {
			keys[i] = b.Cols[at]
		}
		p.hash = grow(p.hash, b.N)
		hashtable.Hash(keys, b.N, p.hash)
		p.parts.add(b.Cols, p.hash)
	}
	p.rows = chunks{ts: j.spec.BuildTypes}
}

// dropNulls takes rows out of b whose NULL keys match nothing, unless they are wanted for themselves, and remembers that there
// were some.
func (p *joinBuilder) dropNulls(b *vector.Batch) {
	j := p.join
	for i, at := range j.spec.BuildKeys {
		v := b.Cols[at]
		if v.Nulls == nil {
			continue
		}
		sel := make([]uint16, 0, b.Rows())
		for k := range b.Rows() {
			if r := row(b, k); !v.IsNull(int(r)) {
				sel = append(sel, r)
			}
		}
		if len(sel) == b.Rows() {
			continue
		}
		p.nullKey = true
		if !j.spec.NullSafe[i] && !j.spec.Kind.emitsBuild() && j.spec.Exact == nil {
			b.Sel = sel
		}
	}
}

func (p *joinBuilder) Finish() error {
	j := p.join
	if j.partitioned.Load() {
		p.partition()
		if err := p.fit(); err != nil {
			return err
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.total += p.count
	j.nullKey = j.nullKey || p.nullKey
	j.built.take(&p.rows)
	if p.parts != nil {
		j.buildParts = append(j.buildParts, p.parts)
	}
	return nil
}

// tableBytes estimates the memory of the hash table per row.
const tableBytes = 24

// finishBuild joins the workers' rows, or the partitions that fit, and builds the table.
func (j *HashJoin) finishBuild() error {
	if !j.partitioned.Load() && j.canPartition() && j.total > 1<<14 && !j.account.Room(tableBytes*int64(j.total)) {
		j.partitioned.Store(true)
	}
	if j.partitioned.Load() {
		if err := j.choosePartitions(); err != nil {
			return err
		}
	}
	j.rows = j.built.rows()
	j.cols = make([]*vector.Vector, len(j.spec.BuildTypes))
	for i, t := range j.spec.BuildTypes {
		if j.rows == 0 {
			j.cols[i] = vector.New(t, 0)
			continue
		}
		j.cols[i] = j.built.column(i)
		for _, b := range j.built.list {
			b.Cols[i] = nil
		}
	}
	j.built.list = nil
	keys := make([]*vector.Vector, len(j.spec.BuildKeys))
	for i, at := range j.spec.BuildKeys {
		keys[i] = j.cols[at]
	}
	j.filters = make([]*keyFilter, len(keys))
	if !j.partitioned.Load() {
		for _, k := range j.wanted {
			j.filters[k] = newKeyFilter(keys[k], j.rows)
		}
	}
	j.table = hashtable.BuildJoinTable(keys, j.spec.NullSafe, j.rows)
	if len(j.spec.Ranges) > 0 {
		j.ranges = newRangeIndex(j.spec.Ranges, j.cols, j.rows)
	}
	j.makeDictionaries()
	if j.spec.Kind.emitsBuild() {
		j.matched = make([]uint32, (j.rows+31)/32)
	}
	for _, a := range j.accounts {
		a.Set(0)
	}
	n := j.table.Bytes()
	if j.ranges != nil {
		n += j.ranges.bytes()
	}
	for _, c := range j.cols {
		n += c.MemoryBytes()
	}
	j.account.Set(n)
	return nil
}

// choosePartitions keeps as many partitions as half of the memory left can hold and moves the others to disk.
func (j *HashJoin) choosePartitions() error {
	// Rows that workers collected before others ran out of memory.
	p := j.newBuilder(AllColumns())
	p.rows = j.built
	p.partition()
	j.buildParts = append(j.buildParts, p.parts)
	j.built = chunks{ts: j.spec.BuildTypes}
	var size, rows int64
	var count [partitions]int64
	for _, s := range j.buildParts {
		if err := s.spill(); err != nil {
			return err
		}
		size += s.file.Bytes()
		for i, n := range s.count {
			count[i] += n
			rows += n
		}
	}
	for _, a := range j.accounts {
		a.Set(0)
	}
	// A spilled row is smaller than one in memory.
	room := j.res.Pool.Available() / 2
	perRow := 2*size/max(rows, 1) + tableBytes
	for i := range count {
		need := count[i] * perRow
		if count[i] > 0 && need > room {
			continue
		}
		room -= need
		j.resident[i] = true
		for _, s := range j.buildParts {
			err := s.read(i, func(b *vector.Batch) error {
				j.built.append(b)
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
