package operation

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/beltran/gohive/hiveserver"

	"skep/thrift/backend"
	"skep/thrift/tcli"
)

// saved is what is kept with a statement that may go on in another process.
type saved struct {
	ID      tcli.HandleID
	Session []byte // Session.Save
}

// save describes the operation for Restore.
func (o *Operation) save() ([]byte, error) {
	s, err := o.owner.Save()
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(saved{o.id, s})
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", o, err)
	}
	return b, nil
}

// Restore brings back the operation of a statement of an earlier process, under its old handle. restore finds its session.
func (m *Manager) Restore(r *backend.Recovered, restore func(description []byte, b backend.Session) (Session, error)) error {
	var d saved
	if err := json.Unmarshal(r.Client, &d); err != nil {
		return fmt.Errorf("restore an operation: %w", err)
	}
	s, err := restore(d.Session, r.Session)
	if err != nil {
		return err
	}
	ctx, abort := context.WithCancelCause(m.base)
	now := time.Now()
	o := &Operation{
		id: d.ID, kind: hiveserver.TOperationType_EXECUTE_STATEMENT, owner: s, sql: r.SQL, queryID: r.QueryID, created: now, touched: now,
		ctx: ctx, abort: abort, async: true, done: make(chan struct{}), state: Pending, modified: -1, log: newLog(s, m.opts.LogDir),
		stmt: r.Statement, compiled: true, columns: r.Statement.Columns(), hasResult: r.Statement.HasResultSet(),
	}
	o.work.Add(1)
	m.mu.Lock()
	m.operations[o.id] = o
	m.mu.Unlock()
	if !s.Add(o.id) {
		return fmt.Errorf("restore %s: its session is being closed", o)
	}
	o.log.Logf("INFO", "The server was restarted; query %s goes on", o.queryID)
	go func() {
		defer o.work.Done()
		m.run(o)
	}()
	return nil
}

// newLog returns the log of a statement's operation.
func newLog(s Session, dir string) *Log {
	return NewLog(s.Conf("hive.server2.logging.operation.enabled") != "false" && s.Conf("hive.server2.logging.operation.level") != "NONE", dir)
}
