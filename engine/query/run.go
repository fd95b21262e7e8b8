package query

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"

	"skep/engine/memory"
	"skep/engine/operator"
	"skep/engine/planner"
)

func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// execution is the running part of a statement.
type execution struct {
	progress *operator.Progress
	profile  *planner.Profile
	staged   bool
	// stages is the latest known progress of an execution in stages; nil otherwise.
	stages       atomic.Pointer[[]StageProgress]
	stageProfile stageProfile
	pool         *memory.Pool
	// shuffled is what tasks wrote for other tasks, in bytes.
	shuffled atomic.Int64
}

// runPlan executes plans, which may share subplans, into their sinks.
func (st *Statement) runPlan(ctx context.Context, outputs ...planner.Output) error {
	return st.prepared(ctx, func(env *planner.Env) error {
		q, err := planner.Build(ctx, env, outputs...)
		if err != nil {
			return err
		}
		return q.Run(ctx)
	})
}

// reads calls run with what reads the tables of the statement's snapshot.
func (st *Statement) reads(ctx context.Context, run func(s *scans) error) (err error) {
	snapshot := st.snapshot
	if snapshot == nil {
		if snapshot, err = st.session.engine.warehouse.Snapshot(ctx, nil); err != nil {
			return err
		}
		defer snapshot.Release(context.WithoutCancel(ctx))
	}
	return run(st.scans(snapshot))
}

// prepared calls run with what an execution in one piece needs, and clears up afterwards.
func (st *Statement) prepared(ctx context.Context, run func(env *planner.Env) error) (err error) {
	e := st.session.engine
	spill := filepath.Join(e.scratch, "spill-"+st.queryID)
	defer func() {
		if e := os.RemoveAll(spill); err == nil && e != nil {
			err = fmt.Errorf("removing spill files: %w", e)
		}
	}()
	x := &execution{progress: &operator.Progress{}, profile: &planner.Profile{}, pool: e.poolMemory[st.poolName()].NewChild(st.queryID, 0)}
	defer x.pool.Close()
	st.running.Store(x)
	return st.reads(ctx, func(s *scans) error {
		s.reader.Memory = x.pool
		return run(&planner.Env{
			Expr: st.surroundings().Expr(), Slots: e.slots, Share: e.poolSlots[st.poolName()], Threads: e.config.Threads, Pool: x.pool,
			SpillDir: spill, Scans: s, Script: st.scripts(spill).Prepare, Profile: x.profile, Progress: x.progress,
		})
	})
}

// Progress describes the execution so far. Any goroutine may call it.
func (st *Statement) Progress() Progress {
	x := st.running.Load()
	if x == nil {
		if t := st.ticket.Load(); t != nil {
			return Progress{Queue: t.Place(), Running: !st.ended.Load()}
		}
		return Progress{}
	}
	if x.staged {
		return st.stageProgress(x)
	}
	total, done := int(x.progress.Total.Load()), int(x.progress.Done.Load())
	p := Progress{Running: !st.ended.Load(), Memory: x.pool.Used()}
	if total > 0 {
		p.Stages = []StageProgress{{
			Name: "Map 1", Status: "RUNNING", Total: total, Completed: done, Running: min(total-done, st.session.engine.config.Threads),
		}}
	}
	p.finish(st.failed.Load())
	return p
}

// finish fills in what follows from the rest: how far it is, and the ends of stages when the execution has ended.
func (p *Progress) finish(failed bool) {
	total, done := 0, 0
	for i := range p.Stages {
		s := &p.Stages[i]
		switch {
		case p.Running:
		case !failed: // empty stages, and tasks that nobody needed, were not run
			s.Status, s.Completed, s.Running = "SUCCEEDED", s.Total, 0
		case s.Completed < s.Total || s.Total == 0:
			s.Status, s.Killed, s.Running = "KILLED", s.Killed+s.Running, 0
			if s.Failed > 0 {
				s.Status = "FAILED"
			}
		}
		total += s.Total
		done += s.Completed
	}
	switch {
	case !p.Running && !failed:
		p.Fraction = 1
	case total > 0:
		p.Fraction = float64(done) / float64(total)
	}
}
