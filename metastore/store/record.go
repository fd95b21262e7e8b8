package store

import (
	"context"
	"database/sql"
	"fmt"

	"skep/metastore/model"
)

func (r *reader) Records(ctx context.Context, kind model.RecordKind) ([]model.Record, error) {
	q, done, err := r.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	var out []model.Record
	err = q.rows(ctx, func(rs *sql.Rows) error {
		x := model.Record{Kind: kind}
		err := rs.Scan(&x.ID, &x.Name, &x.Body)
		out = append(out, x)
		return err
	}, "SELECT id, name, body FROM record WHERE kind = ? ORDER BY id", string(kind))
	if err != nil {
		return nil, fmt.Errorf("list the records of %ss: %w", kind, err)
	}
	return out, nil
}

func (t *transaction) PutRecord(ctx context.Context, x model.Record) error {
	text, args := "UPDATE record SET name = ?, body = ? WHERE id = ? AND kind = ?", []any{x.Name, string(x.Body), x.ID, string(x.Kind)}
	if x.ID == 0 {
		text, args = "INSERT INTO record (name, body, kind) VALUES (?,?,?)", []any{x.Name, string(x.Body), string(x.Kind)}
	}
	if err := t.q.exec(ctx, text, args...); err != nil {
		return fmt.Errorf("record %s %s: %w", x.Kind, x.Name, err)
	}
	return nil
}

func (t *transaction) DeleteRecord(ctx context.Context, x model.Record) error {
	if err := t.q.exec(ctx, "DELETE FROM record WHERE id = ? AND kind = ?", x.ID, string(x.Kind)); err != nil {
		return fmt.Errorf("drop %s %s: %w", x.Kind, x.Name, err)
	}
	return nil
}
