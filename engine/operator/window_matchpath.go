package operator

import (
	"fmt"
	"strconv"
	"strings"

	"skep/engine/vector"
)

// matchPath finds for each row the path that begins there: rows of the partition that meet a pattern of symbols, one after the
// other. The result is the array of these rows, NULL where no path begins. Arguments: the pattern, the conditions of the symbols and
// the row as a struct. The pattern is a list of positions among the conditions separated by dots, each followed by * or + when it
// stands for several rows.
//
// What a repeated symbol leaves over at the end of a partition is as Hive has it (its MatchPath): behind + the last row counts as not
// yet taken, behind * as taken, whether it meets the condition or not.
type matchPath struct{ args []int }

// pathStep is one symbol of a pattern.
type pathStep struct {
	cond   *vector.Vector
	repeat byte // '*', '+' or 0
}

func (m *matchPath) compute(c *windowChunk, dst *vector.Vector) error {
	dst.Resize(c.n)
	steps, err := m.steps(c)
	if err != nil || c.n == 0 {
		return err
	}
	vector.AppendRows(dst.Children[0], c.cols[m.args[len(m.args)-1]], vector.Sequence(c.n))
	nulls := dst.MakeNulls(c.n)
	for p := range len(c.starts) - 1 {
		from, to := c.starts[p], c.starts[p+1]
		for i := from; i < to; i++ {
			next, ok := matchSteps(steps, i, to)
			if nulls[i] = !ok; ok {
				dst.Refs[i] = vector.Ref{Off: uint32(i), Len: uint32(max(1, min(next, to)-i))}
			}
		}
	}
	return nil
}

// steps reads the pattern.
func (m *matchPath) steps(c *windowChunk) ([]pathStep, error) {
	if c.n == 0 {
		return nil, nil
	}
	var steps []pathStep
	for _, s := range strings.Split(string(c.cols[m.args[0]].Bytes(0)), ".") {
		step := pathStep{}
		if n := len(s); n > 0 && (s[n-1] == '*' || s[n-1] == '+') {
			s, step.repeat = s[:n-1], s[n-1]
		}
		at, err := strconv.Atoi(s)
		if err != nil || at < 0 || at >= len(m.args)-2 {
			return nil, fmt.Errorf("%q is no symbol of a path", s)
		}
		step.cond = c.cols[m.args[1+at]]
		steps = append(steps, step)
	}
	return steps, nil
}

// holds reports whether row i meets the condition.
func (s pathStep) holds(i int) bool { return !s.cond.IsNull(i) && s.cond.I64[i] != 0 }

// match matches the step from row at of a partition that ends before row to, and gives the row behind what it takes.
func (s pathStep) match(at, to int) (next int, ok bool) {
	first := s.holds(at)
	if s.repeat == 0 {
		return at + 1, first
	}
	if s.repeat == '+' && !first {
		return at, false
	}
	// read is the number of the row behind the last one looked at.
	read := at + 1
	for holds := first; holds && read < to; read++ {
		holds = s.holds(read)
	}
	if s.repeat == '*' && read == to {
		return to, true
	}
	return read - 1, true
}

// matchSteps matches a whole pattern from row at.
func matchSteps(steps []pathStep, at, to int) (next int, ok bool) {
	next = at
	for _, s := range steps {
		switch {
		case next < to:
			if next, ok = s.match(next, to); !ok {
				return next, false
			}
		case s.repeat != '*':
			return next, false
		}
	}
	return next, true
}
