package operator

import (
	"context"
	"fmt"
	"math"
	"math/rand"
	"sort"
	"strings"
	"sync"
	"testing"

	"skep/dialect/types"
	"skep/engine/memory"
	"skep/engine/pipeline"
	"skep/engine/vector"
)

// relation is a table of datums, the naive model's data.
type relation struct {
	ts   []*types.Type
	rows [][]types.Datum
	// dicts are dictionaries of whole columns, for batches to share.
	dicts map[int]*sharedDict
	// coded makes all columns that can be come with their dictionaries.
	coded bool
}

type sharedDict struct {
	id      uint64
	entries *vector.Vector
	codes   map[string]uint32
}

// dict returns the dictionary of a column.
func (rel *relation) dict(c int) *sharedDict {
	if d := rel.dicts[c]; d != nil {
		return d
	}
	d := &sharedDict{id: vector.NewDictID(), entries: vector.New(rel.ts[c], 0), codes: map[string]uint32{}}
	d.add(types.Datum{})
	for _, row := range rel.rows {
		d.add(row[c])
	}
	if rel.dicts == nil {
		rel.dicts = map[int]*sharedDict{}
	}
	rel.dicts[c] = d
	return d
}

func (d *sharedDict) add(x types.Datum) {
	if _, ok := d.codes[text(x)]; !ok && !x.Null {
		d.codes[text(x)] = uint32(len(d.codes))
		d.entries.AppendDatum(x)
	}
}

// keyTypes are types of every physical class that may be a key.
var keyTypes = []*types.Type{
	types.IntType, types.BigIntType, types.DoubleType, types.StringType, types.NewDecimal(30, 2), types.BooleanType, types.DateType,
	types.NewDecimal(9, 2), types.TimestampType, types.NewStruct(types.Field{Name: "a", Type: types.IntType}, types.Field{Name: "b", Type: types.StringType}),
	types.NewArray(types.IntType), types.VoidType,
}

// randomDatum draws one of about distinct values of t.
func randomDatum(r *rand.Rand, t *types.Type, distinct int) types.Datum {
	if r.Intn(8) == 0 || t.Kind == types.Void {
		return types.NullDatum
	}
	x := int64(r.Intn(distinct)) - int64(distinct/2)
	switch t.Physical() {
	case types.I64:
		if t.Kind == types.Boolean {
			return types.Datum{I: x & 1}
		}
		return types.Datum{I: x}
	case types.F64:
		if x == 1 {
			return types.Datum{F: math.NaN()}
		}
		if x == 0 && r.Intn(2) == 0 {
			return types.Datum{F: math.Copysign(0, -1)}
		}
		return types.Datum{F: float64(x) / 2}
	case types.I128:
		return types.Datum{W: types.Int128{Hi: x % 3, Lo: uint64(x)}}
	case types.Bytes:
		return types.Datum{S: strings.Repeat("x", int(x&7)) + fmt.Sprint(x)}
	case types.Record:
		return types.Datum{Elems: []types.Datum{{I: x & 1}, {S: fmt.Sprint(x)}}}
	default:
		return types.Datum{Elems: []types.Datum{{I: x}, {I: 1}}[:x&1+1]}
	}
}

func randomRelation(r *rand.Rand, ts []*types.Type, n, distinct int) *relation {
	rel := &relation{ts: ts}
	for range n {
		row := make([]types.Datum, len(ts))
		for i, t := range ts {
			row[i] = randomDatum(r, t, distinct)
		}
		rel.rows = append(rel.rows, row)
	}
	return rel
}

// batches cuts the relation into batches of random sizes, forms and selections.
func (rel *relation) batches(r *rand.Rand, size int) []*vector.Batch {
	var out []*vector.Batch
	for at := 0; at < len(rel.rows); {
		n := min(1+r.Intn(size), len(rel.rows)-at)
		if rel.coded && r.Intn(4) == 0 {
			n = 1 // which may be a constant
		}
		rows := rel.rows[at : at+n]
		at += n
		b := &vector.Batch{}
		var sel []uint16
		total := 0
		if r.Intn(2) == 0 {
			// Selected rows lie among others, which hold garbage.
			for range rows {
				total += r.Intn(3)
				sel = append(sel, uint16(total))
				total++
			}
			total += r.Intn(3)
		} else {
			total = n
			for i := range n {
				sel = append(sel, uint16(i))
			}
		}
		for c, t := range rel.ts {
			if rel.coded && n == 1 && r.Intn(2) == 0 {
				b.Cols = append(b.Cols, vector.NewConst(t, rows[0][c]))
			} else if t.IsPrimitive() && t.Kind != types.Void && (rel.coded || r.Intn(2) == 0) {
				b.Cols = append(b.Cols, rel.dict(c).column(rows, c, sel, total))
			} else {
				b.Cols = append(b.Cols, randomForm(r, t, rows, c, sel, total))
			}
		}
		b.N = total
		if total != n {
			b.Sel = sel
		}
		out = append(out, b)
	}
	return out
}

// column codes rows by the shared dictionary.
func (d *sharedDict) column(rows [][]types.Datum, c int, sel []uint16, total int) *vector.Vector {
	v := &vector.Vector{Type: d.entries.Type, Form: vector.Dict, DictOf: d.entries, DictID: d.id, Codes: make([]uint32, total)}
	for i, at := range sel {
		if rows[i][c].Null {
			v.MakeNulls(total)[at] = true
		} else {
			v.Codes[at] = d.codes[text(rows[i][c])]
		}
	}
	return v
}

func randomForm(r *rand.Rand, t *types.Type, rows [][]types.Datum, c int, sel []uint16, total int) *vector.Vector {
	if allEqual(rows, c) && r.Intn(2) == 0 {
		return vector.NewConst(t, rows[0][c])
	}
	values := make([]types.Datum, total)
	for i := range values {
		values[i] = randomDatum(r, t, 5)
	}
	for i, at := range sel {
		values[at] = rows[i][c]
	}
	if r.Intn(2) == 0 || t.Kind == types.Void || !t.IsPrimitive() {
		v := vector.New(t, 0)
		for _, d := range values {
			v.AppendDatum(d)
		}
		return v
	}
	entries := vector.New(t, 0)
	v := &vector.Vector{Type: t, Form: vector.Dict, DictOf: entries}
	if r.Intn(2) == 0 {
		v.DictID = vector.NewDictID()
	}
	codes := map[string]uint32{}
	for i, d := range values {
		if d.Null {
			v.Codes = append(v.Codes, 0)
			v.MakeNulls(total)[i] = true
			continue
		}
		k := text(d)
		code, ok := codes[k]
		if !ok {
			code = uint32(len(codes))
			codes[k] = code
			entries.AppendDatum(d)
		}
		v.Codes = append(v.Codes, code)
	}
	return v
}

func allEqual(rows [][]types.Datum, c int) bool {
	for _, row := range rows[1:] {
		if text(row[c]) != text(rows[0][c]) {
			return false
		}
	}
	return true
}

// text writes a datum so that datums that are equal as keys have equal texts.
func text(d types.Datum) string {
	if d.Null {
		return "NULL"
	}
	if d.F == 0 {
		d.F = 0
	}
	s := fmt.Sprintf("%d %v %d.%d %q", d.I, d.F, d.W.Hi, d.W.Lo, d.S)
	for _, e := range d.Elems {
		s += "(" + text(e) + ")"
	}
	return s
}

func textRow(row []types.Datum) string {
	parts := make([]string, len(row))
	for i, d := range row {
		parts[i] = text(d)
	}
	return strings.Join(parts, " | ")
}

// collector is a sink that keeps rows as texts.
type collector struct {
	mu   sync.Mutex
	rows []string
}

func (c *collector) Processor(*pipeline.Worker) (pipeline.Processor, error) {
	return collectorPart{c}, nil
}
func (c *collector) Finish(context.Context) error { return nil }

type collectorPart struct{ c *collector }

func (p collectorPart) Finish() error { return nil }

func (p collectorPart) Push(b *vector.Batch) error {
	p.c.mu.Lock()
	defer p.c.mu.Unlock()
	for k := range b.Rows() {
		at := int(row(b, k))
		d := make([]types.Datum, len(b.Cols))
		for i, c := range b.Cols {
			d[i] = c.Datum(at)
		}
		p.c.rows = append(p.c.rows, textRow(d))
	}
	return nil
}

// refs is the program that picks columns.
func refs(at ...int) Program {
	return func() Evaluator { return picker(at) }
}

type picker []int

func (p picker) Run(b *vector.Batch) ([]*vector.Vector, error) {
	out := make([]*vector.Vector, len(p))
	for i, at := range p {
		out[i] = b.Cols[at]
	}
	return out, nil
}

// rowCondition selects rows for which f, given the row's datums, is true.
func rowCondition(f func(row []types.Datum) bool) Condition {
	return func() Selector { return rowSelector(f) }
}

type rowSelector func(row []types.Datum) bool

func (f rowSelector) Select(b *vector.Batch) ([]uint16, error) {
	out := []uint16{}
	for k := range b.Rows() {
		at := row(b, k)
		d := make([]types.Datum, len(b.Cols))
		for i, c := range b.Cols {
			d[i] = c.Datum(int(at))
		}
		if f(d) {
			out = append(out, at)
		}
	}
	return out, nil
}

// graph helps to put together a query by hand.
type graph struct {
	t *testing.T
	q *pipeline.Query
	r *Resources
}

func newGraph(t *testing.T, workers int, memoryLimit int64) *graph {
	return &graph{t, pipeline.NewQuery(pipeline.NewSlots(workers), workers),
		&Resources{Pool: memory.NewPool("test", memoryLimit), SpillDir: t.TempDir(), Workers: workers}}
}

// end adds a pipeline and the end of its sink.
func (g *graph) end(src pipeline.Source, ops []pipeline.Operator, sink pipeline.Sink, after ...*pipeline.Task) *pipeline.Task {
	p := g.q.AddPipeline("test", src, ops, sink, nil)
	p.After(after...)
	t := g.q.AddTask("end", sink.Finish)
	t.After(p)
	return t
}

func (g *graph) run() {
	g.t.Helper()
	if err := g.q.Run(context.Background()); err != nil {
		if p, ok := err.(*pipeline.PanicError); ok {
			g.t.Logf("%s", p.Stack)
		}
		g.t.Fatal(err)
	}
	if used := g.r.Pool.Used(); used != 0 {
		g.t.Fatalf("%d bytes are still recorded", used)
	}
}

func sameRows(t *testing.T, what string, got, want []string) {
	t.Helper()
	sort.Strings(got)
	sort.Strings(want)
	if len(got) != len(want) {
		t.Fatalf("%s: %d rows, want %d\ngot %.2000q\nwant %.2000q", what, len(got), len(want), got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("%s: row %d\ngot  %s\nwant %s", what, i, got[i], want[i])
		}
	}
}
