package shuffle

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func attempt(task, epoch, number int) AttemptID {
	return AttemptID{StageID: StageID{Job: "q-1_a", Stage: 3, Epoch: epoch}, Task: task, Attempt: number}
}

func TestAttemptIDIsReadBack(t *testing.T) {
	a := attempt(7, 2, 1)
	got, err := ParseAttemptID(a.String())
	if err != nil || got != a || a.String() != "q-1_a.3.2.7.1" {
		t.Errorf("%v %v, want %v", got, err, a)
	}
	seen := map[uint64]AttemptID{}
	for task := range 50 {
		for number := range 50 {
			a := attempt(task, 0, number)
			if b, ok := seen[a.Fingerprint()]; ok {
				t.Fatalf("%v and %v have one fingerprint", a, b)
			}
			seen[a.Fingerprint()] = a
		}
	}
}

func TestBadAttemptIDs(t *testing.T) {
	for _, s := range []string{"", "a.1.2.3", "a.1.2.3.x", "a.1.2.3.-1", "a/b.1.2.3.4", "..1.2.3.4", ".1.2.3.4", "a.1.2.3.99999999999",
		strings.Repeat("a", MaxJobLength+1) + ".1.2.3.4"} {
		if a, err := ParseAttemptID(s); err == nil {
			t.Errorf("%q is taken as %v", s, a)
		}
	}
	a := attempt(0, 0, 0)
	a.Task = -1
	if a.Check() == nil {
		t.Error("a negative task number is taken")
	}
}

func TestManifestNamesAttempts(t *testing.T) {
	var outputs []*Output
	for i, loc := range []string{"a", "b", "a"} {
		outputs = append(outputs, &Output{Attempt: attempt(i, i%2, i+5), Location: loc, Check: uint32(i)})
	}
	m := NewManifest(StageID{"q-1_a", 3, 1}, 4, outputs)
	if !reflect.DeepEqual(m.Locations, []string{"a", "b"}) {
		t.Errorf("locations %v", m.Locations)
	}
	for i, o := range outputs {
		if m.Attempt(i) != o.Attempt || m.Locations[m.Entries[i].Location] != o.Location || m.Entries[i].Check != o.Check {
			t.Errorf("entry %d: %+v, want %+v", i, m.Entries[i], o)
		}
	}
}

func TestErrorsKeepTheirKind(t *testing.T) {
	cause := errors.New("torn")
	for k := Unreachable; k <= Refused; k++ {
		err := fmt.Errorf("running: %w", &FetchError{Kind: k, Attempt: attempt(1, 0, 0), Partition: 2, Err: cause})
		if KindOf(err) != k || !errors.Is(err, cause) || ParseFetchKind(k.String()) != k {
			t.Errorf("%v: kind %v", err, KindOf(err))
		}
	}
	if KindOf(cause) != 0 || ParseFetchKind("") != 0 {
		t.Error("kinds out of nothing")
	}
}

func TestDigestIgnoresOrder(t *testing.T) {
	a, b, both := Digest{1, 5, 5}, Digest{2, 9, 3}, Digest{3, 14, 6}
	x, y := a, b
	x.Add(b)
	y.Add(a)
	if x != both || y != both {
		t.Errorf("%v %v, want %v", x, y, both)
	}
}
