package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"

	_ "modernc.org/sqlite" // registers the driver

	"skep/metastore/model"
)

// pool is a fixed number of SQLite connections, each with the statements prepared on it. database/sql's own pool cannot
// prepare a statement while a transaction holds its only connection, and starts a goroutine per transaction.
type pool struct {
	db    *sql.DB
	idle  chan *conn
	slots chan struct{} // one element per connection that may still be opened
}

// conn is one connection, used by one goroutine at a time.
type conn struct {
	c        *sql.Conn
	prepared map[string]*sql.Stmt
	broken   bool
	sync     syncLevel
}

// syncLevel is SQLite's synchronous setting. In WAL mode syncFull syncs the log with each commit and syncNormal only
// before a checkpoint.
type syncLevel int

const (
	syncUnset syncLevel = iota - 1
	syncOff
	syncNormal
	syncFull
)

// setSync changes the setting; no transaction may be under way.
func (c *conn) setSync(ctx context.Context, level syncLevel) error {
	if c.sync == level {
		return nil
	}
	c.sync = syncUnset
	if _, err := c.c.ExecContext(ctx, fmt.Sprintf("PRAGMA synchronous = %d", level)); err != nil {
		return err
	}
	c.sync = level
	return nil
}

func openPool(path string, size int, extra string) (*pool, error) {
	u := url.URL{Scheme: "file", Path: path}
	db, err := sql.Open("sqlite", u.String()+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)"+
		"&_pragma=cache_size(-8192)&_pragma=temp_store(MEMORY)"+extra)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	p := &pool{db: db, idle: make(chan *conn, size), slots: make(chan struct{}, size)}
	for range size {
		p.slots <- struct{}{}
	}
	return p, nil
}

func (p *pool) acquire(ctx context.Context) (*conn, error) {
	select { // a connection that is open knows its statements
	case c := <-p.idle:
		return c, nil
	default:
	}
	select {
	case c := <-p.idle:
		return c, nil
	case <-p.slots:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	raw, err := p.db.Conn(ctx)
	if err != nil {
		p.slots <- struct{}{}
		return nil, err
	}
	return &conn{c: raw, prepared: map[string]*sql.Stmt{}, sync: syncUnset}, nil
}

func (p *pool) release(c *conn) {
	if c.broken {
		_ = c.c.Close() // goes back to db, which tests it before handing it out
		p.slots <- struct{}{}
		return
	}
	p.idle <- c
}

func (p *pool) close() error {
	var errs []error
	for range cap(p.idle) {
		select {
		case <-p.slots:
		case c := <-p.idle:
			for _, st := range c.prepared {
				errs = append(errs, st.Close())
			}
			errs = append(errs, c.c.Close())
		}
	}
	return errors.Join(append(errs, p.db.Close())...)
}

// rollback ends the transaction under way, if there is one; SQLite may have ended it already after an error.
func (c *conn) rollback() error {
	_, err := c.c.ExecContext(context.Background(), "ROLLBACK")
	if err == nil || err.Error() == "SQL logic error: cannot rollback - no transaction is active (1)" {
		return nil
	}
	c.broken = true
	return fmt.Errorf("roll back metastore transaction: %w", err)
}

func (c *conn) stmt(ctx context.Context, text string) (*sql.Stmt, error) {
	if st, ok := c.prepared[text]; ok {
		return st, nil
	}
	st, err := c.c.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	c.prepared[text] = st
	return st, nil
}

// session is a transaction on a connection: what lookups and changes are made of.
type session struct {
	store *Store
	conn  *conn
	own   map[int64]*model.StorageDescriptor // see storageCache; nil in a read-only session
}

// again lends an open session to a reader; the session's owner ends it.
func (q *session) again(context.Context) (*session, func(), error) { return q, func() {}, nil }

func (q *session) exec(ctx context.Context, text string, args ...any) error {
	_, err := q.execCount(ctx, text, args...)
	return err
}

// execCount returns the number of rows changed.
func (q *session) execCount(ctx context.Context, text string, args ...any) (int64, error) {
	st, err := q.conn.stmt(ctx, text)
	if err != nil {
		return 0, err
	}
	r, err := st.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// insert returns the new row's id.
func (q *session) insert(ctx context.Context, text string, args ...any) (int64, error) {
	st, err := q.conn.stmt(ctx, text)
	if err != nil {
		return 0, err
	}
	r, err := st.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return r.LastInsertId()
}

// row looks up one row; found is false when there is none.
func (q *session) row(ctx context.Context, dest []any, text string, args ...any) (found bool, err error) {
	st, err := q.conn.stmt(ctx, text)
	if err != nil {
		return false, err
	}
	err = st.QueryRowContext(ctx, args...).Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// rows calls scan for each row. scan must not use the session.
func (q *session) rows(ctx context.Context, scan func(*sql.Rows) error, text string, args ...any) error {
	st, err := q.conn.stmt(ctx, text)
	if err != nil {
		return err
	}
	rs, err := st.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer rs.Close()
	for rs.Next() {
		if err := scan(rs); err != nil {
			return err
		}
	}
	return rs.Err()
}
