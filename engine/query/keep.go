package query

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"time"

	"skep/dialect/types"
	"skep/engine/block"
	"skep/engine/session"
	"skep/engine/vector"
)

// A result whose client may come back over another connection is kept in a file from the end of its query until its client begins to
// fetch it: when the server has been restarted in between, the client finds it by its old handle. Of one that has begun, nobody knows
// how far the client came.
//
// The file is a head, the statement, and the rows as blocks of engine/block, each with its length and CRC32C before it; a length of 0
// ends it. It has its name once it is complete.

const (
	// keptRows bounds the bytes of a result that is kept.
	keptRows = 256 << 20
	// keptFor is how long a result waits for its client after a restart.
	keptFor = 10 * time.Minute

	keptMagic = "SKEPRES1"
	maxKept   = 1 << 30 // of one piece
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// keptHead is the statement of a kept result.
type keptHead struct {
	QueryID   string
	Session   []byte // session.Encode
	Statement []byte // record
}

// keeper writes a result that is to be kept.
type keeper struct {
	path string
	file *os.File
	out  *bufio.Writer
	enc  block.Encoder
	buf  []byte
	size int64
}

// keep starts the file of the statement's result; nil for one that is not kept.
func (st *Statement) keep() (_ *keeper, err error) {
	if st.client == nil {
		return nil, nil
	}
	dir := st.session.engine.results()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("keeping a result: %w", err)
	}
	h := keptHead{QueryID: st.queryID}
	if h.Statement, err = st.record(nil); err != nil {
		return nil, err
	}
	if h.Session, err = st.surroundings().Encode(); err != nil {
		return nil, err
	}
	head, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("keeping a result: %w", err)
	}
	k := &keeper{path: filepath.Join(dir, st.owner)}
	if k.file, err = os.Create(k.path + ".new"); err != nil {
		return nil, fmt.Errorf("keeping a result: %w", err)
	}
	k.out = bufio.NewWriterSize(k.file, 64<<10)
	_, err = k.out.WriteString(keptMagic)
	if err = errors.Join(err, k.piece(head)); err != nil {
		return nil, errors.Join(err, k.drop())
	}
	return k, nil
}

func (e *Engine) results() string { return filepath.Join(e.config.DataDir, "results") }

func (k *keeper) piece(b []byte) error {
	var frame [8]byte
	binary.LittleEndian.PutUint32(frame[:], uint32(len(b)))
	binary.LittleEndian.PutUint32(frame[4:], crc32.Checksum(b, castagnoli))
	_, err := k.out.Write(frame[:])
	if err == nil {
		_, err = k.out.Write(b)
	}
	if k.size += int64(len(b)); err != nil {
		return fmt.Errorf("keeping a result: %w", err)
	}
	return nil
}

// add adds the selected rows of b. full says that the result is too large to be kept.
func (k *keeper) add(b *vector.Batch) (full bool, err error) {
	cols := b.Cols
	n := b.N
	if b.Sel != nil {
		n = len(b.Sel)
		cols = make([]*vector.Vector, len(b.Cols))
		for i, c := range b.Cols {
			cols[i] = vector.New(c.Type, 0)
			vector.AppendAll(cols[i], c, b.Sel, b.N)
		}
	}
	if n == 0 {
		return false, nil
	}
	k.buf = k.enc.Encode(k.buf[:0], cols, 0, n)
	return k.size > keptRows, k.piece(k.buf)
}

// end completes the file and gives it its name.
func (k *keeper) end() error {
	err := k.piece(nil)
	if err = errors.Join(err, k.out.Flush(), k.file.Close()); err == nil {
		err = os.Rename(k.path+".new", k.path)
	}
	if err != nil {
		return fmt.Errorf("keeping a result: %w", err)
	}
	return nil
}

// drop gives the file up.
func (k *keeper) drop() error {
	return errors.Join(k.file.Close(), os.Remove(k.path+".new"))
}

// takeKept takes over the results that an earlier process kept, but those of queries that still run.
func (e *Engine) takeKept(ctx context.Context) error {
	entries, err := os.ReadDir(e.results())
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("looking for kept results: %w", err)
	}
	for _, x := range entries {
		path := filepath.Join(e.results(), x.Name())
		info, err := x.Info()
		if err == nil && filepath.Ext(path) == "" && !e.jobs.owned(x.Name()) && time.Since(info.ModTime()) < keptFor {
			err = e.takeOne(ctx, path)
			if err == nil {
				continue
			}
		}
		if err != nil {
			e.log.Warn("a kept result is lost", "file", path, "error", err)
		}
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("removing a kept result: %w", err)
		}
	}
	return nil
}

// takeOne makes a statement that has ended of a kept result.
func (e *Engine) takeOne(ctx context.Context, path string) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	in := &keptReader{in: bufio.NewReaderSize(f, 64<<10)}
	magic := make([]byte, len(keptMagic))
	if _, err := io.ReadFull(in.in, magic); err != nil || string(magic) != keptMagic {
		return errors.New("it is no result")
	}
	head, err := in.piece()
	if err != nil {
		return err
	}
	var h keptHead
	r := &record{}
	if err := errors.Join(json.Unmarshal(head, &h), json.Unmarshal(h.Statement, r)); err != nil {
		return err
	}
	described, err := session.Decode(h.Session)
	if err != nil {
		return err
	}
	st, err := e.recoveredStatement(ctx, h.QueryID, described, r)
	if err != nil {
		return err
	}
	batch := vector.NewBatch(st.result.types)
	dec := block.Decoder{Flat: true}
	for {
		b, err := in.piece()
		if err != nil {
			return errors.Join(err, st.result.Close())
		}
		if len(b) == 0 {
			break
		}
		if err = dec.Decode(b, batch); err == nil {
			err = st.result.AppendBatch(batch)
		}
		if err != nil {
			return errors.Join(err, st.result.Close())
		}
	}
	if err := st.result.end(); err != nil {
		return err
	}
	st.result.kept = path
	st.ended.Store(true)
	done := &Recovered{Statement: st, Session: st.session, Client: r.Client, ended: make(chan struct{}), cancel: func(error) {}}
	close(done.ended)
	e.kept = append(e.kept, done)
	return nil
}

type keptReader struct {
	in  *bufio.Reader
	buf []byte
}

func (r *keptReader) piece() ([]byte, error) {
	var frame [8]byte
	if _, err := io.ReadFull(r.in, frame[:]); err != nil {
		return nil, fmt.Errorf("it ends early: %w", err)
	}
	n := binary.LittleEndian.Uint32(frame[:])
	if n > maxKept {
		return nil, errors.New("it is damaged")
	}
	if cap(r.buf) < int(n) {
		r.buf = make([]byte, n, int(n)+block.Slack)
	}
	b := r.buf[:n]
	if _, err := io.ReadFull(r.in, b); err != nil {
		return nil, fmt.Errorf("it ends early: %w", err)
	}
	if crc32.Checksum(b, castagnoli) != binary.LittleEndian.Uint32(frame[4:]) {
		return nil, errors.New("it is damaged")
	}
	return b, nil
}

// resultColumns gives a statement the result columns of a record.
func (st *Statement) resultColumns(r *record) error {
	var ts []*types.Type
	for _, c := range r.Columns {
		t, err := types.Parse(c.Type)
		if err != nil {
			return fmt.Errorf("column %s: %w", c.Name, err)
		}
		st.columns = append(st.columns, Column{c.Name, t, c.Comment})
		ts = append(ts, t)
	}
	if ts != nil {
		st.result = st.session.engine.newResult(ts)
		st.result.texts = r.Texts
	}
	return nil
}
