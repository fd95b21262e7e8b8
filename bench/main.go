// Command bench measures bin/skep against DuckDB over the same Parquet files,
// written by skep, alternating between the two in one run so that the noise
// of the machine hits both. Take the ratios, not the times.
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
	scale, python, binary, memory, only, suites, doc string
	shared, build                                    string
	runs, threads                                    int
	timeout                                          time.Duration
}

func main() {
	var o options
	flag.StringVar(&o.scale, "sf", "1", "scale factor of TPC-DS")
	flag.StringVar(&o.python, "python", "python3", "a Python with duckdb")
	flag.StringVar(&o.binary, "binary", "bin/skep", "server to measure")
	flag.StringVar(&o.memory, "memory", "2GB", "memory budget of skep, and DuckDB's memory_limit")
	flag.StringVar(&o.only, "only", "", "comma-separated names of the measurements to run")
	flag.StringVar(&o.suites, "suites", "micro,orc,write,tpcds", "comma-separated suites")
	flag.StringVar(&o.doc, "doc", "", "Markdown file to write the tables to")
	flag.IntVar(&o.runs, "runs", 3, "runs of each measurement; the fastest counts")
	flag.IntVar(&o.threads, "threads", 2, "threads of both engines")
	flag.DurationVar(&o.timeout, "timeout", 2*time.Minute, "per query")
	flag.Parse()
	o.shared, o.build = tpcds.Folders()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	queries, err := tpcds.Texts(filepath.Join(o.shared, "tpcds"))
	if err != nil {
		return err
	}
	server, err := skepserver.Start(ctx, skepserver.Options{
		Binary: o.binary, Data: filepath.Join(o.build, "bench-sf"+o.scale), Memory: o.memory, Threads: o.threads})
	if err != nil {
		return err
	}
	defer func() {
		if err := server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
		}
	}()
	skep, err := openSkep(ctx, o, server)
	if err != nil {
		return err
	}
	defer skep.close()
	duck, err := openDuck(ctx, o)
	if err != nil {
		return err
	}
	defer duck.close()
	if err := duck.declare(ctx, skep); err != nil {
		return err
	}
	if strings.Contains(o.suites, "orc") {
		if err := openORC(ctx, skep); err != nil {
			return err
		}
	}
	idle, err := server.RSS()
	if err != nil {
		return err
	}
	title := fmt.Sprintf("skep (start %d ms, resident %d MB) and DuckDB %s, %d threads, %s, Parquet written by skep at SF%s, fastest of %d",
		server.Startup.Milliseconds(), idle>>20, duck.version, o.threads, o.memory, o.scale, o.runs)
	fmt.Println(title)
	board := &board{}
	for _, s := range []struct {
		name  string
		cases []benchCase
	}{{"micro", microCases()}, {"orc", orcCases()}, {"write", writeCases(o)}, {"tpcds", tpcdsCases(queries)}} {
		if slices.Contains(strings.Split(o.suites, ","), s.name) {
			if err := board.run(ctx, o, s.name, s.cases, server, skep, duck); err != nil {
				return err
			}
		}
	}
	if o.doc != "" {
		if err := board.document(o.doc, title); err != nil {
			return err
		}
	}
	return board.write(filepath.Join(o.build, "bench.json"))
}

// openSkep loads the Parquet tables when the server's data does not hold them
// yet and returns a session in their database.
func openSkep(ctx context.Context, o options, server *skepserver.Server) (*skepEngine, error) {
	e := &skepEngine{addr: server.Addr, database: tpcds.Database(o.scale, "parquet")}
	if err := e.connect(ctx, ""); err != nil {
		return nil, err
	}
	if _, err := e.client.Exec(ctx, "select count(*) from "+e.database+".loaded"); err == nil {
		return e, e.connect(ctx, e.database)
	}
	data := filepath.Join(tpcds.Data(o.build), "sf"+o.scale)
	if _, err := os.Stat(data); err != nil {
		return nil, fmt.Errorf("no TPC-DS text data at %s; `make tpcds SF=%s` generates it: %w", data, o.scale, err)
	}
	for _, format := range []string{"text", "parquet"} {
		start := time.Now()
		err := tpcds.Load(ctx, e.client, filepath.Join(o.shared, "tpcds"), data, o.scale, format, func(string) {})
		if err != nil {
			return nil, fmt.Errorf("load %s: %w", format, err)
		}
		fmt.Printf("loaded %s in %.1f s\n", format, time.Since(start).Seconds())
	}
	// The mark is made last, so that an interrupted load is done again.
	if _, err := e.client.Exec(ctx, "create table "+e.database+".loaded (x int)"); err != nil {
		return nil, err
	}
	return e, e.connect(ctx, e.database)
}

// skepEngine is a session with the server being measured.
type skepEngine struct {
	addr, database string
	client         *hs2.Client
}

func (e *skepEngine) connect(ctx context.Context, database string) error {
	e.close()
	var err error
	if e.client, err = hs2.Dial(ctx, hs2.Options{Addr: e.addr, Timeout: 30 * time.Minute}); err != nil {
		return err
	}
	if database != "" {
		_, err = e.client.Exec(ctx, "use "+database)
	}
	return err
}

func (e *skepEngine) close() {
	if e.client != nil {
		e.client.Close()
		e.client = nil
	}
}

// location is the directory of a table.
func (e *skepEngine) location(ctx context.Context, table string) (string, error) {
	res, err := e.client.Exec(ctx, "describe formatted "+table)
	if err != nil {
		return "", err
	}
	for _, row := range res.Rows {
		if strings.TrimSpace(row[0].Text) == "Location:" {
			loc := strings.TrimSpace(row[1].Text)
			return "/" + strings.TrimLeft(strings.TrimPrefix(loc, "file:"), "/"), nil
		}
	}
	return "", fmt.Errorf("describe formatted %s shows no location", table)
}
