package simulator

import (
	"flag"
	"testing"
)

var (
	plans    = flag.Int("plans", 200, "random fault plans to play")
	fromSeed = flag.Uint64("from", 1, "seed of the first")
)

// TestFaultPlans plays random fault plans and checks the invariants after each
// event. The long mode is -plans 10000; a failing seed runs alone by -from S -plans 1.
func TestFaultPlans(t *testing.T) {
	var sum Outcome
	for seed := *fromSeed; seed < *fromSeed+uint64(*plans); seed++ {
		o, err := Run(seed)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		for _, m := range o.Messages {
			t.Logf("seed %d: a job failed: %s", seed, m)
		}
		sum.Events += o.Events
		sum.Actions += o.Actions
		sum.Ended += o.Ended
		sum.Succeeded += o.Succeeded
		sum.Failed += o.Failed
		sum.Restarts += o.Restarts
		sum.Skewed += o.Skewed
		sum.Switched += o.Switched
		sum.Emptied += o.Emptied
		sum.Counters.Copies += o.Counters.Copies
		sum.Counters.CopiesWon += o.Counters.CopiesWon
		sum.Counters.TasksLost += o.Counters.TasksLost
		sum.Counters.StagesRestarted += o.Counters.StagesRestarted
		sum.Counters.GrantsDenied += o.Counters.GrantsDenied
		sum.Counters.Stale += o.Counters.Stale
		sum.Counters.Waits += o.Counters.Waits
		sum.Counters.WaitsGivenUp += o.Counters.WaitsGivenUp
	}
	t.Logf("%d plans: %d events, %d actions, %d restarts of the coordinator; %d jobs: %d succeeded, %d failed; %d skewed, %d switched, %d empty stages; "+
		"%d copies (%d won), %d outputs made again, %d stages restarted, %d grants denied, %d stale messages, "+
		"%d times an attempt waited for inputs (%d given up for their memory)",
		*plans, sum.Events, sum.Actions, sum.Restarts, sum.Ended, sum.Succeeded, sum.Failed, sum.Skewed, sum.Switched, sum.Emptied,
		sum.Counters.Copies, sum.Counters.CopiesWon, sum.Counters.TasksLost, sum.Counters.StagesRestarted, sum.Counters.GrantsDenied, sum.Counters.Stale,
		sum.Counters.Waits, sum.Counters.WaitsGivenUp)
}

// TestSeedsRepeat: the same seed gives the same actions.
func TestSeedsRepeat(t *testing.T) {
	for seed := uint64(1); seed <= 20; seed++ {
		a, errA := Run(seed)
		b, errB := Run(seed)
		if a.Digest != b.Digest || (errA == nil) != (errB == nil) {
			t.Errorf("seed %d: %x and %x", seed, a.Digest, b.Digest)
		}
	}
}
