package query

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"skep/shuffle"
)

// lossy is an exchange that loses the first output of some tasks: readers find out.
type lossy struct {
	shuffle.Exchange
	lose func(shuffle.AttemptID) bool

	mu      sync.Mutex
	reports int
	written []shuffle.AttemptID
}

func (x *lossy) OpenWriter(ctx context.Context, spec shuffle.WriterSpec) (shuffle.Writer, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.written = append(x.written, spec.Attempt)
	return x.Exchange.OpenWriter(ctx, spec)
}

func (x *lossy) OpenReader(ctx context.Context, spec shuffle.ReaderSpec) (shuffle.Reader, error) {
	for i := range spec.Manifest.Entries {
		if a := spec.Manifest.Attempt(i); x.lose(a) {
			x.mu.Lock()
			defer x.mu.Unlock()
			x.reports++
			return nil, &shuffle.FetchError{Kind: shuffle.Missing, Attempt: a, Partition: -1, Err: errors.New("lost")}
		}
	}
	return x.Exchange.OpenReader(ctx, spec)
}

// stopCoordinator ends the coordinator; the next query in stages starts another one.
func stopCoordinator(t *testing.T, e *Engine) {
	t.Helper()
	if err := e.coordinator.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(e.jobs.dir); err != nil {
		t.Fatal(err)
	}
	e.coordinator, e.jobs.log, e.jobs.records = nil, nil, nil
}

func TestLostOutputsAreMadeAgain(t *testing.T) {
	e, s := stagedSession(t, 2000)
	query := "select k, count(*), sum(v), max(m) from t join (select k kk, max(v) m from t group by k) x on t.k = x.kk group by k order by k"
	want := run(t, s, query)
	x := &lossy{Exchange: e.exchange, lose: func(a shuffle.AttemptID) bool { return a.Task == 1 && a.Attempt == 0 }}
	e.exchange = x
	stopCoordinator(t, e) // the next query starts one over the lossy exchange
	if got := run(t, s, query); !slices.Equal(got, want) {
		t.Errorf("%d rows differ from %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
	}
	if x.reports == 0 {
		t.Error("nothing was lost")
	}
	// Only what was lost was made again, once.
	again := map[shuffle.AttemptID]bool{}
	for _, a := range x.written {
		if again[a] {
			t.Errorf("%v was written twice", a)
		}
		again[a] = true
		if a.Attempt > 0 && a.Task != 1 {
			t.Logf("%v ran again: it had been reading what was lost", a)
		}
	}
}

func TestWhatIsAlwaysLostFailsTheQuery(t *testing.T) {
	e, s := stagedSession(t, 2000)
	e.exchange = &lossy{Exchange: e.exchange, lose: func(a shuffle.AttemptID) bool { return a.Stage == 0 }}
	stopCoordinator(t, e)
	_, err := tryRun(t.Context(), s, "select k, count(*) from t group by k")
	if err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("ended with %v", err)
	}
}
