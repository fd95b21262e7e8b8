package query

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"skep/engine/scheduler"
	"skep/engine/stage"
)

// stageProfile is what the stages of a statement did.
type stageProfile struct {
	mu      sync.Mutex
	reports map[int]*stage.Report // by stage, of all its tasks
	job     scheduler.JobView     // at the end
}

func (p *stageProfile) add(stageID int, r *stage.Report) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reports == nil {
		p.reports = map[int]*stage.Report{}
	}
	if p.reports[stageID] == nil {
		p.reports[stageID] = &stage.Report{}
	}
	p.reports[stageID].Add(r)
}

func (p *stageProfile) tasksEnded(v scheduler.JobView) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.job = v
}

const (
	// heavyShare is the share of rows from which a key is worth telling.
	heavyShare = 0.1
	// leastSampled is the number of sampled rows below which shares say nothing.
	leastSampled = 100
)

// String lists the stages with their tasks and what the parts of their pipelines did, all tasks together.
func (p *stageProfile) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var b strings.Builder
	for i, s := range p.job.Stages {
		fmt.Fprintf(&b, "stage %d %s: tasks=%d rows=%d bytes=%d", i, s.Name, s.Total, s.Rows, s.Bytes)
		if s.MedianTask > 0 {
			fmt.Fprintf(&b, " read by a task: median=%d largest=%d (%.2f)", s.MedianTask, s.LargestTask, float64(s.LargestTask)/float64(s.MedianTask))
		}
		for k, pattern := range s.Patterns {
			if k == 0 {
				b.WriteString(" inputs:")
			}
			fmt.Fprintf(&b, " %v", pattern)
		}
		b.WriteByte('\n')
		r := p.reports[i]
		if r == nil {
			continue
		}
		for _, h := range r.Heavy {
			if share := float64(h.Rows) / float64(r.Sampled); r.Sampled >= leastSampled && share >= heavyShare {
				fmt.Fprintf(&b, "  heavy key: %s in %.0f %% of the rows sent\n", h.Key, 100*share)
			}
		}
		for k, x := range r.Parts {
			if k == 0 || x.Pipeline != r.Parts[k-1].Pipeline {
				fmt.Fprintf(&b, "  pipeline %d\n", x.Pipeline)
			}
			own := x.Nanos
			if k > 0 && x.Pipeline == r.Parts[k-1].Pipeline && k+1 < len(r.Parts) && r.Parts[k+1].Pipeline == x.Pipeline {
				own -= r.Parts[k+1].Nanos
			}
			fmt.Fprintf(&b, "    %-16s rows=%-10d time=%-10s %s\n", x.Name, x.Rows, time.Duration(own).Round(time.Microsecond), x.Of)
		}
	}
	return b.String()
}
