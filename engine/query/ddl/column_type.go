package ddl

import (
	"strconv"
	"strings"

	"skep/dialect/analyzer"
	"skep/dialect/ast"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
)

// TypeOf resolves a type as written in a statement.
func TypeOf(n *ast.TypeName) (*types.Type, error) {
	if n == nil {
		return nil, sqlerr.Semanticf("a column type is missing")
	}
	if strings.EqualFold(n.Name, "datetime") {
		return nil, sqlerr.New(sqlerr.UnsupportedType)
	}
	if err := analyzer.CheckType(n); err != nil {
		return nil, err
	}
	t, err := types.Parse(typeText(n))
	if err != nil {
		return nil, sqlerr.Semanticf("%s", err.Error()).WithCause(err)
	}
	return t, nil
}

// declaredType is the text of t, which n declares: Hive keeps the names of fields as they are written.
func declaredType(n *ast.TypeName, t *types.Type) string {
	switch {
	case t.Kind == types.Array && len(n.Params) == 1:
		return "array<" + declaredType(n.Params[0], t.Elem) + ">"
	case t.Kind == types.Map && len(n.Params) == 2:
		return "map<" + declaredType(n.Params[0], t.Key) + "," + declaredType(n.Params[1], t.Elem) + ">"
	case t.Kind == types.Struct && len(n.Fields) == len(t.Fields) || t.Kind == types.Union && len(n.Params) == len(t.Fields):
		var list []string
		for i, f := range t.Fields {
			if t.Kind == types.Struct {
				list = append(list, n.Fields[i].Name.Name+":"+declaredType(n.Fields[i].Type, f.Type))
			} else {
				list = append(list, declaredType(n.Params[i], f.Type))
			}
		}
		name, _, _ := strings.Cut(t.String(), "<")
		return name + "<" + strings.Join(list, ",") + ">"
	}
	return t.String()
}

func typeText(n *ast.TypeName) string {
	var b strings.Builder
	b.WriteString(n.Name)
	for i, a := range n.Args {
		b.WriteByte("(,"[min(i, 1)])
		b.WriteString(strconv.Itoa(a))
		if i == len(n.Args)-1 {
			b.WriteByte(')')
		}
	}
	if len(n.Params)+len(n.Fields) > 0 {
		b.WriteByte('<')
		for i, p := range n.Params {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(typeText(p))
		}
		for i, f := range n.Fields {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString("`" + strings.ToLower(f.Name.Name) + "`:" + typeText(f.Type))
		}
		b.WriteByte('>')
	}
	return b.String()
}
