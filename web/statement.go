package web

import (
	"net/http"
	"time"

	"skep/engine/history"
	"skep/engine/query"
)

// statement is the page of one statement.
func (s *site) statement(w http.ResponseWriter, r *http.Request) {
	d, err := s.engine.History().Get(r.Context(), r.PathValue("key"))
	if err != nil {
		s.fail(w, err)
		return
	}
	data := struct {
		frame
		Statement *history.Detail
		Progress  *query.Progress
		Timeline  *timeline
	}{frame: s.frame("Statement "+d.QueryID, 0), Statement: d, Timeline: timelineOf(d)}
	if p, ok := s.engine.Progress(d.ID); ok {
		data.Progress, data.Refresh = &p, 2
	}
	s.show(w, "statement.html", data)
}

// timeline shows when the stages of a statement ran: a drawing of 1000 units, of which 880 are the statement's time.
type timeline struct {
	Height int
	End    string
	Rows   []bar
}

// bar is a stage of a timeline.
type bar struct {
	Name, Class, From, To string
	X, Width              float64
	Y, Base               int
}

// timelineOf is nil when nothing is known of when the stages ran.
func timelineOf(d *history.Detail) *timeline {
	end := d.Elapsed
	known := false
	for i := range d.Stages {
		end = max(end, d.Stages[i].End)
		known = known || d.Stages[i].End > 0
	}
	if !known || end <= 0 {
		return nil
	}
	const left, width, height = 110.0, 880.0, 18
	at := func(t time.Duration) float64 { return width * float64(t) / float64(end) }
	t := &timeline{End: duration(end)}
	for i := range d.Stages {
		s := &d.Stages[i]
		if s.End == 0 {
			continue // nothing of it ran
		}
		b := bar{
			Name: s.Name, Class: "run", From: duration(s.Begin), To: duration(s.End), X: left + at(s.Begin), Width: max(1, at(s.End-s.Begin)),
			Y: len(t.Rows) * height, Base: len(t.Rows)*height + 10,
		}
		if s.Failed > 0 {
			b.Class = "bad"
		}
		t.Rows = append(t.Rows, b)
	}
	t.Height = len(t.Rows)*height + 14
	return t
}
