package ddl

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/parser"
	"skep/dialect/printer"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
	"skep/metastore"
	"skep/metastore/model"
	"skep/metastore/partition"
)

// comparison compares a partition key with a constant.
func (env *Env) comparison(ctx context.Context, t *model.Table, key *model.Column, op string, e ast.Expr) (partition.Filter, error) {
	v, err := env.keyConstant(ctx, key, e)
	if err != nil {
		return nil, err
	}
	o, ok := comparisonOps[op]
	if !ok && v.Kind != partition.Null {
		column := &ast.ColumnRef{Pos: e.Position(), Name: &ast.Ident{Pos: e.Position(), Name: key.Name}}
		if op := strings.ToUpper(op); op == string(ast.OpLike) || op == string(ast.OpRLike) || op == string(ast.OpRegexp) {
			return env.evaluated(ctx, t, &ast.Like{Pos: e.Position(), Expr: column, Op: ast.LikeOp(op), Patterns: []ast.Expr{e}})
		}
		return env.evaluated(ctx, t, &ast.Binary{Pos: e.Position(), Op: ast.BinaryOp(op), Left: column, Right: e})
	}
	if v.Kind == partition.Null {
		switch {
		case ok && o == partition.Equal:
			return partition.IsNull{Key: key.Name}, nil
		case ok && o == partition.NotEqual:
			return partition.Not{Filter: partition.IsNull{Key: key.Name}}, nil
		}
		return nil, sqlerr.Semanticf("Unexpected unknown partitions for (%s %s null)", key.Name, op)
	}
	return partition.Comparison{Key: key.Name, Op: o, Value: v}, nil
}

// keyConstant evaluates a constant as a value of a partition key; the default partition and what does not fit are NULL.
func (env *Env) keyConstant(ctx context.Context, key *model.Column, e ast.Expr) (partition.Value, error) {
	text, null, err := env.Session.Const(ctx, e, types.StringType)
	if err != nil || null {
		return partition.Value{}, err
	}
	t, err := types.Parse(key.Type)
	if err != nil {
		return partition.Value{}, err
	}
	if !t.IsString() && text != partition.DefaultName {
		if text, null, err = env.Session.Const(ctx, e, t); err != nil || null {
			return partition.Value{}, err
		}
	}
	return partition.TypeOf(key.Type).Parse(text), nil
}

// condition translates a condition on partition keys, such as the WHERE of SHOW PARTITIONS.
func (env *Env) condition(ctx context.Context, t *model.Table, e ast.Expr) (partition.Filter, error) {
	switch x := e.(type) {
	case *ast.Unary:
		if x.Op == ast.OpNot {
			f, err := env.condition(ctx, t, x.Expr)
			return partition.Not{Filter: f}, err
		}
	case *ast.Binary:
		if x.Op == ast.OpAnd || x.Op == ast.OpOr {
			left, err := env.condition(ctx, t, x.Left)
			if err != nil {
				return nil, err
			}
			right, err := env.condition(ctx, t, x.Right)
			if x.Op == ast.OpOr {
				return partition.Or{left, right}, err
			}
			return partition.And{left, right}, err
		}
		if key := keyRef(t, x.Left); key != nil {
			return env.comparison(ctx, t, key, string(x.Op), x.Right)
		}
		if key := keyRef(t, x.Right); key != nil {
			return env.comparison(ctx, t, key, mirrored(string(x.Op)), x.Left)
		}
	case *ast.Is:
		if key := keyRef(t, x.Expr); key != nil && x.Kind == ast.IsNull {
			return negatedIf(partition.IsNull{Key: key.Name}, x.Not), nil
		}
	case *ast.Between:
		if key := keyRef(t, x.Expr); key != nil {
			low, err := env.comparison(ctx, t, key, ">=", x.Low)
			if err != nil {
				return nil, err
			}
			high, err := env.comparison(ctx, t, key, "<=", x.High)
			return negatedIf(partition.And{low, high}, x.Not), err
		}
	case *ast.In:
		if key := keyRef(t, x.Expr); key != nil && x.Query == nil {
			in := partition.In{Key: key.Name}
			for _, i := range x.List {
				v, err := env.keyConstant(ctx, key, i)
				if err != nil {
					return nil, err
				}
				in.Values = append(in.Values, v)
			}
			return negatedIf(in, x.Not), nil
		}
	}
	return env.evaluated(ctx, t, e)
}

// evaluated is a condition of any form: it is evaluated for every partition, with the keys' values in place of the keys.
func (env *Env) evaluated(ctx context.Context, t *model.Table, e ast.Expr) (partition.Filter, error) {
	kind, err := env.Session.TypeOf(ctx, ast.CloneExpr(e), t.PartitionKeys)
	if err != nil {
		return nil, err
	}
	if kind == nil {
		unknown := ""
		ast.Inspect(e, func(n ast.Node) bool {
			if c, ok := n.(*ast.ColumnRef); ok && unknown == "" && keyRef(t, c) == nil {
				at := sqlerr.At(sqlerr.InvalidTableOrColumn, c.Position())
				unknown = at.Msg + ": (possible column names are: " + strings.Join(keyNames(t), ", ") + ")"
			}
			return true
		})
		if unknown != "" {
			return nil, sqlerr.CodedSemanticf(sqlerr.InvalidTableOrColumn, "Not a filter expr: null. %s", unknown)
		}
	}
	if kind == nil || kind.Kind != types.Boolean {
		return nil, sqlerr.Semanticf("a condition on partitions must be boolean")
	}
	names := keyNames(t)
	casts := make([]*ast.TypeName, len(names))
	for i, k := range t.PartitionKeys {
		x, err := parser.ParseExpr("cast(0 as "+k.Type+")", parser.Options{})
		if err != nil {
			return nil, fmt.Errorf("type of partition key %s: %w", k.Name, err)
		}
		casts[i] = x.(*ast.Cast).Type
	}
	return partition.Opaque{Keys: names, Match: func(values []partition.Value) partition.Truth {
		bound := ast.RewriteExpr(ast.CloneExpr(e), func(x ast.Expr) ast.Expr {
			key := keyRef(t, x)
			if key == nil {
				return x
			}
			i := slices.Index(names, key.Name)
			if values[i].Kind == partition.Null {
				return &ast.Literal{Pos: x.Position(), Kind: ast.LitNull, Value: "null", Text: "null"}
			}
			return &ast.Cast{Pos: x.Position(), Expr: &ast.Literal{Pos: x.Position(), Kind: ast.LitString, Value: values[i].String()}, Type: casts[i]}
		})
		text, null, err := env.Session.Const(ctx, bound, types.BooleanType)
		switch {
		case err != nil || null:
			return partition.Unknown
		case strings.EqualFold(text, "true"):
			return partition.True
		}
		return partition.False
	}}, nil
}

func negatedIf(f partition.Filter, not bool) partition.Filter {
	if not {
		return partition.Not{Filter: f}
	}
	return f
}

// mirrored is the operator with its sides exchanged.
func mirrored(op string) string {
	switch op[0] {
	case '<':
		if op != "<>" {
			return ">" + op[1:]
		}
	case '>':
		return "<" + op[1:]
	}
	return op
}

// keyRef returns the partition key that an expression names, or nil.
func keyRef(t *model.Table, e ast.Expr) *model.Column {
	switch x := e.(type) {
	case *ast.ColumnRef:
		return keyOf(t, strings.ToLower(x.Name.Name))
	case *ast.FieldRef:
		if base, ok := x.Base.(*ast.ColumnRef); ok && strings.EqualFold(base.Name.Name, t.Name) {
			return keyOf(t, strings.ToLower(x.Name.Name))
		}
	}
	return nil
}

// selectPartitions lists partitions by condition, order and limit.
func (env *Env) selectPartitions(ctx context.Context, t *model.Table, s *ast.Show, q metastore.PartitionQuery) (func(context.Context) ([]string, error), error) {
	if s.Where != nil {
		f, err := env.condition(ctx, t, s.Where)
		if err != nil {
			return nil, err
		}
		if q.Filter == nil {
			q.Filter = f
		} else {
			q.Filter = partition.And{q.Filter, f}
		}
	}
	type order struct {
		key  int
		typ  partition.Type
		sign int
	}
	var orders []order
	for _, i := range s.OrderBy {
		key := keyRef(t, i.Expr)
		if key == nil {
			return nil, sqlerr.Semanticf("Only partition keys are allowed for sorting partition names, input: %s", orderTree(i.Expr))
		}
		o := order{slices.Index(keyNames(t), key.Name), partition.TypeOf(key.Type), 1}
		if i.Order == ast.SortDesc {
			o.sign = -1
		}
		orders = append(orders, o)
	}
	limit := -1
	if s.Limit != nil {
		n, err := env.intConstant(ctx, s.Limit.Count)
		if err != nil {
			return nil, err
		}
		limit = n
	}
	return func(ctx context.Context) ([]string, error) {
		q.WithoutParameters = true
		parts, err := env.Store.Partitions(ctx, t.Database, t.Name, q)
		if err != nil {
			return nil, env.failed(err)
		}
		slices.SortStableFunc(parts, func(a, b *model.Partition) int {
			for _, o := range orders {
				x, y := o.typ.Parse(a.Values[o.key]), o.typ.Parse(b.Values[o.key])
				c, ok := partition.Compare(x, y)
				if !ok {
					c = cmp.Compare(boolInt(x.Kind == partition.Null), boolInt(y.Kind == partition.Null))
				}
				if c != 0 {
					return c * o.sign
				}
			}
			return 0
		})
		var names []string
		for i, p := range parts {
			if limit >= 0 && i >= limit {
				break
			}
			names = append(names, partition.Name(keyNames(t), p.Values))
		}
		return names, nil
	}, nil
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (env *Env) intConstant(ctx context.Context, e ast.Expr) (int, error) {
	text, null, err := env.Session.Const(ctx, e, types.IntType)
	if err != nil {
		return 0, err
	}
	n := 0
	if null {
		return 0, sqlerr.Semanticf("a number is expected")
	}
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, sqlerr.Semanticf("a number is expected, not %s", text)
		}
		n = n*10 + int(c-'0')
	}
	return n, nil
}

// orderTree writes what SHOW PARTITIONS cannot order by as Hive's syntax tree, for a name.
func orderTree(e ast.Expr) string {
	if c, ok := e.(*ast.ColumnRef); ok {
		return "(tok_table_or_col " + strings.ToLower(c.Name.Name) + ")"
	}
	return strings.ToLower(printer.Expr(e))
}
