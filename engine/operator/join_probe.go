package operator

import (
	"context"
	"errors"

	"skep/dialect/types"
	"skep/engine/hashtable"
	"skep/engine/memory"
	"skep/engine/pipeline"
	"skep/engine/vector"
)

// ErrMoreThanOneRow is the error of a scalar subquery with several rows, in Hive's words.
var ErrMoreThanOneRow = errors.New("Scalar subquery expression returns more than one row.") //nolint:staticcheck // Hive's text

// Probe returns the operator of the probe side.
func (j *HashJoin) Probe() pipeline.Operator { return &joinProbe{j} }

type joinProbe struct{ join *HashJoin }

// Stopped implements pipeline.Stopper: without build rows there is nothing to find.
func (o *joinProbe) Stopped() bool {
	j := o.join
	switch j.spec.Kind {
	case JoinInner, JoinProbeSemi, JoinBuildOuter, JoinBuildSemi, JoinBuildAnti:
		return j.total == 0
	}
	return false
}

// Processor implements pipeline.Operator.
func (o *joinProbe) Processor(w *pipeline.Worker, next pipeline.Processor) (pipeline.Processor, error) {
	j := o.join
	p := &joinProbeProcessor{ctx: w.Context, join: j, keys: j.spec.ProbeKeys(), prober: j.table.NewProber(), next: compactor{next: next}}
	if j.spec.Residual != nil {
		p.residual = j.spec.Residual()
	}
	if j.spec.Exact != nil {
		p.exact = j.spec.Exact()
	}
	if j.ranges != nil {
		p.ranges = j.spec.RangeProbes()
	}
	return p, nil
}

// joinProbeProcessor probes for one worker. Rows of the current batch are known by position k within the selection.
type joinProbeProcessor struct {
	ctx      context.Context
	join     *HashJoin
	keys     Evaluator
	residual Selector
	exact    Evaluator
	prober   *hashtable.Prober
	next     compactor
	dense    dense

	heads    []uint32 // by k: first candidate + 1
	hit      []uint8  // by k: number of matches, at most 2
	null     []bool   // by k: condition NULL for some build row
	sel      []uint16
	build    []*vector.Vector // build columns aligned with the batch or the pairs
	left     []*vector.Vector // probe columns of pairs
	nulls    []*vector.Vector // build columns of unmatched rows
	pairs    pairs
	position []uint16   // by row of the batch: position within the selection
	codes    []uint32   // build rows by row of the batch
	coded    [][]uint32 // by build column: codes of its dictionary
	marks    *vector.Vector
	keyCol   []*vector.Vector

	// of a join by ranges
	ranges     Evaluator
	rangeDense dense
	rangeWords [2][]uint64

	// of a join with partitions on disk
	parts   *scatter
	account *memory.Account
	hash    []uint64
	here    []uint16
	away    []uint32
}

// pairs are combinations of probe and build rows.
type pairs struct {
	k     []uint16 // position within the selection
	row   []uint16 // probe row
	build []uint32
}

func (p *pairs) reset() { p.k, p.row, p.build = p.k[:0], p.row[:0], p.build[:0] }

func (p *pairs) add(k int, row uint16, build uint32) {
	p.k, p.row, p.build = append(p.k, uint16(k)), append(p.row, row), append(p.build, build)
}

func (p *joinProbeProcessor) Push(b *vector.Batch) error {
	keys, err := p.keys.Run(b)
	if err != nil {
		return err
	}
	keys = p.dense.columns(b, keys)
	if p.join.partitioned.Load() {
		if b, err = p.divide(b, keys); err != nil || b.Rows() == 0 {
			return err
		}
		if keys, err = p.keys.Run(b); err != nil {
			return err
		}
		keys = p.dense.columns(b, keys)
	}
	return p.probeBatch(b, keys)
}

// probeBatch probes the resident table.
func (p *joinProbeProcessor) probeBatch(b *vector.Batch, keys []*vector.Vector) error {
	j := p.join
	n := b.Rows()
	p.keyCol = keys
	p.heads, p.hit = grow(p.heads, n), grow(p.hit, n)
	clear(p.hit)
	kind := j.spec.Kind
	if len(j.spec.BuildKeys) == 0 {
		clear(p.heads)
		push := p.pushCombinations
		if p.ranges != nil {
			push = p.pushRanges
		}
		if err := push(b, n); err != nil {
			return err
		}
		return p.pushUnpaired(b, n)
	}
	p.prober.Probe(keys, n, p.heads)
	if p.residual == nil && (kind == JoinInner || kind == JoinProbeOuter || kind == JoinSingle) && j.table.Unique() {
		return p.pushUnique(b)
	}
	if p.residual == nil && !kind.pairsOut() && !kind.emitsBuild() {
		for k, h := range p.heads[:n] {
			if h != 0 {
				p.hit[k] = 1
			}
		}
	} else if err := p.pushPairs(b, n); err != nil {
		return err
	}
	return p.pushUnpaired(b, n)
}

func (p *joinProbeProcessor) Finish() error {
	if err := p.finishParts(); err != nil {
		return err
	}
	return p.next.flush()
}

// row returns the row at position k of the selection.
func row(b *vector.Batch, k int) uint16 {
	if b.Sel != nil {
		return b.Sel[k]
	}
	return uint16(k)
}

// pushUnique hands on the probe columns as they are, with the single match's build columns beside them.
func (p *joinProbeProcessor) pushUnique(b *vector.Batch) error {
	j := p.join
	n := b.Rows()
	heads := p.heads[:n]
	sel := grow(p.sel, n)[:0]
	outer := j.spec.Kind != JoinInner
	if outer {
		sel = sel[:n]
		for k := range sel {
			sel[k] = row(b, k)
		}
	} else {
		kept := heads[:0]
		for k, h := range heads {
			if h != 0 {
				sel = append(sel, row(b, k))
				kept = append(kept, h)
			}
		}
		heads = kept
	}
	p.sel = sel
	if len(sel) == 0 {
		return nil
	}
	out := vector.Batch{N: b.N, Sel: sel, Cols: append(p.buildColumns(len(b.Cols)), b.Cols...)}
	coded := false
	for i, at := range j.spec.BuildOut {
		if j.dicts[i].entries == nil {
			spread(p.build[i], j.cols[at], sel, heads, b.N)
		} else {
			if !coded {
				p.codes = spreadCodes(p.codes, sel, heads, b.N)
				coded = true
			}
			p.encode(i, p.codes, sel)
			spreadNulls(p.build[i], j.cols[at], sel, heads, b.N)
		}
		out.Cols = append(out.Cols, p.build[i])
	}
	if len(sel) == b.N {
		out.Sel = nil
	}
	return p.next.push(&out)
}

// encode makes build column i of the output a dictionary column for the given build rows, of which only those in sel (all
// when nil) are valid.
func (p *joinProbeProcessor) encode(i int, rows []uint32, sel []uint16) {
	v, d := p.build[i], &p.join.dicts[i]
	v.Form, v.DictOf, v.DictID = vector.Dict, d.entries, d.id
	if d.codes == nil {
		v.Codes = rows
		return
	}
	codes := grow(p.coded[i], len(rows))
	if sel == nil {
		for k, r := range rows {
			codes[k] = d.codes[r]
		}
	} else {
		if len(sel) < len(rows) {
			clear(codes)
		}
		for _, k := range sel {
			codes[k] = d.codes[rows[k]]
		}
	}
	p.coded[i], v.Codes = codes, codes
}

// spreadCodes sets the selected rows of codes to rows of the build side, 0 without a match.
func spreadCodes(codes []uint32, sel []uint16, heads []uint32, n int) []uint32 {
	codes = grow(codes, n)
	if len(sel) < n {
		clear(codes)
	}
	heads = heads[:len(sel)]
	for i, r := range sel {
		if h := heads[i]; h != 0 {
			codes[r] = h - 1
		} else {
			codes[r] = 0
		}
	}
	return codes
}

// buildColumns makes p.build present and returns an empty slice with room for n columns and the build columns.
func (p *joinProbeProcessor) buildColumns(n int) []*vector.Vector {
	spec := &p.join.spec
	if p.build == nil {
		p.build = make([]*vector.Vector, len(spec.BuildOut))
		p.coded = make([][]uint32, len(spec.BuildOut))
		for i, at := range spec.BuildOut {
			p.build[i] = &vector.Vector{Type: spec.BuildTypes[at]}
		}
	}
	return make([]*vector.Vector, 0, n+len(spec.BuildOut))
}

// pushPairs expands the chains of matches, applies the residual, notes which rows have matches and hands on the pairs when the
// kind produces them.
func (p *joinProbeProcessor) pushPairs(b *vector.Batch, n int) error {
	p.pairs.reset()
	t := p.join.table
	for k := range n {
		r := row(b, k)
		for h := p.heads[k]; h != 0; h = t.Next(h - 1) {
			p.pairs.add(k, r, h-1)
			if len(p.pairs.k) == vector.BatchSize {
				if err := p.flushPairs(b); err != nil {
					return err
				}
			}
		}
	}
	return p.flushPairs(b)
}

func (p *joinProbeProcessor) flushPairs(b *vector.Batch) error {
	defer p.pairs.reset()
	j := p.join
	n := len(p.pairs.k)
	if n == 0 {
		return nil
	}
	// A batch may have any number of matches: cancelling must not wait for the last one.
	if err := p.ctx.Err(); err != nil {
		return err
	}
	var out *vector.Batch
	if j.spec.Kind.pairsOut() || p.residual != nil {
		out = p.combine(b)
	}
	if p.residual == nil {
		for i, k := range p.pairs.k {
			if err := p.note(k, p.pairs.build[i]); err != nil {
				return err
			}
		}
	} else {
		sel, err := p.residual.Select(out)
		if err != nil {
			return err
		}
		for _, i := range sel {
			if err := p.note(p.pairs.k[i], p.pairs.build[i]); err != nil {
				return err
			}
		}
		if len(sel) < n {
			out.Sel = sel
		}
	}
	if j.spec.Kind.pairsOut() {
		return p.next.push(out)
	}
	return nil
}

// note counts a match.
func (p *joinProbeProcessor) note(k uint16, build uint32) error {
	if p.join.matched != nil {
		p.join.mark(build)
	}
	if p.hit[k] < 2 {
		p.hit[k]++
	}
	if p.hit[k] == 2 && p.join.spec.Kind == JoinSingle {
		return ErrMoreThanOneRow
	}
	return nil
}

// combine gathers the columns of the pairs.
func (p *joinProbeProcessor) combine(b *vector.Batch) *vector.Batch {
	j := p.join
	out := &vector.Batch{N: len(p.pairs.k), Cols: p.buildColumns(len(b.Cols))}
	for len(p.left) < len(b.Cols) {
		p.left = append(p.left, nil)
	}
	for i, c := range b.Cols {
		if c.Form == vector.Const {
			out.Cols = append(out.Cols, c)
			continue
		}
		if p.left[i] == nil || p.left[i].Type != c.Type {
			p.left[i] = &vector.Vector{Type: c.Type}
		}
		gatherColumn(p.left[i], c, p.pairs.row)
		out.Cols = append(out.Cols, p.left[i])
	}
	for i, at := range j.spec.BuildOut {
		if j.dicts[i].entries == nil {
			gather(p.build[i], j.cols[at], p.pairs.build)
		} else {
			p.encode(i, p.pairs.build, nil)
			p.build[i].Nulls = gatherNulls(p.build[i].Nulls, j.cols[at].Nulls, p.pairs.build)
		}
		out.Cols = append(out.Cols, p.build[i])
	}
	return out
}

// gatherColumn makes dst the given rows of src, sharing its dictionary, arena and children.
func gatherColumn(dst, src *vector.Vector, rows []uint16) {
	if src.Form != vector.Dict {
		gather(dst, src, rows)
		return
	}
	codes := grow(dst.Codes, len(rows))
	for i, r := range rows {
		codes[i] = src.Codes[r]
	}
	dst.Form, dst.Codes, dst.DictOf, dst.DictID = vector.Dict, codes, src.DictOf, src.DictID
	dst.Nulls = gatherNulls(dst.Nulls, src.Nulls, rows)
}

// pushUnpaired hands on what the kind produces by row of the batch: rows without a match, or with one, or marks.
func (p *joinProbeProcessor) pushUnpaired(b *vector.Batch, n int) error {
	j := p.join
	switch j.spec.Kind {
	case JoinProbeOuter, JoinFullOuter, JoinSingle:
		sel := p.choose(b, n, func(k int) bool { return p.hit[k] == 0 })
		if len(sel) == 0 {
			return nil
		}
		if p.nulls == nil {
			for _, at := range j.spec.BuildOut {
				p.nulls = append(p.nulls, vector.NewNull(j.spec.BuildTypes[at]))
			}
		}
		return p.next.push(&vector.Batch{N: b.N, Sel: sel, Cols: append(b.Cols[:len(b.Cols):len(b.Cols)], p.nulls...)})
	case JoinProbeSemi:
		return p.pushRows(b, p.choose(b, n, func(k int) bool { return p.hit[k] != 0 }))
	case JoinProbeAnti:
		return p.pushRows(b, p.choose(b, n, func(k int) bool { return p.hit[k] == 0 }))
	case JoinNullAwareAnti:
		if err := p.findNulls(b, n); err != nil {
			return err
		}
		return p.pushRows(b, p.choose(b, n, func(k int) bool { return p.hit[k] == 0 && !p.null[k] }))
	case JoinMark, JoinNullAwareMark:
		return p.pushMarks(b, n)
	}
	return nil
}

// choose returns the rows at positions for which keep is true.
func (p *joinProbeProcessor) choose(b *vector.Batch, n int, keep func(k int) bool) []uint16 {
	sel := grow(p.sel, n)[:0]
	for k := range n {
		if keep(k) {
			sel = append(sel, row(b, k))
		}
	}
	p.sel = sel
	return sel
}

func (p *joinProbeProcessor) pushRows(b *vector.Batch, sel []uint16) error {
	switch len(sel) {
	case 0:
		return nil
	case b.N:
		sel = nil
	}
	return p.next.push(&vector.Batch{N: b.N, Sel: sel, Cols: b.Cols})
}

func (p *joinProbeProcessor) pushMarks(b *vector.Batch, n int) error {
	if p.marks == nil {
		p.marks = vector.New(types.BooleanType, 0)
	}
	p.marks.Resize(b.N)
	clear(p.marks.I64)
	for k, h := range p.hit[:n] {
		if h != 0 {
			p.marks.I64[row(b, k)] = 1
		}
	}
	if p.join.spec.Kind == JoinNullAwareMark {
		if err := p.findNulls(b, n); err != nil {
			return err
		}
		for k, null := range p.null[:n] {
			if null && p.hit[k] == 0 {
				p.marks.MakeNulls(b.N)[row(b, k)] = true
			}
		}
	}
	return p.next.push(&vector.Batch{N: b.N, Sel: b.Sel, Cols: append(b.Cols[:len(b.Cols):len(b.Cols)], p.marks)})
}

// spread sets the selected rows of dst to rows of the flat column src: dst[sel[i]] = src[heads[i]-1], or NULL for head 0. dst
// is flat, has n rows and shares src's arena.
func spread(dst, src *vector.Vector, sel []uint16, heads []uint32, n int) {
	switch dst.Type.Physical() {
	case types.I64:
		dst.I64 = spreadValues(dst.I64, src.I64, sel, heads, n)
	case types.F64:
		dst.F64 = spreadValues(dst.F64, src.F64, sel, heads, n)
	case types.I128:
		dst.W = spreadValues(dst.W, src.W, sel, heads, n)
	case types.Bytes, types.List, types.MapOf:
		dst.Refs = spreadValues(dst.Refs, src.Refs, sel, heads, n)
		dst.Data, dst.Children = src.Data, src.Children
	case types.Record, types.Tagged:
		if dst.Type.Physical() == types.Tagged {
			dst.I64 = spreadValues(dst.I64, src.I64, sel, heads, n)
		}
		if dst.Children == nil {
			for _, c := range src.Children {
				dst.Children = append(dst.Children, &vector.Vector{Type: c.Type})
			}
		}
		for i, c := range src.Children {
			spread(dst.Children[i], c, sel, heads, n)
		}
	}
	spreadNulls(dst, src, sel, heads, n)
}

// spreadNulls is spread for Nulls.
func spreadNulls(dst, src *vector.Vector, sel []uint16, heads []uint32, n int) {
	nulls := src.Nulls != nil || dst.Type.Physical() == types.Nothing || dst.Type.Physical() == types.Record && len(dst.Type.Fields) == 0
	for _, h := range heads {
		if h == 0 {
			nulls = true
			break
		}
	}
	if !nulls {
		dst.Nulls = nil
		return
	}
	dst.Nulls = grow(dst.Nulls, n)
	for i, h := range heads {
		dst.Nulls[sel[i]] = h == 0 || src.Nulls != nil && src.Nulls[h-1]
	}
}

func spreadValues[T any](dst, src []T, sel []uint16, heads []uint32, n int) []T {
	if cap(dst) < n {
		dst = make([]T, n)
	}
	dst = dst[:n]
	heads = heads[:len(sel)]
	var zero T
	for i, r := range sel {
		if h := heads[i]; h != 0 {
			dst[r] = src[h-1]
		} else {
			dst[r] = zero
		}
	}
	return dst
}
