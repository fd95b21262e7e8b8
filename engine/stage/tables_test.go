package stage

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"skep/dialect/plan"
	"skep/dialect/types"
	"skep/engine/memory"
	"skep/engine/operator"
	"skep/shuffle"
)

func testJoin(r *operator.Resources) *operator.HashJoin {
	return operator.NewHashJoin(operator.JoinSpec{Name: "join", BuildTypes: []*types.Type{types.IntType}}, r)
}

var errTest = errors.New("the build failed")

// However many tasks want a table, one builds it; who fails, panics or is cancelled while building leaves it to the next one.
func TestOneTaskBuildsATable(t *testing.T) {
	tables := NewJoinTables(memory.NewPool("job", 0))
	k := tableKey{stage: 1}
	var builds atomic.Int32
	building, builder := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	const tasks = 20
	var failed atomic.Int32
	for i := range tasks {
		wg.Go(func() {
			defer func() {
				if recover() != nil {
					failed.Add(1)
				}
			}()
			x, err := tables.get(t.Context(), k, func() (*operator.HashJoin, error) {
				switch builds.Add(1) {
				case 1:
					close(building)
					<-builder // until others wait
					return nil, errTest
				case 2:
					panic("while building")
				case 3:
					return testJoin(&operator.Resources{Pool: tables.pool}), nil
				}
				t.Error("a table was built again")
				return nil, nil
			})
			switch {
			case errors.Is(err, errTest):
				failed.Add(1)
			case err != nil || x.join == nil:
				t.Errorf("task %d: %v", i, err)
			default:
				if err := tables.put(k, x); err != nil {
					t.Error(err)
				}
			}
		})
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	<-building
	if _, err := tables.get(cancelled, k, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a task that was cancelled while another one built: %v", err)
	}
	close(builder)
	wg.Wait()
	if builds.Load() != 3 || failed.Load() != 2 {
		t.Errorf("%d builds and %d failed tasks", builds.Load(), failed.Load())
	}
	if err := tables.Close(); err != nil {
		t.Fatal(err)
	}
}

// Unused tables are kept up to a share of the job's memory.
func TestUnusedTablesLeaveMemory(t *testing.T) {
	for _, c := range []struct {
		limit int64
		kept  bool
	}{{1 << 30, true}, {1, false}} {
		pool := memory.NewPool("job", c.limit)
		tables := NewJoinTables(pool)
		builds := 0
		for range 2 {
			x, err := tables.get(t.Context(), tableKey{}, func() (*operator.HashJoin, error) {
				builds++
				j := testJoin(&operator.Resources{Pool: pool})
				return j, j.Build(operator.AllColumns).Finish(t.Context())
			})
			if err != nil {
				t.Fatal(err)
			}
			if x.bytes() == 0 {
				t.Fatal("the table takes no memory")
			}
			if err := tables.put(tableKey{}, x); err != nil {
				t.Fatal(err)
			}
		}
		if (builds == 1) != c.kept {
			t.Errorf("with %d bytes: %d builds", c.limit, builds)
		}
		if err := tables.Close(); err != nil {
			t.Fatal(err)
		}
		if pool.Used() != 0 {
			t.Errorf("%d bytes are left", pool.Used())
		}
	}
}

// A table is that of the outputs that were read: another attempt's are others.
func TestTablesAreKnownByWhatWasRead(t *testing.T) {
	reads := []*plan.RemoteSource{{Exchange: 3}}
	contents := func(attempt int32, to int) any {
		m := &shuffle.Manifest{Partitions: 4, Entries: []shuffle.ManifestEntry{{Task: 1, Attempt: attempt}}}
		task := &Task{Inputs: map[int]Input{3: {Manifest: m, Slices: []shuffle.Slice{{Partitions: shuffle.Range{To: to}}}}}}
		return (&taskTables{task: task}).contents(reads)
	}
	if contents(0, 4) != contents(0, 4) {
		t.Error("the same outputs are others")
	}
	if contents(0, 4) == contents(1, 4) || contents(0, 4) == contents(0, 3) {
		t.Error("other outputs are the same")
	}
}
