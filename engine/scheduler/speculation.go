package scheduler

import "time"

// Speculation are the constants of racing slow attempts.
type Speculation struct {
	// Rule decides which attempts are slow; nil: none are ever copied.
	Rule SlowRule
	// MaxCopies live at once is max(1, slots/MaxCopiesDiv).
	MaxCopiesDiv int
	// MaxLiveAttempts of one task; the last of three only when both others are slow.
	MaxLiveAttempts int
	// Probation of a worker with a slow attempt: one slot, for ProbationMin, doubling up to ProbationMax.
	// No worker is put on probation while a third of them are. ProbationMin 0: none.
	ProbationMin, ProbationMax time.Duration
	// In a job with at least OffAfter copies of which fewer than OffBelow won, no more are made.
	OffAfter int
	OffBelow float64
}

// SlowRule finds slow attempts. It must be a function of its arguments alone.
type SlowRule interface {
	Slow(*StageRates, *AttemptRate) bool
}

// StageRates is what a rule may know of a stage.
type StageRates struct {
	Tasks, Done int
	// MedianRate of live and finished attempts, bytes per second; 0 when none is known.
	MedianRate float64
	// MeanRate of finished attempts.
	MeanRate float64
	// MedianBytes a task reads, as expected.
	MedianBytes int64
	// Times and Keys of finished attempts, sorted: seconds, and seconds per byte (seconds where bytes are
	// unknown). At most the latest few hundred.
	Times, Keys []float64
}

// AttemptRate is what a rule may know of an attempt.
type AttemptRate struct {
	Elapsed time.Duration
	// Bytes read so far, of Expected. Where an attempt counts rows they are converted by the bytes per row of
	// attempts that finished; before one has, it is not judged.
	Bytes, Expected int64
	// Rate over the last few seconds, bytes per second.
	Rate float64
}

// DefaultSpeculation returns the constants used unless a driver has better ones.
func DefaultSpeculation() Speculation {
	return Speculation{
		Rule:         LiveRate{},
		MaxCopiesDiv: 10, MaxLiveAttempts: 3,
		ProbationMin: 60 * time.Second, ProbationMax: 10 * time.Minute,
		OffAfter: 20, OffBelow: 0.25,
	}
}

// LiveRate is the rule in use. An attempt is slow when a copy would likely end
// well before it: its rate of late is below half the stage's median and what it
// has left would take it half again as long as a copy needs from the start. So
// stages of a single wave, where nothing has finished, and workers that become
// slow in mid-task are caught. At three quarters of the stage it is also slow
// when its time per byte is 1.5 times the median of finished attempts (Flink
// 1.17's rule, without its floor of a minute). Both compare times per byte, so
// a task that merely reads more is not slow.
type LiveRate struct{}

const (
	liveRateFloor = 2 * time.Second // two heartbeats
	pastRateFloor = 5 * time.Second
	launchSeconds = 0.5 // to start a copy, roughly
)

// Slow implements SlowRule.
func (LiveRate) Slow(s *StageRates, a *AttemptRate) bool {
	if a.Elapsed < liveRateFloor {
		return false
	}
	left := a.Expected - a.Bytes
	if left <= 0 {
		return false
	}
	if s.MedianRate > 0 {
		fresh := float64(a.Expected)/s.MedianRate + launchSeconds
		rest := float64(left) / max(a.Rate, 1e-9)
		if rest <= fresh {
			return false // a copy would come too late
		}
		if a.Rate < s.MedianRate/2 && rest > 1.5*fresh {
			return true
		}
	}
	if s.Done*4 < s.Tasks*3 || len(s.Keys) == 0 {
		return false
	}
	floor := max(pastRateFloor.Seconds(), 1.5*s.Times[len(s.Times)/2])
	key := a.Elapsed.Seconds() / float64(max(a.Expected, 1))
	return a.Elapsed.Seconds() >= floor && key >= 1.5*s.Keys[len(s.Keys)/2]
}
