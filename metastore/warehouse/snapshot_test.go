package warehouse

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"sort"
	"strings"
	"sync"
	"testing"

	"skep/metastore"
)

// read returns the files that a snapshot shows in dir, and below it, with their contents.
func (s *Snapshot) read(dir string) (map[string]string, error) {
	out := map[string]string{}
	entries, err := s.List(ctx, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	if !sort.SliceIsSorted(entries, func(i, j int) bool { return entries[i].Name() < entries[j].Name() }) {
		return nil, fmt.Errorf("%s: not in order", dir)
	}
	for _, e := range entries {
		path := dir + "/" + e.Name()
		if e.IsDir() {
			sub, err := s.read(path)
			if err != nil {
				return nil, err
			}
			maps.Copy(out, sub)
			continue
		}
		err := s.Open(path, func(p string) error {
			b, err := os.ReadFile(p)
			out[path] = string(b)
			if err == nil && int64(len(b)) != e.Size() {
				err = fmt.Errorf("%s: size %d, content %q", path, e.Size(), b)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// TestSnapshotsKeepTheirState makes random changes and checks that snapshots show what was there when they were taken.
func TestSnapshotsKeepTheirState(t *testing.T) {
	v := newWorld(t, nil)
	r := rand.New(rand.NewPCG(7, 8))
	type taken struct {
		s    *Snapshot
		want map[string]string
	}
	var open []taken
	nothing := func(context.Context, metastore.Tx) error { return nil }
	dirs := []string{v.root + "/d0", v.root + "/d1", v.root + "/d2/p=1", v.root + "/d2/p=2"}
	for i := range 400 {
		switch r.IntN(6) {
		case 0, 1, 2: // insert
			var c Change
			dir := dirs[r.IntN(len(dirs))]
			s, files, err := v.stage(dir, fmt.Sprintf("000000_0=%d", i), fmt.Sprintf("000001_0.gz=%d!", i))
			v.must(err)
			c = Change{Staging: s, Targets: []Target{{Location: dir, Files: files, Overwrite: r.IntN(2) == 0}}}
			if r.IntN(4) == 0 {
				c.Catalog = func(context.Context, metastore.Tx, []Contents) error { return errFault }
			}
			if err := v.w.Commit(ctx, c); err != nil && !errors.Is(err, errFault) {
				t.Fatal(err)
			}
		case 3: // rename a directory
			from, to := v.root+fmt.Sprintf("/d%d", r.IntN(3)), v.root+fmt.Sprintf("/d%d", r.IntN(5))
			if err := v.w.Rename(ctx, []Move{{from, to}}, nothing); err != nil && !errors.Is(err, fs.ErrExist) {
				t.Fatal(err)
			}
		case 4: // drop
			v.must(v.w.Remove(ctx, []string{dirs[r.IntN(len(dirs))]}, nil, nothing))
		case 5:
			s, err := v.w.Snapshot(ctx, nil)
			v.must(err)
			want, err := s.read(v.root)
			v.must(err)
			open = append(open, taken{s, want})
		}
		if len(open) > 0 && r.IntN(3) == 0 {
			k := r.IntN(len(open))
			got, err := open[k].s.read(v.root)
			if err != nil {
				t.Fatalf("step %d: %v", i, err)
			}
			if !maps.Equal(got, open[k].want) {
				t.Fatalf("step %d: snapshot shows\n%v\nwant\n%v", i, got, open[k].want)
			}
			if r.IntN(3) == 0 {
				open[k].s.Release(ctx)
				open = append(open[:k], open[k+1:]...)
			}
		}
	}
	for _, o := range open {
		o.s.Release(ctx)
	}
	v.noIntents()
	if strings.Contains(v.state(), stagingPrefix) {
		t.Error("old files are left")
	}
	if len(v.w.changes) != 0 {
		t.Errorf("%d changes are remembered without a snapshot", len(v.w.changes))
	}
}

// TestReadersDuringOverwrite overwrites a table of several partitions again and again; readers must always see the files
// and the catalog of one version.
func TestReadersDuringOverwrite(t *testing.T) {
	v := newWorld(t, nil)
	const versions, readers = 40, 3
	values := [][]string{{"1", "x"}, {"1", "y"}, {"2", "x"}}
	write := func(n int) error {
		s, files, err := v.stage(v.root+"/parted", fmt.Sprintf("0/000000_0=%d", n), fmt.Sprintf("1/000000_0=%d", n), fmt.Sprintf("2/000000_0=%d", n))
		if err != nil {
			return err
		}
		in := Insert{Staging: s, Table: v.get("parted"), Overwrite: true}
		for i, val := range values {
			in.Outputs = append(in.Outputs, Output{Values: val, Files: files[i : i+1]})
			in.Outputs[i].Rows.Rows = int64(n)
		}
		return v.w.Insert(ctx, in)
	}
	v.must(write(0))
	stop := make(chan struct{})
	var wg sync.WaitGroup
	seen := make([]map[string]bool, readers)
	for i := range readers {
		seen[i] = map[string]bool{}
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				var rows, locations []string
				s, err := v.w.Snapshot(ctx, func(r metastore.Reader) error {
					parts, err := r.Partitions(ctx, "default", "parted", metastore.PartitionQuery{})
					for _, p := range parts {
						rows, locations = append(rows, p.Parameters["numRows"]), append(locations, p.Location)
					}
					return err
				})
				if err != nil {
					t.Error(err)
					return
				}
				for k, l := range locations {
					files, err := s.read(l)
					if err != nil || len(files) != 1 || files[l+"/000000_0"] != rows[k] || rows[k] != rows[0] {
						t.Errorf("catalog says %v, directory %s holds %v (%v)", rows, l, files, err)
						s.Release(ctx)
						return
					}
				}
				seen[i][rows[0]] = true
				s.Release(ctx)
			}
		})
	}
	for n := 1; n <= versions; n++ {
		v.must(write(n))
	}
	close(stop)
	wg.Wait()
	if len(seen[0]) < 3 {
		t.Errorf("a reader saw %d versions only", len(seen[0]))
	}
	v.noIntents()
	if strings.Contains(v.state(), stagingPrefix) {
		t.Error("old files are left")
	}
}

// TestConcurrentInserts checks that inserts into one table all keep their files.
func TestConcurrentInserts(t *testing.T) {
	v := newWorld(t, nil)
	const n = 20
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if err := v.insert(v.get("plain"), v.root+"/plain", false, false, fmt.Sprintf("000000_0=i%d", i)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s, err := v.w.Snapshot(ctx, nil)
	v.must(err)
	defer s.Release(ctx)
	files, err := s.read(v.root + "/plain")
	v.must(err)
	contents := map[string]bool{}
	for _, c := range files {
		contents[c] = true
	}
	if len(files) != n+2 || len(contents) != n+2 {
		t.Errorf("%d files with %d contents: %v", len(files), len(contents), files)
	}
	if got := v.get("plain").Parameters["numFiles"]; got != fmt.Sprint(n+2) {
		t.Errorf("numFiles %s", got)
	}
}
