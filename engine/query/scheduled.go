package query

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"skep/dialect/ast"
	"skep/dialect/sqlerr"
	"skep/engine/cron"
	"skep/metastore"
	"skep/metastore/model"
)

// scheduledQuery is a statement that the server runs by itself, as the catalog keeps it.
type scheduledQuery struct {
	Schedule string // a cron expression
	User     string
	Database string // in which the statement was written
	Query    string
	Enabled  bool
	Next     int64                // seconds since 1970; 0: never again
	Runs     int64                // so far
	Last     []scheduledExecution // the latest of them, the newest last
}

// scheduledExecution is one run of a scheduled query.
type scheduledExecution struct {
	ID      int64
	QueryID string
	State   string // EXECUTING, FINISHED, FAILED or, when the server went down, TIMED_OUT
	Start   int64  // seconds since 1970
	End     int64  // 0: it runs
	Updated int64
	Error   string `json:",omitempty"`
}

// keptExecutions is how many runs of a scheduled query are remembered.
const keptExecutions = 50

// The states of a run, as Hive names them.
const (
	executionRunning  = "EXECUTING"
	executionFinished = "FINISHED"
	executionFailed   = "FAILED"
	executionLost     = "TIMED_OUT"
)

// schedules reads the scheduled queries; the records of others are parallel.
func schedules(ctx context.Context, r metastore.Reader) ([]*scheduledQuery, []model.Record, error) {
	records, err := r.Records(ctx, model.ScheduledQueryRecord)
	if err != nil {
		return nil, nil, err
	}
	out := make([]*scheduledQuery, len(records))
	for i, x := range records {
		out[i] = &scheduledQuery{}
		if err := json.Unmarshal(x.Body, out[i]); err != nil {
			return nil, nil, fmt.Errorf("scheduled query %s: %w", x.Name, err)
		}
	}
	return out, records, nil
}

// schedule finds a scheduled query; nil when there is none.
func schedule(ctx context.Context, r metastore.Reader, name string) (*scheduledQuery, model.Record, error) {
	list, records, err := schedules(ctx, r)
	i := slices.IndexFunc(records, func(x model.Record) bool { return x.Name == name })
	if err != nil || i < 0 {
		return nil, model.Record{Kind: model.ScheduledQueryRecord, Name: name}, err
	}
	return list[i], records[i], nil
}

func putSchedule(ctx context.Context, tx metastore.Tx, x model.Record, q *scheduledQuery) error {
	var err error
	if x.Body, err = json.Marshal(q); err != nil {
		return err
	}
	return tx.PutRecord(ctx, x)
}

// plan sets the time of the next run after now.
func (q *scheduledQuery) plan(now time.Time) error {
	s, err := cron.Parse(q.Schedule)
	if err != nil {
		return scheduleFailed("Invalid QUARTZ schedule expression: '%s'", q.Schedule)
	}
	if q.Next = 0; q.Enabled {
		if next, ok := s.Next(now); ok {
			q.Next = next.Unix()
		}
	}
	return nil
}

func scheduleFailed(format string, args ...any) error {
	return sqlerr.Execution(1, "org.apache.hadoop.hive.ql.exec.schq.ScheduledQueryMaintenanceTask", fmt.Sprintf(format, args...))
}

func scheduleMissing(name string) error {
	return sqlerr.Semanticf("unable to get Scheduled queryNoSuchObjectException(message:There is no scheduled query for: %s@hive)", name)
}

// ownSchedule fails unless the user owns a scheduled query.
func (st *Statement) ownSchedule(owner string) error {
	user := ddlSession{st.session, st}.UserName()
	if user == owner {
		return nil
	}
	return sqlerr.Semanticf("Authorization of scheduled queries is not enabled - only owners may change scheduled queries (currentUser: %s, owner: %s)", user, owner)
}

// compileCreateSchedule prepares CREATE SCHEDULED QUERY.
func (st *Statement) compileCreateSchedule(ctx context.Context, n *ast.CreateScheduledQuery) error {
	name := n.Name.Name
	q := &scheduledQuery{User: ddlSession{st.session, st}.UserName(), Enabled: st.conf.Bool("hive.scheduled.queries.create.as.enabled")}
	if n.ExecutedAs != nil {
		q.User = n.ExecutedAs.Value
	}
	if n.Enable != "" {
		q.Enabled = n.Enable == "ENABLE"
	}
	var err error
	if q.Schedule, err = cronOf(n.Schedule); err != nil {
		return err
	}
	if err := st.ownSchedule(q.User); err != nil {
		return err
	}
	if err := st.scheduled(ctx, q, n.Body, n.BodySpan); err != nil {
		return err
	}
	st.task = func(ctx context.Context) error {
		return st.changeSchedules(ctx, func(tx metastore.Tx) error {
			old, x, err := schedule(ctx, tx, name)
			if err != nil {
				return err
			}
			if old != nil {
				return scheduleFailed("Scheduled query with name: %s@hive already exists.", name)
			}
			if err := q.plan(st.now); err != nil {
				return err
			}
			return putSchedule(ctx, tx, x, q)
		})
	}
	return nil
}

// scheduled checks the statement of a scheduled query and notes it.
func (st *Statement) scheduled(ctx context.Context, q *scheduledQuery, body ast.Statement, span ast.Span) error {
	inner := &Statement{session: st.session, sql: st.sql, queryID: st.queryID, conf: st.conf, log: st.log, now: st.now, modified: -1}
	if err := inner.compile(ctx, body); err != nil {
		return err
	}
	if err := inner.Close(); err != nil {
		return err
	}
	q.Query, q.Database = span.Text(st.sql), st.session.Database()
	return nil
}

// compileAlterSchedule prepares ALTER SCHEDULED QUERY.
func (st *Statement) compileAlterSchedule(ctx context.Context, n *ast.AlterScheduledQuery) error {
	name := n.Name.Name
	old, _, err := schedule(ctx, st.session.engine.store, name)
	if err != nil {
		return err
	}
	if old == nil {
		return scheduleMissing(name)
	}
	if err := st.ownSchedule(old.User); err != nil {
		return err
	}
	change := &scheduledQuery{}
	switch {
	case n.ExecutedAs != nil:
		if err := st.ownSchedule(n.ExecutedAs.Value); err != nil {
			return err
		}
	case n.Schedule != nil:
		if change.Schedule, err = cronOf(n.Schedule); err != nil {
			return err
		}
	case n.Body != nil:
		if err := st.scheduled(ctx, change, n.Body, n.BodySpan); err != nil {
			return err
		}
	}
	st.task = func(ctx context.Context) error {
		return st.changeSchedules(ctx, func(tx metastore.Tx) error {
			q, x, err := schedule(ctx, tx, name)
			switch {
			case err != nil:
				return err
			case q == nil:
				return scheduleMissing(name)
			case n.ExecutedAs != nil:
				q.User = n.ExecutedAs.Value
			case n.Schedule != nil:
				q.Schedule = change.Schedule
			case n.Enable != "":
				q.Enabled = n.Enable == "ENABLE"
			case n.Body != nil:
				q.Query, q.Database = change.Query, change.Database
			}
			if err := q.plan(st.now); err != nil {
				return err
			}
			if n.Execute {
				q.Next = st.now.Unix()
			}
			return putSchedule(ctx, tx, x, q)
		})
	}
	return nil
}

// compileDropSchedule prepares DROP SCHEDULED QUERY.
func (st *Statement) compileDropSchedule(ctx context.Context, n *ast.DropScheduledQuery) error {
	name := n.Name.Name
	q, _, err := schedule(ctx, st.session.engine.store, name)
	switch {
	case err != nil:
		return err
	case q == nil && n.IfExists:
		st.task = func(context.Context) error { return nil }
		return nil
	case q == nil:
		return scheduleMissing(name)
	}
	if err := st.ownSchedule(q.User); err != nil {
		return err
	}
	st.task = func(ctx context.Context) error {
		return st.changeSchedules(ctx, func(tx metastore.Tx) error {
			q, x, err := schedule(ctx, tx, name)
			if err != nil || q == nil {
				return err
			}
			return tx.DeleteRecord(ctx, x)
		})
	}
	return nil
}

// changeSchedules changes scheduled queries and has them looked at.
func (st *Statement) changeSchedules(ctx context.Context, change func(tx metastore.Tx) error) error {
	e := st.session.engine
	if err := e.store.Update(ctx, change); err != nil {
		return failed(err)
	}
	e.timetable.changed()
	return nil
}

// cronOf is the cron expression of a schedule: as written, or of EVERY n units OFFSET BY a time.
func cronOf(s *ast.Schedule) (string, error) {
	if s.Cron != nil {
		return s.Cron.Value, nil
	}
	every := 1
	if s.Every != nil {
		n, err := strconv.Atoi(s.Every.Text)
		if err != nil || n < 1 {
			return "", sqlerr.Semanticf("%s is no number of units of a schedule", s.Every.Text)
		}
		every = n
	}
	at, err := offset(s.Offset)
	if err != nil {
		return "", err
	}
	step := func(from int) string {
		start := strconv.Itoa(from)
		if from == 0 {
			start = "*"
		}
		if start == "*" && every == 1 {
			return start
		}
		return start + "/" + strconv.Itoa(every)
	}
	switch unit := strings.TrimSuffix(strings.ToUpper(string(s.Unit)), "S"); unit {
	case "DAY":
		if every != 1 {
			return "", sqlerr.Semanticf("EVERY %d DAY is not supported; only EVERY DAY is supported", every)
		}
		return fmt.Sprintf("%d %d %d * * ? *", at.Second(), at.Minute(), at.Hour()), nil
	case "HOUR":
		return fmt.Sprintf("%d %d %s * * ? *", at.Second(), at.Minute(), step(at.Hour())), nil
	case "MINUTE":
		return fmt.Sprintf("%d %s * * * ? *", at.Second(), step(at.Minute())), nil
	case "SECOND":
		return step(at.Second()) + " * * * * ? *", nil
	}
	return "", sqlerr.Semanticf("not supported schedule interval(only HOUR/MINUTE/SECOND is supported)")
}

// offset reads the time of AT and OFFSET BY; midnight without one.
func offset(s *ast.StringLit) (time.Time, error) {
	if s == nil {
		return time.Time{}, nil
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", time.RFC1123, "15:04:05", "15:04"} {
		if t, err := time.Parse(layout, s.Value); err == nil {
			return t, nil
		}
	}
	return time.Time{}, sqlerr.Semanticf("%s is no time of a schedule", s.Value)
}

// scheduledRows are the rows of information_schema.scheduled_queries.
func scheduledRows(ctx context.Context, r metastore.Reader) ([]map[string]any, error) {
	list, records, err := schedules(ctx, r)
	var out []map[string]any
	for i, q := range list {
		row := map[string]any{
			"scheduled_query_id": records[i].ID, "schedule_name": records[i].Name, "enabled": q.Enabled, "cluster_namespace": "hive",
			"schedule": q.Schedule, "user": q.User, "query": q.Query, "next_execution": secondsText(q.Next),
		}
		if n := len(q.Last); n > 0 && q.Last[n-1].End == 0 {
			row["active_execution_id"] = q.Last[n-1].ID
		}
		out = append(out, row)
	}
	return out, err
}

// executionRows are the rows of information_schema.scheduled_executions.
func executionRows(ctx context.Context, r metastore.Reader) ([]map[string]any, error) {
	list, records, err := schedules(ctx, r)
	var out []map[string]any
	for i, q := range list {
		for _, x := range q.Last {
			end := x.End
			if end == 0 {
				end = time.Now().Unix()
			}
			row := map[string]any{
				"scheduled_execution_id": x.ID, "schedule_name": records[i].Name, "executor_query_id": x.QueryID, "state": x.State,
				"start_time": secondsText(x.Start), "end_time": secondsText(x.End), "elapsed": end - x.Start, "last_update_time": secondsText(x.Updated),
			}
			if x.Error != "" {
				row["error_message"] = x.Error
			}
			out = append(out, row)
		}
	}
	return out, err
}

// secondsText is a time as from_unixtime writes it; nil for none.
func secondsText(seconds int64) any {
	if seconds == 0 {
		return nil
	}
	return time.Unix(seconds, 0).Format(time.DateTime)
}

var errTimetableClosed = errors.New("the server is closing")
