package history

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"skep/engine/compress"
)

// The frame behind the events: zstd skips it. Its content ends with its own length and a mark, by which it is found.
const (
	skippable = 0x184D2A50
	mark      = "SkHs"
	tailSize  = 8
)

// errNoSummary is returned for files that end without a summary, because their statement has not ended.
var errNoSummary = errors.New("no summary")

// perDirectory is the number of files that share a directory.
const perDirectory = 1000

// eventPath is the file of a statement.
func eventPath(dir string, id int64) string {
	return filepath.Join(eventDir(dir, id/perDirectory), strconv.FormatInt(id, 10)+".zst")
}

func eventDir(dir string, n int64) string {
	return filepath.Join(dir, "events", strconv.FormatInt(n, 10))
}

// flushAt is the number of bytes of events that are compressed together.
const flushAt = 256 << 10

// eventFile is the file of a statement being written, by the writer's goroutine.
type eventFile struct {
	path  string
	file  *os.File // nil until something is written
	lines []byte   // not yet written
	size  int64
	// inline is the content of a sealed file that is too small for a file of its own: making one would cost more than most
	// statements do. It is kept in the index.
	inline []byte
}

// inlineBytes is the size up to which a sealed file is kept in the index.
const inlineBytes = 8 << 10

// encoder compresses frames. For one goroutine.
type encoder struct {
	zstd  compress.Encoder
	frame []byte
	out   []byte
}

// add appends an event.
func (f *eventFile) add(enc *encoder, e *event) error {
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encoding an event: %w", err)
	}
	f.lines = append(append(f.lines, line...), '\n')
	if len(f.lines) >= flushAt {
		return f.flush(enc)
	}
	return nil
}

// flush writes the events so far.
func (f *eventFile) flush(enc *encoder) error {
	if len(f.lines) == 0 {
		return nil
	}
	enc.out = enc.out[:0]
	if err := enc.events(f); err != nil {
		return err
	}
	return f.write(enc.out)
}

// seal writes the remaining events and the summary, and closes the file, or makes inline of all of it.
func (f *eventFile) seal(enc *encoder, d *Detail) error {
	text, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("encoding the summary of statement %d: %w", d.ID, err)
	}
	enc.out = enc.out[:0]
	if err := enc.events(f); err != nil {
		return err
	}
	if enc.frame, err = enc.zstd.Encode(compress.BlockZstd, enc.frame, text); err != nil {
		return err
	}
	enc.out = binary.LittleEndian.AppendUint32(enc.out, skippable)
	enc.out = binary.LittleEndian.AppendUint32(enc.out, uint32(len(enc.frame)+tailSize))
	enc.out = append(enc.out, enc.frame...)
	enc.out = binary.LittleEndian.AppendUint32(enc.out, uint32(len(enc.frame)))
	enc.out = append(enc.out, mark...)
	if f.file == nil && len(enc.out) <= inlineBytes {
		f.inline, f.size = bytes.Clone(enc.out), int64(len(enc.out))
		return nil
	}
	return errors.Join(f.write(enc.out), f.close())
}

// events appends a frame of the events that are not yet written to enc.out.
func (enc *encoder) events(f *eventFile) (err error) {
	if len(f.lines) == 0 {
		return nil
	}
	if enc.frame, err = enc.zstd.Encode(compress.BlockZstd, enc.frame, f.lines); err != nil {
		return err
	}
	enc.out = append(enc.out, enc.frame...)
	f.lines = f.lines[:0]
	return nil
}

func (f *eventFile) write(b []byte) error {
	if f.file == nil {
		file, err := os.OpenFile(f.path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
		if errors.Is(err, fs.ErrNotExist) {
			if err = os.MkdirAll(filepath.Dir(f.path), 0o755); err == nil {
				file, err = os.OpenFile(f.path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
			}
		}
		if err != nil {
			return fmt.Errorf("creating an event file: %w", err)
		}
		f.file = file
	}
	n, err := f.file.Write(b)
	f.size += int64(n)
	if err != nil {
		return fmt.Errorf("writing an event file: %w", err)
	}
	return nil
}

func (f *eventFile) close() error {
	if f.file == nil {
		return nil
	}
	file := f.file
	f.file = nil
	if err := file.Close(); err != nil {
		return fmt.Errorf("closing an event file: %w", err)
	}
	return nil
}

// readSummary reads the summary of a file alone.
func readSummary(path string) (*Detail, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening an event file: %w", err)
	}
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return summary(f, size, path)
}

// summary reads the summary at the end of a file of some size. path is its name in errors.
func summary(f io.ReaderAt, size int64, path string) (*Detail, error) {
	var tail [tailSize]byte
	if size < tailSize {
		return nil, errNoSummary
	}
	if _, err := f.ReadAt(tail[:], size-tailSize); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	length := int64(binary.LittleEndian.Uint32(tail[:]))
	if string(tail[4:]) != mark || length > size-tailSize {
		return nil, errNoSummary
	}
	frame := make([]byte, length)
	if _, err := f.ReadAt(frame, size-tailSize-length); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	r, err := compress.Zstd.NewReader(bytes.NewReader(frame))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	defer r.Close()
	var d Detail
	if err := json.NewDecoder(r).Decode(&d); err != nil {
		return nil, fmt.Errorf("reading the summary of %s: %w", path, err)
	}
	return &d, nil
}

// readEvents calls fn with the events of a file up to its end, or to where it was cut short.
func readEvents(path string, fn func(*event) error) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("opening an event file: %w", err)
	}
	defer f.Close()
	r, err := compress.Zstd.NewReader(f)
	if err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	defer r.Close()
	lines := json.NewDecoder(r)
	for {
		var e event
		if err := lines.Decode(&e); err != nil {
			return nil // the end, or a frame of which a part is missing: what came before is good
		}
		if err := fn(&e); err != nil {
			return err
		}
	}
}
