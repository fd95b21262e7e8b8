package stage

import (
	"fmt"
	"slices"

	"skep/dialect/plan"
	"skep/dialect/plan/codec"
	"skep/engine/planner"
)

// Report is what a task tells of its work when it has ended.
type Report struct {
	// Parts are those of the task's pipelines. All tasks of a stage have the same ones, in the same order.
	Parts []PartReport
	// Heavy are the keys that many of Sampled rows have, which were written to an exchange by hash.
	Heavy   []HeavyKey
	Sampled int64
}

// PartReport is what one part of a pipeline did.
type PartReport struct {
	Pipeline int    // parts of one pipeline are listed from the source to the sink
	Name     string // of the part
	Of       string // table or exchange that it reads, if any
	Rows     int64
	Nanos    int64 // of the part and those after it in its pipeline; of a source alone
}

// newReport reads the counters of pipelines that have ended.
func newReport(p *planner.Profile) *Report {
	r := &Report{}
	for _, x := range p.Parts {
		part := PartReport{Pipeline: x.Pipeline, Name: x.Name, Rows: x.Stats.Rows.Load(), Nanos: x.Stats.Nanos.Load()}
		switch n := x.Node.(type) {
		case *plan.Scan:
			part.Of = n.Table.DB + "." + n.Table.Name
		case *plan.RemoteSource:
			part.Of = fmt.Sprintf("exchange %d", n.Exchange)
		}
		r.Parts = append(r.Parts, part)
	}
	return r
}

// Add adds the report of another task of the same stage.
func (r *Report) Add(o *Report) {
	for i, p := range o.Parts {
		if i == len(r.Parts) {
			r.Parts = append(r.Parts, p)
			continue
		}
		r.Parts[i].Rows += p.Rows
		r.Parts[i].Nanos += p.Nanos
	}
	r.Sampled += o.Sampled
	for _, h := range o.Heavy {
		if i := slices.IndexFunc(r.Heavy, func(x HeavyKey) bool { return x.Key == h.Key }); i >= 0 {
			r.Heavy[i].Rows += h.Rows
		} else {
			r.Heavy = append(r.Heavy, h)
		}
	}
}

// EncodeReport turns a report into bytes.
func EncodeReport(r *Report) ([]byte, error) {
	return codec.Encode("the report of a task", r, codeReport)
}

// DecodeReport reads what EncodeReport returns.
func DecodeReport(b []byte) (*Report, error) {
	return codec.Decode("the report of a task", b, codeReport)
}

func codeReport(c *codec.Coder, r *Report) {
	codec.List(c, &r.Parts, func(p *PartReport) {
		c.Int(&p.Pipeline)
		c.String(&p.Name)
		c.String(&p.Of)
		c.Int64(&p.Rows)
		c.Int64(&p.Nanos)
	})
	codec.List(c, &r.Heavy, func(h *HeavyKey) {
		c.String(&h.Key)
		c.Int64(&h.Rows)
	})
	c.Int64(&r.Sampled)
}
