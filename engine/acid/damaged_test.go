package acid_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"math/rand"

	"testing"

	"skep/dialect/catalog"
	"skep/engine/acid"
	"skep/engine/format"
)

// readBoth reads a file of inserts and one of deletes as far as it goes.
func readBoth(w *world) error {
	ctx := context.Background()
	ids := &catalog.WriteIDs{High: 3, Open: []int64{2}}
	files := []acid.DeleteFile{{File: acid.File{Path: "/deletes", Size: math.MaxInt64 / 2}, Check: true}}
	deletes, err := acid.ReadDeletes(ctx, orcFormat, w.options(), files, ids, nil)
	if err != nil {
		return err
	}
	r, err := acid.Open(ctx, orcFormat, format.Split{Path: "/inserts", Length: math.MaxInt64 / 2}, w.options(), &acid.Source{Check: true}, ids, deletes, acid.RowID)
	if err != nil {
		return err
	}
	for {
		b, err := r.Next()
		if err != nil || b == nil {
			return errors.Join(err, r.Close())
		}
		for i := range b.Rows() {
			row := i
			if b.Sel != nil {
				row = int(b.Sel[i])
			}
			for _, v := range b.Cols {
				v.Datum(row)
			}
		}
	}
}

// damagedWorld has a file of inserts and one of deletes.
func damagedWorld(t *testing.T) *world {
	w := &world{t: t, files: map[string]*bytes.Buffer{}, rows: map[int64]map[int64]bool{0: {}}}
	next := int64(0)
	r := rand.New(rand.NewSource(3))
	for len(w.rows[w.high]) == 0 || w.state(nil).DeleteDeltas == nil || w.state(nil).Deltas == nil {
		w.transaction(r, &next, 0)
	}
	s := w.state(nil)
	w.files["/inserts"], w.files["/deletes"] = w.files[s.Deltas[0].Files[0].Path], w.files[s.DeleteDeltas[0].Files[0].Path]
	if err := readBoth(w); err != nil {
		t.Fatal(err)
	}
	return w
}

// TestDamagedFiles changes and cuts files: reading them ends in an error or in rows, never in a panic.
func TestDamagedFiles(t *testing.T) {
	w := damagedWorld(t)
	r := rand.New(rand.NewSource(1))
	failed := 0
	for _, name := range []string{"/inserts", "/deletes"} {
		whole := w.files[name]
		for range 1500 {
			b := bytes.Clone(whole.Bytes())
			switch r.Intn(3) {
			case 0:
				b = b[:r.Intn(len(b))]
			case 1:
				for range 1 + r.Intn(4) {
					b[r.Intn(len(b))] = byte(r.Intn(256))
				}
			default:
				b[max(0, len(b)-1-r.Intn(200))] ^= 1 << r.Intn(8) // the footer
			}
			w.files[name] = bytes.NewBuffer(b)
			if readBoth(w) != nil {
				failed++
			}
		}
		w.files[name] = whole
	}
	if failed < 1000 {
		t.Errorf("%d of 3000 damaged files gave an error", failed)
	}
}

// The files of the other kind, and plain ones, are refused by what they are.
func TestFilesOfOtherKinds(t *testing.T) {
	w := damagedWorld(t)
	w.plain("plain", []int64{1})
	inserts, deletes := w.files["/inserts"], w.files["/deletes"]
	for _, c := range []struct {
		name  string
		files [2]*bytes.Buffer
	}{{"deletes as inserts", [2]*bytes.Buffer{deletes, deletes}}, {"a plain file as inserts", [2]*bytes.Buffer{w.files["/t/plain"], deletes}}, {"a plain file as deletes", [2]*bytes.Buffer{inserts, w.files["/t/plain"]}}} {
		w.files["/inserts"], w.files["/deletes"] = c.files[0], c.files[1]
		if err := readBoth(w); err == nil {
			t.Errorf("%s are read", c.name)
		} else {
			t.Log(c.name, "-", err)
		}
	}
}
