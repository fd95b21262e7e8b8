package stage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"

	"skep/engine/pipeline"
	"skep/engine/planner"
	"skep/shuffle"
)

// Blocking runs the stages of a query one after another in this process: a stage begins when those it reads have ended.
type Blocking struct {
	Env *Env
	Job string // names the query in its exchanges
	// Tasks is the largest number of tasks of a stage; Running the largest number of them that run at the same time.
	Tasks, Running int
	// Verify checks that fragments and tasks are the same after encoding and decoding.
	Verify bool
	// Sink opens query sink number sink for a task, one of a number of tasks, and returns what is to be done when the task has
	// succeeded.
	Sink func(ctx context.Context, sink int, attempt shuffle.AttemptID, tasks int) (pipeline.Sink, func() error, error)
}

// Run runs the graph and returns the reader of its result, which the caller closes; nil without a result. The caller releases
// the job's exchanges, after reading and after errors.
func (d *Blocking) Run(ctx context.Context, g *Graph) (shuffle.Reader, error) {
	manifests := make([]*shuffle.Manifest, len(g.Exchanges))
	for _, s := range g.Stages {
		outputs, err := d.stage(ctx, g, s, manifests)
		if err != nil {
			return nil, err
		}
		if s.Exchange >= 0 {
			id := shuffle.StageID{Job: d.Job, Stage: s.ID}
			manifests[s.Exchange] = shuffle.NewManifest(id, g.Exchanges[s.Exchange].Partitions, outputs)
		}
	}
	if g.Result < 0 {
		return nil, nil
	}
	e := g.Exchanges[g.Result]
	return d.Env.Exchange.OpenReader(ctx, shuffle.ReaderSpec{
		Manifest: manifests[g.Result], Slices: []shuffle.Slice{{Partitions: shuffle.Range{To: e.Partitions}}}, Types: e.Types, Pool: d.Env.Planner.Pool,
	})
}

// stage runs the tasks of a stage and returns their outputs in order.
func (d *Blocking) stage(ctx context.Context, g *Graph, s *Stage, manifests []*shuffle.Manifest) ([]*shuffle.Output, error) {
	tasks, err := d.tasks(ctx, g, s, manifests)
	if err != nil {
		return nil, err
	}
	f, err := d.fragment(g, s)
	if err != nil {
		return nil, err
	}
	outputs := make([]*shuffle.Output, len(tasks))
	errs := make([]error, len(tasks))
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	free := make(chan struct{}, max(d.Running, 1))
	var wg sync.WaitGroup
	for i, t := range tasks {
		free <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		wg.Go(func() {
			defer func() { <-free }()
			if outputs[i], errs[i] = d.task(ctx, f, t, len(tasks)); errs[i] != nil {
				cancel(errs[i])
			}
		})
	}
	wg.Wait()
	// The errors of tasks that were stopped because of another one say nothing.
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return outputs, errors.Join(errs...)
}

// fragment returns the fragment of a stage as a worker elsewhere would get it.
func (d *Blocking) fragment(g *Graph, s *Stage) (*Fragment, error) {
	f := g.Fragment(s)
	b, err := EncodeFragment(f)
	if err != nil {
		return nil, err
	}
	got, err := DecodeFragment(b)
	if err == nil && d.Verify {
		err = verify(f, b, got)
	}
	if err != nil {
		return nil, fmt.Errorf("stage %d: %w", s.ID, err)
	}
	return got, nil
}

// verify compares a fragment with what was decoded from its bytes.
func verify(f *Fragment, b []byte, got *Fragment) error {
	again, err := EncodeFragment(got)
	if err != nil || !bytes.Equal(b, again) {
		return fmt.Errorf("a decoded fragment is encoded to other bytes (%w)", err)
	}
	twice, err := DecodeFragment(again)
	if err != nil {
		return err
	}
	// A fragment that holds a NaN is not even equal to itself.
	if !reflect.DeepEqual(f, got) && reflect.DeepEqual(got, twice) {
		return errors.New("a fragment changes when it is encoded and decoded")
	}
	return nil
}

// received returns a task as a worker elsewhere would get it.
func (d *Blocking) received(t *Task) (*Task, error) {
	b, err := EncodeTask(t)
	if err != nil {
		return nil, err
	}
	got, err := DecodeTask(b)
	if err == nil && d.Verify {
		if again, err := EncodeTask(got); err != nil || !bytes.Equal(b, again) {
			return nil, fmt.Errorf("%v changes when it is encoded and decoded (%w)", t.Attempt, err)
		}
	}
	return got, err
}

func (d *Blocking) task(ctx context.Context, f *Fragment, t *Task, tasks int) (*shuffle.Output, error) {
	t, err := d.received(t)
	if err != nil {
		return nil, err
	}
	if f.Output != nil {
		return Run(ctx, d.Env, f, t, nil)
	}
	sink, done, err := d.Sink(ctx, f.Sink, t.Attempt, tasks)
	if err != nil {
		return nil, err
	}
	if _, err := Run(ctx, d.Env, f, t, sink); err != nil {
		return nil, err
	}
	return nil, done()
}

// tasks divides the splits and partitions of a stage among tasks.
func (d *Blocking) tasks(ctx context.Context, g *Graph, s *Stage, manifests []*shuffle.Manifest) ([]*Task, error) {
	splits, total, err := Splits(ctx, d.Env, s)
	if err != nil {
		return nil, err
	}
	n := 1
	partitions, partitioned := g.Partitioned(s)
	switch {
	case s.Single:
	case partitioned:
		n = min(d.Tasks, partitions)
	default:
		n = max(1, min(d.Tasks, total))
	}
	tasks := make([]*Task, n)
	for i := range tasks {
		t := &Task{
			Attempt: shuffle.AttemptID{StageID: shuffle.StageID{Job: d.Job, Stage: s.ID}, Task: i},
			Splits:  share(splits, total*i/n, total*(i+1)/n), Inputs: map[int]Input{},
		}
		for _, x := range s.Reads {
			all := shuffle.Range{To: g.Exchanges[x].Partitions}
			if g.Exchanges[x].Distribution == Hash || g.Exchanges[x].Distribution == RoundRobin {
				all = shuffle.Range{From: partitions * i / n, To: partitions * (i + 1) / n}
			}
			t.Inputs[x] = Input{Manifest: manifests[x], Slices: []shuffle.Slice{{Partitions: all}}}
		}
		tasks[i] = t
	}
	return tasks, nil
}

// Splits lists the splits of each scan of a stage and counts them.
func Splits(ctx context.Context, env *Env, s *Stage) (byScan [][]Split, total int, err error) {
	byScan = make([][]Split, len(s.Scans))
	for i, n := range s.Scans {
		predicates, _ := planner.Predicates(env.Planner.Expr, n)
		if byScan[i], err = env.Tables.Splits(ctx, n, predicates); err != nil {
			return nil, 0, fmt.Errorf("dividing %s.%s: %w", n.Table.DB, n.Table.Name, err)
		}
		total += len(byScan[i])
	}
	return byScan, total, nil
}

// share returns, by scan, the splits from..to-1 of all, counted over all scans.
func share(byScan [][]Split, from, to int) [][]Split {
	out := make([][]Split, len(byScan))
	at := 0
	for i, splits := range byScan {
		lo, hi := min(max(from-at, 0), len(splits)), min(max(to-at, 0), len(splits))
		out[i] = splits[lo:hi]
		at += len(splits)
	}
	return out
}
