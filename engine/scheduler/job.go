package scheduler

import (
	"errors"
	"fmt"
	"time"
)

// JobSpec is a query cut into stages.
type JobSpec struct {
	// Stages in topological order: an input's From is smaller than the stage's own index.
	Stages []StageSpec
	// Pool the job is counted in; unknown names get a pool of weight 1.
	Pool string
	// Priority orders jobs within a pool, larger first; equal ones by submission.
	Priority int
	// EstimatedBytes the job reads; at most Config.ShortBytes makes it a short
	// query, which may use the workers' short slots. Negative: unknown, not short.
	EstimatedBytes int64
	// Payload is the driver's (plan, settings, pinned time and seeds). It is
	// part of the durable record of the job, opaque here.
	Payload []byte
}

// StageSpec is one stage: a fragment of the plan run by tasks that differ only
// in what they read.
type StageSpec struct {
	Name    string // shown to users: "Map 1", "Reducer 2"
	Payload []byte // the fragment; opaque

	// Inputs are the edges from finished stages. All-to-all inputs of one stage have equal Partitions.
	Inputs []InputSpec
	// Splits are the units of a source stage: pieces of files. A stage has
	// splits, or inputs that give it tasks, not both; broadcast inputs go with either.
	Splits []Split
	// After are stages that should be finished or skipped before this one is
	// sized, though it does not read them: a small build side before its probe
	// side, the producer of a runtime filter before the scan that uses it.
	After []StageID

	// Partitions of the output; at least 1. Sinks have none (0).
	Partitions int
	// Sink outputs are files staged outside the workers and need a grant; their tasks are done when granted.
	Sink bool
	// OutputSurvives says that outputs do not die with the worker that wrote them (spooled, or served by another process).
	OutputSurvives bool
	// KeepEmpty stages run (one task) even when all input is empty: a global aggregate has one row then.
	KeepEmpty bool

	// Tasks fixes the number of tasks (0: adaptive). MinTasks and MaxTasks bound it (0: no bound), TargetBytes
	// overrides the bytes one task should read, LeastBytes and MostBytes their bounds where a stage reads exchanges (0: Config.Sizing).
	Tasks, MinTasks, MaxTasks          int
	TargetBytes, LeastBytes, MostBytes int64
	// SkewRows, where set, are the rows from which on a partition is skewed that is several times the median, in place of the bytes
	// of Config.Sizing.
	SkewRows int64
	// Memory and MemoryPercent of the bytes that a task reads are its first grant in bytes, at most a slot's share of three quarters of the worker; an
	// attempt that ran out of memory is tried again with more.
	Memory, MemoryPercent int64
	// MaxFailures is how many counted failures of one task the stage bears (0: Config.MaxFailures).
	MaxFailures int
	// NoSpeculation forbids copies of slow attempts (a session's setting; the core needs no such help to be correct).
	NoSpeculation bool
}

// Pattern says how the tasks of a consumer divide a producer's output.
type Pattern uint8

const (
	// AllToAll gives each task a range of partitions from all producer tasks.
	AllToAll Pattern = iota
	// Pointwise gives each task all partitions of a range of producer tasks.
	Pointwise
	// Broadcast gives each task everything.
	Broadcast
)

func (p Pattern) String() string {
	switch p {
	case AllToAll:
		return "all-to-all"
	case Pointwise:
		return "pointwise"
	case Broadcast:
		return "broadcast"
	}
	return fmt.Sprintf("pattern %d", uint8(p))
}

// InputSpec is an edge, seen from its consumer.
type InputSpec struct {
	From    StageID
	Pattern Pattern
	// BroadcastBelow makes an all-to-all input change to Broadcast, and the other all-to-all inputs to
	// Pointwise, when its real bytes are at most this. 0: never. The planner sets it for sides of joins where
	// that is legal: both of an inner join, the right of a left outer, semi or anti join, the left of a right
	// outer join, none of a full join. The payload's code must be able to run both ways.
	BroadcastBelow int64
	// Splittable allows to cut a skewed partition of this input between tasks, each of which reads the whole
	// partition of the other inputs: both sides of an inner join, the left of a left outer, semi or anti join,
	// the right of a right outer join. Never below an aggregate or window.
	Splittable bool
	// EmptyEmpties says that the stage gives no rows when this input has none.
	EmptyEmpties bool
}

// Split is a unit of a source stage; its content is known to the driver by
// (job, stage, index). It is read by one task, the same in every attempt.
type Split struct {
	Bytes int64
	// Near are the workers for which the bytes are local, if any.
	Near []WorkerID
}

// Range is what a task reads of one input: partitions [PartLo, PartHi) of the
// outputs of producer tasks [MapLo, MapHi).
type Range struct {
	PartLo, PartHi int32
	MapLo, MapHi   int32
}

// Output is what an attempt leaves behind.
type Output struct {
	Bytes, Rows int64
	Digest      Digest
	// Sizes are EncodeSize codes of the bytes per partition, Partitions long; nil when Rows is 0. Sinks have none.
	Sizes []byte
}

// Validate reports what is wrong with a spec. The core refuses a job whose
// spec is wrong.
func (j *JobSpec) Validate() error {
	if len(j.Stages) == 0 {
		return errors.New("a job needs a stage")
	}
	sinks := 0
	for i := range j.Stages {
		st := &j.Stages[i]
		if err := j.validateStage(StageID(i), st); err != nil {
			return fmt.Errorf("stage %d (%s): %w", i, st.Name, err)
		}
		if st.Sink {
			sinks++
		}
	}
	if sinks == 0 {
		return errors.New("a job needs a sink stage")
	}
	return nil
}

func (j *JobSpec) validateStage(id StageID, st *StageSpec) error {
	if st.Sink != (st.Partitions == 0) || st.Partitions < 0 {
		return fmt.Errorf("%d output partitions with sink=%v", st.Partitions, st.Sink)
	}
	if st.Tasks < 0 || st.MinTasks < 0 || st.MaxTasks < 0 || (st.MaxTasks > 0 && st.MinTasks > st.MaxTasks) {
		return fmt.Errorf("task bounds %d, %d…%d", st.Tasks, st.MinTasks, st.MaxTasks)
	}
	if st.LeastBytes < 0 || st.MostBytes < 0 {
		return fmt.Errorf("bounds of %d and %d bytes for a task", st.LeastBytes, st.MostBytes)
	}
	if st.SkewRows < 0 {
		return fmt.Errorf("partitions of %d rows are skewed", st.SkewRows)
	}
	if st.Memory < 0 || st.MemoryPercent < 0 {
		return fmt.Errorf("a first grant of %d bytes and %d %% of what a task reads", st.Memory, st.MemoryPercent)
	}
	dividing, partitions := 0, -1
	for k, in := range st.Inputs {
		if in.From < 0 || in.From >= id {
			return fmt.Errorf("input %d reads stage %d, which is not before it", k, in.From)
		}
		from := &j.Stages[in.From]
		if from.Sink {
			return fmt.Errorf("input %d reads the sink %d", k, in.From)
		}
		if in.Pattern > Broadcast {
			return fmt.Errorf("input %d has %v", k, in.Pattern)
		}
		if in.Pattern != AllToAll && (in.BroadcastBelow > 0 || in.Splittable) {
			return fmt.Errorf("input %d is %v: it cannot switch to broadcast or be split", k, in.Pattern)
		}
		switch in.Pattern {
		case AllToAll:
			if partitions >= 0 && partitions != from.Partitions {
				return fmt.Errorf("inputs of %d and %d partitions", partitions, from.Partitions)
			}
			partitions = from.Partitions
			dividing++
		case Pointwise:
			if dividing++; dividing > 1 {
				return errors.New("a pointwise input beside another one that gives tasks")
			}
		}
	}
	for k, in := range st.Inputs {
		if in.Pattern == Pointwise && dividing > 1 {
			return fmt.Errorf("input %d is pointwise beside another one that gives tasks", k)
		}
	}
	if len(st.Splits) > 0 && dividing > 0 {
		return errors.New("both splits and inputs that give tasks")
	}
	for _, s := range st.Splits {
		if s.Bytes < 0 {
			return errors.New("a split of negative size")
		}
	}
	for _, a := range st.After {
		if a < 0 || a >= id {
			return fmt.Errorf("after stage %d, which is not before it", a)
		}
	}
	return nil
}

// Config are the core's constants. DefaultConfig explains each.
type Config struct {
	Pools      []PoolConfig
	ShortBytes int64 // jobs that read at most this are short
	ShortSlots int   // per worker, besides its slots, for short jobs only
	ShortTasks int   // a short job uses short slots for at most so many tasks at once

	SuspectAfter, LostAfter time.Duration // silence of a worker
	ReattachWait            time.Duration // after a restart: how long to wait for known workers
	NoWorkersFail           time.Duration // a job with work and no worker at all fails after this
	NoProgress              time.Duration // an attempt without a byte for this long is given up

	MaxFailures  int // counted failures of a task
	MaxUncounted int // failures of a task that do not count against it, so that nothing runs forever
	MaxEpochs    int // restarts of a stage because of differing re-runs

	Sizing      Sizing
	Speculation Speculation
}

// Sizing are the constants of adaptive parallelism, in bytes.
type Sizing struct {
	ScanMin, ScanMax         int64 // target bytes of a scan task: total/(3·slots) within these
	OpenCost                 int64 // added per split when packing
	MaxSplits                int   // per task
	ExchangeMin, ExchangeMax int64 // target bytes of a task that reads an exchange: total/(2·slots) within these
	SkewFactor               int64 // × the median partition
	SkewTimesTarget          int64 // × the target
	SkewMin                  int64 // a smaller partition is never skewed
	MaxCombinations          int   // of pieces of both sides of one partition
}

// PoolConfig is a share of the workers.
type PoolConfig struct {
	Name       string
	Weight     int // relative share; at least 1
	MaxRunning int // jobs admitted at once (0: no limit)
	MaxQueued  int // jobs waiting; more are refused (0: no limit)
}

// DefaultConfig returns the constants used unless a driver has better ones.
func DefaultConfig() Config {
	const mb = 1 << 20
	return Config{
		ShortBytes: 64 * mb, ShortSlots: 1, ShortTasks: 1,
		SuspectAfter: 5 * time.Second, LostAfter: 10 * time.Second,
		ReattachWait: 15 * time.Second, NoWorkersFail: 60 * time.Second, NoProgress: 5 * time.Minute,
		MaxFailures: 4, MaxUncounted: 20, MaxEpochs: 4,
		Sizing: Sizing{
			ScanMin: 16 * mb, ScanMax: 256 * mb, OpenCost: 4 * mb, MaxSplits: 1024,
			ExchangeMin: 16 * mb, ExchangeMax: 128 * mb,
			SkewFactor: 4, SkewTimesTarget: 8, SkewMin: 128 * mb, MaxCombinations: 1000,
		},
		Speculation: DefaultSpeculation(),
	}
}
