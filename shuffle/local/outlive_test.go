package local

import (
	"context"
	"math/rand"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"skep/shuffle"
	"skep/shuffle/fetch"
	"skep/shuffle/spool"
	"skep/shuffle/store"
)

// TestOutputsOutliveTheirWorker has a worker whose outputs are served by another process: here, another exchange on its directories.
func TestOutputsOutliveTheirWorker(t *testing.T) {
	dirs := []string{t.TempDir(), t.TempDir()}
	keeper := serve(t, Options{Store: store.Options{Dirs: dirs}})
	r := rand.New(rand.NewSource(3))
	m := &modelled{stage: shuffle.StageID{Job: "j", Stage: 1}, types: parseTypes(t, "int", "string"), partitions: 4}
	worker, err := Open(Options{Store: store.Options{Dirs: dirs, Memory: 1 << 30}, Location: keeper.opts.Location, Served: true, Token: "secret", Client: fastRetries})
	if err != nil {
		t.Fatal(err)
	}
	for task := range 3 {
		m.write(t, r, worker, task, 2, 200)
	}
	if !worker.Capabilities().SurvivesWorker {
		t.Error("the exchange does not say that outputs survive")
	}
	m.checkAll(t, r, worker)
	if err := worker.Close(); err != nil {
		t.Fatal(err)
	}
	other := open(t, Options{Token: "secret"})
	m.checkAll(t, r, other)
	client := fetch.NewClient(fetch.ClientOptions{Token: "secret"})
	defer client.Close()
	held, err := client.Held(context.Background(), keeper.opts.Location, "j")
	if err != nil || len(held) != 3 {
		t.Fatalf("%d outputs held: %v", len(held), err)
	}
	for _, o := range held {
		want := m.outputs[o.Attempt.Task]
		if o.Attempt != want.Attempt || o.Check != want.Check || o.Bytes() != want.Bytes() || o.Location != want.Location {
			t.Errorf("%+v, want %+v", o, want)
		}
	}
	// A worker that comes back releases at the keeper too.
	worker, err = Open(Options{Store: store.Options{Dirs: dirs}, Location: keeper.opts.Location, Served: true, Token: "secret", Client: fastRetries})
	if err != nil {
		t.Fatal(err)
	}
	defer worker.Close()
	if err := worker.Release(context.Background(), "j"); err != nil {
		t.Fatal(err)
	}
	if err := m.read(other); shuffle.KindOf(err) != shuffle.Missing {
		t.Errorf("after releasing: %v", err)
	}
}

func TestSweepRemovesWhatWasForgotten(t *testing.T) {
	dir := t.TempDir()
	m := small(t, dir, 2)
	e, err := spool.Open(spool.Options{Folder: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if n, err := e.Store().Sweep(time.Now().Add(-time.Hour)); n != 0 || err != nil {
		t.Errorf("%d jobs removed: %v", n, err)
	}
	if got := e.Held("j"); len(got) != 2 {
		t.Errorf("%d outputs held", len(got))
	}
	if n, err := e.Store().Sweep(time.Now().Add(time.Hour)); n != 1 || err != nil {
		t.Errorf("%d jobs removed: %v", n, err)
	}
	if kind := m.spoiled(t, dir); kind != shuffle.Missing {
		t.Errorf("after sweeping: %v", kind)
	}
}

func TestRequestsThatMakeNoSense(t *testing.T) {
	e := serve(t, Options{})
	for _, c := range []struct{ method, path, body string }{
		{"POST", "/shuffle/v1/fetch", `{"job":"../x","maps":[[0,0,0,0]],"to":1}`},
		{"POST", "/shuffle/v1/fetch", `{"job":"j","maps":[],"to":1}`},
		{"POST", "/shuffle/v1/fetch", `{"job":"j","maps":[[0,0,0,0]],"from":2,"to":1}`},
		{"POST", "/shuffle/v1/fetch", `{`},
		{"POST", "/shuffle/v1/release", `{"job":"../.."}`},
		{"GET", "/shuffle/v1/held?job=" + url.QueryEscape("../x"), ""},
		{"GET", "/shuffle/v1/fetch", ""},
		{"GET", "/", ""},
	} {
		r, err := http.NewRequest(c.method, e.opts.Location+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer secret")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode < 400 {
			t.Errorf("%s %s %s: status %d", c.method, c.path, c.body, resp.StatusCode)
		}
	}
}
