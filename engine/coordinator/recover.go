package coordinator

import (
	"context"
	"fmt"
	"slices"

	"skep/engine/scheduler"
)

// recover makes the core of the records of the log, and the jobs of those that have not ended. It returns the first actions, and the
// jobs that cannot go on.
func (x *Coordinator) recover(config scheduler.Config) (actions []scheduler.Action, lost []scheduler.JobCancelled, err error) {
	if x.config.Log == nil {
		x.core = scheduler.New(config)
		return nil, nil, nil
	}
	unfinished, err := Unfinished(x.config.Records)
	if err != nil {
		return nil, nil, err
	}
	for _, l := range unfinished {
		q, err := x.config.Restore(l)
		var j *job
		if err == nil {
			j, err = l.restore(q)
		}
		if err != nil {
			lost = append(lost, scheduler.JobCancelled{Job: l.Job, Reason: fmt.Sprintf("it cannot go on after the server's restart: %v", err)})
			continue
		}
		x.jobs[l.Job] = j
		x.names = max(x.names, uint64(l.Job))
	}
	if x.core, actions, err = scheduler.Recover(x.now(), config, x.config.Records); err != nil {
		return nil, nil, fmt.Errorf("the log of jobs: %w", err)
	}
	return slices.Clone(actions), lost, nil
}

// Resume waits for a query that was found in the log, like Run.
func (x *Coordinator) Resume(ctx context.Context, id scheduler.JobID) error {
	j := x.job(id)
	if j == nil {
		return fmt.Errorf("job %d is not known", id)
	}
	return x.wait(ctx, j)
}

// Again runs a query of the log from the start: all that its tasks have done is lost.
func (x *Coordinator) Again(ctx context.Context, l *Logged, q *Query) error {
	again, spec := *l, *l.spec
	x.mu.Lock()
	x.names++
	again.Job = scheduler.JobID(x.names)
	x.mu.Unlock()
	named := *l.logged
	named.name = jobName(again.Job, l.ID)
	again.logged = &named
	j, err := again.restore(q)
	if err != nil {
		return err
	}
	if spec.Payload, err = j.payload(); err != nil {
		return err
	}
	if err := x.submit(j, &spec); err != nil {
		return err
	}
	return x.wait(ctx, j)
}
