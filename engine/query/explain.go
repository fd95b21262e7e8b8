package query

import (
	"context"
	"fmt"
	"strings"
	"time"

	"skep/dialect/ast"
	"skep/dialect/explain"
	"skep/dialect/plan"
	"skep/engine/stage"
)

// compileExplain prepares EXPLAIN: the optimised plan, with what its operators did for EXPLAIN ANALYZE.
func (st *Statement) compileExplain(ctx context.Context, n *ast.Explain) error {
	analyze, dependency := false, false
	for _, o := range n.Options {
		analyze = analyze || o.Name == "ANALYZE"
		dependency = dependency || o.Name == "DEPENDENCY"
	}
	var read []plan.Node // the plans of the statement
	inner := &Statement{session: st.session, sql: st.sql, queryID: st.queryID, conf: st.conf, log: st.log, now: st.now, modified: -1}
	st.analyzes = analyze
	text := func() string { return "" } // once more after the statement ran, with the rows that there were
	explained := n.Statement
	if p, ok := explained.(*ast.Prepare); ok {
		bind(p.Query, nil)
		explained = p.Query
	}
	switch x := explained.(type) {
	case *ast.Insert, *ast.MultiInsert:
		insert, roots, err := inner.planInsert(ctx, x)
		if err != nil {
			return err
		}
		for i := range insert.Branches {
			insert.Branches[i].Root = roots[i]
		}
		read = roots
		text = func() string { return explain.Insert(insert, inner.explainOptions()) }
		inner.task = func(ctx context.Context) error { return failed(inner.runInsert(ctx, insert.Branches, roots)) }
	default:
		if err := inner.compile(ctx, x); err != nil {
			return err
		}
		text = func() string { return statementName(x) }
		if inner.root != nil {
			read = []plan.Node{inner.root}
			stages := ""
			if inner.inStages(inner.root) {
				g, err := stage.CutQuery(inner.root, inner.stageOptions())
				if err != nil {
					return err
				}
				stages = "\n\n" + g.String()
			}
			text = func() string { return explain.Plan(inner.root, inner.explainOptions()) + stages }
		}
	}
	st.snapshot = inner.snapshot
	st.stringColumns("Explain")
	if dependency {
		line, err := dependencyText(read)
		if err != nil {
			return err
		}
		st.task = func(context.Context) error { return st.setLines([]string{line}) }
		return nil
	}
	st.task = func(ctx context.Context) error {
		if !analyze {
			return st.setLines(strings.Split(strings.TrimRight(text(), "\n"), "\n"))
		}
		if err := inner.perform(ctx); err != nil {
			return err
		}
		return st.setLines(strings.Split(strings.TrimRight(text()+"\n\n"+inner.profileText(), "\n"), "\n"))
	}
	return nil
}

// explainOptions are those of the statement's plan: estimates, and what there was once it ran.
func (st *Statement) explainOptions() explain.Options {
	o := explain.Options{Rows: st.estimate}
	if x := st.running.Load(); x != nil {
		o.Actual = x.profile.Rows()
	}
	return o
}

// profileText lists what the parts of the statement's pipelines did; "" before it ran.
func (st *Statement) profileText() string {
	x := st.running.Load()
	if x == nil {
		return ""
	}
	if x.staged {
		return x.stageProfile.String()
	}
	var b strings.Builder
	last := -1
	for _, p := range x.profile.Parts {
		if p.Pipeline != last {
			fmt.Fprintf(&b, "pipeline %d\n", p.Pipeline)
			last = p.Pipeline
		}
		estimated := "-"
		if p.Node != nil && st.estimate != nil {
			estimated = fmt.Sprintf("%.0f", st.estimate(p.Node))
		}
		fmt.Fprintf(&b, "  %-16s rows=%-10d estimated=%-10s batches=%-7d time=%-10s %s\n", p.Name, p.Stats.Rows.Load(), estimated,
			p.Stats.Batches.Load(), time.Duration(p.Stats.Nanos.Load()).Round(time.Microsecond), nodeName(p.Node))
	}
	return b.String()
}

func nodeName(n plan.Node) string {
	if s, ok := n.(*plan.Scan); ok {
		return s.Table.DB + "." + s.Table.Name
	}
	return ""
}
