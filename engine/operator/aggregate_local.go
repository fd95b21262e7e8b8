package operator

import (
	"errors"
	"sync"

	"skep/engine/pipeline"
	"skep/engine/vector"
)

// LocalAggregate groups rows on their way to an exchange, as far as that makes them fewer: each worker hands on the groups of its table,
// with partial results, whenever the table has outgrown the caches or memory is short, and while hardly any rows share a group, the
// rows themselves as groups of one. The same keys may thus come several times. There is at least one key. Strings that come with known
// dictionaries are grouped by symbols and handed on with dictionaries.
//
//	rows ─► table ─► keys and partial results
//	  └── when grouping is in vain ──┘
//
// (Flink and Trino call this adaptive local, or partial, aggregation.)
type LocalAggregate struct {
	spec    AggregateSpec
	program Program
	calls   []AggregateCall
	res     *Resources

	mu      sync.Mutex
	workers []*HashAggregate // what each worker has: symbols are handed on while others would be numbering strings
}

var _ pipeline.Operator = (*LocalAggregate)(nil)

// NewLocalAggregate returns a local aggregation of rows whose keys are the first results of program.
func NewLocalAggregate(spec AggregateSpec, program Program, calls []AggregateCall, r *Resources) *LocalAggregate {
	return &LocalAggregate{spec: spec, program: program, calls: calls, res: r}
}

// Close implements pipeline.Closer.
func (l *LocalAggregate) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	for _, h := range l.workers {
		errs = append(errs, h.Close())
	}
	l.workers = nil
	return errors.Join(errs...)
}

// Processor implements pipeline.Operator.
func (l *LocalAggregate) Processor(_ *pipeline.Worker, next pipeline.Processor) (pipeline.Processor, error) {
	h := NewHashAggregate(l.spec, l.res)
	l.mu.Lock()
	l.workers = append(l.workers, h)
	l.mu.Unlock()
	return &localProcessor{
		h: h, calls: l.calls, next: next, evaluator: l.program(), groupedInput: newGroupedInput(h, l.calls),
		table: newAggregateTable(h, 0, h.layout != nil), skipNext: firstSkipped,
	}, nil
}

// Rows are grouped again, to see whether it has become worth while, after firstSkipped have passed, and each time that it has not, after
// four times as many, up to mostSkipped.
const (
	firstSkipped = 32 * cacheGroups
	mostSkipped  = 512 * cacheGroups
)

type localProcessor struct {
	h         *HashAggregate
	calls     []AggregateCall
	next      pipeline.Processor
	evaluator Evaluator
	groupedInput
	table    *aggregateTable
	args     []*vector.Vector
	judge    judge
	skip     int // rows to be handed on without grouping
	skipNext int // the same for the next time that grouping is in vain
	unpacked []*vector.Vector
	out      vector.Batch
}

// Push implements pipeline.Processor.
func (p *localProcessor) Push(b *vector.Batch) error {
	cols, err := p.evaluator.Run(b)
	if err != nil {
		return err
	}
	n, keys := b.Rows(), len(p.h.spec.Keys)
	if p.skip > 0 {
		p.skip -= n
		return p.passThrough(p.dense.coded(b, cols, p.used), n)
	}
	groups := p.coded.find(p.table, b, cols[:keys])
	if groups != nil {
		cols = p.dense.only(b, cols, p.used)
	} else {
		flat, own, ok := p.own(p.table, b, cols)
		if !ok {
			if err := p.unpack(); err != nil {
				return err
			}
			flat, own, _ = p.own(p.table, b, cols)
		}
		cols, groups = flat, p.table.find(own, n)
	}
	t := p.table
	p.update(cols, groups, n)
	p.judge.saw(groups)
	v := p.judge.decide(t.groups.Len())
	switch v {
	case vain:
		p.skip = p.skipNext
		p.skipNext = min(4*p.skipNext, mostSkipped)
	case empty:
		p.skipNext = firstSkipped
	}
	if v != keep || !p.fits() {
		return p.flush()
	}
	return nil
}

// unpack goes on with a table of the keys as they are.
func (p *localProcessor) unpack() error {
	if err := p.flush(); err != nil {
		return err
	}
	p.table.account.Close()
	p.table = newAggregateTable(p.h, 0, false)
	p.coded.reset()
	return nil
}

func (p *localProcessor) update(cols []*vector.Vector, groups []uint32, n int) {
	for _, c := range p.calls {
		p.args = p.args[:0]
		for _, a := range c.Args {
			p.args = append(p.args, cols[a])
		}
		p.table.update(c, p.args, groups, n)
	}
}

// fits records the memory in use and reports whether there is enough.
func (p *localProcessor) fits() bool {
	n := p.table.groups.Bytes()
	for _, s := range p.table.states {
		n += s.Bytes()
	}
	return p.table.account.Set(n) && !p.table.account.Asked() || n < p.h.res.minSpill()
}

// passThrough hands each row on as a group of its own.
func (p *localProcessor) passThrough(cols []*vector.Vector, n int) error {
	t := p.table
	t.resize(0)
	for from := 0; from < n; from += vector.BatchSize {
		to := min(from+vector.BatchSize, n)
		part := cols
		if from > 0 || to < n {
			part = make([]*vector.Vector, len(cols))
			for i, c := range cols {
				part[i] = slice(c, from, to)
			}
		}
		t.resize(to - from)
		p.update(part, vector.Sequence(to-from), to-from)
		if err := p.push(part[:len(p.h.spec.Keys)], 0, to-from); err != nil {
			return err
		}
		t.resize(0)
	}
	return nil
}

// flush hands on all groups.
func (p *localProcessor) flush() error {
	t := p.table
	keys := t.groups.Keys()
	part := make([]*vector.Vector, len(keys))
	for i := range part {
		part[i] = &vector.Vector{}
	}
	for from := 0; from < t.groups.Len(); from += vector.BatchSize {
		to := min(from+vector.BatchSize, t.groups.Len())
		for i, k := range keys {
			sliceInto(part[i], k, from, to)
		}
		keys := part
		if t.packed {
			keys = p.h.layout.unpack(part, to-from, &p.unpacked)
		}
		if err := p.push(keys, from, to); err != nil {
			return err
		}
	}
	p.judge.forget()
	t.clear()
	p.table.account.Set(0)
	return nil
}

// push hands on groups from..to-1, which have the given keys.
func (p *localProcessor) push(keys []*vector.Vector, from, to int) error {
	p.out.N = to - from
	p.out.Cols = append(append(p.out.Cols[:0], keys...), p.table.partials(from, to)...)
	return p.next.Push(&p.out)
}

// Finish implements pipeline.Processor.
func (p *localProcessor) Finish() error { return p.flush() }
