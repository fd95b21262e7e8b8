// Command run loads TPC-DS into a HiveServer2 endpoint and compares all query
// files with the answers recorded from a real Hive. Without -addr it starts
// bin/skep over a directory of its own.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
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
	addr, auth, scale, formats, queries, binary, memory string
	threads, workers                                    int
	chaos                                               int64
	timeout                                             time.Duration
	keep                                                bool
	shared, build, passing, settings                    string
}

func main() {
	var o options
	flag.StringVar(&o.addr, "addr", "", "HiveServer2 endpoint (default: start -binary)")
	flag.StringVar(&o.auth, "auth", "NOSASL", "NOSASL or PLAIN, with -addr")
	flag.StringVar(&o.scale, "sf", "0.01", "scale factor: 0.01 or 1")
	flag.StringVar(&o.formats, "formats", "text,orc,parquet", "comma-separated table formats")
	flag.StringVar(&o.queries, "queries", "", "comma-separated query names (default: all)")
	flag.StringVar(&o.binary, "binary", "bin/skep", "server to start")
	flag.StringVar(&o.memory, "memory", "", "memory budget of the server")
	flag.IntVar(&o.threads, "threads", 0, "threads of the server")
	flag.IntVar(&o.workers, "workers", 0, "worker processes of the server; with any, queries run in stages on them")
	flag.Int64Var(&o.chaos, "chaos", 0, "seed of a storm over the worker processes, in which the queries are run a second time; 0: none")
	flag.DurationVar(&o.timeout, "timeout", 5*time.Minute, "per query")
	flag.BoolVar(&o.keep, "keep", false, "keep the server's data and, when it is there already, do not load again")
	flag.StringVar(&o.passing, "require", "", "file of 'format query' lines that must pass; only then failures among others are no error")
	flag.StringVar(&o.settings, "set", "", "comma-separated settings of the sessions, e.g. skep.execution.mode=staged")
	flag.Parse()
	o.shared, o.build = tpcds.Folders()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "tpcds:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	dir := filepath.Join(o.shared, "tpcds")
	if _, err := os.Stat(dir); err != nil {
		fmt.Printf("SKIPPED: no TPC-DS queries and answers at %s (set SKEP_SHARED)\n", dir)
		return nil
	}
	queries, err := tpcds.Queries(dir, o.scale)
	if err != nil {
		return err
	}
	if o.queries != "" {
		names := strings.Split(o.queries, ",")
		queries = slices.DeleteFunc(queries, func(q tpcds.Query) bool { return !slices.Contains(names, q.Name) })
		if len(queries) != len(names) {
			return fmt.Errorf("-queries: found only %s", tpcds.Names(queries))
		}
	}
	data, err := generate(ctx, dir, o)
	if err != nil {
		return err
	}
	if o.chaos != 0 && (o.workers < 2 || o.addr != "") {
		return errors.New("-chaos needs -workers, and a server of its own")
	}
	var server *skepserver.Server
	var weather *storm
	if o.addr == "" {
		home := filepath.Join(o.build, "tpcds-server-sf"+o.scale)
		if !o.keep {
			if err := os.RemoveAll(home); err != nil {
				return err
			}
			defer os.RemoveAll(home)
		}
		start := skepserver.Options{Binary: o.binary, Data: home, Memory: o.memory, Threads: o.threads, Workers: o.workers}
		if o.chaos != 0 {
			if weather, err = newStorm(o, home); err != nil {
				return err
			}
			start = weather.options
		}
		if server, err = skepserver.Start(ctx, start); err != nil {
			return err
		}
		if weather != nil {
			defer weather.end()
			if err := weather.begin(); err != nil {
				return err
			}
		}
		defer func() {
			if err := server.Stop(); err != nil {
				fmt.Fprintln(os.Stderr, "tpcds:", err)
			}
		}()
		o.addr = server.Addr
	}
	if o.workers > 0 {
		o.settings = strings.Trim(o.settings+",skep.execution.mode=staged", ",")
	}
	formats := strings.Split(o.formats, ",")
	board := newBoard(formats, queries)
	for _, format := range formats {
		run := board.runFormat
		if weather != nil {
			run = func(ctx context.Context, o options, dir, data, format string) error {
				return board.weather(ctx, o, weather, dir, data, format)
			}
		}
		if err := run(ctx, o, dir, data, format); err != nil {
			return err
		}
		if server != nil && !server.Alive() {
			return fmt.Errorf("the server died:\n%s", server.LogTail())
		}
	}
	board.print()
	if server != nil {
		if rss, err := server.PeakRSS(); err == nil {
			fmt.Printf("peak resident set of the server: %d MB\n", rss>>20)
		}
	}
	return board.verdict(o.passing)
}

// generate returns the directory of the text data, making it when absent.
func generate(ctx context.Context, dir string, o options) (string, error) {
	root := tpcds.Data(o.build)
	data := filepath.Join(root, "sf"+o.scale)
	if _, err := os.Stat(filepath.Join(data, "web_site")); err == nil {
		return data, nil
	}
	fmt.Printf("generating TPC-DS SF%s into %s\n", o.scale, data)
	partial := data + ".partial"
	if err := os.MkdirAll(root, 0o755); err != nil {
		return "", err
	}
	if err := os.RemoveAll(partial); err != nil {
		return "", err
	}
	abs, err := filepath.Abs(partial)
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "bash", filepath.Join(dir, "gen", "gen.sh"), o.scale, abs)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("generate TPC-DS data (needs Java 17 and Maven): %w\n%s", err, out)
	}
	return data, os.Rename(partial, data)
}

// connect opens a session using the database of a format.
func connect(ctx context.Context, o options, database string) (*hs2.Client, error) {
	client, err := hs2.Dial(ctx, hs2.Options{Addr: o.addr, Auth: o.auth, User: "root", Timeout: 30 * time.Minute})
	if err != nil {
		return nil, err
	}
	for _, setting := range strings.FieldsFunc(o.settings, func(r rune) bool { return r == ',' }) {
		if _, err := client.Exec(ctx, "set "+setting); err != nil {
			return nil, fmt.Errorf("set %s: %w", setting, err)
		}
	}
	if database != "" {
		if _, err := client.Exec(ctx, "use "+database); err != nil {
			return nil, fmt.Errorf("use %s: %w", database, err)
		}
	}
	return client, nil
}

func (b *board) runFormat(ctx context.Context, o options, dir, data, format string) error {
	client, err := connect(ctx, o, "")
	if err != nil {
		return err
	}
	defer func() { client.Close() }()
	res, err := client.Exec(ctx, "show databases")
	if err != nil {
		return fmt.Errorf("show databases: %w", err)
	}
	for _, f := range slices.Compact([]string{"text", format}) {
		exists := slices.ContainsFunc(res.Rows, func(r []hs2.Value) bool { return r[0].Text == tpcds.Database(o.scale, f) })
		if slices.Contains(b.loaded, f) || o.keep && exists {
			continue
		}
		start := time.Now()
		statement := start
		err := tpcds.Load(ctx, client, dir, data, o.scale, f, func(string) { statement = time.Now() })
		if err != nil {
			return fmt.Errorf("load %s (the statement ran %.1f s): %w", f, time.Since(statement).Seconds(), err)
		}
		b.loaded = append(b.loaded, f)
		fmt.Printf("loaded %s in %.1f s\n", f, time.Since(start).Seconds())
	}
	if _, err := client.Exec(ctx, "use "+tpcds.Database(o.scale, format)); err != nil {
		return err
	}
	for _, q := range b.queries {
		qctx, cancel := context.WithTimeout(ctx, o.timeout)
		start := time.Now()
		res, err := client.Exec(qctx, q.SQL)
		elapsed := time.Since(start)
		cancel()
		cell := cell{elapsed: elapsed}
		if err != nil {
			cell.verdict.Diff = "error: " + strings.ReplaceAll(err.Error(), "\n", " ")
			var alive bool
			if client, alive = b.reconnect(ctx, o, client, err, format); !alive {
				b.cells[format][q.Name] = cell
				return fmt.Errorf("%s %s: %w", format, q.Name, err)
			}
		} else {
			cell.verdict, cell.rows = tpcds.Compare(q, res), len(res.Rows)
		}
		b.cells[format][q.Name] = cell
		if !cell.verdict.Pass {
			fmt.Printf("%s %s: %.600s\n", format, q.Name, cell.verdict.Diff)
		}
	}
	return nil
}
