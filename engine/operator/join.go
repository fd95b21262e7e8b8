package operator

import (
	"sync"
	"sync/atomic"

	"skep/dialect/types"
	"skep/engine/hashtable"
	"skep/engine/memory"
	"skep/engine/pipeline"
	"skep/engine/vector"
)

// JoinKind is what a join does with matches and with rows that have none. The probe side streams by; the build side is
// collected first.
type JoinKind uint8

// The kinds of joins.
const (
	JoinInner         JoinKind = iota
	JoinProbeOuter             // also probe rows without a match
	JoinBuildOuter             // also build rows without a match
	JoinFullOuter              // both
	JoinProbeSemi              // probe rows with a match
	JoinProbeAnti              // probe rows without a match
	JoinBuildSemi              // build rows with a match
	JoinBuildAnti              // build rows without a match
	JoinNullAwareAnti          // probe rows for which the condition is false for every build row
	JoinMark                   // probe rows with a boolean: matched
	JoinNullAwareMark          // likewise, NULL when the condition is NULL for some build row and true for none
	JoinSingle                 // as JoinProbeOuter, but more than one match is an error
)

// emitsBuild reports whether unmatched or matched build rows are produced after the probe.
func (k JoinKind) emitsBuild() bool {
	return k == JoinBuildOuter || k == JoinFullOuter || k == JoinBuildSemi || k == JoinBuildAnti
}

// pairsOut reports whether the output has rows of both sides.
func (k JoinKind) pairsOut() bool { return k <= JoinFullOuter || k == JoinSingle }

// JoinSpec describes a hash join.
type JoinSpec struct {
	Name string // for errors and accounts
	Kind JoinKind
	// BuildTypes are the columns that the build program computes; BuildKeys are the positions of the keys among them, BuildOut those
	// of the columns that the output and the residual need.
	BuildTypes []*types.Type
	BuildKeys  []int
	BuildOut   []int
	NullSafe   []bool
	// ProbeTypes are the columns of probe batches.
	ProbeTypes []*types.Type
	// ProbeKeys computes the keys of probe rows.
	ProbeKeys Program
	// Ranges are at most two inequalities that the residual implies, for joins without keys of a kind that CanRange; RangeProbes
	// computes the probe side's values. Build rows are then looked up by them.
	Ranges      []RangeKey
	RangeProbes Program
	// Residual is the rest of the condition over probe columns followed by the BuildOut columns; nil when there is none.
	Residual Condition
	// Exact computes the whole condition, three-valued, over the same columns. It is needed by the null-aware kinds only,
	// when there is more than one key or a residual.
	Exact Program
}

// HashJoin joins by equality of keys. It is the state shared by the sink that builds, the operator that probes and, for the
// kinds that emit build rows, the source of these.
//
// The output of Probe has the probe columns followed by the BuildOut columns (only the probe columns for semi and anti
// joins, and a boolean after them for mark joins). BuildSource produces the same shape, or the BuildOut columns alone for the kinds
// JoinBuildSemi and JoinBuildAnti, whose Probe produces nothing.
//
// When the build side does not fit memory, both sides are partitioned by the hash of the key (hybrid hash join): partitions of
// the build side that fit stay and are probed at once, rows of the others go to disk, to be joined partition by
// partition by SpilledSource:
//
//	build ─► partitions ─┬─ resident ──► table ◄── probe rows ─► output
//	                      └─ on disk                   └─► on disk by partition
type HashJoin struct {
	spec  JoinSpec
	res   *Resources
	level int // of partitioning; joins of partitions are joins of the next level
	files *spillFiles

	mu       sync.Mutex
	accounts []*memory.Account
	built    chunks          // rows of build workers that have ended, unless they are in partitions
	account  *memory.Account // of the table
	*buildSide
	matched []uint32 // by build row, a bit: probed successfully (kinds that emit build rows)
	wanted  []int    // keys for which there are runtime filters

	partitioned atomic.Bool
	resident    [partitions]bool
	buildParts  []*scatter
	probeParts  []*scatter
}

// buildSide is what is built. Probing does not change it, so that several joins may have the same one.
type buildSide struct {
	total   int  // rows of the whole build side
	nullKey bool // some build row has a NULL in a key
	cols    []*vector.Vector
	rows    int // of cols: the resident part of the build side
	table   *hashtable.JoinTable
	ranges  *rangeIndex  // nil without Ranges
	dicts   []buildDict  // by output column
	filters []*keyFilter // by key

	nullOnce sync.Once
	nullAt   []uint32 // see nullRows
}

// NewHashJoin returns a join that has to be built.
func NewHashJoin(spec JoinSpec, r *Resources) *HashJoin {
	return newHashJoin(spec, r, 0, &spillFiles{res: r})
}

func newHashJoin(spec JoinSpec, r *Resources, level int, files *spillFiles) *HashJoin {
	j := &HashJoin{spec: spec, res: r, level: level, files: files, built: chunks{ts: spec.BuildTypes}, buildSide: &buildSide{}}
	j.account = j.newAccount(false)
	return j
}

// Another returns a join like j that has to be built, with resources of its own.
func (j *HashJoin) Another(r *Resources) *HashJoin {
	other := NewHashJoin(j.spec, r)
	other.wanted = j.wanted
	return other
}

// MayAdopt reports whether other joins of the same kind may have the build side of this one: it is in memory as a whole, or not yet built,
// and nobody notes which of its rows have matches.
func (j *HashJoin) MayAdopt() bool { return !j.partitioned.Load() && !j.spec.Kind.emitsBuild() }

// Adopt makes the build side of a join that has been built, and MayAdopt, that of j. The other join must not be closed before j is.
func (j *HashJoin) Adopt(other *HashJoin) { j.buildSide = other.buildSide }

// Bytes is the memory of the build side, when it has been built.
func (j *HashJoin) Bytes() int64 { return j.account.Held() }

func (j *HashJoin) newAccount(spillable bool) *memory.Account {
	a := j.res.Pool.NewAccount(j.spec.Name, spillable)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.accounts = append(j.accounts, a)
	return a
}

// release gives the recorded memory back.
func (j *HashJoin) release() {
	for _, a := range j.accounts {
		a.Close()
	}
	j.accounts = nil
}

// Close implements pipeline.Closer.
func (j *HashJoin) Close() error {
	j.release()
	return j.files.close()
}

// mark notes that a build row has a match. Many workers mark at once.
func (j *HashJoin) mark(row uint32) {
	w, bit := &j.matched[row/32], uint32(1)<<(row%32)
	if atomic.LoadUint32(w)&bit == 0 {
		atomic.OrUint32(w, bit)
	}
}

func (j *HashJoin) isMarked(row int) bool { return j.matched[row/32]>>(row%32)&1 != 0 }

// BuildSource returns the source of the build rows that the kind produces after all probing.
func (j *HashJoin) BuildSource() pipeline.Source { return &joinBuildSource{join: j} }

type joinBuildSource struct {
	join *HashJoin
	next atomic.Int64
}

const buildMorsel = 1 << 16

// Workers implements pipeline.Source.
func (s *joinBuildSource) Workers() int { return (s.join.rows + buildMorsel - 1) / buildMorsel }

// Reader implements pipeline.Source.
func (s *joinBuildSource) Reader(*pipeline.Worker) (pipeline.Reader, error) {
	return &joinBuildReader{source: s}, nil
}

type joinBuildReader struct {
	source  *joinBuildSource
	at, end int
	found   []uint32
	batch   vector.Batch
}

// Next implements pipeline.Reader.
func (r *joinBuildReader) Next() (*vector.Batch, error) {
	j := r.source.join
	want := j.spec.Kind == JoinBuildSemi
	for {
		if r.at >= r.end {
			r.at = (int(r.source.next.Add(1)) - 1) * buildMorsel
			r.end = min(r.at+buildMorsel, j.rows)
			if r.at >= j.rows {
				return nil, nil
			}
		}
		r.found = r.found[:0]
		for ; r.at < r.end && len(r.found) < vector.BatchSize; r.at++ {
			if j.isMarked(r.at) == want {
				r.found = append(r.found, uint32(r.at))
			}
		}
		if len(r.found) > 0 {
			return r.gather(), nil
		}
	}
}

func (r *joinBuildReader) gather() *vector.Batch {
	spec := &r.source.join.spec
	if r.batch.Cols == nil {
		if spec.Kind == JoinBuildOuter || spec.Kind == JoinFullOuter {
			for _, t := range spec.ProbeTypes {
				r.batch.Cols = append(r.batch.Cols, vector.NewNull(t))
			}
		}
		for _, at := range spec.BuildOut {
			r.batch.Cols = append(r.batch.Cols, &vector.Vector{Type: spec.BuildTypes[at]})
		}
	}
	first := len(r.batch.Cols) - len(spec.BuildOut)
	for i, at := range spec.BuildOut {
		vector.GatherView(r.batch.Cols[first+i], r.source.join.cols[at], r.found)
	}
	r.batch.N = len(r.found)
	return &r.batch
}

// Close implements pipeline.Reader.
func (r *joinBuildReader) Close() error { return nil }
