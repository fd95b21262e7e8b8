package operation

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/beltran/gohive/hiveserver"

	"skep/thrift/backend"
	"skep/thrift/tcli"
)

// Cadence of status calls (Hive's): a call waits up to half a second, half a second more for every ten seconds of run time, at
// most hive.server2.long.polling.timeout.
const (
	pollStep  = 500 * time.Millisecond
	pollEvery = 10 * time.Second
)

// Status waits for the end of the operation as long as a poll may take, and answers the status call. ctx ends the wait.
func (o *Operation) Status(ctx context.Context, withProgress bool, longest time.Duration) *hiveserver.TGetOperationStatusResp {
	o.touch()
	if o.async {
		wait := min(longest, (time.Since(o.created)/pollEvery+1)*pollStep)
		timer := time.NewTimer(wait)
		select {
		case <-o.done:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
	o.mu.Lock()
	state, failure, started, completed := o.state, o.err, o.started, o.completed
	killed := o.killed
	compiled, hasResult, stmt, modified := o.compiled, o.hasResult, o.stmt, o.modified
	o.touched = time.Now()
	o.mu.Unlock()
	o.owner.Touch()

	resp := &hiveserver.TGetOperationStatusResp{
		Status:                 tcli.Status(nil),
		OperationState:         &state,
		OperationStarted:       millis(started),
		OperationCompleted:     millis(completed),
		ProgressUpdateResponse: noProgress(),
	}
	if compiled {
		resp.HasResultSet = &hasResult
	}
	if state == Finished {
		resp.NumModifiedRows = &modified
	}
	if killed != "" {
		resp.ErrorMessage = &killed
	}
	if failure != nil {
		resp.ErrorCode, resp.ErrorMessage = &failure.Code, &failure.Message
		if failure.SQLState != "" {
			resp.SqlState = &failure.SQLState
		}
	}
	// After a close the statement may be gone; its progress says nothing then.
	if stmt != nil && state != Closed {
		p := stmt.Progress()
		if status := taskStatus(&p, state, started, completed); status != "" {
			resp.TaskStatus = &status
		}
		if withProgress && (state == Running || state == Finished) {
			if len(p.Vertices) > 0 {
				resp.ProgressUpdateResponse = progressTable(&p, started)
			}
		}
	}
	return resp
}

func millis(t time.Time) *int64 {
	var ms int64
	if !t.IsZero() {
		ms = t.UnixMilli()
	}
	return &ms
}

func noProgress() *hiveserver.TProgressUpdateResp {
	return &hiveserver.TProgressUpdateResp{
		HeaderNames: []string{},
		Rows:        [][]string{},
		Status:      hiveserver.TJobExecutionStatus_NOT_AVAILABLE,
	}
}

// progressTable is the table that beeline draws in place.
func progressTable(p *backend.Progress, started time.Time) *hiveserver.TProgressUpdateResp {
	r := noProgress()
	r.StartTime = *millis(started)
	r.HeaderNames = []string{"VERTICES", "MODE", "STATUS", "TOTAL", "COMPLETED", "RUNNING", "PENDING", "FAILED", "KILLED"}
	finished := 0
	for i := range p.Vertices {
		v := &p.Vertices[i]
		r.Rows = append(r.Rows, []string{v.Name, v.Mode, v.Status, strconv.Itoa(v.Total), strconv.Itoa(v.Completed),
			strconv.Itoa(v.Running), strconv.Itoa(v.Pending), strconv.Itoa(v.Failed), strconv.Itoa(v.Killed)})
		if v.Completed == v.Total {
			finished++
		}
	}
	r.FooterSummary = fmt.Sprintf("VERTICES: %02d/%02d", finished, len(p.Vertices))
	r.ProgressedPercentage = p.Fraction
	r.Status = hiveserver.TJobExecutionStatus_COMPLETE
	if p.Running {
		r.Status = hiveserver.TJobExecutionStatus_IN_PROGRESS
	}
	return r
}

// task is one entry of TGetOperationStatusResp.taskStatus.
type task struct {
	ReturnValue *int   `json:"returnValue,omitempty"`
	BeginTime   int64  `json:"beginTime,omitempty"`
	EndTime     int64  `json:"endTime,omitempty"`
	TaskID      string `json:"taskId"`
	TaskState   string `json:"taskState"`
	TaskType    string `json:"taskType"`
	Name        string `json:"name"`
	ElapsedTime int64  `json:"elapsedTime"`
}

// taskStatus describes the execution as Hive's single task. It is empty without execution stages, and after a failure: gohive
// takes a task status for the error text.
func taskStatus(p *backend.Progress, state State, started, completed time.Time) string {
	if len(p.Vertices) == 0 || started.IsZero() || state == Failed {
		return ""
	}
	t := task{BeginTime: started.UnixMilli(), TaskID: "Stage-1", TaskState: "RUNNING", TaskType: "MAPRED", Name: "MAPRED"}
	end := time.Now()
	if !completed.IsZero() {
		end = completed
		t.EndTime, t.TaskState = end.UnixMilli(), "FINISHED"
		code := 0
		t.ReturnValue = &code
	}
	t.ElapsedTime = end.Sub(started).Milliseconds()
	text, err := json.Marshal([]task{t})
	if err != nil {
		return ""
	}
	return string(text)
}
