package operator

import (
	"fmt"

	"skep/dialect/types"
	"skep/engine/pipeline"
	"skep/engine/vector"
)

// Generated is the output of a table function: row k comes from input row From[k].
type Generated struct {
	From []uint32
	Cols []*vector.Vector
}

// TableFunction turns rows of flat, dense arguments into rows. Each worker has its own.
type TableFunction func(args []*vector.Vector, n int) (Generated, error)

// Generate applies a table function to each row (LATERAL VIEW): its output is the first columns that the program computes,
// repeated for each generated row, and the generated columns.
type Generate struct {
	program  Program
	pass     int // columns of the program that are passed through; the others are arguments
	function func() (TableFunction, error)
	outputs  []*types.Type
	outer    bool
}

var _ pipeline.Operator = (*Generate)(nil)

// NewGenerate returns the operator; outer keeps rows for which nothing is generated, with NULLs.
func NewGenerate(program Program, pass int, outputs []*types.Type, outer bool, function func() (TableFunction, error)) *Generate {
	return &Generate{program, pass, function, outputs, outer}
}

// Processor implements pipeline.Operator.
func (o *Generate) Processor(_ *pipeline.Worker, next pipeline.Processor) (pipeline.Processor, error) {
	f, err := o.function()
	if err != nil {
		return nil, err
	}
	return &generateProcessor{generate: o, evaluator: o.program(), function: f, next: next, some: 64}, nil
}

type generateProcessor struct {
	generate  *Generate
	evaluator Evaluator
	function  TableFunction
	next      pipeline.Processor
	dense     dense
	some      int // input rows to take at a time
}

func (p *generateProcessor) Push(b *vector.Batch) error {
	cols, err := p.evaluator.Run(b)
	if err != nil {
		return err
	}
	cols = p.dense.columns(b, cols)
	// What a row generates is of any size, so that a batch is taken in pieces whose output is about generateRows, going by the last.
	n := b.Rows()
	for from, some := 0, 0; from < n; from += some {
		some = max(1, min(p.some, n-from))
		piece := cols
		if some < n {
			piece = make([]*vector.Vector, len(cols))
			for i, c := range cols {
				piece[i] = slice(c, from, from+some)
			}
		}
		made, err := p.pushPiece(piece, some)
		if err != nil {
			return err
		}
		p.some = min(vector.BatchSize, max(1, some*generateRows/max(1, made)))
	}
	return nil
}

// pushPiece applies the function to n rows and tells how many rows it made.
func (p *generateProcessor) pushPiece(cols []*vector.Vector, n int) (int, error) {
	out, err := p.function(cols[p.generate.pass:], n)
	if err != nil {
		return 0, fmt.Errorf("table function: %w", err)
	}
	if p.generate.outer {
		out = withEmpty(out, n)
	}
	for from := 0; from < len(out.From); from += vector.BatchSize {
		to := min(from+vector.BatchSize, len(out.From))
		r := &vector.Batch{N: to - from}
		for _, c := range cols[:p.generate.pass] {
			v := &vector.Vector{Type: c.Type}
			vector.GatherView(v, c, out.From[from:to])
			r.Cols = append(r.Cols, v)
		}
		for _, c := range out.Cols {
			r.Cols = append(r.Cols, slice(c, from, to))
		}
		if err := p.next.Push(r); err != nil {
			return 0, err
		}
	}
	return len(out.From), nil
}

// generateRows is how many rows a table function is to make at a time.
const generateRows = 8 * vector.BatchSize

func (p *generateProcessor) Finish() error { return nil }

// withEmpty adds a row of NULLs for each of the n input rows that has none.
func withEmpty(g Generated, n int) Generated {
	var from []uint32
	var at []uint32
	k := 0
	none := uint32(len(g.From)) // the NULL behind the values
	for i := range n {
		if k >= len(g.From) || g.From[k] != uint32(i) {
			from, at = append(from, uint32(i)), append(at, none)
		}
		for ; k < len(g.From) && g.From[k] == uint32(i); k++ {
			from, at = append(from, uint32(i)), append(at, uint32(k))
		}
	}
	out := Generated{From: from}
	for _, c := range g.Cols {
		c.AppendDatum(types.NullDatum)
		v := vector.New(c.Type, 0)
		vector.AppendRows(v, c, at)
		out.Cols = append(out.Cols, v)
	}
	return out
}
