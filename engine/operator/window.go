package operator

import (
	"fmt"

	"skep/dialect/plan"
	"skep/dialect/types"
	"skep/engine/pipeline"
	"skep/engine/sort"
	"skep/engine/vector"
)

// WindowSpec describes window functions over rows that arrive ordered by partition and order keys.
type WindowSpec struct {
	// Types are the columns that the program computes; the first Out of them are passed through.
	Types []*types.Type
	Out   int
	// Partition and Order are positions among Types.
	Partition []int
	Order     []SortKey
	Calls     []WindowCall
}

// WindowCall is one window function; Args are positions among WindowSpec.Types. Offset bounds of the frame are constants.
type WindowCall struct {
	Func        string
	Args        []int
	Distinct    bool
	IgnoreNulls bool
	Frame       plan.Frame
	Result      *types.Type
}

// windowRows is how many rows are collected before the partitions complete so far are computed together: small partitions
// then share the cost of a call.
const windowRows = 1 << 15

// Window computes window functions in a stream of ordered rows. It holds the rows of one partition, or of as many small ones
// as windowRows holds, and adds a column per call.
type Window struct {
	spec    WindowSpec
	program Program
	res     *Resources
}

var _ pipeline.Operator = (*Window)(nil)

// NewWindow returns the operator; program computes spec.Types. It must run in one worker.
func NewWindow(spec WindowSpec, program Program, r *Resources) *Window {
	return &Window{spec, program, r}
}

// Processor implements pipeline.Operator.
func (o *Window) Processor(w *pipeline.Worker, next pipeline.Processor) (pipeline.Processor, error) {
	p := &windowProcessor{
		window: o, worker: w, next: next, evaluator: o.program(), rows: vector.NewBatch(o.spec.Types), limit: windowRows,
		account: newAccount(o.res),
	}
	for _, c := range o.spec.Calls {
		f, err := newWindowFunction(&o.spec, c)
		if err != nil {
			return nil, err
		}
		p.calls = append(p.calls, f)
	}
	return p, nil
}

type windowProcessor struct {
	window    *Window
	worker    *pipeline.Worker
	next      pipeline.Processor
	evaluator Evaluator
	calls     []windowFunction
	rows      *vector.Batch
	limit     int // compute when there are that many rows
	account   *windowAccount
}

func (p *windowProcessor) Push(b *vector.Batch) error {
	cols, err := p.evaluator.Run(b)
	if err != nil {
		return err
	}
	p.rows.Append(&vector.Batch{N: b.N, Sel: b.Sel, Cols: cols})
	if p.rows.N < p.limit {
		return nil
	}
	if err := p.account.set(p.rows.Bytes()); err != nil {
		return err
	}
	cut := p.lastBoundary()
	if cut == 0 { // one partition so far: wait for twice as many rows before looking again
		p.limit = 2 * p.rows.N
		return nil
	}
	p.limit = windowRows
	if err := p.compute(cut); err != nil {
		return err
	}
	rest := vector.NewBatch(p.window.spec.Types)
	rest.AppendRange(&vector.Batch{N: p.rows.N, Cols: p.rows.Cols}, cut, p.rows.N)
	p.rows = rest
	return nil
}

// Finish computes the last partitions.
func (p *windowProcessor) Finish() error {
	defer p.account.close()
	if p.rows.N == 0 {
		return nil
	}
	return p.compute(p.rows.N)
}

// lastBoundary returns the first row of the last partition.
func (p *windowProcessor) lastBoundary() int {
	if len(p.window.spec.Partition) == 0 {
		return 0
	}
	for i := p.rows.N - 1; i > 0; i-- {
		if !p.same(p.window.spec.Partition, i-1, i) {
			return i
		}
	}
	return 0
}

func (p *windowProcessor) same(columns []int, i, j int) bool {
	for _, c := range columns {
		v := p.rows.Cols[c]
		if (sort.Key{Column: v}).Compare(v, i, v, j) != 0 {
			return false
		}
	}
	return true
}

// compute evaluates the calls over the first n rows, whole partitions, and hands the rows on.
func (p *windowProcessor) compute(n int) error {
	part := &windowChunk{n: n, cols: p.rows.Cols, starts: p.starts(p.window.spec.Partition, nil, n)}
	var order []int
	for _, k := range p.window.spec.Order {
		order = append(order, k.Column)
	}
	part.peers = p.starts(order, part.starts, n)
	results := make([]*vector.Vector, len(p.calls))
	for i, f := range p.calls {
		if err := p.worker.Context.Err(); err != nil {
			return err
		}
		results[i] = vector.New(p.window.spec.Calls[i].Result, 0)
		if err := f.compute(part, results[i]); err != nil {
			return fmt.Errorf("window function %s: %w", p.window.spec.Calls[i].Func, err)
		}
	}
	for from := 0; from < n; from += vector.BatchSize {
		to := min(from+vector.BatchSize, n)
		b := &vector.Batch{N: to - from}
		for _, v := range p.rows.Cols[:p.window.spec.Out] {
			b.Cols = append(b.Cols, slice(v, from, to))
		}
		for _, v := range results {
			b.Cols = append(b.Cols, slice(v, from, to))
		}
		if err := p.next.Push(b); err != nil {
			return err
		}
	}
	return nil
}

// starts lists the rows at which the values of columns change, those of within included, and n at the end.
func (p *windowProcessor) starts(columns []int, within []int, n int) []int {
	out := []int{0}
	next := 1 // in within
	for i := 1; i < n; i++ {
		if next < len(within) && within[next] == i {
			next++
			out = append(out, i)
		} else if !p.same(columns, i-1, i) {
			out = append(out, i)
		}
	}
	return append(out, n)
}

// windowChunk is a run of whole partitions.
type windowChunk struct {
	n      int
	cols   []*vector.Vector
	starts []int // first rows of the partitions, and n
	peers  []int // first rows of the groups of equal order keys, and n
}

// windowFunction computes one call.
type windowFunction interface {
	// compute appends a value for each row of c to dst.
	compute(c *windowChunk, dst *vector.Vector) error
}

func newWindowFunction(spec *WindowSpec, c WindowCall) (windowFunction, error) {
	switch c.Func {
	case "row_number", "rank", "dense_rank", "percent_rank", "cume_dist":
		return ranking(c.Func), nil
	case "ntile":
		return &ntile{c.Args}, nil
	case "lead", "lag":
		return &shift{args: c.Args, back: c.Func == "lag"}, nil
	case "first_value", "last_value":
		// Hive's second argument, or IGNORE NULLS, skips NULLs.
		return &edgeValue{spec: spec, call: c, last: c.Func == "last_value"}, nil
	}
	return newWindowAggregate(spec, c)
}

// ranking is row_number, rank, dense_rank, percent_rank or cume_dist: they see the whole partition.
type ranking string

func (r ranking) compute(c *windowChunk, dst *vector.Vector) error {
	peer := 0
	for p := range len(c.starts) - 1 {
		from, to := c.starts[p], c.starts[p+1]
		size := to - from
		dense := 0
		for ; c.peers[peer] < to; peer++ {
			dense++
			first, last := c.peers[peer], c.peers[peer+1]
			for i := first; i < last; i++ {
				switch r {
				case "row_number":
					dst.I64 = append(dst.I64, int64(i-from+1))
				case "rank":
					dst.I64 = append(dst.I64, int64(first-from+1))
				case "dense_rank":
					dst.I64 = append(dst.I64, int64(dense))
				case "percent_rank":
					v := 0.0
					if size > 1 {
						v = float64(first-from) / float64(size-1)
					}
					dst.F64 = append(dst.F64, v)
				default:
					dst.F64 = append(dst.F64, float64(last-from)/float64(size))
				}
			}
		}
	}
	return nil
}

// ntile divides partitions into buckets of nearly equal size, the larger ones first.
type ntile struct{ args []int }

func (t *ntile) compute(c *windowChunk, dst *vector.Vector) error {
	v := c.cols[t.args[0]]
	for p := range len(c.starts) - 1 {
		from, to := c.starts[p], c.starts[p+1]
		if v.IsNull(from) || v.I64[from] <= 0 {
			return fmt.Errorf("NTILE needs a positive number of buckets")
		}
		n, size := v.I64[from], int64(to-from)
		small, larger := size/n, size%n
		for i := range size {
			bucket := int64(0)
			if i < larger*(small+1) {
				bucket = i / (small + 1)
			} else {
				bucket = larger + (i-larger*(small+1))/small
			}
			dst.I64 = append(dst.I64, bucket+1)
		}
	}
	return nil
}

// shift is lead or lag: the value some rows away in the partition, or a default.
type shift struct {
	args []int // value [, distance [, default]]
	back bool
}

func (s *shift) compute(c *windowChunk, dst *vector.Vector) error {
	v := c.cols[s.args[0]]
	rows := make([]uint32, 0, c.n) // into v, then, from c.n on, into the default column
	for p := range len(c.starts) - 1 {
		from, to := c.starts[p], c.starts[p+1]
		distance := int64(1)
		if len(s.args) > 1 {
			d := c.cols[s.args[1]]
			if d.IsNull(from) || d.I64[from] < 0 {
				return fmt.Errorf("the amount of lead and lag must not be negative")
			}
			distance = d.I64[from]
		}
		if s.back {
			distance = -distance
		}
		for i := from; i < to; i++ {
			at := int64(i) + distance
			if at >= int64(from) && at < int64(to) {
				rows = append(rows, uint32(at))
			} else {
				rows = append(rows, uint32(c.n+i))
			}
		}
	}
	both := vector.New(v.Type, 0)
	vector.AppendRows(both, v, vector.Sequence(c.n))
	if len(s.args) > 2 {
		vector.AppendRows(both, c.cols[s.args[2]], vector.Sequence(c.n))
	} else {
		vector.AppendRows(both, vector.NewNull(v.Type), vector.Sequence(c.n))
	}
	vector.AppendRows(dst, both, rows)
	return nil
}

// edgeValue is first_value or last_value over the frame.
type edgeValue struct {
	spec *WindowSpec
	call WindowCall
	last bool
}

func (e *edgeValue) compute(c *windowChunk, dst *vector.Vector) error {
	v := c.cols[e.call.Args[0]]
	skip := e.call.IgnoreNulls
	if len(e.call.Args) > 1 && c.n > 0 {
		flag := c.cols[e.call.Args[1]]
		skip = skip || !flag.IsNull(0) && flag.I64[0] != 0
	}
	frames, err := newFrames(e.spec, e.call.Frame, c)
	if err != nil {
		return err
	}
	rows := make([]uint32, 0, c.n)
	none := uint32(c.n) // the NULL behind the values
	for i := range c.n {
		lo, hi := frames.lo[i], frames.hi[i]
		at := none
		if e.last {
			for k := hi - 1; k >= lo; k-- {
				if !skip || !v.IsNull(k) {
					at = uint32(k)
					break
				}
			}
		} else {
			for k := lo; k < hi; k++ {
				if !skip || !v.IsNull(k) {
					at = uint32(k)
					break
				}
			}
		}
		rows = append(rows, at)
	}
	both := vector.New(v.Type, 0)
	vector.AppendRows(both, v, vector.Sequence(c.n))
	both.AppendDatum(types.NullDatum)
	vector.AppendRows(dst, both, rows)
	return nil
}
