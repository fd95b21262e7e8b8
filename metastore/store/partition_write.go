package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"strings"

	"skep/metastore/model"
	"skep/metastore/partition"
)

// partitionWriter adds partitions to one table.
type partitionWriter struct {
	t     *transaction
	table *model.Table
	row   *tableRow
	keys  []partition.Key
	// interned remembers descriptors by identity: a batch usually shares one.
	interned map[*model.StorageDescriptor]int64
}

func (t *transaction) partitionWriter(ctx context.Context, database, table string) (*partitionWriter, error) {
	row, err := t.q.table(ctx, database, table)
	if err != nil {
		return nil, err
	}
	return &partitionWriter{t: t, table: &row.t, row: row, keys: keyTypes(&row.t),
		interned: map[*model.StorageDescriptor]int64{nil: row.storageID, row.t.Storage: row.storageID}}, nil
}

func (w *partitionWriter) storageID(ctx context.Context, d *model.StorageDescriptor) (int64, error) {
	if id, ok := w.interned[d]; ok {
		return id, nil
	}
	id, err := w.t.q.intern(ctx, d)
	if err == nil {
		w.interned[d] = id
	}
	return id, err
}

// stored is a partition ready to be written.
type stored struct {
	name, location, parameters string
	created, accessed          int64
	storageID                  int64
}

func (w *partitionWriter) prepare(ctx context.Context, p *model.Partition) (s stored, err error) {
	if s.name, err = nameOf(w.table, p.Values); err != nil {
		return s, err
	}
	s.location = p.Location
	if s.location == "" && w.table.Location != "" {
		s.location = strings.TrimSuffix(w.table.Location, "/") + "/" + s.name
	}
	parameters := maps.Clone(p.Parameters)
	if parameters == nil {
		parameters = map[string]string{}
	}
	w.t.setDDLTime(parameters)
	if s.parameters, err = encodeMap(parameters); err != nil {
		return s, err
	}
	s.created, s.accessed = w.t.timeOr(p.CreateTime), p.LastAccessTime
	s.storageID, err = w.storageID(ctx, p.Storage)
	return s, err
}

// add returns false when the partition exists.
func (w *partitionWriter) add(ctx context.Context, p *model.Partition) (bool, error) {
	s, err := w.prepare(ctx, p)
	if err != nil {
		return false, err
	}
	var id int64
	found, err := w.t.q.row(ctx, []any{&id}, `INSERT INTO part (tbl_id, name, create_time, last_access_time, location, storage_id, parameters)
		VALUES (?,?,?,?,?,?,?) ON CONFLICT DO NOTHING RETURNING id`, w.table.ID, s.name, s.created, s.accessed, s.location, s.storageID, s.parameters)
	if err != nil {
		return false, fmt.Errorf("add partition %s to %s.%s: %w", s.name, w.table.Database, w.table.Name, err)
	}
	if !found {
		return false, nil
	}
	return true, w.index(ctx, id, s.name)
}

// index writes the key values of a partition.
func (w *partitionWriter) index(ctx context.Context, id int64, name string) error {
	for k, text := range partition.AppendValues(nil, name) {
		isNull, val := keyVal(w.keys[k], text)
		err := w.t.q.exec(ctx, "INSERT INTO partition_key_val (tbl_id, key_no, is_null, val, part_id) VALUES (?,?,?,?,?)",
			w.table.ID, k, isNull, val, id)
		if err != nil {
			return fmt.Errorf("index partition %s of %s.%s: %w", name, w.table.Database, w.table.Name, err)
		}
	}
	return nil
}

// unindex removes what index wrote.
func (w *partitionWriter) unindex(ctx context.Context, id int64, name string) error {
	for k, text := range partition.AppendValues(nil, name) {
		isNull, val := keyVal(w.keys[k], text)
		err := w.t.q.exec(ctx, "DELETE FROM partition_key_val WHERE tbl_id = ? AND key_no = ? AND is_null = ? AND val = ? AND part_id = ?",
			w.table.ID, k, isNull, val, id)
		if err != nil {
			return fmt.Errorf("drop partition %s of %s.%s from the index: %w", name, w.table.Database, w.table.Name, err)
		}
	}
	return nil
}

func keyVal(k partition.Key, text string) (isNull int, val any) {
	v := k.Type.Parse(text)
	if v.Kind == partition.Null {
		return 1, 0
	}
	return 0, v.Key()
}

// find returns the id and storage of an existing partition.
func (w *partitionWriter) find(ctx context.Context, name string) (id, storageID int64, err error) {
	id, storageID, found, err := w.t.q.partitionID(ctx, w.row, name)
	if err == nil && !found {
		err = noPartition(w.row, name)
	}
	return id, storageID, err
}

func (t *transaction) AddPartitions(ctx context.Context, database, table string, parts []*model.Partition, ifNotExists bool) (int, error) {
	w, err := t.partitionWriter(ctx, database, table)
	if err != nil {
		return 0, err
	}
	added := 0
	for _, p := range parts {
		ok, err := w.add(ctx, p)
		if err != nil {
			return added, err
		}
		if ok {
			added++
		} else if !ifNotExists {
			return added, model.Errorf(model.AlreadyExists, model.PartitionObject, partition.Name(keyNames(w.table), p.Values),
				"Partition already exists: Partition(values:[%s], dbName:%s, tableName:%s)", strings.Join(p.Values, ", "), w.table.Database, w.table.Name)
		}
	}
	return added, nil
}

func (t *transaction) AlterPartitions(ctx context.Context, database, table string, parts []*model.Partition) error {
	w, err := t.partitionWriter(ctx, database, table)
	if err != nil {
		return err
	}
	released := map[int64]struct{}{}
	for _, p := range parts {
		s, err := w.prepare(ctx, p)
		if err != nil {
			return err
		}
		if err := w.replace(ctx, s.name, s, released); err != nil {
			return err
		}
	}
	return t.q.release(ctx, released)
}

// replace overwrites the partition called name; s may have another name that is not taken.
func (w *partitionWriter) replace(ctx context.Context, name string, s stored, released map[int64]struct{}) error {
	id, storageID, err := w.find(ctx, name)
	if err != nil {
		return err
	}
	err = w.t.q.exec(ctx, `UPDATE part SET name = ?, create_time = ?, last_access_time = ?, location = ?, storage_id = ?, parameters = ?
		WHERE id = ?`, s.name, s.created, s.accessed, s.location, s.storageID, s.parameters, id)
	if err != nil {
		return fmt.Errorf("alter partition %s of %s.%s: %w", name, w.table.Database, w.table.Name, err)
	}
	if storageID != s.storageID {
		released[storageID] = struct{}{}
	}
	if name == s.name {
		return nil
	}
	if err := w.unindex(ctx, id, name); err != nil {
		return err
	}
	return w.index(ctx, id, s.name)
}

func (t *transaction) RenamePartition(ctx context.Context, database, table string, values []string, p *model.Partition) error {
	w, err := t.partitionWriter(ctx, database, table)
	if err != nil {
		return err
	}
	name, err := nameOf(w.table, values)
	if err != nil {
		return err
	}
	s, err := w.prepare(ctx, p)
	if err != nil {
		return err
	}
	if s.name != name {
		if _, _, taken, err := t.q.partitionID(ctx, w.row, s.name); err != nil {
			return err
		} else if taken {
			return model.Errorf(model.AlreadyExists, model.PartitionObject, s.name, "Partition already exists:%s.%s.[%s]",
				w.table.Database, w.table.Name, strings.Join(p.Values, ", "))
		}
	}
	released := map[int64]struct{}{}
	if err := w.replace(ctx, name, s, released); err != nil {
		return err
	}
	return t.q.release(ctx, released)
}

func (t *transaction) DropPartitions(ctx context.Context, database, table string, names []string) error {
	w, err := t.partitionWriter(ctx, database, table)
	if err != nil {
		return err
	}
	released := map[int64]struct{}{}
	for _, name := range names {
		if name, err = canonicalName(w.table, name); err != nil {
			return err
		}
		id, storageID, err := w.find(ctx, name)
		if err != nil {
			return err
		}
		if err := w.unindex(ctx, id, name); err != nil {
			return err
		}
		err = t.q.exec(ctx, "DELETE FROM column_statistics WHERE tbl_id = ? AND part_id = ?", w.table.ID, id)
		if err == nil {
			err = t.q.exec(ctx, "DELETE FROM part WHERE id = ?", id)
		}
		if err != nil {
			return fmt.Errorf("drop partition %s of %s.%s: %w", name, w.table.Database, w.table.Name, err)
		}
		released[storageID] = struct{}{}
	}
	return t.q.release(ctx, released)
}

func (t *transaction) ExchangePartitions(ctx context.Context, fromDatabase, fromTable, toDatabase, toTable string, names, newLocations []string) error {
	from, err := t.partitionWriter(ctx, fromDatabase, fromTable)
	if err != nil {
		return err
	}
	to, err := t.partitionWriter(ctx, toDatabase, toTable)
	if err != nil {
		return err
	}
	if !sameColumns(from.table.Storage.Columns, to.table.Storage.Columns) || !sameColumns(from.table.PartitionKeys, to.table.PartitionKeys) {
		return model.Errorf(model.InvalidOperation, model.TableObject, to.table.Name, "The tables have different schemas. Their partitions cannot be exchanged.")
	}
	for i, name := range names {
		if name, err = canonicalName(from.table, name); err != nil {
			return err
		}
		id, _, err := from.find(ctx, name)
		if err != nil {
			return err
		}
		n, err := t.q.execCount(ctx, "UPDATE OR IGNORE part SET tbl_id = ?, location = ? WHERE id = ?", to.table.ID, newLocations[i], id)
		if err != nil {
			return fmt.Errorf("exchange partition %s: %w", name, err)
		}
		if n == 0 {
			return model.Errorf(model.AlreadyExists, model.PartitionObject, name, "The destination table %s.%s already has the partition %s",
				to.table.Database, to.table.Name, name)
		}
		if err := from.unindex(ctx, id, name); err != nil {
			return err
		}
		if err := to.index(ctx, id, name); err != nil {
			return err
		}
		if err := t.q.exec(ctx, "UPDATE column_statistics SET tbl_id = ? WHERE tbl_id = ? AND part_id = ?", to.table.ID, from.table.ID, id); err != nil {
			return fmt.Errorf("exchange statistics of partition %s: %w", name, err)
		}
	}
	return nil
}

func sameColumns(a, b []model.Column) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !strings.EqualFold(a[i].Name, b[i].Name) || !strings.EqualFold(a[i].Type, b[i].Type) {
			return false
		}
	}
	return true
}

// reindex writes the key values of all partitions anew, after a key has changed its type.
func (t *transaction) reindex(ctx context.Context, tableID int64, tbl *model.Table) error {
	if err := t.q.exec(ctx, "DELETE FROM partition_key_val WHERE tbl_id = ?", tableID); err != nil {
		return fmt.Errorf("reindex partitions: %w", err)
	}
	indexed := tbl.Clone()
	indexed.ID = tableID
	w := &partitionWriter{t: t, table: indexed, keys: keyTypes(tbl)}
	type named struct {
		id   int64
		name string
	}
	var parts []named
	err := t.q.rows(ctx, func(rs *sql.Rows) error {
		var n named
		err := rs.Scan(&n.id, &n.name)
		parts = append(parts, n)
		return err
	}, "SELECT id, name FROM part WHERE tbl_id = ?", tableID)
	if err != nil {
		return fmt.Errorf("reindex partitions: %w", err)
	}
	for _, p := range parts {
		if err := w.index(ctx, p.id, p.name); err != nil {
			return err
		}
	}
	return nil
}
