package stage

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"skep/dialect/plan"
	"skep/dialect/types"
	"skep/engine/acid"
	"skep/engine/format"
	"skep/shuffle"
)

func sampleTask() *Task {
	return &Task{
		Attempt: shuffle.AttemptID{StageID: shuffle.StageID{Job: "q-1", Stage: 2, Epoch: 1}, Task: 3, Attempt: 1}, Partitions: 1,
		Splits: [][]Split{nil, {{Partition: 4, Split: format.Split{
			Path: "/a/b", FileSize: 10, ModTime: time.Unix(5, 6), Start: 1, Length: 2, Rows: -1,
		}, Acid: &acid.Source{
			Original: true, WriteID: 7, Bucket: -5, First: 9, Check: true,
			Deletes: []acid.DeleteFile{{File: acid.File{Path: "/d", Size: 3, Modified: time.Unix(7, 8)}, Now: "/e", Check: true}},
		}}, {}}},
		Inputs: map[int]Input{7: {
			Manifest: &shuffle.Manifest{
				Stage: shuffle.StageID{Job: "q-1", Stage: 1}, Partitions: 5, Locations: []string{"here"},
				Entries: []shuffle.ManifestEntry{{Task: 1, Epoch: 2, Attempt: 3, Check: 1 << 31}},
			},
			Slices: []shuffle.Slice{{Partitions: shuffle.Range{From: 1, To: 2}, Maps: shuffle.Range{To: 1}}},
		}, 2: {Manifest: &shuffle.Manifest{}}},
	}
}

func sampleFragment() *Fragment {
	col := plan.Column{ID: 1, Name: "a", Type: types.IntType}
	return &Fragment{
		Root: &plan.RemoteSource{Exchange: 3, Cols: []plan.Column{col, col}}, Sink: -1,
		Output: &Output{Distribution: Hash, Keys: []int{1}, Width: 1, Partitions: 8},
	}
}

func TestTasksAndFragmentsAreReadAsWritten(t *testing.T) {
	task := sampleTask()
	b, err := EncodeTask(task)
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeTask(b)
	if err != nil || !reflect.DeepEqual(got, task) {
		t.Errorf("%v\n%+v\n%+v", err, got, task)
	}
	ranges := sampleFragment()
	ranges.Output = &Output{Distribution: Range, Keys: []int{1, 0}, Order: []Order{{Desc: true}, {NullsFirst: true}}, Bounds: 3, Every: 5, Width: 2, Partitions: 2}
	for _, f := range []*Fragment{sampleFragment(), ranges} {
		if b, err = EncodeFragment(f); err != nil {
			t.Fatal(err)
		}
		read, err := DecodeFragment(b)
		if err != nil || !reflect.DeepEqual(read, f) {
			t.Errorf("%v\n%+v\n%+v", err, read, f)
		}
	}
}

func TestWrongTasksAndFragmentsAreRefused(t *testing.T) {
	f := sampleFragment()
	f.Output.Keys[0] = 2
	if _, err := EncodeFragment(f); err == nil {
		t.Error("a key beyond the columns is written")
	}
	f = sampleFragment()
	f.Output.Distribution = Range
	if _, err := EncodeFragment(f); err == nil {
		t.Error("ranges of keys in no order are written")
	}
	task := sampleTask()
	task.Attempt.Job = "a/b"
	if _, err := EncodeTask(task); err == nil {
		t.Error("a job's name with a slash is written")
	}
	b, err := EncodeTask(sampleTask())
	if err != nil {
		t.Fatal(err)
	}
	for i := range b {
		if _, err := DecodeTask(b[:i]); err == nil {
			t.Fatalf("%d of %d bytes are read without an error", i, len(b))
		}
	}
}

func FuzzDecodeTask(f *testing.F) {
	b, err := EncodeTask(sampleTask())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		task, err := DecodeTask(b)
		if err != nil {
			return
		}
		first, err := EncodeTask(task)
		if err != nil {
			t.Fatal(err)
		}
		again, err := DecodeTask(first)
		if err != nil {
			t.Fatal(err)
		}
		if second, err := EncodeTask(again); err != nil || !bytes.Equal(first, second) {
			t.Errorf("what was read is written differently: %v", err)
		}
	})
}
