package query

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"skep/dialect/plan"
	"skep/engine/pipeline"
	"skep/engine/planner"
	"skep/engine/stage"
	"skep/engine/tablesink"
	"skep/shuffle"
)

// The settings of execution in stages.
const (
	executionMode  = "skep.execution.mode"  // embedded (default) or staged
	executionTasks = "skep.execution.tasks" // tasks per stage, at most; twice the threads by default
	// broadcastBytes is the estimated size up to which the build side of a join is copied to every task.
	broadcastBytes = "skep.execution.broadcast.bytes"
	// executionVerify makes stages check that their fragments are the same after encoding and decoding; for tests.
	executionVerify = "skep.execution.verify"
)

const defaultBroadcast = 16 << 20

// inStages reports whether the statement is to be run in stages.
func (st *Statement) inStages() bool { return strings.EqualFold(st.conf.Get(executionMode), "staged") }

func (st *Statement) stageTasks() int {
	return int(max(1, st.conf.Int(executionTasks, int64(2*st.session.engine.config.Threads))))
}

func (st *Statement) stageOptions() stage.Options {
	return stage.Options{
		Partitions: st.stageTasks(), Broadcast: float64(st.conf.Int(broadcastBytes, defaultBroadcast)), Rows: st.estimate,
	}
}

// runStages runs a graph. result, when not nil, takes the rows of its result in order.
func (st *Statement) runStages(ctx context.Context, g *stage.Graph, sink stageSink, result *Result) error {
	return st.prepared(ctx, func(env *planner.Env, s *scans) (err error) {
		env.Profile = nil
		d := &stage.Blocking{
			Env: &stage.Env{Planner: *env, Exchange: st.session.engine.exchange, Tables: s}, Job: jobName(st.queryID), Sink: sink,
			Tasks: st.stageTasks(), Running: st.session.engine.config.Threads,
			Verify: st.conf.Bool(executionVerify),
		}
		defer func() {
			if e := d.Env.Exchange.Release(context.WithoutCancel(ctx), d.Job); e != nil {
				err = errors.Join(err, e)
			}
		}()
		r, err := d.Run(ctx, g)
		if err != nil || r == nil {
			return err
		}
		defer func() {
			if e := r.Close(); e != nil {
				err = errors.Join(err, e)
			}
		}()
		for {
			b, err := r.Next(ctx)
			if err != nil {
				return fmt.Errorf("reading the result: %w", err)
			}
			if b == nil {
				return result.end()
			}
			if err := result.AppendBatch(b); err != nil {
				return err
			}
		}
	})
}

// jobName makes a name for exchanges of a query's id.
func jobName(queryID string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '_'
	}, queryID)
	return "q" + name[max(0, len(name)-shuffle.MaxJobLength+1):]
}

func (st *Statement) runQueryInStages(ctx context.Context, root plan.Node) error {
	g, err := stage.CutQuery(root, st.stageOptions())
	if err != nil {
		return err
	}
	return st.runStages(ctx, g, nil, st.result)
}

// stageSink opens a sink for a task; see stage.Blocking.
type stageSink = func(ctx context.Context, sink int, attempt shuffle.AttemptID, tasks int) (pipeline.Sink, func() error, error)

// runWritesInStages runs the plans of writes, each task into files of its own.
func (st *Statement) runWritesInStages(ctx context.Context, writes []*write) error {
	roots := make([]plan.Node, len(writes))
	for i, w := range writes {
		roots[i] = w.root
		w.tasks = &taskOutputs{outputs: map[int][]*tablesink.Output{}}
	}
	g, err := stage.CutWrites(roots, st.stageOptions())
	if err != nil {
		return err
	}
	return st.runStages(ctx, g, func(_ context.Context, sink int, attempt shuffle.AttemptID, tasks int) (pipeline.Sink, func() error, error) {
		w := writes[sink]
		spec := w.spec
		dir := fmt.Sprintf("attempt-%d-%d-%d", attempt.Epoch, attempt.Task, attempt.Attempt)
		spec.Dir, spec.Task, spec.Tasks = w.spec.Dir+"/"+dir, attempt.Task, tasks
		s := tablesink.New(spec)
		return tableSink{s}, func() error { return w.tasks.add(attempt.Task, dir, s.Outputs()) }, nil
	}, nil)
}

// taskOutputs are what the tasks of a write have written.
type taskOutputs struct {
	mu      sync.Mutex
	outputs map[int][]*tablesink.Output // by task
}

// add takes the outputs of a task, whose files are in a directory of the staging directory. The first attempt counts.
func (t *taskOutputs) add(task int, dir string, outputs []*tablesink.Output) error {
	for _, o := range outputs {
		for i := range o.Files {
			o.Files[i].Path = path.Join(dir, o.Files[i].Path)
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.outputs[task]; !ok {
		t.outputs[task] = outputs
	}
	return nil
}

// merged returns the outputs by partition, files in the order of tasks.
func (t *taskOutputs) merged() []*tablesink.Output {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := map[string]*tablesink.Output{}
	var names []string
	for task := range len(t.outputs) {
		for _, o := range t.outputs[task] {
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
