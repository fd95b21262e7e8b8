package operator

import (
	"context"
	"sync"

	"skep/dialect/types"
	"skep/engine/hashtable"
	"skep/engine/memory"
	"skep/engine/pipeline"
	"skep/engine/vector"
)

// PartitionedWindow computes window functions over rows in any order, by several workers:
//
//	worker 1: rows ─► partitions 0…63 ┐
//	                                   ├─ partition i of all workers ─► sort ─► functions ─► output
//	worker 2: rows ─► partitions 0…63 ┘
//
// Rows are divided by the hash of the partition keys; a partition here holds any number of the window's. Partitions go to disk
// when memory is short, and one that does not fit memory is sorted by runs on disk. Few rows are not divided: then the output
// is ordered by partition and order keys.
//
// With a rank limit, workers keep only rows that may be within it, as far as these are few.
type PartitionedWindow struct {
	spec    WindowSpec
	divided []*types.Type // of divided rows: the spec's and, when partition keys are slow to compare, their hash
	res     *Resources
	files   spillFiles

	mu       sync.Mutex
	accounts []*memory.Account
	staged   chunks // rows of workers that have ended without dividing them
	parts    []dividedRows
}

// dividedRows are the partitions of one worker.
type dividedRows struct {
	*scatter
	account *memory.Account
}

// undividedRows is the number of rows up to which a window is computed by one worker.
const undividedRows = 1 << 15

// NewPartitionedWindow returns a window without input.
func NewPartitionedWindow(spec WindowSpec, r *Resources) *PartitionedWindow {
	o := &PartitionedWindow{spec: spec, divided: spec.Types, res: r, files: spillFiles{res: r}, staged: chunks{ts: spec.Types}}
	for _, c := range spec.Partition {
		if k := spec.Types[c].Physical(); k != types.I64 && k != types.F64 {
			o.divided = append(spec.Types[:len(spec.Types):len(spec.Types)], types.BigIntType)
		}
	}
	return o
}

// Close implements pipeline.Closer.
func (o *PartitionedWindow) Close() error {
	for _, a := range o.accounts {
		a.Close()
	}
	return o.files.close()
}

// Input returns the sink of the rows; program computes the spec's Types.
func (o *PartitionedWindow) Input(program Program) pipeline.Sink { return &windowInput{o, program} }

type windowInput struct {
	window  *PartitionedWindow
	program Program
}

var _ pipeline.Sink = (*windowInput)(nil)

// Processor implements pipeline.Sink.
func (in *windowInput) Processor(*pipeline.Worker) (pipeline.Processor, error) {
	o := in.window
	p := &windowInputProcessor{
		window: o, evaluator: in.program(), rows: chunks{ts: o.spec.Types}, account: o.res.Pool.NewAccount("window", true),
	}
	if o.spec.Limit != nil {
		p.ranked = newRankedRows(&o.spec)
	}
	o.mu.Lock()
	o.accounts = append(o.accounts, p.account)
	o.mu.Unlock()
	return p, nil
}

// Finish implements pipeline.Sink.
func (in *windowInput) Finish(context.Context) error {
	o := in.window
	if len(o.parts) == 0 || o.staged.rows() == 0 {
		return nil
	}
	// Some worker had few rows, another many.
	p := &windowInputProcessor{window: o, rows: o.staged, account: o.res.Pool.NewAccount("window", true)}
	o.accounts = append(o.accounts, p.account)
	o.staged = chunks{ts: o.spec.Types}
	p.divide()
	if err := p.fit(); err != nil {
		return err
	}
	o.parts = append(o.parts, dividedRows{p.parts, p.account})
	return nil
}

type windowInputProcessor struct {
	window    *PartitionedWindow
	evaluator Evaluator
	ranked    *rankedRows // nil: all rows are kept
	rows      chunks
	parts     *scatter // nil as long as there are few rows
	account   *memory.Account
	dense     dense
	hash      []uint64
	keyHash   vector.Vector
}

// keyHashMask takes the bits of a hash that differ within a partition: they leave room for order keys in a word of the sort.
const keyHashMask = 1<<(48-partitionBits) - 1

func (p *windowInputProcessor) Push(b *vector.Batch) error {
	cols, err := p.evaluator.Run(b)
	if err != nil {
		return err
	}
	b = &vector.Batch{N: b.N, Sel: b.Sel, Cols: cols}
	switch {
	case p.ranked != nil:
		if b = p.ranked.within(b); b == nil {
			return nil
		}
		p.rows.append(b)
		if p.ranked.cut(&p.rows); p.rows.rows() > largeRanked {
			// The limit lets too many rows pass to be worth sorting them here.
			p.ranked = nil
			p.divide()
		}
	case p.parts == nil && p.rows.rows()+b.Rows() <= undividedRows:
		p.rows.append(b)
	default:
		p.divide()
		p.add(b)
	}
	return p.fit()
}

// divide moves the rows to partitions.
func (p *windowInputProcessor) divide() {
	if p.parts == nil {
		p.parts = newScatter(p.window.divided, 0, &p.window.files)
	}
	for _, b := range p.rows.list {
		p.add(b)
	}
	p.rows = chunks{ts: p.window.spec.Types}
}

func (p *windowInputProcessor) add(b *vector.Batch) {
	cols := p.dense.columns(b, b.Cols)
	var keys []*vector.Vector
	for _, c := range p.window.spec.Partition {
		keys = append(keys, cols[c])
	}
	n := b.Rows()
	p.hash = grow(p.hash, n)
	hashtable.Hash(keys, n, p.hash)
	if len(p.window.divided) > len(cols) {
		p.keyHash.Type, p.keyHash.I64 = types.BigIntType, grow(p.keyHash.I64, n)
		for k, h := range p.hash {
			p.keyHash.I64[k] = int64(h & keyHashMask)
		}
		cols = append(cols[:len(cols):len(cols)], &p.keyHash)
	}
	p.parts.add(cols, p.hash)
}

// fit records the memory in use and moves rows to disk when there is too little.
func (p *windowInputProcessor) fit() error {
	n := p.rows.bytes()
	if p.parts != nil {
		n += p.parts.bytes
	}
	if p.account.Set(n) && !p.account.Asked() || n < p.window.res.minSpill() {
		return nil
	}
	p.ranked = nil
	p.divide()
	if err := p.parts.spill(); err != nil {
		return err
	}
	p.account.Set(0)
	return nil
}

func (p *windowInputProcessor) Finish() error {
	if p.ranked != nil {
		p.ranked.finish(&p.rows)
	}
	if p.parts != nil || p.rows.rows() > undividedRows {
		p.divide()
		if err := p.fit(); err != nil {
			return err
		}
	}
	o := p.window
	o.mu.Lock()
	defer o.mu.Unlock()
	if p.parts != nil {
		o.parts = append(o.parts, dividedRows{p.parts, p.account})
		return nil
	}
	o.staged.take(&p.rows)
	return nil
}
