package query

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestForeignDirectories looks what happens to files that are not the server's when databases and tables above them are dropped.
func TestForeignDirectories(t *testing.T) {
	top := t.TempDir()
	data := filepath.Join(top, "data")
	e, err := Open(t.Context(), Config{DataDir: data, Threads: 2, Memory: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	s, err := e.NewSession(t.Context(), SessionOptions{User: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	run := func(sql string) error {
		st, err := s.Compile(t.Context(), Request{SQL: sql})
		if err != nil {
			return err
		}
		defer st.Close()
		return st.Run(t.Context())
	}
	must := func(sql string) {
		t.Helper()
		if err := run(sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	exists := func(path string, want bool) {
		t.Helper()
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s: %v, want it there: %v", path, err, want)
		}
	}
	mine := filepath.Join(top, "mine")
	if err := os.WriteFile(mine, []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}

	must("create database d location '" + top + "'")
	must("create table d.t as select 1 a")
	must("drop database d cascade")
	exists(mine, true)
	exists(filepath.Join(top, "t"), false)

	own := filepath.Join(top, "own")
	must("create database d location '" + own + "'")
	must("create table d.t as select 1 a")
	must("drop database d cascade")
	exists(own, false)
	must("create database d location '" + own + "'")
	must("drop database d")
	exists(own, false)

	must("set skep.hive.version=3.1") // there a table with a location is a managed one
	must("create table above (a string) location '" + top + "'")
	for _, sql := range []string{"drop table above", "truncate table above", "insert overwrite table above select 'x'", "insert overwrite directory '" + top + "' select 1",
		"alter table above rename to elsewhere", "dfs -rm -r " + top, "dfs -mv " + top + " " + top + "2"} {
		err := run(sql)
		if err != nil && !strings.Contains(err.Error(), "server's own files") {
			t.Errorf("%s: %v", sql, err)
		}
		exists(filepath.Join(data, "metastore"), true)
		exists(filepath.Join(data, "warehouse"), true)
	}
	must("create table after (a int)")
	must("insert into after values (1)")
}
