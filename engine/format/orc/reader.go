// Package orc reads and writes ORC files (specification v1: https://orc.apache.org/specification/ORCv1/): all types, run-length
// encodings 1 and 2, dictionaries, all codecs, stripe and row-group statistics. It never trusts a length in a file.
package orc

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"sort"
	"strconv"
	"strings"

	"skep/dialect/types"
	"skep/engine/compress"
	"skep/engine/format"
	"skep/engine/function"
	"skep/engine/vector"
)

// Format is the ORC format. It caches the tails of files. It is safe for concurrent use.
type Format struct{ tails *tailCache }

var (
	_ format.Counter  = (*Format)(nil)
	_ format.Eventful = (*Format)(nil)
)

// New returns the format with an empty cache.
func New() *Format { return &Format{tails: &tailCache{tails: map[tailKey]*fileTail{}}} }

// Splits implements format.Format: neighbouring stripes up to about target bytes; stripes that cannot match are left out.
func (f *Format) Splits(ctx context.Context, path string, opts *format.ReadOptions, target int64) ([]format.Split, error) {
	in, err := opts.Open.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	if in.Size() == 0 {
		return nil, nil
	}
	mod := format.ModTime(in)
	t, err := f.tail(in, path, mod)
	if err != nil {
		return nil, err
	}
	r := &reader{tail: t, row: -1}
	if err := r.resolve(opts); err != nil {
		return nil, fmt.Errorf("reading ORC file %s: %w", path, err)
	}
	var out []format.Split
	for i, s := range t.stripes {
		if i < len(t.stripeStats) && !r.mayMatch(t.stripeStats[i], s.rows) || s.rows == 0 {
			continue
		}
		size := s.size()
		if l := len(out); l > 0 && out[l-1].Start+out[l-1].Length == s.offset && out[l-1].Length+size <= target {
			out[l-1].Length += size
			out[l-1].Rows += s.rows
			continue
		}
		x := format.Split{Path: path, FileSize: in.Size(), ModTime: mod, Start: s.offset, Length: size, Rows: s.rows}
		out = append(out, s.divide(x, t.stride, target)...)
	}
	return out, nil
}

// Count implements format.Counter.
func (f *Format) Count(ctx context.Context, path string, opts *format.ReadOptions) (format.FileStats, error) {
	in, err := opts.Open.Open(ctx, path)
	if err != nil {
		return format.FileStats{}, err
	}
	defer in.Close()
	if in.Size() == 0 {
		return format.FileStats{}, nil
	}
	t, err := f.tail(in, path, format.ModTime(in))
	if err != nil {
		return format.FileStats{}, err
	}
	return format.FileStats{Rows: t.rows, Bytes: in.Size(), RawBytes: t.rawSize(opts.Session.HiveVersion)}, nil
}

// OpenSplit implements format.Format.
func (f *Format) OpenSplit(ctx context.Context, s format.Split, opts *format.ReadOptions) (format.Reader, error) {
	in, err := opts.Open.Open(ctx, s.Path)
	if err != nil {
		return nil, err
	}
	t, err := f.tail(in, s.Path, s.ModTime)
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	r := &reader{path: s.Path, input: in, tail: t, schema: opts.Schema, row: -1}
	if err := r.resolve(opts); err != nil {
		return nil, errors.Join(fmt.Errorf("reading ORC file %s: %w", s.Path, err), in.Close())
	}
	if !s.ModTime.IsZero() {
		r.fileID = maphash.String(idSeed, fmt.Sprint(s.Path, in.Size(), s.ModTime.UnixNano()))
	}
	first := int64(0)
	for i, x := range t.stripes {
		if from, to, ok := x.within(s, t.stride); ok {
			r.todo = append(r.todo, part{i, from, to, first})
		}
		first += x.rows
	}
	return r, nil
}

// idSeed makes dictionary identities; they mean nothing outside the process.
var idSeed = maphash.MakeSeed()

// minPart is the least number of row groups that are worth a split of their own: each reads the stripe's dictionaries again.
const minPart = 4

// maxGroups bounds the row groups of a stripe that are told apart; Hive's stripes have a few hundred at most.
const maxGroups = 1 << 20

// groups returns the number of row groups of a stripe, 1 without row groups.
func (s *stripeInfo) groups(stride int64) int64 {
	if stride <= 0 || s.indexLength == 0 || (s.rows-1)/stride >= maxGroups {
		return 1
	}
	return (s.rows + stride - 1) / stride
}

// divide cuts a split that is one whole stripe into parts of about target bytes. A part is named by the bytes its row groups
// would take if all were of one size.
func (s *stripeInfo) divide(x format.Split, stride, target int64) []format.Split {
	groups := s.groups(stride)
	parts := min((x.Length+target-1)/max(target, 1), groups/minPart, 1<<12)
	if parts <= 1 {
		return []format.Split{x}
	}
	var out []format.Split
	for i := range parts {
		from, to := groups*i/parts, groups*(i+1)/parts
		p := x
		p.Start = x.Start + x.Length*from/groups
		p.Length = x.Start + x.Length*to/groups - p.Start
		p.Rows = min(to*stride, s.rows) - from*stride
		out = append(out, p)
	}
	return out
}

// within returns the row groups of the stripe whose nominal start lies in a split.
func (s *stripeInfo) within(x format.Split, stride int64) (from, to int, ok bool) {
	size := s.size()
	if x.Start <= s.offset && s.offset+size <= x.Start+x.Length {
		return 0, -1, true
	}
	groups := s.groups(stride)
	first := sort.Search(int(groups), func(g int) bool { return s.offset+size*int64(g)/groups >= x.Start })
	end := sort.Search(int(groups), func(g int) bool { return s.offset+size*int64(g)/groups >= x.Start+x.Length })
	return first, end, first < end
}

// reader reads stripes one after the other.
type reader struct {
	path       string
	input      format.Input
	tail       *fileTail
	schema     []format.Column
	dec        compress.Decoder
	env        *function.Env
	fileID     uint64   // identifies the file's dictionaries; 0 when unknown
	fields     []*field // wanted columns, those of predicates first
	allColumns []*column
	predicates []predicate
	output     []int          // the field of each projected column, then of each key column
	row        int            // the column of the rows of events; -1 in other files
	numbers    *vector.Vector // of rows, unless nil
	todo       []part
	stripe     *stripe
	batch      vector.Batch
	sel        []uint16
}

// part is the row groups from..to-1 of a stripe; to is -1 for all of them.
type part struct {
	stripe, from, to int
	first            int64 // number of the stripe's first row in the file
}

// field is one wanted table column.
type field struct {
	schema int
	column *column // nil: the file does not have it
	vec    *vector.Vector
	loaded bool
	// constant is all there is in the stripe, of keys; nil when that is not known.
	constant *vector.Vector
}

// resolve finds the wanted columns in the file: by name, or by position when the file's names are made up (_col0, …), as old
// Hive versions wrote them, or when the table asks for it.
func (r *reader) resolve(opts *format.ReadOptions) error {
	r.env = &function.Env{HiveVersion: opts.Session.HiveVersion, Location: opts.Session.Location, Conf: opts.Session.Conf}
	root, err := r.root(opts.Events)
	if err != nil {
		return err
	}
	positional := len(root.names) > 0
	for i, n := range root.names {
		if n != "_col"+strconv.Itoa(i) {
			positional = false
		}
	}
	force := opts.Properties["orc.force.positional.evolution"]
	if force == "" && opts.Session.Conf != nil && !strings.EqualFold(opts.Session.Conf("hive.exec.schema.evolution"), "false") {
		force = opts.Session.Conf("orc.force.positional.evolution")
	}
	positional = positional || strings.EqualFold(force, "true")
	fieldOf := map[int]int{}
	want := func(schema int) (int, error) {
		if i, ok := fieldOf[schema]; ok {
			return i, nil
		}
		col := opts.Schema[schema]
		x := &field{schema: schema}
		at := -1
		if positional {
			if schema < len(root.children) {
				at = schema
			}
		} else {
			for i, n := range root.names {
				if strings.EqualFold(n, col.Name) {
					at = i
					break
				}
			}
		}
		if at >= 0 {
			c, err := r.column(root.children[at], col.Type)
			if err != nil {
				return 0, fmt.Errorf("column %s: %w", col.Name, err)
			}
			x.column, x.vec = c, vector.New(col.Type, 0)
		} else {
			x.vec, x.loaded = vector.NewNull(col.Type), true
		}
		fieldOf[schema] = len(r.fields)
		r.fields = append(r.fields, x)
		return len(r.fields) - 1, nil
	}
	for _, p := range opts.Predicates {
		i, err := want(p.Column())
		if err != nil {
			return err
		}
		x := predicate{Predicate: p, pos: i, typ: opts.Schema[p.Column()], file: len(r.tail.types)}
		if c := r.fields[i].column; c != nil && c.conv == nil {
			x.file = c.id
		}
		r.predicates = append(r.predicates, x)
	}
	for _, p := range opts.Projection {
		i, err := want(p)
		if err != nil {
			return err
		}
		r.output = append(r.output, i)
	}
	if opts.RowNumbers {
		r.numbers = vector.New(types.BigIntType, vector.BatchSize)
	}
	if opts.Keys {
		return r.resolveKeys()
	}
	return nil
}

// column builds the decoder of file column id for table type t.
func (r *reader) column(id int, t *types.Type) (*column, error) {
	ft := &r.tail.types[id]
	c := &column{id: id, file: ft, typ: t, julian: r.tail.julian}
	r.allColumns = append(r.allColumns, c)
	natural := ft.natural()
	if natural == nil {
		switch ft.kind {
		case kindList, kindMap, kindUnion:
			return c, r.children(c, ft, t)
		case kindStruct:
			return c, r.structFields(c, ft, t)
		}
		return nil, fmt.Errorf("ORC type %d: %w", ft.kind, errProto)
	}
	if noop(natural, t, r.env) {
		return c, nil
	}
	c.typ = natural
	var err error
	c.conv, err = newConversion(natural, t, r.env)
	return c, err
}

// natural is the type of a primitive file column; nil for nested ones.
func (t *orcType) natural() *types.Type {
	switch t.kind {
	case kindBoolean:
		return types.BooleanType
	case kindByte:
		return types.TinyIntType
	case kindShort:
		return types.SmallIntType
	case kindInt:
		return types.IntType
	case kindLong:
		return types.BigIntType
	case kindFloat:
		return types.FloatType
	case kindDouble:
		return types.DoubleType
	case kindString:
		return types.StringType
	case kindVarchar:
		return types.NewVarchar(max(1, t.length))
	case kindChar:
		return types.NewChar(max(1, t.length))
	case kindBinary:
		return types.BinaryType
	case kindTimestamp:
		return types.TimestampType
	case kindTimestampInstant:
		return types.TimestampLTZType
	case kindDate:
		return types.DateType
	case kindDecimal:
		if t.precision < 1 || t.precision > types.MaxPrecision || t.scale < 0 || t.scale > t.precision {
			return types.NewDecimal(types.MaxPrecision, 10)
		}
		return types.NewDecimal(t.precision, t.scale)
	}
	return nil
}

func (r *reader) children(c *column, ft *orcType, t *types.Type) error {
	var want []*types.Type
	switch {
	case ft.kind == kindList && t.Kind == types.Array:
		want = []*types.Type{t.Elem}
	case ft.kind == kindMap && t.Kind == types.Map:
		want = []*types.Type{t.Key, t.Elem}
	case ft.kind == kindUnion && t.Kind == types.Union && len(t.Fields) == len(ft.children):
		for _, f := range t.Fields {
			want = append(want, f.Type)
		}
	default:
		return fmt.Errorf("a nested ORC column cannot be read as %s", t)
	}
	for i, id := range ft.children {
		k, err := r.column(id, want[i])
		if err != nil {
			return err
		}
		c.kids = append(c.kids, k)
	}
	return nil
}

func (r *reader) structFields(c *column, ft *orcType, t *types.Type) error {
	if t.Kind != types.Struct {
		return fmt.Errorf("an ORC struct cannot be read as %s", t)
	}
	for _, f := range t.Fields {
		var kid *column
		for i, n := range ft.names {
			if !strings.EqualFold(n, f.Name) {
				continue
			}
			k, err := r.column(ft.children[i], f.Type)
			if err != nil {
				return err
			}
			kid = k
		}
		c.kids = append(c.kids, kid)
	}
	return nil
}

// Next implements format.Reader.
func (r *reader) Next() (*vector.Batch, error) {
	for {
		b, err := r.next()
		if err != nil {
			return nil, fmt.Errorf("reading ORC file %s: %w", r.path, err)
		}
		if b == nil || b.Rows() > 0 {
			return b, nil
		}
	}
}

// next decodes the next batch, which may be empty; nil at the end.
func (r *reader) next() (*vector.Batch, error) {
	for r.stripe == nil {
		if len(r.todo) == 0 {
			return nil, nil
		}
		s, err := r.openStripe(r.todo[0])
		if err != nil {
			return nil, err
		}
		r.todo = r.todo[1:]
		if r.stripe = s; s != nil {
			r.constantKeys(s)
		}
	}
	s := r.stripe
	g := s.groups[0]
	s.row = max(s.row, g.from)
	n := int(min(vector.BatchSize, g.to-s.row))
	sel, err := r.decode(n)
	if err != nil {
		return nil, fmt.Errorf("stripe at offset %d, row %d: %w", s.info.offset, s.row, err)
	}
	s.row += int64(n)
	if s.row == g.to {
		if s.groups = s.groups[1:]; len(s.groups) == 0 {
			r.stripe = nil
		}
	}
	r.batch.N, r.batch.Sel = n, sel
	return &r.batch, nil
}

// decode reads n rows: the predicates' columns one after the other, the remaining ones only when rows are left.
func (r *reader) decode(n int) ([]uint16, error) {
	for _, f := range r.fields {
		f.loaded = f.column == nil
	}
	if cap(r.sel) < n {
		r.sel = make([]uint16, vector.BatchSize)
	}
	var sel []uint16
	for _, p := range r.predicates {
		v, err := r.load(p.pos, n)
		if err != nil {
			return nil, err
		}
		if sel = p.Select(v, sel, n, r.sel[:0]); len(sel) == n {
			sel = nil
		} else if len(sel) == 0 {
			sel = r.sel[:0]
			break
		}
	}
	if sel != nil && len(sel) == 0 {
		return sel, nil
	}
	r.batch.Cols = r.batch.Cols[:0]
	for _, i := range r.output {
		v, err := r.load(i, n)
		if err != nil {
			return nil, err
		}
		r.batch.Cols = append(r.batch.Cols, v)
	}
	if r.numbers != nil {
		r.numbers.Resize(n)
		for i := range r.numbers.I64 {
			r.numbers.I64[i] = r.stripe.first + r.stripe.row + int64(i)
		}
		r.batch.Cols = append(r.batch.Cols, r.numbers)
	}
	return sel, nil
}

// load decodes n rows of a field unless that was done before for this batch.
func (r *reader) load(i, n int) (*vector.Vector, error) {
	f := r.fields[i]
	if f.constant != nil {
		return f.constant, nil
	}
	if f.loaded {
		return f.vec, nil
	}
	f.loaded = true
	c := f.column
	if err := c.advance(r, r.stripe, r.stripe.row); err != nil {
		return nil, fmt.Errorf("column %d: %w", c.id, err)
	}
	if err := c.read(f.vec, n); err != nil {
		return nil, fmt.Errorf("column %d: %w", c.id, err)
	}
	c.row += int64(n)
	return f.vec, nil
}

// Close implements format.Reader.
func (r *reader) Close() error {
	for _, c := range r.allColumns {
		for _, s := range c.streams() {
			s.release()
		}
	}
	r.dec.Close()
	r.fields, r.allColumns, r.todo, r.stripe = nil, nil, nil, nil
	return r.input.Close()
}
