package txn

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"skep/metastore"
	"skep/metastore/model"
	"skep/metastore/store"
)

func catalogAt(t *testing.T, path string) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), store.Options{Path: path, WarehouseDir: "/wh", NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func openManager(t *testing.T, s *store.Store, owned func(string) bool) *Manager {
	t.Helper()
	m, err := Open(context.Background(), Options{Catalog: s, Host: "here", Owned: owned})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestOpenAborts lets a process end between Begin and Commit.
func TestOpenAborts(t *testing.T) {
	ctx, path := context.Background(), filepath.Join(t.TempDir(), "m.db")
	s := catalogAt(t, path)
	m := openManager(t, s, nil)
	var txns []*Txn
	for _, owner := range []string{"", "known", "unknown"} {
		x, err := m.Begin(ctx, Begin{Owner: owner, User: "me", Tables: []int64{1, 2, 1}})
		if err != nil {
			t.Fatal(err)
		}
		txns = append(txns, x)
	}
	if x := txns[1]; x.WriteIDs[1] != 2 || x.WriteIDs[2] != 2 {
		t.Fatalf("write ids %v", x.WriteIDs)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = catalogAt(t, path)
	defer s.Close()
	m = openManager(t, s, func(owner string) bool { return owner == "known" })
	w, err := s.WriteIDs(ctx, 1)
	if err != nil || w.High != 3 || len(w.Open) != 1 || w.Open[0] != 2 {
		t.Fatalf("write ids %+v, %v", w, err)
	}
	commit := func(id int64) error {
		return s.Update(ctx, func(tx metastore.Tx) error { return Commit(ctx, tx, id) })
	}
	var aborted *AbortedError
	if err := commit(txns[0].ID); !errors.As(err, &aborted) || aborted.ID != txns[0].ID {
		t.Fatalf("commit of an aborted transaction: %v", err)
	}
	if err := commit(txns[1].ID); err != nil {
		t.Fatal(err)
	}
	if err := m.Abort(ctx, txns[1].ID, 12345); err != nil {
		t.Fatal(err)
	}
	list, err := s.Transactions(ctx)
	if err != nil || len(list) != 2 || list[0].State != model.TransactionAborted || list[1].State != model.TransactionAborted {
		t.Fatalf("transactions %+v, %v", list, err)
	}
}

func TestExcludes(t *testing.T) {
	whole := func(m Mode) Component { return Component{"d", "t", "", m} }
	for _, c := range []struct {
		a, b Component
		want bool
	}{
		{whole(SharedRead), whole(SharedRead), false},
		{whole(SharedRead), whole(SharedWrite), false},
		{whole(SharedRead), whole(ExclusiveWrite), false},
		{whole(SharedRead), whole(Exclusive), true},
		{whole(SharedWrite), whole(SharedWrite), false},
		{whole(SharedWrite), whole(ExclusiveWrite), true},
		{whole(ExclusiveWrite), whole(ExclusiveWrite), true},
		{whole(Exclusive), whole(Exclusive), true},
		{whole(Exclusive), Component{"d", "u", "", Exclusive}, false},
		{whole(Exclusive), Component{"e", "t", "", Exclusive}, false},
		{Component{"d", "t", "p=1", Exclusive}, Component{"d", "t", "p=2", Exclusive}, false},
		{Component{"d", "t", "p=1", Exclusive}, whole(SharedRead), true},
		{Component{"d", "", "", Exclusive}, whole(SharedRead), true},
		{Component{"d", "", "", SharedRead}, whole(Exclusive), false},
		{Component{"d", "", "", SharedWrite}, whole(ExclusiveWrite), false},
	} {
		if c.a.excludes(c.b) != c.want || c.b.excludes(c.a) != c.want {
			t.Errorf("%v and %v: %v", c.a, c.b, !c.want)
		}
	}
}

func TestLockOrder(t *testing.T) {
	s := catalogAt(t, filepath.Join(t.TempDir(), "m.db"))
	defer s.Close()
	m, ctx := openManager(t, s, nil), context.Background()
	request := func(mode Mode) Request {
		return Request{QueryID: mode.String(), Components: []Component{{Database: "d", Table: "t", Mode: mode}}}
	}
	reader, err := m.Lock(ctx, request(SharedRead))
	if err != nil {
		t.Fatal(err)
	}
	type granted struct {
		l   *Lock
		err error
	}
	ask := func(ctx context.Context, mode Mode) chan granted {
		before, c := len(m.Locks()), make(chan granted, 1)
		go func() {
			l, err := m.Lock(ctx, request(mode))
			c <- granted{l, err}
		}()
		for len(m.Locks()) == before { // until it is in the list
		}
		return c
	}
	cancelled, cancel := context.WithCancel(ctx)
	first := ask(cancelled, Exclusive)
	second := ask(ctx, SharedRead) // would fit beside the first reader, but may not overtake
	list := m.Locks()
	if len(list) != 3 || list[0].Acquired.IsZero() || list[1].BlockedBy != list[0].ID || list[2].BlockedBy != list[1].ID || !list[2].Acquired.IsZero() || list[2].Host != "here" {
		t.Fatalf("locks %+v", list)
	}
	cancel()
	if g := <-first; !errors.Is(g.err, context.Canceled) {
		t.Fatalf("a cancelled request: %v", g.err)
	}
	g := <-second
	if g.err != nil {
		t.Fatal(g.err)
	}
	last := ask(ctx, Exclusive)
	reader.Release()
	g.l.Release()
	if g := <-last; g.err != nil || len(m.Locks()) != 1 {
		t.Fatalf("%v, locks %+v", g.err, m.Locks())
	}
}
