package query

import (
	"strings"
	"testing"
	"time"
)

// TestExpiredPartitions lets partitions grow older than their table keeps them.
func TestExpiredPartitions(t *testing.T) {
	e, err := Open(t.Context(), Config{DataDir: t.TempDir(), Threads: 1, Memory: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	s, err := e.NewSession(t.Context(), SessionOptions{User: "ann", Conf: map[string]string{"skep.hive.version": "3.1"}})
	if err != nil {
		t.Fatal(err)
	}
	run(t, s, "create table t (a int) partitioned by (p string) tblproperties ('partition.retention.period' = '1 sec')")
	run(t, s, "alter table t add partition (p = 'x')")
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if out := run(t, s, "msck repair table t"); len(out) > 0 {
			t.Fatalf("expired though nobody asked: %q", out)
		}
		s.conf.Set("metastore.msck.repair.enable.partition.retention", "true")
		if out := run(t, s, "msck repair table t"); len(out) > 0 {
			if got := strings.Join(out, "; "); !strings.Contains(got, "Expired partitions (retention period: 1 sec) :\tt:p=x") {
				t.Fatal(got)
			}
			break
		}
		s.conf.Set("metastore.msck.repair.enable.partition.retention", "false")
	}
	if out := run(t, s, "show partitions t"); len(out) != 1 {
		t.Fatalf("a partition was dropped without being asked for: %q", out)
	}
	if got := strings.Join(run(t, s, "msck repair table t sync partitions"), "; "); !strings.Contains(got, "Repair: Dropped partition from metastore hive.default.t:p=x") {
		t.Error(got)
	}
	run(t, s, "alter table t set tblproperties ('partition.retention.period' = 'soon')")
	if out, err := tryRun(t.Context(), s, "msck repair table t"); err == nil {
		t.Errorf("a period that is no time: %q", out)
	}
	if out := run(t, s, "show partitions t"); len(out) != 0 {
		t.Errorf("partitions are left: %q", out)
	}
}
