package coordinator

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"skep/engine/format"
	"skep/engine/memory"
	"skep/engine/pipeline"
	"skep/engine/scheduler"
	"skep/engine/session"
	"skep/engine/stage"
	"skep/engine/worker"
	"skep/shuffle"
)

// Query is a query to be run.
type Query struct {
	Graph   *stage.Graph
	Session *session.Session
	Tables  Tables
	ID      string // shown in names of outputs
	Pool    string
	// Tasks fixes the number of tasks of all stages that may have several; 0: by size.
	Tasks int
	// Reducers are the wishes of the user for stages that read partitions.
	Reducers Reducers
	// BroadcastBelow is the real size in bytes below which the side of a join is read whole by all tasks; 0: never.
	BroadcastBelow int64
	// SkewRows are the rows from which on a partition of a join is divided among tasks that is several times the median; 0: by size.
	SkewRows int64
	// Twice runs every task a second time and compares the outputs.
	Twice bool
	// Verify checks that fragments are the same after encoding and decoding.
	Verify bool
	// Memory is what tasks in this process and readers of the result account to.
	Memory *memory.Pool
	// Share is what tasks in this process have of the slots; nil: that of all queries without one.
	Share *pipeline.Share
	// Logf receives what scripts say.
	Logf func(level, format string, args ...any)
	// Sinks describe the query's sinks (tablesink.EncodeSpec).
	Sinks [][]byte
	// Commit puts in place what the granted attempts have written to sinks, or takes the rows of the result. It runs once, at
	// the end. result is nil for queries without a result.
	// After a restart it may run again, though it had done its work.
	Commit func(ctx context.Context, granted []Granted, result shuffle.Reader) error
	// Watch, when not nil, is told of every attempt that has ended, before Run returns. It must not wait for anything.
	Watch func(Attempt)
	// Durable queries change something: what the log says of them is on disk before it is acted upon.
	Durable bool
	// Statement is what Config.Restore needs to know of the query after a restart, besides what is above.
	Statement []byte
	// Report, unless nil, gets what tasks that have ended well say of themselves, from any goroutine.
	Report func(stage int, r *stage.Report)
}

// Reducers steer the tasks of stages that read partitions. Zero values leave the choice to the scheduler.
type Reducers struct {
	Tasks, MaxTasks int
	Bytes           int64 // to be read by a task
}

// Granted is an attempt of a sink whose output counts, with the manifest of that (tablesink.DecodeOutputs).
type Granted struct {
	Attempt  shuffle.AttemptID
	Manifest []byte
}

// Tables divides tables into splits and finds their files.
type Tables interface {
	stage.Divider
	// File opens a file of a split.
	File(ctx context.Context, path string) (format.Input, error)
	// Now returns where the file of a split is at present.
	Now(path string) string
}

// job is a query being run.
type job struct {
	id    scheduler.JobID
	name  string // of its outputs
	query *Query
	ctx   context.Context // ends with the job
	stop  context.CancelCauseFunc

	job       *worker.Job // as workers see it
	fragments [][]byte
	splits    [][]location // by stage, divided among its tasks
	whole     [][]location // by stage, for each of its tasks

	mu        sync.Mutex
	outputs   map[scheduler.AttemptID]output
	manifests map[scheduler.ManifestRef]*shuffle.Manifest
	causes    map[string]error // of failures, by message: the core keeps texts only
	problems  []error
	reported  map[scheduler.AttemptID]bool // what it did has been passed on
	coming    map[scheduler.AttemptID]bool // results on their way from a worker
	done      chan struct{}
	err       error
	ended     bool
}

// output is what an attempt has written to an exchange.
type output struct {
	*worker.Place
	worker scheduler.WorkerID
	rows   int64
	// here says that it has been brought to this process: the first report's place is no longer of interest.
	here  bool
	first *worker.Place // where the worker has it, if here
	// lost says that nobody knows where it is.
	lost bool
}

// location is a split of one of the scans of a stage.
type location struct {
	scan  int
	split stage.Split
}

// Run runs a query and returns when it has ended and nothing of it runs any more.
func (x *Coordinator) Run(ctx context.Context, q *Query) error {
	j, spec, err := x.prepare(ctx, q)
	if err != nil {
		return err
	}
	if err := x.submit(j, spec); err != nil {
		return err
	}
	return x.wait(ctx, j)
}

// submit hands a job to the core.
func (x *Coordinator) submit(j *job, spec *scheduler.JobSpec) error {
	x.mu.Lock()
	refused := x.refused
	if refused == nil {
		x.jobs[j.id] = j
	}
	x.mu.Unlock()
	if refused != nil {
		return refused
	}
	x.send(scheduler.JobSubmitted{Job: j.id, Spec: spec})
	return nil
}

// wait returns when a job has ended and nothing of it runs any more.
func (x *Coordinator) wait(ctx context.Context, j *job) error {
	select {
	case <-j.done:
	case <-x.ended:
		j.finish(errClosed)
	case <-ctx.Done():
		x.send(scheduler.JobCancelled{Job: j.id, Reason: context.Cause(ctx).Error()})
		select {
		case <-j.done: // perhaps committed in the meantime
		case <-x.ended:
			j.finish(errClosed)
		}
	}
	j.stop(nil)
	err := j.err
	for _, w := range x.embedded {
		_, e := w.runner.ReleaseJob(j.id)
		err = errors.Join(err, e)
	}
	if j.job.JoinTables != nil {
		err = errors.Join(err, j.job.JoinTables.Close())
	}
	x.send(scheduler.JobForgotten{Job: j.id})
	err = errors.Join(err, x.config.Exchange.Release(context.WithoutCancel(ctx), j.name))
	x.mu.Lock()
	delete(x.jobs, j.id)
	x.mu.Unlock()
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// prepare makes a job of a query: its fragments as bytes, its splits, and what the core has to know.
func (x *Coordinator) prepare(ctx context.Context, q *Query) (*job, *scheduler.JobSpec, error) {
	x.mu.Lock()
	x.names++
	id := scheduler.JobID(x.names)
	x.mu.Unlock()
	j := newJob(id, jobName(id, q.ID), q)
	described, err := q.Session.Encode()
	if err != nil {
		return nil, nil, err
	}
	j.job = &worker.Job{
		ID: id, Name: j.name, Session: described, Twice: q.Twice, Verify: q.Verify, Memory: q.Memory, Share: q.Share, Files: q.Tables.File, Now: q.Tables.Now, Logf: q.Logf,
	}
	if q.Memory != nil {
		j.job.JoinTables = stage.NewJoinTables(q.Memory)
	}
	spec := &scheduler.JobSpec{Pool: q.Pool, EstimatedBytes: 0}
	for _, s := range q.Graph.Stages {
		st, err := j.stage(ctx, s)
		if err != nil {
			return nil, nil, err
		}
		st.OutputSurvives = x.config.Survives
		for _, x := range st.Splits {
			spec.EstimatedBytes += x.Bytes
		}
		spec.Stages = append(spec.Stages, st)
	}
	if x.config.Log != nil {
		if spec.Payload, err = j.payload(); err != nil {
			return nil, nil, err
		}
	}
	return j, spec, nil
}

func newJob(id scheduler.JobID, name string, q *Query) *job {
	j := &job{
		id: id, name: name, query: q, outputs: map[scheduler.AttemptID]output{},
		manifests: map[scheduler.ManifestRef]*shuffle.Manifest{}, causes: map[string]error{}, reported: map[scheduler.AttemptID]bool{}, coming: map[scheduler.AttemptID]bool{}, done: make(chan struct{}),
	}
	j.ctx, j.stop = context.WithCancelCause(context.Background())
	return j
}

// jobName makes a name that outputs may have.
func jobName(id scheduler.JobID, query string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '_'
	}, query)
	return "j" + strconv.FormatUint(uint64(id), 10) + "-" + name[max(0, len(name)-64):]
}

// stage describes a stage to the core.
func (j *job) stage(ctx context.Context, s *stage.Stage) (scheduler.StageSpec, error) {
	g := j.query.Graph
	f := g.Fragment(s)
	payload, err := stage.EncodeFragment(f)
	if err == nil && j.query.Verify {
		err = stage.Verify(f, payload)
	}
	if err != nil {
		return scheduler.StageSpec{}, fmt.Errorf("stage %d: %w", s.ID, err)
	}
	j.fragments = append(j.fragments, payload)
	st := scheduler.StageSpec{Name: StageName(s), Payload: payload, KeepEmpty: len(s.Empties) == 0}
	st.Memory, st.MemoryPercent = s.Memory()
	switch _, partitioned := g.Partitioned(s); {
	case s.Single:
		st.Tasks = 1
	case s.Most > 0:
		st.LeastBytes, st.MostBytes = s.Least, s.Most
	case j.query.Tasks > 0:
		st.Tasks = j.query.Tasks
	case partitioned:
		r := j.query.Reducers
		st.Tasks, st.MaxTasks, st.TargetBytes = r.Tasks, r.MaxTasks, r.Bytes
	}
	if s.Exchange >= 0 && s.Exchange != g.Result {
		st.Partitions = g.Exchanges[s.Exchange].Partitions
	} else {
		st.Sink, st.KeepEmpty = true, true // what writes nothing is still asked what it wrote
	}
	for _, x := range s.Reads {
		e := g.Exchanges[x]
		in := scheduler.InputSpec{From: scheduler.StageID(e.Producer), EmptyEmpties: s.Empties[x] && !st.KeepEmpty}
		switch e.Distribution {
		case stage.Broadcast:
			in.Pattern = scheduler.Broadcast
		case stage.Pass:
			in.Pattern = scheduler.Pointwise
			if s.Samples {
				in.Pattern = scheduler.Broadcast
			}
		}
		if f := s.Freedoms[x]; f.Copy || f.Split {
			in.Splittable = f.Split
			st.SkewRows = j.query.SkewRows
			if f.Copy {
				in.BroadcastBelow = j.query.BroadcastBelow
			}
		}
		st.Inputs = append(st.Inputs, in)
	}
	byScan, _, err := stage.Splits(ctx, j.query.Session.Expr(), j.query.Tables, s)
	if err != nil {
		return st, err
	}
	var all []location
	for i, splits := range byScan {
		for _, x := range splits {
			all = append(all, location{i, x})
		}
	}
	j.locate(s, all)
	for _, at := range j.splits[s.ID] {
		st.Splits = append(st.Splits, scheduler.Split{Bytes: max(at.split.Length, 0)})
	}
	return st, nil
}

// locate notes the splits of the next stage: those that are divided among its tasks, which the core knows by their numbers, and the others.
func (j *job) locate(s *stage.Stage, all []location) {
	var divided, whole []location
	for _, at := range all {
		if s.Scans[at.scan].Whole {
			whole = append(whole, at)
		} else {
			divided = append(divided, at)
		}
	}
	j.splits, j.whole = append(j.splits, divided), append(j.whole, whole)
}

// StageName is what users see of a stage, named as Tez names vertices.
func StageName(s *stage.Stage) string {
	if s.Divided() || len(s.Reads) == 0 {
		return fmt.Sprintf("Map %d", s.ID+1)
	}
	return fmt.Sprintf("Reducer %d", s.ID+1)
}

// shuffleID names an attempt to exchanges.
func (j *job) shuffleID(a scheduler.AttemptID) shuffle.AttemptID {
	return shuffle.AttemptID{
		StageID: shuffle.StageID{Job: j.name, Stage: int(a.Stage), Epoch: int(a.Epoch)}, Task: int(a.Task), Attempt: int(a.Attempt),
	}
}

// wrote notes the output of an attempt.
func (j *job) wrote(a scheduler.AttemptID, o output) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.outputs[a].here {
		j.outputs[a] = o
	}
}

// firstOf reports whether this is the first report of what an attempt did; reports are repeated until they are answered.
func (j *job) firstOf(a scheduler.AttemptID) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.reported[a] {
		return false
	}
	j.reported[a] = true
	return true
}

// writer returns the worker that has an output, or scheduler.NoWorker.
func (j *job) writer(a scheduler.AttemptID) scheduler.WorkerID {
	j.mu.Lock()
	defer j.mu.Unlock()
	if o, ok := j.outputs[a]; ok {
		return o.worker
	}
	return scheduler.NoWorker
}

// manifest returns the places of a version of a stage's outputs.
func (j *job) manifest(ref scheduler.ManifestRef, places []scheduler.Place) *shuffle.Manifest {
	j.mu.Lock()
	defer j.mu.Unlock()
	m := j.manifests[ref]
	if m == nil {
		attempts := make([]scheduler.AttemptID, len(places))
		for i, p := range places {
			attempts[i] = p.Attempt
			if _, ok := j.outputs[p.Attempt]; !ok { // of an earlier process; see missing
				j.outputs[p.Attempt] = output{Place: &worker.Place{}, worker: p.Worker, rows: p.Rows, lost: p.Rows > 0}
			}
		}
		m = j.listed(ref.Stage, ref.Epoch, attempts)
		j.manifests[ref] = m
	}
	return m
}

// missing returns the first of the places that nobody knows any more: an output that was written when an earlier process was the
// coordinator, of a worker that has not come back. The log knows that it outlives the worker, not where it is.
func (j *job) missing(places []scheduler.Place) *scheduler.FetchFail {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, p := range places {
		if j.outputs[p.Attempt].lost {
			return &scheduler.FetchFail{Producer: p.Attempt, Worker: p.Worker, Kind: scheduler.Missing}
		}
	}
	return nil
}

// listed makes a manifest of what attempts have written. The lock is held.
func (j *job) listed(s scheduler.StageID, epoch uint32, attempts []scheduler.AttemptID) *shuffle.Manifest {
	partitions := 1
	outputs := make([]*shuffle.Output, 0, len(attempts))
	for _, a := range attempts {
		if o, ok := j.outputs[a]; ok {
			partitions = max(partitions, o.Partitions)
			outputs = append(outputs, &shuffle.Output{Attempt: j.shuffleID(a), Location: o.Location, Check: o.Check})
		}
	}
	if g := j.query.Graph; len(outputs) == 0 && g.Stages[s].Exchange >= 0 {
		partitions = g.Exchanges[g.Stages[s].Exchange].Partitions // of nothing
	}
	m := shuffle.NewManifest(shuffle.StageID{Job: j.name, Stage: int(s), Epoch: int(epoch)}, partitions, outputs)
	for i := range m.Entries {
		a := scheduler.AttemptID{Job: j.id, Stage: s, Epoch: uint32(m.Entries[i].Epoch), Task: scheduler.TaskID(m.Entries[i].Task), Attempt: uint32(m.Entries[i].Attempt)}
		if j.outputs[a].rows == 0 {
			m.Entries[i].Location = shuffle.Nowhere
		}
	}
	return m
}

// fetchFail is an output that could not be read, as the core knows it.
func (j *job) fetchFail(e *shuffle.FetchError) scheduler.FetchFail {
	f := *worker.FetchFail(j.id, e)
	f.Worker = j.writer(f.Producer)
	return f
}

// commit gives the query what its sinks, or its result's tasks, have been granted.
func (j *job) commit(exchange shuffle.Exchange, by scheduler.Incarnation, grants []scheduler.Grant) error {
	g := j.query.Graph
	if g.Result < 0 {
		ids := make([]Granted, len(grants))
		for i, x := range grants {
			ids[i] = Granted{j.shuffleID(x.Attempt), x.Manifest}
		}
		return j.query.Commit(j.ctx, ids, nil)
	}
	e := g.Exchanges[g.Result]
	outputs := make([]*shuffle.Output, len(grants))
	empty := map[int32]bool{} // tasks
	for i, x := range grants {
		result, err := decodeResult(x.Manifest)
		if err != nil {
			return err
		}
		p := result.first
		if result.by == by {
			p = result.here
		}
		if x.Rows == 0 {
			empty[int32(x.Attempt.Task)] = true
		}
		outputs[i] = &shuffle.Output{Attempt: j.shuffleID(x.Attempt), Location: p.Location, Check: p.Check}
	}
	m := shuffle.NewManifest(shuffle.StageID{Job: j.name, Stage: e.Producer}, e.Partitions, outputs)
	for i := range m.Entries {
		if empty[m.Entries[i].Task] {
			m.Entries[i].Location = shuffle.Nowhere
		}
	}
	r, err := exchange.OpenReader(j.ctx, shuffle.ReaderSpec{
		Manifest: m, Slices: []shuffle.Slice{{Partitions: shuffle.Range{To: e.Partitions}}}, Types: e.Types, Pool: j.query.Memory,
	})
	if err != nil {
		return err
	}
	return errors.Join(j.query.Commit(j.ctx, nil, r), r.Close())
}

// failed notes the error behind a message that the core is told.
func (j *job) failed(message string, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, ok := j.causes[message]; !ok {
		j.causes[message] = err
	}
}

// problem notes an error that is nobody's failure.
func (j *job) problem(err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.problems = append(j.problems, err)
	j.causes[err.Error()] = err
}

// failure is the error of a job that ended without success: the original one where the core's message is that of an attempt.
func (j *job) failure(a scheduler.JobEnded) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.causes[a.Message]; err != nil {
		return err
	}
	if a.State == scheduler.JobCancelledState {
		return fmt.Errorf("cancelled: %s", a.Message)
	}
	return errors.New(a.Message)
}

// finish ends the job for who waits for it.
func (j *job) finish(err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.ended {
		j.ended, j.err = true, err
		close(j.done)
		j.stop(context.Canceled)
	}
}
