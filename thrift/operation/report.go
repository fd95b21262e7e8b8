package operation

import (
	"fmt"
	"strings"
	"time"

	"skep/thrift/backend"
)

// reportEvery is how often the log of a running statement says how far it is, if that has changed.
const reportEvery = 3 * time.Second

// reportProgress writes the progress of the statement to the log until the function that it returns is called.
func (o *Operation) reportProgress() (end func()) {
	if o.stmt.IsCommand() {
		return func() {}
	}
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(reportEvery)
		defer tick.Stop()
		last := ""
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				p := o.stmt.Progress()
				if text := reportText(&p); text != "" && text != last {
					o.log.Logf("INFO", "%s", text)
					last = text
				}
			}
		}
	}()
	return func() {
		close(stop)
		<-ended
	}
}

// reportEnd writes what a successful statement's vertices did, with a row for each if the session wants Hive's summary.
func (o *Operation) reportEnd(start time.Time) {
	p := o.stmt.Progress()
	if len(p.Vertices) == 0 {
		return
	}
	o.log.Logf("INFO", "%s", reportText(&p))
	o.log.Logf("INFO", "Status: DAG finished successfully in %.2f seconds", time.Since(start).Seconds())
	if !strings.EqualFold(o.owner.Conf("hive.tez.exec.print.summary"), "true") {
		return
	}
	line := strings.Repeat("-", 94)
	o.log.Logf("INFO", "%s", line)
	o.log.Logf("INFO", "%-16s%12s  %-12s%9s%11s%9s%9s%8s%8s", "VERTICES", "MODE", "STATUS", "TOTAL", "COMPLETED", "RUNNING", "PENDING", "FAILED", "KILLED")
	o.log.Logf("INFO", "%s", line)
	for i := range p.Vertices {
		v := &p.Vertices[i]
		o.log.Logf("INFO", "%-16s%12s  %-12s%9d%11d%9d%9d%8d%8d", v.Name, v.Mode, v.Status, v.Total, v.Completed, v.Running, v.Pending, v.Failed, v.Killed)
	}
	o.log.Logf("INFO", "%s", line)
}

// reportText is one line of progress in the form of Hive on Tez: tasks that are done, of them running and failed, and all.
func reportText(p *backend.Progress) string {
	var out []string
	for i := range p.Vertices {
		v := &p.Vertices[i]
		switch {
		case v.Total <= 0:
			out = append(out, v.Name+": -/-")
		case v.Completed < v.Total && v.Failed > 0:
			out = append(out, fmt.Sprintf("%s: %d(+%d,-%d)/%d", v.Name, v.Completed, v.Running, v.Failed, v.Total))
		case v.Completed < v.Total && (v.Completed > 0 || v.Running > 0):
			out = append(out, fmt.Sprintf("%s: %d(+%d)/%d", v.Name, v.Completed, v.Running, v.Total))
		default:
			out = append(out, fmt.Sprintf("%s: %d/%d", v.Name, v.Completed, v.Total))
		}
	}
	return strings.Join(out, "\t")
}
