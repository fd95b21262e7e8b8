//go:build e2e

// Package crash kills bin/skep while it writes tables and looks at what is left: each table must have its old or its new rows,
// whole, and nothing else may lie in the warehouse.
package crash

import (
	"context"
	"fmt"
	"io/fs"
	"math/rand"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"skep/test/hs2"
	"skep/test/skepserver"
)

const rounds = 20

type system struct {
	t      *testing.T
	data   string
	server *skepserver.Server
	client *hs2.Client
}

func (s *system) start() {
	s.t.Helper()
	server, err := skepserver.Start(s.t.Context(), skepserver.Options{Binary: "../../bin/skep", Data: s.data})
	if err != nil {
		s.t.Fatal(err)
	}
	s.server = server
	if s.client, err = hs2.Dial(s.t.Context(), hs2.Options{Addr: server.Addr, Auth: "NOSASL", User: "crash"}); err != nil {
		s.t.Fatal(err)
	}
}

// kill ends the server without warning.
func (s *system) kill() {
	s.t.Helper()
	if err := s.server.Kill(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *system) exec(sql string) [][]hs2.Value {
	s.t.Helper()
	r, err := s.client.Exec(s.t.Context(), sql)
	if err != nil {
		s.t.Fatalf("%s: %v", sql, err)
	}
	return r.Rows
}

// count returns the number of rows of a table and checks that they are 0, 1, 2, ….
func (s *system) count(table string) int {
	s.t.Helper()
	row := s.exec("select count(*), count(distinct a), coalesce(max(a), -1) from " + table)[0]
	n, err := strconv.Atoi(row[0].Text)
	if err != nil || row[1].Text != row[0].Text || row[2].Text != strconv.Itoa(n-1) {
		s.t.Fatalf("%s holds rows of different writes: %v", table, row)
	}
	return n
}

func TestKilledWritesLeaveOldOrNew(t *testing.T) {
	s := &system{t: t, data: t.TempDir()}
	source := filepath.Join(t.TempDir(), "source")
	if err := os.Mkdir(source, 0o755); err != nil {
		t.Fatal(err)
	}
	var rows strings.Builder
	for i := range 150_000 {
		fmt.Fprintf(&rows, "%d\x01row %d\x01%d\n", i, i, i%7)
	}
	if err := os.WriteFile(filepath.Join(source, "rows"), []byte(rows.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	s.start()
	s.exec("create external table source (a bigint, b string, k int) location 'file://" + source + "'")
	s.exec("create table plain stored as orc as select a, b from source where a < 1000")
	s.exec("create table parted (a bigint, b string) partitioned by (k int) stored as parquet")
	s.exec("insert overwrite table parted partition (k) select a, b, k from source where a < 700")
	r := rand.New(rand.NewSource(time.Now().UnixNano()))
	plain, parted := 1000, 700
	for round := range rounds {
		n := []int{1000, 50_000, 120_000}[r.Intn(3)]
		created := fmt.Sprint("created", round)
		statement, newPlain, newParted := "", plain, parted
		switch r.Intn(3) {
		case 0:
			statement, newPlain = fmt.Sprintf("insert overwrite table plain select a, b from source where a < %d", n), n
		case 1:
			statement, newParted = fmt.Sprintf("insert overwrite table parted partition (k) select a, b, k from source where a < %d", n), n
		default:
			statement = fmt.Sprintf("create table %s stored as orc as select a, b from source where a < %d", created, n)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = s.client.Exec(ctx, statement) // the outcome is what the tables hold after the crash
		}()
		time.Sleep(time.Duration(r.Intn(150)) * time.Millisecond)
		s.kill()
		cancel()
		<-done
		s.start()
		if got := s.count("plain"); got != plain && got != newPlain {
			t.Fatalf("after %q: plain has %d rows, want %d or %d", statement, got, plain, newPlain)
		} else {
			plain = got
		}
		if got := s.count("parted"); got != parted && got != newParted {
			t.Fatalf("after %q: parted has %d rows, want %d or %d", statement, got, parted, newParted)
		} else {
			parted = got
		}
		if len(s.exec("show tables like '"+created+"'")) > 0 {
			if got := s.count(created); got != n {
				t.Fatalf("after %q: %d rows, want %d", statement, got, n)
			}
		} else if _, err := os.Stat(filepath.Join(s.data, "warehouse", created)); err == nil {
			t.Fatalf("after %q: a directory without a table", statement)
		}
		s.noStaging(statement)
	}
	s.kill()
}

// noStaging checks that nothing of unfinished writes is left.
func (s *system) noStaging(after string) {
	err := filepath.WalkDir(filepath.Join(s.data, "warehouse"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasPrefix(d.Name(), ".hive-staging") {
			return fmt.Errorf("%s is left", path)
		}
		return err
	})
	if err != nil {
		s.t.Fatalf("after %q: %v", after, err)
	}
}
