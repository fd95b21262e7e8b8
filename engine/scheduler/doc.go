// Package scheduler decides which task runs where and when, what happens
// after a failure, how wide each stage is and whose output counts. It is a
// pure function: Core.Apply takes an event and the time of it, changes the
// core's state and returns actions. Inside there is no clock, no goroutine, no
// I/O, no randomness and no dependence on map order, so the same events give
// the same actions, byte for byte. Three kinds of drivers use that: a
// simulator in virtual time (package simulator), the driver of one process,
// and one that speaks to worker processes. The package knows ids, sizes and
// opaque payloads, and nothing of the engine.
//
// # The objects
//
// A job is a DAG of stages given in topological order. A stage has tasks, made
// when it is sized: a source stage from its splits, any other from the real
// sizes of its finished inputs. A task has attempts, normally one; copies of
// slow attempts race, at most MaxLiveAttempts live at once. An input edge joins
// two stages and says how the consumer reads the producer (all-to-all,
// pointwise, broadcast); there are no edges between tasks. What one task reads
// of an edge is one rectangle, Range: some partitions of some producer tasks.
//
//	job:     Queued → Running → Committing → Succeeded | Failed | Cancelled
//	stage:   Waiting → (AskingSizes) → Running → Finished, and back to Running when outputs are lost,
//	         back to Waiting with the next epoch when what it read turned out to differ; Skipped when nobody needs it
//	task:    pending → running → done (an attempt won) → pending again when its output is lost and needed
//	attempt: launched → running ⇄ waiting for inputs; → (asking to commit) → gone
//	worker:  healthy ⇄ probation (one slot), draining, suspect (silent) → lost
//
// # What a driver owes the core
//
//   - Events one at a time, with times that never decrease (also across a
//     restart: use wall time). A Tick at least each second.
//   - The actions of one Apply are a batch. All LogRecord actions of the batch
//     are written first, in order; if one of them is Durable the log is
//     synced; only then are the others carried out, in order. So an output
//     grant is on disk before the worker hears of it.
//   - Messages may be late, lost or doubled on the way; the core drops what
//     does not fit (other epoch, attempt given up, old incarnation). Cancel,
//     CommitGranted, CommitDenied and Acknowledge may be carried out twice; a
//     worker ignores the Launch of an attempt it has had before.
//   - A worker that does not know an attempt the core believes it runs is
//     found by WorkerSeen, which lists everything the worker holds; send it at
//     every (re)connection, and repeat a terminal report or a CommitRequested
//     until it is answered by Acknowledge, Cancel, CommitGranted or CommitDenied,
//     a FetchProblem until it is answered by InputChanged or Cancel.
//
// The slice Apply returns is valid until the next Apply. Slices inside actions
// and records stay valid and must not be changed; nor may specs, payloads and
// slices given in events, which belong to the core from then on.
//
// # Restart
//
// Recover replays the records of the log into a new core. Everything that was
// decided durably is as it was: which jobs, how stages were sized (the
// adaptive decisions are records, not recomputations), whose output counts.
// Attempts that ran when the coordinator died are unknown until their workers
// return with WorkerSeen; they are adopted, not restarted.
package scheduler
