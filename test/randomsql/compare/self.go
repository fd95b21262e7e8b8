package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"skep/engine/query"
	"skep/test/qfile/inprocess"
	"skep/test/randomsql"
	"skep/thrift/embedded"
)

// variant is a way to run the product in which every statement must answer the same.
type variant struct {
	name, format string
	config       query.Config
	conf         map[string]string
}

var (
	staged      = map[string]string{"skep.execution.mode": "staged", "skep.execution.tasks": "3", "skep.execution.verify": "true", "mapreduce.input.fileinputformat.split.maxsize": "64"}
	partitioned = map[string]string{"skep.execution.mode": "staged", "skep.execution.tasks": "3", "skep.execution.verify": "true", "skep.execution.broadcast.bytes": "-1", "skep.execution.broadcast.actual.bytes": "-1",
		"skep.execution.whole.bytes": "-1", "skep.execution.twice": "true", "mapreduce.input.fileinputformat.split.maxsize": "64"}
	unoptimized = map[string]string{"skep.optimizer.disabled": "fold,push-down,shared-filter,preaggregate,eager-aggregate,semi-join-push,join-order,limit,semi-join-reduce,column-prune,common-subplan,build-side"}
)

var variants = []variant{
	{"as it is", "", query.Config{Threads: 2}, nil},
	{"text, little memory", "textfile", query.Config{Threads: 2, Memory: 4 << 20}, nil},
	{"orc, stages", "orc", query.Config{Threads: 2}, staged},
	{"parquet, stages without copies", "parquet", query.Config{Threads: 2}, partitioned},
	{"no optimizer rules", "", query.Config{Threads: 1}, unoptimized},
	{"parquet", "parquet", query.Config{Threads: 1}, nil},
}

// itself compares the first variant with the others and prints what differs.
func (o *options) itself(ctx context.Context) error {
	differences, err := o.variants(ctx, os.Stdout)
	if err == nil && differences > 0 {
		err = fmt.Errorf("%d cases differ", differences)
	}
	return err
}

// variants compares the first variant with the others, writes what differs to
// w and returns the number of cases that do.
func (o *options) variants(ctx context.Context, w io.Writer) (differences int, err error) {
	dir, err := os.MkdirTemp("", "randomsql")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	var sides []*side
	for i, v := range variants {
		v.config.DataDir = filepath.Join(dir, fmt.Sprint(i))
		engine, err := query.Open(ctx, v.config)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", v.name, err)
		}
		defer func() { err = errors.Join(err, engine.Close()) }()
		target := inprocess.Engine{Backend: embedded.New(engine)}
		session, err := target.Open(ctx)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", v.name, err)
		}
		for _, sql := range append([]string{"create database " + o.db, "use " + o.db}, randomsql.Setup(v.format)...) {
			if _, err := session.Exec(ctx, sql); err != nil {
				return 0, fmt.Errorf("%s: %s: %w", v.name, sql, err)
			}
		}
		if err := session.Close(); err != nil {
			return 0, err
		}
		target.Conf = v.conf
		sides = append(sides, &side{engine: target, db: o.db})
	}
	g := o.generator()
	statements, refused := 0, 0
	for n := range o.n {
		c := g.Next()
		want, err := sides[0].run(ctx, c.SQL(), c.Cleanup)
		if err != nil {
			return 0, err
		}
		statements += len(want)
		for _, w := range want {
			if w.Err != nil {
				refused++
			}
		}
		for i, other := range sides[1:] {
			check := func(*randomsql.Case) (f *finding) {
				want, err := sides[0].run(ctx, c.SQL(), c.Cleanup)
				if err != nil {
					return nil
				}
				got, err := other.run(ctx, c.SQL(), c.Cleanup)
				if err != nil {
					return nil
				}
				return compare(c.SQL(), want, got)
			}
			got, err := other.run(ctx, c.SQL(), c.Cleanup)
			if err != nil {
				return 0, err
			}
			first := compare(c.SQL(), want, got)
			if first == nil {
				continue
			}
			differences++
			small := first
			randomsql.Shrink(c, o.tries, func(c *randomsql.Case) bool {
				f := check(c)
				if f == nil || f.kind != first.kind {
					return false
				}
				small = f
				return true
			})
			fmt.Fprintf(w, "=== seed %d case %d, %s: %s\n%s;\nat %s\n%s\n", o.seed, n, variants[i+1].name, first.kind, strings.Join(c.SQL(), ";\n"), small.sql, small.diff)
			break
		}
	}
	fmt.Fprintf(w, "seed %d: %d cases, %d statements, %d of them refused, %d cases differ among %d variants\n", o.seed, o.n, statements, refused, differences, len(variants))
	return differences, nil
}
