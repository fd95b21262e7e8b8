package operator

import (
	"fmt"

	"skep/dialect/plan"
	"skep/dialect/types"
	"skep/engine/aggregate"
	"skep/engine/vector"
)

// windowAggregate is an aggregate function over frames.
type windowAggregate struct {
	spec     *WindowSpec
	call     WindowCall
	function aggregate.Function
	zeros    []uint32
	view     []*vector.Vector // of the arguments, for updates

	state aggregate.States // of the partition that a segment continues
	total aggregate.States // of the partition on disk
}

func newWindowAggregate(spec *WindowSpec, c WindowCall) (windowFunction, error) {
	var args []*types.Type
	for _, a := range c.Args {
		args = append(args, spec.Types[a])
	}
	f, err := aggregate.New(aggregate.Windowed(c.Func), args, c.Result)
	if err != nil {
		return nil, err
	}
	return &windowAggregate{spec: spec, call: c, function: f}, nil
}

func (w *windowAggregate) compute(c *windowChunk, dst *vector.Vector) error {
	args := make([]*vector.Vector, len(w.call.Args))
	for i, a := range w.call.Args {
		args[i] = c.cols[a]
	}
	f := w.call.Frame
	if w.whole() && !w.call.Distinct {
		if c.size > 0 {
			value := vector.New(w.call.Result, 0)
			w.total.Final(value, 0, 1)
			vector.AppendRows(dst, value, make([]uint32, c.n))
			return nil
		}
		return w.byPartition(c, args, dst)
	}
	frames, err := newFrames(w.spec, f, c)
	if err != nil {
		return err
	}
	if f.Start.Kind == plan.UnboundedPreceding {
		return w.running(c, frames, args, dst)
	}
	return w.sliding(c, frames, args, dst)
}

// whole reports whether all frames are the whole partition.
func (w *windowAggregate) whole() bool {
	f := w.call.Frame
	return f.Start.Kind == plan.UnboundedPreceding && (f.End.Kind == plan.UnboundedFollowing ||
		f.End.Kind == plan.CurrentRow && !f.Rows && len(w.spec.Order) == 0)
}

// passes implements segmentedFunction.
func (w *windowAggregate) passes() int {
	f := w.call.Frame
	switch {
	case w.call.Distinct:
		return 0
	case w.whole():
		return 2
	case f.Start.Kind == plan.UnboundedPreceding && f.End.Kind == plan.CurrentRow:
		return 1
	}
	return 0
}

// byPeers implements segmentedFunction.
func (w *windowAggregate) byPeers() bool { return !w.whole() && !w.call.Frame.Rows }

// around implements localFunction.
func (w *windowAggregate) around([]*vector.Vector) (before, behind int, ok bool) {
	return rowsAround(w.call.Frame)
}

// scan implements scannedFunction.
func (w *windowAggregate) scan(cols []*vector.Vector, n int, first bool) {
	if !w.whole() {
		return
	}
	if first {
		w.total = w.function.States()
		w.total.Resize(1)
	}
	args := make([]*vector.Vector, len(w.call.Args))
	for i, a := range w.call.Args {
		args[i] = cols[a]
	}
	w.update(w.total, args, 0, n, nil)
}

// byPartition computes one value per partition, all partitions at once.
func (w *windowAggregate) byPartition(c *windowChunk, args []*vector.Vector, dst *vector.Vector) error {
	parts := len(c.starts) - 1
	groups := make([]uint32, c.n)
	for p := range parts {
		for i := c.starts[p]; i < c.starts[p+1]; i++ {
			groups[i] = uint32(p)
		}
	}
	s := w.function.States()
	s.Resize(parts)
	for from := 0; from < c.n; from += vector.BatchSize {
		to := min(from+vector.BatchSize, c.n)
		s.Update(groups[from:to], spans(args, from, to))
	}
	values := vector.New(w.call.Result, 0)
	s.Final(values, 0, parts)
	vector.AppendRows(dst, values, groups)
	return nil
}

func spans(vs []*vector.Vector, from, to int) []*vector.Vector {
	out := make([]*vector.Vector, len(vs))
	for i, v := range vs {
		out[i] = slice(v, from, to)
	}
	return out
}

// update adds rows from..to-1 to group 0. Repeated values are left out for DISTINCT: seen holds those added before.
func (w *windowAggregate) update(s aggregate.States, args []*vector.Vector, from, to int, seen map[string]bool) {
	if seen != nil {
		for i := from; i < to; i++ {
			if k := distinctKey(args, i); !seen[k] {
				seen[k] = true
				w.zeros = append(w.zeros[:0], 0)
				s.Update(w.zeros, w.span(args, i, i+1))
			}
		}
		return
	}
	for from < to {
		n := min(to-from, vector.BatchSize)
		if len(w.zeros) < n {
			w.zeros = make([]uint32, vector.BatchSize)
		}
		s.Update(w.zeros[:n], w.span(args, from, from+n))
		from += n
	}
}

// span returns rows from..to-1 of vs, valid until the next call.
func (w *windowAggregate) span(vs []*vector.Vector, from, to int) []*vector.Vector {
	for len(w.view) < len(vs) {
		w.view = append(w.view, &vector.Vector{})
	}
	for i, v := range vs {
		sliceInto(w.view[i], v, from, to)
	}
	return w.view[:len(vs)]
}

func distinctKey(args []*vector.Vector, i int) string {
	k := ""
	for _, a := range args {
		k += fmt.Sprintf("%+v|", a.Datum(i))
	}
	return k
}

func (w *windowAggregate) seen() map[string]bool {
	if w.call.Distinct {
		return map[string]bool{}
	}
	return nil
}

// running computes frames that begin with the partition: their ends only move forward, so each row is added once, and rows
// with the same end share a value.
func (w *windowAggregate) running(c *windowChunk, f *frames, args []*vector.Vector, dst *vector.Vector) error {
	if w.state == nil {
		w.state = w.function.States()
	}
	s := w.state
	values := vector.New(w.call.Result, 0)
	at := make([]uint32, 0, c.n)
	for p := range len(c.starts) - 1 {
		from, to := c.starts[p], c.starts[p+1]
		if p > 0 || c.rows == 0 {
			s.Resize(0)
			s.Resize(1)
		}
		seen := w.seen()
		done, last := from, -1
		for i := from; i < to; i++ {
			end := max(from, f.hi[i])
			if end > done {
				w.update(s, args, done, end, seen)
				done = end
			}
			if end != last {
				s.Final(values, 0, 1)
				last = end
			}
			at = append(at, uint32(values.Len()-1))
		}
	}
	vector.AppendRows(dst, values, at)
	return nil
}

// sliding computes frames that move at both ends, each anew; rows with equal frames share a value.
func (w *windowAggregate) sliding(c *windowChunk, f *frames, args []*vector.Vector, dst *vector.Vector) error {
	s := w.function.States()
	values := vector.New(w.call.Result, 0)
	at := make([]uint32, 0, c.n)
	for i := range c.n {
		lo, hi := f.lo[i], max(f.lo[i], f.hi[i])
		if i == 0 || lo != f.lo[i-1] || hi != max(f.lo[i-1], f.hi[i-1]) {
			s.Resize(0)
			s.Resize(1)
			w.update(s, args, lo, hi, w.seen())
			s.Final(values, 0, 1)
		}
		at = append(at, uint32(values.Len()-1))
	}
	vector.AppendRows(dst, values, at)
	return nil
}
