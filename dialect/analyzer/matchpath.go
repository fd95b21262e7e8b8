package analyzer

import (
	"fmt"
	"strconv"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/plan"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
)

// pathColumn is the name under which the result expressions of matchpath see the rows of a path.
const pathColumn = "tpath"

// badMatchPath is the error for arguments that do not fit.
func badMatchPath(format string, a ...any) error {
	return sqlerr.Semanticf("MatchPath signature is: SymbolPattern, one or more SymbolName, expression pairs, the result expression as a "+
		"select list. Error %s", fmt.Sprintf(format, a...))
}

// matchPath builds matchpath(ON … pattern, symbol, condition, …, results): a window function that gives each row the path that begins
// with it, the rows for which there is one, and the result expressions over these.
func (b *builder) matchPath(f *ast.PTFRef, s *source, partitionBy []plan.Expr, orderBy []plan.SortKey, outer *block) (*source, error) {
	if len(f.Args) < 4 {
		return nil, badMatchPath("at least 4 arguments required")
	}
	if len(f.Args)%2 != 0 {
		return nil, badMatchPath("Symbol Name, Expression need to be specified in pairs: there are odd number of symbol args")
	}
	blk := b.newBlock(outer)
	blk.scope.rels = s.rels
	x := blk.exprs(0)
	args := make([]plan.Expr, len(f.Args))
	for i, a := range f.Args {
		var err error
		if args[i], err = x.expr(a.Expr); err != nil {
			return nil, err
		}
	}
	text := func(e plan.Expr) (string, bool) {
		l := x.constantLiteral(e)
		if l == nil || l.Value.Null || l.T.Kind != types.String {
			return "", false
		}
		return l.Value.S, true
	}
	pattern, ok := text(args[0])
	if !ok {
		return nil, badMatchPath("Currently the symbol Pattern must be a Constant String.")
	}
	symbols := map[string]int{}
	var conditions []plan.Expr
	for i := 1; i < len(args)-1; i += 2 {
		name, ok := text(args[i])
		if !ok {
			return nil, badMatchPath("Currently a Symbol Name(%s) must be a Constant String", f.Args[i].Expr.Position().Token)
		}
		if args[i+1].Type().Kind != types.Boolean {
			return nil, badMatchPath("Currently a Symbol Expression(%s) must be a boolean expression", f.Args[i+1].Expr.Position().Token)
		}
		symbols[strings.ToLower(name)] = len(conditions)
		conditions = append(conditions, args[i+1])
	}
	results, ok := text(args[len(args)-1])
	if !ok {
		return nil, badMatchPath("Currently the result Expr parameter must be a Constant String.")
	}
	steps, err := pathSteps(pattern, symbols)
	if err != nil {
		return nil, err
	}
	row := rowOf(s.rels)
	call := plan.WindowCall{Column: b.column(pathColumn, types.NewArray(row.T)), Func: plan.MatchPath,
		Args:  append(append([]plan.Expr{stringLiteral(steps)}, conditions...), row),
		Frame: plan.Frame{Start: plan.Bound{Kind: plan.UnboundedPreceding}, End: plan.Bound{Kind: plan.UnboundedFollowing}}}
	w := &plan.Window{Input: s.node, PartitionBy: partitionBy, OrderBy: orderBy, Calls: []plan.WindowCall{call}}
	matched := &plan.Filter{Input: w, Cond: &plan.Call{Func: "isnotnull", Args: []plan.Expr{plan.NewColumnRef(call.Column)}, T: types.BooleanType}}
	return b.pathResults(f, results, matched, append(s.rels[:len(s.rels):len(s.rels)], &relation{cols: []scopeColumn{{col: call.Column, name: pathColumn}}}))
}

// pathSteps rewrites a pattern to positions of conditions.
func pathSteps(pattern string, symbols map[string]int) (string, error) {
	var steps []string
	for _, s := range strings.Split(strings.TrimRight(pattern, "."), ".") {
		repeat := ""
		if strings.HasSuffix(s, "*") || strings.HasSuffix(s, "+") {
			s, repeat = s[:len(s)-1], s[len(s)-1:]
		}
		at, ok := symbols[strings.ToLower(s)]
		if !ok {
			return "", sqlerr.Semanticf("Unknown Symbol %s", s)
		}
		steps = append(steps, strconv.Itoa(at)+repeat)
	}
	return strings.Join(steps, "."), nil
}

// rowOf is a row of relations as a struct.
func rowOf(rels []*relation) *plan.Call {
	var args []plan.Expr
	var fields []types.Field
	for _, r := range rels {
		for _, c := range r.cols {
			args = append(args, plan.NewColumnRef(c.col))
			fields = append(fields, types.Field{Name: c.name, Type: c.col.Type})
		}
	}
	return &plan.Call{Func: "struct", Args: args, T: types.NewStruct(fields...)}
}

// pathResults builds the result expressions, a select list with or without the word.
func (b *builder) pathResults(f *ast.PTFRef, text string, n plan.Node, rels []*relation) (*source, error) {
	if text = strings.TrimSpace(text); len(text) < 6 || !strings.EqualFold(text[:6], "select") {
		text = "select " + text
	}
	q, err := b.env.ParseQuery(text)
	if err != nil {
		return nil, err
	}
	sel, ok := q.Body.(*ast.Select)
	if !ok {
		return nil, badMatchPath("%s is no select list", text)
	}
	saved := b.trace
	b.trace = nil // the text is not part of the statement's
	defer func() { b.trace = saved }()
	blk := b.newBlock(nil)
	blk.scope.rels = rels
	x := blk.exprs(0)
	p := &plan.Project{Input: n}
	rel := &relation{alias: rels[0].alias}
	if f.Alias != nil {
		rel.alias = lower(f.Alias)
	}
	for i, it := range sel.Items {
		v, err := x.expr(it.Expr)
		if err != nil {
			return nil, err
		}
		name := fmt.Sprintf("matchpath_col_%d", i)
		switch e := it.Expr.(type) {
		case *ast.ColumnRef:
			name = lower(e.Name)
		case *ast.FieldRef:
			if isColumn(v) {
				name = lower(e.Name)
			}
		}
		if len(it.Aliases) > 0 {
			name = lower(it.Aliases[0])
		}
		c := b.column(name, v.Type())
		p.Exprs = append(p.Exprs, plan.Assign{Column: c, Expr: v})
		rel.cols = append(rel.cols, scopeColumn{col: c, name: name})
	}
	return &source{p, []*relation{rel}}, nil
}
