// Package web serves the pages that show what the server is doing: statements that run and ran, with their plans and stages, and
// the workers. The pages are made by the server, need no script and nothing from elsewhere.
package web

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"skep/engine/history"
	"skep/engine/query"
)

//go:embed pages
var files embed.FS

// Server serves the pages on one address.
type Server struct {
	http     *http.Server
	listener net.Listener
}

// Listen opens the address; Serve must be called.
func Listen(address string, engine *query.Engine, version string, log hclog.Logger) (*Server, error) {
	handler, err := Handler(engine, version, log)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening for the web page: %w", err)
	}
	return &Server{http: &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}, listener: l}, nil
}

// Serve answers requests until ctx ends.
func (s *Server) Serve(ctx context.Context) error {
	done := make(chan struct{})
	defer func() { <-done }()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		defer close(done)
		<-ctx.Done()
		_ = s.http.Close() // ends Serve below; nothing is lost by cutting a page off
	}()
	if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving the web page: %w", err)
	}
	return nil
}

// site is what the pages are made from.
type site struct {
	engine  *query.Engine
	version string
	start   time.Time
	pages   *template.Template
	log     hclog.Logger
}

// Handler answers the requests for all pages.
func Handler(engine *query.Engine, version string, log hclog.Logger) (http.Handler, error) {
	pages, err := template.New("").Funcs(template.FuncMap{
		"duration": duration, "bytes": size, "line": line,
		"time": func(t time.Time) string { return t.Format("2006-01-02 15:04:05") },
	}).ParseFS(files, "pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("reading the page templates: %w", err)
	}
	style, err := files.ReadFile("pages/style.css")
	if err != nil {
		return nil, fmt.Errorf("reading the style sheet: %w", err)
	}
	s := &site{engine: engine, version: version, start: time.Now(), pages: pages, log: log}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.list)
	mux.HandleFunc("GET /statement/{key}", s.statement)
	mux.HandleFunc("GET /workers", s.workers)
	mux.Handle("GET /metrics", promhttp.HandlerFor(engine.Metrics().Registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		_, _ = w.Write(style) // a reader that went away
	})
	return guarded(mux), nil
}

// guarded lets nothing but our own style sheet take part in the pages, whatever a statement's text may contain.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}

// frame is what every page shows.
type frame struct {
	Title, Version, Uptime string
	Used, Limit            int64
	Refresh                int // seconds; 0: the page does not change
}

func (s *site) frame(title string, refresh int) frame {
	used, limit := s.engine.MemoryUsed()
	return frame{title, s.version, time.Since(s.start).Round(time.Second).String(), used, limit, refresh}
}

// show answers with a page, or with an error when it cannot be made.
func (s *site) show(w http.ResponseWriter, name string, data any) {
	var b bytes.Buffer
	if err := s.pages.ExecuteTemplate(&b, name, data); err != nil {
		s.fail(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if _, err := b.WriteTo(w); err != nil {
		s.log.Debug("writing a page", "error", err)
	}
}

func (s *site) fail(w http.ResponseWriter, err error) {
	if errors.Is(err, history.ErrUnknown) {
		http.Error(w, "There is no such statement. The history may have dropped it.", http.StatusNotFound)
		return
	}
	s.log.Warn("making a page", "error", err)
	http.Error(w, "The page could not be made; the server's log says why.", http.StatusInternalServerError)
}

// pageSize is the number of statements on a page.
const pageSize = 50

// listed is a statement of the list.
type listed struct {
	history.Record
	Progress *query.Progress
}

// list is the page of all statements.
func (s *site) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	page := 0
	if text := q.Get("page"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > 1<<30/pageSize {
			http.Error(w, "page is not a number of a page", http.StatusBadRequest)
			return
		}
		page = n
	}
	f := history.Filter{
		State: history.State(q.Get("state")), User: q.Get("user"), Kind: q.Get("kind"), Pool: q.Get("pool"), Text: strings.TrimSpace(q.Get("text")),
		Offset: page * pageSize, Limit: pageSize,
	}
	records, total, err := s.engine.History().List(r.Context(), f)
	if err != nil {
		s.fail(w, err)
		return
	}
	statements := make([]listed, len(records))
	for i, x := range records {
		statements[i].Record = x
		if p, ok := s.engine.Progress(x.ID); ok {
			statements[i].Progress = &p
		}
	}
	to := func(page int) template.URL {
		v := url.Values{}
		for k := range q {
			if q.Get(k) != "" {
				v.Set(k, q.Get(k))
			}
		}
		v.Set("page", strconv.Itoa(page))
		return template.URL(v.Encode()) // escaped by Encode
	}
	data := struct {
		frame
		Filter             history.Filter
		States             []history.State
		Kinds              []string
		Statements         []listed
		Total, First, Last int
		Newer, Older       template.URL
	}{
		frame: s.frame("Statements", 5), Filter: f, Statements: statements, Total: total, First: f.Offset + 1, Last: f.Offset + len(statements),
		States: []history.State{history.Queued, history.Running, history.Finished, history.Failed, history.Canceled, history.Lost},
		Kinds:  query.Kinds(),
	}
	if page > 0 {
		data.Newer, data.Refresh = to(page-1), 0
	}
	if f.Offset+len(statements) < total {
		data.Older = to(page + 1)
	}
	s.show(w, "list.html", data)
}

// workers is the page of the workers.
func (s *site) workers(w http.ResponseWriter, _ *http.Request) {
	s.show(w, "workers.html", struct {
		frame
		Workers []query.Worker
	}{s.frame("Workers", 5), s.engine.Workers()})
}

// duration prints a duration with about three digits.
func duration(d time.Duration) string {
	switch {
	case d <= 0:
		return ""
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	case d < time.Second:
		return d.Round(100 * time.Microsecond).String()
	case d < time.Minute:
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// size prints a number of bytes.
func size(n int64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	f, u := float64(n), 0
	for f >= 1024 && u < len(units)-1 {
		f /= 1024
		u++
	}
	if u == 0 {
		return strconv.FormatInt(n, 10) + " B"
	}
	return strconv.FormatFloat(f, 'f', 1, 64) + " " + units[u]
}

// line puts a text on one line.
func line(text string) string { return strings.Join(strings.Fields(text), " ") }
