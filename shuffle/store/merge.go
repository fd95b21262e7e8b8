package store

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"skep/shuffle"
)

// segment holds copies of the partitions of several outputs of one stage, all of partition 0 first, so that a consumer's share of many
// small files is one read. Within a partition the outputs follow each other in the order of members. A segment is an optimisation: whoever
// finds it wanting reads the outputs themselves.
type segment struct {
	members []*Output
	offsets []int64 // by partition, and the end

	mu   sync.RWMutex
	file File // nil when closed
}

// maxMerge is the number of files that are merged at once.
const maxMerge = 64

var errSegmentClosed = errors.New("the segment has been dropped")

func (g *segment) readAt(buf []byte, at int64) error {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.file == nil {
		return errSegmentClosed
	}
	_, err := g.file.ReadAt(buf, at)
	return err
}

func (g *segment) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.file != nil {
		_ = g.file.Close() // only read by now, and without a name
		g.file = nil
	}
}

// consider puts a new file among those to be merged when its pieces are small, and starts merging when they are many. The lock is held.
func (s *Store) consider(id shuffle.StageID, st *stage, o *Output) {
	if s.opts.MergeFiles <= 0 || len(o.parts) <= 2 {
		return
	}
	size, pieces := int64(0), int64(0)
	for p := range o.parts[1:] {
		if n := o.parts[p+1].offset - o.parts[p].offset; n > 0 {
			size += n
			pieces++
		}
	}
	if pieces == 0 || size/pieces >= s.opts.MergeBelow {
		return
	}
	st.small = append(st.small, o)
	s.startMerge(id, st)
}

// startMerge begins merging when there is enough. The lock is held.
func (s *Store) startMerge(id shuffle.StageID, st *stage) {
	if st.merging || len(st.small) < s.opts.MergeFiles || s.closed {
		return
	}
	var members, rest []*Output
	for _, o := range st.small {
		// One stage has one number of partitions; should epochs differ, each is merged by itself.
		if len(members) < maxMerge && (len(members) == 0 || len(o.parts) == len(members[0].parts)) {
			members = append(members, o)
		} else {
			rest = append(rest, o)
		}
	}
	if len(members) < s.opts.MergeFiles {
		return
	}
	st.small, st.merging = rest, true
	s.merges.Go(func() {
		seg, err := s.merge(members)
		s.mu.Lock()
		defer s.mu.Unlock()
		st.merging = false
		if err != nil {
			return // the outputs are read as they are
		}
		if s.closed || s.known(id) != st {
			seg.close()
			return
		}
		st.segments = append(st.segments, seg)
		for i, o := range members {
			o.mu.Lock()
			o.segment, o.position = seg, i
			o.mu.Unlock()
		}
		s.stats.Segments++
		s.stats.MergedFiles += int64(len(members))
		s.startMerge(id, st)
	})
}

func (s *Store) merge(members []*Output) (*segment, error) {
	count := len(members[0].parts) - 1
	files := make([]*os.File, len(members))
	defer func() {
		for _, f := range files {
			if f != nil {
				_ = f.Close() // only read
			}
		}
	}()
	seg := &segment{members: members, offsets: make([]int64, count+1)}
	for p := range count {
		seg.offsets[p+1] = seg.offsets[p]
		for _, o := range members {
			seg.offsets[p+1] += o.parts[p+1].offset - o.parts[p].offset
		}
	}
	for i, o := range members {
		f, err := os.Open(o.path)
		if err != nil {
			return nil, fmt.Errorf("merging shuffle files: %w", err)
		}
		files[i] = f
	}
	err := s.runs.try(func(dir string) error {
		f, err := s.createUnnamed(dir)
		if err != nil {
			return err
		}
		if err := s.fillSegment(f, members, files, count); err != nil {
			return errors.Join(err, f.Close())
		}
		seg.file = f
		return nil
	})
	return seg, err
}

func (s *Store) fillSegment(to File, members []*Output, files []*os.File, count int) error {
	out := newBuffered(to)
	readers := make([]*bufio.Reader, len(files))
	for i, f := range files {
		first, last := members[i].parts[0].offset, members[i].parts[count].offset
		readers[i] = bufio.NewReaderSize(io.NewSectionReader(f, first, last-first), 64<<10)
	}
	buf := make([]byte, 64<<10)
	for p := range count {
		if s.stop.Err() != nil {
			return otherError{s.stop.Err()}
		}
		for i, o := range members {
			n := int(o.parts[p+1].offset - o.parts[p].offset)
			if len(buf) < n {
				buf = make([]byte, n+n/4)
			}
			if _, err := io.ReadFull(readers[i], buf[:n]); err != nil {
				return otherError{fmt.Errorf("reading %s: %w", o.path, err)}
			}
			out.write(buf[:n])
		}
	}
	if err := out.flush(); err != nil {
		return fmt.Errorf("writing a segment: %w", err)
	}
	return nil
}

// Merged waits until no merging is under way.
func (s *Store) Merged() { s.merges.Wait() }

// Pieces reads one range of partitions from several outputs of a stage, using segments where these save reads. It is for one goroutine.
type Pieces struct {
	partitions shuffle.Range
	regions    map[*segment]*region
	held       int64
	buf        []byte
}

// region is what a segment has of the range of partitions.
type region struct {
	data []byte // nil when the outputs themselves have to be read
	left int    // members not read yet
}

// maxRegions bounds the memory of the regions of one Pieces.
const maxRegions = 16 << 20

// NewPieces returns a reader of a range of partitions.
func NewPieces(r shuffle.Range) *Pieces {
	return &Pieces{partitions: r, regions: map[*segment]*region{}}
}

// Piece returns the bytes of the range of partitions of an output if they are at hand by way of a segment. They are valid until the next
// call.
func (r *Pieces) Piece(o *Output) ([]byte, bool) {
	o.mu.Lock()
	seg, position := o.segment, o.position
	o.mu.Unlock()
	if seg == nil {
		return nil, false
	}
	from, to := r.partitions.From, r.partitions.To
	g := r.regions[seg]
	if g == nil {
		size := seg.offsets[to] - seg.offsets[from]
		if r.held+size > maxRegions {
			return nil, false
		}
		g = &region{left: len(seg.members)}
		r.regions[seg] = g
		data := make([]byte, size)
		if seg.readAt(data, seg.offsets[from]) == nil {
			g.data = data
			r.held += size
		}
	}
	if g.data == nil {
		return nil, false
	}
	r.buf = r.buf[:0]
	for p := from; p < to; p++ {
		at := seg.offsets[p] - seg.offsets[from]
		for _, before := range seg.members[:position] {
			at += before.parts[p+1].offset - before.parts[p].offset
		}
		n := o.parts[p+1].offset - o.parts[p].offset
		r.buf = append(r.buf, g.data[at:at+n]...)
	}
	if g.left--; g.left == 0 {
		r.held -= int64(len(g.data))
		g.data = nil
	}
	return r.buf, true
}
