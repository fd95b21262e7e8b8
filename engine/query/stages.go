package query

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"skep/dialect/plan"
	"skep/engine/coordinator"
	"skep/engine/planner"
	"skep/engine/stage"
	"skep/engine/tablesink"
	"skep/shuffle"
)

// The settings of execution in stages.
const (
	executionMode  = "skep.execution.mode"  // embedded (default) or staged
	executionTasks = "skep.execution.tasks" // fixes the number of tasks and partitions of stages; by size otherwise
	// broadcastBytes is the estimated size up to which the build side of a join is copied to every task.
	broadcastBytes = "skep.execution.broadcast.bytes"
	// broadcastActual is the same for real sizes, by which the decision may change while the query runs.
	broadcastActual = "skep.execution.broadcast.actual.bytes"
	// executionVerify makes stages check that their fragments are the same after encoding and decoding; for tests.
	executionVerify = "skep.execution.verify"
	// executionTwice runs every task twice and compares what it has written; for tests.
	executionTwice = "skep.execution.twice"
)

const (
	defaultBroadcast       = 16 << 20
	defaultBroadcastActual = 64 << 20
)

// inStages reports whether the statement is to be run in stages.
func (st *Statement) inStages() bool { return strings.EqualFold(st.conf.Get(executionMode), "staged") }

func (st *Statement) stageOptions() stage.Options {
	return stage.Options{
		Partitions: int(st.conf.Int(executionTasks, 0)), MinPartitions: 2 * st.session.engine.config.Threads,
		Broadcast: float64(st.conf.Int(broadcastBytes, defaultBroadcast)), Rows: st.estimate,
	}
}

// runStages runs a graph. sink and commit are those of coordinator.Query.
func (st *Statement) runStages(
	ctx context.Context, g *stage.Graph, sink func(context.Context, int, shuffle.AttemptID) (coordinator.TaskSink, error),
	commit func(context.Context, []shuffle.AttemptID, shuffle.Reader) error,
) error {
	return st.prepared(ctx, func(env *planner.Env, s *scans) error {
		env.Profile = nil
		e := st.session.engine
		return e.coordinated().Run(ctx, &coordinator.Query{
			Graph: g, Env: &stage.Env{Planner: *env, Exchange: e.exchange, Tables: s}, ID: st.queryID, Pool: st.pool(),
			Tasks: int(st.conf.Int(executionTasks, 0)), BroadcastBelow: max(0, st.conf.Int(broadcastActual, defaultBroadcastActual)),
			Twice: st.conf.Bool(executionTwice), Verify: st.conf.Bool(executionVerify),
			Sink: sink, Commit: commit,
		})
	})
}

// stageProgress describes an execution in stages.
func (st *Statement) stageProgress(x *execution) Progress {
	p := Progress{Running: !st.ended.Load()}
	if v, ok := st.session.engine.coordinated().View(st.queryID); ok && len(v.Stages) > 0 {
		stages := make([]StageProgress, len(v.Stages))
		for i, s := range v.Stages {
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
	if known := x.stages.Load(); known != nil {
		p.Stages = slices.Clone(*known)
	}
	total, done := 0, 0
	for i := range p.Stages {
		s := &p.Stages[i]
		if !p.Running {
			s.Status, s.Completed, s.Running = "SUCCEEDED", s.Total, 0
		}
		total += s.Total
		done += s.Completed
	}
	if total > 0 {
		p.Fraction = float64(done) / float64(total)
	}
	if !p.Running {
		p.Fraction = 1
	}
	return p
}

// pool is the pool that the statement is counted in.
func (st *Statement) pool() string {
	for _, key := range []string{"tez.queue.name", "mapreduce.job.queuename"} {
		if name := st.conf.Get(key); name != "" {
			return name
		}
	}
	return "default"
}

func (st *Statement) runQueryInStages(ctx context.Context, root plan.Node) error {
	g, err := stage.CutQuery(root, st.stageOptions())
	if err != nil {
		return err
	}
	return st.runStages(ctx, g, nil, func(ctx context.Context, _ []shuffle.AttemptID, r shuffle.Reader) error {
		for {
			b, err := r.Next(ctx)
			if err != nil {
				return fmt.Errorf("reading the result: %w", err)
			}
			if b == nil {
				return st.result.end()
			}
			if err := st.result.AppendBatch(b); err != nil {
				return err
			}
		}
	})
}

// maxTasks keeps the numbers of files of different tasks apart.
const maxTasks = 10_000

// runWritesInStages runs the plans of writes, each task into files of its own.
func (st *Statement) runWritesInStages(ctx context.Context, writes []*write) error {
	roots := make([]plan.Node, len(writes))
	for i, w := range writes {
		roots[i] = w.root
		w.tasks = &taskOutputs{sinks: map[shuffle.AttemptID]*taskSink{}}
	}
	g, err := stage.CutWrites(roots, st.stageOptions())
	if err != nil {
		return err
	}
	sink := func(_ context.Context, sink int, attempt shuffle.AttemptID) (coordinator.TaskSink, error) {
		w := writes[sink]
		spec := w.spec
		dir := fmt.Sprintf("attempt-%d-%d-%d-%d", attempt.Stage, attempt.Epoch, attempt.Task, attempt.Attempt)
		spec.Dir, spec.Task, spec.Tasks = w.spec.Dir+"/"+dir, attempt.Task, maxTasks
		s := &taskSink{sink: tablesink.New(spec), dir: dir}
		w.tasks.add(attempt, s)
		return coordinator.TaskSink{Sink: newTableSink(s.sink, spec.Buckets > 0), Rows: s.rows}, nil
	}
	return st.runStages(ctx, g, sink, func(_ context.Context, granted []shuffle.AttemptID, _ shuffle.Reader) error {
		for _, a := range granted {
			if err := writes[g.Stages[a.Stage].Sink].tasks.grant(a); err != nil {
				return err
			}
		}
		return nil
	})
}

// taskOutputs are what the tasks of a write have written.
type taskOutputs struct {
	mu      sync.Mutex
	sinks   map[shuffle.AttemptID]*taskSink
	granted []*taskSink // by task
}

// taskSink is the sink of an attempt, whose files are in a directory of the staging directory.
type taskSink struct {
	sink *tablesink.Sink
	dir  string
}

func (s *taskSink) rows() int64 {
	var n int64
	for _, o := range s.sink.Outputs() {
		n += o.Rows
	}
	return n
}

func (t *taskOutputs) add(a shuffle.AttemptID, s *taskSink) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sinks[a] = s
}

// grant makes an attempt's files part of the write. Attempts are granted in the order of their tasks.
func (t *taskOutputs) grant(a shuffle.AttemptID) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.sinks[a]
	if s == nil {
		return fmt.Errorf("%v was granted its output and has none", a)
	}
	t.granted = append(t.granted, s)
	return nil
}

// merged returns the granted outputs by partition, files in the order of tasks.
func (t *taskOutputs) merged() []*tablesink.Output {
	all := map[string]*tablesink.Output{}
	var names []string
	for _, s := range t.granted {
		for _, o := range s.sink.Outputs() {
			for i := range o.Files {
				o.Files[i].Path = path.Join(s.dir, o.Files[i].Path)
			}
			m := all[o.Partition]
			if m == nil {
				all[o.Partition] = o
				names = append(names, o.Partition)
				continue
			}
			m.Files = append(m.Files, o.Files...)
			m.Rows += o.Rows
			m.Bytes += o.Bytes
			m.RawBytes += o.RawBytes
			for i, c := range m.Columns {
				c.Merge(o.Columns[i])
			}
		}
	}
	slices.Sort(names)
	out := make([]*tablesink.Output, len(names))
	for i, n := range names {
		out[i] = all[n]
	}
	return out
}
