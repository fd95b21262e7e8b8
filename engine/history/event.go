package history

import (
	"slices"
	"time"
)

// event is a line of a statement's file. One of the pointers is set, or the phase.
type event struct {
	At      time.Time `json:"at"`
	Begin   *Record   `json:"begin,omitempty"`
	Setup   *setup    `json:"setup,omitempty"`
	Phase   State     `json:"phase,omitempty"`
	Stages  []Stage   `json:"stages,omitempty"`
	Attempt *Attempt  `json:"attempt,omitempty"`
	End     *ending   `json:"end,omitempty"`
}

// setup is what is known of a statement when it begins and not in its index row.
type setup struct {
	Settings map[string]string `json:"settings,omitempty"`
	Plan     string            `json:"plan,omitempty"`
}

// ending is End as an event.
type ending struct {
	State   State         `json:"state"`
	Error   string        `json:"error,omitempty"`
	Rows    int64         `json:"rows"`
	Commit  time.Duration `json:"commit,omitempty"`
	Profile string        `json:"profile,omitempty"`
	Spill   int64         `json:"spill,omitempty"`
	Shuffle int64         `json:"shuffle,omitempty"`
	Memory  int64         `json:"memory,omitempty"`
}

// maxFailures is the number of failures that a Detail lists.
const maxFailures = 50

// maxMessage bounds the text of a failure.
const maxMessage = 4 << 10

// sum adds up the events of a statement. It is the same while a statement runs and when a file is read again.
type sum struct {
	detail  Detail
	running time.Time         // since when the statement runs, not waits
	times   [][]time.Duration // of finished attempts, by stage
}

func (s *sum) apply(e *event) {
	d := &s.detail
	switch {
	case e.Begin != nil:
		d.Record = *e.Begin
	case e.Setup != nil:
		d.Settings, d.Plan = e.Setup.Settings, e.Setup.Plan
	case e.Phase == Running:
		d.State, s.running = Running, e.At
		d.Queue = max(0, e.At.Sub(d.Start)-d.Compile)
	case e.Stages != nil:
		s.stages(e.Stages)
	case e.Attempt != nil:
		s.attempt(e.Attempt)
	case e.End != nil:
		s.end(e)
	}
}

// stages notes what the scheduler says of the stages; the rest of a Stage is known from its attempts.
func (s *sum) stages(list []Stage) {
	for i, x := range list {
		s.upTo(i)
		st := &s.detail.Stages[i]
		st.Name, st.State, st.Tasks = x.Name, x.State, max(st.Tasks, x.Tasks)
		st.MedianTask, st.LargestTask = max(st.MedianTask, x.MedianTask), max(st.LargestTask, x.LargestTask)
	}
}

// upTo makes room for stage number n.
func (s *sum) upTo(n int) {
	for len(s.detail.Stages) <= n {
		s.detail.Stages = append(s.detail.Stages, Stage{})
		s.times = append(s.times, nil)
	}
}

func (s *sum) attempt(a *Attempt) {
	d := &s.detail
	s.upTo(a.Stage)
	st := &d.Stages[a.Stage]
	begin, end := a.Start.Sub(d.Start), a.End.Sub(d.Start)
	if st.End == 0 || begin < st.Begin {
		st.Begin = begin
	}
	st.End = max(st.End, end)
	st.Tasks = max(st.Tasks, a.Task+1)
	st.Spill += a.Spill
	d.Spill += a.Spill
	if a.Copy {
		st.Copies++
		d.Launched++
		if a.Class == "" {
			d.Won++
		} else {
			d.Wasted++
		}
	}
	if a.Class == "" {
		st.Completed++
		st.Rows += a.Rows
		st.Bytes += a.Bytes
		t := a.End.Sub(a.Start)
		st.Time += t
		st.Longest = max(st.Longest, t)
		s.times[a.Stage] = append(s.times[a.Stage], t)
		return
	}
	if d.Classes == nil {
		d.Classes = map[string]int{}
	}
	d.Classes[a.Class]++
	if a.Killed {
		st.Killed++
		return
	}
	st.Failed++
	d.FailedAttempts++
	if len(d.Failures) < maxFailures {
		d.Failures = append(d.Failures, Failure{
			At: end, Stage: a.Stage, Task: a.Task, Attempt: a.Attempt, Worker: a.Worker, Class: a.Class, Message: cut(a.Message, maxMessage),
		})
	}
}

func (s *sum) end(e *event) {
	d, x := &s.detail, e.End
	d.State, d.Error, d.Rows, d.Commit, d.Profile = x.State, x.Error, x.Rows, x.Commit, x.Profile
	d.Elapsed = max(0, e.At.Sub(d.Start))
	if !s.running.IsZero() {
		d.Run = max(0, e.At.Sub(s.running)-d.Commit)
	} else {
		d.Queue = max(0, d.Elapsed-d.Compile)
	}
	d.Spill, d.Shuffle, d.Memory = max(d.Spill, x.Spill), max(d.Shuffle, x.Shuffle), max(d.Memory, x.Memory)
}

// result is the sum as it is now. The result shares nothing that changes.
func (s *sum) result() *Detail {
	d := s.detail
	d.Stages = slices.Clone(d.Stages)
	d.Failures = slices.Clip(d.Failures)
	d.Tasks = 0
	for i := range d.Stages {
		d.Tasks += d.Stages[i].Tasks
		if times := slices.Clone(s.times[i]); len(times) > 0 {
			slices.Sort(times)
			d.Stages[i].Median = times[len(times)/2]
		}
	}
	if d.Classes != nil {
		d.Classes = make(map[string]int, len(s.detail.Classes))
		for k, v := range s.detail.Classes {
			d.Classes[k] = v
		}
	}
	return &d
}

// cut returns the first n bytes of a text, whole characters only.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && text[n]&0xC0 == 0x80 {
		n--
	}
	return text[:n]
}
