package worker

import (
	"context"
	"fmt"
	"time"

	"skep/engine/scheduler"
	"skep/shuffle"
)

// inputs is what an attempt misses, and what it has been told of where its inputs are.
type inputs struct {
	missing map[int]*Report           // by exchange: reports that have not been answered
	places  map[int]*shuffle.Manifest // by exchange: as the last answer says
	changed chan struct{}             // closed by the next answer

	tries  int   // in vain
	readAt int64 // rows that had been read when it was last in vain
}

func newInputs() inputs {
	return inputs{missing: map[int]*Report{}, changed: make(chan struct{})}
}

const (
	// maxTries is how often an attempt tries to read an output, with pauses of up to lastPause, before it gives up: a minute where
	// nothing listens at the place, longer where it has to be waited for.
	maxTries   = 20
	firstPause = 100 * time.Millisecond
	lastPause  = 3 * time.Second
)

// awaitInput reports that an attempt misses an output and waits until it is told where to go on (stage.Env.Missing).
func (r *Runner) awaitInput(ctx context.Context, a *attempt, exchange int, used *shuffle.Manifest, e *shuffle.FetchError) (*shuffle.Manifest, error) {
	r.mu.Lock()
	in := &a.inputs
	if rows := a.progress.Rows.Load(); rows != in.readAt {
		in.tries, in.readAt = 0, rows
	}
	in.tries++
	tries := in.tries
	if tries > maxTries {
		r.mu.Unlock()
		return nil, fmt.Errorf("after %d tries: %w", maxTries, e)
	}
	if m := in.places[exchange]; m != nil && m != used { // it was told when it missed another input
		r.mu.Unlock()
		return m, nil
	}
	x := &Report{Kind: Missing, Attempt: a.Attempt, Fetch: FetchFail(a.Attempt.Job, e)}
	in.missing[exchange] = x
	changed := in.changed
	known := r.attempts[a.Attempt] == a && !r.closed
	r.mu.Unlock()
	if known {
		r.config.Report(x)
	}
	select {
	case <-changed:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if tries > 1 {
		select {
		case <-time.After(min(firstPause<<(tries-2), lastPause)):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return in.places[exchange], nil
}

// InputChanged tells an attempt where its inputs are now, by exchange. It goes on if it waits.
func (r *Runner) InputChanged(id scheduler.AttemptID, places map[int]*shuffle.Manifest) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.attempts[id]
	if a == nil {
		return
	}
	in := &a.inputs
	in.places = places
	clear(in.missing)
	close(in.changed)
	in.changed = make(chan struct{})
}
