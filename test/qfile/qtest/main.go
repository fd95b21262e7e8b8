// Command qtest runs .q files against a HiveServer2 endpoint: it compares the
// answers with the recorded ones, or with -record writes them down. Recording
// is only for a real Hive (the server must say it is one: SELECT version()).
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"skep/test/qfile"
)

func main() {
	var (
		addr    = flag.String("addr", "127.0.0.1:10000", "HiveServer2 endpoint, binary transport")
		auth    = flag.String("auth", "NOSASL", "NOSASL or PLAIN")
		record  = flag.Bool("record", false, "write NAME.q.out from the answers of a real Hive")
		missing = flag.Bool("missing", false, "with -record: only files without an up-to-date .out file")
		verbose = flag.Bool("v", false, "print every statement with its time")
		timeout = flag.Duration("timeout", 5*time.Minute, "per statement")
		suffix  = flag.String("suffix", "", "appended to the names of the test databases")
		tmp     = flag.String("tmp", "", "scratch directory the server can write to (default: a new temporary directory)")
	)
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, flag.Args(), qfile.Endpoint{Addr: *addr, Auth: *auth, User: "hive_test_user"}, *record, *missing, *verbose, *tmp,
		qfile.Config{Timeout: *timeout, Suffix: *suffix}); err != nil {
		fmt.Fprintln(os.Stderr, "qtest:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, files []string, engine qfile.Engine, record, missing, verbose bool, tmp string, cfg qfile.Config) error {
	if len(files) == 0 {
		return fmt.Errorf("no .q files given")
	}
	if tmp == "" {
		dir, err := os.MkdirTemp("", "qtest")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		tmp = dir
	}
	cfg.TempDir = tmp
	if record {
		if err := requireHive(ctx, engine); err != nil {
			return err
		}
	}
	passed, total, broken, texts := 0, 0, 0, 0
	for _, path := range files {
		if record && missing && upToDate(path) {
			continue
		}
		start := time.Now()
		answers, err := qfile.Execute(ctx, path, engine, cfg)
		if verbose {
			for _, a := range answers {
				fmt.Printf("  %6d ms  %s\n", a.Elapsed.Milliseconds(), strings.Join(strings.Fields(a.SQL), " "))
			}
		}
		if err != nil {
			fmt.Printf("%s: broken: %v\n", path, err)
			broken++
			if record {
				continue
			}
		}
		if record {
			if err := write(path+".out", qfile.Record(answers)); err != nil {
				return err
			}
			fmt.Printf("%s: %d statements recorded, %d of them errors, %.1f s\n", path, len(answers), countErrors(answers), time.Since(start).Seconds())
			total += len(answers)
			continue
		}
		verdicts, err := qfile.Judge(path, answers)
		if err != nil {
			return err
		}
		ok := 0
		for _, v := range verdicts {
			if v.Diff == "" {
				ok++
			} else {
				fmt.Printf("%s:%d: %s\n    %s\n", path, v.Statement.Line, strings.Join(strings.Fields(v.Statement.SQL), " "), strings.ReplaceAll(v.Diff, "\n", "\n    "))
			}
			if v.ErrorTextDiffer {
				texts++
			}
		}
		fmt.Printf("%s: %d of %d\n", filepath.Base(path), ok, len(verdicts))
		passed, total = passed+ok, total+len(verdicts)
	}
	if record {
		fmt.Printf("%d statements recorded in %d files, %d files broken\n", total, len(files), broken)
	} else {
		fmt.Printf("%d of %d statements pass; %d errors agree in code and position but not in wording\n", passed, total, texts)
	}
	if broken > 0 || !record && passed < total {
		return fmt.Errorf("%d statements fail, %d files broken", total-passed, broken)
	}
	return nil
}

// requireHive refuses to record from anything but Hive 4: the product must
// never write its own expectations.
func requireHive(ctx context.Context, engine qfile.Engine) error {
	session, err := engine.Open(ctx)
	if err != nil {
		return err
	}
	defer session.Close()
	res, err := session.Exec(ctx, "set system:java.vendor")
	if err != nil || len(res.Rows) != 1 {
		return fmt.Errorf("not a Java HiveServer2, nothing recorded (%v)", err)
	}
	res, err = session.Exec(ctx, "select version()")
	if err != nil {
		return fmt.Errorf("version of the server: %w", err)
	}
	if v := res.Rows[0][0].Text; !strings.HasPrefix(v, "4.0.1 ") {
		return fmt.Errorf("expected rows are recorded from Hive 4.0.1, this is %s", v)
	}
	return nil
}

func upToDate(path string) bool {
	verdicts, err := qfile.Judge(path, nil)
	return err == nil && len(verdicts) > 0
}

func countErrors(answers []qfile.Answer) (n int) {
	for _, a := range answers {
		if a.Err != nil {
			n++
		}
	}
	return n
}

func write(path string, blocks []qfile.Expectation) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	err = qfile.WriteExpectations(f, blocks)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}
