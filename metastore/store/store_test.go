package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"skep/metastore"
	"skep/metastore/model"
)

var ctx = context.Background()

func open(t testing.TB) *Store {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "metastore.db"))
}

func openAt(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(ctx, Options{Path: path, WarehouseDir: "/wh", Now: func() time.Time { return time.Unix(1000, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func update(t testing.TB, s *Store, fn func(tx metastore.Tx) error) {
	t.Helper()
	if err := s.Update(ctx, fn); err != nil {
		t.Fatal(err)
	}
}

// refuse runs a change that must fail with the given kind and leave nothing behind.
func refuse(t *testing.T, s *Store, kind model.ErrorKind, fn func(tx metastore.Tx) error) {
	t.Helper()
	if err := s.Update(ctx, fn); model.KindOf(err) != kind {
		t.Fatalf("error %v, want kind %v", err, kind)
	}
}

func testTable(name string, keys ...model.Column) *model.Table {
	return &model.Table{
		Database: "default", Name: name, Owner: "me", OwnerType: "USER", Location: "/wh/" + name,
		Storage: &model.StorageDescriptor{
			Columns:    []model.Column{{Name: "ID", Type: "int"}, {Name: "s", Type: "struct<a:int,b:string>", Comment: "a <b> 'c'"}},
			NumBuckets: -1, InputFormat: "in", OutputFormat: "out",
			SerDe:       model.SerDe{Library: "lib", Parameters: map[string]string{"serialization.format": "1", "field.delim": "\x01"}},
			SortColumns: []model.SortColumn{{Column: "id", Order: model.Ascending}}, BucketColumns: []string{"id"},
		},
		PartitionKeys: keys, Parameters: map[string]string{"comment": `quote " and \ and ü`, "COLUMN_STATS_ACCURATE": `{"BASIC_STATS":"true"}`},
	}
}

func TestDatabases(t *testing.T) {
	s := open(t)
	d, err := s.Database(ctx, "DEFAULT")
	if err != nil || d.Location != "/wh" || d.Owner != "public" || d.CreateTime != 1000 {
		t.Fatalf("default database: %+v, %v", d, err)
	}
	update(t, s, func(tx metastore.Tx) error {
		return tx.CreateDatabase(ctx, &model.Database{Name: "Sales", Location: "/wh/sales.db", Parameters: map[string]string{"k": "v"}})
	})
	refuse(t, s, model.AlreadyExists, func(tx metastore.Tx) error { return tx.CreateDatabase(ctx, &model.Database{Name: "sALES"}) })
	refuse(t, s, model.InvalidObject, func(tx metastore.Tx) error { return tx.CreateDatabase(ctx, &model.Database{Name: "a.b"}) })
	refuse(t, s, model.InvalidOperation, func(tx metastore.Tx) error { return tx.DropDatabase(ctx, "default", true) })
	refuse(t, s, model.NoSuchObject, func(tx metastore.Tx) error { return tx.DropDatabase(ctx, "nosuch", true) })
	update(t, s, func(tx metastore.Tx) error {
		d, err := tx.Database(ctx, "sales")
		if err != nil {
			return err
		}
		d.Comment = "new"
		tbl := testTable("t")
		tbl.Database = "sales"
		return errors.Join(tx.AlterDatabase(ctx, d), tx.CreateTable(ctx, tbl))
	})
	refuse(t, s, model.InvalidOperation, func(tx metastore.Tx) error { return tx.DropDatabase(ctx, "sales", false) })
	all, err := s.Databases(ctx, model.NamePattern("s*"))
	if err != nil || len(all) != 1 || all[0].Comment != "new" || all[0].Parameters["k"] != "v" {
		t.Fatalf("databases: %+v, %v", all, err)
	}
	update(t, s, func(tx metastore.Tx) error { return tx.DropDatabase(ctx, "sales", true) })
	assertEmpty(t, s)
}

// assertEmpty checks that nothing but the default database is stored.
func assertEmpty(t *testing.T, s *Store) {
	t.Helper()
	for table, want := range map[string]int{"database": 1, "tbl": 0, "part": 0, "partition_key_val": 0, "storage": 0, "column_list": 0,
		"column_statistics": 0, "function": 0, "table_constraint": 0, "intent": 0} {
		var n int
		q, done, err := s.beginRead(ctx)
		if err != nil {
			t.Fatal(err)
		}
		_, err = q.row(ctx, []any{&n}, "SELECT count(*) FROM "+table)
		done()
		if err != nil || n != want {
			t.Errorf("%d rows left in %s, want %d (%v)", n, table, want, err)
		}
	}
}

func TestTables(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.db")
	s, err := Open(ctx, Options{Path: path, Now: func() time.Time { return time.Unix(1000, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	in := testTable("MyTable", model.Column{Name: "DS", Type: "string"})
	in.Storage.Skew = model.Skew{Columns: []string{"id"}, Values: [][]string{{"1"}, {"2"}}, Locations: []model.SkewedLocation{{Values: []string{"1"}, Location: "/x"}}}
	update(t, s, func(tx metastore.Tx) error { return tx.CreateTable(ctx, in) })
	got, err := s.Table(ctx, "Default", "MYTABLE")
	if err != nil {
		t.Fatal(err)
	}
	want := in.Clone()
	want.ID, want.Name, want.Type, want.CreateTime = got.ID, "mytable", model.ManagedTable, 1000
	want.Storage.Columns[0].Name, want.PartitionKeys[0].Name = "id", "ds"
	want.Parameters["transient_lastDdlTime"] = "1000"
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got  %+v\nwant %+v", got, want)
	}
	refuse(t, s, model.AlreadyExists, func(tx metastore.Tx) error { return tx.CreateTable(ctx, testTable("mytable")) })
	refuse(t, s, model.InvalidObject, func(tx metastore.Tx) error {
		return tx.CreateTable(ctx, testTable("dup", model.Column{Name: "id", Type: "int"}))
	})
	refuse(t, s, model.NoSuchObject, func(tx metastore.Tx) error {
		x := testTable("x")
		x.Database = "nosuch"
		return tx.CreateTable(ctx, x)
	})
	refuse(t, s, model.InvalidOperation, func(tx metastore.Tx) error {
		x := got.Clone()
		x.PartitionKeys = nil
		return tx.AlterTable(ctx, "default", "mytable", x)
	})

	// types and the EXTERNAL parameter
	update(t, s, func(tx metastore.Tx) error {
		x := testTable("ext")
		x.Type = model.ExternalTable
		v := testTable("v")
		v.Type, v.ViewOriginalText, v.ViewExpandedText, v.Location = model.VirtualView, "select 1", "SELECT 1", ""
		return errors.Join(tx.CreateTable(ctx, x), tx.CreateTable(ctx, v))
	})
	x, _ := s.Table(ctx, "default", "ext")
	if x.Type != model.ExternalTable || x.Parameters["EXTERNAL"] != "TRUE" {
		t.Errorf("external table: %s %v", x.Type, x.Parameters)
	}
	x.Parameters["EXTERNAL"] = "FALSE"
	update(t, s, func(tx metastore.Tx) error { return tx.AlterTable(ctx, "default", "ext", x) })
	if x, _ = s.Table(ctx, "default", "ext"); x.Type != model.ManagedTable {
		t.Errorf("EXTERNAL=FALSE leaves type %s", x.Type)
	}
	for _, c := range []struct {
		pattern string
		types   []model.TableType
		want    string
	}{
		{"", nil, "ext mytable v"},
		{"*T*|v", nil, "ext mytable v"},
		{"e*|V", nil, "ext v"},
		{"", []model.TableType{model.VirtualView}, "v"},
		{"nosuch", nil, ""},
	} {
		names, err := s.TableNames(ctx, "default", model.NamePattern(c.pattern), c.types...)
		if err != nil || strings.Join(names, " ") != c.want {
			t.Errorf("tables %q: %v, %v", c.pattern, names, err)
		}
	}

	// everything is still there after a restart
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s2 := openAt(t, path)
	if again, err := s2.Table(ctx, "default", "mytable"); err != nil || !reflect.DeepEqual(again, got) {
		t.Fatalf("after reopening: %+v, %v", again, err)
	}
}

func TestRenameTable(t *testing.T) {
	s := open(t)
	update(t, s, func(tx metastore.Tx) error {
		return errors.Join(
			tx.CreateDatabase(ctx, &model.Database{Name: "other", Location: "/wh/other.db"}),
			tx.CreateTable(ctx, testTable("a", model.Column{Name: "p", Type: "int"})),
			tx.CreateTable(ctx, testTable("b")),
			tx.SetColumnStatistics(ctx, "default", "a", "", []model.ColumnStatistics{{Column: "id", Type: "int", Kind: model.LongStatistics, Low: "1"}}),
			tx.AddConstraints(ctx, "default", "b", []model.Constraint{{Name: "fk", Kind: model.ForeignKey, Columns: []string{"id"},
				ParentDatabase: "default", ParentTable: "a", ParentColumns: []string{"id"}}}),
		)
	})
	update(t, s, func(tx metastore.Tx) error {
		_, err := tx.AddPartitions(ctx, "default", "a", []*model.Partition{{Values: []string{"1"}}, {Values: []string{"2"}, Location: "/elsewhere"}}, false)
		return err
	})
	refuse(t, s, model.InvalidOperation, func(tx metastore.Tx) error {
		x, _ := tx.Table(ctx, "default", "a")
		x.Name = "B"
		return tx.AlterTable(ctx, "default", "a", x)
	})
	update(t, s, func(tx metastore.Tx) error {
		x, _ := tx.Table(ctx, "default", "a")
		x.Database, x.Name, x.Location = "other", "C", "/wh/other.db/c"
		return tx.AlterTable(ctx, "default", "a", x)
	})
	if _, err := s.Table(ctx, "default", "a"); model.KindOf(err) != model.NoSuchObject {
		t.Errorf("the old name is still there: %v", err)
	}
	parts, err := s.Partitions(ctx, "other", "c", metastore.PartitionQuery{})
	if err != nil || len(parts) != 2 || parts[0].Location != "/wh/other.db/c/p=1" || parts[1].Location != "/elsewhere" {
		t.Errorf("partitions: %+v, %v", parts, err)
	}
	if st, err := s.ColumnStatistics(ctx, "other", "c"); err != nil || len(st) != 1 || st[0].Low != "1" {
		t.Errorf("statistics: %+v, %v", st, err)
	}
	if cs, err := s.Constraints(ctx, "default", "b"); err != nil || len(cs) != 1 || cs[0].ParentDatabase != "other" || cs[0].ParentTable != "c" {
		t.Errorf("constraints: %+v, %v", cs, err)
	}
	update(t, s, func(tx metastore.Tx) error {
		return errors.Join(tx.DropDatabase(ctx, "other", true), func() error {
			cs, err := tx.Constraints(ctx, "default", "b")
			if len(cs) != 0 {
				return fmt.Errorf("foreign key outlives its parent")
			}
			return err
		}(), tx.DropTable(ctx, "default", "b"))
	})
	assertEmpty(t, s)
}

func TestFunctionsConstraintsStatisticsIntents(t *testing.T) {
	s := open(t)
	f := &model.Function{Database: "default", Name: "F", Class: "a.b.C", Owner: "me", OwnerType: "USER", Resources: []model.FunctionResource{{Kind: "JAR", URI: "hdfs:///x.jar"}}}
	pk := model.Constraint{Name: "pk", Kind: model.PrimaryKey, Columns: []string{"id"}, Rely: true}
	long := model.ColumnStatistics{Column: "id", Type: "int", Kind: model.LongStatistics, Nulls: 3, Distinct: 7, Low: "-5", High: "9", BitVector: []byte{0, 1, 255}}
	str := model.ColumnStatistics{Column: "s", Type: "string", Kind: model.StringStatistics, Nulls: -1, AvgLength: 2.5, MaxLength: 9}
	update(t, s, func(tx metastore.Tx) error {
		if err := errors.Join(tx.CreateFunction(ctx, f), tx.CreateTable(ctx, testTable("t", model.Column{Name: "p", Type: "int"}))); err != nil {
			return err
		}
		_, err := tx.AddPartitions(ctx, "default", "t", []*model.Partition{{Values: []string{"1"}}, {Values: []string{"2"}}}, false)
		return errors.Join(err, tx.AddConstraints(ctx, "default", "t", []model.Constraint{pk}),
			tx.SetColumnStatistics(ctx, "default", "t", "", []model.ColumnStatistics{long}),
			tx.SetColumnStatistics(ctx, "default", "t", "P=1", []model.ColumnStatistics{long, str}),
			tx.PutIntent(ctx, model.Intent{ID: "b", State: model.IntentPrepared, Body: []byte("x")}),
			tx.PutIntent(ctx, model.Intent{ID: "a", State: model.IntentPrepared, Body: []byte{}}),
			tx.PutIntent(ctx, model.Intent{ID: "b", State: model.IntentCommitted, Body: []byte("y")}))
	})
	refuse(t, s, model.AlreadyExists, func(tx metastore.Tx) error { return tx.CreateFunction(ctx, f) })
	refuse(t, s, model.NoSuchObject, func(tx metastore.Tx) error { return tx.DropFunction(ctx, "default", "g") })
	refuse(t, s, model.InvalidObject, func(tx metastore.Tx) error {
		return tx.AddConstraints(ctx, "default", "t", []model.Constraint{pk})
	})
	refuse(t, s, model.NoSuchObject, func(tx metastore.Tx) error { return tx.DropConstraint(ctx, "default", "t", "nosuch") })
	refuse(t, s, model.NoSuchObject, func(tx metastore.Tx) error {
		return tx.SetColumnStatistics(ctx, "default", "t", "p=3", []model.ColumnStatistics{long})
	})
	got, err := s.Function(ctx, "default", "f")
	f.Name, f.CreateTime = "f", 1000
	if err != nil || !reflect.DeepEqual(got, f) {
		t.Errorf("function %+v, %v", got, err)
	}
	if cs, err := s.Constraints(ctx, "default", "t"); err != nil || !reflect.DeepEqual(cs, []model.Constraint{pk}) {
		t.Errorf("constraints %+v, %v", cs, err)
	}
	if st, err := s.ColumnStatistics(ctx, "default", "t"); err != nil || !reflect.DeepEqual(st, []model.ColumnStatistics{long}) {
		t.Errorf("statistics %+v, %v", st, err)
	}
	ps, err := s.PartitionStatistics(ctx, "default", "t", []string{"p=1", "p=2", "p=3"}, "S")
	if err != nil || !reflect.DeepEqual(ps, []model.PartitionStatistics{{Partition: "p=1", Columns: []model.ColumnStatistics{str}}}) {
		t.Errorf("partition statistics %+v, %v", ps, err)
	}
	in, err := s.Intents(ctx)
	if err != nil || len(in) != 2 || in[0].ID != "b" || in[0].State != model.IntentCommitted || string(in[0].Body) != "y" {
		t.Errorf("intents %+v, %v", in, err)
	}
	// a column that changes its type loses its statistics
	update(t, s, func(tx metastore.Tx) error {
		x, _ := tx.Table(ctx, "default", "t")
		x.Storage = x.Storage.Clone()
		x.Storage.Columns[0].Type = "bigint"
		return errors.Join(tx.AlterTable(ctx, "default", "t", x), tx.DeleteIntent(ctx, "a"), tx.DeleteIntent(ctx, "b"),
			tx.DropFunction(ctx, "default", "f"), tx.DropConstraint(ctx, "default", "t", "PK"),
			tx.DeleteColumnStatistics(ctx, "default", "t", "p=1", "s"))
	})
	if st, err := s.ColumnStatistics(ctx, "default", "t"); err != nil || len(st) != 0 {
		t.Errorf("stale statistics %+v, %v", st, err)
	}
	if p, _ := s.Partition(ctx, "default", "t", []string{"1"}); p.Storage.Columns[0].Type != "int" {
		t.Errorf("the partition's own columns changed with the table's: %+v", p.Storage.Columns)
	}
	update(t, s, func(tx metastore.Tx) error { return tx.DropTable(ctx, "default", "t") })
	assertEmpty(t, s)
}

func TestScanTables(t *testing.T) {
	s := open(t)
	n := scanTablesPage + 20
	update(t, s, func(tx metastore.Tx) error {
		err := tx.CreateDatabase(ctx, &model.Database{Name: "z"})
		for i := 0; i < n && err == nil; i++ {
			x := testTable(fmt.Sprintf("t%04d", i))
			if i%2 == 1 {
				x.Database = "z"
			}
			err = tx.CreateTable(ctx, x)
		}
		return err
	})
	var names []string
	err := s.ScanTables(ctx, metastore.TableQuery{}, func(x *model.Table) error {
		names = append(names, x.Database+"."+x.Name)
		if len(x.Storage.Columns) != 2 {
			t.Errorf("columns %v", x.Storage.Columns)
		}
		return nil
	})
	if err != nil || len(names) != n || !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != n {
		t.Fatalf("%d tables, sorted %v, %v", len(names), slices.IsSorted(names), err)
	}
	count, stop := 0, errors.New("stop")
	err = s.ScanTables(ctx, metastore.TableQuery{MatchDatabase: model.LikePattern("Z"), MatchTable: model.LikePattern("t00_1")}, func(*model.Table) error {
		count++
		return nil
	})
	if err != nil || count != 10 {
		t.Errorf("%d tables match, %v", count, err)
	}
	if err := s.ScanTables(ctx, metastore.TableQuery{}, func(*model.Table) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("error of visit: %v", err)
	}
}

func TestOwnership(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.db")
	openAt(t, path)
	if s, err := Open(ctx, Options{Path: path}); err == nil {
		s.Close()
		t.Fatal("a store was opened twice")
	}
}

// TestAtomicity checks that a failed or cancelled transaction leaves no trace, in the database or in the cache of storage
// descriptors, whose ids are given out again.
func TestAtomicity(t *testing.T) {
	s := open(t)
	boom := errors.New("boom")
	for i := range 3 {
		x := testTable("t")
		x.Storage.InputFormat = fmt.Sprint("format", i)
		err := s.Update(ctx, func(tx metastore.Tx) error {
			if err := tx.CreateTable(ctx, x); err != nil {
				return err
			}
			if got, err := tx.Table(ctx, "default", "t"); err != nil || got.Storage.InputFormat != x.Storage.InputFormat {
				return fmt.Errorf("own change not visible: %+v, %w", got, err)
			}
			if i < 2 {
				return boom
			}
			return nil
		})
		if i < 2 && !errors.Is(err, boom) || i == 2 && err != nil {
			t.Fatal(err)
		}
		if i < 2 {
			assertEmpty(t, s)
		}
	}
	if got, err := s.Table(ctx, "default", "t"); err != nil || got.Storage.InputFormat != "format2" {
		t.Fatalf("%+v, %v", got, err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	err := s.Update(cancelled, func(tx metastore.Tx) error {
		if err := tx.DropTable(cancelled, "default", "t"); err != nil {
			return err
		}
		cancel()
		_, err := tx.Table(cancelled, "default", "t")
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled update: %v", err)
	}
	if _, err := s.Table(ctx, "default", "t"); err != nil {
		t.Errorf("the cancelled drop happened: %v", err)
	}
}

// TestConcurrency runs writers and readers against each other: every reader must see all changes of a transaction or none.
func TestConcurrency(t *testing.T) {
	s := open(t)
	update(t, s, func(tx metastore.Tx) error {
		return errors.Join(tx.CreateTable(ctx, testTable("a")), tx.CreateTable(ctx, testTable("b")))
	})
	const writers, readers, rounds = 4, 4, 25
	var wg, readersDone sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for range rounds {
				err := s.Update(ctx, func(tx metastore.Tx) error {
					for _, name := range []string{"a", "b"} {
						x, err := tx.Table(ctx, "default", name)
						if err != nil {
							return err
						}
						n := 0
						fmt.Sscan(x.Parameters["n"], &n)
						x.Parameters["n"] = fmt.Sprint(n + 1)
						x.Storage = x.Storage.Clone()
						x.Storage.InputFormat = fmt.Sprint(w, n)
						if err := tx.AlterTable(ctx, "default", name, x); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	stop := make(chan struct{})
	for range readers {
		readersDone.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				err := s.View(ctx, func(r metastore.Reader) error {
					a, err := r.Table(ctx, "default", "a")
					if err != nil {
						return err
					}
					b, err := r.Table(ctx, "default", "b")
					if err == nil && (!maps.Equal(a.Parameters, b.Parameters) || a.Storage.InputFormat != b.Storage.InputFormat) {
						t.Errorf("torn read: %v %v", a.Parameters, b.Parameters)
					}
					return err
				})
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	close(stop)
	readersDone.Wait()
	a, err := s.Table(ctx, "default", "a")
	if err != nil || a.Parameters["n"] != fmt.Sprint(writers*rounds) {
		t.Errorf("lost updates: %v, %v", a.Parameters, err)
	}
}
