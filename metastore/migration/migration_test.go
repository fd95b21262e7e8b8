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
		err := apply(ctx, db, step.dir)
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
