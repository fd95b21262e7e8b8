package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"skep/metastore"
	"skep/metastore/model"
	"skep/metastore/partition"
)

const tableColumns = `t.id, d.name, t.name, t.type, t.owner, t.owner_type, t.create_time, t.last_access_time, t.retention,
	t.location, t.storage_id, t.partition_keys, t.parameters, t.view_original, t.view_expanded, t.rewrite_enabled`

// tableRow is a table as stored.
type tableRow struct {
	t          model.Table
	storageID  int64
	keys       []byte
	parameters []byte
}

func (r *tableRow) dest() []any {
	t := &r.t
	return []any{&t.ID, &t.Database, &t.Name, &t.Type, &t.Owner, &t.OwnerType, &t.CreateTime, &t.LastAccessTime, &t.Retention,
		&t.Location, &r.storageID, &r.keys, &r.parameters, &t.ViewOriginalText, &t.ViewExpandedText, &t.RewriteEnabled}
}

// decode fills the fields that are stored encoded.
func (r *tableRow) decode(ctx context.Context, q *session) (err error) {
	if r.t.Storage, err = q.descriptor(ctx, r.storageID); err != nil {
		return err
	}
	if err := json.Unmarshal(r.keys, &r.t.PartitionKeys); err != nil {
		return fmt.Errorf("partition keys of %s.%s: %w", r.t.Database, r.t.Name, err)
	}
	r.t.Parameters, err = decodeMap(r.parameters, nil)
	return err
}

func (q *session) table(ctx context.Context, database, name string) (*tableRow, error) {
	database, name = strings.ToLower(database), strings.ToLower(name)
	var r tableRow
	found, err := q.row(ctx, r.dest(), "SELECT "+tableColumns+" FROM database d JOIN tbl t ON t.database_id = d.id WHERE d.name = ? AND t.name = ?",
		database, name)
	if err == nil && found {
		err = r.decode(ctx, q)
	}
	if err != nil {
		return nil, fmt.Errorf("look up table %s.%s: %w", database, name, err)
	}
	if !found {
		return nil, model.Errorf(model.NoSuchObject, model.TableObject, database+"."+name, "%s.%s table not found", database, name)
	}
	return &r, nil
}

func (r *reader) Table(ctx context.Context, database, name string) (*model.Table, error) {
	q, done, err := r.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	row, err := q.table(ctx, database, name)
	if err != nil {
		return nil, err
	}
	return &row.t, nil
}

func (r *reader) TableNames(ctx context.Context, database string, match func(string) bool, types ...model.TableType) ([]string, error) {
	q, done, err := r.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	d, err := q.database(ctx, database)
	if err != nil {
		return nil, err
	}
	var out []string
	err = q.rows(ctx, func(rs *sql.Rows) error {
		var name string
		var typ model.TableType
		if err := rs.Scan(&name, &typ); err != nil {
			return err
		}
		if (match == nil || match(name)) && (len(types) == 0 || slices.Contains(types, typ)) {
			out = append(out, name)
		}
		return nil
	}, "SELECT name, type FROM tbl WHERE database_id = ? ORDER BY name", d.id)
	if err != nil {
		return nil, fmt.Errorf("list tables of %s: %w", database, err)
	}
	return out, nil
}

// scanTablesPage is how many tables ScanTables reads before it calls visit: visit may use the transaction.
const scanTablesPage = 500

func (r *reader) ScanTables(ctx context.Context, query metastore.TableQuery, visit func(*model.Table) error) error {
	q, done, err := r.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	afterDatabase, afterTable := "", ""
	for {
		page := make([]tableRow, 0, scanTablesPage)
		err := q.rows(ctx, func(rs *sql.Rows) error {
			page = page[:len(page)+1]
			return rs.Scan(page[len(page)-1].dest()...)
		}, "SELECT "+tableColumns+` FROM database d JOIN tbl t ON t.database_id = d.id WHERE (d.name, t.name) > (?, ?)
			ORDER BY d.name, t.name LIMIT ?`, afterDatabase, afterTable, scanTablesPage)
		if err != nil {
			return fmt.Errorf("list tables: %w", err)
		}
		for i := range page {
			row := &page[i]
			if query.MatchDatabase != nil && !query.MatchDatabase(row.t.Database) ||
				query.MatchTable != nil && !query.MatchTable(row.t.Name) ||
				len(query.Types) > 0 && !slices.Contains(query.Types, row.t.Type) {
				continue
			}
			if err := row.decode(ctx, q); err != nil {
				return err
			}
			if err := visit(&row.t); err != nil {
				return err
			}
		}
		if len(page) < scanTablesPage {
			return nil
		}
		last := page[len(page)-1].t
		afterDatabase, afterTable = last.Database, last.Name
	}
}

// prepareTable returns t as it is to be stored: names in lower case, type and EXTERNAL parameter in agreement.
func (t *transaction) prepareTable(in *model.Table, creating bool) (*model.Table, error) {
	out := in.Clone()
	out.Database, out.Name = strings.ToLower(in.Database), strings.ToLower(in.Name)
	if err := validateName(model.TableObject, out.Name); err != nil {
		return nil, err
	}
	if out.Storage == nil {
		return nil, model.Errorf(model.InvalidObject, model.TableObject, out.Name, "table %s has no storage descriptor", out.Name)
	}
	out.PartitionKeys = lowerColumns(in.PartitionKeys)
	seen := map[string]bool{}
	for _, c := range slices.Concat(lowerColumns(out.Storage.Columns), out.PartitionKeys) {
		if c.Name == "" || c.Type == "" {
			return nil, model.Errorf(model.InvalidObject, model.ColumnObject, c.Name, "column %q of table %s has no name or no type", c.Name, out.Name)
		}
		if seen[c.Name] {
			return nil, model.Errorf(model.InvalidObject, model.ColumnObject, c.Name, "Duplicate column name: %s in the table definition.", c.Name)
		}
		seen[c.Name] = true
	}
	if out.Parameters == nil {
		out.Parameters = map[string]string{}
	}
	if out.Type == "" {
		out.Type = model.ManagedTable
	}
	if creating && out.Type == model.ExternalTable {
		out.Parameters[model.ParamExternal] = "TRUE"
	}
	if out.Type == model.ManagedTable || out.Type == model.ExternalTable {
		// the parameter decides: ALTER TABLE t SET TBLPROPERTIES ('EXTERNAL'='FALSE') makes a table managed
		out.Type = model.ManagedTable
		if strings.EqualFold(out.Parameters[model.ParamExternal], "TRUE") {
			out.Type = model.ExternalTable
		}
	}
	t.setDDLTime(out.Parameters)
	out.CreateTime = t.timeOr(out.CreateTime)
	return out, nil
}

// setDDLTime sets transient_lastDdlTime where it is missing; who alters an object removes it to have it refreshed.
func (t *transaction) setDDLTime(parameters map[string]string) {
	if v := parameters[model.ParamLastDDLTime]; v == "" || v == "0" {
		parameters[model.ParamLastDDLTime] = fmt.Sprint(t.q.store.now().Unix())
	}
}

// tableValues returns the values of the columns from name to rewrite_enabled.
func (t *transaction) tableValues(ctx context.Context, tbl *model.Table) ([]any, int64, error) {
	storageID, err := t.q.intern(ctx, tbl.Storage)
	if err != nil {
		return nil, 0, err
	}
	keys, err := json.Marshal(tbl.PartitionKeys)
	if err != nil {
		return nil, 0, err
	}
	parameters, err := encodeMap(tbl.Parameters)
	if err != nil {
		return nil, 0, err
	}
	return []any{tbl.Name, string(tbl.Type), tbl.Owner, tbl.OwnerType, tbl.CreateTime, tbl.LastAccessTime, tbl.Retention, tbl.Location,
		storageID, string(keys), parameters, tbl.ViewOriginalText, tbl.ViewExpandedText, tbl.RewriteEnabled}, storageID, nil
}

func (t *transaction) CreateTable(ctx context.Context, in *model.Table) error {
	tbl, err := t.prepareTable(in, true)
	if err != nil {
		return err
	}
	d, err := t.q.database(ctx, tbl.Database)
	if err != nil {
		return err
	}
	if err := t.checkNoTable(ctx, tbl.Database, tbl.Name, model.AlreadyExists, "Table hive.%s.%s already exists"); err != nil {
		return err
	}
	values, _, err := t.tableValues(ctx, tbl)
	if err == nil {
		err = t.q.exec(ctx, `INSERT INTO tbl (database_id, name, type, owner, owner_type, create_time, last_access_time, retention, location,
			storage_id, partition_keys, parameters, view_original, view_expanded, rewrite_enabled) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
			append([]any{d.id}, values...)...)
	}
	if err == nil {
		err = t.ownerPrivileges(ctx, tbl)
	}
	if err != nil {
		return fmt.Errorf("create table %s.%s: %w", tbl.Database, tbl.Name, err)
	}
	return nil
}

func (t *transaction) checkNoTable(ctx context.Context, database, name string, kind model.ErrorKind, format string) error {
	_, err := t.q.table(ctx, database, name)
	if err == nil {
		return model.Errorf(kind, model.TableObject, database+"."+name, format, database, name)
	}
	if model.KindOf(err) != model.NoSuchObject {
		return err
	}
	return nil
}

func (t *transaction) AlterTable(ctx context.Context, database, name string, in *model.Table) error {
	old, err := t.q.table(ctx, database, name)
	if err != nil {
		return err
	}
	tbl, err := t.prepareTable(in, false)
	if err != nil {
		return err
	}
	if err := t.checkKeys(old, tbl); err != nil {
		return err
	}
	d, err := t.q.database(ctx, tbl.Database)
	if err != nil {
		return model.Errorf(model.InvalidOperation, model.DatabaseObject, tbl.Database,
			"Unable to change partition or table. Object %s does not exist. Check metastore logs for detailed stack.", tbl.Database)
	}
	renamed := tbl.Database != old.t.Database || tbl.Name != old.t.Name
	if renamed {
		if err := t.checkNoTable(ctx, tbl.Database, tbl.Name, model.InvalidOperation, "new table %s.%s already exists"); err != nil {
			return err
		}
	}
	values, storageID, err := t.tableValues(ctx, tbl)
	if err == nil {
		err = t.q.exec(ctx, `UPDATE tbl SET database_id = ?, name = ?, type = ?, owner = ?, owner_type = ?, create_time = ?,
			last_access_time = ?, retention = ?, location = ?, storage_id = ?, partition_keys = ?, parameters = ?, view_original = ?,
			view_expanded = ?, rewrite_enabled = ? WHERE id = ?`, append(append([]any{d.id}, values...), old.t.ID)...)
	}
	if err != nil {
		return fmt.Errorf("alter table %s.%s: %w", old.t.Database, old.t.Name, err)
	}
	if renamed {
		if err := t.afterRename(ctx, &old.t, tbl); err != nil {
			return err
		}
	}
	for i, k := range tbl.PartitionKeys {
		if partition.TypeOf(k.Type) != partition.TypeOf(old.t.PartitionKeys[i].Type) {
			if err := t.reindex(ctx, old.t.ID, tbl); err != nil {
				return err
			}
			break
		}
	}
	if err := t.dropStaleStatistics(ctx, old, tbl); err != nil {
		return err
	}
	if storageID != old.storageID {
		return t.q.release(ctx, map[int64]struct{}{old.storageID: {}})
	}
	return nil
}

// checkKeys refuses changes to partition keys that would make partition names wrong.
func (t *transaction) checkKeys(old *tableRow, tbl *model.Table) error {
	same := len(old.t.PartitionKeys) == len(tbl.PartitionKeys)
	for i := 0; same && i < len(tbl.PartitionKeys); i++ {
		same = old.t.PartitionKeys[i].Name == tbl.PartitionKeys[i].Name
	}
	if !same {
		return model.Errorf(model.InvalidOperation, model.TableObject, old.t.Database+"."+old.t.Name, "partition keys can not be changed.")
	}
	return nil
}

// afterRename moves along what names the table or lies below its location: partitions whose directory was inside the
// table's, and foreign keys that point to it.
func (t *transaction) afterRename(ctx context.Context, old, tbl *model.Table) error {
	if old.Location != tbl.Location && old.Location != "" {
		prefix := strings.TrimSuffix(old.Location, "/") + "/"
		// substr and length count characters
		err := t.q.exec(ctx, `UPDATE part SET location = ?1 || substr(location, length(?2) + 1)
			WHERE tbl_id = ?3 AND substr(location, 1, length(?2)) = ?2`, strings.TrimSuffix(tbl.Location, "/")+"/", prefix, old.ID)
		if err != nil {
			return fmt.Errorf("relocate partitions of %s.%s: %w", old.Database, old.Name, err)
		}
	}
	return t.renameParent(ctx, old.Database, old.Name, tbl.Database, tbl.Name)
}

func (t *transaction) DropTable(ctx context.Context, database, name string) error {
	row, err := t.q.table(ctx, database, name)
	if err != nil {
		return err
	}
	if err := t.checkUnused(ctx, &row.t); err != nil {
		return err
	}
	storage := map[int64]struct{}{row.storageID: {}}
	err = t.q.rows(ctx, func(rs *sql.Rows) error {
		var id int64
		err := rs.Scan(&id)
		storage[id] = struct{}{}
		return err
	}, "SELECT DISTINCT storage_id FROM part WHERE tbl_id = ?", row.t.ID)
	for _, text := range []string{
		"DELETE FROM partition_key_val WHERE tbl_id = ?",
		"DELETE FROM part WHERE tbl_id = ?",
		"DELETE FROM column_statistics WHERE tbl_id = ?",
		"DELETE FROM table_constraint WHERE tbl_id = ?",
		"DELETE FROM tbl WHERE id = ?",
	} {
		if err == nil {
			err = t.q.exec(ctx, text, row.t.ID)
		}
	}
	if err != nil {
		return fmt.Errorf("drop table %s.%s: %w", row.t.Database, row.t.Name, err)
	}
	if err := t.dropParent(ctx, row.t.Database, row.t.Name); err != nil {
		return err
	}
	return t.q.release(ctx, storage)
}
