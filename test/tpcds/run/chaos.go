package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"skep/test/skepserver"
)

// storm is what happens to worker processes while queries run: they are killed and started again, stopped for a while, asked to
// leave, their outputs are damaged, and one of them has a tenth of a processor all the time. Everything follows from a seed, but for
// what the queries happen to be doing at the time.
type storm struct {
	options   skepserver.Options // of the server
	binary    string
	dir       string
	workers   []*skepserver.Process // guarded by mu
	mu        sync.Mutex
	throttled int // number of the slow worker; -1: none

	done map[string]int
}

// newStorm describes a server and its workers, all below dir.
func newStorm(o options, dir string) (*storm, error) {
	s := &storm{binary: o.binary, dir: dir, throttled: -1, done: map[string]int{}, workers: make([]*skepserver.Process, o.workers)}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if err := os.WriteFile(s.token(), []byte("storm"), 0o600); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		return nil, err
	}
	s.options = skepserver.Options{
		Binary: o.binary, Data: dir, Memory: o.memory, Threads: o.threads, Args: []string{"--worker-port", strconv.Itoa(port), "--token-file", s.token()},
	}
	return s, nil
}

func (s *storm) token() string { return filepath.Join(s.dir, "storm-token") }

func (s *storm) workerDir(i int) string {
	return filepath.Join(s.dir, "storm-workers", strconv.Itoa(i))
}

// start starts worker number i. Outputs are kept in files, which can be damaged.
func (s *storm) start(i int) error {
	p, err := skepserver.Spawn(s.binary, filepath.Join(s.dir, "worker-"+strconv.Itoa(i)+".log"), nil,
		"worker", "--coordinator", "127.0.0.1:"+s.options.Args[1], "--token-file", s.token(), "--data", s.workerDir(i), "--name", "w"+strconv.Itoa(i),
		"--slots", "1", "--memory", "1GB", "--shuffle-memory", "0", "--finish", "200ms", "--serve", "2s")
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.workers[i] = p
	return nil
}

// begin starts all workers; end ends them.
func (s *storm) begin() error {
	for i := range s.workers {
		if err := s.start(i); err != nil {
			return err
		}
	}
	return nil
}

func (s *storm) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.workers {
		if p != nil {
			p.Kill()
		}
	}
}

func (s *storm) worker(i int) *skepserver.Process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.workers[i]
}

// rage lets it happen until ctx ends.
func (s *storm) rage(ctx context.Context, seed int64) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	r := rand.New(rand.NewSource(seed))
	s.throttled = r.Intn(len(s.workers))
	wg.Go(func() { s.throttle(ctx) })
	pause := func(d time.Duration) bool {
		select {
		case <-time.After(d):
			return true
		case <-ctx.Done():
			return false
		}
	}
	for pause(time.Duration(2000+r.Intn(2000)) * time.Millisecond) {
		i := r.Intn(len(s.workers) - 1)
		if i >= s.throttled {
			i++
		}
		p, away := s.worker(i), time.Duration(200+r.Intn(1500))*time.Millisecond
		kind := r.Intn(8)
		switch kind {
		case 0, 1, 2:
			s.done["kill -9"]++
			p.Kill()
			pause(away)
		case 3, 4:
			s.done["SIGSTOP, SIGCONT"]++
			p.Signal(syscall.SIGSTOP)
			pause(away)
			p.Signal(syscall.SIGCONT)
			continue
		case 5:
			s.done["asked to leave"]++
			p.Signal(syscall.SIGTERM)
			<-p.Ended // within --serve, or as the storm ends
		default:
			n, err := s.damage(r, i)
			if err != nil {
				return err
			}
			if n > 0 {
				s.done["outputs damaged"] += n
			}
			continue
		}
		if err := s.start(i); err != nil {
			return err
		}
	}
	return nil
}

// throttle lets one worker run for a tenth of the time.
func (s *storm) throttle(ctx context.Context) {
	p := s.worker(s.throttled)
	defer p.Signal(syscall.SIGCONT)
	for ctx.Err() == nil {
		p.Signal(syscall.SIGSTOP)
		time.Sleep(90 * time.Millisecond)
		p.Signal(syscall.SIGCONT)
		time.Sleep(10 * time.Millisecond)
	}
}

// damage flips a bit in some of the outputs of a worker.
func (s *storm) damage(r *rand.Rand, i int) (n int, err error) {
	var paths []string
	err = filepath.WalkDir(filepath.Join(s.workerDir(i), "worker-scratch", "shuffle"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			paths = append(paths, path)
		}
		return nil // files come and go
	})
	if err != nil {
		return 0, err
	}
	r.Shuffle(len(paths), func(a, b int) { paths[a], paths[b] = paths[b], paths[a] })
	for _, path := range paths[:min(len(paths), 2)] {
		if err := flip(r, path); err == nil {
			n++
		} else if !errors.Is(err, fs.ErrNotExist) {
			return n, err
		}
	}
	return n, nil
}

// flip flips a bit of a file.
func flip(r *rand.Rand, path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	b, at := make([]byte, 1), r.Int63n(info.Size())
	if _, err := f.ReadAt(b, at); err != nil {
		return err
	}
	b[0] ^= 1 << r.Intn(8)
	_, err = f.WriteAt(b, at)
	return err
}

func (s *storm) String() string {
	var out []string
	for what, n := range s.done {
		out = append(out, fmt.Sprintf("%s %d times", what, n))
	}
	slices.Sort(out)
	return fmt.Sprintf("worker %d at a tenth of its speed; %s", s.throttled, strings.Join(out, "; "))
}

// weather runs all queries over healthy workers, then in a storm, and compares the times.
func (b *board) weather(ctx context.Context, o options, s *storm, dir, data, format string) error {
	if err := b.runFormat(ctx, o, dir, data, format); err != nil {
		return err
	}
	if err := b.verdict(""); err != nil {
		return fmt.Errorf("over healthy workers: %w", err)
	}
	healthy := b.total(format)
	raging, calm := context.WithCancel(ctx)
	defer calm()
	over := make(chan error, 1)
	go func() { over <- s.rage(raging, o.chaos) }()
	o.keep = true // what is loaded
	err := b.runFormat(ctx, o, dir, data, format)
	calm()
	if err = errors.Join(err, <-over); err != nil {
		return err
	}
	stormy := b.total(format)
	fmt.Printf("%s, seed %d: %.2f s in the storm (%v), %.2f s over healthy workers: %.2f\n", format, o.chaos, stormy.Seconds(), s, healthy.Seconds(), stormy.Seconds()/healthy.Seconds())
	return nil
}

func (b *board) total(format string) (d time.Duration) {
	for _, c := range b.cells[format] {
		d += c.elapsed
	}
	return d
}
