package table

import (
	"context"
	"fmt"
	"strings"
	"time"

	"skep/dialect/catalog"
	"skep/dialect/plan"
	"skep/dialect/sqlerr"
	"skep/dialect/storage"
	"skep/dialect/types"
	"skep/engine/acid"
	"skep/engine/expr"
	"skep/engine/format"
	"skep/engine/format/avro"
	"skep/engine/session"
	"skep/engine/vector"
)

// unit is a partition (or the table) as its splits are read: in its own format and, unless its files describe
// themselves, by its own columns, which are converted to the table's by position.
type unit struct {
	format   format.Format
	options  *format.ReadOptions
	modified map[string]time.Time // of its files; complete before any is read
	columns  []scanOutput
	// converted are the casts of columns whose type differs from the table's; nil when there is none.
	converted *expr.Program
	// late are predicates over columns that the reader cannot evaluate, being converted or missing.
	late []latePredicate
	// keys is acid.RowID when a column of the scan is ROW__ID, the last one of the reader's.
	keys acid.Extra
	// ids are the write ids that the statement sees of a transactional table; deletes are the rows of it that it does not.
	ids     *catalog.WriteIDs
	deletes *deletes
}

// scanOutput says where a column of the scan comes from.
type scanOutput struct {
	from     scanSource
	position int // among the reader's columns or the converted ones
	constant *vector.Vector
}

type scanSource uint8

const (
	fromReader scanSource = iota
	fromConversion
	fromConstant
	fromFileName
	fromOffset // the reader's offsets, or the start of the split when it has none
	fromRowID
)

// latePredicate is a predicate over the scan's output column.
type latePredicate struct {
	format.Predicate
	output int
}

// selfDescribing tells formats whose files carry their schema: they are read by the table's columns, not the partition's.
func selfDescribing(inputFormat string) bool {
	switch inputFormat {
	case storage.OrcInputFormat, storage.ParquetInputFormat, storage.AvroInputFormat:
		return true
	}
	return false
}

func (r *Reader) unit(n *plan.Scan, p *catalog.Partition, predicates []format.Predicate) (*unit, error) {
	input, serde, props := p.InputFormat, p.SerDe, p.SerDeProps
	if input == "" {
		input, serde, props = n.Table.InputFormat, n.Table.SerDe, n.Table.SerDeProps
	}
	f, err := r.Formats.Find(input, serde)
	if err != nil {
		return nil, err
	}
	modified := map[string]time.Time{}
	columns := n.Table.Columns
	if p.Columns != nil && !selfDescribing(input) {
		columns = p.Columns
	}
	if schema := n.Table.Params[avro.LiteralProperty]; schema != "" && serde == storage.AvroSerDe {
		props = Merged(props, map[string]string{avro.LiteralProperty: schema}) // partitions are read by the table's schema
	}
	u := &unit{format: f, modified: modified, ids: n.Table.WriteIDs, deletes: &deletes{memory: r.Memory}, options: &format.ReadOptions{
		Open: opener{r.File, modified}, Schema: Columns(columns),
		Properties: Merged(n.Table.Params, p.Params, props), Session: session.Format(r.Session.Conf),
	}}
	if err := u.setColumns(r.Session.Expr(), n, p, columns); err != nil {
		return nil, err
	}
	early, late := u.divide(n, predicates)
	u.options.Predicates, u.late = early, late
	return u, nil
}

// setColumns says where each column of the scan comes from.
func (u *unit) setColumns(env *expr.Env, n *plan.Scan, p *catalog.Partition, columns []catalog.Column) error {
	data := len(n.Table.Columns)
	var casts []plan.Expr
	layout := expr.Layout{}
	for i, src := range n.Source {
		out := scanOutput{from: fromConstant}
		switch {
		case src >= data:
			out.constant = vector.NewConst(n.Cols[i].Type, p.Values[src-data])
		case src >= len(columns):
			out.constant = vector.NewNull(n.Cols[i].Type)
		case src >= 0:
			out.from, out.position = fromReader, len(u.options.Projection)
			u.options.Projection = append(u.options.Projection, src)
			if t := columns[src].Type; !t.Equal(n.Cols[i].Type) {
				layout[n.Cols[i].ID] = out.position
				out.from, out.position = fromConversion, len(casts)
				casts = append(casts, &plan.Call{
					Func: "cast", Args: []plan.Expr{plan.NewColumnRef(plan.Column{ID: n.Cols[i].ID, Name: columns[src].Name, Type: t})}, T: n.Cols[i].Type,
				})
			}
		case src == plan.VirtualInputFileName:
			out.from = fromFileName
		case src == plan.VirtualBlockOffset:
			out.from = fromOffset
			_, u.options.Offsets = u.format.(format.Positioner)
		case src == plan.VirtualRowID && acid.HasKeys(n.Table):
			out.from, u.keys = fromRowID, acid.RowID
		case src == plan.VirtualRowID: // of rows that no transaction wrote
			out.constant = vector.NewNull(n.Cols[i].Type)
		default:
			return sqlerr.Semanticf("the virtual column %s is not supported yet", n.Cols[i].Name)
		}
		u.columns = append(u.columns, out)
	}
	if len(casts) == 0 {
		return nil
	}
	var err error
	conversion := *env
	conversion.Converting = true
	if u.converted, err = expr.Compile(&conversion, casts, layout); err != nil {
		return fmt.Errorf("converting the columns of partition %s: %w", strings.Join(p.Names, "/"), err)
	}
	return nil
}

// divide separates the predicates that readers of the unit can evaluate from those over converted or missing columns.
func (u *unit) divide(n *plan.Scan, predicates []format.Predicate) (early []format.Predicate, late []latePredicate) {
	for _, p := range predicates {
		at := p.Column()
		if at < len(u.options.Schema) && u.options.Schema[at].Type.Equal(n.Table.Columns[at].Type) {
			early = append(early, p)
			continue
		}
		for i, src := range n.Source {
			if src == at {
				late = append(late, latePredicate{p, i})
			}
		}
	}
	return early, late
}

// opener opens files as the table's reader does, and tells caches which version of a file it is.
type opener struct {
	open     func(ctx context.Context, path string) (format.Input, error)
	modified map[string]time.Time
}

// Open implements format.Opener.
func (o opener) Open(ctx context.Context, path string) (format.Input, error) {
	in, err := o.open(ctx, path)
	if err != nil {
		return nil, err
	}
	return version{in, o.modified[path]}, nil
}

type version struct {
	format.Input
	modified time.Time
}

// ModTime tells caches which version of the file this is.
func (f version) ModTime() time.Time { return f.modified }

// scanTable is a table prepared for reading; it implements operator.Table.
type scanTable struct {
	scan   *plan.Scan
	splits []unitSplit
}

type unitSplit struct {
	unit  *unit
	split format.Split
	acid  *acid.Source // nil for files that are not of transactions
}

// Splits implements operator.Table.
func (t *scanTable) Splits() int { return len(t.splits) }

// Constant implements operator.ConstantColumns: joins by partition keys skip splits.
func (t *scanTable) Constant(split, column int) *vector.Vector {
	return t.splits[split].unit.columns[column].constant
}

// Open implements operator.Table.
func (t *scanTable) Open(ctx context.Context, split int, filters []format.Predicate) (format.Reader, error) {
	s := t.splits[split]
	u, options := s.unit, s.unit.options
	out := &scanReader{unit: u, late: u.late, cols: make([]*vector.Vector, len(u.columns))}
	if len(filters) > 0 {
		early, late := u.divide(t.scan, filters)
		c := *options
		c.Predicates = append(append([]format.Predicate(nil), options.Predicates...), early...)
		options = &c
		out.late = append(append([]latePredicate(nil), u.late...), late...)
	}
	var err error
	if out.reader, err = u.open(ctx, s, options); err != nil {
		return nil, err
	}
	if u.converted != nil {
		out.conversion = u.converted.NewEvaluator()
	}
	if len(out.late) > 0 {
		out.sel = make([]uint16, vector.MaxBatchSize)
	}
	for i, c := range u.columns {
		switch c.from {
		case fromConstant:
			out.cols[i] = c.constant
		case fromFileName:
			out.cols[i] = vector.NewConst(types.StringType, types.Datum{S: qualified(s.split.Path)})
		case fromOffset:
			out.cols[i] = vector.NewConst(types.BigIntType, types.Datum{I: s.split.Start})
		}
	}
	return out, nil
}

// qualified is a path as Hive shows it, with a scheme.
func qualified(path string) string {
	if strings.HasPrefix(path, "/") {
		return "file:" + path
	}
	return path
}

// scanReader puts the columns of a reader, converted ones and constants into the order of the scan.
type scanReader struct {
	unit       *unit
	reader     format.Reader
	conversion *expr.Evaluator
	late       []latePredicate
	cols       []*vector.Vector
	sel        []uint16
	batch      vector.Batch
}

// Next implements format.Reader.
func (r *scanReader) Next() (*vector.Batch, error) {
	for {
		b, err := r.reader.Next()
		if err != nil || b == nil {
			return nil, err
		}
		var converted []*vector.Vector
		if r.conversion != nil {
			if converted, err = r.conversion.Run(b); err != nil {
				return nil, fmt.Errorf("converting to the table's types: %w", err)
			}
		}
		for i, c := range r.unit.columns {
			switch {
			case c.from == fromReader:
				r.cols[i] = b.Cols[c.position]
			case c.from == fromConversion:
				r.cols[i] = converted[c.position]
			case c.from == fromOffset && r.unit.options.Offsets:
				r.cols[i] = b.Cols[len(r.unit.options.Projection)]
			case c.from == fromRowID:
				r.cols[i] = b.Cols[len(b.Cols)-1]
			}
		}
		r.batch = vector.Batch{N: b.N, Sel: b.Sel, Cols: r.cols}
		for _, p := range r.late {
			r.batch.Sel = p.Select(r.cols[p.output], r.batch.Sel, b.N, r.sel[:0])
		}
		if r.batch.Rows() > 0 {
			return &r.batch, nil
		}
	}
}

// Close implements format.Reader.
func (r *scanReader) Close() error { return r.reader.Close() }
