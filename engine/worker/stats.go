package worker

import (
	"runtime/metrics"
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

func (r *reads) add(s shuffle.ReaderStats) {
	r.read.Add(s.LocalBytes)
	r.fetched.Add(s.RemoteBytes)
	r.blocks.Add(s.Blocks)
	r.refetches.Add(s.Retries)
}
