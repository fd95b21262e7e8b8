package query

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"skep/dialect/ast"
	"skep/dialect/catalog"
	"skep/dialect/plan"
	"skep/engine/acid"
	"skep/metastore"
	"skep/metastore/txn"
	"skep/metastore/warehouse"
)

// mayLock notes what is locked while the statement runs.
func (st *Statement) mayLock(t *catalog.Table, mode txn.Mode) {
	if t == nil || !t.Transactional {
		return
	}
	st.locks = append(st.locks, txn.Component{Database: t.DB, Table: t.Name, Mode: mode})
}

// lockChanged has a statement that takes rows away, or the ground from under their writers, wait for those.
func (st *Statement) lockChanged(ctx context.Context, tree ast.Statement) error {
	var name *ast.TableName
	switch n := tree.(type) {
	case *ast.TruncateTable:
		name = n.Target.Table
	case *ast.DropTable:
		name = n.Name
	case *ast.AlterTable:
		switch n.Action.(type) {
		case *ast.AlterDropPartitions, *ast.AlterRename, *ast.AlterRenamePartition, *ast.AlterLocation, *ast.AlterProperties:
			name = n.Table
		}
	}
	if name == nil {
		return nil
	}
	db := st.session.Database()
	if name.DB != nil {
		db = lower(name.DB.Name)
	}
	m, err := st.session.table(ctx, db, lower(name.Name.Name))
	if err != nil {
		return nil // the statement itself knows what that means
	}
	if strings.EqualFold(m.Parameters["transactional"], "true") {
		st.locks = append(st.locks, txn.Component{Database: m.Database, Table: m.Name, Mode: txn.Exclusive})
	}
	return nil
}

// acquire takes the locks of the statement. When a table that it excludes others from has been written since the statement was
// compiled, it is compiled again, so that it changes the rows that are there now.
func (st *Statement) acquire(ctx context.Context) (err error) {
	if _, explained := st.tree.(*ast.Explain); len(st.locks) == 0 || st.lock != nil || explained && !st.analyzes {
		return nil
	}
	st.lock, err = st.session.engine.txns.Lock(ctx, txn.Request{QueryID: st.queryID, User: st.session.User, Components: st.locks})
	if err != nil {
		return err
	}
	stale, err := st.stale(ctx)
	if err != nil || !stale {
		return err
	}
	st.releaseSnapshot(ctx)
	st.snapshot, st.seen, st.locks = nil, nil, nil
	return st.compile(ctx, st.tree)
}

// stale reports whether a table that the statement has to itself is not the one any more that it was compiled against.
func (st *Statement) stale(ctx context.Context) (bool, error) {
	for _, t := range st.seen {
		if !slices.ContainsFunc(st.locks, func(c txn.Component) bool {
			return c.Database == t.DB && c.Table == t.Name && c.Mode >= txn.ExclusiveWrite
		}) {
			continue
		}
		m, err := st.session.table(ctx, t.DB, t.Name)
		if err != nil {
			return false, notFound(err)
		}
		now, err := st.session.engine.store.WriteIDs(ctx, m.ID)
		if err != nil {
			return false, err
		}
		// Under the lock no id is open, and those given out since have been committed or came to nothing.
		if m.ID != t.Version || now.High != t.WriteIDs.High || len(t.WriteIDs.Open) > 0 {
			return true, nil
		}
	}
	return false, nil
}

// transact opens the transaction of a statement that writes transactional tables.
func (st *Statement) transact(ctx context.Context, branches []plan.InsertBranch) error {
	var tables []int64
	any := false
	for _, b := range branches {
		if b.Table == nil || !b.Table.Transactional {
			continue
		}
		any = true
		if b.Table.Version != 0 { // the first id of a table that is to be created is known
			tables = append(tables, b.Table.Version)
		}
	}
	if !any || st.txn != nil {
		return nil
	}
	if st.staged && st.owner == "" {
		st.owner = uuid.NewString()
	}
	var err error
	st.txn, err = st.session.engine.txns.Begin(ctx, txn.Begin{Owner: st.owner, User: st.session.User, Tables: tables})
	return err
}

// endTransaction ends what transact and acquire began, err being how the statement ended. One that has not been committed with files
// is committed now, or aborted.
func (st *Statement) endTransaction(ctx context.Context, err error) error {
	ctx = context.WithoutCancel(ctx)
	if st.txn != nil && !st.committed {
		e := st.session.engine
		if err == nil {
			err = e.store.UpdateNoSync(ctx, func(tx metastore.Tx) error { return txn.Commit(ctx, tx, st.txn.ID) })
		} else {
			err = errors.Join(err, e.txns.Abort(ctx, st.txn.ID))
		}
	}
	st.release()
	return err
}

// release gives the locks up.
func (st *Statement) release() {
	if st.lock != nil {
		st.lock.Release()
		st.lock = nil
	}
}

// committing makes the end of the transaction a part of changes, which are made as one.
func (st *Statement) committing(changes []warehouse.Change) {
	if st.txn == nil || len(changes) == 0 {
		return
	}
	last := &changes[len(changes)-1]
	catalog := last.Catalog
	last.Catalog = func(ctx context.Context, tx metastore.Tx, contents []warehouse.Contents) error {
		if catalog != nil {
			if err := catalog(ctx, tx, contents); err != nil {
				return err
			}
		}
		return txn.Commit(ctx, tx, st.txn.ID)
	}
}

// commitChanges makes changes and, with them, ends the transaction.
func (st *Statement) commitChanges(ctx context.Context, changes []warehouse.Change) error {
	st.committing(changes)
	if err := st.session.engine.warehouse.CommitAll(ctx, changes...); err != nil {
		return err
	}
	st.committed = true
	return nil
}

// created makes the first write id of a table that c creates a part of it.
func (st *Statement) created(c *warehouse.Change, db, name string) {
	catalog := c.Catalog
	c.Catalog = func(ctx context.Context, tx metastore.Tx, contents []warehouse.Contents) error {
		if err := catalog(ctx, tx, contents); err != nil {
			return err
		}
		m, err := st.session.lookup(ctx, tx, db, name)
		if err != nil {
			return err
		}
		id, err := tx.AllocateWriteID(ctx, st.txn.ID, m.ID)
		if err == nil && id != firstWriteID {
			err = fmt.Errorf("the first write id of %s.%s is %d", db, name, id)
		}
		return err
	}
}

// firstWriteID is the first write id of every table.
const firstWriteID = 1

// target returns where in the directory of a transactional table, or of its partitions, a write puts its files.
func (st *Statement) target(b plan.InsertBranch) acid.Name {
	id := int64(firstWriteID)
	if b.Table.Version != 0 {
		id = st.txn.WriteIDs[b.Table.Version]
	}
	n := acid.Name{Kind: acid.Delta, Min: id, Max: id, Statement: st.statements}
	switch {
	case b.Overwrite && b.Table.Version != 0:
		n.Kind, n.Min, n.Statement = acid.Base, 0, acid.NoStatement
	case b.Deletes:
		n.Kind = acid.DeleteDelta
	case b.Together && st.conf.Hive3():
		n.Statement--
		return n
	}
	st.statements++
	return n
}

// insertOnly reports whether a transactional table holds plain files, to which rows can only be added.
func insertOnly(params map[string]string) bool {
	return lower(params["transactional_properties"]) == "insert_only"
}

// lockMode is the mode of the lock on the target of a branch.
func lockMode(b plan.InsertBranch) txn.Mode {
	switch {
	case b.Overwrite:
		return txn.Exclusive
	case b.Deletes:
		return txn.ExclusiveWrite
	}
	return txn.SharedWrite
}
