package reader

import (
	"context"
	"errors"
	"fmt"
	"os"

	"skep/engine/block"
	"skep/shuffle"
	"skep/shuffle/fetch"
	"skep/shuffle/format"
	"skep/shuffle/store"
)

// output is the state of reading one output.
type output struct {
	attempt     shuffle.AttemptID
	fingerprint uint64
	location    string
	partitions  shuffle.Range
	remote      bool
	again       bool // it was damaged once
	stream      stream

	rest  []byte // of the stream's last bytes
	carry []byte // a frame that is spread over several of them

	seen []uint32 // checksums of the frames so far

	position     int64 // of the next frame, in the range of partitions
	frames, rows int64 // so far
	partition    int   // of the last frame; -1 before the first
	number       uint32
}

// frame returns the next frame, valid until the following call, or nil at the end.
func (o *output) frame(ctx context.Context) ([]byte, error) {
	if len(o.rest) == 0 {
		if err := o.more(ctx); err != nil {
			return nil, err
		}
		if len(o.rest) == 0 {
			return nil, nil
		}
	}
	if len(o.rest) >= format.FrameHeader {
		n, err := format.FrameSize(o.rest)
		if err != nil {
			return nil, err
		}
		if n <= len(o.rest) {
			f := o.rest[:n]
			o.rest = o.rest[n:]
			return f, nil
		}
	}
	o.carry = o.carry[:0]
	if err := o.collect(ctx, format.FrameHeader); err != nil {
		return nil, err
	}
	n, err := format.FrameSize(o.carry)
	if err != nil {
		return nil, err
	}
	return o.carry, o.collect(ctx, n)
}

// collect fills carry up to n bytes.
func (o *output) collect(ctx context.Context, n int) error {
	for len(o.carry) < n {
		if len(o.rest) == 0 {
			if err := o.more(ctx); err != nil {
				return err
			}
			if len(o.rest) == 0 {
				return fmt.Errorf("%w: a frame is cut short", format.ErrCorrupt)
			}
		}
		k := min(n-len(o.carry), len(o.rest))
		o.carry = append(o.carry, o.rest[:k]...)
		o.rest = o.rest[k:]
	}
	return nil
}

func (o *output) more(ctx context.Context) error {
	var err error
	o.rest, err = o.stream.next(ctx)
	return err
}

// contents is what a range of partitions of an output holds.
type contents struct {
	Frames, Rows int64
	schema       uint64
}

// stream gives the bytes of a range of partitions of an output.
type stream interface {
	// next returns further bytes, valid until the following call, or none at the end.
	next(ctx context.Context) ([]byte, error)
	// contents is known from the first call of next on.
	contents() contents
	close() error
}

// localChunk is the number of bytes read from a file at once.
const localChunk = 1 << 20

// localStream reads from a store of this process.
type localStream struct {
	content store.Content
	holds   contents
	at, end int64
	whole   []byte // all of it, when it is in memory
	buf     []byte
}

func openLocal(o *store.Output, partitions shuffle.Range, pieces *store.Pieces, from int64) (*localStream, error) {
	if pieces != nil {
		if data, ok := pieces.Piece(o); ok {
			x, err := o.Extent(partitions)
			return &localStream{whole: data, holds: contents{x.Frames, x.Rows, o.Schema()}}, err
		}
	}
	c, err := o.Open() // before Extent, as it may settle the sizes
	if err != nil {
		return nil, err
	}
	x, err := o.Extent(partitions)
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	s := &localStream{content: c, holds: contents{x.Frames, x.Rows, o.Schema()}, at: x.Offset + from, end: x.Offset + x.Bytes}
	if image, ok := c.(store.Image); ok {
		s.whole = image.Bytes[s.at:s.end]
		s.at = s.end
	}
	return s, nil
}

func (s *localStream) contents() contents { return s.holds }

func (s *localStream) next(ctx context.Context) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s.whole != nil {
		out := s.whole
		s.whole = nil
		return out, nil
	}
	if s.at >= s.end {
		return nil, nil
	}
	n := min(s.end-s.at, localChunk)
	if int64(cap(s.buf)) < n+block.Slack {
		s.buf = make([]byte, n, n+block.Slack)
	}
	s.buf = s.buf[:n]
	if _, err := s.content.ReadAt(s.buf, s.at); err != nil {
		if errors.Is(err, os.ErrClosed) {
			return nil, err
		}
		// Cut short since it was opened, or the disk is bad.
		return nil, fmt.Errorf("%w: %w", format.ErrCorrupt, err)
	}
	s.at += n
	return s.buf, nil
}

func (s *localStream) close() error {
	if s.content == nil {
		return nil
	}
	return s.content.Close()
}

// fetcher reads ahead what one place has of a slice. Reader and fetcher share nothing but the channels.
type fetcher struct {
	location   string
	partitions shuffle.Range
	maps       []int // numbers of the outputs, in order
	limit      int64
	stop       context.CancelFunc
	out        chan fetched
	free       chan *fetch.Answer // to be used again

	// Of the reader:
	current fetched
	piece   int
	err     error
}

// fetched is an answer for the outputs from maps[base] on.
type fetched struct {
	answer *fetch.Answer
	base   int
	err    error
}

func (f *fetcher) run(ctx context.Context, client *fetch.Client, m *shuffle.Manifest) {
	defer close(f.out)
	q := fetch.Request{Job: m.Stage.Job, Stage: m.Stage.Stage, From: f.partitions.From, To: f.partitions.To, Limit: f.limit}
	for at := 0; at < len(f.maps); {
		q.Maps = q.Maps[:0]
		for _, n := range f.maps[at:min(len(f.maps), at+fetch.MaxMaps)] {
			q.Maps = append(q.Maps, fetch.MapOf(m.Entries[n]))
		}
		var into *fetch.Answer
		select {
		case into = <-f.free:
		default:
		}
		answer, err := client.Fetch(ctx, f.location, &q, into)
		select {
		case f.out <- fetched{answer: answer, base: at, err: err}:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
		if k := len(answer.Pieces); k > 0 && answer.Pieces[k-1].Fault != nil {
			return
		}
		at += answer.Next
		q.Skip = answer.Skip
	}
}

// take returns the next piece of an output; pieces of outputs before it are passed over.
func (f *fetcher) take(ctx, closed context.Context, number int, stats *shuffle.ReaderStats) (*fetch.Piece, error) {
	for {
		for f.current.answer != nil && f.piece < len(f.current.answer.Pieces) {
			p := &f.current.answer.Pieces[f.piece]
			switch at := f.maps[f.current.base+p.Number]; {
			case at == number:
				f.piece++
				return p, nil
			case at > number:
				return nil, fmt.Errorf("%w: an answer without an output that was asked for", format.ErrCorrupt)
			}
			f.piece++
		}
		if f.err != nil {
			return nil, f.err
		}
		if f.current.answer != nil {
			select {
			case f.free <- f.current.answer:
			default:
			}
			f.current.answer = nil
		}
		select {
		case got, ok := <-f.out:
			if !ok {
				return nil, errors.Join(errEnded, closed.Err())
			}
			stats.Requests++
			if got.err != nil {
				f.err = got.err
				return nil, got.err
			}
			f.current, f.piece = got, 0
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-closed.Done():
			return nil, closed.Err()
		}
	}
}

var errEnded = errors.New("reading ahead has ended")

// remoteStream takes the bytes of one output from a fetcher.
type remoteStream struct {
	fetcher *fetcher
	number  int
	stats   *shuffle.ReaderStats
	closed  context.Context
	holds   contents
	at      int64
	total   int64
	begun   bool
}

func (s *remoteStream) contents() contents { return s.holds }
func (s *remoteStream) close() error       { return nil }

func (s *remoteStream) next(ctx context.Context) ([]byte, error) {
	if s.begun && s.at >= s.total {
		return nil, nil
	}
	p, err := s.fetcher.take(ctx, s.closed, s.number, s.stats)
	if err != nil {
		return nil, err
	}
	if p.Fault != nil {
		return nil, faultOf(p, s.fetcher.location)
	}
	if p.Offset != s.at || s.begun && p.Total != s.total {
		return nil, fmt.Errorf("%w: bytes from %d instead of %d", format.ErrCorrupt, p.Offset, s.at)
	}
	s.begun, s.total, s.holds = true, p.Total, contents{p.Frames, p.Rows, p.Schema}
	s.at += int64(len(p.Data))
	return p.Data, nil
}

// placeError is a fault that a place reported of an output.
type placeError struct {
	kind shuffle.FetchKind
	err  error
}

func (e *placeError) Error() string { return e.err.Error() }

func faultOf(p *fetch.Piece, location string) error {
	switch p.FaultKind {
	case shuffle.Missing:
		return &placeError{shuffle.Missing, fmt.Errorf("%s: %w", location, p.Fault)}
	case shuffle.Stale:
		return fmt.Errorf("%w: %w", format.ErrStale, p.Fault)
	}
	return fmt.Errorf("%w: %w", format.ErrCorrupt, p.Fault)
}

// againStream asks for one output by itself.
type againStream struct {
	client   *fetch.Client
	location string
	attempt  shuffle.AttemptID
	request  fetch.Request
	stats    *shuffle.ReaderStats
	closed   context.Context
	answer   *fetch.Answer
	holds    contents
	total    int64
	begun    bool
}

func (s *againStream) contents() contents { return s.holds }
func (s *againStream) close() error       { return nil }

func (s *againStream) next(ctx context.Context) ([]byte, error) {
	if s.begun && s.request.Skip >= s.total {
		return nil, nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.closed, cancel)()
	var err error
	s.answer, err = s.client.Fetch(ctx, s.location, &s.request, s.answer)
	if err != nil {
		return nil, err
	}
	s.stats.Requests++
	if len(s.answer.Pieces) != 1 {
		return nil, fmt.Errorf("%w: an answer of %d pieces", format.ErrCorrupt, len(s.answer.Pieces))
	}
	p := &s.answer.Pieces[0]
	if p.Fault != nil {
		return nil, faultOf(p, s.location)
	}
	if p.Offset != s.request.Skip {
		return nil, fmt.Errorf("%w: bytes from %d instead of %d", format.ErrCorrupt, p.Offset, s.request.Skip)
	}
	s.begun, s.total, s.holds = true, p.Total, contents{p.Frames, p.Rows, p.Schema}
	s.request.Skip += int64(len(p.Data))
	return p.Data, nil
}
