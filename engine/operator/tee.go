package operator

import (
	"context"
	"errors"

	"skep/engine/pipeline"
	"skep/engine/vector"
)

// Tee is a sink that gives its input to several sinks.
type Tee struct{ sinks []pipeline.Sink }

var _ pipeline.Sink = (*Tee)(nil)

// NewTee returns the sink that feeds sinks.
func NewTee(sinks ...pipeline.Sink) *Tee { return &Tee{sinks} }

// Processor implements pipeline.Sink.
func (t *Tee) Processor(w *pipeline.Worker) (pipeline.Processor, error) {
	p := &teeProcessor{}
	for _, s := range t.sinks {
		x, err := s.Processor(w)
		if err != nil {
			return nil, err
		}
		p.parts = append(p.parts, x)
	}
	return p, nil
}

// Finish implements pipeline.Sink.
func (t *Tee) Finish(ctx context.Context) error {
	for _, s := range t.sinks {
		if err := s.Finish(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Close implements pipeline.Closer.
func (t *Tee) Close() error {
	var errs []error
	for _, s := range t.sinks {
		if c, ok := s.(pipeline.Closer); ok {
			errs = append(errs, c.Close())
		}
	}
	return errors.Join(errs...)
}

type teeProcessor struct{ parts []pipeline.Processor }

func (p *teeProcessor) Push(b *vector.Batch) error {
	for _, x := range p.parts {
		if err := x.Push(b); err != nil {
			return err
		}
	}
	return nil
}

func (p *teeProcessor) Finish() error {
	for _, x := range p.parts {
		if err := x.Finish(); err != nil {
			return err
		}
	}
	return nil
}
