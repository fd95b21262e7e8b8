package coordinator

import (
	"errors"
	"fmt"

	"skep/dialect/plan/codec"
	"skep/engine/scheduler"
	"skep/engine/scheduler/joblog"
	"skep/engine/stage"
	"skep/engine/worker"
)

// compactAt is the size in bytes at which the log is rewritten without jobs that have ended.
const compactAt = 64 << 20

// write appends the records among actions to the log before anything else is done about them. Those that must survive a loss of
// power are synced, once for all; of queries that change nothing it is enough that they survive this process, and what is handed to
// the operating system does.
func (x *Coordinator) write(actions []scheduler.Action) error {
	log := x.config.Log
	if log == nil {
		return nil
	}
	sync := false
	for _, a := range actions {
		r, ok := a.(scheduler.LogRecord)
		if !ok {
			continue
		}
		if err := log.Append(r.Record); err != nil {
			return err
		}
		sync = sync || r.Durable && x.durable(r.Record)
	}
	if sync {
		return log.Sync()
	}
	return log.Flush()
}

// durable reports whether a record belongs to a query that changes something, or to all: the count of restarts keeps the attempts of
// one process, and their files, apart from those of the next.
func (x *Coordinator) durable(r scheduler.Record) bool {
	if _, ok := r.(scheduler.RecCoordinatorStarted); ok {
		return true
	}
	j := x.job(joblog.JobOf(r))
	return j != nil && j.query.Durable
}

// compact keeps the log from growing without end.
func (x *Coordinator) compact() {
	log := x.config.Log
	if log == nil || log.Size() < x.compactAt {
		return
	}
	if err := log.Compact(x.now()); err != nil {
		x.breakOff(err)
		return
	}
	x.compactAt = max(compactAt, 2*log.Size())
}

// breakOff ends the coordinator: without its log it must not act on what it decides.
func (x *Coordinator) breakOff(err error) {
	x.broken = fmt.Errorf("no query can be run in stages until the server is restarted: %w", err)
}

// logged is what the record of a job's submission holds besides what the core knows.
type logged struct {
	id            string // of the query
	name          string // of its outputs
	session       []byte
	twice, verify bool
	durable       bool
	graph         []byte // stage.EncodeGraph
	sinks         [][]byte
	statement     []byte // Query.Statement
}

func (l *logged) code(c *codec.Coder) {
	c.String(&l.id)
	c.String(&l.name)
	c.Bool(&l.twice)
	c.Bool(&l.verify)
	c.Bool(&l.durable)
	c.Blob(&l.session)
	c.Blob(&l.graph)
	codec.List(c, &l.sinks, c.Blob)
	c.Blob(&l.statement)
}

// payload describes the job for the log.
func (j *job) payload() ([]byte, error) {
	splits := make([][][]stage.Split, len(j.query.Graph.Stages))
	for i, s := range j.query.Graph.Stages {
		splits[i] = make([][]stage.Split, len(s.Scans))
		for _, all := range [][]location{j.splits[i], j.whole[i]} {
			for _, at := range all {
				splits[i][at.scan] = append(splits[i][at.scan], at.split)
			}
		}
	}
	graph, err := stage.EncodeGraph(j.query.Graph, splits)
	if err != nil {
		return nil, err
	}
	l := logged{
		id: j.query.ID, name: j.name, session: j.job.Session, twice: j.query.Twice, verify: j.query.Verify, durable: j.query.Durable,
		graph: graph, sinks: j.query.Sinks, statement: j.query.Statement,
	}
	c := codec.NewWriter()
	l.code(c)
	return c.Bytes()
}

// Logged is a query that the log knows and that has not ended.
type Logged struct {
	Job       scheduler.JobID
	ID        string
	Durable   bool
	Session   []byte // session.Encode
	Statement []byte // Query.Statement

	logged *logged
	spec   *scheduler.JobSpec
}

// Unfinished lists the queries of a log that have not ended.
func Unfinished(records []scheduler.Record) ([]*Logged, error) {
	var out []*Logged
	for _, r := range records {
		switch r := r.(type) {
		case scheduler.RecJobSubmitted:
			l := &logged{}
			c := codec.NewReader(r.Spec.Payload)
			l.code(c)
			if err := c.End(); err != nil {
				return nil, fmt.Errorf("job %d of the log: %w", r.Job, err)
			}
			out = append(out, &Logged{r.Job, l.id, l.durable, l.session, l.statement, l, r.Spec})
		case scheduler.RecJobEnded:
			for i, l := range out {
				if l.Job == r.Job {
					out = append(out[:i], out[i+1:]...)
					break
				}
			}
		}
	}
	return out, nil
}

// restore makes the job of a logged query; q says how it goes on.
func (l *Logged) restore(q *Query) (*job, error) {
	var fragments [][]byte
	for _, s := range l.spec.Stages {
		fragments = append(fragments, s.Payload)
	}
	graph, splits, err := stage.DecodeGraph(l.logged.graph, fragments)
	if err != nil {
		return nil, err
	}
	q.Graph, q.ID, q.Twice, q.Verify, q.Durable, q.Sinks, q.Statement = graph, l.ID, l.logged.twice, l.logged.verify, l.Durable, l.logged.sinks, l.Statement
	j := newJob(l.Job, l.logged.name, q)
	j.fragments = fragments
	for i, scans := range splits {
		var all []location
		for scan, splits := range scans {
			for _, x := range splits {
				all = append(all, location{scan, x})
			}
		}
		j.locate(graph.Stages[i], all)
	}
	j.job = &worker.Job{ID: l.Job, Name: j.name, Session: l.Session, Twice: q.Twice, Verify: q.Verify, Logf: q.Logf}
	if q.Tables != nil {
		j.job.Files, j.job.Now = q.Tables.File, q.Tables.Now
	}
	return j, nil
}

// resultPlace is where a part of a query's result is: for the process of the incarnation by here, for others first.
type resultPlace struct {
	by          scheduler.Incarnation
	here, first *worker.Place
}

func (p *resultPlace) code(c *codec.Coder) {
	by := uint64(p.by)
	c.Uint(&by)
	if c.Reading() {
		p.by, p.here, p.first = scheduler.Incarnation(by), &worker.Place{}, &worker.Place{}
	}
	p.here.Code(c)
	p.first.Code(c)
}

// encodeResult and decodeResult make the manifest of a part of a result.
func encodeResult(p *resultPlace) ([]byte, error) {
	c := codec.NewWriter()
	p.code(c)
	return c.Bytes()
}

func decodeResult(b []byte) (*resultPlace, error) {
	if len(b) == 0 {
		return nil, errors.New("a task of the result has no output")
	}
	c := codec.NewReader(b)
	p := &resultPlace{}
	p.code(c)
	if err := c.End(); err != nil {
		return nil, fmt.Errorf("the place of a result: %w", err)
	}
	return p, nil
}
