package memory

import (
	"errors"
	"testing"
)

func TestLimitsOfTheWholeTree(t *testing.T) {
	server := NewPool("server", 100)
	q1, q2 := server.NewChild("q1", 80), server.NewChild("q2", 0)
	a, b := q1.NewAccount("a", false), q2.NewAccount("b", false)
	if !a.Set(80) || a.Set(81) {
		t.Error("q1's own limit is 80")
	}
	a.Set(70)
	if !b.Set(30) {
		t.Error("30 more fit the server")
	}
	if b.Room(1) || b.Set(31) {
		t.Error("the server is full")
	}
	if q2.Limit() != 100 || q1.Limit() != 80 || q1.Available() != -1 {
		t.Errorf("limits %d %d, available %d", q2.Limit(), q1.Limit(), q1.Available())
	}
	if err := b.Exceeded(); !errors.Is(err, ErrExceeded) {
		t.Error(err)
	}
	a.Close()
	b.Close()
	if server.Used() != 0 || server.Peak() != 101 {
		t.Errorf("used %d, peak %d", server.Used(), server.Peak())
	}
}

func TestLargestIsAskedToSpill(t *testing.T) {
	p := NewPool("q", 100)
	small, large, fixed := p.NewAccount("small", true), p.NewAccount("large", true), p.NewAccount("fixed", false)
	fixed.Set(60)
	if !large.Set(20) {
		t.Error("80 of 100 are for accounts that spill")
	}
	if small.Set(4) {
		t.Fatal("over the limit")
	}
	if !large.Asked() || fixed.Asked() || small.Asked() {
		t.Error("the largest spillable account must be asked")
	}
	large.Set(1)
	if large.Asked() {
		t.Error("spilling answers the request")
	}
}

func TestEveryoneMayHoldALittle(t *testing.T) {
	p := NewPool("q", 3200)
	hog, a := p.NewAccount("hog", false), p.NewAccount("a", true)
	hog.Set(5000)
	if !a.Set(100) || a.Set(101) {
		t.Error("a thirty-second part of the limit is always acceptable")
	}
}
