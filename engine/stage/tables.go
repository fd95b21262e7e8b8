package stage

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"sync"

	"skep/dialect/plan"
	"skep/engine/memory"
	"skep/engine/operator"
)

// keptShare is the share of a job's memory that tables take which no task uses just now, but the next one may.
const keptShare = 16

// JoinTables are the tables of joins that the tasks of a job share in a process. It is safe for concurrent use.
type JoinTables struct {
	pool *memory.Pool

	mu     sync.Mutex
	tables map[tableKey]*joinTable
	unused int64 // bytes of tables that no task uses
}

// tableKey says what a table was built of: a join of a stage, and the outputs that were read.
type tableKey struct {
	stage, join int
	reads       [sha256.Size]byte
}

// joinTable is a table, or one being built.
type joinTable struct {
	ready chan struct{}      // closed when it has been built, or given up
	built bool               // valid when ready
	join  *operator.HashJoin // nil: it cannot be shared
	users int
}

// NewJoinTables returns no tables yet. pool is the job's, to which all of them count. Close must be called when no task of the job runs.
func NewJoinTables(pool *memory.Pool) *JoinTables {
	return &JoinTables{pool: pool, tables: map[tableKey]*joinTable{}}
}

// Close gives all tables up.
func (t *JoinTables) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	var errs []error
	for _, x := range t.tables {
		if x.join != nil {
			errs = append(errs, x.join.Close())
		}
	}
	clear(t.tables)
	return errors.Join(errs...)
}

// get returns the table of a key, which is put back by put. One of those who want it builds it while the others wait. If he fails, or is
// cancelled, the next one does.
func (t *JoinTables) get(ctx context.Context, k tableKey, build func() (*operator.HashJoin, error)) (*joinTable, error) {
	for {
		t.mu.Lock()
		x := t.tables[k]
		if x == nil {
			x = &joinTable{ready: make(chan struct{}), users: 1}
			t.tables[k] = x
			t.mu.Unlock()
			return x, t.build(k, x, build)
		}
		t.mu.Unlock()
		select {
		case <-x.ready:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		t.mu.Lock()
		if x.built && t.tables[k] == x {
			if x.users == 0 {
				t.unused -= x.bytes()
			}
			x.users++
			t.mu.Unlock()
			return x, nil
		}
		t.mu.Unlock()
	}
}

func (t *JoinTables) build(k tableKey, x *joinTable, build func() (*operator.HashJoin, error)) error {
	defer func() { // also when build panics
		t.mu.Lock()
		defer t.mu.Unlock()
		if !x.built {
			delete(t.tables, k)
		}
		close(x.ready)
	}()
	join, err := build()
	if err != nil {
		return err
	}
	x.join, x.built = join, true
	return nil
}

func (x *joinTable) bytes() int64 {
	if x.join == nil {
		return 0
	}
	return x.join.Bytes()
}

// put says that a table is not used any more. It is kept for the next task of the stage if there is room.
func (t *JoinTables) put(k tableKey, x *joinTable) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if x.users--; x.users > 0 || t.tables[k] != x {
		return nil
	}
	if limit := t.pool.Limit(); limit <= 0 || t.unused+x.bytes() <= limit/keptShare {
		t.unused += x.bytes()
		return nil
	}
	delete(t.tables, k)
	if x.join == nil {
		return nil
	}
	return x.join.Close()
}

// taskTables are the tables that a task uses. It implements planner.JoinTables.
type taskTables struct {
	tables *JoinTables
	task   *Task
	dir    string // for what does not fit memory while it is built

	mu   sync.Mutex
	used []usedTable
}

type usedTable struct {
	key   tableKey
	table *joinTable
}

// Table implements planner.JoinTables.
func (t *taskTables) Table(
	ctx context.Context, number int, reads []*plan.RemoteSource, build func(*operator.Resources) (*operator.HashJoin, error),
) (*operator.HashJoin, error) {
	k := tableKey{stage: t.task.Attempt.Stage, join: number, reads: t.contents(reads)}
	x, err := t.tables.get(ctx, k, func() (*operator.HashJoin, error) {
		return build(&operator.Resources{Pool: t.tables.pool, SpillDir: t.dir, Workers: 1})
	})
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	t.used = append(t.used, usedTable{k, x})
	t.mu.Unlock()
	return x.join, nil
}

// contents identifies the outputs, and the parts of them, that remote sources read.
func (t *taskTables) contents(reads []*plan.RemoteSource) [sha256.Size]byte {
	var b []byte
	number := func(ns ...int) {
		for _, n := range ns {
			b = binary.AppendVarint(b, int64(n))
		}
	}
	for _, r := range reads {
		in := t.task.Inputs[r.Exchange]
		number(r.Exchange, len(in.Slices))
		for _, s := range in.Slices {
			number(s.Partitions.From, s.Partitions.To, s.Maps.From, s.Maps.To)
		}
		if in.Manifest == nil {
			continue // reading says so
		}
		number(in.Manifest.Stage.Stage, in.Manifest.Stage.Epoch, in.Manifest.Partitions, len(in.Manifest.Entries))
		for _, e := range in.Manifest.Entries {
			number(int(e.Task), int(e.Epoch), int(e.Attempt), int(e.Check))
		}
	}
	return sha256.Sum256(b)
}

// close puts the tables back. The task must have ended.
func (t *taskTables) close() error {
	var errs []error
	for _, u := range t.used {
		errs = append(errs, t.tables.put(u.key, u.table))
	}
	return errors.Join(errs...)
}
