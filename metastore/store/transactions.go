package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"skep/dialect/catalog"
	"skep/metastore/model"
)

// WriteIDs implements metastore.Reader.
func (r *reader) WriteIDs(ctx context.Context, tableID int64) (*catalog.WriteIDs, error) {
	q, done, err := r.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	w := &catalog.WriteIDs{}
	_, err = q.row(ctx, []any{&w.High}, "SELECT high FROM write_id_high WHERE tbl_id = ?", tableID)
	if err == nil {
		err = q.rows(ctx, func(rs *sql.Rows) error {
			var id int64
			err := rs.Scan(&id)
			w.Open = append(w.Open, id)
			return err
		}, "SELECT write_id FROM txn_write_id WHERE tbl_id = ? ORDER BY write_id", tableID)
	}
	if err != nil {
		return nil, fmt.Errorf("look up the write ids of table %d: %w", tableID, err)
	}
	return w, nil
}

// Transactions implements metastore.Reader.
func (r *reader) Transactions(ctx context.Context) ([]model.Transaction, error) {
	q, done, err := r.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	var out []model.Transaction
	err = q.rows(ctx, func(rs *sql.Rows) error {
		var t model.Transaction
		var started, heartbeat int64
		err := rs.Scan(&t.ID, &t.State, &t.Owner, &t.User, &t.Host, &started, &heartbeat)
		t.Started, t.Heartbeat = instant(started), instant(heartbeat)
		out = append(out, t)
		return err
	}, "SELECT id, state, owner, user, host, start_time, heartbeat FROM txn ORDER BY id")
	if err != nil {
		return nil, fmt.Errorf("list transactions: %w", err)
	}
	return out, nil
}

// instant and milliseconds convert times; the zero time is 0.
func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

func milliseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// OpenTransaction implements metastore.Tx.
func (t *transaction) OpenTransaction(ctx context.Context, x model.Transaction) (int64, error) {
	id, err := t.q.insert(ctx, "INSERT INTO txn (state, owner, user, host, start_time, heartbeat) VALUES (?, ?, ?, ?, ?, ?)",
		string(model.TransactionOpen), x.Owner, x.User, x.Host, milliseconds(x.Started), milliseconds(x.Heartbeat))
	if err != nil {
		return 0, fmt.Errorf("open transaction: %w", err)
	}
	return id, nil
}

// forgetTemporaryTables removes the write ids of temporary tables, whose ids are negative: the tables ended with their sessions, and
// those of this process have the same ids again.
func forgetTemporaryTables(ctx context.Context, db *sql.DB) error {
	for _, table := range []string{"write_id_high", "txn_write_id"} {
		if _, err := db.ExecContext(ctx, "DELETE FROM "+table+" WHERE tbl_id < 0"); err != nil {
			return fmt.Errorf("forget the write ids of temporary tables: %w", err)
		}
	}
	return nil
}

// AllocateWriteID implements metastore.Tx.
func (t *transaction) AllocateWriteID(ctx context.Context, txn, tableID int64) (int64, error) {
	var id int64
	_, err := t.q.row(ctx, []any{&id}, `INSERT INTO write_id_high (tbl_id, high) VALUES (?, 1)
		ON CONFLICT (tbl_id) DO UPDATE SET high = high + 1 RETURNING high`, tableID)
	if err == nil {
		err = t.q.exec(ctx, "INSERT INTO txn_write_id (tbl_id, write_id, txn_id) VALUES (?, ?, ?)", tableID, id, txn)
	}
	if err != nil {
		return 0, fmt.Errorf("allocate a write id of table %d: %w", tableID, err)
	}
	return id, nil
}

// SeedWriteIDs implements metastore.Tx.
func (t *transaction) SeedWriteIDs(ctx context.Context, tableID, high int64) error {
	err := t.q.exec(ctx, `INSERT INTO write_id_high (tbl_id, high) VALUES (?, ?)
		ON CONFLICT (tbl_id) DO UPDATE SET high = max(high, excluded.high)`, tableID, high)
	if err != nil {
		return fmt.Errorf("seed the write ids of table %d: %w", tableID, err)
	}
	return nil
}

// CommitTransaction implements metastore.Tx.
func (t *transaction) CommitTransaction(ctx context.Context, txn int64) error {
	n, err := t.q.execCount(ctx, "DELETE FROM txn WHERE id = ? AND state = ?", txn, string(model.TransactionOpen))
	if err != nil {
		return fmt.Errorf("commit transaction %d: %w", txn, err)
	}
	if n == 0 {
		return model.Errorf(model.InvalidOperation, model.TransactionObject, fmt.Sprint(txn), "transaction %d is not open", txn)
	}
	return t.forgetWriteIDs(ctx, txn)
}

// forgetWriteIDs removes the write ids of a transaction, which are valid from then on.
func (t *transaction) forgetWriteIDs(ctx context.Context, txn int64) error {
	if err := t.q.exec(ctx, "DELETE FROM txn_write_id WHERE txn_id = ?", txn); err != nil {
		return fmt.Errorf("end transaction %d: %w", txn, err)
	}
	return nil
}

// keptAborted is the number of aborted transactions that are remembered, for SHOW TRANSACTIONS.
const keptAborted = 100

// AbortTransaction implements metastore.Tx.
func (t *transaction) AbortTransaction(ctx context.Context, txn int64) (bool, error) {
	n, err := t.q.execCount(ctx, "UPDATE txn SET state = ? WHERE id = ? AND state = ?",
		string(model.TransactionAborted), txn, string(model.TransactionOpen))
	if err == nil && n > 0 {
		err = t.q.exec(ctx, `DELETE FROM txn WHERE id <= (SELECT id FROM txn WHERE state = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)
			AND state = ?1`, string(model.TransactionAborted), keptAborted)
	}
	if err != nil {
		return false, fmt.Errorf("abort transaction %d: %w", txn, err)
	}
	return n > 0, t.forgetWriteIDs(ctx, txn)
}

// Compactions implements metastore.Reader.
func (r *reader) Compactions(ctx context.Context) ([]model.Compaction, error) {
	q, done, err := r.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	var out []model.Compaction
	err = q.rows(ctx, func(rs *sql.Rows) error {
		var c model.Compaction
		var properties []byte
		var enqueued, started, ended int64
		err := rs.Scan(&c.ID, &c.TableID, &c.Database, &c.Table, &c.Partition, &c.Kind, &c.State, &properties, &c.Pool, &c.Initiator,
			&enqueued, &started, &ended, &c.Worker, &c.HighWriteID, &c.TxnID, &c.Message)
		if err != nil {
			return err
		}
		c.Enqueued, c.Started, c.Ended = instant(enqueued), instant(started), instant(ended)
		c.Properties, err = decodeMap(properties, nil)
		out = append(out, c)
		return err
	}, `SELECT id, tbl_id, database, tbl, part, kind, state, properties, pool, initiator, enqueue_time, start_time, end_time, worker,
		high_write_id, txn_id, message FROM compaction ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("list compactions: %w", err)
	}
	return out, nil
}

// PutCompaction implements metastore.Tx.
func (t *transaction) PutCompaction(ctx context.Context, c *model.Compaction) error {
	properties, err := encodeMap(c.Properties)
	if err != nil {
		return err
	}
	id := any(c.ID)
	if c.ID == 0 {
		id = nil // the next one
	}
	n, err := t.q.insert(ctx, `INSERT OR REPLACE INTO compaction (id, tbl_id, database, tbl, part, kind, state, properties, pool, initiator,
		enqueue_time, start_time, end_time, worker, high_write_id, txn_id, message) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		id, c.TableID, c.Database, c.Table, c.Partition, string(c.Kind), string(c.State), properties, c.Pool, c.Initiator,
		milliseconds(c.Enqueued), milliseconds(c.Started), milliseconds(c.Ended), c.Worker, c.HighWriteID, c.TxnID, c.Message)
	if err != nil {
		return fmt.Errorf("put compaction of %s.%s: %w", c.Database, c.Table, err)
	}
	if c.ID == 0 {
		c.ID = n
	}
	return nil
}

// DeleteCompactions implements metastore.Tx.
func (t *transaction) DeleteCompactions(ctx context.Context, ids ...int64) error {
	for _, id := range ids {
		if err := t.q.exec(ctx, "DELETE FROM compaction WHERE id = ?", id); err != nil {
			return fmt.Errorf("delete compaction %d: %w", id, err)
		}
	}
	return nil
}
