package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"skep/metastore/model"
)

func (q *session) statistics(ctx context.Context, tableID, partID int64, columns []string) ([]model.ColumnStatistics, error) {
	var out []model.ColumnStatistics
	err := q.rows(ctx, func(rs *sql.Rows) error {
		var s model.ColumnStatistics
		var body []byte
		if err := rs.Scan(&s.Column, &body, &s.BitVector); err != nil {
			return err
		}
		if len(columns) > 0 && !slices.ContainsFunc(columns, func(c string) bool { return strings.EqualFold(c, s.Column) }) {
			return nil
		}
		err := json.Unmarshal(body, &s)
		out = append(out, s)
		return err
	}, "SELECT col, body, bit_vector FROM column_statistics WHERE tbl_id = ? AND part_id = ? ORDER BY col", tableID, partID)
	if err != nil {
		return nil, fmt.Errorf("read column statistics: %w", err)
	}
	return out, nil
}

func (r *reader) ColumnStatistics(ctx context.Context, database, table string, columns ...string) ([]model.ColumnStatistics, error) {
	q, done, err := r.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	row, err := q.table(ctx, database, table)
	if err != nil {
		return nil, err
	}
	return q.statistics(ctx, row.t.ID, 0, columns)
}

func (r *reader) PartitionStatistics(ctx context.Context, database, table string, partitions []string, columns ...string) ([]model.PartitionStatistics, error) {
	q, done, err := r.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	row, err := q.table(ctx, database, table)
	if err != nil {
		return nil, err
	}
	var out []model.PartitionStatistics
	for _, name := range partitions {
		id, _, found, err := q.partitionID(ctx, row, name)
		if err != nil {
			return nil, err
		}
		if !found {
			continue
		}
		s, err := q.statistics(ctx, row.t.ID, id, columns)
		if err != nil {
			return nil, err
		}
		if len(s) > 0 {
			out = append(out, model.PartitionStatistics{Partition: name, Columns: s})
		}
	}
	return out, nil
}

// statisticsOwner returns the table and the partition id (0: the table itself) that statistics belong to.
func (t *transaction) statisticsOwner(ctx context.Context, database, table, partitionName string) (*tableRow, int64, error) {
	row, err := t.q.table(ctx, database, table)
	if err != nil || partitionName == "" {
		return row, 0, err
	}
	id, _, found, err := t.q.partitionID(ctx, row, partitionName)
	if err == nil && !found {
		err = noPartition(row, partitionName)
	}
	return row, id, err
}

func (t *transaction) SetColumnStatistics(ctx context.Context, database, table, partitionName string, stats []model.ColumnStatistics) error {
	row, partID, err := t.statisticsOwner(ctx, database, table, partitionName)
	if err != nil {
		return err
	}
	for _, s := range stats {
		body, err := json.Marshal(s)
		if err == nil {
			err = t.q.exec(ctx, `INSERT INTO column_statistics (tbl_id, part_id, col, body, bit_vector) VALUES (?,?,?,?,?)
				ON CONFLICT (tbl_id, part_id, col) DO UPDATE SET body = excluded.body, bit_vector = excluded.bit_vector`,
				row.t.ID, partID, strings.ToLower(s.Column), string(body), s.BitVector)
		}
		if err != nil {
			return fmt.Errorf("store statistics of %s.%s.%s: %w", database, table, s.Column, err)
		}
	}
	return nil
}

func (t *transaction) DeleteColumnStatistics(ctx context.Context, database, table, partitionName string, columns ...string) error {
	row, partID, err := t.statisticsOwner(ctx, database, table, partitionName)
	if err != nil {
		return err
	}
	if len(columns) == 0 {
		err = t.q.exec(ctx, "DELETE FROM column_statistics WHERE tbl_id = ? AND part_id = ?", row.t.ID, partID)
	}
	for _, c := range columns {
		if err == nil {
			err = t.q.exec(ctx, "DELETE FROM column_statistics WHERE tbl_id = ? AND part_id = ? AND col = ?", row.t.ID, partID, strings.ToLower(c))
		}
	}
	if err != nil {
		return fmt.Errorf("delete statistics of %s.%s: %w", database, table, err)
	}
	return nil
}

// dropStaleStatistics forgets the statistics of columns that are gone or have another type.
func (t *transaction) dropStaleStatistics(ctx context.Context, old *tableRow, tbl *model.Table) error {
	types := map[string]string{}
	for _, c := range tbl.Storage.Columns {
		types[strings.ToLower(c.Name)] = c.Type
	}
	for _, c := range old.t.Storage.Columns {
		name := strings.ToLower(c.Name)
		if types[name] == c.Type {
			continue
		}
		if err := t.q.exec(ctx, "DELETE FROM column_statistics WHERE tbl_id = ? AND part_id = 0 AND col = ?", old.t.ID, name); err != nil {
			return fmt.Errorf("delete statistics of %s.%s.%s: %w", old.t.Database, old.t.Name, name, err)
		}
	}
	return nil
}
