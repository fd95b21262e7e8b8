package query

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"skep/engine/coordinator"
	"skep/engine/scheduler"
	"skep/shuffle"
)

// recorder notes what is read of an exchange.
type recorder struct {
	shuffle.Exchange
	mu    sync.Mutex
	reads []shuffle.ReaderSpec
}

func (x *recorder) OpenReader(ctx context.Context, spec shuffle.ReaderSpec) (shuffle.Reader, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.reads = append(x.reads, spec)
	return x.Exchange.OpenReader(ctx, spec)
}

// adaptiveSession runs queries in stages whose numbers of tasks the scheduler chooses by the given sizes, and never copies sides of
// joins by estimates.
func adaptiveSession(t *testing.T, sizing scheduler.Sizing) (*recorder, *Session) {
	e, s := stagedSession(t, 2000)
	run(t, s, "create table skewed (k int, v int)")
	for i := range 4 {
		run(t, s, fmt.Sprintf("insert into skewed select if(v %% 10 < 8, 7, k), v from t where v %% 4 = %d", i))
	}
	s.conf.Set(executionTasks, "0")
	x := &recorder{Exchange: e.exchange}
	e.exchange = x
	stopCoordinator(t, e)
	c := scheduler.DefaultConfig()
	c.Sizing = sizing
	var err error
	e.coordinator, err = coordinator.New(coordinator.Config{Workers: 2, Slots: 2, Exchange: x, Worker: e.workerConfig(), Scheduler: &c})
	if err != nil {
		t.Fatal(err)
	}
	return x, s
}

// joins and what their sides may become, by kind.
var adaptiveJoins = []string{
	"select t.k, t.v, s.v from skewed t join skewed s on t.k = s.k and t.v % 50 = s.v % 50 and t.v < 200",
	"select t.k, t.v, s.v from skewed t left join (select * from t where v % 100 = 3) s on t.k = s.k",
	"select t.k, t.v, s.v from (select * from t where v % 100 = 3) t right join skewed s on t.k = s.k",
	"select t.k, t.v, s.v from skewed t full join (select * from t where v % 100 = 3) s on t.k = s.k",
	"select t.k, t.v from skewed t left semi join (select * from t where v % 100 = 3) s on t.k = s.k",
	"select t.k, t.v from skewed t where not exists (select 1 from t s where v % 100 = 3 and t.k = s.k)",
	"select t.k, count(*), count(distinct s.v) from skewed t join (select * from t where v % 100 < 20) s on t.k = s.k group by t.k",
	"select sum(t.v), count(s.v) from skewed t left join (select * from t where v % 100 < 20) s on t.k = s.k",
	"select k, v, w from (select t.k, t.v, s.v w, row_number() over (partition by t.k order by t.v, s.v) r from skewed t join (select * from t where v % 100 < 20) s on t.k = s.k) x where r < 4",
}

func runAdaptive(t *testing.T, s *Session) {
	t.Helper()
	for _, sql := range adaptiveJoins {
		sameInStages(t, s, sql)
	}
}

func TestSmallSidesAreCopiedByTheirRealSize(t *testing.T) {
	sizing := scheduler.DefaultConfig().Sizing
	sizing.ScanMin, sizing.ScanMax, sizing.OpenCost = 1, 4000, 0
	sizing.ExchangeMin, sizing.ExchangeMax = 1, 4000
	x, s := adaptiveSession(t, sizing)
	runAdaptive(t, s)
	pointwise := 0
	for _, r := range x.reads {
		for _, slice := range r.Slices {
			if slice.Maps.To > 0 && slice.Partitions.From == 0 && slice.Partitions.To == r.Manifest.Partitions {
				pointwise++
			}
		}
	}
	if pointwise == 0 {
		t.Error("no task read all partitions of some outputs")
	}
}

func TestSkewedPartitionsAreSplit(t *testing.T) {
	sizing := scheduler.DefaultConfig().Sizing
	sizing.ScanMin, sizing.ScanMax, sizing.OpenCost = 1, 4000, 0
	sizing.ExchangeMin, sizing.ExchangeMax = 1, 2000
	sizing.SkewMin, sizing.SkewTimesTarget, sizing.SkewFactor = 1, 1, 2
	x, s := adaptiveSession(t, sizing)
	s.conf.Set(broadcastActual, "-1")
	runAdaptive(t, s)
	split := 0
	for _, r := range x.reads {
		for _, slice := range r.Slices {
			if slice.Maps.To > 0 && slice.Partitions.To == slice.Partitions.From+1 && r.Manifest.Partitions > 1 {
				split++
			}
		}
	}
	if split == 0 {
		t.Error("no partition was divided")
	}
}

// TestKeysOfManyRowsAreSplitOnRequest splits partitions by their rows, however small they are, where hive.optimize.skewjoin says so.
func TestKeysOfManyRowsAreSplitOnRequest(t *testing.T) {
	sizing := scheduler.DefaultConfig().Sizing
	sizing.ScanMin, sizing.ScanMax, sizing.OpenCost = 1, 4000, 0
	x, s := adaptiveSession(t, sizing)
	s.conf.Set(broadcastActual, "-1")
	for _, c := range []struct {
		skew, key string
		split     bool
	}{{"false", "100", false}, {"true", "100", true}, {"true", "100000", false}} {
		s.conf.Set("hive.optimize.skewjoin", c.skew)
		s.conf.Set("hive.skewjoin.key", c.key)
		x.reads = nil
		runAdaptive(t, s)
		split := 0
		for _, r := range x.reads {
			for _, slice := range r.Slices {
				if slice.Maps.To > 0 && slice.Partitions.To == slice.Partitions.From+1 && r.Manifest.Partitions > 1 {
					split++
				}
			}
		}
		if (split > 0) != c.split {
			t.Errorf("hive.optimize.skewjoin=%s, hive.skewjoin.key=%s: %d pieces of partitions", c.skew, c.key, split)
		}
	}
}
