package text

import (
	"context"
	"fmt"
	"io"
	"slices"

	"skep/engine/compress"
	"skep/engine/format"
	"skep/engine/format/record"
	"skep/engine/vector"
)

// Lines is the container of Hadoop's text input and output formats: each line is a row.
type Lines struct{}

var _ record.Container = Lines{}

// Terminator implements record.Container.
func (Lines) Terminator() string { return "\n" }

// lines reads the lines of a split.
type lines struct {
	source  source
	limit   int64 // lines that start here or later belong to the next split; -1 without limit
	at      []vector.Ref
	offsets []int64
	closers []io.Closer
}

// Open implements record.Container.
func (Lines) Open(ctx context.Context, s format.Split, opts *format.ReadOptions) (_ record.Reader, err error) {
	header, footer, err := skippedLines(opts.Properties)
	if err != nil {
		return nil, fmt.Errorf("opening text file %s: %w", s.Path, err)
	}
	input, err := opts.Open.Open(ctx, s.Path)
	if err != nil {
		return nil, err
	}
	r := &lines{source: source{path: s.Path, input: input}, limit: -1, closers: []io.Closer{input}}
	if opts.Offsets {
		r.offsets = make([]int64, 0, vector.BatchSize)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("opening text file %s: %w", s.Path, err)
			r.Close()
		}
	}()
	if codec := compress.ByPath(s.Path); codec != compress.None {
		return r, r.openStream(codec, header, footer)
	}
	r.limit = s.Start + s.Length
	if s.Start > 0 {
		// The line that covers the byte before the split belongs to the split before.
		r.source.offset, r.source.base = s.Start-1, s.Start-1
		_, err := r.source.skipLine()
		return r, err
	}
	return r, r.source.skipMark()
}

// NewLines reads the lines of a stream until its end. path names it in errors.
func NewLines(stream io.Reader, path string) record.Reader {
	return &lines{source: source{path: path, stream: stream}, limit: -1}
}

func (r *lines) openStream(codec compress.Codec, header, footer int) error {
	stream, err := codec.NewReader(io.NewSectionReader(r.source.input, 0, r.source.input.Size()))
	if err != nil {
		return err
	}
	r.closers = append(r.closers, stream)
	r.source.stream = stream
	if footer > 0 {
		r.source.stream = &footerTrimmer{r: stream, lines: footer}
	}
	if err := r.source.skipMark(); err != nil {
		return err
	}
	for range header {
		if more, err := r.source.skipLine(); err != nil || !more {
			return err
		}
	}
	return nil
}

// Next implements record.Reader.
func (r *lines) Next(limit int) (record.Rows, error) {
	s := &r.source
	if cap(r.at) < limit {
		r.at = make([]vector.Ref, 0, limit)
	}
	for {
		from, at := s.pos, r.at[:0]
		r.offsets = r.offsets[:0]
		for len(at) < limit && (r.limit < 0 || s.base+int64(from) < r.limit) {
			end, next, ok := s.line(from)
			if !ok {
				break
			}
			at = append(at, vector.Ref{Off: uint32(from), Len: uint32(end - from)})
			if r.offsets != nil {
				r.offsets = append(r.offsets, s.base+int64(from))
			}
			from = next
		}
		s.pos = from
		if len(at) > 0 {
			return record.Rows{Buf: s.buf, At: at, Offsets: r.offsets}, nil
		}
		if s.eof || r.limit >= 0 && s.base+int64(from) >= r.limit {
			return record.Rows{}, nil
		}
		if err := s.fill(); err != nil {
			return record.Rows{}, err
		}
	}
}

// Close implements record.Reader.
func (r *lines) Close() error {
	var first error
	for _, c := range slices.Backward(r.closers) {
		if err := c.Close(); err != nil && first == nil {
			first = err
		}
	}
	r.closers = nil
	return first
}
