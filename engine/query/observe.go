package query

import (
	"skep/engine/coordinator"
	"skep/engine/history"
	"skep/engine/stage"
)

// noteStages tells the history of the stages: their names, and what the scheduler has decided.
func (st *Statement) noteStages(g *stage.Graph) {
	if st.job == nil {
		return // part of EXPLAIN ANALYZE
	}
	list := make([]history.Stage, len(g.Stages))
	for i, s := range g.Stages {
		list[i].Name = coordinator.StageName(s)
	}
	if v, ok := st.session.engine.view(st.queryID); ok && len(v.Stages) == len(list) {
		st.running.Load().noteProgress(v.Stages)
		for i, s := range v.Stages {
			list[i].State, list[i].Tasks, list[i].MedianTask, list[i].LargestTask = s.State, s.Total, s.MedianTask, s.LargestTask
		}
	}
	st.job.Stages(list)
}

// watch returns what tells the history of attempts of q that ended.
func (st *Statement) watch(q *coordinator.Query) func(coordinator.Attempt) {
	e := st.session.engine
	return func(a coordinator.Attempt) {
		out := &history.Attempt{
			Stage: int(a.ID.Stage), Epoch: int(a.ID.Epoch), Task: int(a.ID.Task), Attempt: int(a.ID.Attempt), Worker: a.Worker, Start: a.Start,
			End: a.End, Killed: a.Killed, Message: a.Message, Copy: a.Copy, Rows: a.Output.Rows, Bytes: a.Output.Bytes,
		}
		if a.Failed {
			out.Class = a.Class.String()
		}
		e.countAttempt(a)
		if s := q.Graph.Stages[a.ID.Stage]; s.Exchange >= 0 && s.Exchange != q.Graph.Result {
			st.running.Load().shuffled.Add(a.Output.Bytes)
		}
		if st.job != nil {
			st.job.Attempt(out)
		}
	}
}
