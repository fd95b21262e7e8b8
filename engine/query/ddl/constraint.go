package ddl

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/printer"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
	"skep/metastore"
	"skep/metastore/model"
)

// maxConstraint is the longest name or expression of a constraint that Hive's metastore keeps.
const maxConstraint = 255

// badConstraint is Hive's error for a constraint that it does not accept.
func badConstraint(reason string) error {
	return sqlerr.CodedSemanticf(sqlerr.InvalidCstrSyntax, "%s %s", sqlerr.Text(sqlerr.InvalidCstrSyntax), reason)
}

// constraint describes a constraint as written; columns are those of a column constraint.
func (env *Env) constraint(k *ast.Constraint, columns []string) model.Constraint {
	for _, c := range k.Columns {
		columns = append(columns, strings.ToLower(c.Name))
	}
	c := model.Constraint{
		Kind: model.ConstraintKind(k.Kind), Columns: columns,
		Enable: k.Enable == "ENABLE", Validate: k.Validate == "VALIDATE", Rely: k.Rely == "RELY",
	}
	switch k.Kind {
	case ast.NotNullConstraint, ast.DefaultConstraint, ast.CheckConstraint:
		c.Enable, c.Rely = k.Enable != "DISABLE", k.Rely == "RELY" || k.Rely == "" && k.Enable != "DISABLE"
	}
	switch {
	case k.Expr == nil:
	case k.Kind == ast.CheckConstraint:
		c.Expression = quotedExpr(k.Expr)
	default:
		c.Expression = k.ExprSpan.Text(env.SQL)
	}
	if k.Name != nil {
		c.Name = strings.ToLower(k.Name.Name)
	}
	if k.References != nil {
		c.ParentDatabase, c.ParentTable = env.tableName(k.References)
		for _, r := range k.RefColumns {
			c.ParentColumns = append(c.ParentColumns, strings.ToLower(r.Name))
		}
	}
	return c
}

// quotedExpr is the text of an expression with column names in back-ticks, as Hive keeps conditions.
func quotedExpr(e ast.Expr) string {
	ast.Inspect(e, func(n ast.Node) bool {
		if c, ok := n.(*ast.ColumnRef); ok {
			c.Name.Name, c.Name.Quoted = strings.ToLower(c.Name.Name), true
		}
		return true
	})
	return printer.Expr(e)
}

// checkConstraints checks that the columns of constraints are the table's.
func (env *Env) checkConstraints(t *model.Table, list []model.Constraint) error {
	primary := false
	for _, c := range list {
		if t.Type == model.ExternalTable && !translated(t) && (c.Enable || !c.Rely && (c.Kind == model.CheckConstraint || c.Kind == model.DefaultConstraint)) {
			return sqlerr.CodedSemanticf(sqlerr.InvalidCstrSyntax, "%s Constraints are disallowed with External tables. Only RELY is allowed.",
				sqlerr.Text(sqlerr.InvalidCstrSyntax))
		}
		for _, name := range c.Columns {
			if columnType(t, name) == "" {
				side := "Parent"
				if c.Kind == model.ForeignKey {
					side = "Child"
				}
				return env.failed(errors.New("InvalidObjectException(message:" + side + " column not found: " + name + ")"))
			}
		}
		if c.Kind == model.PrimaryKey && primary {
			return sqlerr.CodedSemanticf(sqlerr.InvalidConstraint, "%s Cannot exist more than one primary key definition for the same table", sqlerr.Text(sqlerr.InvalidConstraint))
		}
		primary = primary || c.Kind == model.PrimaryKey
	}
	return nil
}

// checkConstraint rejects what Hive does not enforce and expressions that it does not accept. column is that of a constraint
// on one column, else nil; columns are the table's.
func (env *Env) checkConstraint(ctx context.Context, k *ast.Constraint, column *model.Column, columns []model.Column) error {
	if k.Name != nil && len(k.Name.Name) > maxConstraint {
		return badConstraint("Constraint name: " + strings.ToLower(k.Name.Name) + " exceeded maximum allowed length: 255")
	}
	switch k.Kind {
	case ast.DefaultConstraint:
		if column != nil {
			return env.checkDefault(ctx, k, *column)
		}
	case ast.CheckConstraint:
		return env.checkCondition(ctx, k, columns)
	case ast.PrimaryKey, ast.ForeignKey, ast.UniqueConstraint:
		if k.Kind == ast.ForeignKey && (k.Enable != "DISABLE" || k.Validate == "VALIDATE") {
			reason := "ENABLE feature not supported yet. Please use DISABLE instead."
			if k.Enable == "DISABLE" {
				reason = "VALIDATE feature not supported yet. Please use NOVALIDATE instead."
			}
			return sqlerr.CodedSemanticf(sqlerr.InvalidFKSyntax, "%s %s", sqlerr.Text(sqlerr.InvalidFKSyntax), reason)
		}
		if k.Enable != "DISABLE" { // the default is to enforce
			return sqlerr.CodedSemanticf(sqlerr.InvalidCstrSyntax, "%s ENABLE/ENFORCED feature not supported yet. Please use DISABLE/NOT ENFORCED instead.", sqlerr.Text(sqlerr.InvalidCstrSyntax))
		}
		if k.Validate == "VALIDATE" {
			return sqlerr.CodedSemanticf(sqlerr.InvalidCstrSyntax, "%s VALIDATE feature not supported yet. Please use NOVALIDATE instead.", sqlerr.Text(sqlerr.InvalidCstrSyntax))
		}
	}
	return nil
}

// newConstraints refuses names that constraints of other tables have, as Hive 3.1 did.
func (env *Env) newConstraints(ctx context.Context, list []model.Constraint) error {
	for _, c := range list {
		if !env.is31() || c.Name == "" {
			continue
		}
		taken, err := env.Store.HasConstraint(ctx, c.Name)
		if err == nil && taken {
			err = errors.New("InvalidObjectException(message:Constraint name already exists: " + c.Name + ")")
		}
		if err != nil {
			return env.failed(err)
		}
	}
	return nil
}

func (a *alteration) addConstraints(ctx context.Context, list []model.Constraint) error {
	if err := a.env.newConstraints(ctx, list); err != nil {
		return err
	}
	return a.env.update(ctx, func(tx metastore.Tx) error { return tx.AddConstraints(ctx, a.t.Database, a.t.Name, list) })
}

func (a *alteration) addConstraint(ctx context.Context, x *ast.AlterAddConstraint) (*Task, error) {
	if x.Constraint.Kind != ast.CheckConstraint { // whose condition is not looked at here
		if err := a.env.checkConstraint(ctx, x.Constraint, nil, a.t.Storage.Columns); err != nil {
			return nil, err
		}
	}
	c := a.env.constraint(x.Constraint, nil)
	if err := a.env.checkConstraints(a.t, []model.Constraint{c}); err != nil {
		return nil, err
	}
	return done(func(ctx context.Context) error {
		old, err := a.env.Store.Constraints(ctx, a.t.Database, a.t.Name)
		if err != nil {
			return a.env.failed(err)
		}
		if err := a.env.checkForeignKeys(ctx, a.t, append(old, c)); err != nil {
			return err
		}
		if c.Kind == model.PrimaryKey {
			if slices.ContainsFunc(old, func(o model.Constraint) bool { return o.Kind == c.Kind }) {
				return a.env.failed(errors.New("MetaException(message: Primary key already exists for: hive." + a.t.Database + "." + a.t.Name + ")"))
			}
		}
		return a.addConstraints(ctx, []model.Constraint{c})
	}), nil
}

func (a *alteration) dropConstraint(x *ast.AlterDropConstraint) (*Task, error) {
	return done(func(ctx context.Context) error {
		err := a.env.Store.Update(ctx, func(tx metastore.Tx) error {
			return tx.DropConstraint(ctx, a.t.Database, a.t.Name, strings.ToLower(x.Name.Name))
		})
		if model.KindOf(err) == model.NoSuchObject {
			err = errors.New("InvalidObjectException(message:" + err.Error() + ")")
		}
		return a.env.failed(err)
	}), nil
}

// checkDefault checks that a default is a constant, or a function without arguments, of exactly the column's type.
func (env *Env) checkDefault(ctx context.Context, k *ast.Constraint, column model.Column) error {
	text := k.ExprSpan.Text(env.SQL)
	t, err := env.Session.TypeOf(ctx, k.Expr, nil)
	if err != nil {
		return err
	}
	switch want, _ := types.Parse(column.Type); {
	case t == nil:
		return badConstraint("Invalid Default value!")
	case len(text) > maxConstraint:
		return badConstraint("Invalid Default value:  " + text + " .Maximum character length allowed is 255 .")
	case t.Kind != types.Void && !t.Equal(want):
		return badConstraint("Invalid type: " + t.String() + " for default value: " + text +
			". Please make sure that the type is compatible with column type: " + column.Type)
	}
	return nil
}

// checkCondition checks that a CHECK constraint is a boolean expression over the table's columns.
func (env *Env) checkCondition(ctx context.Context, k *ast.Constraint, columns []model.Column) error {
	shown := k.ExprSpan.Text(env.SQL)
	if !env.is31() {
		shown = quotedText(k, env.SQL)
	}
	shown = strings.TrimSuffix(strings.TrimPrefix(shown, "("), ")") // those around the condition
	if len(shown) > maxConstraint {
		return badConstraint("Constraint value: " + shown + " exceeded maximum allowed length: 255")
	}
	invalid := func(code sqlerr.Code, reason string) error {
		return sqlerr.CodedSemanticf(code, "%s Invalid CHECK constraint expression: %s. %s", sqlerr.Text(sqlerr.InvalidCstrSyntax), shown, reason)
	}
	subquery := false
	ast.Inspect(k.Expr, func(n ast.Node) bool {
		if _, ok := n.(*ast.Query); ok {
			subquery = true
		}
		return !subquery
	})
	inner := sqlerr.Text(sqlerr.InvalidCstrSyntax) + " "
	if subquery {
		return invalid(sqlerr.InvalidCstrSyntax, inner+"Subqueries are not allowed in Check Constraints")
	}
	t, err := env.Session.TypeOf(ctx, k.Expr, columns)
	if e, ok := sqlerr.As(err); ok {
		// Hive analyses the condition by itself
		start := env.SQL[:min(k.ExprSpan.Start+1, len(env.SQL))]
		line, col := strings.Count(start, "\n"), len(start)-strings.LastIndexByte(start, '\n')-1
		if e.Line > line+1 {
			col = 0
		}
		return invalid(e.Code, strings.Replace(e.Msg, fmt.Sprintf("Line %d:%d", e.Line, e.Col), fmt.Sprintf("Line %d:%d", e.Line-line, e.Col-col), 1))
	}
	switch {
	case err != nil:
		return err
	case t == nil:
		return invalid(sqlerr.InvalidCstrSyntax, inner+"Invalid type for CHECK constraint: "+shown)
	case t.Kind != types.Boolean:
		return invalid(sqlerr.InvalidCstrSyntax, inner+"Only boolean type is supported for CHECK constraint: "+shown+". Found: "+t.String())
	}
	return nil
}

// quotedText is the text of a CHECK constraint as written, but for its column names, which are put in back-ticks.
func quotedText(k *ast.Constraint, sql string) string {
	var refs []*ast.Ident
	ast.Inspect(k.Expr, func(n ast.Node) bool {
		if c, ok := n.(*ast.ColumnRef); ok && !c.Name.Quoted {
			refs = append(refs, c.Name)
		}
		return true
	})
	slices.SortFunc(refs, func(a, b *ast.Ident) int { return a.Offset - b.Offset })
	var out strings.Builder
	at := k.ExprSpan.Start
	for _, r := range refs {
		if r.Offset < at || r.Offset+len(r.Name) > k.ExprSpan.End {
			return k.ExprSpan.Text(sql)
		}
		out.WriteString(sql[at:r.Offset] + "`" + strings.ToLower(r.Name) + "`")
		at = r.Offset + len(r.Name)
	}
	return out.String() + sql[at:k.ExprSpan.End]
}

// checkForeignKeys checks that the foreign keys among a table's new constraints refer to a key there is. list are all its
// constraints.
func (env *Env) checkForeignKeys(ctx context.Context, t *model.Table, list []model.Constraint) error {
	spelled := func(of *model.Table, columns []string) string {
		text := ""
		for _, c := range columns {
			text += c + ":" + columnType(of, c) + ";"
		}
		return text
	}
	keys := func(of *model.Table, list []model.Constraint) []string {
		var out []string
		for _, c := range list {
			if c.Kind == model.PrimaryKey || c.Kind == model.UniqueConstraint {
				out = append(out, spelled(of, c.Columns))
			}
		}
		return out
	}
	for _, c := range list {
		if c.Kind != model.ForeignKey {
			continue
		}
		if own := spelled(t, c.Columns); slices.Contains(keys(t, list), own) && c.ParentDatabase == t.Database && c.ParentTable == t.Name {
			return env.failed(errors.New("MetaException(message:Cannot be both foreign key and primary/unique key on same table: " + own + ")"))
		}
		parent, there := t, list
		if c.ParentDatabase != t.Database || c.ParentTable != t.Name {
			var err error
			parent, err = env.Store.Table(ctx, c.ParentDatabase, c.ParentTable)
			if model.KindOf(err) == model.NoSuchObject {
				err = errors.New("InvalidObjectException(message:Parent table not found: " + c.ParentTable + ")")
			}
			if err != nil {
				return env.failed(err)
			}
			if there, err = env.Store.Constraints(ctx, c.ParentDatabase, c.ParentTable); err != nil {
				return env.failed(err)
			}
		}
		reference := ""
		for i, name := range c.ParentColumns {
			if columnType(parent, name) == "" {
				return env.failed(errors.New("InvalidObjectException(message:Parent column not found: " + name + ")"))
			}
			if i < len(c.Columns) {
				reference += name + ":" + columnType(t, c.Columns[i]) + ";"
			}
		}
		if possible := keys(parent, there); !slices.Contains(possible, reference) {
			return env.failed(errors.New("MetaException(message:Foreign key references " + reference +
				" but no corresponding primary key or unique key exists. Possible keys: " + listText(possible) + ")"))
		}
	}
	return nil
}
