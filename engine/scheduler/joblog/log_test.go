package joblog

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"skep/engine/scheduler"
)

// fill sets a value to random content.
func fill(r *rand.Rand, v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(r.Uint64()) >> (64 - 1 - r.IntN(v.Type().Bits()-1)))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(r.Uint64() >> (64 - 1 - r.IntN(v.Type().Bits()-1)))
	case reflect.String:
		v.SetString([]string{"", "x", "ein längerer Text"}[r.IntN(3)])
	case reflect.Slice:
		if n := r.IntN(5); n > 0 {
			v.Set(reflect.MakeSlice(v.Type(), n-1, n-1))
		}
		for i := range v.Len() {
			fill(r, v.Index(i))
		}
	case reflect.Pointer:
		if r.IntN(4) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(r, v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(r, v.Field(i))
		}
	}
}

func randomRecords(seed uint64, n int) []scheduler.Record {
	r := rand.New(rand.NewPCG(seed, 1))
	var out []scheduler.Record
	for i := range n {
		v := reflect.New(kinds[i%len(kinds)]).Elem()
		fill(r, v)
		out = append(out, v.Interface().(scheduler.Record))
	}
	return out
}

func write(t *testing.T, dir string, records []scheduler.Record) {
	t.Helper()
	l, _, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if err := l.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

func reopen(t *testing.T, dir string) []scheduler.Record {
	t.Helper()
	l, got, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	return got
}

func TestRoundTrip(t *testing.T) {
	dir := t.TempDir()
	a, b := randomRecords(1, 200), randomRecords(2, 100)
	write(t, dir, a)
	write(t, dir, b)
	if got := reopen(t, dir); !reflect.DeepEqual(got, append(a, b...)) {
		t.Fatalf("%d records read, other than the %d written", len(got), 300)
	}
}

// TestTornEnd cuts the file at every byte: the whole records before it are read,
// and what is appended then is read too.
func TestTornEnd(t *testing.T) {
	dir := t.TempDir()
	records := randomRecords(3, 13)
	write(t, dir, records)
	name := filepath.Join(dir, fileName)
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	last := -1
	for cut := headerLen; cut <= len(whole); cut++ {
		if err := os.WriteFile(name, whole[:cut], 0o644); err != nil {
			t.Fatal(err)
		}
		n := len(reopen(t, dir))
		if n < last || n > len(records) {
			t.Fatalf("%d records of %d bytes, %d of one byte less", n, cut, last)
		}
		last = n
		if cut%7 == 0 {
			write(t, dir, records[:1])
			if got := reopen(t, dir); len(got) != n+1 || !reflect.DeepEqual(got[n], records[0]) {
				t.Fatalf("appended to a log cut at %d: %d records, want %d", cut, len(got), n+1)
			}
		}
	}
	if last != len(records) {
		t.Fatalf("%d records of the whole file", last)
	}
}

// TestDamage flips a byte in every place: no record is ever read wrong, and
// damage before the end is an error.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	records := randomRecords(4, 13)
	write(t, dir, records)
	name := filepath.Join(dir, fileName)
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	lastFrame := headerLen
	for at := headerLen; at < len(whole); {
		lastFrame = at
		at += frameLen + int(uint32(whole[at])|uint32(whole[at+1])<<8|uint32(whole[at+2])<<16)
	}
	for at := range whole {
		bad := append([]byte(nil), whole...)
		bad[at] ^= 0x41
		if err := os.WriteFile(name, bad, 0o644); err != nil {
			t.Fatal(err)
		}
		l, got, err := Open(dir)
		if err != nil {
			continue
		}
		l.Close()
		if at < lastFrame-1 && at >= headerLen {
			// A length may be damaged so that it reaches beyond the end: then what is left looks torn.
			if len(got) >= len(records) {
				t.Fatalf("a flip at %d is not noticed", at)
			}
			for i := range got {
				if !reflect.DeepEqual(got[i], records[i]) {
					t.Fatalf("a flip at %d: record %d is read wrong", at, i)
				}
			}
		}
	}
}

func TestLock(t *testing.T) {
	dir := t.TempDir()
	l, _, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Open(dir); err == nil {
		t.Fatal("two coordinators have the log")
	}
	l.Close()
	reopen(t, dir)
}

func TestCompact(t *testing.T) {
	dir := t.TempDir()
	spec := &scheduler.JobSpec{Stages: []scheduler.StageSpec{{Name: "scan", Sink: true, KeepEmpty: true}}, EstimatedBytes: -1}
	c := scheduler.New(scheduler.DefaultConfig())
	l, _, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var launch scheduler.Launch
	apply := func(at scheduler.Time, ev scheduler.Event) {
		for _, a := range c.Apply(at, ev) {
			switch a := a.(type) {
			case scheduler.LogRecord:
				if err := l.Append(a.Record); err != nil {
					t.Fatal(err)
				}
			case scheduler.Launch:
				launch = a
			}
		}
	}
	apply(1, scheduler.WorkerSeen{Worker: 0, Incarnation: 1, Slots: 4, Memory: 1})
	apply(1, scheduler.WorkerGone{Worker: 0, Incarnation: 1})
	apply(1, scheduler.WorkerSeen{Worker: 0, Incarnation: 2, Slots: 4, Memory: 1})
	for id := scheduler.JobID(1); id <= 10; id++ {
		apply(scheduler.Time(id), scheduler.JobSubmitted{Job: id, Spec: spec})
		if id == 10 {
			break
		}
		apply(scheduler.Time(id), scheduler.CommitRequested{Attempt: launch.Attempt, Worker: 0, Incarnation: 2})
		apply(scheduler.Time(id), scheduler.JobCommitted{Job: id})
	}
	before := l.Size()
	if err := l.Compact(8); err != nil {
		t.Fatal(err)
	}
	if l.Size() >= before {
		t.Fatalf("%d bytes, %d before", l.Size(), before)
	}
	apply(11, scheduler.JobSubmitted{Job: 11, Spec: spec})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	again, _, err := scheduler.Recover(12, scheduler.DefaultConfig(), reopen(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	if again.Fingerprint() != c.Fingerprint() {
		t.Fatal("the compacted log gives another state")
	}
	for id := scheduler.JobID(1); id <= 11; id++ {
		if v, known := again.Job(id); known != (id >= 8) || (known && (id < 10) != v.State.Ended()) {
			t.Errorf("job %d: known %v, %v", id, known, v.State)
		}
	}
}

// FuzzDecode: no bytes make the decoder fail otherwise than by an error, and
// what it takes it writes back the same.
func FuzzDecode(f *testing.F) {
	for _, r := range randomRecords(5, 2*len(kinds)) {
		b, err := appendRecord(nil, r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := decodeRecord(b)
		if err != nil {
			return
		}
		b2, err := appendRecord(nil, r)
		if err != nil {
			t.Fatal(err)
		}
		r2, err := decodeRecord(b2)
		if err != nil || !reflect.DeepEqual(r, r2) {
			t.Fatalf("%+v is read back as %+v (%v)", r, r2, err)
		}
	})
}

// BenchmarkStageSized writes and reads the largest record: a stage of 20,000 tasks.
func BenchmarkStageSized(b *testing.B) {
	r := scheduler.RecStageSized{Tasks: 20000, Ranges: [][]scheduler.Range{make([]scheduler.Range, 20000)}, Bytes: make([]int64, 20000)}
	for i := range r.Bytes {
		r.Ranges[0][i] = scheduler.Range{PartLo: int32(i), PartHi: int32(i + 1), MapHi: 20000}
		r.Bytes[i] = 80 << 20
	}
	buf, _ := appendRecord(nil, r)
	b.SetBytes(int64(len(buf)))
	for b.Loop() {
		buf, _ = appendRecord(buf[:0], r)
		if _, err := decodeRecord(buf); err != nil {
			b.Fatal(err)
		}
	}
}
