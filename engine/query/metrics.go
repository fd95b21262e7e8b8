package query

import (
	"time"

	"skep/engine/coordinator"
	"skep/engine/history"
	"skep/engine/metrics"
	"skep/engine/scheduler"
	"skep/engine/worker"
	"skep/shuffle"
)

// Metrics are the engine's; others may add theirs.
func (e *Engine) Metrics() *metrics.Metrics { return e.metrics }

// addMetrics adds what is read off the engine.
func (e *Engine) addMetrics() {
	m := e.metrics
	m.Gauge("skep_memory_used_bytes", "Memory that running queries account for.", func() float64 { return float64(e.pool.Used()) })
	m.Gauge("skep_memory_limit_bytes", "Memory that running queries may use.", func() float64 { return float64(e.config.Memory) })
	m.Gauge("skep_memory_peak_bytes", "Largest memory that queries have accounted for at a time.", func() float64 { return float64(e.pool.Peak()) })
	m.Gauge("skep_sessions", "Open sessions.", func() float64 { return float64(e.sessions.Load()) })
	m.Add(metrics.Family{Name: "skep_statements_open", Help: "Statements that wait or run.", Labels: []string{"state"}, Samples: e.openStatements})
	m.Add(metrics.Family{Name: "skep_slots", Help: "Slots of workers.", Labels: []string{"state"}, Samples: e.slotCounts})
	m.Add(metrics.Family{
		Name: "skep_speculation_total", Help: "Copies of slow attempts.", Labels: []string{"outcome"}, Counter: true, Samples: e.speculation,
	})
	m.Add(metrics.Family{
		Name: "skep_shuffle_corrupt_total", Help: "Outputs that were found to be damaged.", Counter: true,
		Samples: func() []metrics.Sample { return []metrics.Sample{{Value: float64(e.counters().CorruptOutputs)}} },
	})
	m.Add(metrics.Family{
		Name: "skep_input_waits_total", Help: "Times that attempts waited for inputs to be made again.", Counter: true,
		Samples: func() []metrics.Sample { return []metrics.Sample{{Value: float64(e.counters().Waits)}} },
	})
}

// addWorkerMetrics adds what worker processes say of themselves with their heartbeats.
func (e *Engine) addWorkerMetrics() {
	add := func(f metrics.Family, of func(s worker.Stats) []metrics.Sample) {
		f.Labels = append([]string{"worker"}, f.Labels...)
		f.Samples = func() []metrics.Sample {
			var out []metrics.Sample
			for name, s := range e.workers.Stats() {
				for _, x := range of(s) {
					out = append(out, metrics.Sample{Labels: append([]string{name}, x.Labels...), Value: x.Value})
				}
			}
			return out
		}
		e.metrics.Add(f)
	}
	sample := func(n int64, labels ...string) metrics.Sample {
		return metrics.Sample{Labels: labels, Value: float64(n)}
	}
	add(metrics.Family{Name: "skep_worker_attempts", Help: "Attempts that run or whose end nobody has heard of."}, func(s worker.Stats) []metrics.Sample {
		return []metrics.Sample{sample(s.Attempts)}
	})
	add(metrics.Family{Name: "skep_worker_memory_bytes", Help: "Memory of workers.", Labels: []string{"kind"}}, func(s worker.Stats) []metrics.Sample {
		return []metrics.Sample{sample(s.Memory, "used"), sample(s.Limit, "limit"), sample(s.Heap, "heap")}
	})
	add(metrics.Family{
		Name: "skep_worker_spilled_bytes_total", Help: "Bytes that operators wrote to files for lack of memory.", Counter: true,
	}, func(s worker.Stats) []metrics.Sample { return []metrics.Sample{sample(s.Spilled)} })
	add(metrics.Family{
		Name: "skep_worker_shuffle_bytes_total", Help: "Bytes read of outputs in the same process, and fetched from others.", Labels: []string{"way"}, Counter: true,
	}, func(s worker.Stats) []metrics.Sample {
		return []metrics.Sample{sample(s.Read, "read"), sample(s.Fetched, "fetched")}
	})
	add(metrics.Family{Name: "skep_worker_shuffle_blocks_total", Help: "Blocks read of outputs.", Counter: true}, func(s worker.Stats) []metrics.Sample {
		return []metrics.Sample{sample(s.Blocks)}
	})
	add(metrics.Family{
		Name: "skep_worker_refetches_total", Help: "Requests for outputs that failed and were made again.", Counter: true,
	}, func(s worker.Stats) []metrics.Sample { return []metrics.Sample{sample(s.Refetches)} })
}

// openStatements counts the statements that have begun, by state.
func (e *Engine) openStatements() []metrics.Sample {
	e.runningMu.Lock()
	defer e.runningMu.Unlock()
	var queued, running float64
	for _, st := range e.running {
		if st.job.State() == history.Queued {
			queued++
		} else {
			running++
		}
	}
	return []metrics.Sample{{Labels: []string{"queued"}, Value: queued}, {Labels: []string{"running"}, Value: running}}
}

// slotCounts are those of the workers, and, as long as there are none, of the server itself.
func (e *Engine) slotCounts() []metrics.Sample {
	used, total := e.slots.Used(), e.slots.Len()
	for i, w := range e.Workers() {
		if i == 0 {
			used, total = 0, 0
		}
		if w.State != "gone" {
			used += w.Running
			total += w.Slots
		}
	}
	return []metrics.Sample{{Labels: []string{"used"}, Value: float64(used)}, {Labels: []string{"total"}, Value: float64(total)}}
}

// counters are the scheduler's, zero as long as nothing ran in stages.
func (e *Engine) counters() scheduler.Counters {
	e.starting.Lock()
	c := e.coordinator
	e.starting.Unlock()
	if c == nil {
		return scheduler.Counters{}
	}
	return c.Counters()
}

func (e *Engine) speculation() []metrics.Sample {
	n := e.counters()
	return []metrics.Sample{
		{Labels: []string{"launched"}, Value: float64(n.Copies)}, {Labels: []string{"won"}, Value: float64(n.CopiesWon)},
		{Labels: []string{"wasted"}, Value: float64(n.Copies - n.CopiesWon)},
	}
}

// countAttempt counts an attempt that ended.
func (e *Engine) countAttempt(a coordinator.Attempt) {
	class := "ok"
	if a.Failed {
		class = a.Class.String()
	}
	e.metrics.Attempts.WithLabelValues(class).Inc()
}

// timedLog measures how long it takes to make the coordinator's log durable.
type timedLog struct {
	coordinator.Log
	metrics *metrics.Metrics
}

// Sync implements coordinator.Log.
func (l timedLog) Sync() error {
	start := time.Now()
	err := l.Log.Sync()
	metrics.Observe(l.metrics.LogSync, time.Since(start))
	return err
}

// countRead adds up what readers of exchanges have read.
func countRead(m *metrics.Metrics) func(shuffle.ReaderStats) {
	return func(s shuffle.ReaderStats) {
		m.ShuffleBytes.WithLabelValues("read").Add(float64(s.LocalBytes))
		m.ShuffleBytes.WithLabelValues("fetched").Add(float64(s.RemoteBytes))
		m.ShuffleBlocks.Add(float64(s.Blocks))
		m.Refetches.Add(float64(s.Retries))
	}
}
