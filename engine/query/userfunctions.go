package query

import (
	"context"
	"maps"
	"slices"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/function"
	"skep/metastore/model"
)

// SetFunction makes a temporary function of a class of Hive's; "" removes it.
func (s *Session) SetFunction(name, class string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if class == "" {
		delete(s.functions, strings.ToLower(name))
		return
	}
	s.functions[strings.ToLower(name)] = class
}

// FunctionClass returns the class of a temporary function, "" when there is none of that name.
func (s *Session) FunctionClass(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.functions[strings.ToLower(name)]
}

// FunctionNames lists the temporary functions.
func (s *Session) FunctionNames() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.functions))
}

// resolveFunctions puts built-in functions in the place of calls of functions that users have made of their classes.
func (st *Statement) resolveFunctions(ctx context.Context, tree ast.Statement) error {
	var failure error
	ast.Inspect(tree, func(n ast.Node) bool {
		c, ok := n.(*ast.Call)
		if !ok || failure != nil {
			return failure == nil
		}
		class, err := st.userFunction(ctx, c.Name)
		if failure = err; class == "" {
			return failure == nil
		}
		if builtin, ok := function.OfClass(class); ok {
			name := *c.Name
			name.DB, name.Name = nil, &ast.Ident{Pos: c.Name.Name.Pos, Name: builtin}
			c.Name = &name
		}
		return true
	})
	return failure
}

// userFunction is the class of a function of the session or the metastore, "" for another.
func (st *Statement) userFunction(ctx context.Context, n *ast.FunctionName) (string, error) {
	s, db := st.session, st.session.Database()
	if n.DB == nil {
		if class := s.FunctionClass(n.Name.Name); class != "" {
			return class, nil
		}
		if _, builtin := function.Lookup(n.Name.Name); builtin || s.HasMacro(n.Name.Name) {
			return "", nil
		}
	} else {
		db = lower(n.DB.Name)
	}
	f, err := s.engine.store.Function(ctx, db, lower(n.Name.Name))
	if err != nil {
		if model.KindOf(err) == model.NoSuchObject {
			err = nil
		}
		return "", err
	}
	return f.Class, nil
}
