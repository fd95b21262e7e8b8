package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"skep/metastore/model"
)

// reader implements metastore.Reader on the sessions begin gives it: a new one per call for a Store, always the same one
// within View and Update.
type reader struct {
	begin func(ctx context.Context) (q *session, done func(), err error)
}

// transaction implements metastore.Tx.
type transaction struct {
	reader
	q *session
}

const databaseColumns = "id, name, comment, location, owner, owner_type, create_time, parameters"

// databaseRow is a database with its id.
type databaseRow struct {
	id         int64
	d          model.Database
	parameters []byte
}

func (r *databaseRow) dest() []any {
	d := &r.d
	return []any{&r.id, &d.Name, &d.Comment, &d.Location, &d.Owner, &d.OwnerType, &d.CreateTime, &r.parameters}
}

func (q *session) database(ctx context.Context, name string) (*databaseRow, error) {
	name = strings.ToLower(name)
	var r databaseRow
	found, err := q.row(ctx, r.dest(), "SELECT "+databaseColumns+" FROM database WHERE name = ?", name)
	if err != nil {
		return nil, fmt.Errorf("look up database %s: %w", name, err)
	}
	if !found {
		return nil, model.Errorf(model.NoSuchObject, model.DatabaseObject, name, "Database %s does not exist", name)
	}
	r.d.Parameters, err = decodeMap(r.parameters, nil)
	return &r, err
}

func (r *reader) Database(ctx context.Context, name string) (*model.Database, error) {
	q, done, err := r.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	row, err := q.database(ctx, name)
	if err != nil {
		return nil, err
	}
	return &row.d, nil
}

func (r *reader) Databases(ctx context.Context, match func(string) bool) ([]*model.Database, error) {
	q, done, err := r.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	var out []*model.Database
	err = q.rows(ctx, func(rs *sql.Rows) error {
		var row databaseRow
		if err := rs.Scan(row.dest()...); err != nil {
			return err
		}
		if match != nil && !match(row.d.Name) {
			return nil
		}
		var err error
		row.d.Parameters, err = decodeMap(row.parameters, nil)
		out = append(out, &row.d)
		return err
	}, "SELECT "+databaseColumns+" FROM database ORDER BY name")
	if err != nil {
		return nil, fmt.Errorf("list databases: %w", err)
	}
	return out, nil
}

func (t *transaction) CreateDatabase(ctx context.Context, d *model.Database) error {
	name := strings.ToLower(d.Name)
	if err := validateName(model.DatabaseObject, name); err != nil {
		return err
	}
	_, err := t.q.database(ctx, name)
	if err == nil {
		return model.Errorf(model.AlreadyExists, model.DatabaseObject, name, "Database %s already exists", name)
	}
	if model.KindOf(err) != model.NoSuchObject {
		return err
	}
	parameters, err := encodeMap(d.Parameters)
	if err != nil {
		return err
	}
	err = t.q.exec(ctx, "INSERT INTO database (name, comment, location, owner, owner_type, create_time, parameters) VALUES (?,?,?,?,?,?,?)",
		name, d.Comment, d.Location, d.Owner, d.OwnerType, t.timeOr(d.CreateTime), parameters)
	if err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

func (t *transaction) AlterDatabase(ctx context.Context, d *model.Database) error {
	row, err := t.q.database(ctx, d.Name)
	if err != nil {
		return err
	}
	parameters, err := encodeMap(d.Parameters)
	if err != nil {
		return err
	}
	err = t.q.exec(ctx, "UPDATE database SET comment = ?, location = ?, owner = ?, owner_type = ?, parameters = ? WHERE id = ?",
		d.Comment, d.Location, d.Owner, d.OwnerType, parameters, row.id)
	if err != nil {
		return fmt.Errorf("alter database %s: %w", row.d.Name, err)
	}
	return nil
}

func (t *transaction) DropDatabase(ctx context.Context, name string, cascade bool) error {
	row, err := t.q.database(ctx, name)
	if err != nil {
		return err
	}
	name = row.d.Name
	if name == model.DefaultDatabase {
		return model.Errorf(model.InvalidOperation, model.DatabaseObject, name, "Can not drop default database in catalog hive")
	}
	tables, err := t.TableNames(ctx, name, nil)
	if err != nil {
		return err
	}
	functions, err := t.Functions(ctx, name, nil)
	if err != nil {
		return err
	}
	if !cascade && len(tables) > 0 {
		return model.Errorf(model.InvalidOperation, model.DatabaseObject, name, "Database %s is not empty. One or more tables exist.", name)
	}
	if !cascade && len(functions) > 0 {
		return model.Errorf(model.InvalidOperation, model.DatabaseObject, name, "Database %s is not empty. One or more functions exist.", name)
	}
	views, err := t.TableNames(ctx, name, nil, model.MaterializedView)
	if err != nil {
		return err
	}
	// materialized views go before what they read
	tables = append(views, slices.DeleteFunc(tables, func(n string) bool { return slices.Contains(views, n) })...)
	for _, table := range tables {
		if err := t.DropTable(ctx, name, table); err != nil {
			return err
		}
	}
	for _, text := range []string{"DELETE FROM function WHERE database_id = ?", "DELETE FROM database WHERE id = ?"} {
		if err := t.q.exec(ctx, text, row.id); err != nil {
			return fmt.Errorf("drop database %s: %w", name, err)
		}
	}
	return nil
}

// timeOr returns sec, or the present when it is 0.
func (t *transaction) timeOr(sec int64) int64 {
	if sec != 0 {
		return sec
	}
	return t.q.store.now().Unix()
}

// tableNameCharacters are those besides letters, digits and '_' that Hive allows in the names of tables. Directories are named
// without them: see warehouse.TableLocation.
const tableNameCharacters = " \"#%&'()*+,-/:;<=>?[]|{}$^!~`"

// validateName accepts what Hive does for the names of databases, tables and functions.
func validateName(kind model.ObjectKind, name string) error {
	ok := name != ""
	for _, c := range name {
		if kind == model.TableObject && strings.ContainsRune(tableNameCharacters, c) {
			continue
		}
		if !(c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z') {
			ok = false
		}
	}
	if !ok {
		return model.Errorf(model.InvalidObject, kind, name, "%s is not a valid object name", name)
	}
	return nil
}
