package migration

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	_ "modernc.org/sqlite"
)

func TestApply(t *testing.T) {
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "m.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	ctx := context.Background()
	one := fstest.MapFS{"0001_a.sql": {Data: []byte("CREATE TABLE a (x); INSERT INTO a VALUES (1);")}}
	two := fstest.MapFS{"0001_a.sql": one["0001_a.sql"], "0002_b.sql": {Data: []byte("UPDATE a SET x = x + 1; CREATE TABLE b (y);")}}
	broken := fstest.MapFS{"0001_a.sql": one["0001_a.sql"], "0002_b.sql": {Data: []byte("UPDATE a SET x = 100; CREATE nonsense;")}}
	for i, step := range []struct {
		dir  fstest.MapFS
		fail string
		want int
	}{
		{one, "", 1},
		{one, "", 1},
		{broken, "0002_b.sql", 1},
		{two, "", 2},
		{two, "", 2},
		{one, "newer", 2},
		{fstest.MapFS{"0001_a.sql": one["0001_a.sql"], "0003_c.sql": {}}, "expected number 2", 2},
	} {
		err := Run(ctx, db, "test", step.dir)
		if step.fail == "" && err != nil || step.fail != "" && (err == nil || !strings.Contains(err.Error(), step.fail)) {
			t.Fatalf("step %d: error %v, want %q", i, err, step.fail)
		}
		var x int
		if err := db.QueryRow("SELECT x FROM a").Scan(&x); err != nil || x != step.want {
			t.Fatalf("step %d: x = %d (%v), want %d", i, x, err, step.want)
		}
	}
}

func TestEmbedded(t *testing.T) {
	if all, err := steps(files); err != nil || len(all) == 0 {
		t.Fatalf("%d migrations, %v", len(all), err)
	}
}

// TestOwnersKeepTheirPrivileges upgrades a metastore of the time before privileges.
func TestOwnersKeepTheirPrivileges(t *testing.T) {
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "m.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	ctx := context.Background()
	first, err := files.ReadFile("0001_catalog.sql")
	if err != nil {
		t.Fatal(err)
	}
	if err := Run(ctx, db, "test", fstest.MapFS{"0001_catalog.sql": {Data: first}}); err != nil {
		t.Fatal(err)
	}
	for _, owner := range []string{"ann", ""} {
		if _, err := db.Exec(`INSERT INTO tbl (database_id, name, type, owner, owner_type, create_time, last_access_time, retention, location,
			storage_id, partition_keys, parameters, view_original, view_expanded, rewrite_enabled)
			VALUES (1, 't' || ?, 'MANAGED_TABLE', ?, 'USER', 77, 0, 0, '', 1, '', '', '', '', 0)`, owner, owner); err != nil {
			t.Fatal(err)
		}
	}
	if err := Apply(ctx, db); err != nil {
		t.Fatal(err)
	}
	var n, names, when int
	var who string
	if err := db.QueryRow("SELECT count(*), count(DISTINCT name), max(principal), max(grant_time) FROM privilege WHERE grant_option = 1").Scan(&n, &names, &who, &when); err != nil {
		t.Fatal(err)
	}
	if n != 4 || names != 4 || who != "ann" || when != 77 {
		t.Errorf("%d privileges of %d names, of %q since %d", n, names, who, when)
	}
}
