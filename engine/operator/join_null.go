package operator

import "skep/engine/vector"

// findNulls sets p.null[k] for the rows without a match for which the condition is NULL, not false, for some build row.
//
// With a single key and no residual that is so when either side's key is NULL and the build side is not empty. Otherwise
// only an evaluation of the whole condition tells; it is limited to the combinations in which a NULL can matter.
func (p *joinProbeProcessor) findNulls(b *vector.Batch, n int) error {
	j := p.join
	p.null = grow(p.null, n)
	clear(p.null)
	if j.total == 0 {
		return nil
	}
	if p.exact != nil {
		return p.evaluateNulls(b, n)
	}
	for k := range n {
		p.null[k] = j.nullKey
		for _, c := range p.keyCol {
			p.null[k] = p.null[k] || c.Nulls != nil && c.Nulls[k]
		}
	}
	return nil
}

// evaluateNulls evaluates the condition for rows without a match. Rows with a key that is not NULL need only the build rows of
// the same key (for the residual) and those with a NULL in a key; other rows need all.
func (p *joinProbeProcessor) evaluateNulls(b *vector.Batch, n int) error {
	j := p.join
	p.pairs.reset()
	add := func(k int, build uint32) error {
		p.pairs.add(k, row(b, k), build)
		if len(p.pairs.k) < vector.BatchSize {
			return nil
		}
		return p.flushNulls(b)
	}
	for k := range n {
		if p.hit[k] != 0 {
			continue
		}
		null := len(p.keyCol) == 0
		for _, c := range p.keyCol {
			null = null || c.Nulls != nil && c.Nulls[k]
		}
		if null {
			for r := 0; r < j.rows && !p.null[k]; r++ {
				if err := add(k, uint32(r)); err != nil {
					return err
				}
			}
			continue
		}
		for h := p.heads[k]; h != 0; h = j.table.Next(h - 1) {
			if err := add(k, h-1); err != nil {
				return err
			}
		}
		for _, r := range j.nullRows() {
			if err := add(k, r); err != nil {
				return err
			}
		}
	}
	return p.flushNulls(b)
}

func (p *joinProbeProcessor) flushNulls(b *vector.Batch) error {
	defer p.pairs.reset()
	if len(p.pairs.k) == 0 {
		return nil
	}
	res, err := p.exact.Run(p.combine(b))
	if err != nil {
		return err
	}
	for i, k := range p.pairs.k {
		if res[0].IsNull(i) {
			p.null[k] = true
		}
	}
	return nil
}

// nullRows lists the build rows with a NULL in a key.
func (j *HashJoin) nullRows() []uint32 {
	j.nullOnce.Do(func() {
		for r := range j.rows {
			for _, at := range j.spec.BuildKeys {
				if j.cols[at].IsNull(r) {
					j.nullAt = append(j.nullAt, uint32(r))
					break
				}
			}
		}
	})
	return j.nullAt
}
