package operator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"skep/dialect/types"
	"skep/engine/format"
	"skep/engine/format/record"
	delimited "skep/engine/format/text"
	"skep/engine/pipeline"
	"skep/engine/vector"
)

// scriptFor returns a script of two columns, an int and a string.
func scriptFor(t *testing.T, partial bool, args ...string) *Script {
	ts := []*types.Type{types.IntType, types.StringType}
	properties := map[string]string{"field.delim": "\t"}
	var schema []format.Column
	for i, typ := range ts {
		schema = append(schema, format.Column{Name: fmt.Sprint("c", i), Type: typ})
	}
	return NewScript(AllColumns, func() (*ScriptSpec, error) {
		in, err := delimited.SerDe{}.NewSerializer(&format.WriteOptions{Schema: schema, Properties: properties})
		if err != nil {
			return nil, err
		}
		out, err := delimited.SerDe{}.NewDeserializer(&format.ReadOptions{Schema: schema, Projection: []int{0, 1}, Properties: properties})
		if err != nil {
			return nil, err
		}
		return &ScriptSpec{
			Args: args, Dir: t.TempDir(), Env: os.Environ(), Input: in, Terminator: "\n", Output: out, Types: ts, Partial: partial,
			Open:   func(r io.Reader) record.Reader { return delimited.NewLines(r, "script") },
			Stderr: io.Discard, Fail: func(s ScriptStage, err error) error { return stageError{s, err} },
		}, nil
	})
}

type stageError struct {
	stage ScriptStage
	error
}

// scriptOutput keeps rows as text and asks for no more after limit of them.
type scriptOutput struct {
	rows  []string
	limit int
}

func (c *scriptOutput) Push(b *vector.Batch) error {
	for i := range b.N {
		s := "NULL"
		if !b.Cols[1].IsNull(i) {
			s = string(b.Cols[1].Bytes(i))
		}
		c.rows = append(c.rows, fmt.Sprint(b.Cols[0].Datum(i).I, b.Cols[0].IsNull(i), s))
	}
	if c.limit > 0 && len(c.rows) >= c.limit {
		return pipeline.ErrDone
	}
	return nil
}

func (c *scriptOutput) Finish() error { return nil }

// pipe sends rows through a script, in batches, and returns what came out.
func pipe(ctx context.Context, s *Script, rows, limit int) ([]string, error) {
	out := &scriptOutput{limit: limit}
	p, err := s.Processor(&pipeline.Worker{Context: ctx}, out)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	for at := 0; at < rows; at += vector.BatchSize {
		b := vector.NewBatch([]*types.Type{types.IntType, types.StringType})
		for i := at; i < min(at+vector.BatchSize, rows); i++ {
			d := types.Datum{S: strings.Repeat("x", i%90)}
			if i%7 == 0 {
				d = types.NullDatum
			}
			b.Cols[0].AppendDatum(types.Datum{I: int64(i)})
			b.Cols[1].AppendDatum(d)
			b.N++
		}
		if err := p.Push(b); err != nil {
			if errors.Is(err, pipeline.ErrDone) {
				break
			}
			return out.rows, err
		}
	}
	if err = p.Finish(); errors.Is(err, pipeline.ErrDone) {
		err = nil
	}
	return out.rows, err
}

func TestScriptPassesRows(t *testing.T) {
	const n = 50_000 // some megabytes: more than the pipes hold
	out := &scriptOutput{}
	s := scriptFor(t, false, "cat")
	p, err := s.Processor(&pipeline.Worker{Context: context.Background()}, out)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for at := range n / 1000 {
		b := vector.NewBatch([]*types.Type{types.IntType, types.StringType})
		for i := range 1000 {
			b.Cols[0].AppendDatum(types.Datum{I: int64(at*1000 + i)})
			b.Cols[1].AppendDatum(types.Datum{S: strings.Repeat("y", i%100)})
			b.N++
		}
		if err := p.Push(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Finish(); err != nil {
		t.Fatal(err)
	}
	if len(out.rows) != n {
		t.Fatalf("%d rows of %d came back", len(out.rows), n)
	}
	for i, row := range out.rows {
		if want := fmt.Sprint(i, false, strings.Repeat("y", i%1000%100)); row != want {
			t.Fatalf("row %d is %q, not %q", i, row, want)
		}
	}
}

func TestScriptFailures(t *testing.T) {
	ctx := context.Background()
	for _, c := range []struct {
		name  string
		args  []string
		rows  int
		stage ScriptStage
	}{
		{"missing program", []string{"no-such-program-of-this-name"}, 10, ScriptStart},
		{"status", []string{"sh", "-c", "cat >/dev/null; exit 3"}, 10, ScriptExit},
		{"stops reading", []string{"sh", "-c", "exec <&-; sleep 0.05"}, 20_000, ScriptPipe},
	} {
		_, err := pipe(ctx, scriptFor(t, false, c.args...), c.rows, 0)
		var e stageError
		if !errors.As(err, &e) || e.stage != c.stage {
			t.Errorf("%s: %v, want a failure of stage %d", c.name, err, c.stage)
		}
	}
	rows, err := pipe(ctx, scriptFor(t, true, "head", "-n", "3"), 20_000, 0)
	if err != nil || len(rows) != 3 {
		t.Errorf("partial consumption: %d rows, %v", len(rows), err)
	}
	if rows, err := pipe(ctx, scriptFor(t, false, "sh", "-c", "echo 1; cat"), 0, 0); err != nil || len(rows) != 0 {
		t.Errorf("without input: %d rows, %v", len(rows), err)
	}
}

func TestScriptEndsEarly(t *testing.T) {
	rows, err := pipe(context.Background(), scriptFor(t, false, "sh", "-c", "yes 1; sleep 1000"), 10, 5)
	if err != nil || len(rows) < 5 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

func TestScriptIsKilledOnCancel(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	s := scriptFor(t, false, "sh", "-c", "sleep 1000 & echo $! > "+dir+"/pid; echo 1; wait")
	out := &scriptOutput{}
	p, err := s.Processor(&pipeline.Worker{Context: ctx}, out)
	if err != nil {
		t.Fatal(err)
	}
	b := vector.NewBatch([]*types.Type{types.IntType, types.StringType})
	b.Cols[0].AppendDatum(types.Datum{I: 1})
	b.Cols[1].AppendDatum(types.NullDatum)
	b.N = 1
	if err := p.Push(b); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- p.Finish() }()
	for {
		if pid, err := os.ReadFile(dir + "/pid"); err == nil && len(pid) > 1 {
			break
		}
	}
	cancel()
	if err := <-done; err == nil {
		t.Error("no error after the cancel")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	pid, err := os.ReadFile(dir + "/pid")
	if err != nil {
		t.Fatal(err)
	}
	// Killed with the script's group, it is gone or waits for init to notice.
	for range 1000 {
		stat, err := os.ReadFile("/proc/" + strings.TrimSpace(string(pid)) + "/stat")
		if err != nil || strings.Contains(string(stat), ") Z") {
			return
		}
	}
	t.Error("what the script started still runs")
}
