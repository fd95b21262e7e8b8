package analyzer

import (
	"strings"

	"skep/dialect/ast"
	"skep/dialect/plan"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
)

// scopeColumn is a column that expressions may name.
type scopeColumn struct {
	col       plan.Column
	name      string // lower-case
	ambiguous bool   // several columns of the relation have this name
	hidden    bool   // joined away by USING: reachable by qualified name only
	lead      int    // not 0: the place, from 1, among the columns of USING, which lead in the expansion of *
	origin    string // see output
}

// relation is one named item of FROM.
type relation struct {
	alias string // lower-case; "" cannot be named
	cols  []scopeColumn
	scan  *plan.Scan // for virtual columns; nil for derived tables
	// using lists columns that USING merged into one of a full join, which are reachable by their names alone.
	using bool
}

// find returns the relation's column called name.
func (r *relation) find(name string) *scopeColumn {
	for i := range r.cols {
		if r.cols[i].name == name {
			return &r.cols[i]
		}
	}
	return nil
}

// virtualColumns are the virtual columns of a scan by lower-case name.
var virtualColumns = map[string]struct {
	source int
	typ    *types.Type
}{
	"input__file__name":           {plan.VirtualInputFileName, types.StringType},
	"block__offset__inside__file": {plan.VirtualBlockOffset, types.BigIntType},
	"row__offset__inside__block":  {plan.VirtualRowOffset, types.BigIntType},
	"row__id": {plan.VirtualRowID, types.NewStruct(types.Field{Name: "writeid", Type: types.BigIntType},
		types.Field{Name: "bucketid", Type: types.IntType}, types.Field{Name: "rowid", Type: types.BigIntType})},
}

// virtual returns the virtual column called name, adding it to the scan on first use.
func (b *builder) virtual(r *relation, name string) *scopeColumn {
	v, ok := virtualColumns[name]
	if !ok || r.scan == nil || v.source == plan.VirtualRowOffset && !b.env.Conf.Bool("hive.exec.rowoffset") {
		return nil
	}
	for i, s := range r.scan.Source {
		if s == v.source {
			return &scopeColumn{col: r.scan.Cols[i], name: name}
		}
	}
	c := b.column(name, v.typ)
	r.scan.Cols = append(r.scan.Cols, c)
	r.scan.Source = append(r.scan.Source, v.source)
	return &scopeColumn{col: c, name: name}
}

// scope is what the names of a query block's expressions can mean.
type scope struct {
	rels []*relation
}

func (s *scope) relation(alias string) *relation {
	for _, r := range s.rels {
		if r.alias == alias && alias != "" {
			return r
		}
	}
	return nil
}

// lookup finds the column called name among all relations; nil when there is none.
func (b *builder) lookup(s *scope, name string) (*scopeColumn, *relation, error) {
	var found *scopeColumn
	var in *relation
	for _, r := range s.rels {
		c := r.find(name)
		if c == nil || c.hidden {
			continue
		}
		if c.ambiguous {
			return nil, nil, b.ambiguous(name, r)
		}
		if found != nil {
			return nil, nil, sqlerr.Semanticf("Column %s Found in more than One Tables/Subqueries", name)
		}
		found, in = c, r
	}
	if found != nil {
		return found, in, nil
	}
	if _, ok := virtualColumns[name]; ok {
		for _, r := range s.rels {
			if r.scan == nil {
				continue
			}
			if found != nil {
				return nil, nil, sqlerr.Semanticf("Column %s Found in more than One Tables/Subqueries", name)
			}
			found, in = b.virtual(r, name), r
		}
	}
	return found, in, nil
}

func (b *builder) ambiguous(name string, r *relation) error {
	if b.hive3() {
		return sqlerr.Semanticf("Ambiguous column reference: %s.%s", r.alias, name)
	}
	return sqlerr.CodedSemanticf(sqlerr.AmbiguousColumn, "%s %s in %s", sqlerr.Text(sqlerr.AmbiguousColumn), name, r.alias)
}

// member finds column name of relation r; nil when there is none.
func (b *builder) member(r *relation, name string) (*scopeColumn, error) {
	if c := r.find(name); c != nil {
		if c.ambiguous {
			return nil, b.ambiguous(name, r)
		}
		return c, nil
	}
	return b.virtual(r, name), nil
}

// names lists what a message may suggest for an unknown name.
func (s *scope) names(name string) []string {
	var out []string
	if r := s.relation(name); r != nil {
		for _, c := range r.cols {
			out = append(out, c.name)
		}
		return out
	}
	named := 0
	for _, r := range s.rels {
		if !r.using {
			named++
		}
	}
	for _, r := range s.rels {
		for _, c := range r.cols {
			switch {
			case c.hidden:
			case named > 1 && r.alias != "":
				out = append(out, r.alias+"."+c.name)
			default:
				out = append(out, c.name)
			}
		}
	}
	return out
}

// unknownName is the error for a name that is neither a column nor a table alias.
func unknownName(s *scope, at ast.Node, name string) error {
	return sqlerr.AtReason(sqlerr.InvalidTableOrColumn, at.Position(), possibleNames(s.names(name)))
}

func lower(id *ast.Ident) string {
	if id == nil {
		return ""
	}
	return strings.ToLower(id.Name)
}
