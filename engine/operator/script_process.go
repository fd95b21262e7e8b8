package operator

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"syscall"

	"skep/engine/format/record"
	"skep/engine/vector"
)

// scriptProcess is a running script with two goroutines: one writes what arrives on in, one sends the output's rows to out.
type scriptProcess struct {
	spec *ScriptSpec
	cmd  *exec.Cmd
	in   chan []byte
	out  chan *vector.Batch // closed at the end of the output

	quit  chan struct{} // closed to end both goroutines
	pipes sync.WaitGroup
	// Set by the goroutines before they end.
	written  int64
	writeErr error
	readErr  error
	release  func() bool // detaches the process from the context
	ended    bool
}

func startScript(ctx context.Context, spec *ScriptSpec) (*scriptProcess, error) {
	p := &scriptProcess{spec: spec, in: make(chan []byte, 1), out: make(chan *vector.Batch, 2), quit: make(chan struct{})}
	p.cmd = exec.Command(spec.Args[0], spec.Args[1:]...)
	p.cmd.Dir, p.cmd.Env, p.cmd.Stderr = spec.Dir, spec.Env, spec.Stderr
	// A group of its own, so that what the script starts ends with it.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	p.release = context.AfterFunc(ctx, p.kill)
	p.pipes.Go(func() { p.write(stdin) })
	p.pipes.Go(func() { p.read(stdout) })
	return p, nil
}

// write feeds the script until in is closed. After a failure it takes the rest without writing it.
func (p *scriptProcess) write(stdin io.WriteCloser) {
	defer func() {
		if err := stdin.Close(); err != nil && p.writeErr == nil {
			p.writeErr = err
		}
	}()
	for {
		select {
		case buf, ok := <-p.in:
			if !ok {
				return
			}
			p.written += int64(len(buf))
			if p.writeErr == nil {
				_, p.writeErr = stdin.Write(buf)
			}
		case <-p.quit:
			return
		}
	}
}

// read turns the output into batches.
func (p *scriptProcess) read(stdout io.Reader) {
	defer close(p.out)
	rows := p.spec.Open(stdout)
	defer rows.Close()
	for {
		r, err := rows.Next(vector.BatchSize)
		if err != nil {
			p.readErr = err
			return
		}
		if len(r.At) == 0 {
			return
		}
		b, err := p.batch(&r)
		if err != nil {
			p.readErr = err
			return
		}
		select {
		case p.out <- b:
		case <-p.quit:
			return
		}
	}
}

// batch copies the columns of rows, which are reused, into a batch of its own.
func (p *scriptProcess) batch(rows *record.Rows) (*vector.Batch, error) {
	d := p.spec.Output
	if err := d.Load(rows); err != nil {
		return nil, err
	}
	b := vector.NewBatch(p.spec.Types)
	b.N = len(rows.At)
	for i, c := range b.Cols {
		v, err := d.Column(i, nil)
		if err != nil {
			return nil, err
		}
		vector.AppendAll(c, v, nil, b.N)
	}
	return b, nil
}

// wait waits for the script to end by itself, its output having ended, and tells whether it succeeded.
func (p *scriptProcess) wait() error {
	p.pipes.Wait()
	err := p.cmd.Wait()
	p.ended = true
	p.release()
	switch {
	case err != nil:
		return p.spec.Fail(ScriptExit, err)
	case p.readErr != nil:
		return p.spec.Fail(ScriptPipe, fmt.Errorf("reading the output of %s: %w", p.spec.Args[0], p.readErr))
	case p.writeErr != nil && !(isBrokenPipe(p.writeErr) && (p.spec.Partial || p.written <= pipeBytes)):
		return p.spec.Fail(ScriptPipe, fmt.Errorf("writing to %s: %w", p.spec.Args[0], p.writeErr))
	}
	return nil
}

// kill ends the script and what it has started.
func (p *scriptProcess) kill() {
	// The only possible error is that there is no process of the group any more.
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
}

// stop kills the script unless it has ended and waits for all that belongs to it.
func (p *scriptProcess) stop() {
	if p.ended {
		return
	}
	p.release()
	p.kill()
	close(p.quit)
	p.pipes.Wait()
	// How a killed process ended is of no interest.
	_ = p.cmd.Wait()
	p.ended = true
}
