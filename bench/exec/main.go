// Command exec measures execution in stages against the same plans without stages, and the shuffle against Spark's. Processor
// time of the server counts, not wall time, as the machine may be shared; the two ways alternate in one server.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"skep/test/hs2"
	"skep/test/skepserver"
	"skep/test/tpcds"
)

type options struct {
	scale, binary, memory, only, suites, data, doc string
	shared, build                                  string
	runs, threads                                  int
	timeout                                        time.Duration
}

func main() {
	var o options
	flag.StringVar(&o.scale, "sf", "1", "scale factor of TPC-DS")
	flag.StringVar(&o.binary, "binary", "bin/skep", "server to measure")
	flag.StringVar(&o.memory, "memory", "4GB", "memory budget of the server")
	flag.StringVar(&o.only, "only", "", "comma-separated TPC-DS queries")
	flag.StringVar(&o.suites, "suites", "trivial,skew,even,tpcds,shuffle", "comma-separated suites")
	flag.StringVar(&o.doc, "doc", "", "document whose table of figures is to be replaced")
	flag.StringVar(&o.data, "data", "", "the server's data directory, with TPC-DS tables on Parquet; loaded when absent")
	flag.IntVar(&o.runs, "runs", 1, "runs of each measurement; the cheapest counts")
	flag.IntVar(&o.threads, "threads", 2, "threads of the server")
	flag.DurationVar(&o.timeout, "timeout", 5*time.Minute, "per query")
	flag.Parse()
	o.shared, o.build = tpcds.Folders()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "exec:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	if o.data == "" {
		o.data = filepath.Join(o.build, "bench-sf"+o.scale)
	}
	server, err := skepserver.Start(ctx, skepserver.Options{Binary: o.binary, Data: o.data, Memory: o.memory, Threads: o.threads})
	if err != nil {
		return err
	}
	defer func() {
		if err := server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "exec:", err)
		}
	}()
	b := &bench{options: o, server: server}
	if err := b.open(ctx); err != nil {
		return err
	}
	defer b.close()
	for _, s := range []struct {
		name string
		run  func(context.Context) error
	}{{"trivial", b.trivial}, {"skew", b.skew}, {"even", b.even}, {"tpcds", b.tpcds}, {"shuffle", b.shuffle}} {
		if !slices.Contains(strings.Split(o.suites, ","), s.name) {
			continue
		}
		if err := s.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	if o.doc != "" {
		return b.write(o.doc)
	}
	return nil
}

// bench has a session of each mode with one server.
type bench struct {
	options
	server           *skepserver.Server
	embedded, staged *hs2.Client
	figures          []figure
}

// open connects and loads the tables when they are not there.
func (b *bench) open(ctx context.Context) error {
	database := tpcds.Database(b.scale, "parquet")
	client, err := b.connect(ctx)
	if err != nil {
		return err
	}
	b.embedded = client
	if _, err := client.Exec(ctx, "select count(*) from "+database+".web_site"); err != nil {
		data := filepath.Join(tpcds.Data(b.build), "sf"+b.scale)
		if _, err := os.Stat(data); err != nil {
			return fmt.Errorf("no TPC-DS text data at %s; `make tpcds SF=%s` generates it: %w", data, b.scale, err)
		}
		for _, format := range []string{"text", "parquet"} {
			if err := tpcds.Load(ctx, client, filepath.Join(b.shared, "tpcds"), data, b.scale, format, func(string) {}); err != nil {
				return fmt.Errorf("load %s: %w", format, err)
			}
		}
	}
	if b.staged, err = b.connect(ctx); err != nil {
		return err
	}
	for client, settings := range map[*hs2.Client][]string{b.embedded: {"use " + database}, b.staged: {"use " + database, "set skep.execution.mode=staged"}} {
		for _, s := range settings {
			if _, err := client.Exec(ctx, s); err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
		}
	}
	return nil
}

func (b *bench) connect(ctx context.Context) (*hs2.Client, error) {
	return hs2.Dial(ctx, hs2.Options{Addr: b.server.Addr, Auth: "NOSASL", User: "root", Timeout: 30 * time.Minute})
}

func (b *bench) close() {
	for _, c := range []*hs2.Client{b.embedded, b.staged} {
		if c != nil {
			_ = c.Close()
		}
	}
}

// cost is what a statement took.
type cost struct {
	cpu, wall time.Duration
	rows      int
}

// least is the cheaper of two costs; the zero cost is none.
func least(a, b cost) cost {
	if a.wall == 0 {
		return b
	}
	return cost{min(a.cpu, b.cpu), min(a.wall, b.wall), b.rows}
}

// measure runs a statement and returns what it cost the server.
func (b *bench) measure(ctx context.Context, client *hs2.Client, sql string) (cost, error) {
	ctx, cancel := context.WithTimeout(ctx, b.timeout)
	defer cancel()
	before, err := b.server.CPU()
	if err != nil {
		return cost{}, err
	}
	start := time.Now()
	res, err := client.Exec(ctx, sql)
	if err != nil {
		return cost{}, fmt.Errorf("%.60s: %w", sql, err)
	}
	c := cost{wall: time.Since(start), rows: len(res.Rows)}
	after, err := b.server.CPU()
	c.cpu = after - before
	return c, err
}

// both measures a statement in both modes, by turns.
func (b *bench) both(ctx context.Context, sql string, runs int) (embedded, staged cost, err error) {
	for range runs {
		e, err := b.measure(ctx, b.embedded, sql)
		if err != nil {
			return embedded, staged, fmt.Errorf("embedded: %w", err)
		}
		s, err := b.measure(ctx, b.staged, sql)
		if err != nil {
			return embedded, staged, fmt.Errorf("staged: %w", err)
		}
		embedded, staged = least(embedded, e), least(staged, s)
	}
	return embedded, staged, nil
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(max(b, 1)) }

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
