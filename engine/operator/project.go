package operator

import (
	"skep/engine/pipeline"
	"skep/engine/vector"
)

// Project replaces the columns of batches by computed ones.
type Project struct{ program Program }

var _ pipeline.Operator = (*Project)(nil)

// NewProject returns the projection by program.
func NewProject(program Program) *Project { return &Project{program} }

// Processor implements pipeline.Operator.
func (o *Project) Processor(_ *pipeline.Worker, next pipeline.Processor) (pipeline.Processor, error) {
	return &projectProcessor{o.program(), next}, nil
}

type projectProcessor struct {
	evaluator Evaluator
	next      pipeline.Processor
}

func (p *projectProcessor) Push(b *vector.Batch) error {
	cols, err := p.evaluator.Run(b)
	if err != nil {
		return err
	}
	return p.next.Push(&vector.Batch{N: b.N, Sel: b.Sel, Cols: cols})
}

func (p *projectProcessor) Finish() error { return nil }

// Rearrange chooses columns of batches by position.
type Rearrange struct{ positions []int }

var _ pipeline.Operator = (*Rearrange)(nil)

// NewRearrange returns the operator whose output column i is input column positions[i].
func NewRearrange(positions []int) *Rearrange { return &Rearrange{positions} }

// Processor implements pipeline.Operator.
func (o *Rearrange) Processor(_ *pipeline.Worker, next pipeline.Processor) (pipeline.Processor, error) {
	return &rearrangeProcessor{o.positions, make([]*vector.Vector, len(o.positions)), next}, nil
}

type rearrangeProcessor struct {
	positions []int
	cols      []*vector.Vector
	next      pipeline.Processor
}

func (p *rearrangeProcessor) Push(b *vector.Batch) error {
	for i, at := range p.positions {
		p.cols[i] = b.Cols[at]
	}
	return p.next.Push(&vector.Batch{N: b.N, Sel: b.Sel, Cols: p.cols})
}

func (p *rearrangeProcessor) Finish() error { return nil }
