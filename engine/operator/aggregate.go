package operator

import (
	"context"
	"sync"

	"skep/dialect/types"
	"skep/engine/aggregate"
	"skep/engine/hashtable"
	"skep/engine/memory"
	"skep/engine/pipeline"
	"skep/engine/vector"
)

// AggregateSpec describes a hash aggregation.
type AggregateSpec struct {
	Keys      []*types.Type
	Functions []aggregate.Function
	Results   []*types.Type // of Functions
	// Empty, when not nil, are the keys of a group that exists even without input.
	Empty []types.Datum
}

// AggregateCall updates function Function from computed columns: with arguments, or with partial results when Merge is set.
type AggregateCall struct {
	Function int
	Merge    bool
	Args     []int // positions in the results of the input's program
}

// HashAggregate groups rows. Its output are the keys and the results; without keys there is exactly one row.
//
// Each worker groups into a table of its own as long as that stays small or keeps reducing its input much. Otherwise the table's
// groups move, with partial results, to partitions by hash, and when hardly any rows share a group, the rows themselves do.
// After all input, the partitions are merged one by one in parallel:
//
//	worker 1: rows ─► table ─► partitions 0…63 ┐
//	                                            ├─ partition i of all workers ─► table ─► output
//	worker 2: rows ─► table ─► partitions 0…63 ┘
//
// Tables that never grew are merged directly. Partitions go to disk when memory is short.
type HashAggregate struct {
	spec    AggregateSpec
	res     *Resources
	partial []*types.Type // keys and partial results
	layout  *keyLayout    // nil when no key is a string
	packed  []*types.Type // packed keys and partial results

	files spillFiles

	mu     sync.Mutex
	tables []*aggregateTable // all, to be closed
	locals []*aggregateTable // of workers that have ended
	result *aggregateTable   // everything, when it was not partitioned
}

// NewHashAggregate returns an aggregation without inputs.
func NewHashAggregate(spec AggregateSpec, r *Resources) *HashAggregate {
	h := &HashAggregate{spec: spec, res: r, files: spillFiles{res: r}}
	h.partial = append(h.partial, spec.Keys...)
	for _, f := range spec.Functions {
		h.partial = append(h.partial, f.Partial()...)
	}
	if h.layout = newKeyLayout(spec.Keys, r.Pool); h.layout != nil {
		h.packed = append(append(h.packed, h.layout.types...), h.partial[len(spec.Keys):]...)
	}
	return h
}

// Close implements pipeline.Closer.
func (h *HashAggregate) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, t := range h.tables {
		t.account.Close()
	}
	h.tables = nil
	if h.layout != nil {
		h.layout.close()
	}
	return h.files.close()
}

// Input returns a sink for one kind of input rows: the first results of program are the keys.
func (h *HashAggregate) Input(program Program, calls []AggregateCall) pipeline.Sink {
	return &aggregateInput{h, program, calls}
}

// aggregateInput is the sink of one kind of input.
type aggregateInput struct {
	h       *HashAggregate
	program Program
	calls   []AggregateCall
}

// Processor implements pipeline.Sink.
func (in *aggregateInput) Processor(*pipeline.Worker) (pipeline.Processor, error) {
	h := in.h
	return &aggregateProcessor{
		in: in, evaluator: in.program(), table: newAggregateTable(h, 0, h.layout != nil), groupedInput: newGroupedInput(h, in.calls),
	}, nil
}

// Finish implements pipeline.Sink. It ends the whole aggregation and must run once for all inputs.
func (in *aggregateInput) Finish(ctx context.Context) error { return in.h.Finish(ctx) }

const (
	// cacheGroups is the number of groups up to which a worker's table is sure to be worth keeping: table and states stay in
	// the second-level cache. Beyond it, each time that the groups have doubled, the table is judged by the rows it has taken since.
	cacheGroups = 1 << 14
	// largeGroups bounds worker tables in any case.
	largeGroups = 1 << 18
	// knownShare is the share of rows in groups known before from which a larger table is worth its cache misses. Rows of one group
	// that follow each other do not need it.
	knownShare = 0.3
	// poorReduction is the number of rows per new group below which grouping before the partitioning is in vain.
	poorReduction = 1.5
)

// aggregateProcessor groups the rows of one worker.
type aggregateProcessor struct {
	in        *aggregateInput
	evaluator Evaluator
	groupedInput
	table *aggregateTable
	args  []*vector.Vector
	judge judge
	skip  int // rows to be passed through without grouping
}

func (p *aggregateProcessor) Push(b *vector.Batch) error {
	cols, err := p.evaluator.Run(b)
	if err != nil {
		return err
	}
	n := b.Rows()
	keys := len(p.in.h.spec.Keys)
	if keys == 0 {
		cols = p.dense.columns(b, cols)
		p.table.resize(1)
		for _, c := range p.in.calls {
			p.table.update(c, p.gather(c, cols), nil, n)
		}
		return nil
	}
	var groups []uint32
	if p.skip <= 0 {
		groups = p.coded.find(p.table, b, cols[:keys])
	}
	var own []*vector.Vector // the keys as the table has them
	if groups != nil {
		// The keys themselves are not needed unless they are arguments, too.
		cols = p.dense.only(b, cols, p.used)
	} else if cols, own, err = p.ownKeys(b, cols); err != nil {
		return err
	}
	if p.skip > 0 {
		p.skip -= n
		return p.passThrough(cols, own, n)
	}
	t := p.table
	if groups == nil {
		groups = t.find(own, n)
	}
	for _, c := range p.in.calls {
		t.update(c, p.gather(c, cols), groups, n)
	}
	p.judge.saw(groups)
	return p.adapt()
}

func (p *aggregateProcessor) gather(c AggregateCall, cols []*vector.Vector) []*vector.Vector {
	p.args = p.args[:0]
	for _, a := range c.Args {
		p.args = append(p.args, cols[a])
	}
	return p.args
}

// ownKeys returns the columns, dense, and the keys as the table has them. A table of packed keys makes way for one of the keys as they
// are when the batch has strings that cannot be numbered cheaply.
func (p *aggregateProcessor) ownKeys(b *vector.Batch, cols []*vector.Vector) (flat, keys []*vector.Vector, err error) {
	flat, keys, ok := p.own(p.table, b, cols)
	if ok {
		return flat, keys, nil
	}
	if err := p.unpack(); err != nil {
		return nil, nil, err
	}
	flat, keys, _ = p.own(p.table, b, cols)
	return flat, keys, nil
}

// unpack goes on with a table of the keys as they are.
func (p *aggregateProcessor) unpack() error {
	h, t := p.in.h, p.table
	if t.groups.Len() > 0 || t.scatter != nil {
		t.flush()
		if err := t.fit(); err != nil {
			return err
		}
		h.mu.Lock()
		h.locals = append(h.locals, t)
		h.mu.Unlock()
	}
	p.table = newAggregateTable(h, 0, false)
	p.coded.reset()
	p.judge.forget()
	return nil
}

// adapt empties the table when it has outgrown its use.
func (p *aggregateProcessor) adapt() error {
	t := p.table
	epoch := t.epoch
	if err := t.fit(); err != nil {
		return err
	}
	if t.epoch != epoch {
		p.judge.forget()
		return nil
	}
	v := p.judge.decide(t.groups.Len())
	if v == vain {
		p.skip = 16 * cacheGroups
	}
	if v == keep {
		return nil
	}
	t.flush()
	return t.fit()
}

// passThrough turns each row into a group of its own.
func (p *aggregateProcessor) passThrough(cols, keys []*vector.Vector, n int) error {
	t := p.table
	t.resize(0)
	t.resize(n)
	groups := vector.Sequence(n)
	for _, c := range p.in.calls {
		t.update(c, p.gather(c, cols), groups, n)
	}
	t.hashKeys(keys, n)
	t.scatterGroups(keys, 0, n, t.hash)
	t.resize(0)
	return t.fit()
}

func (p *aggregateProcessor) Finish() error {
	if p.table.scatter != nil {
		p.table.flush()
		if err := p.table.fit(); err != nil {
			return err
		}
	}
	h := p.in.h
	h.mu.Lock()
	defer h.mu.Unlock()
	h.locals = append(h.locals, p.table)
	return nil
}

// Finish merges the workers' tables, or prepares the partitions for merging by the readers of Source.
func (h *HashAggregate) Finish(context.Context) error {
	if len(h.locals) == 0 {
		h.locals = append(h.locals, newAggregateTable(h, 0, false))
	}
	if len(h.spec.Keys) == 0 {
		h.result = h.locals[0]
		h.result.resize(1)
		for _, l := range h.locals[1:] {
			l.resize(1)
			h.result.mergeGroups(l)
		}
		return nil
	}
	partitioned, total := false, 0
	for _, l := range h.locals {
		partitioned = partitioned || l.scatter != nil
		total += l.groups.Len()
	}
	if total == 0 && !partitioned && h.spec.Empty != nil {
		h.locals = []*aggregateTable{newAggregateTable(h, 0, false)}
		h.locals[0].addEmpty()
	}
	if !partitioned && (len(h.locals) == 1 || total <= cacheGroups) {
		// A table of keys as they are can take up packed ones, too.
		h.result = h.locals[0]
		for _, l := range h.locals {
			if !l.packed {
				h.result = l
			}
		}
		for _, l := range h.locals {
			if l != h.result {
				h.result.mergeGroups(l)
			}
		}
		return nil
	}
	for _, l := range h.locals {
		l.flush()
		if err := l.fit(); err != nil {
			return err
		}
	}
	return nil
}

// aggregateTable is a table of groups with states, and the partitions to which it is emptied.
type aggregateTable struct {
	h       *HashAggregate
	level   int  // of the partitions
	packed  bool // the keys have the aggregation's layout
	account *memory.Account
	groups  *hashtable.GroupTable
	epoch   int // changes whenever groups are forgotten
	states  []aggregate.States
	scatter *scatter

	found []uint32
	hash  []uint64
	dicts [][]uint64       // hashes of symbols by key
	cols  []*vector.Vector // partial results for flush
}

func newAggregateTable(h *HashAggregate, level int, packed bool) *aggregateTable {
	t := &aggregateTable{h: h, level: level, packed: packed, account: h.res.Pool.NewAccount("aggregate", true)}
	t.clear()
	h.mu.Lock()
	h.tables = append(h.tables, t)
	h.mu.Unlock()
	return t
}

// clear forgets all groups and gives their memory back.
func (t *aggregateTable) clear() {
	t.epoch++
	t.groups = hashtable.NewGroupTable(t.columnTypes()[:t.keys()])
	t.states = t.states[:0]
	for _, f := range t.h.spec.Functions {
		t.states = append(t.states, f.States())
	}
}

// keys is the number of columns that the keys have in the table.
func (t *aggregateTable) keys() int {
	if t.packed {
		return len(t.h.layout.types)
	}
	return len(t.h.spec.Keys)
}

// columnTypes are the types of keys and partial results as the table has them.
func (t *aggregateTable) columnTypes() []*types.Type {
	if t.packed {
		return t.h.packed
	}
	return t.h.partial
}

// hashKeys fills t.hash with the hashes of n rows of the table's keys by which they are divided: those of the values.
func (t *aggregateTable) hashKeys(keys []*vector.Vector, n int) {
	t.hash = grow(t.hash, n)
	if !t.packed {
		hashtable.Hash(keys, n, t.hash)
		return
	}
	if t.dicts == nil {
		t.dicts = make([][]uint64, len(t.h.layout.keys))
	}
	t.h.layout.hash(keys, n, t.dicts, t.hash)
}

// fit records the memory in use and, if there is too little, moves first the groups to partitions and then these to disk.
func (t *aggregateTable) fit() error {
	n := t.groups.Bytes()
	for _, s := range t.states {
		n += s.Bytes()
	}
	if t.scatter != nil {
		n += t.scatter.bytes
	}
	if t.account.Set(n) && !t.account.Asked() || n < t.h.res.minSpill() {
		return nil
	}
	if len(t.h.spec.Keys) == 0 || t.level >= maxLevel {
		if t.account.Asked() {
			return nil
		}
		return t.account.Exceeded()
	}
	t.flush()
	t.clear()
	if err := t.scatter.spill(); err != nil {
		return err
	}
	t.account.Set(0)
	return nil
}

func (t *aggregateTable) resize(n int) {
	for _, s := range t.states {
		s.Resize(n)
	}
}

// find returns the groups of n rows, adding new ones with empty states.
func (t *aggregateTable) find(keys []*vector.Vector, n int) []uint32 {
	t.found = grow(t.found, n)
	before := t.groups.Len()
	t.groups.Find(keys, n, t.found)
	if t.groups.Len() != before || before == 0 {
		t.resize(t.groups.Len())
	}
	return t.found
}

// addEmpty adds the group of the spec's Empty keys.
func (t *aggregateTable) addEmpty() {
	var keys []*vector.Vector
	for i, k := range t.h.spec.Keys {
		v := vector.New(k, 0)
		v.AppendDatum(t.h.spec.Empty[i])
		keys = append(keys, v)
	}
	t.find(keys, 1)
}

// update applies a call to n rows; without groups all belong to group 0.
func (t *aggregateTable) update(c AggregateCall, args []*vector.Vector, groups []uint32, n int) {
	s := t.states[c.Function]
	if groups == nil {
		if total, ok := s.(aggregate.Total); ok && !c.Merge {
			total.UpdateTotal(args, n)
			return
		}
		t.found = grow(t.found, n)
		clear(t.found)
		groups = t.found
	}
	if c.Merge {
		s.Merge(groups, args)
	} else {
		s.Update(groups, args)
	}
}

// mergeGroups adds the groups of o, which keeps its own.
func (t *aggregateTable) mergeGroups(o *aggregateTable) {
	if len(t.h.spec.Keys) == 0 {
		t.mergePartials(o.partials(0, 1), []uint32{0})
		return
	}
	keys := o.groups.Keys()
	for from := 0; from < o.groups.Len(); from += vector.BatchSize {
		to := min(from+vector.BatchSize, o.groups.Len())
		var part []*vector.Vector
		for _, k := range keys {
			part = append(part, slice(k, from, to))
		}
		if o.packed && !t.packed {
			part = t.h.layout.values(part, to-from)
		}
		groups := t.find(part, to-from)
		t.mergePartials(o.partials(from, to), groups)
	}
}

// mergePartials merges the columns of partial results of all functions.
func (t *aggregateTable) mergePartials(cols []*vector.Vector, groups []uint32) {
	for i, f := range t.h.spec.Functions {
		n := len(f.Partial())
		t.states[i].Merge(groups, cols[:n])
		cols = cols[n:]
	}
}

// partials returns the partial results of groups from..to-1; valid until the next call.
func (t *aggregateTable) partials(from, to int) []*vector.Vector {
	if t.cols == nil {
		for _, p := range t.h.partial[len(t.h.spec.Keys):] {
			t.cols = append(t.cols, vector.New(p, 0))
		}
	}
	cols := t.cols
	for i, f := range t.h.spec.Functions {
		n := len(f.Partial())
		for _, c := range cols[:n] {
			c.Reset()
		}
		t.states[i].Partial(cols[:n], from, to)
		cols = cols[n:]
	}
	return t.cols
}

// flush moves all groups to the partitions.
func (t *aggregateTable) flush() {
	const chunk = 1 << 14
	keys := t.groups.Keys()
	for from := 0; from < t.groups.Len(); from += chunk {
		to := min(from+chunk, t.groups.Len())
		var part []*vector.Vector
		for _, k := range keys {
			part = append(part, slice(k, from, to))
		}
		if t.packed {
			t.hashKeys(part, to-from)
		} else {
			t.hash = grow(t.hash, to-from)
			t.groups.Hashes(from, to, t.hash)
		}
		t.scatterGroups(part, from, to, t.hash)
	}
	t.epoch++
	t.groups.Reset()
	t.resize(0)
}

// scatterGroups appends groups from..to-1, with the given keys, to the partitions.
func (t *aggregateTable) scatterGroups(keys []*vector.Vector, from, to int, hashes []uint64) {
	if t.scatter == nil {
		t.scatter = newScatter(t.columnTypes(), t.level, &t.h.files)
	}
	cols := append(keys[:len(keys):len(keys)], t.partials(from, to)...)
	t.scatter.add(cols, hashes[:to-from])
}
