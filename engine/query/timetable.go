package query

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"skep/metastore"
)

// timetable runs the scheduled queries when their time has come, each in a session of its own and never twice at once. It has a
// goroutine that waits for the next time and one for each query that runs; close ends them all.
type timetable struct {
	e      *Engine
	wake   chan struct{} // something has changed; holds one
	cancel context.CancelCauseFunc
	ended  sync.WaitGroup
	mu     sync.Mutex
	active map[string]bool // names of the queries that run
}

// openTimetable notes that runs of an earlier process have ended, and begins to run what is due.
func (e *Engine) openTimetable(ctx context.Context) (*timetable, error) {
	t := &timetable{e: e, wake: make(chan struct{}, 1), active: map[string]bool{}}
	list, _, err := schedules(ctx, e.store)
	if err != nil {
		return nil, err
	}
	for _, q := range list {
		if n := len(q.Last); n > 0 && q.Last[n-1].End == 0 {
			if err := t.settle(ctx); err != nil {
				return nil, err
			}
			break
		}
	}
	ctx, t.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	t.ended.Go(func() { t.run(ctx) })
	return t, nil
}

// settle ends in the catalog what ended with an earlier process.
func (t *timetable) settle(ctx context.Context) error {
	return t.e.store.Update(ctx, func(tx metastore.Tx) error {
		list, records, err := schedules(ctx, tx)
		if err != nil {
			return err
		}
		for i, q := range list {
			n := len(q.Last)
			if n == 0 || q.Last[n-1].End != 0 {
				continue
			}
			x := &q.Last[n-1]
			x.State, x.End, x.Error = executionLost, time.Now().Unix(), "the server went down"
			x.Updated = x.End
			if err := putSchedule(ctx, tx, records[i], q); err != nil {
				return err
			}
		}
		return nil
	})
}

// changed has the scheduled queries looked at.
func (t *timetable) changed() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// close ends the queries that run and waits for them.
func (t *timetable) close() {
	t.cancel(errTimetableClosed)
	t.ended.Wait()
}

// run starts what is due until ctx ends.
func (t *timetable) run(ctx context.Context) {
	const retry = time.Minute // after an error of the catalog
	for {
		var alarm <-chan time.Time
		next, err := t.start(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			t.e.log.Error("scheduled queries", "error", err)
			alarm = time.After(retry)
		case !next.IsZero():
			alarm = time.After(time.Until(next))
		}
		select {
		case <-alarm:
		case <-t.wake:
		case <-ctx.Done():
			return
		}
	}
}

// start starts what is due and returns when something will be; the zero time when nothing will.
func (t *timetable) start(ctx context.Context) (next time.Time, err error) {
	if !t.e.conf.Bool("hive.scheduled.queries.executor.enabled") {
		return time.Time{}, nil
	}
	list, records, err := schedules(ctx, t.e.store)
	if err != nil {
		return time.Time{}, err
	}
	now := time.Now()
	for i, q := range list {
		name, at := records[i].Name, time.Unix(q.Next, 0)
		t.mu.Lock()
		busy := t.active[name]
		t.mu.Unlock()
		switch {
		case q.Next == 0 || busy: // its end is a change
		case at.After(now):
			if next.IsZero() || at.Before(next) {
				next = at
			}
		default:
			t.mu.Lock()
			t.active[name] = true
			t.mu.Unlock()
			t.ended.Go(func() { t.execute(ctx, name) })
		}
	}
	return next, nil
}

// execute runs a scheduled query once and notes how it went.
func (t *timetable) execute(ctx context.Context, name string) {
	defer func() {
		t.mu.Lock()
		delete(t.active, name)
		t.mu.Unlock()
		t.changed()
	}()
	x := scheduledExecution{QueryID: uuid.NewString(), State: executionRunning, Start: time.Now().Unix()}
	x.Updated = x.Start
	var q *scheduledQuery
	err := t.note(ctx, name, func(s *scheduledQuery) error {
		q = s
		s.Runs++
		x.ID = s.Runs
		s.Last = append(s.Last, x)
		if n := len(s.Last) - keptExecutions; n > 0 {
			s.Last = s.Last[n:]
		}
		return s.plan(time.Now())
	})
	if err == nil && q != nil {
		rerr := t.statement(ctx, q, x.QueryID)
		x.State, x.End = executionFinished, time.Now().Unix()
		if x.Updated = x.End; rerr != nil {
			x.State, x.Error = executionFailed, rerr.Error()
		}
		err = t.note(context.WithoutCancel(ctx), name, func(s *scheduledQuery) error {
			for i := range s.Last {
				if s.Last[i].ID == x.ID {
					s.Last[i] = x
				}
			}
			return nil
		})
	}
	if err != nil && ctx.Err() == nil {
		t.e.log.Error("scheduled query", "name", name, "error", err)
	}
}

// note changes what the catalog keeps of a scheduled query, unless it has been dropped.
func (t *timetable) note(ctx context.Context, name string, change func(q *scheduledQuery) error) error {
	return t.e.store.Update(ctx, func(tx metastore.Tx) error {
		q, x, err := schedule(ctx, tx, name)
		if err != nil || q == nil {
			return err
		}
		if err := change(q); err != nil {
			return err
		}
		return putSchedule(ctx, tx, x, q)
	})
}

// statement runs the statement of a scheduled query; its rows, if it has any, are for nobody.
func (t *timetable) statement(ctx context.Context, q *scheduledQuery, queryID string) (err error) {
	s, err := t.e.NewSession(ctx, SessionOptions{User: q.User, Database: q.Database})
	if err != nil {
		return err
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("internal error: %v", r)
		}
		err = errors.Join(err, s.Close())
	}()
	st, err := s.Compile(ctx, Request{SQL: q.Query, QueryID: queryID})
	if err != nil {
		return err
	}
	return errors.Join(st.Run(ctx), st.Close())
}
