package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"skep/metastore/model"
)

const functionColumns = "f.name, f.class, f.owner, f.owner_type, f.create_time, f.resources"

func (r *reader) Function(ctx context.Context, database, name string) (*model.Function, error) {
	q, done, err := r.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	database, name = strings.ToLower(database), strings.ToLower(name)
	f := &model.Function{Database: database}
	var resources []byte
	found, err := q.row(ctx, []any{&f.Name, &f.Class, &f.Owner, &f.OwnerType, &f.CreateTime, &resources},
		"SELECT "+functionColumns+" FROM database d JOIN function f ON f.database_id = d.id WHERE d.name = ? AND f.name = ?", database, name)
	if err == nil && found {
		err = json.Unmarshal(resources, &f.Resources)
	}
	if err != nil {
		return nil, fmt.Errorf("look up function %s.%s: %w", database, name, err)
	}
	if !found {
		return nil, model.Errorf(model.NoSuchObject, model.FunctionObject, database+"."+name, "Function %s.%s does not exist", database, name)
	}
	return f, nil
}

func (r *reader) Functions(ctx context.Context, database string, match func(string) bool) ([]*model.Function, error) {
	q, done, err := r.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	d, err := q.database(ctx, database)
	if err != nil {
		return nil, err
	}
	var out []*model.Function
	err = q.rows(ctx, func(rs *sql.Rows) error {
		f := &model.Function{Database: d.d.Name}
		var resources []byte
		if err := rs.Scan(&f.Name, &f.Class, &f.Owner, &f.OwnerType, &f.CreateTime, &resources); err != nil {
			return err
		}
		if match != nil && !match(f.Name) {
			return nil
		}
		out = append(out, f)
		return json.Unmarshal(resources, &f.Resources)
	}, "SELECT "+functionColumns+" FROM function f WHERE database_id = ? ORDER BY name", d.id)
	if err != nil {
		return nil, fmt.Errorf("list functions of %s: %w", database, err)
	}
	return out, nil
}

func (t *transaction) CreateFunction(ctx context.Context, f *model.Function) error {
	d, err := t.q.database(ctx, f.Database)
	if err != nil {
		return err
	}
	name := strings.ToLower(f.Name)
	if err := validateName(model.FunctionObject, name); err != nil {
		return err
	}
	resources, err := json.Marshal(f.Resources)
	if err != nil {
		return err
	}
	n, err := t.q.execCount(ctx, `INSERT INTO function (database_id, name, class, owner, owner_type, create_time, resources)
		VALUES (?,?,?,?,?,?,?) ON CONFLICT DO NOTHING`, d.id, name, f.Class, f.Owner, f.OwnerType, t.timeOr(f.CreateTime), string(resources))
	if err != nil {
		return fmt.Errorf("create function %s.%s: %w", d.d.Name, name, err)
	}
	if n == 0 {
		return model.Errorf(model.AlreadyExists, model.FunctionObject, d.d.Name+"."+name, "Function %s already exists", name)
	}
	return nil
}

func (t *transaction) AlterFunction(ctx context.Context, database, name string, f *model.Function) error {
	if err := t.DropFunction(ctx, database, name); err != nil {
		return err
	}
	return t.CreateFunction(ctx, f)
}

func (t *transaction) DropFunction(ctx context.Context, database, name string) error {
	d, err := t.q.database(ctx, database)
	if err != nil {
		return err
	}
	name = strings.ToLower(name)
	n, err := t.q.execCount(ctx, "DELETE FROM function WHERE database_id = ? AND name = ?", d.id, name)
	if err != nil {
		return fmt.Errorf("drop function %s.%s: %w", d.d.Name, name, err)
	}
	if n == 0 {
		return model.Errorf(model.NoSuchObject, model.FunctionObject, d.d.Name+"."+name, "Function %s does not exist", name)
	}
	return nil
}
