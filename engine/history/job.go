package history

import (
	"sync"
	"time"
)

// Job is the history of a statement that runs. Its methods are safe for concurrent use and do not wait for disks.
type Job struct {
	history *History
	id      int64

	mu  sync.Mutex
	sum sum

	file eventFile // of the writer's goroutine
}

// Begin notes that a statement begins; its phase is Queued until Running is called. End must be called.
func (h *History) Begin(b Begin) *Job {
	now := time.Now()
	j := &Job{history: h, id: h.last.Add(1)}
	j.file.path = eventPath(h.options.Dir, j.id)
	r := &Record{
		ID: j.id, QueryID: b.QueryID, SessionID: b.SessionID, User: b.User, Database: b.Database, Pool: b.Pool, Kind: b.Kind, SQL: b.SQL,
		State: Queued, Start: b.Start, Compile: b.Compile, Rows: -1,
	}
	h.mu.Lock()
	h.live[j.id] = j
	h.mu.Unlock()
	j.record(&event{At: now, Begin: r})
	if len(b.Settings) > 0 || b.Plan != "" {
		j.record(&event{At: now, Setup: &setup{b.Settings, b.Plan}})
	}
	return j
}

// ID is the statement's number in the history.
func (j *Job) ID() int64 { return j.id }

// State is the statement's state now.
func (j *Job) State() State {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.sum.detail.State
}

// Running notes that the statement runs from now on.
func (j *Job) Running() { j.record(&event{At: time.Now(), Phase: Running}) }

// Stages notes what is known of the stages besides their attempts: name, state, number of tasks, sizes.
func (j *Job) Stages(list []Stage) { j.record(&event{At: time.Now(), Stages: list}) }

// Attempt notes the end of an attempt of a task.
func (j *Job) Attempt(a *Attempt) { j.record(&event{At: a.End, Attempt: a}) }

// End notes the statement's end. Nothing may be noted after it.
func (j *Job) End(e End) {
	j.record(&event{At: time.Now(), End: &ending{
		State: e.State, Error: e.Error, Rows: e.Rows, Commit: e.Commit, Profile: e.Profile, Spill: e.Spill, Shuffle: e.Shuffle, Memory: e.Memory,
	}})
}

func (j *Job) record(e *event) {
	j.mu.Lock()
	j.sum.apply(e)
	j.mu.Unlock()
	if !j.history.enqueue(j, e) {
		j.mu.Lock()
		j.sum.detail.Dropped++
		j.mu.Unlock()
	}
}

// Detail is what is known so far.
func (j *Job) Detail() *Detail {
	j.mu.Lock()
	defer j.mu.Unlock()
	d := j.sum.result()
	if !d.State.Ended() {
		d.Elapsed = time.Since(d.Start)
		if d.State == Queued {
			d.Queue = max(0, d.Elapsed-d.Compile)
		} else {
			d.Run = time.Since(j.sum.running)
		}
	}
	return d
}
