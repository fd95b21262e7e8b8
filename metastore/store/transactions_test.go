package store

import (
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"skep/dialect/catalog"
	"skep/metastore"
	"skep/metastore/model"
)

func writeIDs(t *testing.T, r metastore.Reader, table int64) catalog.WriteIDs {
	t.Helper()
	w, err := r.WriteIDs(ctx, table)
	if err != nil {
		t.Fatal(err)
	}
	return *w
}

func begin(t *testing.T, s *Store, tables ...int64) (txn int64) {
	t.Helper()
	update(t, s, func(tx metastore.Tx) (err error) {
		if txn, err = tx.OpenTransaction(ctx, model.Transaction{User: "u", Host: "h", Started: time.UnixMilli(5), Heartbeat: time.UnixMilli(6)}); err != nil {
			return err
		}
		for _, id := range tables {
			if _, err := tx.AllocateWriteID(ctx, txn, id); err != nil {
				return err
			}
		}
		return nil
	})
	return txn
}

func TestWriteIDs(t *testing.T) {
	s := open(t)
	if w := writeIDs(t, s, 7); !reflect.DeepEqual(w, catalog.WriteIDs{}) {
		t.Fatalf("of a table without any: %+v", w)
	}
	first, second, third := begin(t, s, 7, 8), begin(t, s, 7), begin(t, s, 7)
	if w := writeIDs(t, s, 7); !reflect.DeepEqual(w, catalog.WriteIDs{High: 3, Open: []int64{1, 2, 3}}) {
		t.Fatalf("three open: %+v", w)
	}
	err := s.View(ctx, func(before metastore.Reader) error {
		old := writeIDs(t, before, 7)
		update(t, s, func(tx metastore.Tx) error { return tx.CommitTransaction(ctx, second) })
		if w := writeIDs(t, before, 7); !reflect.DeepEqual(w, old) {
			t.Errorf("a view changed to %+v", w)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w := writeIDs(t, s, 7)
	if w.Valid(1) || !w.Valid(2) || w.Valid(3) || w.Valid(4) || !w.Valid(0) {
		t.Fatalf("the second committed: %+v", w)
	}
	var was bool
	update(t, s, func(tx metastore.Tx) (err error) { was, err = tx.AbortTransaction(ctx, third); return err })
	if w := writeIDs(t, s, 7); !was || !reflect.DeepEqual(w, catalog.WriteIDs{High: 3, Open: []int64{1}}) {
		t.Fatalf("the third aborted: %v, %+v", was, w)
	}
	refuse(t, s, model.InvalidOperation, func(tx metastore.Tx) error { return tx.CommitTransaction(ctx, third) })
	refuse(t, s, model.InvalidOperation, func(tx metastore.Tx) error { return tx.CommitTransaction(ctx, second) })
	update(t, s, func(tx metastore.Tx) (err error) { was, err = tx.AbortTransaction(ctx, second); return err })
	if was {
		t.Fatal("a committed transaction was aborted")
	}
	list, err := s.Transactions(ctx)
	if err != nil || len(list) != 2 || list[0].ID != first || list[1].ID != third || list[1].State != model.TransactionAborted ||
		list[0].User != "u" || list[0].Host != "h" || list[0].Started.UnixMilli() != 5 || list[0].Heartbeat.UnixMilli() != 6 {
		t.Fatalf("transactions %+v, %v", list, err)
	}
	if fourth := begin(t, s, 7); fourth <= third {
		t.Fatalf("transaction %d after %d", fourth, third)
	}
	if w := writeIDs(t, s, 7); w.High != 4 {
		t.Fatalf("a write id was given out again: %+v", w)
	}
}

func TestAbortedAreForgotten(t *testing.T) {
	s := open(t)
	var last int64
	for range keptAborted + 20 {
		last = begin(t, s, 7)
		update(t, s, func(tx metastore.Tx) error { _, err := tx.AbortTransaction(ctx, last); return err })
	}
	list, err := s.Transactions(ctx)
	if err != nil || len(list) != keptAborted || list[keptAborted-1].ID != last {
		t.Fatalf("%d transactions, %v", len(list), err)
	}
}

func TestDroppedTableTakesItsWriteIDs(t *testing.T) {
	s := open(t)
	table := testTable("t")
	update(t, s, func(tx metastore.Tx) error { return tx.CreateTable(ctx, table) })
	m, err := s.Table(ctx, "default", "t")
	if err != nil {
		t.Fatal(err)
	}
	begin(t, s, m.ID)
	update(t, s, func(tx metastore.Tx) error {
		return tx.PutCompaction(ctx, &model.Compaction{TableID: m.ID, Database: "default", Table: "t", Kind: model.MajorCompaction, State: model.CompactionInitiated})
	})
	update(t, s, func(tx metastore.Tx) error { return tx.DropTable(ctx, "default", "t") })
	if w := writeIDs(t, s, m.ID); w.High != 0 || w.Open != nil {
		t.Fatalf("write ids %+v", w)
	}
	if queue, err := s.Compactions(ctx); err != nil || len(queue) != 0 {
		t.Fatalf("queue %v, %v", queue, err)
	}
}

func TestCompactions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "metastore.db")
	s := openAt(t, path)
	a := &model.Compaction{TableID: 7, Database: "d", Table: "t", Partition: "p=1", Kind: model.MajorCompaction, State: model.CompactionInitiated,
		Properties: map[string]string{"k": "v"}, Pool: "x", Enqueued: time.UnixMilli(10)}
	b := &model.Compaction{TableID: 7, Database: "d", Table: "t", Kind: model.MinorCompaction, State: model.CompactionInitiated, Properties: map[string]string{}}
	update(t, s, func(tx metastore.Tx) error {
		if err := tx.PutCompaction(ctx, a); err != nil {
			return err
		}
		return tx.PutCompaction(ctx, b)
	})
	a.State, a.Worker, a.Started, a.HighWriteID, a.Message = model.CompactionFailed, "w", time.UnixMilli(20), 9, "m"
	update(t, s, func(tx metastore.Tx) error { return tx.PutCompaction(ctx, a) })
	got, err := s.Compactions(ctx)
	if err != nil || !reflect.DeepEqual(got, []model.Compaction{*a, *b}) {
		t.Fatalf("%+v, %v", got, err)
	}
	update(t, s, func(tx metastore.Tx) error { return tx.DeleteCompactions(ctx, a.ID) })
	got, err = s.Compactions(ctx)
	if err != nil || !slices.EqualFunc(got, []int64{b.ID}, func(c model.Compaction, id int64) bool { return c.ID == id }) {
		t.Fatalf("%+v, %v", got, err)
	}
}

// TestTemporaryTablesEnd checks that another process may give temporary tables the same ids anew.
func TestTemporaryTablesEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "metastore.db")
	s, err := Open(ctx, Options{Path: path, WarehouseDir: "/wh"})
	if err != nil {
		t.Fatal(err)
	}
	begin(t, s, -1, 7)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openAt(t, path)
	for table, want := range map[int64]int64{-1: 0, 7: 1} {
		if err := s.View(ctx, func(r metastore.Reader) error {
			if got := writeIDs(t, r, table).High; got != want {
				t.Errorf("table %d begins behind write id %d, want %d", table, got, want)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}
