package history

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"
	"time"

	_ "modernc.org/sqlite" // registers the driver

	"skep/metastore/migration"
)

//go:embed schema/*.sql
var schema embed.FS

// index is the database of the rows. A commit survives the end of the process, not always a loss of power: it is not synced.
type index struct {
	writes *sql.DB // one connection, of the writer's goroutine
	reads  *sql.DB
}

// textInIndex is the number of bytes of a statement and of its error that the index keeps, for lists and searches.
const textInIndex = 1000

func openIndex(ctx context.Context, path string) (_ *index, err error) {
	u := url.URL{Scheme: "file", Path: path}
	source := u.String() + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)"
	x := &index{}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("opening the history's index %s: %w", path, err), x.close())
		}
	}()
	if x.writes, err = sql.Open("sqlite", source); err != nil {
		return nil, err
	}
	x.writes.SetMaxOpenConns(1)
	dir, err := fs.Sub(schema, "schema")
	if err != nil {
		return nil, err
	}
	if err := migration.Run(ctx, x.writes, "history", dir); err != nil {
		return nil, err
	}
	if x.reads, err = sql.Open("sqlite", source+"&_pragma=query_only(1)"); err != nil {
		return nil, err
	}
	x.reads.SetMaxOpenConns(4)
	return x, nil
}

func (x *index) close() error {
	var errs []error
	for _, db := range []*sql.DB{x.reads, x.writes} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// row is a Record, the size of its file, and the content of that if it is kept here.
type row struct {
	Record
	bytes  int64
	events []byte
}

const columns = "id, query_id, session_id, user, database, pool, kind, state, sql, error, start, compile, queue, run, commits, elapsed, " +
	"rows, tasks, failed, spill, shuffle, memory"

// put writes rows, in place of those of the same id.
func (x *index) put(ctx context.Context, rows []row) error {
	tx, err := x.writes.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("writing the history's index: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // a no-op after Commit
	st, err := tx.PrepareContext(ctx, "INSERT OR REPLACE INTO statement ("+columns+", bytes, events) VALUES (?"+strings.Repeat(",?", 23)+")")
	if err != nil {
		return fmt.Errorf("writing the history's index: %w", err)
	}
	defer st.Close()
	for i := range rows {
		r := &rows[i]
		_, err := st.ExecContext(ctx, r.ID, r.QueryID, r.SessionID, r.User, r.Database, r.Pool, r.Kind, string(r.State), cut(r.SQL, textInIndex),
			cut(r.Error, textInIndex), r.Start.UnixMicro(), r.Compile.Microseconds(), r.Queue.Microseconds(), r.Run.Microseconds(),
			r.Commit.Microseconds(), r.Elapsed.Microseconds(), r.Rows, r.Tasks, r.FailedAttempts, r.Spill, r.Shuffle, r.Memory, r.bytes, r.events)
		if err != nil {
			return fmt.Errorf("writing the history's index: %w", err)
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("writing the history's index: %w", err)
	}
	return nil
}

// remove removes rows.
func (x *index) remove(ctx context.Context, ids []int64) error {
	tx, err := x.writes.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("removing statements from the history's index: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // a no-op after Commit
	for _, id := range ids {
		if _, err := tx.ExecContext(ctx, "DELETE FROM statement WHERE id = ?", id); err != nil {
			return fmt.Errorf("removing statements from the history's index: %w", err)
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("removing statements from the history's index: %w", err)
	}
	return nil
}

// query returns the rows of a SELECT's end, such as "WHERE …".
func (x *index) query(ctx context.Context, rest string, args ...any) ([]Record, error) {
	rows, err := x.reads.QueryContext(ctx, "SELECT "+columns+" FROM statement "+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("reading the history's index: %w", err)
	}
	defer rows.Close()
	var out []Record
	for rows.Next() {
		var r Record
		var state string
		var start, compile, queue, run, commit, elapsed int64
		err := rows.Scan(&r.ID, &r.QueryID, &r.SessionID, &r.User, &r.Database, &r.Pool, &r.Kind, &state, &r.SQL, &r.Error, &start, &compile,
			&queue, &run, &commit, &elapsed, &r.Rows, &r.Tasks, &r.FailedAttempts, &r.Spill, &r.Shuffle, &r.Memory)
		if err != nil {
			return nil, fmt.Errorf("reading the history's index: %w", err)
		}
		micros := func(n int64) time.Duration { return time.Duration(n) * time.Microsecond }
		r.State, r.Start, r.Compile, r.Queue, r.Run = State(state), time.UnixMicro(start), micros(compile), micros(queue), micros(run)
		r.Commit, r.Elapsed = micros(commit), micros(elapsed)
		out = append(out, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading the history's index: %w", err)
	}
	return out, nil
}

// events returns the content of a statement's event file, or nil when it is not kept here.
func (x *index) events(ctx context.Context, id int64) ([]byte, error) {
	var b []byte
	err := x.reads.QueryRowContext(ctx, "SELECT events FROM statement WHERE id = ?", id).Scan(&b)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("reading the history's index: %w", err)
	}
	return b, nil
}

// number returns the one number that a query gives, 0 when it gives no row or NULL.
func (x *index) number(ctx context.Context, query string, args ...any) (int64, error) {
	var n sql.NullInt64
	err := x.reads.QueryRowContext(ctx, query, args...).Scan(&n)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("reading the history's index: %w", err)
	}
	return n.Int64, nil
}

// Filter chooses statements. Empty fields choose all.
type Filter struct {
	State State
	User  string
	Kind  string
	Pool  string
	// Text is part of the statement's beginning, without regard to case, or its query id.
	Text          string
	Offset, Limit int
}

// where is the filter as a condition.
func (f *Filter) where() (string, []any) {
	var all []string
	var args []any
	for _, c := range []struct{ column, value string }{{"state", string(f.State)}, {"user", f.User}, {"kind", f.Kind}, {"pool", f.Pool}} {
		if c.value != "" {
			all = append(all, c.column+" = ?")
			args = append(args, c.value)
		}
	}
	if f.Text != "" {
		all = append(all, `(query_id = ? OR sql LIKE ? ESCAPE '\')`)
		args = append(args, f.Text, "%"+strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(f.Text)+"%")
	}
	if all == nil {
		return "", nil
	}
	return "WHERE " + strings.Join(all, " AND "), args
}
