package operator

import (
	"skep/engine/pipeline"
	"skep/engine/sort"
	"skep/engine/spill"
	"skep/engine/vector"
)

// windowRows is how many rows are collected before the partitions complete so far are computed together: small partitions
// then share the cost of a call.
const windowRows = 1 << 15

// Window computes window functions in a stream of ordered rows, adding a column per call. It holds the rows of one partition, or
// of as many small ones as windowRows holds. Partitions longer than that are computed in segments when no call looks ahead; those
// longer than memory also when calls have to know the whole partition first: it is then written to disk and read again.
type Window struct {
	spec    WindowSpec
	program Program
	res     *Resources
	files   spillFiles
}

var (
	_ pipeline.Operator = (*Window)(nil)
	_ pipeline.Closer   = (*Window)(nil)
)

// NewWindow returns the operator; program computes spec.Types. It must run in one worker.
func NewWindow(spec WindowSpec, program Program, r *Resources) *Window {
	return &Window{spec: spec, program: program, res: r, files: spillFiles{res: r}}
}

// Close implements pipeline.Closer.
func (o *Window) Close() error { return o.files.close() }

// Processor implements pipeline.Operator.
func (o *Window) Processor(w *pipeline.Worker, next pipeline.Processor) (pipeline.Processor, error) {
	c, err := newWindowComputer(&o.spec, w)
	if err != nil {
		return nil, err
	}
	p := &windowProcessor{
		window: o, computer: c, next: next, evaluator: o.program(), rows: vector.NewBatch(o.spec.Types), limit: windowRows,
		account: newAccount(o.res),
	}
	return p, nil
}

// segment says what the first partition of a chunk continues. The last partition of a chunk may go on behind it; groups of peers
// are never divided.
type segment struct {
	rows, groups int64 // rows and groups of peers of the partition before the chunk
	size         int64 // rows of the partition in all, when it was read before; the chunk then holds no other
}

// sizeOf returns the number of rows of the partition of which rows from..to-1 are in the chunk.
func (s *segment) sizeOf(from, to int) int64 {
	if s.size > 0 {
		return s.size
	}
	return int64(to - from)
}

// advance makes s describe what precedes the rows behind c, should the last partition go on there.
func (s *segment) advance(c *windowChunk) {
	last := len(c.starts) - 2
	if last > 0 {
		s.rows, s.groups = 0, 0
	}
	s.rows += int64(c.n - c.starts[last])
	for k := len(c.peers) - 2; k >= 0 && c.peers[k] >= c.starts[last]; k-- {
		s.groups++
	}
}

// segmentedFunction is implemented by calls that can be computed segment by segment: state goes from one to the next.
type segmentedFunction interface {
	// passes is 1 when the rows up to the current one's peers are enough, 2 when those of the whole partition have to be known
	// before, 0 when the call cannot be computed so.
	passes() int
	// byPeers reports whether groups of peers must not be divided.
	byPeers() bool
}

// localFunction is implemented by calls that may look at a fixed number of rows around the current one only, so that they can be
// computed for a segment and these rows.
type localFunction interface {
	// around returns the numbers of rows; ok is false when it is another kind of call. cols are any rows.
	around(cols []*vector.Vector) (before, behind int, ok bool)
}

// maxAround bounds the rows around a segment.
const maxAround = 1 << 16

// scannedFunction is implemented by calls of two passes that need more than the size of the partition.
type scannedFunction interface {
	// scan adds rows of the partition in the first pass; first says that they are its first ones.
	scan(cols []*vector.Vector, n int, first bool)
}

type windowProcessor struct {
	window    *Window
	computer  *windowComputer
	next      pipeline.Processor
	evaluator Evaluator
	rows      *vector.Batch
	limit     int // compute when there are that many rows
	account   *windowAccount
	known     bool    // the next four are
	passes    int     // of all calls together
	byPeers   bool    // some call needs whole groups of peers
	ahead     int     // rows that some call looks ahead
	back      int     // and back
	before    segment // what the first of rows that have not been handed on continue
	done      int     // rows at the beginning that have been handed on, but may be looked back at
	long      *longPartition
	files     int // partitions written so far
	file      *spill.File
}

// longPartition is a partition on disk, in its first pass.
type longPartition struct {
	key  []*vector.Vector // its keys, one row
	part int              // in the file
	size int64
}

func (p *windowProcessor) Push(b *vector.Batch) error {
	cols, err := p.evaluator.Run(b)
	if err != nil {
		return err
	}
	p.rows.Append(&vector.Batch{N: b.N, Sel: b.Sel, Cols: cols})
	if p.rows.N < p.limit {
		return nil
	}
	if p.long != nil {
		return p.extend()
	}
	fits := p.account.set(p.rows.Bytes())
	p.examine()
	cut := p.lastBoundary(p.window.spec.Partition, p.rows.N-1)
	if cut <= p.done && p.passes == 1 {
		cut = p.lastCut()
	}
	switch {
	case cut > p.done:
		if err := p.emit(cut, &p.before); err != nil {
			return err
		}
		p.limit = p.rows.N + windowRows
		return nil
	case fits:
		p.limit = 2 * p.rows.N // one partition so far: wait for twice as many rows before looking again
	case p.passes == 2:
		p.long = &longPartition{part: p.files, key: p.firstKey()}
		p.files++
		p.limit = windowRows
		return p.extend()
	default:
		return p.account.account.Exceeded()
	}
	return nil
}

// examine finds out how the calls can be computed in segments.
func (p *windowProcessor) examine() {
	if p.known {
		return
	}
	p.known, p.passes = true, 1
	for _, f := range p.computer.calls {
		if s, ok := f.(segmentedFunction); ok && s.passes() > 0 {
			p.passes = max(p.passes, s.passes())
			p.byPeers = p.byPeers || s.byPeers()
			continue
		}
		l, ok := f.(localFunction)
		if ok {
			var before, behind int
			if before, behind, ok = l.around(p.rows.Cols); ok {
				p.back, p.ahead = max(p.back, before), max(p.ahead, behind)
			}
		}
		if !ok {
			p.passes = 0
			return
		}
	}
}

// lastCut returns the last row before which the last partition may be cut.
func (p *windowProcessor) lastCut() int {
	last := p.rows.N - 1 - p.ahead
	if !p.byPeers {
		return max(last, 0)
	}
	return p.lastBoundary(p.window.keys(), last)
}

// emit computes the rows up to cut, at which p.rows has a row, and forgets those that no call looks back at.
func (p *windowProcessor) emit(cut int, seg *segment) error {
	from, all := max(0, cut-p.back), p.rows.N
	ends := p.changes(p.window.spec.Partition, cut)
	if ends {
		from, all = cut, cut
	}
	if err := p.computer.computeWithin(p.rows.Cols, p.done, cut, all, seg, p.next); err != nil {
		return err
	}
	if ends {
		*seg = segment{}
	}
	p.done = cut - from
	p.drop(from)
	return nil
}

// Finish computes the last partitions.
func (p *windowProcessor) Finish() error {
	defer p.account.close()
	for p.long != nil {
		if err := p.extend(); err != nil {
			return err
		}
		if p.long != nil {
			if err := p.endLong(); err != nil {
				return err
			}
		}
	}
	if p.rows.N == p.done {
		return nil
	}
	return p.computer.computeWithin(p.rows.Cols, p.done, p.rows.N, p.rows.N, &p.before, p.next)
}

// keys lists the positions of partition and order keys.
func (o *Window) keys() []int {
	keys := o.spec.Partition
	for _, k := range o.spec.Order {
		keys = append(keys[:len(keys):len(keys)], k.Column)
	}
	return keys
}

// lastBoundary returns the last row up to last at which the given columns change, or 0.
func (p *windowProcessor) lastBoundary(columns []int, last int) int {
	for i := last; i > 0; i-- {
		if p.changes(columns, i) {
			return i
		}
	}
	return 0
}

func (p *windowProcessor) changes(columns []int, i int) bool {
	for _, c := range columns {
		if v := p.rows.Cols[c]; (sort.Key{Column: v}).Compare(v, i-1, v, i) != 0 {
			return true
		}
	}
	return false
}

// drop forgets the first n rows.
func (p *windowProcessor) drop(n int) {
	rest := vector.NewBatch(p.window.spec.Types)
	rest.AppendRange(&vector.Batch{N: p.rows.N, Cols: p.rows.Cols}, n, p.rows.N)
	p.rows = rest
}

// firstKey returns the partition keys of the first row.
func (p *windowProcessor) firstKey() []*vector.Vector {
	var key []*vector.Vector
	for _, c := range p.window.spec.Partition {
		v := vector.New(p.window.spec.Types[c], 0)
		vector.AppendRows(v, p.rows.Cols[c], []uint32{0})
		key = append(key, v)
	}
	return key
}

// extend moves the rows that belong to the long partition to disk, and computes it when others follow.
func (p *windowProcessor) extend() error {
	n := 0
	for n < p.rows.N && p.inLong(n) {
		n++
	}
	if p.file == nil {
		f, err := p.window.files.create(p.window.spec.Types)
		if err != nil {
			return err
		}
		p.file = f
	}
	for from := 0; from < n; from += vector.BatchSize {
		if err := p.computer.worker.Context.Err(); err != nil {
			return err
		}
		to := min(from+vector.BatchSize, n)
		cols := spans(p.rows.Cols, from, to)
		for _, f := range p.computer.calls {
			if s, ok := f.(scannedFunction); ok {
				s.scan(cols, to-from, p.long.size == 0)
			}
		}
		p.long.size += int64(to - from)
		if err := p.file.Write(p.long.part, cols, to-from); err != nil {
			return err
		}
	}
	more := n < p.rows.N
	p.drop(n)
	p.account.set(p.rows.Bytes())
	if more {
		return p.endLong()
	}
	return nil
}

// inLong reports whether row i belongs to the long partition.
func (p *windowProcessor) inLong(i int) bool {
	for k, c := range p.window.spec.Partition {
		if v := p.rows.Cols[c]; (sort.Key{Column: v}).Compare(p.long.key[k], 0, v, i) != 0 {
			return false
		}
	}
	return true
}

// endLong reads the long partition again and computes it segment by segment.
func (p *windowProcessor) endLong() error {
	if err := p.file.Flush(); err != nil {
		return err
	}
	behind := p.rows
	seg := segment{size: p.long.size}
	p.rows, p.done = vector.NewBatch(p.window.spec.Types), 0
	limit := windowRows
	for r := p.file.Read(p.long.part); ; {
		b, err := r.Next()
		if err != nil {
			return err
		}
		if b == nil {
			break
		}
		p.rows.Append(b)
		if p.rows.N < limit {
			continue
		}
		if cut := p.lastCut(); cut > p.done {
			if err := p.emit(cut, &seg); err != nil {
				return err
			}
			limit = p.rows.N + windowRows
		} else if limit = 2 * p.rows.N; !p.account.set(p.rows.Bytes()) {
			return p.account.account.Exceeded()
		}
	}
	err := p.computer.computeWithin(p.rows.Cols, p.done, p.rows.N, p.rows.N, &seg, p.next)
	p.rows, p.done, p.long = behind, 0, nil
	return err
}
