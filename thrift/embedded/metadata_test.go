package embedded_test

import (
	"testing"

	"skep/engine/query"
	"skep/test/qfile/inprocess"
	"skep/thrift/backend"
	"skep/thrift/embedded"
)

// TestKeys asks for keys by their tables' names, or without.
func TestKeys(t *testing.T) {
	engine, err := query.Open(t.Context(), query.Config{DataDir: t.TempDir(), Threads: 1, Memory: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	}()
	b := embedded.New(engine)
	statements, err := (inprocess.Engine{Backend: b}).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		"create table parent (x int, y int not null disable, constraint pk primary key (x) disable novalidate)",
		"create table child (z int, constraint fk foreign key (z) references parent(x) disable novalidate)",
	} {
		if _, err := statements.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	s, err := b.OpenSession(t.Context(), backend.SessionRequest{ID: "keys", User: "tester", RealUser: "tester"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	md := s.Metadata()
	key := backend.PrimaryKey{Schema: "default", Table: "parent", Column: "x", Sequence: 1, Name: "pk"}
	for _, names := range [][2]string{{"default", "parent"}, {"", "parent"}, {"", ""}} {
		keys, err := md.PrimaryKeys(t.Context(), names[0], names[1])
		if err != nil || len(keys) != 1 || keys[0] != key {
			t.Errorf("primary keys of %q: %v, %v", names, keys, err)
		}
	}
	if keys, err := md.PrimaryKeys(t.Context(), "default", "child"); err != nil || len(keys) > 0 {
		t.Errorf("primary keys of child: %v, %v", keys, err)
	}
	references, err := md.CrossReference(t.Context(), "", "parent", "", "")
	if err != nil || len(references) != 1 || references[0].ParentName != "pk" || references[0].ForeignName != "fk" {
		t.Errorf("references: %v, %v", references, err)
	}
	any := func(string) bool { return true }
	columns, err := md.Columns(t.Context(), any, any, any)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range columns {
		if c.NotNull != (c.Name == "x") {
			t.Errorf("column %s: not null is %v", c.Name, c.NotNull)
		}
	}
}
