package orc

import (
	"fmt"
	"io"
	"sync"
	"time"

	"skep/engine/compress"
	"skep/engine/format"
)

// tailGuess is how much of a file's end is read at first; it holds the metadata of most files.
const tailGuess = 256 << 10

// maxMetadata bounds the decompressed footer, so that a lying length cannot exhaust memory.
const maxMetadata = 1 << 30

// tailCache keeps the tails of files by identity, the latest cacheSize of them.
type tailCache struct {
	mu    sync.Mutex
	tails map[tailKey]*fileTail
	order []tailKey
}

type tailKey struct {
	path string
	size int64
	mod  time.Time
}

const cacheSize = 1024

func (c *tailCache) get(k tailKey) *fileTail {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tails[k]
}

func (c *tailCache) put(k tailKey, t *fileTail) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tails[k] == nil {
		c.order = append(c.order, k)
	}
	c.tails[k] = t
	if len(c.order) > cacheSize {
		delete(c.tails, c.order[0])
		c.order = c.order[1:]
	}
}

// tail returns the metadata of an open file. A zero mod bypasses the cache.
func (f *Format) tail(in format.Input, path string, mod time.Time) (*fileTail, error) {
	k := tailKey{path, in.Size(), mod}
	if !mod.IsZero() {
		if t := f.tails.get(k); t != nil {
			return t, nil
		}
	}
	t, err := readTail(in)
	if err != nil {
		return nil, fmt.Errorf("reading ORC file %s: %w", path, err)
	}
	if !mod.IsZero() {
		f.tails.put(k, t)
	}
	return t, nil
}

func readTail(in format.Input) (*fileTail, error) {
	size := in.Size()
	if size < int64(len(magic))+1 {
		return nil, fmt.Errorf("%d bytes are too few: %w", size, errProto)
	}
	end, err := readAt(in, max(0, size-tailGuess), int(min(size, tailGuess)))
	if err != nil {
		return nil, err
	}
	n := int(end[len(end)-1])
	if n+1 > len(end) {
		return nil, fmt.Errorf("at offset %d: postscript of %d bytes: %w", size-1, n, errProto)
	}
	p, err := parsePostscript(end[len(end)-1-n : len(end)-1])
	if err != nil {
		return nil, fmt.Errorf("at offset %d: postscript: %w", size-1-int64(n), err)
	}
	total := p.footerLength + p.metadataLength + int64(n) + 1
	if p.footerLength < 0 || p.metadataLength < 0 || total > size {
		return nil, fmt.Errorf("at offset %d: footer of %d and metadata of %d bytes do not fit: %w", size-1-int64(n), p.footerLength, p.metadataLength, errProto)
	}
	if total > int64(len(end)) {
		if end, err = readAt(in, size-total, int(total)); err != nil {
			return nil, err
		}
	}
	footer := end[len(end)-1-n-int(p.footerLength) : len(end)-1-n]
	metadata := end[len(end)-int(total):][:p.metadataLength]
	t := &fileTail{codec: p.codec, blockSize: p.blockSize}
	dec := &compress.Decoder{}
	defer dec.Close()
	var s stream
	defer s.release()
	s.resetBytes(footer, p.codec, p.blockSize, dec)
	data, err := s.all(nil, maxMetadata)
	if err == nil {
		err = parseFooter(data, t)
	}
	if err == nil {
		err = checkTypes(t.types)
	}
	for _, x := range t.stripes {
		if err == nil && (x.offset < 0 || x.indexLength < 0 || x.dataLength < 0 || x.footerLength < 0 || x.rows < 0 ||
			x.offset+x.indexLength+x.dataLength+x.footerLength > size) {
			err = fmt.Errorf("stripe at %d: %w", x.offset, errProto)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("at offset %d: footer: %w", size-1-int64(n)-p.footerLength, err)
	}
	s.resetBytes(metadata, p.codec, p.blockSize, dec)
	if data, err = s.all(nil, maxMetadata); err == nil {
		t.stripeStats, err = parseStripeStatistics(data)
	}
	if err != nil {
		return nil, fmt.Errorf("at offset %d: stripe statistics: %w", size-total, err)
	}
	return t, nil
}

// readAt reads exactly n bytes at off.
func readAt(in io.ReaderAt, off int64, n int) ([]byte, error) {
	b := make([]byte, n)
	if k, err := in.ReadAt(b, off); k < n {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("at offset %d: %w", off, err)
	}
	return b, nil
}
