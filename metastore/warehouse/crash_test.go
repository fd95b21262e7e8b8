package warehouse

import (
	"context"
	"errors"
	"os"
	"path"
	"strings"
	"testing"

	"skep/metastore"
	"skep/metastore/model"
	"skep/metastore/stats"
)

// scenarios are the changes whose every operation is made to fail.
var scenarios = map[string]func(v *world) error{
	"insert into": func(v *world) error {
		return v.insert(v.get("plain"), v.root+"/plain", false, false, "000000_0=new0", "000002_0.gz=new2")
	},
	"insert overwrite": func(v *world) error {
		return v.insert(v.get("plain"), v.root+"/plain", false, true, "000000_0=new0", "000001_0=new1")
	},
	"truncate": func(v *world) error { return v.insert(v.get("plain"), v.root+"/plain", false, true) },
	"insert into missing directory": func(v *world) error {
		return v.insert(v.get("gone"), v.root+"/gone", false, false, "000000_0=new0")
	},
	"overwrite dynamic partitions": func(v *world) error {
		s, f, err := v.stage(v.root+"/parted", "p0/000000_0=n0", "p1/000000_0=n1", "p1/000001_0=n2", "p2/000000_0=n3")
		if err != nil {
			return err
		}
		rows := stats.Rows{Rows: 7}
		return v.w.Insert(ctx, Insert{Staging: s, Table: v.get("parted"), Overwrite: true, Outputs: []Output{
			{Values: []string{"1", "x"}, Files: f[:1], Rows: rows},
			{Values: []string{"1", "z:z"}, Files: f[1:3], Rows: rows},
			{Values: []string{"2", ""}, Files: f[3:], Rows: rows},
		}})
	},
	"create table as": func(v *world) error {
		t := &model.Table{Database: "default", Name: "ctas", Location: v.root + "/ctas", Storage: v.get("plain").Storage}
		return v.insert(t, v.root, true, false, "000000_0=new0")
	},
	"drop table": func(v *world) error {
		return v.w.Remove(ctx, []string{v.root + "/plain"}, nil, func(ctx context.Context, tx metastore.Tx) error {
			return tx.DropTable(ctx, "default", "plain")
		})
	},
	"drop partitions": func(v *world) error {
		paths := []string{v.root + "/parted/a=1/b=x", v.root + "/parted/a=1/b=y"}
		return v.w.Remove(ctx, paths, []string{v.root + "/parted/a=1"}, func(ctx context.Context, tx metastore.Tx) error {
			return tx.DropPartitions(ctx, "default", "parted", []string{"a=1/b=x", "a=1/b=y"})
		})
	},
	"rename table": func(v *world) error {
		t := v.get("parted")
		t.Name, t.Location = "renamed", v.root+"/new.db/renamed"
		return v.w.Rename(ctx, []Move{{v.root + "/parted", t.Location}}, func(ctx context.Context, tx metastore.Tx) error {
			return tx.AlterTable(ctx, "default", "parted", t)
		})
	},
	"export again": func(v *world) error {
		s, f, err := v.stage(v.root+"/plain", "_metadata=new", "data/000000_0=n0", "data/sub/000000_0=n1")
		if err != nil {
			return err
		}
		data := path.Dir(f[1])
		return v.w.Commit(ctx, Change{
			Staging: s, Remove: []string{v.root + "/plain/_SUCCESS", v.root + "/plain/_nothing"},
			Moves: []Move{{f[0], v.root + "/plain/_SUCCESS"}},
			Targets: []Target{
				{Location: v.root + "/plain", Overwrite: true},
				{Location: v.root + "/plain/data", Files: []string{f[1], data + "/sub"}},
			},
		})
	},
	"abort": func(v *world) error {
		s, _, err := v.stage(v.root+"/new.db/x", "000000_0=never")
		if err != nil {
			return err
		}
		return errors.Join(s.Abort(ctx), errFault) // stands for the error the statement fails with
	},
}

// TestCrashPoints lets every single operation of every scenario fail, before or after it took effect, with the process
// going on or dying, and the recovery of a dead one die again. Then either the old or the new state must be there, entirely.
func TestCrashPoints(t *testing.T) {
	for name, run := range scenarios {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newWorld(t, nil)
			before := v.state()
			f := &faults{}
			v.restart(f)
			f.count = 0
			if err := run(v); err != nil && !errors.Is(err, errFault) {
				t.Fatal(err)
			}
			v.noIntents()
			after := v.state()
			if name != "abort" && before == after {
				t.Fatal("the scenario changes nothing")
			}
			if strings.Contains(after, stagingPrefix) {
				t.Fatalf("a staging directory is left:\n%s", after)
			}
			sawOld, sawNew := 0, 0
			for at := 1; at <= f.count; at++ {
				for mode := range 4 {
					// the store survives a crash as it is: it is SQLite's promise, not ours
					c := &faults{}
					v := newWorld(t, c)
					c.count, c.at, c.after, c.crash = 0, at, mode&1 != 0, mode&2 != 0
					err := run(v)
					if c.crash && at%2 == 0 { // die again while recovering
						again := &faults{at: 1 + (at+mode)%6, after: at%4 == 0, crash: true}
						if err := v.tryRestart(again); err != nil && !errors.Is(err, errFault) {
							t.Fatalf("%v: recovery: %v", c, err)
						}
					}
					v.restart(nil)
					v.noIntents()
					switch got := v.state(); {
					case got == before && (err != nil || before == after):
						sawOld++
					case got == after:
						sawNew++
					default:
						t.Fatalf("%v (%v): neither old nor new:\n%s", c, err, got)
					}
					v.close()
				}
			}
			if name != "abort" && (sawOld < f.count || sawNew == 0) {
				t.Errorf("of %d operations: %d times old, %d times new", f.count, sawOld, sawNew)
			}
		})
	}
}

func TestCancel(t *testing.T) {
	v := newWorld(t, nil)
	before := v.state()
	cancelled, cancel := context.WithCancel(ctx)
	s, paths, err := v.stage(v.root+"/plain", "000000_0=new")
	v.must(err)
	c := Change{Staging: s, Targets: []Target{{Location: v.root + "/plain", Files: paths, Overwrite: true}},
		Catalog: func(ctx context.Context, tx metastore.Tx, _ []Contents) error {
			cancel() // when the files have moved
			_, err := tx.Table(ctx, "default", "plain")
			return err
		}}
	if err := v.w.Commit(cancelled, c); !errors.Is(err, context.Canceled) {
		t.Fatalf("commit: %v", err)
	}
	v.noIntents()
	if got := v.state(); got != before {
		t.Errorf("after cancelling:\n%s", got)
	}
	if err := v.w.Commit(ctx, c); err == nil {
		t.Error("a staging directory was committed twice")
	}
}

// TestForeignFile checks that a file another program puts in the way is neither overwritten nor lost.
func TestForeignFile(t *testing.T) {
	v := newWorld(t, nil)
	s, paths, err := v.stage(v.root+"/plain", "000000_0=new")
	v.must(err)
	v.w.o.FileSystem = foreign{v.w.o.FileSystem, v}
	err = v.w.Commit(ctx, Change{Staging: s, Targets: []Target{{Location: v.root + "/plain", Files: paths}}})
	if err == nil {
		t.Fatal("the commit succeeded")
	}
	v.noIntents()
	got, err := os.ReadFile(v.root + "/plain/000000_0_copy_1")
	if err != nil || string(got) != "foreign" {
		t.Errorf("foreign file: %q, %v", got, err)
	}
}

// foreign is a FileSystem in which somebody else takes the name of a new file just before it is used.
type foreign struct {
	FileSystem
	v *world
}

func (f foreign) Rename(ctx context.Context, from, to string) error {
	if _, err := os.Stat(to); err != nil {
		f.v.write(to, "foreign")
	}
	return f.FileSystem.Rename(ctx, from, to)
}
