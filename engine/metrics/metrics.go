// Package metrics has the counters and histograms that the server shows to Prometheus. They belong to a registry of their own, so
// that several engines in one process do not meet. What is read off the engine when it is asked (memory, slots, queues) is added
// to the registry by who has it.
package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Metrics are those of a server.
type Metrics struct {
	Registry *prometheus.Registry

	Statements    *prometheus.CounterVec // ended, by kind and state
	StatementTime *prometheus.HistogramVec
	QueueWait     *prometheus.HistogramVec // by pool
	Rejected      *prometheus.CounterVec   // by pool: the queue was full
	CommitTime    *prometheus.HistogramVec // by phase
	Attempts      *prometheus.CounterVec   // ended, by class of failure; "ok" without one
	Spilled       prometheus.Counter
	ShuffleBytes  *prometheus.CounterVec // by direction: written, read, fetched (from other processes)
	ShuffleBlocks prometheus.Counter     // read
	Refetches     prometheus.Counter
	LogSync       prometheus.Histogram
	LogReplay     prometheus.Gauge // of the last start
}

// latencies are the bounds of histograms of durations, in seconds: a statement may take a millisecond or hours.
var latencies = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200}

// New returns metrics that have counted nothing, with those of the process and the Go runtime.
func New() *Metrics {
	r := prometheus.NewRegistry()
	m := &Metrics{Registry: r}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		r.MustRegister(c)
		return c
	}
	histogram := func(name, help string, labels ...string) *prometheus.HistogramVec {
		h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: latencies}, labels)
		r.MustRegister(h)
		return h
	}
	m.Statements = counter("skep_statements_total", "Statements that ended.", "kind", "state")
	m.StatementTime = histogram("skep_statement_seconds", "Time of statements from the beginning of their compilation to their end.", "kind")
	m.QueueWait = histogram("skep_queue_wait_seconds", "Time that statements waited for admission to their pool.", "pool")
	m.Rejected = counter("skep_rejected_total", "Statements that were refused because the queue of their pool was full.", "pool")
	m.CommitTime = histogram("skep_commit_seconds", "Time of putting written files in place.", "phase")
	m.Attempts = counter("skep_attempts_total", "Attempts of tasks that ended, by class of failure.", "class")
	m.Spilled = counter("skep_spill_bytes_total", "Bytes that operators wrote to files for lack of memory.").WithLabelValues()
	m.ShuffleBytes = counter("skep_shuffle_bytes_total", "Bytes exchanged between tasks.", "direction")
	m.ShuffleBlocks = counter("skep_shuffle_blocks_total", "Blocks read from exchanges.").WithLabelValues()
	m.Refetches = counter("skep_shuffle_refetches_total", "Requests for blocks that were repeated.").WithLabelValues()
	sync := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "skep_log_sync_seconds", Help: "Time of syncing the coordinator's log.", Buckets: latencies,
	})
	replay := prometheus.NewGauge(prometheus.GaugeOpts{Name: "skep_log_replay_seconds", Help: "Time of replaying the coordinator's log at the last start."})
	m.LogSync, m.LogReplay = sync, replay
	r.MustRegister(sync, replay, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Gauge adds a value that f tells when it is asked. f must be safe for concurrent use.
func (m *Metrics) Gauge(name, help string, f func() float64) {
	m.Registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, f))
}

// Sample is a value with the values of its labels.
type Sample struct {
	Labels []string
	Value  float64
}

// Family is a metric whose samples are told when they are asked for.
type Family struct {
	Name, Help string
	Labels     []string
	Counter    bool
	Samples    func() []Sample
}

// Add adds a family.
func (m *Metrics) Add(f Family) {
	c := collector{f, prometheus.NewDesc(f.Name, f.Help, f.Labels, nil), prometheus.GaugeValue}
	if f.Counter {
		c.kind = prometheus.CounterValue
	}
	m.Registry.MustRegister(c)
}

type collector struct {
	family Family
	desc   *prometheus.Desc
	kind   prometheus.ValueType
}

// Describe implements prometheus.Collector.
func (c collector) Describe(out chan<- *prometheus.Desc) { out <- c.desc }

// Collect implements prometheus.Collector.
func (c collector) Collect(out chan<- prometheus.Metric) {
	for _, s := range c.family.Samples() {
		out <- prometheus.MustNewConstMetric(c.desc, c.kind, s.Value, s.Labels...)
	}
}

// Observe adds a duration to a histogram.
func Observe(h prometheus.Observer, d time.Duration) { h.Observe(d.Seconds()) }
