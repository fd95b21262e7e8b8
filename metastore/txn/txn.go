// Package txn is Hive's transactions over the tables of a metastore: transactions with their write ids, which the catalog keeps, and
// locks, which are kept in memory because one process owns a metastore at a time and they end with it.
//
// What a transaction has written is moved into place and made visible by one commit (package warehouse), so that a transaction which
// is aborted, or ends with its process, has left nothing behind. Readers need no locks: they see the write ids that were valid when
// they began, on a snapshot of the warehouse. Writers that change rows exclude each other, table by table, and look at the table as
// it is once they hold the lock; so no two transactions ever change the same row, and none fails because another one was first.
package txn

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"skep/metastore"
	"skep/metastore/model"
)

// Options configures Open.
type Options struct {
	Catalog metastore.Catalog
	// Host is the name of this machine, for SHOW TRANSACTIONS.
	Host string
	// Owned says whether an owner is known and will go on with its transactions (Adopt); nil: none is.
	Owned func(owner string) bool
	// Now gives the time; nil: time.Now.
	Now func() time.Time
}

// Manager opens and ends transactions. It is safe for concurrent use.
type Manager struct {
	o     Options
	locks locks
}

// Open aborts the transactions that an earlier process left open, but for those that somebody will go on with.
func Open(ctx context.Context, o Options) (*Manager, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	m := &Manager{o: o}
	all, err := o.Catalog.Transactions(ctx)
	if err != nil {
		return nil, err
	}
	var left []int64
	for _, t := range all {
		if t.State == model.TransactionOpen && !(t.Owner != "" && o.Owned != nil && o.Owned(t.Owner)) {
			left = append(left, t.ID)
		}
	}
	return m, m.Abort(ctx, left...)
}

// Begin describes a transaction to be opened.
type Begin struct {
	// Owner is who may go on with it in a later process; empty: nobody.
	Owner, User string
	// Tables are the ids of the tables that it will write.
	Tables []int64
}

// Txn is an open transaction.
type Txn struct {
	ID int64
	// WriteIDs are the transaction's ids by table.
	WriteIDs map[int64]int64
}

// Begin opens a transaction.
func (m *Manager) Begin(ctx context.Context, b Begin) (*Txn, error) {
	t := &Txn{WriteIDs: map[int64]int64{}}
	now := m.o.Now()
	update := m.o.Catalog.UpdateNoSync // what is lost with the power has left nothing behind
	if b.Owner != "" {
		update = m.o.Catalog.Update // its owner relies on it
	}
	err := update(ctx, func(tx metastore.Tx) (err error) {
		if t.ID, err = tx.OpenTransaction(ctx, model.Transaction{Owner: b.Owner, User: b.User, Host: m.o.Host, Started: now, Heartbeat: now}); err != nil {
			return err
		}
		for _, id := range b.Tables {
			if _, ok := t.WriteIDs[id]; ok {
				continue
			}
			if t.WriteIDs[id], err = tx.AllocateWriteID(ctx, t.ID, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

// AbortedError says that a transaction was aborted while its statement ran.
type AbortedError struct{ ID int64 }

// Error is Hive's text.
func (e *AbortedError) Error() string {
	return fmt.Sprintf("Transaction manager has aborted the transaction txnid:%d.  Reason: Aborted by user", e.ID)
}

// Commit ends a transaction as a part of tx, the change of the catalog that its files belong to.
func Commit(ctx context.Context, tx metastore.Tx, id int64) error {
	err := tx.CommitTransaction(ctx, id)
	if model.KindOf(err) == model.InvalidOperation {
		return errors.Join(&AbortedError{id}, err)
	}
	return err
}

// Abort ends transactions; those that are not open are passed over.
func (m *Manager) Abort(ctx context.Context, ids ...int64) error {
	if len(ids) == 0 {
		return nil
	}
	return m.o.Catalog.UpdateNoSync(ctx, func(tx metastore.Tx) error {
		for _, id := range ids {
			if _, err := tx.AbortTransaction(ctx, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// Host is the name of this machine.
func (m *Manager) Host() string { return m.o.Host }

// Enqueue puts compactions like c of partitions into the queue, but for those that wait there already. It returns the ids of all.
func Enqueue(ctx context.Context, catalog metastore.Catalog, c model.Compaction, partitions []string) (ids []int64, err error) {
	err = catalog.Update(ctx, func(tx metastore.Tx) error {
		queue, err := tx.Compactions(ctx)
		if err != nil {
			return err
		}
		for _, p := range partitions {
			i := slices.IndexFunc(queue, func(o model.Compaction) bool {
				return o.TableID == c.TableID && o.Partition == p && (o.State == model.CompactionInitiated || o.State == model.CompactionWorking)
			})
			if i >= 0 {
				ids = append(ids, queue[i].ID)
				continue
			}
			n := c
			n.Partition = p
			if err := tx.PutCompaction(ctx, &n); err != nil {
				return err
			}
			ids = append(ids, n.ID)
		}
		return nil
	})
	return ids, err
}
