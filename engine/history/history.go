package history

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
)

// Options configure a history.
type Options struct {
	Dir string // of the index and the event files; created
	// Retention: what is older, beyond the newest Count statements or beyond Bytes of event files is removed; 0: no such limit.
	Age   time.Duration
	Count int64
	Bytes int64
	Log   hclog.Logger // of what could not be written; nil: none
	// GoesOn says of a statement that ran when the last process was killed that this one will Resume it. nil: of none.
	GoesOn func(queryID string) bool
}

// History is an open history. It is safe for concurrent use.
type History struct {
	options Options
	index   *index
	last    atomic.Int64 // the latest id given out

	mu     sync.Mutex
	live   map[int64]*Job  // not yet ended in the index
	resume map[string]*Job // by query id, those of GoesOn
	queue  []entry
	closed bool

	wake    chan struct{}      // there is something in the queue
	flushes chan chan struct{} // answered when all that was in the queue is written
	stop    chan struct{}
	done    chan struct{} // closed when the writer has ended
}

type entry struct {
	job   *Job
	event *event
}

// queueLimit is the number of events that may wait for the writer. Attempts beyond it are dropped.
const queueLimit = 100_000

// batchDelay is how long events are collected before they are written together.
const batchDelay = 20 * time.Millisecond

// flushEvery is how often the events of running statements are written; it bounds what a crash loses of them.
const flushEvery = time.Second

// Open opens or creates a history. Statements that ran when the last process was killed become Lost.
func Open(ctx context.Context, o Options) (*History, error) {
	if o.Log == nil {
		o.Log = hclog.NewNullLogger()
	}
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("creating the history's directory: %w", err)
	}
	x, err := openIndex(ctx, filepath.Join(o.Dir, "history.db"))
	if err != nil {
		return nil, err
	}
	h := &History{
		options: o, index: x, live: map[int64]*Job{}, resume: map[string]*Job{}, wake: make(chan struct{}, 1), flushes: make(chan chan struct{}), stop: make(chan struct{}),
		done: make(chan struct{}),
	}
	last, err := x.number(ctx, "SELECT MAX(id) FROM statement")
	if err == nil {
		h.last.Store(last)
		err = h.findLost(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, x.close())
	}
	go h.write()
	return h, nil
}

// Close writes what is left. Statements that have not ended become Lost when the history is opened next.
func (h *History) Close() error {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	close(h.stop)
	<-h.done
	return h.index.close()
}

// lostText is the error of lost statements.
const lostText = "The server ended while the statement ran."

// findLost ends the statements of a process that was killed: their files get a summary of what is there. Those that go on become
// live again.
func (h *History) findLost(ctx context.Context) error {
	rows, err := h.index.query(ctx, "WHERE state IN (?, ?)", string(Queued), string(Running))
	if err != nil || len(rows) == 0 {
		return err
	}
	var enc encoder
	var out []row
	for _, r := range rows {
		path := eventPath(h.options.Dir, r.ID)
		s, f := sum{detail: Detail{Record: r}}, eventFile{path: path + ".new"}
		var last time.Time
		err := readEvents(path, func(e *event) error {
			s.apply(e)
			last = e.At
			return f.add(&enc, e)
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("reading what statement %d did: %w", r.ID, err)
		}
		if h.options.GoesOn != nil && h.options.GoesOn(r.QueryID) {
			if err := f.flush(&enc); err != nil {
				return err
			}
			if err := os.Rename(f.path, path); err != nil && !errors.Is(err, fs.ErrNotExist) { // there may have been no event yet
				return fmt.Errorf("replacing an event file: %w", err)
			}
			f.path = path
			j := &Job{history: h, id: r.ID, sum: s, file: f}
			h.live[r.ID], h.resume[r.QueryID] = j, j
			continue
		}
		d := s.result()
		if !d.State.Ended() {
			// The file's last change is the last sign of life.
			if info, err := os.Stat(path); err == nil && info.ModTime().After(last) {
				last = info.ModTime()
			}
			d.State, d.Error, d.Elapsed = Lost, lostText, max(d.Compile, last.Sub(d.Start))
		}
		if err := f.seal(&enc, d); err != nil {
			return err
		}
		if f.inline == nil {
			if err := os.Rename(f.path, path); err != nil {
				return fmt.Errorf("replacing an event file: %w", err)
			}
		} else if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing an event file: %w", err)
		}
		out = append(out, row{d.Record, f.size, f.inline})
	}
	return h.index.put(ctx, out)
}

// Resume returns the job of a statement of GoesOn, once; nil when there is none.
func (h *History) Resume(queryID string) *Job {
	h.mu.Lock()
	defer h.mu.Unlock()
	j := h.resume[queryID]
	delete(h.resume, queryID)
	return j
}

// GiveUp ends those statements of GoesOn that nobody has resumed: they are Lost after all.
func (h *History) GiveUp() {
	h.mu.Lock()
	left := h.resume
	h.resume = map[string]*Job{}
	h.mu.Unlock()
	for _, j := range left {
		j.End(End{State: Lost, Error: lostText, Rows: -1})
	}
}

// enqueue hands an event to the writer. It reports false when the event was dropped.
func (h *History) enqueue(j *Job, e *event) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || e.Attempt != nil && len(h.queue) >= queueLimit {
		return false
	}
	h.queue = append(h.queue, entry{j, e})
	select {
	case h.wake <- struct{}{}:
	default:
	}
	return true
}

// Flush returns when all that has been noted so far is written, or ctx has ended.
func (h *History) Flush(ctx context.Context) {
	answer := make(chan struct{})
	select {
	case h.flushes <- answer:
	case <-h.done:
		return
	case <-ctx.Done():
		return
	}
	select {
	case <-answer:
	case <-h.done:
	case <-ctx.Done():
	}
}

// write is the writer's goroutine.
func (h *History) write() {
	defer close(h.done)
	w := &writer{history: h, open: map[int64]*Job{}}
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		var answer chan struct{}
		select {
		case <-h.stop:
			w.batch()
			w.flush()
			w.closeAll()
			return
		case <-tick.C:
			w.flush()
			continue
		case answer = <-h.flushes:
		case <-h.wake:
			select {
			case <-time.After(batchDelay):
			case answer = <-h.flushes:
			case <-h.stop: // noticed above, in the next round
			}
		}
		w.batch()
		if answer != nil {
			close(answer)
		}
		w.prune(false)
	}
}

// List returns the statements that a filter chooses, the newest first, and how many there are of them in all. Of their texts
// there is the beginning.
func (h *History) List(ctx context.Context, f Filter) ([]Record, int, error) {
	h.Flush(ctx)
	where, args := f.where()
	total, err := h.index.number(ctx, "SELECT COUNT(*) FROM statement "+where, args...)
	if err != nil {
		return nil, 0, err
	}
	limit := f.Limit
	if limit <= 0 {
		limit = -1
	}
	rows, err := h.index.query(ctx, where+" ORDER BY id DESC LIMIT ? OFFSET ?", append(args, limit, max(0, f.Offset))...)
	for i := range rows {
		if j := h.job(rows[i].ID); j != nil {
			text := rows[i].SQL
			rows[i] = j.Detail().Record
			rows[i].SQL = text
		}
	}
	return rows, int(total), err
}

func (h *History) job(id int64) *Job {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.live[id]
}

// ErrUnknown is returned for statements that the history does not have.
var ErrUnknown = errors.New("the history has no such statement")

// Get returns all that is known of a statement, by its number or its query id.
func (h *History) Get(ctx context.Context, key string) (*Detail, error) {
	id, err := strconv.ParseInt(key, 10, 64)
	if err != nil {
		h.Flush(ctx)
		if id, err = h.index.number(ctx, "SELECT MAX(id) FROM statement WHERE query_id = ?", key); err != nil {
			return nil, err
		}
	}
	if j := h.job(id); j != nil {
		return j.Detail(), nil
	}
	kept, err := h.index.events(ctx, id)
	if err != nil {
		return nil, err
	}
	if kept != nil {
		return summary(bytes.NewReader(kept), int64(len(kept)), "the index")
	}
	d, err := readSummary(eventPath(h.options.Dir, id))
	if err == nil || !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errNoSummary) {
		return d, err
	}
	rows, err := h.index.query(ctx, "WHERE id = ?", id)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%w: %s", ErrUnknown, key)
	}
	return &Detail{Record: rows[0]}, nil
}
