package worker

import (
	"context"
	"runtime/metrics"
	"sync"
	"sync/atomic"

	"skep/shuffle"
)

// Stats is what a worker has done since its process began, and what it holds. Sizes are in bytes.
type Stats struct {
	Attempts     int64 // that run or whose end nobody has heard of
	Memory, Heap int64 // accounted for by attempts, reservations included; objects of the process
	Limit        int64 // of Memory
	Spilled      int64 // written by operators for lack of memory
	Read         int64 // of outputs in this process
	Fetched      int64 // of outputs elsewhere
	Blocks       int64 // of outputs
	Refetches    int64 // requests that failed and were made again
}

// Fields lists the fields in order.
func (s *Stats) Fields() []*int64 {
	return []*int64{&s.Attempts, &s.Memory, &s.Heap, &s.Limit, &s.Spilled, &s.Read, &s.Fetched, &s.Blocks, &s.Refetches}
}

// Stats counts.
func (r *Runner) Stats() Stats {
	s := Stats{
		Read: r.reads.read.Load(), Fetched: r.reads.fetched.Load(), Blocks: r.reads.blocks.Load(), Refetches: r.reads.refetches.Load(),
	}
	if p := r.config.Pool; p != nil {
		s.Memory, s.Limit, s.Spilled = p.Used(), p.Limit(), p.Spilled()
	}
	heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	if metrics.Read(heap); heap[0].Value.Kind() == metrics.KindUint64 {
		s.Heap = int64(heap[0].Value.Uint64())
	}
	r.mu.Lock()
	s.Attempts = int64(len(r.attempts))
	r.mu.Unlock()
	return s
}

// reads counts what attempts have read of exchanges.
type reads struct{ read, fetched, blocks, refetches atomic.Int64 }

// countedExchange counts what is read from an exchange.
type countedExchange struct {
	shuffle.Exchange
	reads *reads
}

// OpenReader implements shuffle.Exchange.
func (x countedExchange) OpenReader(ctx context.Context, spec shuffle.ReaderSpec) (shuffle.Reader, error) {
	r, err := x.Exchange.OpenReader(ctx, spec)
	if err != nil {
		return nil, err
	}
	return &countedReader{Reader: r, reads: x.reads}, nil
}

type countedReader struct {
	shuffle.Reader
	reads *reads
	once  sync.Once
}

// Close implements shuffle.Reader.
func (r *countedReader) Close() error {
	r.once.Do(func() {
		s := r.Stats()
		r.reads.read.Add(s.LocalBytes)
		r.reads.fetched.Add(s.RemoteBytes)
		r.reads.blocks.Add(s.Blocks)
		r.reads.refetches.Add(s.Retries)
	})
	return r.Reader.Close()
}
