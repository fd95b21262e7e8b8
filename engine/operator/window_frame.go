package operator

import (
	"errors"
	"fmt"

	"skep/dialect/plan"
	"skep/dialect/types"
	"skep/engine/decimal"
	"skep/engine/memory"
	"skep/engine/vector"
)

// frames are the frames of the rows of a chunk: rows lo[i] to hi[i]-1 for row i; empty when lo ≥ hi.
type frames struct {
	lo, hi []int
}

func newFrames(spec *WindowSpec, f plan.Frame, c *windowChunk) (*frames, error) {
	out := &frames{make([]int, c.n), make([]int, c.n)}
	peer := 0
	for p := range len(c.starts) - 1 {
		from, to := c.starts[p], c.starts[p+1]
		for i := from; i < to; i++ {
			for c.peers[peer+1] <= i {
				peer++
			}
			out.lo[i], out.hi[i] = from, to
			switch f.Start.Kind {
			case plan.CurrentRow:
				if out.lo[i] = i; !f.Rows {
					out.lo[i] = c.peers[peer]
				}
			case plan.Preceding, plan.Following:
				if f.Rows {
					out.lo[i] = clamp(i+offset(f.Start), from, to)
				}
			case plan.UnboundedFollowing:
				out.lo[i] = to
			}
			switch f.End.Kind {
			case plan.CurrentRow:
				if out.hi[i] = i + 1; !f.Rows {
					out.hi[i] = c.peers[peer+1]
				}
			case plan.Preceding, plan.Following:
				if f.Rows {
					out.hi[i] = clamp(i+offset(f.End)+1, from, to)
				}
			case plan.UnboundedPreceding:
				out.hi[i] = from
			}
		}
	}
	if f.Rows {
		return out, nil
	}
	for _, b := range []struct {
		bound plan.Bound
		start bool
	}{{f.Start, true}, {f.End, false}} {
		if b.bound.Kind == plan.Preceding || b.bound.Kind == plan.Following {
			if err := out.byValue(spec, b.bound, b.start, c); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// offset is the signed distance of a ROWS bound.
func offset(b plan.Bound) int {
	n := int(min(b.Offset.Value.I, 1<<31))
	if b.Kind == plan.Preceding {
		return -n
	}
	return n
}

func clamp(i, from, to int) int { return max(from, min(i, to)) }

// byValue sets one end of RANGE frames with a distance: rows whose order key lies within it of the current row's.
func (f *frames) byValue(spec *WindowSpec, b plan.Bound, start bool, c *windowChunk) error {
	if len(spec.Order) != 1 {
		return errors.New("a RANGE frame with a distance needs one order key")
	}
	key := spec.Order[0]
	v := c.cols[key.Column]
	if v.Type.Physical() == types.Bytes {
		f.byPeers(b, start, c)
		return nil
	}
	value, err := numeric(v, spec.WholeSeconds)
	if err != nil {
		return err
	}
	distance, err := distanceOf(b.Offset, v.Type)
	if err != nil {
		return err
	}
	// In the direction of the order the bound lies distance behind (preceding) or ahead of the current value.
	sign := 1.0
	if key.Desc {
		sign = -1
	}
	preceding := b.Kind == plan.Preceding
	if preceding {
		distance = -distance
	}
	for p := range len(c.starts) - 1 {
		from, to := c.starts[p], c.starts[p+1]
		// NULLs are together at one end.
		first, last := from, to
		for first < to && v.IsNull(first) {
			first++
		}
		for last > first && v.IsNull(last-1) {
			last--
		}
		at := first
		for i := from; i < to; i++ {
			if i < first || i >= last {
				run := from
				if i >= last {
					run = last
				}
				bound := nullBound(start, !preceding, key.Desc || !key.NullsFirst, from, run, first, to)
				if start {
					f.lo[i] = bound
				} else {
					f.hi[i] = bound
				}
				continue
			}
			limit := sign*value(i) + distance
			// What precedes ends before the rows at the distance itself, what follows starts behind them.
			for at > first && (preceding && sign*value(at-1) >= limit || !preceding && sign*value(at-1) > limit) {
				at--
			}
			for at < last && (preceding && sign*value(at) < limit || !preceding && sign*value(at) <= limit) {
				at++
			}
			if start {
				f.lo[i] = at
			} else {
				f.hi[i] = at
			}
		}
	}
	return nil
}

// byPeers is byValue for strings: they have no distances, and any two that differ are further apart than every bound.
func (f *frames) byPeers(b plan.Bound, start bool, c *windowChunk) {
	ends := f.hi
	if start {
		ends = f.lo
	}
	for p := range len(c.peers) - 1 {
		first, next := c.peers[p], c.peers[p+1]
		for i := first; i < next; i++ {
			if ends[i] = first; b.Kind == plan.Following {
				ends[i] = next
			}
		}
	}
}

// nullBound is an end of the frame of a row with a NULL key, as Hive has it. In an ascending order with NULLs first, what precedes is the
// start of the partition, and what follows the end of the run of NULLs; otherwise a start that precedes is the start of the run, and all
// else the end of the partition.
func nullBound(start, following, last bool, from, run, first, to int) int {
	switch {
	case last && start && !following:
		return run
	case last:
		return to
	case following:
		return first
	}
	return from
}

// numeric returns the values of an order key as numbers: decimals in units of their last digit.
func numeric(v *vector.Vector, wholeSeconds bool) (func(i int) float64, error) {
	switch v.Type.Physical() {
	case types.I64:
		return func(i int) float64 { return float64(v.I64[i]) }, nil
	case types.F64:
		return func(i int) float64 { return v.F64[i] }, nil
	case types.I128:
		switch {
		case v.Type.Kind == types.Decimal:
			return func(i int) float64 { return decimal.Float64(v.W[i], 0) }, nil
		case v.Type.Kind == types.TimestampLTZ || v.Type.Kind == types.Timestamp && wholeSeconds:
			return func(i int) float64 { return float64(v.W[i].Hi) }, nil
		case v.Type.Kind == types.Timestamp:
			return func(i int) float64 { return float64(v.W[i].Hi) + float64(v.W[i].Lo/1e6)/1e3 }, nil
		}
	}
	return nil, fmt.Errorf("a RANGE frame with a distance cannot be ordered by %s", v.Type)
}

// distanceOf gives the distance of a RANGE bound in the unit of numeric: days for dates, seconds for timestamps. Hive compares the
// integer part of the difference of two decimals with it (ValueBoundaryScanner), so what is less than one more is no further away.
func distanceOf(l *plan.Literal, key *types.Type) (float64, error) {
	switch l.T.Physical() {
	case types.I64:
		d := float64(l.Value.I)
		for range l.T.Scale {
			d /= 10
		}
		if key.Kind == types.Decimal {
			d++
			for range key.Scale {
				d *= 10
			}
			d--
		}
		return d, nil
	case types.F64:
		return l.Value.F, nil
	case types.I128:
		if l.T.Kind == types.IntervalDayTime {
			seconds := float64(l.Value.W.Hi) + float64(l.Value.W.Lo)/1e9
			if key.Kind == types.Date {
				return seconds / 86400, nil
			}
			return seconds, nil
		}
	}
	return 0, fmt.Errorf("%s is no distance of a RANGE frame", l.T)
}

// rowsAround returns how many rows before and behind the current one a ROWS frame with two distances has.
func rowsAround(f plan.Frame) (before, behind int, ok bool) {
	if !f.Rows {
		return 0, 0, false
	}
	for _, b := range []plan.Bound{f.Start, f.End} {
		if b.Kind != plan.CurrentRow && b.Kind != plan.Preceding && b.Kind != plan.Following {
			return 0, 0, false
		}
		if b.Kind != plan.CurrentRow {
			n := offset(b)
			before, behind = max(before, -n), max(behind, n)
		}
	}
	return before, behind, before <= maxAround && behind <= maxAround
}

// windowAccount accounts for the rows that a window operator holds.
type windowAccount struct{ account *memory.Account }

func newAccount(r *Resources) *windowAccount {
	return &windowAccount{r.Pool.NewAccount("window", false)}
}

// set reports whether n bytes are acceptable.
func (a *windowAccount) set(n int64) bool { return a.account.Set(n) }

func (a *windowAccount) close() { a.account.Close() }
