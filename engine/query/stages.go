package query

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/google/uuid"

	"skep/dialect/plan"
	"skep/dialect/types"
	"skep/engine/coordinator"
	"skep/engine/planner"
	"skep/engine/scheduler"
	"skep/engine/stage"
	"skep/engine/tablesink"
	"skep/engine/worker"
	"skep/shuffle"
)

// The settings of execution in stages.
const (
	executionMode  = "skep.execution.mode"  // embedded, staged, or auto (default): staged where workers are attached and much is read
	executionTasks = "skep.execution.tasks" // fixes the number of tasks and partitions of stages; by size otherwise
	// broadcastBytes is the estimated size up to which the build side of a join is copied to every task.
	broadcastBytes = "skep.execution.broadcast.bytes"
	// broadcastActual is the same for real sizes, by which the decision may change while the query runs.
	broadcastActual = "skep.execution.broadcast.actual.bytes"
	// filterBytes is the estimated size from which the large side of a join of two exchanges is filtered, where it is scanned, by
	// the keys of the other side; negative: never.
	filterBytes = "skep.execution.filter.bytes"
	// rangeBytes is the estimated size from which rows are sorted in several tasks; negative: never.
	rangeBytes = "skep.execution.range.bytes"
	// wholeBytes is the estimated size up to which a table that is copied to every task is read by each process itself.
	wholeBytes = "skep.execution.whole.bytes"
	// distinctRows is the estimated number of rows from which aggregates over DISTINCT of few groups, or of several lists, take a step
	// more, by arguments; negative: never.
	distinctRows = "skep.execution.distinct.rows"
	// embeddedBytes is the estimated size of what is read from which on a query goes to workers.
	embeddedBytes = "skep.execution.embedded.bytes"
	// executionVerify makes stages check that their fragments are the same after encoding and decoding; for tests.
	executionVerify = "skep.execution.verify"
	// executionTwice runs every task twice and compares what it has written; for tests.
	executionTwice = "skep.execution.twice"
)

const (
	defaultEmbedded        = 256 << 20
	defaultBroadcast       = 16 << 20
	defaultBroadcastActual = 64 << 20
	defaultFilter          = 8 << 20
	defaultWhole           = 8 << 20
	defaultRange           = 64 << 20
	defaultDistinct        = 16 << 20
)

// inStages reports whether plans are to be run in stages: where the session says so, or where worker processes are there and the
// plans read so much that it is worth the way to them.
func (st *Statement) inStages(roots ...plan.Node) bool {
	switch mode := st.conf.Get(executionMode); {
	case strings.EqualFold(mode, "staged"):
		return true
	case strings.EqualFold(mode, "embedded"), st.session.engine.attached() == 0:
		return false
	}
	bytes := 0.0
	for _, r := range roots {
		bytes += st.bytesRead(r)
	}
	return bytes >= float64(st.conf.Int(embeddedBytes, defaultEmbedded))
}

// bytesRead estimates the bytes of memory that the rows of a plan's scans fill.
func (st *Statement) bytesRead(n plan.Node) float64 {
	if s, ok := n.(*plan.Scan); ok {
		width := 1.0
		for _, c := range s.Cols {
			if width += 8; c.Type.Physical() == types.Bytes {
				width += 16
			}
		}
		return max(st.estimate(s), 0) * width
	}
	bytes := 0.0
	for _, in := range n.Inputs() {
		bytes += st.bytesRead(in)
	}
	return bytes
}

func (st *Statement) stageOptions() stage.Options {
	o := stage.Options{
		Partitions: int(st.conf.Int(executionTasks, 0)), MinPartitions: 2 * st.session.engine.config.Threads,
		Broadcast: float64(st.conf.Int(broadcastBytes, defaultBroadcast)), Rows: st.estimate,
		Filter: float64(st.conf.Int(filterBytes, defaultFilter)),
		Whole:  float64(st.conf.Int(wholeBytes, defaultWhole)), Ranges: float64(st.conf.Int(rangeBytes, defaultRange)),
		Distinct: float64(st.conf.Int(distinctRows, defaultDistinct)),
	}
	if v, ok := st.conf.Explicit("hive.tez.dynamic.semijoin.reduction"); ok && !strings.EqualFold(v, "true") {
		o.Filter = -1
	}
	if o.Partitions == 0 {
		o.Partitions = st.reducers().Tasks
	}
	if _, own := st.conf.Explicit(broadcastBytes); !own {
		if n, ok := st.wanted("hive.auto.convert.join.noconditionaltask.size"); ok {
			o.Broadcast = float64(n)
		}
	}
	if !st.mapJoins() {
		o.Broadcast = -1
	}
	v, ok := st.conf.Explicit("hive.map.aggr")
	o.NoLocalAggregation = ok && !strings.EqualFold(v, "true") && !st.conf.Bool("hive.groupby.skewindata")
	o.UnequalGroups = st.conf.Bool("hive.groupby.skewindata")
	return o
}

// wanted returns a number that the user has set.
func (st *Statement) wanted(key string) (int64, bool) {
	if _, ok := st.conf.Explicit(key); !ok {
		return 0, false
	}
	n := st.conf.Int(key, -1)
	return n, n > 0
}

// mapJoins reports whether joins may copy a side to all tasks.
func (st *Statement) mapJoins() bool {
	v, ok := st.conf.Explicit("hive.auto.convert.join")
	return !ok || strings.EqualFold(v, "true")
}

// reducers are Hive's settings for the tasks of stages that read partitions, where the user has set them.
func (st *Statement) reducers() coordinator.Reducers {
	var r coordinator.Reducers
	for _, key := range []string{"mapreduce.job.reduces", "mapred.reduce.tasks"} {
		if n, ok := st.wanted(key); ok && r.Tasks == 0 {
			r.Tasks = int(min(n, maxReducers))
		}
	}
	if n, ok := st.wanted("hive.exec.reducers.max"); ok {
		r.MaxTasks = int(min(n, maxReducers))
		r.Tasks = min(r.Tasks, r.MaxTasks)
	}
	r.Bytes, _ = st.wanted("hive.exec.reducers.bytes.per.reducer")
	return r
}

// maxReducers bounds what settings may ask for.
const maxReducers = 4096

// runStages runs a query of which Graph, Sinks, Commit and what is kept of the statement are given.
func (st *Statement) runStages(ctx context.Context, q *coordinator.Query) error {
	return st.reads(ctx, func(s *scans) error {
		e := st.session.engine
		c, err := e.coordinated(ctx)
		if err != nil {
			return err
		}
		x := &execution{staged: true, profile: &planner.Profile{}, pool: e.poolMemory[st.poolName()].NewChild(st.queryID, 0)}
		defer x.pool.Close()
		st.running.Store(x)
		st.noteStages(q.Graph)
		q.Session, q.Tables, q.ID, q.Pool, q.Logf, q.Memory = st.surroundings(), s, st.queryID, st.poolName(), st.log.Logf, x.pool
		q.Share = e.poolSlots[st.poolName()]
		q.Tasks, q.Reducers = int(st.conf.Int(executionTasks, 0)), st.reducers()
		if st.mapJoins() {
			q.BroadcastBelow = max(0, st.conf.Int(broadcastActual, defaultBroadcastActual))
		}
		if st.conf.Bool("hive.optimize.skewjoin") {
			q.SkewRows = max(st.conf.Int("hive.skewjoin.key", 100_000), 1)
		}
		q.Twice, q.Verify = st.conf.Bool(executionTwice), st.conf.Bool(executionVerify)
		commit := q.Commit
		q.Commit = func(ctx context.Context, granted []coordinator.Granted, r shuffle.Reader) error {
			st.noteStages(q.Graph)
			if v, ok := c.View(st.queryID); ok {
				x.stageProfile.tasksEnded(v)
			}
			return commit(ctx, granted, r)
		}
		q.Watch, q.Report = st.watch(q), x.stageProfile.add
		return c.Run(ctx, q)
	})
}

// stageProgress describes an execution in stages.
func (st *Statement) stageProgress(x *execution) Progress {
	p := Progress{Running: !st.ended.Load(), Memory: x.pool.Used()}
	if v, ok := st.session.engine.view(st.queryID); ok && len(v.Stages) > 0 {
		x.noteProgress(v.Stages)
	}
	if known := x.stages.Load(); known != nil {
		p.Stages = slices.Clone(*known)
	}
	p.finish(st.failed.Load())
	return p
}

// noteProgress keeps what the scheduler says of the stages, which it forgets with the job.
func (x *execution) noteProgress(views []scheduler.StageView) {
	stages := make([]StageProgress, len(views))
	for i, s := range views {
		stages[i] = StageProgress{
			Name: s.Name, Status: "RUNNING", Total: s.Total, Completed: s.Completed, Running: s.Running, Failed: s.Failed, Killed: s.Killed,
		}
		switch {
		case s.State == "waiting":
			stages[i].Status = "INITED"
		case s.State != "running":
			stages[i].Status = "SUCCEEDED"
		}
	}
	x.stages.Store(&stages)
}

func (st *Statement) runQueryInStages(ctx context.Context, root plan.Node) error {
	q := &coordinator.Query{Commit: st.takeResult}
	var err error
	if q.Graph, err = stage.CutQuery(root, st.stageOptions()); err != nil {
		return err
	}
	st.owner = uuid.NewString()
	if q.Statement, err = st.record(nil); err != nil {
		return err
	}
	return st.runStages(ctx, q)
}

// takeResult takes the rows of the result.
func (st *Statement) takeResult(ctx context.Context, _ []coordinator.Granted, r shuffle.Reader) (err error) {
	k, err := st.keep()
	if err != nil {
		return err
	}
	defer func() {
		if k != nil && err != nil {
			err = errors.Join(err, k.drop())
		}
	}()
	for {
		b, err := r.Next(ctx)
		if err != nil {
			return fmt.Errorf("reading the result: %w", err)
		}
		if b == nil {
			break
		}
		if err := st.result.AppendBatch(b); err != nil {
			return err
		}
		if k == nil {
			continue
		}
		full, err := k.add(b)
		if err != nil {
			return err
		}
		if full {
			if err := k.drop(); err != nil {
				return err
			}
			k = nil
		}
	}
	if k != nil {
		if err := k.end(); err != nil {
			return err
		}
		st.result.kept, k = k.path, nil
	}
	return st.result.end()
}

// runWritesInStages runs the plans of writes, each task into files of its own, and commits what was granted.
func (st *Statement) runWritesInStages(ctx context.Context, writes []*write) error {
	q := &coordinator.Query{Sinks: make([][]byte, len(writes)), Durable: true}
	q.Commit = st.commitGranted(q, writes)
	plans := make([]stage.Write, len(writes))
	var err error
	for i, w := range writes {
		plans[i] = stage.Write{Root: w.root, Merge: w.merge()}
		if q.Sinks[i], err = tablesink.EncodeSpec(&w.spec); err != nil {
			return errors.Join(err, abort(ctx, writes))
		}
	}
	if q.Graph, err = stage.CutWrites(plans, st.stageOptions()); err == nil {
		q.Statement, err = st.record(writes)
	}
	if err == nil {
		err = st.runStages(ctx, q)
	}
	return st.finishWrites(ctx, writes, err)
}

// commitGranted returns what commits the outputs of the attempts that were granted.
func (st *Statement) commitGranted(q *coordinator.Query, writes []*write) func(context.Context, []coordinator.Granted, shuffle.Reader) error {
	return func(ctx context.Context, attempts []coordinator.Granted, _ shuffle.Reader) (err error) {
		byWrite := make([][]coordinator.Granted, len(writes))
		for _, a := range attempts {
			sink := q.Graph.Stages[a.Attempt.Stage].Sink
			byWrite[sink] = append(byWrite[sink], a)
		}
		for i, w := range writes {
			if w.outputs, err = granted(byWrite[i]); err != nil {
				return err
			}
		}
		return st.commit(ctx, writes)
	}
}

// finishWrites clears up after a job has ended that committed the writes, or failed with err.
func (st *Statement) finishWrites(ctx context.Context, writes []*write, err error) error {
	if err != nil {
		err = errors.Join(err, abort(ctx, writes))
	}
	return errors.Join(err, st.session.engine.warehouse.Forget(context.WithoutCancel(ctx), st.owner))
}

// granted merges what the attempts that were granted have written to one target, by partition, files in the order of tasks. The
// attempts are in that order.
func granted(attempts []coordinator.Granted) ([]*tablesink.Output, error) {
	all := map[string]*tablesink.Output{}
	for _, a := range attempts {
		outputs, err := tablesink.DecodeOutputs(a.Manifest)
		if err != nil {
			return nil, fmt.Errorf("%v: %w", a.Attempt, err)
		}
		for _, o := range outputs {
			for i := range o.Files {
				o.Files[i].Path = path.Join(worker.AttemptDir(a.Attempt), o.Files[i].Path)
			}
			if m := all[o.Partition]; m != nil {
				m.Merge(o)
			} else {
				all[o.Partition] = o
			}
		}
	}
	out := make([]*tablesink.Output, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		out = append(out, all[name])
	}
	return out, nil
}
