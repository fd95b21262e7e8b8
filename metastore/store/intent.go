package store

import (
	"context"
	"database/sql"
	"fmt"

	"skep/metastore/model"
)

func (r *reader) Intents(ctx context.Context) ([]model.Intent, error) {
	q, done, err := r.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	var out []model.Intent
	err = q.rows(ctx, func(rs *sql.Rows) error {
		var i model.Intent
		err := rs.Scan(&i.ID, &i.State, &i.Body)
		out = append(out, i)
		return err
	}, "SELECT id, state, body FROM intent ORDER BY seq")
	if err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	return out, nil
}

func (t *transaction) PutIntent(ctx context.Context, i model.Intent) error {
	err := t.q.exec(ctx, `INSERT INTO intent (id, state, body) VALUES (?1, ?2, ?3)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, body = excluded.body`, i.ID, string(i.State), i.Body)
	if err != nil {
		return fmt.Errorf("write journal record %s: %w", i.ID, err)
	}
	return nil
}

func (t *transaction) DeleteIntent(ctx context.Context, id string) error {
	if err := t.q.exec(ctx, "DELETE FROM intent WHERE id = ?", id); err != nil {
		return fmt.Errorf("delete journal record %s: %w", id, err)
	}
	return nil
}
