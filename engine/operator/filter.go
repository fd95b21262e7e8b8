package operator

import (
	"skep/engine/pipeline"
	"skep/engine/vector"
)

// Filter keeps the rows for which a condition is true.
type Filter struct{ cond Condition }

var _ pipeline.Operator = (*Filter)(nil)

// NewFilter returns the filter of cond.
func NewFilter(cond Condition) *Filter { return &Filter{cond} }

// Processor implements pipeline.Operator.
func (f *Filter) Processor(_ *pipeline.Worker, next pipeline.Processor) (pipeline.Processor, error) {
	return &filterProcessor{selector: f.cond(), out: compactor{next: next}}, nil
}

type filterProcessor struct {
	selector Selector
	out      compactor
}

func (p *filterProcessor) Push(b *vector.Batch) error {
	sel, err := p.selector.Select(b)
	if err != nil {
		return err
	}
	switch len(sel) {
	case 0:
		return nil
	case b.N:
		sel = nil
	}
	return p.out.push(&vector.Batch{N: b.N, Sel: sel, Cols: b.Cols})
}

func (p *filterProcessor) Finish() error { return p.out.flush() }
