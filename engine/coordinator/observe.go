package coordinator

import (
	"time"

	"skep/engine/scheduler"
)

// Attempt is a run of a task that has ended, for who watches a query.
type Attempt struct {
	ID         scheduler.AttemptID
	Worker     string
	Start, End time.Time
	// Class and Message say how it failed. Killed: not by itself, another attempt was first or nobody needs it any more.
	Failed, Killed bool
	Class          scheduler.Class
	Message        string
	Copy           bool // of a slow attempt
	Output         scheduler.Output
}

// observer follows the attempts of queries that are watched. It belongs to the loop.
type observer struct {
	hosts    map[scheduler.WorkerID]string
	attempts map[scheduler.AttemptID]*started
}

// started is an attempt that runs.
type started struct {
	at     time.Time
	worker scheduler.WorkerID
	copy   bool
	output scheduler.Output // that it asked to commit
}

func newObserver() observer {
	return observer{hosts: map[scheduler.WorkerID]string{}, attempts: map[scheduler.AttemptID]*started{}}
}

// event notes what an event says of attempts. The core has seen it already.
func (x *Coordinator) observeEvent(e scheduler.Event) {
	switch e := e.(type) {
	case scheduler.WorkerSeen:
		x.observer.hosts[e.Worker] = e.Host
	case scheduler.CommitRequested:
		if s := x.observer.attempts[e.Attempt]; s != nil {
			s.output = e.Output
		}
	case scheduler.AttemptFinished:
		x.attemptEnded(e.Attempt, Attempt{Output: e.Output})
	case scheduler.AttemptFailed:
		x.attemptEnded(e.Attempt, Attempt{
			Failed: true, Class: e.Class, Message: e.Message, Killed: e.Class == scheduler.Cancelled,
		})
	case scheduler.WorkerGone:
		for id, a := range x.observer.attempts {
			if a.worker == e.Worker {
				x.attemptEnded(id, Attempt{Failed: true, Class: scheduler.WorkerLost, Message: e.Reason})
			}
		}
	}
}

// observeAction notes what an action says of attempts.
func (x *Coordinator) observeAction(a scheduler.Action) {
	switch a := a.(type) {
	case scheduler.Launch:
		x.observer.attempts[a.Attempt] = &started{at: time.Now(), worker: a.Worker, copy: a.Copy}
	case scheduler.CommitGranted: // from here on it counts; the job may end before it says that it has ended
		if s := x.observer.attempts[a.Attempt]; s != nil {
			x.attemptEnded(a.Attempt, Attempt{Output: s.output})
		}
	case scheduler.Cancel:
		x.attemptEnded(a.Attempt, Attempt{Failed: true, Killed: true, Class: a.Class})
	case scheduler.JobEnded:
		for id := range x.observer.attempts {
			if id.Job == a.Job {
				x.attemptEnded(id, Attempt{Failed: true, Killed: true, Class: scheduler.Cancelled})
			}
		}
	}
}

// attemptEnded tells who watches the query; once for an attempt.
func (x *Coordinator) attemptEnded(id scheduler.AttemptID, a Attempt) {
	s := x.observer.attempts[id]
	if s == nil {
		return
	}
	delete(x.observer.attempts, id)
	j := x.job(id.Job)
	if j == nil || j.query.Watch == nil {
		return
	}
	a.ID, a.Worker, a.Start, a.End, a.Copy = id, x.observer.hosts[s.worker], s.at, time.Now(), s.copy
	j.query.Watch(a)
}
