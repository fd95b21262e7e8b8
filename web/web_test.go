package web

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"skep/engine/query"
)

type fixture struct {
	t       *testing.T
	engine  *query.Engine
	session *query.Session
	url     string
}

func open(t *testing.T) *fixture {
	t.Helper()
	e, err := query.Open(t.Context(), query.Config{DataDir: t.TempDir(), Threads: 2, Memory: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	s, err := e.NewSession(t.Context(), query.SessionOptions{User: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	h, err := Handler(e, "9.9", hclog.NewNullLogger())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return &fixture{t, e, s, server.URL}
}

func (f *fixture) run(ctx context.Context, sql, id string) error {
	st, err := f.session.Compile(ctx, query.Request{SQL: sql, QueryID: id})
	if err != nil {
		return err
	}
	defer st.Close()
	return st.Run(ctx)
}

func (f *fixture) get(path string, status int) string {
	f.t.Helper()
	resp, err := http.Get(f.url + path)
	if err != nil {
		f.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != status {
		f.t.Fatalf("%s: %s, %v: %s", path, resp.Status, err, body)
	}
	if resp.Header.Get("Content-Security-Policy") == "" {
		f.t.Errorf("%s: no content security policy", path)
	}
	return string(body)
}

func (f *fixture) contains(page string, texts ...string) {
	f.t.Helper()
	for _, text := range texts {
		if !strings.Contains(page, text) {
			f.t.Errorf("no %q in %s", text, page)
		}
	}
}

func TestPages(t *testing.T) {
	f := open(t)
	for i, sql := range []string{
		"create table t as select 1 a, 'x' b", "select '<script>alert(1)</script>' x, count(*) from t", "set hive.exec.parallel=true",
	} {
		if err := f.run(t.Context(), sql, fmt.Sprint("q", i)); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	if err := f.run(t.Context(), "select nothing from t", "bad"); err == nil {
		t.Fatal("a wrong statement was accepted")
	}
	list := f.get("/", 200)
	f.contains(list, "1 to 4 of 4", "Skep 9.9", "&lt;script&gt;alert(1)", `<td class="failed">failed`, "command", `href="/statement/2"`)
	if strings.Contains(list, "<script") {
		t.Error("a statement's text is markup of the page")
	}
	f.contains(f.get("/?text=COUNT", 200), "1 to 1 of 1")
	f.contains(f.get("/?state=failed&user=ann&kind=query", 200), "1 to 1 of 1", "nothing from t")
	f.contains(f.get("/?user=bob", 200), "No statement.")
	f.contains(f.get("/?text=%22%3E%3Cb%3E", 200), `value="&#34;&gt;&lt;b&gt;"`)
	f.get("/?page=x", http.StatusBadRequest)
	f.get("/statement/none", http.StatusNotFound)
	f.contains(f.get("/statement/q1", 200), "finished", "&lt;script&gt;alert(1)", "Plan", "scan", "What the operators did", "pipeline 0", "default")
	f.contains(f.get("/statement/bad", 200), "Invalid table alias or column reference", "failed")
	f.contains(f.get("/statement/3", 200), "hive.exec.parallel")
	f.contains(f.get("/workers", 200), "no query in stages")
	f.contains(f.get("/style.css", 200), "font")
}

func TestPaging(t *testing.T) {
	f := open(t)
	for i := range pageSize + 5 {
		if err := f.run(t.Context(), fmt.Sprintf("set x.y=%d", i), ""); err != nil {
			t.Fatal(err)
		}
	}
	next := regexp.MustCompile(`rel="next" href="([^"]+)"`).FindStringSubmatch(f.get("/?kind=command", 200))
	if next == nil {
		t.Fatal("no link to older statements")
	}
	page := f.get(strings.ReplaceAll(next[1], "&amp;", "&"), 200)
	f.contains(page, fmt.Sprintf("%d to %d of %d", pageSize+1, pageSize+5, pageSize+5), `rel="prev"`)
	if strings.Contains(page, `rel="next"`) {
		t.Error("the last page has a link to an older one")
	}
}

// TestStages shows a query in stages, while it runs and after.
func TestStages(t *testing.T) {
	f := open(t)
	for _, sql := range []string{
		"create table n as select pos x from (select 1 one) t lateral view posexplode(split(space(999), ' ')) p as pos, val",
		"set skep.execution.mode=staged", "set skep.execution.tasks=3",
	} {
		if err := f.run(t.Context(), sql, ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.run(t.Context(), "select x % 7, count(*) from n group by x % 7", "staged"); err != nil {
		t.Fatal(err)
	}
	f.contains(f.get("/statement/staged", 200), "<svg", "Map 1", "Reducer 2", "Copies of slow tasks: 0 launched")
	f.contains(f.get("/workers", 200), "embedded-0", "active")
	metrics := f.get("/metrics", 200)
	f.contains(metrics, `skep_statements_total{kind="query",state="finished"} 1`, `skep_statements_total{kind="write",state="finished"} 1`,
		`skep_statements_total{kind="command",state="finished"} 2`, `skep_speculation_total{outcome="launched"} 0`, "skep_sessions 1", "go_goroutines",
		`skep_slots{state="total"} 2`, "skep_memory_limit_bytes 6.7108864e+07", `skep_commit_seconds_count{phase="move"} 1`)
	for _, counted := range []string{`skep_attempts_total{class="ok"} `, `skep_shuffle_bytes_total{direction="written"} `, "skep_shuffle_blocks_total "} {
		if _, rest, ok := strings.Cut(metrics, counted); !ok || strings.HasPrefix(rest, "0\n") {
			t.Errorf("%s counted nothing", counted)
		}
	}

	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- f.run(ctx, "select count(*) from n a, n b, n c, n d where a.x + b.x + c.x + d.x = -1", "endless")
	}()
	for !strings.Contains(f.get("/?state=running", 200), "1 to 1 of 1") {
	}
	f.contains(f.get("/statement/endless", 200), "running", "<progress", `http-equiv="refresh"`)
	cancel()
	if err := <-ended; err == nil {
		t.Error("a cancelled statement ended well")
	}
	f.contains(f.get("/statement/endless", 200), `class="canceled"`)
}
