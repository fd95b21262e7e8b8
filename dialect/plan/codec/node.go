package codec

import (
	"errors"
	"fmt"

	"skep/dialect/plan"
	"skep/dialect/types"
)

// The kinds of nodes.
const (
	scan = 1 + iota
	values
	filter
	project
	aggregate
	join
	window
	sort
	limit
	union
	generate
	script
	distribute
	sharedRef
	remoteSource
)

// Node codes a node and what is below it.
func (c *Coder) Node(n *plan.Node) {
	kind := kindOf(*n)
	if !c.reading && kind == 0 {
		c.Fail(fmt.Errorf("a plan's node %T cannot be coded", *n))
		return
	}
	c.Uint(&kind)
	c.nested(func() {
		switch kind {
		case scan:
			node(n, c.scan)
		case values:
			node(n, c.values)
		case filter:
			node(n, c.filter)
		case project:
			node(n, c.project)
		case aggregate:
			node(n, c.aggregate)
		case join:
			node(n, c.join)
		case window:
			node(n, c.window)
		case sort:
			node(n, c.sort)
		case limit:
			node(n, c.limit)
		case union:
			node(n, c.union)
		case generate:
			node(n, c.generate)
		case script:
			node(n, c.script)
		case distribute:
			node(n, c.distribute)
		case sharedRef:
			node(n, c.sharedRef)
		case remoteSource:
			node(n, c.remoteSource)
		default:
			c.Fail(fmt.Errorf("node of kind %d", kind))
		}
	})
}

func kindOf(n plan.Node) uint64 {
	switch n.(type) {
	case *plan.Scan:
		return scan
	case *plan.Values:
		return values
	case *plan.Filter:
		return filter
	case *plan.Project:
		return project
	case *plan.Aggregate:
		return aggregate
	case *plan.Join:
		return join
	case *plan.Window:
		return window
	case *plan.Sort:
		return sort
	case *plan.Limit:
		return limit
	case *plan.Union:
		return union
	case *plan.Generate:
		return generate
	case *plan.Script:
		return script
	case *plan.Distribute:
		return distribute
	case *plan.Shared:
		return sharedRef
	case *plan.RemoteSource:
		return remoteSource
	}
	return 0
}

// node codes a node of a known type.
func node[T any, P interface {
	*T
	plan.Node
}](n *plan.Node, content func(P)) {
	p, ok := (*n).(P)
	if !ok {
		p = new(T)
	}
	if content(p); !ok { // what is written is not touched
		*n = p
	}
}

func (c *Coder) ints(v *[]int) { List(c, v, func(i *int) { c.Int(i) }) }

func (c *Coder) assigns(as *[]plan.Assign) {
	List(c, as, func(a *plan.Assign) {
		c.Column(&a.Column)
		c.MustExpr(&a.Expr)
	})
}

func (c *Coder) sortKeys(ks *[]plan.SortKey) {
	List(c, ks, func(k *plan.SortKey) {
		c.MustExpr(&k.Expr)
		c.Bool(&k.Desc)
		c.Bool(&k.NullsFirst)
	})
}

func (c *Coder) scan(n *plan.Scan) {
	c.table(&n.Table)
	if n.Table == nil {
		c.Fail(errors.New("a scan without a table"))
		return
	}
	c.String(&n.Alias)
	c.Columns(&n.Cols)
	c.ints(&n.Source)
	if len(n.Source) != len(n.Cols) {
		c.Fail(fmt.Errorf("a scan of %d columns with %d sources", len(n.Cols), len(n.Source)))
	}
	for _, s := range n.Source {
		if s < plan.VirtualRowID || s >= len(n.Table.Columns)+len(n.Table.PartitionKeys) {
			c.Fail(fmt.Errorf("a scan of column %d of %d", s, len(n.Table.Columns)+len(n.Table.PartitionKeys)))
		}
	}
	c.Exprs(&n.Filter)
	c.partitions(&n.Partitions)
	c.Bool(&n.Pruned)
	c.Bool(&n.Whole)
	some := n.Sample != nil
	if c.Bool(&some); some {
		if n.Sample == nil {
			n.Sample = &plan.Sample{}
		}
		s := n.Sample
		c.Int(&s.Bucket)
		c.Int(&s.OutOf)
		c.Exprs(&s.On)
		c.Float(&s.Percent)
		c.Int64(&s.Bytes)
		c.Int64(&s.Rows)
	}
}

func (c *Coder) values(n *plan.Values) {
	c.Columns(&n.Cols)
	List(c, &n.Rows, func(r *[]plan.Expr) {
		c.Exprs(r)
		if len(*r) != len(n.Cols) {
			c.Fail(fmt.Errorf("a row of %d values for %d columns", len(*r), len(n.Cols)))
		}
	})
}

func (c *Coder) filter(n *plan.Filter) {
	c.Node(&n.Input)
	c.MustExpr(&n.Cond)
}

func (c *Coder) project(n *plan.Project) {
	c.Node(&n.Input)
	c.assigns(&n.Exprs)
}

func (c *Coder) aggregate(n *plan.Aggregate) {
	c.Node(&n.Input)
	c.assigns(&n.Keys)
	List(c, &n.GroupingSets, func(set *[]int) {
		c.ints(set)
		for _, k := range *set {
			if k < 0 || k >= len(n.Keys) {
				c.Fail(fmt.Errorf("grouping key %d of %d", k, len(n.Keys)))
			}
		}
	})
	c.Column(&n.GroupingID)
	List(c, &n.Aggs, func(a *plan.AggCall) {
		c.Column(&a.Column)
		c.String(&a.Func)
		c.Exprs(&a.Args)
		c.Bool(&a.Distinct)
		Enum(c, &a.Mode, int(plan.AggFinal)+1)
		List(c, &a.ArgTypes, func(t **types.Type) { c.mustType(t) })
		c.Columns(&a.Partial)
	})
	c.Int(&n.Fixed)
	c.Bool(&n.Local)
}

func (c *Coder) join(n *plan.Join) {
	Enum(c, &n.Kind, int(plan.SingleJoin)+1)
	c.Node(&n.Left)
	c.Node(&n.Right)
	List(c, &n.Keys, func(k *plan.EquiKey) {
		c.MustExpr(&k.Left)
		c.MustExpr(&k.Right)
		c.Bool(&k.NullSafe)
	})
	c.Expr(&n.Residual)
	c.Column(&n.Mark)
	c.Bool(&n.NullAware)
	c.Bool(&n.BuildLeft)
	c.Bool(&n.Broadcast)
	c.Bool(&n.Hint)
}

func (c *Coder) window(n *plan.Window) {
	c.Node(&n.Input)
	c.Exprs(&n.PartitionBy)
	c.sortKeys(&n.OrderBy)
	List(c, &n.Calls, func(w *plan.WindowCall) {
		c.Column(&w.Column)
		c.String(&w.Func)
		c.Exprs(&w.Args)
		c.Bool(&w.Distinct)
		c.Bool(&w.IgnoreNulls)
		c.Bool(&w.Frame.Rows)
		c.bound(&w.Frame.Start)
		c.bound(&w.Frame.End)
	})
	some := n.Limit != nil
	if c.Bool(&some); some {
		if n.Limit == nil {
			n.Limit = &plan.RankLimit{}
		}
		c.String(&n.Limit.Func)
		c.Int64(&n.Limit.N)
	}
}

func (c *Coder) bound(b *plan.Bound) {
	Enum(c, &b.Kind, int(plan.UnboundedFollowing)+1)
	shared(c, &b.Offset, c.literal)
}

func (c *Coder) sort(n *plan.Sort) {
	c.Node(&n.Input)
	c.sortKeys(&n.Keys)
	c.Int64(&n.Limit)
	c.Int64(&n.Offset)
	c.Bool(&n.Partial)
}

func (c *Coder) limit(n *plan.Limit) {
	c.Node(&n.Input)
	c.Int64(&n.N)
	c.Int64(&n.Offset)
}

func (c *Coder) union(n *plan.Union) {
	List(c, &n.All, func(in *plan.Node) { c.Node(in) })
	c.Columns(&n.Cols)
	List(c, &n.Sources, func(s *[]plan.ColumnID) {
		List(c, s, func(id *plan.ColumnID) {
			x := int64(*id)
			c.Int64(&x)
			if *id = plan.ColumnID(x); int64(*id) != x {
				c.Fail(fmt.Errorf("column %d", x))
			}
		})
		if len(*s) != len(n.Cols) {
			c.Fail(fmt.Errorf("a union of %d columns takes %d of an input", len(n.Cols), len(*s)))
		}
	})
	if len(n.Sources) != len(n.All) {
		c.Fail(fmt.Errorf("a union of %d inputs with the columns of %d", len(n.All), len(n.Sources)))
	}
}

func (c *Coder) generate(n *plan.Generate) {
	c.Node(&n.Input)
	c.String(&n.Func)
	c.Exprs(&n.Args)
	c.Columns(&n.Outputs)
	c.Bool(&n.Outer)
}

func (c *Coder) script(n *plan.Script) {
	c.Node(&n.Input)
	c.Exprs(&n.Args)
	c.String(&n.Command)
	c.Columns(&n.Outputs)
	c.Bool(&n.KeyValue)
	for _, f := range []*plan.ScriptFormat{&n.InputFormat, &n.OutputFormat} {
		c.String(&f.SerDe)
		c.Map(&f.Properties)
	}
	c.Bool(&n.OutputTypesSet)
}

func (c *Coder) distribute(n *plan.Distribute) {
	c.Node(&n.Input)
	c.Exprs(&n.By)
}

func (c *Coder) sharedRef(n *plan.Shared) {
	shared(c, &n.Def, func(d *plan.SharedDef) {
		c.Int(&d.ID)
		c.String(&d.Name)
		c.Node(&d.Plan)
	})
	c.Columns(&n.Cols)
	if c.err == nil && (n.Def == nil || len(n.Cols) != len(n.Def.Plan.Columns())) {
		c.Fail(errors.New("a reference to a shared plan of other columns"))
	}
}

func (c *Coder) remoteSource(n *plan.RemoteSource) {
	c.Int(&n.Exchange)
	c.Columns(&n.Cols)
}
