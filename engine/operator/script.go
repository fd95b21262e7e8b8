package operator

import (
	"context"
	"errors"
	"io"
	"sync"
	"syscall"

	"skep/dialect/types"
	"skep/engine/format/record"
	"skep/engine/pipeline"
	"skep/engine/vector"
)

// ScriptSpec says how to run a script.
type ScriptSpec struct {
	Args []string // program and arguments
	Dir  string   // working directory
	Env  []string
	// Input writes the rows for the script, each followed by Terminator.
	Input      record.Serializer
	Terminator string
	// Open divides the script's output into rows, Output gives them columns of Types, numbered from 0.
	Open   func(io.Reader) record.Reader
	Output record.Deserializer
	Types  []*types.Type
	// Stderr receives what the script writes to its standard error.
	Stderr io.Writer
	// Partial allows the script to end without having read all rows.
	Partial bool
	// Fail makes the client's error of a failure.
	Fail func(stage ScriptStage, err error) error
}

// ScriptStage is the stage in which a script failed.
type ScriptStage uint8

// The stages.
const (
	ScriptStart ScriptStage = iota // it could not be started
	ScriptPipe                     // it stopped reading, or its output could not be read
	ScriptExit                     // it ended with a status that is not 0
)

// Script pipes rows through a child process (TRANSFORM): the rows that its program computes go in, the output's rows come
// out. The process starts with the first row; without rows there is none. It is for pipelines of one worker: each worker
// would have a process of its own.
type Script struct {
	program Program
	spec    func() (*ScriptSpec, error)

	mu        sync.Mutex
	processes []*scriptProcess
}

var (
	_ pipeline.Operator = (*Script)(nil)
	_ pipeline.Closer   = (*Script)(nil)
)

// NewScript returns the operator; spec is called once per process.
func NewScript(program Program, spec func() (*ScriptSpec, error)) *Script {
	return &Script{program: program, spec: spec}
}

// Processor implements pipeline.Operator.
func (o *Script) Processor(w *pipeline.Worker, next pipeline.Processor) (pipeline.Processor, error) {
	return &scriptProcessor{script: o, ctx: w.Context, evaluator: o.program(), next: next}, nil
}

// Close kills processes that have not ended, as after an error or a cancel, and waits for them.
func (o *Script) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, p := range o.processes {
		p.stop()
	}
	o.processes = nil
	return nil
}

func (o *Script) start(ctx context.Context) (*scriptProcess, error) {
	spec, err := o.spec()
	if err != nil {
		return nil, err
	}
	p, err := startScript(ctx, spec)
	if err != nil {
		return nil, spec.Fail(ScriptStart, err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.processes = append(o.processes, p)
	return p, nil
}

type scriptProcessor struct {
	script    *Script
	ctx       context.Context // of the worker
	evaluator Evaluator
	next      pipeline.Processor
	process   *scriptProcess
	done      bool // the next operator needs no more rows
}

// Push implements pipeline.Processor. While the script's input is full, its output is passed on.
func (p *scriptProcessor) Push(b *vector.Batch) error {
	if p.process == nil {
		var err error
		if p.process, err = p.script.start(p.ctx); err != nil {
			return err
		}
	}
	cols, err := p.evaluator.Run(b)
	if err != nil {
		return err
	}
	s := p.process
	buf, _, err := s.spec.Input.Append(nil, nil, &vector.Batch{N: b.N, Sel: b.Sel, Cols: cols}, s.spec.Terminator)
	if err != nil {
		return err
	}
	for {
		select {
		case s.in <- buf:
			return nil
		case out, ok := <-s.out:
			if !ok {
				s.out = nil // a nil channel is never ready
				continue
			}
			if err := p.pass(out); err != nil {
				return err
			}
		case <-p.ctx.Done():
			return p.ctx.Err()
		}
	}
}

func (p *scriptProcessor) pass(b *vector.Batch) error {
	err := p.next.Push(b)
	p.done = p.done || errors.Is(err, pipeline.ErrDone)
	return err
}

// Finish implements pipeline.Processor.
func (p *scriptProcessor) Finish() error {
	s := p.process
	if s == nil {
		return nil
	}
	if p.done {
		s.stop()
		return nil
	}
	close(s.in)
	for s.out != nil {
		select {
		case out, ok := <-s.out:
			if !ok {
				s.out = nil
				continue
			}
			if err := p.pass(out); err != nil {
				s.stop()
				return err
			}
		case <-p.ctx.Done():
			return p.ctx.Err()
		}
	}
	return s.wait()
}

// pipeBytes is what a pipe holds at least: a script that ends without reading so little has not been noticed to.
const pipeBytes = 64 << 10

func isBrokenPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }
