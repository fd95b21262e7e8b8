package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// tables of TPC-DS.
var tables = []string{"store_sales", "store_returns", "catalog_sales", "catalog_returns", "web_sales", "web_returns", "inventory", "store",
	"call_center", "catalog_page", "web_site", "web_page", "warehouse", "customer", "customer_address", "customer_demographics", "date_dim",
	"household_demographics", "item", "income_band", "promotion", "reason", "ship_mode", "time_dim"}

// duckEngine is a DuckDB process that answers over its standard streams.
type duckEngine struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	version string
}

type duckAnswer struct {
	Millis  float64     `json:"ms"`
	Rows    int         `json:"rows"`
	Data    [][]*string `json:"data"`
	Error   string      `json:"error"`
	Version string      `json:"version"`
}

func openDuck(ctx context.Context, o options) (*duckEngine, error) {
	d := &duckEngine{cmd: exec.CommandContext(ctx, o.python, "bench/duck.py")}
	d.cmd.Stderr = os.Stderr
	var err error
	if d.in, err = d.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := d.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	d.out = bufio.NewReader(out)
	if err := d.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start DuckDB: %w", err)
	}
	hello, err := d.answer()
	if err != nil {
		return nil, err
	}
	d.version = hello.Version
	for _, sql := range []string{fmt.Sprintf("set threads=%d", o.threads), fmt.Sprintf("set memory_limit='%s'", o.memory),
		// Hive's order of NULLs, and no order of rows where SQL gives none.
		"set default_null_order='nulls_last'", "set preserve_insertion_order=false"} {
		if _, err := d.exec(sql, false); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// declare makes views over the files of skep's tables.
func (d *duckEngine) declare(ctx context.Context, skep *skepEngine) error {
	for _, t := range tables {
		dir, err := skep.location(ctx, t)
		if err != nil {
			return err
		}
		if _, err := d.exec(fmt.Sprintf("create view %s as select * from read_parquet('%s')", t, filepath.Join(dir, "*")), false); err != nil {
			return fmt.Errorf("DuckDB over %s: %w", t, err)
		}
	}
	return nil
}

// exec runs one statement; errors of DuckDB about it are of type duckError.
func (d *duckEngine) exec(sql string, fetch bool) (duckAnswer, error) {
	return d.ask(map[string]any{"sql": sql, "fetch": fetch})
}

// scanORC sums columns of the ORC files in a directory by PyArrow's C++ reader.
func (d *duckEngine) scanORC(dir string, columns []string, threads int) (duckAnswer, error) {
	return d.ask(map[string]any{"orc": dir, "columns": columns, "threads": threads, "fetch": true})
}

func (d *duckEngine) ask(request map[string]any) (duckAnswer, error) {
	line, err := json.Marshal(request)
	if err != nil {
		return duckAnswer{}, err
	}
	if _, err := d.in.Write(append(line, '\n')); err != nil {
		return duckAnswer{}, fmt.Errorf("DuckDB: %w", err)
	}
	return d.answer()
}

type duckError string

func (e duckError) Error() string { return "DuckDB: " + string(e) }

func (d *duckEngine) answer() (duckAnswer, error) {
	line, err := d.out.ReadBytes('\n')
	if err != nil {
		return duckAnswer{}, fmt.Errorf("DuckDB ended: %w", err)
	}
	var a duckAnswer
	if err := json.Unmarshal(line, &a); err != nil {
		return duckAnswer{}, err
	}
	if a.Error != "" {
		return a, duckError(a.Error)
	}
	return a, nil
}

func (a duckAnswer) elapsed() time.Duration {
	return time.Duration(a.Millis * float64(time.Millisecond))
}

func (d *duckEngine) close() {
	d.in.Close()
	if err := d.cmd.Wait(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		fmt.Fprintln(os.Stderr, "bench: DuckDB:", err)
	}
}
