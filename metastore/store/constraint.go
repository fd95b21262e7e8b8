package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"skep/metastore/model"
)

func (r *reader) Constraints(ctx context.Context, database, table string) ([]model.Constraint, error) {
	q, done, err := r.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	row, err := q.table(ctx, database, table)
	if err != nil {
		return nil, err
	}
	var out []model.Constraint
	err = q.rows(ctx, func(rs *sql.Rows) error {
		var c model.Constraint
		var body []byte
		if err := rs.Scan(&c.Name, &c.Kind, &body); err != nil {
			return err
		}
		err := json.Unmarshal(body, &c)
		out = append(out, c)
		return err
	}, "SELECT name, kind, body FROM table_constraint WHERE tbl_id = ? ORDER BY name", row.t.ID)
	if err != nil {
		return nil, fmt.Errorf("list constraints of %s.%s: %w", database, table, err)
	}
	return out, nil
}

func (r *reader) HasConstraint(ctx context.Context, name string) (bool, error) {
	q, done, err := r.begin(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	found := false
	err = q.rows(ctx, func(*sql.Rows) error { found = true; return nil }, "SELECT 1 FROM table_constraint WHERE name = ? LIMIT 1", strings.ToLower(name))
	if err != nil {
		return false, fmt.Errorf("look for constraint %s: %w", name, err)
	}
	return found, nil
}

func (t *transaction) AddConstraints(ctx context.Context, database, table string, cs []model.Constraint) error {
	row, err := t.q.table(ctx, database, table)
	if err != nil {
		return err
	}
	for _, c := range cs {
		c.Name = strings.ToLower(c.Name)
		c.ParentDatabase, c.ParentTable = strings.ToLower(c.ParentDatabase), strings.ToLower(c.ParentTable)
		if c.Name == "" {
			return model.Errorf(model.InvalidObject, model.ConstraintObject, "", "a constraint on %s has no name", row.t.Name)
		}
		if c.Kind == model.ForeignKey {
			if _, err := t.q.table(ctx, c.ParentDatabase, c.ParentTable); err != nil {
				return err
			}
		}
		body, err := json.Marshal(c)
		if err != nil {
			return err
		}
		n, err := t.q.execCount(ctx, "INSERT INTO table_constraint (tbl_id, name, kind, body) VALUES (?,?,?,?) ON CONFLICT DO NOTHING",
			row.t.ID, c.Name, string(c.Kind), string(body))
		if err != nil {
			return fmt.Errorf("add constraint %s to %s.%s: %w", c.Name, database, table, err)
		}
		if n == 0 {
			return model.Errorf(model.InvalidObject, model.ConstraintObject, c.Name, "Constraint name already exists: %s.%s.%s", database, table, c.Name)
		}
	}
	return nil
}

func (t *transaction) DropConstraint(ctx context.Context, database, table, name string) error {
	row, err := t.q.table(ctx, database, table)
	if err != nil {
		return err
	}
	n, err := t.q.execCount(ctx, "DELETE FROM table_constraint WHERE tbl_id = ? AND name = ?", row.t.ID, strings.ToLower(name))
	if err != nil {
		return fmt.Errorf("drop constraint %s of %s.%s: %w", name, database, table, err)
	}
	if n == 0 {
		return model.Errorf(model.NoSuchObject, model.ConstraintObject, name, "The constraint: %s does not exist for the associated table: %s.%s",
			name, row.t.Database, row.t.Name)
	}
	return nil
}

// foreignKey is a stored reference to another table.
type foreignKey struct {
	table int64
	name  string
	c     model.Constraint
}

// references lists the foreign keys that point to a table.
func (t *transaction) references(ctx context.Context, database, name string) ([]foreignKey, error) {
	var out []foreignKey
	err := t.q.rows(ctx, func(rs *sql.Rows) error {
		var f foreignKey
		var body []byte
		if err := rs.Scan(&f.table, &f.name, &body); err != nil {
			return err
		}
		err := json.Unmarshal(body, &f.c)
		if f.c.ParentDatabase == database && f.c.ParentTable == name {
			out = append(out, f)
		}
		return err
	}, "SELECT tbl_id, name, body FROM table_constraint WHERE kind = ?", string(model.ForeignKey))
	if err != nil {
		return nil, fmt.Errorf("find foreign keys to %s.%s: %w", database, name, err)
	}
	return out, nil
}

func (t *transaction) renameParent(ctx context.Context, oldDatabase, oldName, database, name string) error {
	keys, err := t.references(ctx, oldDatabase, oldName)
	if err != nil {
		return err
	}
	for _, k := range keys {
		k.c.ParentDatabase, k.c.ParentTable = database, name
		body, err := json.Marshal(k.c)
		if err == nil {
			err = t.q.exec(ctx, "UPDATE table_constraint SET body = ? WHERE tbl_id = ? AND name = ?", string(body), k.table, k.name)
		}
		if err != nil {
			return fmt.Errorf("redirect foreign key %s: %w", k.name, err)
		}
	}
	return nil
}

func (t *transaction) dropParent(ctx context.Context, database, name string) error {
	keys, err := t.references(ctx, database, name)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if err := t.q.exec(ctx, "DELETE FROM table_constraint WHERE tbl_id = ? AND name = ?", k.table, k.name); err != nil {
			return fmt.Errorf("drop foreign key %s: %w", k.name, err)
		}
	}
	return nil
}
