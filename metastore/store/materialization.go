package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"skep/metastore/model"
)

func (r *reader) Materialization(ctx context.Context, database, view string) (*model.Materialization, error) {
	q, done, err := r.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	row, err := q.table(ctx, database, view)
	if err != nil {
		return nil, err
	}
	m := &model.Materialization{}
	found, err := q.row(ctx, []any{&m.Time, &m.Incremental}, "SELECT time, incremental FROM materialization WHERE tbl_id = ?", row.t.ID)
	if err == nil && !found {
		return nil, model.Errorf(model.NoSuchObject, model.TableObject, view, "%s.%s is no materialized view", row.t.Database, row.t.Name)
	}
	if err == nil {
		err = q.rows(ctx, func(rs *sql.Rows) error {
			var s model.MaterializationSource
			err := rs.Scan(&s.Database, &s.Table, &s.Snapshot)
			m.Sources = append(m.Sources, s)
			return err
		}, `SELECT d.name, t.name, s.snapshot FROM materialization_source s JOIN tbl t ON t.id = s.source_id JOIN database d ON d.id = t.database_id
			WHERE s.tbl_id = ? ORDER BY d.name, t.name`, row.t.ID)
	}
	if err != nil {
		return nil, fmt.Errorf("look up what materialized view %s.%s holds: %w", database, view, err)
	}
	return m, nil
}

func (r *reader) MaterializedViewsOf(ctx context.Context, database, table string) ([]string, error) {
	q, done, err := r.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	row, err := q.table(ctx, database, table)
	if err != nil {
		return nil, err
	}
	return q.viewsOf(ctx, &row.t)
}

// viewsOf names the materialized views that read a table, the oldest first.
func (q *session) viewsOf(ctx context.Context, t *model.Table) ([]string, error) {
	var out []string
	err := q.rows(ctx, func(rs *sql.Rows) error {
		var db, name string
		err := rs.Scan(&db, &name)
		out = append(out, db+"."+name)
		return err
	}, `SELECT d.name, t.name FROM materialization_source s JOIN tbl t ON t.id = s.tbl_id JOIN database d ON d.id = t.database_id
		WHERE s.source_id = ? ORDER BY t.id`, t.ID)
	if err != nil {
		return nil, fmt.Errorf("list the materialized views of %s.%s: %w", t.Database, t.Name, err)
	}
	return out, nil
}

// checkUnused refuses to drop a table that materialized views read.
func (t *transaction) checkUnused(ctx context.Context, table *model.Table) error {
	views, err := t.q.viewsOf(ctx, table)
	if err != nil || len(views) == 0 {
		return err
	}
	return model.Errorf(model.InUse, model.TableObject, table.Database+"."+table.Name,
		"Cannot drop table as it is used in the following materialized views [%s]\n", strings.Join(views, ", "))
}

func (t *transaction) SetMaterialization(ctx context.Context, database, view string, m *model.Materialization) error {
	row, err := t.q.table(ctx, database, view)
	if err != nil {
		return err
	}
	err = t.q.exec(ctx, "INSERT OR REPLACE INTO materialization (tbl_id, time, incremental) VALUES (?,?,?)", row.t.ID, m.Time, m.Incremental)
	if err == nil {
		err = t.q.exec(ctx, "DELETE FROM materialization_source WHERE tbl_id = ?", row.t.ID)
	}
	for _, s := range m.Sources {
		var source *tableRow
		if err == nil {
			source, err = t.q.table(ctx, s.Database, s.Table)
		}
		if err == nil {
			err = t.q.exec(ctx, "INSERT INTO materialization_source (tbl_id, source_id, snapshot) VALUES (?,?,?)", row.t.ID, source.t.ID, s.Snapshot)
		}
	}
	if err != nil {
		return fmt.Errorf("note what materialized view %s.%s holds: %w", database, view, err)
	}
	return nil
}
