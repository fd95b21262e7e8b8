package qfile

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"skep/test/hs2"
)

// Session runs statements one after another, keeping settings and the current
// database between them. A refusal by the engine is returned as *hs2.Error;
// any other error ends the file.
type Session interface {
	Exec(ctx context.Context, sql string) (*hs2.Result, error)
	Close() error
}

// Engine opens sessions: the product in process, or an endpoint over Thrift.
type Engine interface {
	Open(ctx context.Context) (Session, error)
}

// Endpoint is an Engine behind a HiveServer2 port.
type Endpoint hs2.Options

// Open connects a new session.
func (e Endpoint) Open(ctx context.Context) (Session, error) {
	return hs2.Dial(ctx, hs2.Options(e))
}

// Config is what a run of files needs besides the engine.
type Config struct {
	TempDir string        // becomes ${TMP}; the server must see it
	Suffix  string        // appended to database names, so that runs can share a server
	Timeout time.Duration // per statement; 0 is none
}

// Answer is one statement with what the engine answered.
type Answer struct {
	Statement Statement
	SQL       string // as sent, variables replaced
	Outcome
	Elapsed time.Duration
}

// Execute runs the statements of a .q file in a fresh session and a database
// of their own. It fails only when the engine breaks, not when it refuses.
func Execute(ctx context.Context, path string, engine Engine, cfg Config) (answers []Answer, err error) {
	stmts, err := ReadStatements(path)
	if err != nil {
		return nil, err
	}
	session, err := engine.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() {
		if cerr := session.Close(); err == nil && cerr != nil {
			err = fmt.Errorf("close the session: %w", cerr)
		}
	}()
	name := strings.TrimSuffix(filepath.Base(path), ".q")
	db := "q_" + name + cfg.Suffix
	tmp := filepath.Join(cfg.TempDir, db)
	for _, sql := range []string{"drop database if exists " + db + " cascade", "create database " + db, "use " + db} {
		if _, err := session.Exec(ctx, sql); err != nil {
			return nil, fmt.Errorf("%s: %w", sql, err)
		}
	}
	vars := strings.NewReplacer("${TMP}", tmp, "${DB}", db)
	unvars := strings.NewReplacer(tmp, "${TMP}", db, "${DB}")
	for _, st := range stmts {
		a := Answer{Statement: st, SQL: vars.Replace(st.SQL)}
		start := time.Now()
		a.Outcome, err = execute(ctx, session, a.SQL, cfg.Timeout)
		a.Elapsed = time.Since(start)
		if err != nil {
			return answers, fmt.Errorf("%s:%d: %w", path, st.Line, err)
		}
		a.Outcome.rename(unvars)
		answers = append(answers, a)
	}
	if _, err := session.Exec(ctx, "drop database if exists "+db+" cascade"); err != nil {
		return answers, fmt.Errorf("drop database %s: %w", db, err)
	}
	return answers, nil
}

func execute(ctx context.Context, session Session, sql string, timeout time.Duration) (Outcome, error) {
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	res, err := session.Exec(ctx, sql)
	var refused *hs2.Error
	if errors.As(err, &refused) {
		return Outcome{Err: refused}, nil
	}
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Result: res}, nil
}

// rename puts the names of variables back where their values are printed.
func (o *Outcome) rename(r *strings.Replacer) {
	if o.Err != nil {
		e := *o.Err
		e.Message = r.Replace(e.Message)
		o.Err = &e
		return
	}
	for i := range o.Result.Columns {
		o.Result.Columns[i].Name = r.Replace(o.Result.Columns[i].Name)
	}
	for _, row := range o.Result.Rows {
		for i := range row {
			row[i].Text = r.Replace(row[i].Text)
		}
	}
}

// unportable marks texts of Hive's run-time errors: task and stack traces.
var unportable = regexp.MustCompile(`TezTask|Vertex failed|java\.|Exception:.*Exception|ClassCastException|NullPointerException`)

// Record turns answers of a real Hive into expectations.
func Record(answers []Answer) []Expectation {
	var out []Expectation
	for _, a := range answers {
		e := Expectation{SQL: a.Statement.SQL, Outcome: a.Outcome}
		if e.Err != nil {
			err := *e.Err
			err.Message, _, _ = strings.Cut(err.Message, "\n")
			if unportable.MatchString(err.Message) && !position.MatchString(err.Message) {
				err.Message = "*"
			}
			e.Err = &err
		}
		if e.Result != nil && a.Statement.Any {
			e.Result = &hs2.Result{}
		}
		if e.Result != nil {
			for i := range e.Result.Rows {
				e.Result.Rows[i] = maskRow(a.Statement.Masks, e.Result.Rows[i])
			}
			if !a.Statement.Ordered() {
				sortRows(e.Result.Rows, e.Result.Columns)
			}
		}
		out = append(out, e)
	}
	return out
}

// Verdict is the judgement over one statement. Diff is empty when it passes.
type Verdict struct {
	Statement       Statement
	Diff            string
	ErrorTextDiffer bool // an error agreed in code and position, not in wording
}

// Key names a statement in the list of known gaps: file and SQL on one line.
func (v Verdict) Key(path string) string {
	return filepath.Base(path) + "\t" + strings.Join(strings.Fields(v.Statement.SQL), " ")
}

// Judge compares answers with the expectations beside path. Statements after
// the last answer, when the engine broke, are failures.
func Judge(path string, answers []Answer) ([]Verdict, error) {
	stmts, err := ReadStatements(path)
	if err != nil {
		return nil, err
	}
	expected, err := ReadExpectations(path + ".out")
	if err != nil {
		return nil, fmt.Errorf("expected rows (record them with qtest -record): %w", err)
	}
	if len(expected) != len(stmts) {
		return nil, fmt.Errorf("%s has %d statements, its .out file %d: record it again", path, len(stmts), len(expected))
	}
	out := make([]Verdict, len(stmts))
	for i := range stmts {
		out[i].Statement = stmts[i]
		if expected[i].SQL != stmts[i].SQL {
			return nil, fmt.Errorf("%s:%d: the .out file was recorded for another text: record it again", path, stmts[i].Line)
		}
		if i >= len(answers) {
			out[i].Diff = "not run"
			continue
		}
		out[i].Diff = Compare(&stmts[i], expected[i].Outcome, answers[i].Outcome)
		out[i].ErrorTextDiffer = ErrorTextDiffers(expected[i].Outcome, answers[i].Outcome)
	}
	return out, nil
}
