package coordinator

import (
	"fmt"

	"skep/engine/scheduler"
	"skep/engine/stage"
	"skep/engine/worker"
	"skep/shuffle"
)

// launch starts an attempt. It is called by the loop, which knows the places of inputs.
func (x *Coordinator) launch(l scheduler.Launch) {
	j := x.job(l.Attempt.Job)
	w := x.workers[l.Worker]
	if j == nil || w == nil {
		return
	}
	g := j.query.Graph
	s := g.Stages[l.Attempt.Stage]
	t := &stage.Task{Attempt: j.shuffleID(l.Attempt), Splits: make([][]stage.Split, len(s.Scans)), Inputs: map[int]stage.Input{}, Partitions: l.Partitions}
	for _, i := range l.Splits {
		at := j.splits[s.ID][i]
		t.Splits[at.scan] = append(t.Splits[at.scan], at.split)
	}
	for _, at := range j.whole[s.ID] {
		t.Splits[at.scan] = append(t.Splits[at.scan], at.split)
	}
	places, gone := x.places(j, s, l.Manifests)
	if gone != nil {
		x.running.Go(func() {
			x.send(scheduler.AttemptFailed{
				Attempt: l.Attempt, Worker: l.Worker, Incarnation: l.Incarnation, Class: scheduler.FetchFailed,
				Message: fmt.Sprintf("the output of %v is lost", gone.Producer), Fetch: gone,
			})
		})
		return
	}
	for k, exchange := range s.Reads {
		r, m := l.Inputs[k], places[exchange]
		slice := shuffle.Slice{Partitions: shuffle.Range{From: int(r.PartLo), To: int(r.PartHi)}}
		if r.MapLo > 0 || int(r.MapHi) < len(m.Entries) {
			slice.Maps = shuffle.Range{From: int(r.MapLo), To: int(r.MapHi)}
		}
		if g.Exchanges[exchange].Every > 0 { // the rows are in one partition, their sample in another
			slice.Partitions = shuffle.Range{To: 1}
			if s.Samples {
				slice.Partitions = shuffle.Range{From: 1, To: 2}
			}
		}
		t.Inputs[exchange] = stage.Input{Manifest: m, Slices: []shuffle.Slice{slice}}
	}
	o := &worker.Launch{
		Job: j.job, Attempt: l.Attempt, Fragment: j.fragments[s.ID], Task: t, Commit: s.Exchange < 0 || s.Exchange == g.Result, Memory: l.Memory,
	}
	if s.Exchange < 0 {
		o.Sink = j.query.Sinks[s.Sink]
	}
	w.Launch(o)
}

// places returns where the inputs of a stage are, by exchange, or the first of them that nobody knows any more.
func (x *Coordinator) places(j *job, s *stage.Stage, refs []scheduler.ManifestRef) (map[int]*shuffle.Manifest, *scheduler.FetchFail) {
	out := make(map[int]*shuffle.Manifest, len(refs))
	for k, exchange := range s.Reads {
		ref, places := x.core.Manifest(j.id, refs[k].Stage)
		out[exchange] = j.manifest(ref, places)
		if gone := j.missing(places); gone != nil {
			return nil, gone
		}
	}
	return out, nil
}

// inputChanged tells an attempt that waited for inputs where they are now.
func (x *Coordinator) inputChanged(a scheduler.InputChanged) {
	j := x.job(a.Attempt.Job)
	w := x.workers[a.Worker]
	if j == nil || w == nil {
		return
	}
	places, gone := x.places(j, j.query.Graph.Stages[a.Attempt.Stage], a.Manifests)
	if gone != nil {
		x.running.Go(func() {
			x.send(scheduler.FetchProblem{Attempt: a.Attempt, Worker: a.Worker, Incarnation: a.Incarnation, Fetch: *gone})
		})
		return
	}
	w.InputChanged(a.Attempt, places)
}
