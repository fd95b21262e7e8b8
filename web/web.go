// Package web serves the pages that show what the server is doing: statements that run and ran, with their plans.
package web

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"time"

	"github.com/hashicorp/go-hclog"

	"skep/engine/query"
)

//go:embed page.html
var files embed.FS

// Server serves the pages on one address.
type Server struct {
	http     *http.Server
	listener net.Listener
}

// Listen opens the address; Serve must be called.
func Listen(address string, engine *query.Engine, version string, log hclog.Logger) (*Server, error) {
	page, err := template.New("page.html").Funcs(template.FuncMap{
		"round": func(d time.Duration) string { return d.Round(time.Millisecond).String() },
		"mib":   func(n int64) string { return fmt.Sprintf("%.0f MiB", float64(n)/(1<<20)) },
		"percent": func(f float64) string {
			return fmt.Sprintf("%.0f %%", 100*f)
		},
	}).ParseFS(files, "page.html")
	if err != nil {
		return nil, fmt.Errorf("reading the page template: %w", err)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening for the web page: %w", err)
	}
	start := time.Now()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		used, limit := engine.MemoryUsed()
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		err := page.Execute(w, map[string]any{
			"Version": version, "Uptime": time.Since(start), "Used": used, "Limit": limit, "Statements": engine.History(),
			"Selected": r.URL.Query().Get("id"),
		})
		if err != nil {
			log.Warn("writing the page", "error", err)
		}
	})
	return &Server{http: &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}, listener: l}, nil
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
