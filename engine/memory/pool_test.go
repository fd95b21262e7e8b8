package memory

import (
	"errors"
	"strings"
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

// TestOthersSpill: a query that comes when others have taken all there is goes on while the largest of them give something back.
func TestOthersSpill(t *testing.T) {
	server := NewPool("server", 3200)
	pool := server.NewChild("pool", 0)
	old, other := pool.NewChild("old", 0), server.NewChild("other", 0)
	large, small, fixed := old.NewAccount("large", true), other.NewAccount("small", true), other.NewAccount("fixed", false)
	large.Set(1900)
	small.Set(500)
	fixed.Set(700)
	q := server.NewChild("new", 0)
	a, b := q.NewAccount("fixed too", false), q.NewAccount("spills", true)
	if !a.Set(300) {
		t.Fatal("the new query fails, though others can spill")
	}
	if !large.Asked() || small.Asked() || fixed.Asked() {
		t.Error("the largest account alone must be asked")
	}
	if a.Set(900) {
		t.Error("more than an eighth over the limit")
	}
	a.Set(300)
	// What has been asked is not asked again, and it covers what a small account needs.
	if !b.Set(200) || small.Asked() {
		t.Error("an account that spills must go on while larger ones spill")
	}
	large.Set(0)
	if large.Asked() {
		t.Error("spilling answers the request")
	}
	// Nobody else is left who is larger: the largest must spill itself.
	if b.Set(2000) || small.Asked() {
		t.Error("the largest account must spill itself")
	}
	b.Set(0)
	for _, x := range []*Account{a, b, small, large} {
		x.Close()
	}
	fixed.Set(3000)
	a = q.NewAccount("last", false)
	if a.Set(400) {
		t.Fatal("nobody can spill")
	}
	if err := a.Exceeded(); !errors.Is(err, ErrExceeded) || !strings.Contains(err.Error(), "others") {
		t.Error(err)
	}
	for _, p := range []*Pool{q, other, old, pool} {
		p.Close()
	}
	a.Close()
	fixed.Close()
	if server.Used() != 0 || len(server.children) != 0 {
		t.Errorf("%d bytes are left", server.Used())
	}
}

func TestReservationsCountFromTheStart(t *testing.T) {
	worker := NewPool("worker", 100)
	query := worker.NewChild("query", 0)
	a, b := query.Reserve("a", 40), query.Reserve("b", 30)
	if worker.Used() != 70 || query.Used() != 70 || a.Available() != 70 || b.Available() != 60 || worker.Available() != 30 {
		t.Errorf("used %d, available %d, %d and %d", worker.Used(), a.Available(), b.Available(), worker.Available())
	}
	x, y := a.NewAccount("x", false), b.NewAccount("y", false)
	if !x.Set(35) || worker.Used() != 70 {
		t.Errorf("35 of 40 reserved: used %d", worker.Used())
	}
	if !x.Set(60) || worker.Used() != 90 || !y.Set(30) || worker.Used() != 90 {
		t.Errorf("20 beyond a reservation: used %d", worker.Used())
	}
	// What is reserved is there, whoever else has taken all the rest.
	if !x.Set(70) || x.Set(71) || !y.Set(29) || !y.Set(30) || y.Set(31) {
		t.Error("the worker's limit is 100")
	}
	x.Set(10)
	y.Set(40)
	if worker.Used() != 80 || a.Used() != 10 {
		t.Errorf("used %d and %d, want the reserved 40 and 40", worker.Used(), a.Used())
	}
	x.Close()
	a.Close()
	if worker.Used() != 40 {
		t.Errorf("used %d after a's end", worker.Used())
	}
	b.Close() // with y open, as after a panic
	y.Close()
	if worker.Used() != 0 || query.Used() != 0 {
		t.Errorf("%d and %d are left", worker.Used(), query.Used())
	}
}
