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
	// Limit, when not nil, tells that only some rows of each partition are wanted; others may be missing from the output.
	Limit *RankLimit
	// WholeSeconds tells that distances between timestamps leave fractions of seconds out.
	WholeSeconds bool
}

// RankLimit asks for the rows whose value of the ranking call Func (row_number, rank or dense_rank) is at most N.
type RankLimit struct {
	Func string
	N    int64
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

// windowComputer evaluates the calls of a window over ordered rows, for one worker.
type windowComputer struct {
	spec    *WindowSpec
	worker  *pipeline.Worker
	calls   []windowFunction
	changes []bool
	// partition, when not nil, is a column of the rows to be computed that differs exactly where the partitions do.
	partition *vector.Vector
}

func newWindowComputer(spec *WindowSpec, w *pipeline.Worker) (*windowComputer, error) {
	x := &windowComputer{spec: spec, worker: w}
	for _, c := range spec.Calls {
		f, err := newWindowFunction(spec, c)
		if err != nil {
			return nil, err
		}
		x.calls = append(x.calls, f)
	}
	return x, nil
}

// chunk describes the first n rows of flat columns.
func (x *windowComputer) chunk(cols []*vector.Vector, n int, seg segment) *windowChunk {
	c := &windowChunk{n: n, cols: cols, segment: seg}
	x.changes = grow(x.changes, n)
	clear(x.changes)
	if x.partition != nil {
		markChanges(x.partition, x.changes)
	} else {
		for _, at := range x.spec.Partition {
			markChanges(cols[at], x.changes)
		}
	}
	c.starts = marked(x.changes)
	for _, k := range x.spec.Order {
		markChanges(cols[k.Column], x.changes)
	}
	c.peers = marked(x.changes)
	return c
}

// compute evaluates the calls over the first n rows of flat columns, whole partitions except as seg says, and hands the rows on
// in batches that share the columns' storage. It makes seg describe what precedes the rows behind.
func (x *windowComputer) compute(cols []*vector.Vector, n int, seg *segment, next pipeline.Processor) error {
	return x.computeWithin(cols, 0, n, n, seg, next)
}

// computeWithin is compute for rows from..to-1; calls that look at a fixed number of rows around the current one see those before
// and, up to all, those behind.
func (x *windowComputer) computeWithin(cols []*vector.Vector, from, to, all int, seg *segment, next pipeline.Processor) error {
	n := to - from
	var wide *windowChunk // with the rows around
	if all > n {
		wide = x.chunk(cols, all, segment{})
		cols = spans(cols, from, to)
	}
	part := x.chunk(cols, n, *seg)
	seg.advance(part)
	results := make([]*vector.Vector, len(x.calls))
	for i, f := range x.calls {
		if err := x.worker.Context.Err(); err != nil {
			return err
		}
		results[i] = vector.New(x.spec.Calls[i].Result, 0)
		c := part
		if _, ok := f.(localFunction); ok && wide != nil {
			if s, ok := f.(segmentedFunction); !ok || s.passes() == 0 {
				c = wide
			}
		}
		if err := f.compute(c, results[i]); err != nil {
			return fmt.Errorf("window function %s: %w", x.spec.Calls[i].Func, err)
		}
		if c == wide {
			results[i] = slice(results[i], from, to)
		}
	}
	for from := 0; from < n; from += vector.BatchSize {
		if err := x.worker.Context.Err(); err != nil {
			return err
		}
		to := min(from+vector.BatchSize, n)
		b := &vector.Batch{N: to - from}
		for _, v := range cols[:x.spec.Out] {
			b.Cols = append(b.Cols, slice(v, from, to))
		}
		for _, v := range results {
			b.Cols = append(b.Cols, slice(v, from, to))
		}
		if err := next.Push(b); err != nil {
			return err
		}
	}
	return nil
}

// markChanges marks the rows of a flat column whose value differs from that of the row before.
func markChanges(v *vector.Vector, changes []bool) {
	n := len(changes)
	if v.Nulls == nil && v.Type.Physical() == types.I64 {
		vals := v.I64[:n]
		for i := 1; i < n; i++ {
			if vals[i] != vals[i-1] {
				changes[i] = true
			}
		}
		return
	}
	key := sort.Key{Column: v}
	for i := 1; i < n; i++ {
		if !changes[i] && key.Compare(v, i-1, v, i) != 0 {
			changes[i] = true
		}
	}
}

// marked lists row 0, the rows marked, and the number of rows.
func marked(changes []bool) []int {
	out := []int{0}
	for i, c := range changes {
		if c {
			out = append(out, i)
		}
	}
	return append(out, len(changes))
}

// windowChunk is a run of partitions, or a segment of one (see segment).
type windowChunk struct {
	n      int
	cols   []*vector.Vector
	starts []int // first rows of the partitions, and n
	peers  []int // first rows of the groups of equal order keys, and n
	segment
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
	case plan.MatchPath:
		return &matchPath{c.Args}, nil
	case "first_value", "last_value":
		// Hive's second argument, or IGNORE NULLS, skips NULLs.
		return &edgeValue{spec: spec, call: c, last: c.Func == "last_value"}, nil
	}
	return newWindowAggregate(spec, c)
}

// ranking is row_number, rank, dense_rank, percent_rank or cume_dist: they see the whole partition.
type ranking string

func (r ranking) compute(c *windowChunk, dst *vector.Vector) error {
	if r == "percent_rank" || r == "cume_dist" {
		r.shares(c, dst)
		return nil
	}
	out := make([]int64, c.n)
	peer := 0
	for p := range len(c.starts) - 1 {
		from, to := c.starts[p], c.starts[p+1]
		before, dense := int64(1-from), int64(1)
		if p == 0 {
			before, dense = before+c.rows, dense+c.groups
		}
		if r == "row_number" {
			for i := from; i < to; i++ {
				out[i] = int64(i) + before
			}
			continue
		}
		for ; c.peers[peer] < to; peer++ {
			first, last := c.peers[peer], c.peers[peer+1]
			v := int64(first) + before
			if r == "dense_rank" {
				v = dense
			}
			for i := first; i < last; i++ {
				out[i] = v
			}
			dense++
		}
	}
	dst.I64 = out
	return nil
}

// passes implements segmentedFunction.
func (r ranking) passes() int {
	if r == "percent_rank" || r == "cume_dist" {
		return 2
	}
	return 1
}

// byPeers implements segmentedFunction.
func (r ranking) byPeers() bool { return r != "row_number" }

// shares computes percent_rank and cume_dist.
func (r ranking) shares(c *windowChunk, dst *vector.Vector) {
	peer := 0
	for p := range len(c.starts) - 1 {
		from, to := c.starts[p], c.starts[p+1]
		size, before := c.sizeOf(from, to), int64(-from)
		if p == 0 {
			before += c.rows
		}
		for ; c.peers[peer] < to; peer++ {
			first, last := c.peers[peer], c.peers[peer+1]
			v := float64(int64(last)+before) / float64(size)
			if r == "percent_rank" {
				if v = 0; size > 1 {
					v = float64(int64(first)+before) / float64(size-1)
				}
			}
			for range last - first {
				dst.F64 = append(dst.F64, v)
			}
		}
	}
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
		n, size := v.I64[from], c.sizeOf(from, to)
		small, larger := size/n, size%n
		first := int64(0)
		if p == 0 {
			first = c.rows
		}
		for i := first; i < first+int64(to-from); i++ {
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

// passes implements segmentedFunction.
func (t *ntile) passes() int { return 2 }

// byPeers implements segmentedFunction.
func (t *ntile) byPeers() bool { return false }

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

// around implements localFunction.
func (s *shift) around(cols []*vector.Vector) (before, behind int, ok bool) {
	distance := int64(1)
	if len(s.args) > 1 {
		if d := cols[s.args[1]]; d.IsNull(0) {
			return 0, 0, false
		} else {
			distance = d.I64[0]
		}
	}
	if distance < 0 || distance > maxAround {
		return 0, 0, false
	}
	if s.back {
		return int(distance), 0, true
	}
	return 0, int(distance), true
}

// edgeValue is first_value or last_value over the frame.
type edgeValue struct {
	spec *WindowSpec
	call WindowCall
	last bool
}

// around implements localFunction.
func (e *edgeValue) around([]*vector.Vector) (before, behind int, ok bool) {
	return rowsAround(e.call.Frame)
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
