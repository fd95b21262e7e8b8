package stage

import (
	"fmt"
	"slices"

	"skep/dialect/plan"
)

// check reports what is wrong with a graph; every graph that is cut is checked.
func (g *Graph) check() error {
	for i, s := range g.Stages {
		if err := g.checkStage(i, s); err != nil {
			return fmt.Errorf("stage %d of a plan cut into stages: %w", i, err)
		}
	}
	return nil
}

func (g *Graph) checkStage(i int, s *Stage) error {
	if s.ID != i || (s.Exchange < 0) == (s.Sink < 0) {
		return fmt.Errorf("numbered %d, writes exchange %d and sink %d", s.ID, s.Exchange, s.Sink)
	}
	if s.Exchange >= 0 {
		if err := checkOutput(g.Exchanges[s.Exchange], s); err != nil {
			return err
		}
	}
	partitions := 0
	for _, x := range s.Reads {
		e := g.Exchanges[x]
		switch {
		case e.Producer >= i:
			return fmt.Errorf("reads exchange %d of stage %d", x, e.Producer)
		case e.Distribution == Broadcast:
		case e.Distribution == Pass && s.Samples && s.Single && e.Every > 0:
		case e.Distribution == Pass && (s.Samples || e.Partitions != 1+min(e.Every, 1) || partitions != 0):
			return fmt.Errorf("reads exchange %d of %d partitions as it is, sample=%v", x, e.Partitions, s.Samples)
		case s.Single != (e.Distribution == Gather):
			return fmt.Errorf("a stage with single=%v reads exchange %d by %v", s.Single, x, e.Distribution)
		case e.Distribution != Gather && partitions != 0 && partitions != e.Partitions:
			return fmt.Errorf("reads exchanges of %d and %d partitions", partitions, e.Partitions)
		case e.Distribution != Gather:
			partitions = e.Partitions
		}
	}
	if partitions > 0 && s.Divided() {
		return fmt.Errorf("reads both splits and partitions")
	}
	if !s.Single && partitions == 0 && !s.Divided() {
		return fmt.Errorf("nothing gives it tasks")
	}
	return g.checkTypes(s.Root)
}

func checkOutput(e *Exchange, s *Stage) error {
	cols := s.Root.Columns()
	if e.Producer != s.ID || len(e.Types) > len(cols) || e.Partitions < 1 || (e.Distribution == Hash || e.Distribution == Range) != (len(e.Keys) > 0) ||
		e.Distribution == Range && (len(e.Order) != len(e.Keys) || !slices.Contains(s.Reads, e.Bounds)) {
		return fmt.Errorf("writes %d of %d columns to exchange %d of stage %d, %d partitions by %d keys",
			len(e.Types), len(cols), e.ID, e.Producer, e.Partitions, len(e.Keys))
	}
	for c, t := range e.Types {
		if !t.Equal(cols[c].Type) {
			return fmt.Errorf("column %d of exchange %d is %v, written as %v", c, e.ID, t, cols[c].Type)
		}
	}
	for _, k := range e.Keys {
		if k >= len(cols) {
			return fmt.Errorf("key %d of exchange %d is not among %d columns", k, e.ID, len(cols))
		}
	}
	return nil
}

// checkTypes compares what remote sources expect with what exchanges hold.
func (g *Graph) checkTypes(n plan.Node) error {
	if r, ok := n.(*plan.RemoteSource); ok {
		e := g.Exchanges[r.Exchange]
		if len(r.Cols) != len(e.Types) {
			return fmt.Errorf("reads %d columns of exchange %d, which has %d", len(r.Cols), e.ID, len(e.Types))
		}
		for i, c := range r.Cols {
			if !c.Type.Equal(e.Types[i]) {
				return fmt.Errorf("reads column %d of exchange %d as %v, which is %v", i, e.ID, c.Type, e.Types[i])
			}
		}
	}
	for _, in := range n.Inputs() {
		if err := g.checkTypes(in); err != nil {
			return err
		}
	}
	return nil
}
