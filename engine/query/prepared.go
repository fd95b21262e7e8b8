package query

import (
	"context"
	"fmt"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/parser"
	"skep/dialect/sqlerr"
)

// prepared is what PREPARE keeps for the session: the whole statement, and how it was read.
type prepared struct {
	sql     string
	options parser.Options
}

// compilePrepare checks a query whose parameters have no values yet, keeps it under its name, and answers its columns without rows.
func (st *Statement) compilePrepare(ctx context.Context, n *ast.Prepare) error {
	name := strings.ToLower(n.Name.Name)
	bind(n.Query, nil)
	if err := st.compile(ctx, n.Query); err != nil {
		return err
	}
	s := st.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.prepared[name]; ok {
		return sqlerr.Semanticf("Prepare query: %s already exists.", name)
	}
	s.prepared[name] = prepared{st.sql, st.parserOptions()}
	st.root, st.plans = nil, nil
	st.task = func(context.Context) error { return nil }
	return nil
}

// compileExecute compiles a prepared query with the given values of its parameters.
func (st *Statement) compileExecute(ctx context.Context, n *ast.Execute) error {
	s := st.session
	s.mu.Lock()
	p, ok := s.prepared[strings.ToLower(n.Name.Name)]
	s.mu.Unlock()
	if !ok {
		return sqlerr.Semanticf("No existing plan found for the execute statement. Please make sure to add one using prepare")
	}
	tree, err := parser.Parse(p.sql, p.options)
	if err != nil {
		return fmt.Errorf("reading the prepared statement %s: %w", n.Name.Name, err)
	}
	query := tree.(*ast.Prepare).Query
	if bind(query, n.Args) > len(n.Args) {
		return sqlerr.Plain(sqlerr.IllegalArgumentException, "Paramter index not found")
	}
	if err := st.resolveFunctions(ctx, query); err != nil {
		return err
	}
	return st.compile(ctx, query)
}

// bind gives the parameters within a tree their values, NULL to those without, and returns how many there are.
func bind(tree ast.Node, values []ast.Expr) int {
	params := 0
	ast.Inspect(tree, func(n ast.Node) bool {
		p, ok := n.(*ast.Param)
		if !ok {
			return true
		}
		params = max(params, p.Index)
		if p.Index <= len(values) {
			p.Value = values[p.Index-1]
		} else {
			p.Value = &ast.Literal{Pos: p.Pos, Kind: ast.LitNull}
		}
		return false
	})
	return params
}
