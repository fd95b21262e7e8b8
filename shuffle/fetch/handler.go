package fetch

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"skep/shuffle"
	"skep/shuffle/format"
	"skep/shuffle/store"
)

// Handler serves the outputs of a store. Token is what clients have to show; without one nobody may read.
type Handler struct {
	Store *store.Store
	Token string
}

// maxRequest bounds the bytes of a request's body.
const maxRequest = 1 << 20

// maxLimit bounds the bytes of an answer.
const maxLimit = 64 << 20

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !h.allowed(r) {
		http.Error(w, "the token is wrong", http.StatusUnauthorized)
		return
	}
	switch r.Method + " " + r.URL.Path {
	case "POST " + pathFetch:
		h.fetch(w, r)
	case "POST " + pathSizes:
		h.sizes(w, r)
	case "POST " + pathRelease:
		var q ReleaseRequest
		if !decode(w, r, &q) {
			return
		}
		if err := h.Store.Release(q.Job, q.Stages...); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	case "GET " + pathHeld:
		job := r.URL.Query().Get("job")
		if err := shuffle.CheckJob(job); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answer(w, h.Store.Held(job))
	default:
		http.NotFound(w, r)
	}
}

// allowed compares digests of the tokens, so that the time taken says nothing of them.
func (h *Handler) allowed(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	got, want := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(h.Token))
	return ok && h.Token != "" && subtle.ConstantTimeCompare(got[:], want[:]) == 1
}

func decode(w http.ResponseWriter, r *http.Request, to any) bool {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(to); err != nil {
		http.Error(w, "reading the request: "+err.Error(), http.StatusBadRequest)
		return false
	}
	return true
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the client has gone; it will ask again
}

// part is a record of an answer with where its bytes come from.
type part struct {
	record
	bytes []byte   // or
	file  *os.File // from at on
	at    int64
}

func (h *Handler) fetch(w http.ResponseWriter, r *http.Request) {
	var q Request
	if !decode(w, r, &q) {
		return
	}
	if q.From < 0 || q.To <= q.From || q.Skip < 0 || len(q.Maps) == 0 || len(q.Maps) > MaxMaps || shuffle.CheckJob(q.Job) != nil {
		http.Error(w, "the request makes no sense", http.StatusBadRequest)
		return
	}
	parts := h.plan(&q)
	defer func() {
		for _, p := range parts {
			if p.file != nil {
				_ = p.file.Close() // only read
			}
		}
	}()
	length := int64(0)
	for _, p := range parts {
		length += recordSize + p.size
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", fmt.Sprint(length))
	for _, p := range parts {
		if err := p.write(w); err != nil {
			// The client sees that the answer is cut short and asks again; what is wrong with the file shows then.
			panic(http.ErrAbortHandler)
		}
	}
}

func (p *part) write(w io.Writer) error {
	if _, err := w.Write(p.record.append(nil)); err != nil {
		return err
	}
	if p.file == nil {
		_, err := w.Write(p.bytes)
		return err
	}
	if _, err := p.file.Seek(p.at, io.SeekStart); err != nil {
		return err
	}
	n, err := io.CopyN(w, p.file, p.size) // by sendfile where there is such a thing
	if err == nil && n < p.size {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// plan decides what an answer holds.
func (h *Handler) plan(q *Request) []part {
	left := min(max(q.Limit, 1), maxLimit)
	skip := q.Skip
	partitions := shuffle.Range{From: q.From, To: q.To}
	pieces := store.NewPieces(partitions)
	var parts []part
	next := func(number int, offset int64) []part {
		return append(parts, part{record: record{kind: recordNext, number: number, offset: offset}})
	}
	for i, m := range q.Maps {
		if left <= 0 {
			return next(i, skip)
		}
		p, err := h.piece(q, m, partitions, skip, left, pieces)
		if err != nil {
			text := err.Error()
			parts = append(parts, part{
				record: record{kind: recordFault, faultKind: kindOf(err), number: i, size: int64(len(text))}, bytes: []byte(text),
			})
			return next(i, skip)
		}
		p.number = i
		parts = append(parts, p)
		left -= p.size
		if end := p.offset + p.size; end < p.total {
			return next(i, end)
		}
		skip = 0
	}
	return next(len(q.Maps), 0)
}

// piece returns up to limit bytes of an output's range of partitions.
func (h *Handler) piece(q *Request, m Map, partitions shuffle.Range, skip, limit int64, pieces *store.Pieces) (part, error) {
	a := m.attempt(q.Job, q.Stage)
	o, err := h.Store.Lookup(a, m[3])
	if err != nil {
		return part{}, err
	}
	content, err := o.Open() // before Extent, as it may settle the sizes
	if err != nil {
		return part{}, err
	}
	x, err := o.Extent(partitions)
	if err == nil && skip > x.Bytes {
		err = fmt.Errorf("%w: position %d of %d bytes", format.ErrCorrupt, skip, x.Bytes)
	}
	if err == nil && q.Again {
		err = Verify(content, a, partitions, x)
	}
	if err != nil {
		return part{}, errors.Join(err, content.Close())
	}
	p := part{record: record{kind: recordPiece, offset: skip, size: min(limit, x.Bytes-skip), total: x.Bytes, frames: x.Frames, rows: x.Rows, schema: o.Schema()}}
	p.at = x.Offset + skip
	switch c := content.(type) {
	case store.Image:
		p.bytes = c.Bytes[p.at : p.at+p.size]
	case *os.File:
		// Small pieces are copied, so that an answer holds few open files.
		const small = 64 << 10
		if p.size > small {
			p.file = c
			return p, nil
		}
		defer c.Close()
		if !q.Again {
			if data, ok := pieces.Piece(o); ok {
				p.bytes = append([]byte(nil), data[skip:skip+p.size]...)
				return p, nil
			}
		}
		p.bytes = make([]byte, p.size)
		if _, err := c.ReadAt(p.bytes, p.at); err != nil {
			return part{}, fmt.Errorf("%w: %w", format.ErrCorrupt, err)
		}
	}
	return p, nil
}

// Verify reads a range of partitions of an output and checks every frame.
func Verify(content io.ReaderAt, a shuffle.AttemptID, partitions shuffle.Range, x store.Extent) error {
	fingerprint := a.Fingerprint()
	at, end := x.Offset, x.Offset+x.Bytes
	var buf []byte
	var frames, rows int64
	head := make([]byte, format.FrameHeader)
	for at < end {
		if end-at < format.FrameHeader {
			return fmt.Errorf("%w: a partition is cut short", format.ErrCorrupt)
		}
		if _, err := content.ReadAt(head, at); err != nil {
			return fmt.Errorf("%w: %w", format.ErrCorrupt, err)
		}
		n, err := format.FrameSize(head)
		if err != nil {
			return err
		}
		if int64(n) > end-at {
			return fmt.Errorf("%w: a frame is cut short", format.ErrCorrupt)
		}
		if cap(buf) < n {
			buf = make([]byte, n)
		}
		if _, err := content.ReadAt(buf[:n], at); err != nil {
			return fmt.Errorf("%w: %w", format.ErrCorrupt, err)
		}
		f, err := format.ParseFrame(buf[:n])
		switch {
		case err != nil:
			return err
		case f.Fingerprint != fingerprint:
			return fmt.Errorf("%w: a frame of another attempt than %s", format.ErrStale, a)
		case int(f.Partition) < partitions.From || int(f.Partition) >= partitions.To:
			return fmt.Errorf("%w: a frame of partition %d", format.ErrCorrupt, f.Partition)
		}
		at += int64(n)
		frames++
		rows += int64(f.Rows)
	}
	if frames != x.Frames || rows != x.Rows {
		return fmt.Errorf("%w: %d frames and %d rows instead of %d and %d", format.ErrCorrupt, frames, rows, x.Frames, x.Rows)
	}
	return nil
}

// kindOf classifies the errors of a store.
func kindOf(err error) shuffle.FetchKind {
	switch {
	case errors.Is(err, store.ErrMissing):
		return shuffle.Missing
	case errors.Is(err, format.ErrStale):
		return shuffle.Stale
	}
	// Whatever else keeps a file from being read: its producer's output is not to be had from this disk.
	return shuffle.Corrupt
}

// Fault makes a FetchError of an error of a store.
func Fault(err error, a shuffle.AttemptID, location string) *shuffle.FetchError {
	return &shuffle.FetchError{Kind: kindOf(err), Attempt: a, Location: location, Partition: -1, Err: err}
}

func (h *Handler) sizes(w http.ResponseWriter, r *http.Request) {
	var q SizesRequest
	if !decode(w, r, &q) {
		return
	}
	var out Sizes
	for _, m := range q.Maps {
		n, err := Size(h.Store, m.attempt(q.Job, q.Stage), m[3], q.Partition)
		if err != nil {
			out.Fault, out.Kind = err.Error(), kindOf(err).String()
			break
		}
		out.Bytes = append(out.Bytes, n)
	}
	answer(w, out)
}

// Size returns the bytes of a partition of an output in a store.
func Size(s *store.Store, a shuffle.AttemptID, check uint32, partition int) (int64, error) {
	o, err := s.Lookup(a, check)
	if err != nil {
		return 0, err
	}
	x, err := o.Extent(shuffle.Range{From: partition, To: partition + 1})
	return x.Bytes, err
}
