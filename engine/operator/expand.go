package operator

import (
	"skep/dialect/types"
	"skep/engine/pipeline"
	"skep/engine/vector"
)

// GroupingSet is one of the sets of Expand: the keys that are NULL in it and its number.
type GroupingSet struct {
	Null []bool // by key
	ID   int64
}

// Expand repeats its input for each grouping set: the first columns are the keys, of which those outside the set become NULL;
// a bigint column with the set's number is added at the end.
type Expand struct {
	keys []*types.Type
	sets []GroupingSet
}

var _ pipeline.Operator = (*Expand)(nil)

// NewExpand returns the operator for keys of the given types.
func NewExpand(keys []*types.Type, sets []GroupingSet) *Expand { return &Expand{keys, sets} }

// Processor implements pipeline.Operator.
func (o *Expand) Processor(_ *pipeline.Worker, next pipeline.Processor) (pipeline.Processor, error) {
	p := &expandProcessor{expand: o, next: next}
	for _, t := range o.keys {
		p.nulls = append(p.nulls, vector.NewNull(t))
	}
	for _, s := range o.sets {
		p.ids = append(p.ids, vector.NewConst(types.BigIntType, types.Datum{I: s.ID}))
	}
	return p, nil
}

type expandProcessor struct {
	expand *Expand
	next   pipeline.Processor
	nulls  []*vector.Vector
	ids    []*vector.Vector
	cols   []*vector.Vector
}

func (p *expandProcessor) Push(b *vector.Batch) error {
	for i, s := range p.expand.sets {
		p.cols = append(append(p.cols[:0], b.Cols...), p.ids[i])
		for k, null := range s.Null {
			if null {
				p.cols[k] = p.nulls[k]
			}
		}
		if err := p.next.Push(&vector.Batch{N: b.N, Sel: b.Sel, Cols: p.cols}); err != nil {
			return err
		}
	}
	return nil
}

func (p *expandProcessor) Finish() error { return nil }
