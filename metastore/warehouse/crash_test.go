package warehouse

import (
	"context"
	"errors"
	"fmt"
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
	"several inserts": func(v *world) error { return v.several("") },
	"several inserts of an owner": func(v *world) error {
		if err := v.several("job 7"); err != nil {
			return err
		}
		return v.w.Forget(ctx, "job 7")
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

// several stages and commits the output of a statement with several targets, two of which are one table.
func (v *world) several(owner string) error {
	locations := []string{v.root + "/plain", v.root + "/parted", v.root + "/plain", v.root + "/parted"}
	var stagings []*Staging
	for i, l := range locations {
		s, err := v.w.StageFor(ctx, l, owner)
		if err != nil {
			for _, s := range stagings {
				err = errors.Join(err, s.Abort(ctx))
			}
			return err
		}
		stagings = append(stagings, s)
		v.write(fmt.Sprintf("%s/000000_0", s.Dir()), fmt.Sprint("new", i))
	}
	v.staged = true
	return v.commitSeveral(stagings)
}

func (v *world) commitSeveral(stagings []*Staging) error {
	rows := stats.Rows{Rows: 7}
	var changes []Change
	for i, s := range stagings {
		in := Insert{Staging: s, Table: v.get("plain"), Overwrite: i < 2, Outputs: []Output{{Files: []string{s.Dir() + "/000000_0"}, Rows: rows}}}
		if i%2 == 1 {
			in.Table, in.Outputs[0].Values = v.get("parted"), []string{"3", "z"}
		}
		c, err := v.w.InsertChange(ctx, in)
		if err != nil {
			return err
		}
		changes = append(changes, c)
	}
	return v.w.CommitAll(ctx, changes...)
}

// TestOwnerCommitsAgain lets the process die at every operation of a commit whose owner lives on in the next process, which commits
// again unless it finds that this was done. Then the new state must be there, once.
func TestOwnerCommitsAgain(t *testing.T) {
	const owner = "job 7"
	v := newWorld(t, nil)
	before := v.state()
	f := &faults{}
	v.restart(f)
	f.count = 0
	v.must(v.several(owner))
	ops := f.count
	v.must(v.w.Forget(ctx, owner))
	v.noIntents()
	after := v.state()
	v.close()
	committed, again, lost := 0, 0, 0
	for at := 1; at <= ops; at++ {
		for _, late := range []bool{false, true} {
			c := &faults{}
			v := newWorld(t, c)
			c.count, c.at, c.after, c.crash = 0, at, late, true
			_ = v.several(owner) // it dies, or is done
			v.owned = owner
			if at%3 == 0 { // die once more while recovering
				if err := v.tryRestart(&faults{at: 1 + at%7, after: late, crash: true}); err != nil && !errors.Is(err, errFault) {
					t.Fatalf("%v: recovery: %v", c, err)
				}
			}
			v.restart(nil)
			done, err := v.w.Committed(ctx, owner)
			v.must(err)
			adopted, err := v.w.Adopt(ctx, owner)
			v.must(err)
			want := after
			switch {
			case done && len(adopted) == 0:
				committed++
			case !done && v.staged && len(adopted) == 4:
				again++
				var stagings []*Staging
				for _, l := range []string{"/plain", "/parted", "/plain", "/parted"} { // in the order in which they were made, but for equals
					for id, s := range adopted {
						if s.location == v.root+l {
							stagings = append(stagings, s)
							delete(adopted, id)
							break
						}
					}
				}
				want = contentsApart(after)
				v.must(v.commitSeveral(stagings))
			case !done: // it died before all were there
				lost++
				want = before
				for _, s := range adopted {
					v.must(s.Abort(ctx))
				}
			default:
				t.Fatalf("%v: committed, and %d staging directories are left", c, len(adopted))
			}
			v.must(v.w.Forget(ctx, owner))
			v.noIntents()
			got := v.state()
			if want != after && want != before {
				got = contentsApart(got)
			}
			if got != want {
				t.Fatalf("%v: committed %v, then:\n%s\nwant:\n%s", c, done, got, want)
			}
			v.close()
		}
	}
	if committed == 0 || again < 10 || lost == 0 {
		t.Errorf("%d times committed, %d times to be committed again, %d times lost", committed, again, lost)
	}
}

// contentsApart leaves out which of the new files of one table is which.
func contentsApart(state string) string {
	return strings.NewReplacer("= new0", "= new", "= new1", "= new", "= new2", "= new", "= new3", "= new").Replace(state)
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
