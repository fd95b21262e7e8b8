package query

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"skep/dialect/catalog"
	"skep/dialect/plan"
	"skep/engine/coordinator"
	"skep/engine/planner"
	"skep/engine/scheduler"
	"skep/engine/scheduler/joblog"
	"skep/engine/session"
	"skep/engine/tablesink"
	"skep/metastore/model"
	"skep/metastore/txn"
	"skep/shuffle"
)

// record is what the log of jobs keeps of a statement that runs in stages, so that another process can take it to its end: with the
// settings, which are kept beside it, all that is not in the fragments of its stages.
type record struct {
	SQL       string
	SessionID string
	Columns   []recordedColumn `json:",omitempty"` // of the result; nil without one
	Texts     []int            `json:",omitempty"` // Result.texts
	// Owner is who the staging directories of Writes belong to, or the name under which the result is kept.
	Owner  string          `json:",omitempty"`
	Writes []recordedWrite `json:",omitempty"`
	// Txn is the transaction that ends with the statement, Locks what is locked until then.
	Txn   int64           `json:",omitempty"`
	Locks []txn.Component `json:",omitempty"`
	// Client is Request.Client.
	Client []byte `json:",omitempty"`
}

type recordedColumn struct{ Name, Type, Comment string }

// recordedWrite is what it takes to commit a target.
type recordedWrite struct {
	Staging   string // warehouse.Staging.ID
	Spec      []byte // tablesink.EncodeSpec
	Directory string `json:",omitempty"` // of INSERT OVERWRITE DIRECTORY
	DB, Name  string
	Version   int64 // of the table that was compiled against
	// Create is the table of a CTAS, Columns its columns, which the metastore's form of a table leaves out.
	Create    *model.Table   `json:",omitempty"`
	Columns   []model.Column `json:",omitempty"`
	Overwrite bool
	Temporary bool
	// Materialization is what a materialized view holds then.
	Materialization *model.Materialization `json:",omitempty"`
	Below           string                 `json:",omitempty"` // write.directory
	Deletes         bool                   `json:",omitempty"`
	Together        bool                   `json:",omitempty"`
}

// record describes the statement for the log.
func (st *Statement) record(writes []*write) ([]byte, error) {
	r := record{SQL: st.sql, SessionID: st.session.ID, Owner: st.owner, Client: st.client, Locks: st.locks}
	if st.txn != nil {
		r.Txn = st.txn.ID
	}
	for _, c := range st.columns {
		r.Columns = append(r.Columns, recordedColumn{c.Name, c.Type.String(), c.Comment})
	}
	if st.result != nil {
		r.Texts = st.result.texts
	}
	for _, w := range writes {
		x := recordedWrite{
			Staging: w.staging.ID(), Create: w.create, Overwrite: w.branch.Overwrite, Temporary: w.temporary, Materialization: w.materialization,
			Below: w.directory, Deletes: w.branch.Deletes, Together: w.branch.Together,
		}
		var err error
		if x.Spec, err = tablesink.EncodeSpec(&w.spec); err != nil {
			return nil, err
		}
		if w.create != nil {
			x.Columns = w.create.Storage.Columns
		}
		if t := w.branch.Table; t != nil {
			x.DB, x.Name, x.Version = t.DB, t.Name, t.Version
		} else {
			x.Directory = w.branch.Directory.Path
		}
		r.Writes = append(r.Writes, x)
	}
	b, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("describing the statement for the log: %w", err)
	}
	return b, nil
}

// jobs is the log of jobs as it was found.
type jobs struct {
	dir        string
	log        coordinator.Log // nil: there is none yet
	records    []scheduler.Record
	unfinished map[scheduler.JobID]*record
	owners     map[string]bool
	goesOn     map[string]bool // query ids of unfinished ones
}

// openJobs opens the log of jobs in a directory, if there is one: after an orderly end there is none.
func (e *Engine) openJobs(dir string) (_ *jobs, err error) {
	j := &jobs{dir: dir, unfinished: map[scheduler.JobID]*record{}, owners: map[string]bool{}, goesOn: map[string]bool{}}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return j, nil
	}
	if err := j.open(e); err != nil {
		return nil, err
	}
	logged, err := coordinator.Unfinished(j.records)
	for _, l := range logged {
		r := &record{}
		if err = json.Unmarshal(l.Statement, r); err != nil {
			err = fmt.Errorf("job %d of the log: %w", l.Job, err)
			break
		}
		j.unfinished[l.Job] = r
		j.owners[r.Owner] = true
		j.goesOn[l.ID] = true
	}
	if err != nil {
		return nil, errors.Join(err, j.close())
	}
	return j, nil
}

// open opens the log itself.
func (j *jobs) open(e *Engine) error {
	start := time.Now()
	log, records, err := joblog.Open(j.dir)
	if err != nil {
		return err
	}
	e.metrics.LogReplay.Set(time.Since(start).Seconds())
	j.log, j.records = log, records
	if e.config.faults != nil {
		j.log = e.config.faults.log(log)
	}
	j.log = timedLog{j.log, e.metrics}
	return nil
}

func (j *jobs) owned(owner string) bool { return j.owners[owner] }

func (j *jobs) close() error {
	if j.log == nil {
		return nil
	}
	return j.log.Close()
}

// Recovered is a query that ran in stages when an earlier process ended. It goes on by itself.
type Recovered struct {
	*Statement
	Session *Session
	// Client is Request.Client.
	Client []byte

	cancel context.CancelCauseFunc
	ended  chan struct{}
	err    error
}

// Run waits for the end of the query. When ctx ends before it, the query is cancelled.
func (r *Recovered) Run(ctx context.Context) error {
	select {
	case <-r.ended:
	case <-ctx.Done():
		r.cancel(context.Cause(ctx))
		<-r.ended
	}
	return r.err
}

// Recovered lists the queries that this process goes on with, and those that ended when an earlier one did and whose results are there.
func (e *Engine) Recovered() []*Recovered { return slices.Concat(e.recovered, e.kept) }

// goOn takes over the queries of an earlier process.
func (e *Engine) goOn(ctx context.Context) error {
	if err := e.takeKept(ctx); err != nil {
		return err
	}
	if e.jobs.log == nil {
		return nil
	}
	if _, err := e.coordinated(ctx); err != nil {
		return err
	}
	e.history.GiveUp() // what could not be restored
	for _, r := range e.recovered {
		running, cancel := context.WithCancelCause(context.Background())
		r.cancel, r.Statement.cancel = cancel, cancel
		r.begin()
		e.resumed.Go(func() {
			defer close(r.ended)
			defer cancel(nil)
			r.job.Running()
			r.err = r.perform(running)
			r.end(running, r.err)
		})
	}
	return nil
}

// startCoordinator starts the coordinator, and with it the queries of the log.
func (e *Engine) startCoordinator(ctx context.Context) (err error) {
	jobs := e.jobs
	if jobs.log == nil {
		if err := jobs.open(e); err != nil {
			return err
		}
	}
	config := e.coordinatorConfig()
	config.Log, config.Records = jobs.log, jobs.records
	config.Restore = func(l *coordinator.Logged) (*coordinator.Query, error) {
		q, err := e.restore(ctx, l, jobs.unfinished[l.Job])
		if err != nil {
			e.log.Warn("a query of an earlier process cannot go on", "query", l.ID, "error", err)
		}
		return q, err
	}
	if e.config.faults != nil {
		e.config.faults.coordinator(&config)
	}
	if e.coordinator, err = coordinator.New(config); err != nil {
		return errors.Join(err, jobs.close())
	}
	return nil
}

// coordinated returns the coordinator of queries in stages, starting it when it is first needed.
func (e *Engine) coordinated(ctx context.Context) (*coordinator.Coordinator, error) {
	e.starting.Lock()
	defer e.starting.Unlock()
	if e.coordinator == nil {
		if err := e.startCoordinator(ctx); err != nil {
			return nil, err
		}
	}
	return e.coordinator, nil
}

// view describes the running query of an id, if it runs in stages.
func (e *Engine) view(id string) (v scheduler.JobView, ok bool) {
	e.starting.Lock()
	x := e.coordinator
	e.starting.Unlock()
	if x == nil {
		return v, false
	}
	return x.View(id)
}

// closeCoordinator ends the queries in stages. Their log goes with them.
func (e *Engine) closeCoordinator() error {
	if e.coordinator == nil {
		return e.jobs.close()
	}
	err := e.coordinator.Close()
	e.resumed.Wait()
	if err != nil {
		return err
	}
	if err := os.RemoveAll(e.jobs.dir); err != nil {
		return fmt.Errorf("removing the log of jobs: %w", err)
	}
	return nil
}

// restore makes the statement of a logged query. From here on it is in the history, as a statement of this process.
func (e *Engine) restore(ctx context.Context, l *coordinator.Logged, r *record) (_ *coordinator.Query, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, e.abandon(ctx, r))
		}
	}()
	if !l.Durable && r.Client == nil {
		return nil, errors.New("the client that waited for its rows has lost its connection")
	}
	in, err := session.Decode(l.Session)
	if err != nil {
		return nil, err
	}
	st, err := e.recoveredStatement(ctx, l.ID, in, r)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			st.release()
		}
	}()
	if st.job = e.history.Resume(l.ID); st.job == nil {
		st.job = e.history.Begin(st.described())
	}
	q := &coordinator.Query{Session: in, Logf: st.log.Logf}
	q.Watch = st.watch(q)
	switch {
	case l.Durable:
		st.kind = "write"
		writes, err := st.adopt(ctx, r)
		if err != nil {
			return nil, err
		}
		q.Commit = st.commitGranted(q, writes)
		st.task = func(ctx context.Context) error {
			return failed(st.finishWrites(ctx, writes, e.coordinator.Resume(ctx, l.Job)))
		}
	default:
		q.Commit = st.takeResult
		st.task = func(ctx context.Context) error {
			err := e.coordinator.Resume(ctx, l.Job)
			var gone *shuffle.FetchError
			if errors.As(err, &gone) { // a part of the result was lost with the process that held it
				err = e.coordinator.Again(ctx, l, q)
			}
			return failed(err)
		}
	}
	if st.snapshot, err = e.warehouse.Snapshot(ctx, nil); err != nil {
		return nil, err
	}
	x := &execution{staged: true, profile: &planner.Profile{}, pool: e.poolMemory[st.poolName()].NewChild(st.queryID, 0)}
	st.running.Store(x)
	q.Tables, q.Memory, q.Share = st.scans(st.snapshot), x.pool, e.poolSlots[st.poolName()]
	e.recovered = append(e.recovered, &Recovered{Statement: st, Session: st.session, Client: r.Client, ended: make(chan struct{})})
	return q, nil
}

// recoveredStatement makes a statement of what was kept of it, in a session of its own.
func (e *Engine) recoveredStatement(ctx context.Context, queryID string, in *session.Session, r *record) (*Statement, error) {
	s, err := e.NewSession(ctx, SessionOptions{ID: r.SessionID, User: in.User, Database: in.Database, Conf: in.Conf.Changed()})
	if err != nil {
		return nil, err
	}
	st := &Statement{
		session: s, sql: r.SQL, queryID: queryID, conf: s.conf, log: discard{}, now: in.Now, modified: -1, owner: r.Owner, client: r.Client,
		kind: "query", recovered: true,
	}
	return st, st.resultColumns(r)
}

// abandon removes the staging directories of a statement that cannot go on, and aborts its transaction.
func (e *Engine) abandon(ctx context.Context, r *record) error {
	if r.Owner == "" {
		return nil
	}
	left, err := e.warehouse.Adopt(ctx, r.Owner)
	errs := []error{err}
	if r.Txn != 0 {
		errs = append(errs, e.txns.Abort(ctx, r.Txn))
	}
	for _, s := range left {
		errs = append(errs, s.Abort(ctx))
	}
	return errors.Join(append(errs, e.warehouse.Forget(ctx, r.Owner))...)
}

// adopt makes the writes of a statement of an earlier process.
func (st *Statement) adopt(ctx context.Context, r *record) ([]*write, error) {
	w := st.session.engine.warehouse
	done, err := w.Committed(ctx, r.Owner)
	if err != nil {
		return nil, err
	}
	staged, err := w.Adopt(ctx, r.Owner)
	if err != nil {
		return nil, err
	}
	if r.Txn != 0 && !done {
		st.locks, st.txn = r.Locks, &txn.Txn{ID: r.Txn}
		if err := st.acquire(ctx); err != nil { // before any other statement can
			return nil, err
		}
	}
	var writes []*write
	for _, x := range r.Writes {
		spec, err := tablesink.DecodeSpec(x.Spec)
		if err != nil {
			return nil, err
		}
		b := plan.InsertBranch{Static: spec.Static, Overwrite: x.Overwrite, Deletes: x.Deletes, Together: x.Together}
		if x.Directory != "" {
			b.Directory = &plan.Directory{Path: x.Directory}
		} else {
			b.Table = &catalog.Table{DB: x.DB, Name: x.Name, Version: x.Version}
			for _, k := range spec.Keys {
				b.Table.PartitionKeys = append(b.Table.PartitionKeys, catalog.Column{Name: k})
			}
		}
		out := &write{
			st: st, branch: b, spec: *spec, staging: staged[x.Staging], create: x.Create, materialization: x.Materialization, directory: x.Below,
		}
		if x.Create != nil {
			x.Create.Storage.Columns = x.Columns
		}
		switch {
		case x.Temporary:
			return nil, errors.New("it wrote to a temporary table, which ended with the session")
		case out.staging == nil && !done:
			return nil, errors.New("its staging directory is not there")
		}
		writes = append(writes, out)
	}
	return writes, nil
}
