package operator

import "skep/engine/vector"

// pushCombinations joins without keys: every row of the batch meets every build row, at least in the residual. The columns of the
// side with more rows are taken as they are, the other side's row beside them as constants.
func (p *joinProbeProcessor) pushCombinations(b *vector.Batch, n int) error {
	j := p.join
	if p.residual == nil && !j.spec.Kind.pairsOut() && !j.spec.Kind.emitsBuild() {
		if j.rows > 0 {
			for k := range n {
				p.hit[k] = 1
			}
		}
		return nil
	}
	if j.rows <= n {
		return p.pushByBuildRow(b, n)
	}
	return p.pushByProbeRow(b, n)
}

// pushByBuildRow combines the batch with one build row after the other.
func (p *joinProbeProcessor) pushByBuildRow(b *vector.Batch, n int) error {
	j := p.join
	// Positions by row, for counting matches.
	p.position = grow(p.position, b.N)
	for k := range n {
		p.position[row(b, k)] = uint16(k)
	}
	for r := range j.rows {
		out := &vector.Batch{N: b.N, Sel: b.Sel, Cols: append(make([]*vector.Vector, 0, len(b.Cols)+len(j.spec.BuildOut)), b.Cols...)}
		for _, at := range j.spec.BuildOut {
			out.Cols = append(out.Cols, constant(j.cols[at], r))
		}
		err := p.pushMatching(out, func(at uint16) (k uint16, build uint32) { return p.position[at], uint32(r) })
		if err != nil {
			return err
		}
	}
	return nil
}

// pushByProbeRow combines one row of the batch after the other with the build side.
func (p *joinProbeProcessor) pushByProbeRow(b *vector.Batch, n int) error {
	j := p.join
	for k := range n {
		at := int(row(b, k))
		one := make([]*vector.Vector, len(b.Cols), len(b.Cols)+len(j.spec.BuildOut))
		for i, c := range b.Cols {
			one[i] = constant(c, at)
		}
		for from := 0; from < j.rows; from += vector.BatchSize {
			to := min(from+vector.BatchSize, j.rows)
			out := &vector.Batch{N: to - from, Cols: one}
			for _, at := range j.spec.BuildOut {
				out.Cols = append(out.Cols, slice(j.cols[at], from, to))
			}
			err := p.pushMatching(out, func(at uint16) (uint16, uint32) { return uint16(k), uint32(from) + uint32(at) })
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// pushMatching applies the residual to combinations, notes the matches and hands them on when the kind produces them. pair
// tells which position of the batch and which build row are combined in a row.
func (p *joinProbeProcessor) pushMatching(out *vector.Batch, pair func(row uint16) (k uint16, build uint32)) error {
	if err := p.ctx.Err(); err != nil { // combinations that all fail the residual reach no operator that would look
		return err
	}
	if p.residual != nil {
		sel, err := p.residual.Select(out)
		if err != nil {
			return err
		}
		if len(sel) == 0 {
			return nil
		}
		if len(sel) < out.N {
			out.Sel = sel
		}
	}
	if p.join.spec.Kind != JoinInner {
		for i := range out.Rows() {
			if err := p.note(pair(row(out, i))); err != nil {
				return err
			}
		}
	}
	if p.join.spec.Kind.pairsOut() {
		return p.next.push(out)
	}
	return nil
}

// constant returns row i of v as a constant that shares v's arena.
func constant(v *vector.Vector, i int) *vector.Vector {
	if v.Form == vector.Const {
		return v
	}
	if v.IsNull(i) {
		return vector.NewNull(v.Type)
	}
	c := *slice(v.Base(), v.At(i), v.At(i)+1)
	c.Nulls = nil
	c.Form = vector.Const
	return &c
}
