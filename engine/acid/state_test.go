package acid

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"math"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"skep/dialect/catalog"
	"skep/dialect/sqlerr"
)

// mapFiles lists a map of files.
type mapFiles fstest.MapFS

func (m mapFiles) List(_ context.Context, dir string) ([]fs.FileInfo, error) {
	entries, err := fs.ReadDir(fstest.MapFS(m), strings.TrimPrefix(dir, "/"))
	if err != nil {
		return nil, err
	}
	var out []fs.FileInfo
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		out = append(out, info)
	}
	return out, nil
}

// table makes files of one byte; names that end in "=0" are empty.
func table(names ...string) mapFiles {
	m := mapFiles{}
	for _, n := range names {
		name, empty := strings.CutSuffix(n, "=0")
		f := &fstest.MapFile{Data: []byte("x")}
		if empty {
			f.Data = nil
		}
		m["t/"+name] = f
	}
	return m
}

// text shows a state by the names of what is in it.
func text(s *State) string {
	var b strings.Builder
	section := func(what string, names ...string) {
		if len(names) > 0 {
			b.WriteString(what + " " + strings.Join(names, " ") + "; ")
		}
	}
	names := func(ds []Directory) (out []string) {
		for _, d := range ds {
			out = append(out, path.Base(d.Path))
		}
		return out
	}
	if s.Base != nil {
		section("base", path.Base(s.Base.Path))
	}
	var originals []string
	for _, f := range s.Originals {
		originals = append(originals, strings.TrimPrefix(f.Path, "/t/"))
	}
	section("originals", originals...)
	section("deltas", names(s.Deltas)...)
	section("deletes", names(s.DeleteDeltas)...)
	trim := func(paths []string) (out []string) {
		for _, p := range paths {
			out = append(out, strings.TrimPrefix(p, "/t/"))
		}
		slices.SortFunc(out, cmp.Compare)
		return out
	}
	section("obsolete", trim(s.Obsolete)...)
	return strings.TrimSuffix(b.String(), "; ")
}

func TestReadState(t *testing.T) {
	ids := func(high int64, open ...int64) *catalog.WriteIDs { return &catalog.WriteIDs{High: high, Open: open} }
	for _, c := range []struct {
		name  string
		files mapFiles
		ids   *catalog.WriteIDs
		txn   func(int64) bool
		want  string
	}{
		{"nothing", table("_tmp/x", ".hidden"), nil, nil, ""},
		{
			"originals below directories, without empty and hidden files",
			table("000000_0", "000001_0=0", "000000_0_copy_1", "HIVE_UNION_SUBDIR_1/000000_0", "_x/000000_0"), nil, nil,
			"originals 000000_0 000000_0_copy_1 HIVE_UNION_SUBDIR_1/000000_0",
		},
		{
			"originals are replaced by a base",
			table("000000_0", "sub/000000_0", "base_0000003/bucket_00000"), nil, nil, "base base_0000003; obsolete 000000_0 sub",
		},
		{
			"minor compaction replaces deltas",
			table("delta_0000005_0000020/x", "delta_0000005_0000010/x", "delta_0000011_0000020/x", "delta_0000051_0000060/x"), nil, nil,
			"deltas delta_0000005_0000020 delta_0000051_0000060; obsolete delta_0000005_0000010 delta_0000011_0000020",
		},
		{
			"statements of a transaction, deletes beside inserts",
			table("delta_0000001_0000001_0000/x", "delta_0000001_0000001_0001/x", "delete_delta_0000001_0000001_0001/x", "delete_delta_0000002_0000002_0000/x"),
			nil, nil, "deltas delta_0000001_0000001_0000 delta_0000001_0000001_0001; " +
				"deletes delete_delta_0000001_0000001_0001 delete_delta_0000002_0000002_0000",
		},
		{
			"compacted deletes beside compacted inserts",
			table("delta_0000001_0000004_v0000009/x", "delete_delta_0000001_0000004_v0000009/x", "delete_delta_0000002_0000002_0000/x",
				"delta_0000004_0000004_0000/x"), nil, nil,
			"deltas delta_0000001_0000004_v0000009; deletes delete_delta_0000001_0000004_v0000009; " +
				"obsolete delete_delta_0000002_0000002_0000 delta_0000004_0000004_0000",
		},
		{
			"open, aborted and later transactions",
			table("delta_0000001_0000001_0000/x", "delta_0000002_0000002_0000/x", "delta_0000003_0000003_0000/x", "delta_0000004_0000004_0000/x", "delta_0000005_0000005_0000/x"),
			&catalog.WriteIDs{High: 4, Open: []int64{2, 3}}, nil,
			"deltas delta_0000001_0000001_0000 delta_0000004_0000004_0000",
		},
		{
			"the last base and what came after it",
			table("base_0000002/x", "base_0000005/x", "delta_0000003_0000003_0000/x", "delta_0000006_0000006_0000/x"), nil, nil,
			"base base_0000005; deltas delta_0000006_0000006_0000; obsolete base_0000002 delta_0000003_0000003_0000",
		},
		{
			"an overwrite of an open transaction is not seen",
			table("base_0000005/x", "delta_0000003_0000003_0000/x"), ids(5, 5), nil, "deltas delta_0000003_0000003_0000",
		},
		{
			"an overwrite beside an older open transaction is",
			table("base_0000005/x", "delta_0000003_0000003_0000/x"), ids(5, 2), nil, "base base_0000005; obsolete delta_0000003_0000003_0000",
		},
		{
			"an overwrite that is not seen leaves the originals",
			table("base_0000005/x", "000000_0"), ids(6, 5), nil, "originals 000000_0",
		},
		{
			"a compacted base with what is open for the snapshot is passed over for an older one",
			table("base_0000002_v0000003/x", "base_0000005_v0000008/x", "delta_0000004_0000004_0000/x"), ids(5, 3), nil,
			"base base_0000002_v0000003; deltas delta_0000004_0000004_0000",
		},
		{
			"a compaction that was not committed",
			table("base_0000005_v0000008/x", "delta_0000004_0000004_0000/x"), ids(5), func(txn int64) bool { return txn != 8 },
			"deltas delta_0000004_0000004_0000",
		},
		{
			"compaction of what overwrote",
			table("base_0000005/x", "base_0000005_v0000009/x"), nil, nil, "base base_0000005_v0000009; obsolete base_0000005",
		},
		{
			"a base of originals that a compaction made",
			table("base_-9223372036854775808/x", "delta_0000001_0000001_0000/x"), nil, nil,
			"base base_-9223372036854775808; deltas delta_0000001_0000001_0000",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := ReadState(context.Background(), c.files, "/t", Snapshot{c.ids, c.txn})
			if err != nil {
				t.Fatal(err)
			}
			if got := text(s); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestNotEnoughHistory(t *testing.T) {
	files := table("base_0000005_v0000008/x", "delta_0000006_0000006_0000/x")
	_, err := ReadState(context.Background(), files, "/t", Snapshot{&catalog.WriteIDs{High: 6, Open: []int64{2, 3}}, nil})
	if sqlerr.CodeOf(err) != sqlerr.ACIDNotEnoughHistory || !strings.Contains(err.Error(), "(6,2)") || !strings.Contains(err.Error(), "/t/base_0000005_v0000008") {
		t.Errorf("got %v", err)
	}
	files = table("base_0000005/_metadata_acid", "base_0000005/bucket_00000")
	if _, err = ReadState(context.Background(), files, "/t", Snapshot{&catalog.WriteIDs{High: 4}, nil}); sqlerr.CodeOf(err) != sqlerr.ACIDNotEnoughHistory {
		t.Errorf("a base compacted by Hive 3: got %v", err)
	}
}

func TestReadStateOfNothing(t *testing.T) {
	s, err := ReadState(context.Background(), mapFiles{}, "/missing", Snapshot{})
	if err != nil || !s.Empty() {
		t.Errorf("got %+v, %v", s, err)
	}
	broken := errors.New("broken")
	if _, err := ReadState(context.Background(), failing{broken}, "/t", Snapshot{}); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

type failing struct{ err error }

func (f failing) List(context.Context, string) ([]fs.FileInfo, error) { return nil, f.err }

func TestNames(t *testing.T) {
	for _, c := range []struct {
		text string
		name Name
	}{
		{"base_0000005", Name{Base, 0, 5, NoStatement, 0}},
		{"base_0000005_v0000012", Name{Base, 0, 5, NoStatement, 12}},
		{"delta_0000001_0000001_0000", Name{Delta, 1, 1, 0, 0}},
		{"delta_0000001_0000004", Name{Delta, 1, 4, NoStatement, 0}},
		{"delete_delta_12345678_12345679_v0000007", Name{DeleteDelta, 12345678, 12345679, NoStatement, 7}},
		{"delete_delta_0000002_0000002_0017", Name{DeleteDelta, 2, 2, 17, 0}},
		{"base_-9223372036854775808", Name{Base, 0, math.MinInt64, NoStatement, 0}},
	} {
		if got, ok := ParseName(c.text); !ok || got != c.name {
			t.Errorf("%s: got %+v, %v", c.text, got, ok)
		}
		if got := c.name.String(); got != c.text {
			t.Errorf("%+v: got %s", c.name, got)
		}
	}
	for _, s := range []string{"", "base_", "base_x", "delta_1", "delta_2_1", "delta_1_1_1_1", "delta_1_1_x", "delta_1_1_vx", "deltas_1_1", "k=1", "base_+1"} {
		if n, ok := ParseName(s); ok {
			t.Errorf("%q is read as %+v", s, n)
		}
	}
}

func TestFileNames(t *testing.T) {
	for name, want := range map[string]int{
		"bucket_00000": 0, "bucket_00012_3": 12, "bucket_00001_flush_length": -1, "bucket_": -1, "bucket_x": -1, "000000_0": -1,
	} {
		bucket, ok := ParseBucketFile(name)
		if ok != (want >= 0) || ok && bucket != want {
			t.Errorf("%s: got %d, %v", name, bucket, ok)
		}
	}
	for name, want := range map[string]int{
		"000000_0": 0, "000011_0_copy_2": 11, "000001_1000": 1, "000001": -1, "bucket_00000": -1, "000001_0_copy_x": -1, "000001_0.gz": -1, "a_0": -1,
	} {
		bucket, ok := ParseOriginalFile(name)
		if ok != (want >= 0) || ok && bucket != want {
			t.Errorf("%s: got %d, %v", name, bucket, ok)
		}
	}
	if BucketFile(7) != "bucket_00007" {
		t.Error(BucketFile(7))
	}
}

// The numbers are what Hive 4.0.1 showed as bucketid of rows it wrote.
func TestBucketProperty(t *testing.T) {
	for _, c := range []struct {
		bucket, statement int
		want              int32
	}{{0, 0, 536870912}, {0, 1, 536870913}, {1, 1, 536936449}, {0, 2, 536870914}, {1, 0, 536936448}, {0, NoStatement, 536870912}} {
		got, err := BucketProperty(c.bucket, c.statement)
		if err != nil || got != c.want {
			t.Errorf("bucket %d of statement %d: got %d, %v", c.bucket, c.statement, got, err)
		}
		bucket, statement, err := BucketOf(got)
		if err != nil || bucket != c.bucket || statement != max(c.statement, 0) {
			t.Errorf("%d: got %d, %d, %v", got, bucket, statement, err)
		}
	}
	if bucket, _, err := BucketOf(3); err != nil || bucket != 3 {
		t.Errorf("as Hive 2 wrote it: %d, %v", bucket, err)
	}
	if _, _, err := BucketOf(-1); err == nil {
		t.Error("an unknown version is read")
	}
	seen := map[int32]bool{}
	for bucket := range 3 * 4096 {
		for statement := range 64 {
			p, err := BucketProperty(bucket, statement)
			if err != nil || seen[p] {
				t.Fatalf("writer %d of statement %d: %d, %v", bucket, statement, p, err)
			}
			seen[p] = true
		}
	}
	for _, c := range [][2]int{{4096, 64}, {1 << 18, 0}, {-1, 0}, {0, 4096}} {
		if p, err := BucketProperty(c[0], c[1]); err == nil {
			t.Errorf("writer %d of statement %d is coded as %d", c[0], c[1], p)
		}
	}
}

func TestSeen(t *testing.T) {
	w := &catalog.WriteIDs{High: 10, Open: []int64{2, 4, 5, 7}}
	for _, c := range []struct {
		from, to int64
		want     share
	}{{1, 1, all}, {1, 2, some}, {2, 2, none}, {4, 5, none}, {8, 10, all}, {8, 11, some}, {11, 12, none}, {1, 12, some}, {0, 0, all}} {
		if got := seen(w, c.from, c.to); got != c.want {
			t.Errorf("%d..%d: got %v, want %v", c.from, c.to, got, c.want)
		}
	}
	if seen(nil, 1, 99) != all || !seesBase(nil, 99) {
		t.Error("without a list not everything is seen")
	}
}
