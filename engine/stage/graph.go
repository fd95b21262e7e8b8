// Package stage runs a query in stages: an optimised plan is cut where rows have to meet at another place, each piece (a
// fragment) is run by several tasks, and what a task writes goes through an exchange to the tasks of the next stage.
//
//	scan ─ filter ─ partial aggregate ─┐ hash of keys            ┌─ final aggregate ─ top-n ─┐ gather
//	scan ─ filter ─ partial aggregate ─┼────── exchange ─────────┤                           ├── exchange ── result
//	scan ─ filter ─ partial aggregate ─┘                         └─ final aggregate ─ top-n ─┘
//
// A fragment is a plan like any other: its leaves are scans, values and remote sources, and the planner compiles it to
// pipelines as it does the plan of an embedded query. What a task computes depends on its fragment, its splits and its
// partitions alone, so that it can be run anywhere and again.
package stage

import (
	"fmt"
	"strings"

	"skep/dialect/plan"
	"skep/dialect/types"
)

// Distribution says how a stage's rows are divided among the partitions of an exchange.
type Distribution uint8

const (
	// Gather puts all rows into one partition.
	Gather Distribution = iota
	// Hash divides by the hash of the key columns; NULLs are equal.
	Hash
	// RoundRobin divides evenly, batch by batch.
	RoundRobin
	// Broadcast is one partition that every task of the reading stages reads.
	Broadcast
	// Pass leaves rows as they are: a task of the reading stage reads what some consecutive tasks wrote, in order.
	Pass
	// Range divides by ranges of the key columns, in order: rows of equal keys may be in several partitions next to each other.
	Range
	distributions
)

func (d Distribution) String() string {
	return [...]string{"gather", "hash", "round robin", "broadcast", "pass", "range"}[d]
}

// divided says that the tasks of the reading stage share out the partitions.
func (d Distribution) divided() bool { return d == Hash || d == RoundRobin || d == Range }

// Exchange is what one stage writes and others read.
type Exchange struct {
	ID           int
	Producer     int // stage
	Distribution Distribution
	// Keys are the positions of the keys of Hash and Range among the columns of the producer's root, which may have more columns than are sent.
	Keys []int
	// Types are those of the columns sent: the first ones of the producer's root.
	Types []*types.Type
	// Partitions is the number of partitions written. Tasks read ranges of them.
	Partitions int
	// Order is that of Keys, and Bounds the exchange that holds an ordered sample of their values, of Range.
	Order  []Order
	Bounds int
	// Every, of Pass: one of so many rows is also written to a second partition, the sample; 0: there is none.
	Every int
	// Rows and Bytes are estimates for the whole exchange; negative when unknown.
	Rows, Bytes float64
}

// Stage is a fragment with what its tasks read and write.
type Stage struct {
	ID   int
	Root plan.Node
	// Exchange is the exchange that the stage writes, or -1 when its rows go to sink Sink of the query.
	Exchange int
	Sink     int
	// Single stages have exactly one task. Others have as many as one likes: each split of their scans and each partition of
	// the exchanges they read belongs to one task, broadcast exchanges to all.
	Single bool
	// Reads lists the exchanges that the fragment reads, without repetitions, and the one of the bounds that its output needs.
	Reads []int
	// Samples says that the stage reads the sample of an exchange.
	Samples bool
	// Freedoms of exchanges that it reads, by number.
	Freedoms map[int]Freedom
	// Empties are the exchanges, among Reads, of which any one without rows leaves the stage without rows.
	Empties map[int]bool
	// Scans are the fragment's scans in order; tasks number them so.
	Scans []*plan.Scan
	// Least and Most, where set, bound the bytes that a task of the stage should read: it merges small files.
	Least, Most int64
}

// Graph is a query cut into stages. Stages are numbered so that producers come before their consumers.
type Graph struct {
	Stages    []*Stage
	Exchanges []*Exchange
	// Result is the exchange that holds the rows of a query, in one partition, or -1.
	Result int
}

// Divided reports whether splits of the stage's scans are divided among its tasks.
func (s *Stage) Divided() bool { return divided(s.Scans) }

func divided(scans []*plan.Scan) bool {
	for _, n := range scans {
		if !n.Whole {
			return true
		}
	}
	return false
}

// Partitioned reports whether the tasks of s share out the partitions of exchanges, and how many there are. All partitioned
// exchanges that a stage reads have the same number.
func (g *Graph) Partitioned(s *Stage) (partitions int, ok bool) {
	for _, x := range s.Reads {
		if e := g.Exchanges[x]; e.Distribution.divided() {
			return e.Partitions, true
		}
	}
	return 0, false
}

// String describes the graph, for people and tests.
func (g *Graph) String() string {
	var b strings.Builder
	for _, s := range g.Stages {
		fmt.Fprintf(&b, "stage %d", s.ID)
		if s.Single {
			b.WriteString(" single")
		}
		if s.Exchange >= 0 {
			e := g.Exchanges[s.Exchange]
			fmt.Fprintf(&b, " -> exchange %d (%v", e.ID, e.Distribution)
			if len(e.Keys) > 0 {
				cols := s.Root.Columns()
				for _, k := range e.Keys {
					fmt.Fprintf(&b, " %s#%d", cols[k].Name, cols[k].ID)
				}
			}
			b.WriteString(")\n")
		} else {
			fmt.Fprintf(&b, " -> sink %d\n", s.Sink)
		}
		describe(&b, s.Root, 1)
	}
	return b.String()
}

func describe(b *strings.Builder, n plan.Node, depth int) {
	b.WriteString(strings.Repeat("  ", depth))
	b.WriteString(strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", n), "*plan.")))
	switch n := n.(type) {
	case *plan.RemoteSource:
		fmt.Fprintf(b, " %d", n.Exchange)
	case *plan.Scan:
		if n.Whole {
			b.WriteString(" whole")
		}
		b.WriteString(" " + n.Table.Name)
	case *plan.Aggregate:
		fmt.Fprintf(b, " keys=%d", len(n.Keys))
		for _, a := range n.Aggs {
			fmt.Fprintf(b, " %s", [...]string{"", "partial ", "merge ", "final "}[a.Mode]+a.Func)
			if a.Distinct {
				b.WriteString(" distinct")
			}
		}
	case *plan.Join:
		b.WriteString(" " + [...]string{"inner", "left", "right", "full", "semi", "anti", "null-aware anti", "mark", "single"}[n.Kind])
		if n.BuildLeft {
			b.WriteString(" build=left")
		}
		if n.Hint {
			b.WriteString(" filter")
		}
	case *plan.Sort:
		if n.Limit >= 0 {
			fmt.Fprintf(b, " limit=%d offset=%d", n.Limit, n.Offset)
		}
	case *plan.Limit:
		fmt.Fprintf(b, " %d offset=%d", n.N, n.Offset)
	}
	b.WriteByte('\n')
	for _, in := range n.Inputs() {
		describe(b, in, depth+1)
	}
}
