package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"

	"skep/engine/compress"
	"skep/engine/format"
)

// maxPage bounds the sizes a page header may claim.
const maxPage = 1 << 29

// expansion is the most that a byte of compressed data can stand for, so that a page of few bytes cannot ask for a huge buffer.
var expansion = [...]int64{
	compress.BlockNone: 1, compress.BlockSnappy: 64, compress.BlockLZ4: 256, compress.BlockLZ4Hadoop: 256, compress.BlockZstd: 1 << 17,
	compress.BlockGzip: 1032, compress.BlockDeflate: 1032, compress.BlockBrotli: 1 << 20, compress.BlockLZO: 1 << 9,
}

// blockCodec maps the format's compression codec numbers.
func blockCodec(codec int32) (compress.Block, error) {
	switch codec {
	case 0:
		return compress.BlockNone, nil
	case 1:
		return compress.BlockSnappy, nil
	case 2:
		return compress.BlockGzip, nil
	case 3:
		return compress.BlockLZO, nil
	case 4:
		return compress.BlockBrotli, nil
	case 5:
		return compress.BlockLZ4Hadoop, nil
	case 6:
		return compress.BlockZstd, nil
	case 7:
		return compress.BlockLZ4, nil
	}
	return 0, fmt.Errorf("compression codec %d is not known", codec)
}

// chunkReader reads the pages of one column chunk after the other. Entries of a page are its values and NULLs.
type chunkReader struct {
	window  window
	leaf    *node
	decoder *compress.Decoder
	codec   compress.Block
	pos     int64 // of the next page header
	end     int64 // of the chunk
	entries int64 // of the chunk, not yet in a page whose header was read
	header  pageHeader
	// left counts the entries of the current page not read; opened says that its contents are decoded.
	left   int
	opened bool
	first  bool   // no header was read yet
	page   []byte // decompressed contents
	buf    []byte // storage of page when it is not in the window
	defs   hybrid
	reps   hybrid
	values valueDecoder
	dict   dictionary
}

// reset positions the reader at the start of a chunk.
func (c *chunkReader) reset(chunk *columnChunk) error {
	m := &chunk.meta
	if m.physical != c.leaf.element.physical {
		return fmt.Errorf("column chunk of %s is %s, the schema says %s", c.leaf.path(), m.physical, c.leaf.element.physical)
	}
	codec, err := blockCodec(m.codec)
	if err != nil {
		return err
	}
	c.codec, c.entries = codec, m.values
	c.pos = m.dataOffset
	if m.dictionaryOffset > 0 && m.dictionaryOffset < c.pos {
		c.pos = m.dictionaryOffset
	}
	c.end = c.pos + m.compressed
	if c.pos < 4 || m.compressed < 0 || c.end < c.pos || c.end > c.window.input.Size() || m.values < 0 {
		return fmt.Errorf("column chunk of %s with %d values at %d..%d of a file of %d bytes", c.leaf.path(), m.values, c.pos, c.end, c.window.input.Size())
	}
	c.left, c.opened, c.first, c.dict.size = 0, false, true, -1
	return nil
}

// fail adds the position to an error.
func (c *chunkReader) fail(err error) error {
	return fmt.Errorf("column %s, page before offset %d: %w", c.leaf.path(), c.pos, err)
}

// nextHeader moves to the next data page without decoding it. There must be one: callers read no more rows than the row group
// has.
func (c *chunkReader) nextHeader() error {
	for {
		if c.entries <= 0 {
			return c.fail(errors.New("column chunk has fewer values than the row group has rows"))
		}
		if err := c.readHeader(); err != nil {
			return c.fail(err)
		}
		switch c.header.kind {
		case dataPage, dataPageV2:
			c.left, c.opened = int(c.header.values), false
			if c.entries -= int64(c.left); c.entries < 0 {
				return c.fail(errors.New("pages have more values than the column chunk"))
			}
			if c.left > 0 {
				return nil
			}
		case dictionaryPage:
			if err := c.readDictionary(); err != nil {
				return c.fail(err)
			}
		}
	}
}

// leadingDictionary reads the chunk's first page if it is a dictionary; otherwise the page counts as read.
func (c *chunkReader) leadingDictionary() error {
	err := c.readHeader()
	if err == nil && c.header.kind == dictionaryPage {
		err = c.readDictionary()
	}
	if err != nil {
		return c.fail(err)
	}
	return nil
}

// readHeader reads the header at pos and leaves pos behind the page's body.
func (c *chunkReader) readHeader() error {
	for size := 256; ; size *= 4 {
		room := c.end - c.pos
		if room <= 0 {
			return errors.New("column chunk ends before its values do")
		}
		b, err := c.window.bytes(c.pos, int(min(int64(size), room)), c.end)
		if err != nil {
			return err
		}
		h, n, err := readPageHeader(b)
		if err != nil {
			if errors.Is(err, errThrift) && int64(size) < room && size < 1<<24 {
				continue
			}
			return fmt.Errorf("page header: %w", err)
		}
		if int64(n)+int64(h.compressed) > room || int64(h.uncompressed) > min(maxPage, int64(h.compressed)*expansion[c.codec]+64) {
			return fmt.Errorf("page of %d bytes (%d decompressed) in a column chunk with %d left", h.compressed, h.uncompressed, room-int64(n))
		}
		c.header, c.first = h, false
		c.pos += int64(n) + int64(h.compressed)
		return nil
	}
}

// contents returns the compressed bytes of the current page.
func (c *chunkReader) contents() ([]byte, error) {
	n := int(c.header.compressed)
	return c.window.bytes(c.pos-int64(n), n, c.end)
}

// decompress decompresses src, the size of which the header gives less skip bytes, into *buf. Uncompressed data is returned
// where it is.
func (c *chunkReader) decompress(buf *[]byte, src []byte, size int) ([]byte, error) {
	if c.codec == compress.BlockNone {
		if len(src) != size {
			return nil, fmt.Errorf("uncompressed page has %d bytes, its header says %d", len(src), size)
		}
		return src, nil
	}
	*buf = grown(*buf, size)
	out, err := c.decoder.Decode(c.codec, (*buf)[:0:cap(*buf)], src, size)
	if err != nil {
		return nil, err
	}
	if len(out) != size {
		return nil, fmt.Errorf("page decompresses to %d bytes, its header says %d", len(out), size)
	}
	if cap(out) < size+pagePadding {
		*buf = append(grown(*buf, size)[:0], out...)
		return *buf, nil
	}
	*buf = out
	return out, nil
}

func (c *chunkReader) readDictionary() error {
	if c.header.encoding != encPlain && c.header.encoding != encPlainDictionary {
		return fmt.Errorf("dictionary page in encoding %d", c.header.encoding)
	}
	src, err := c.contents()
	if err != nil {
		return err
	}
	page, err := c.decompress(&c.dict.buf, src, int(c.header.uncompressed))
	if err != nil {
		return err
	}
	if c.codec == compress.BlockNone { // the window will move on
		c.dict.buf = append(grown(c.dict.buf, len(page))[:0], page...)
		page = c.dict.buf
	}
	return c.dict.load(page, int(c.header.values), &c.values)
}

// open decodes the current page's levels and prepares its values.
func (c *chunkReader) open() error {
	if err := c.openPage(); err != nil {
		return c.fail(err)
	}
	c.opened = true
	return nil
}

func (c *chunkReader) openPage() error {
	src, err := c.contents()
	if err != nil {
		return err
	}
	h := &c.header
	n := int(h.values)
	defWidth, repWidth := levelWidth(c.leaf.maxDef), levelWidth(c.leaf.maxRep)
	if h.kind == dataPageV2 {
		levels := int(h.repBytes) + int(h.defBytes)
		if levels > len(src) || levels > int(h.uncompressed) {
			return errPage
		}
		c.reps.reset(src[:h.repBytes], repWidth)
		c.defs.reset(src[h.repBytes:levels], defWidth)
		values := src[levels:]
		if h.isCompressed && len(values) > 0 {
			if values, err = c.decompress(&c.buf, values, int(h.uncompressed)-levels); err != nil {
				return err
			}
		}
		c.page = values
		return c.values.reset(values, h.encoding, n, &c.dict)
	}
	page, err := c.decompress(&c.buf, src, int(h.uncompressed))
	if err != nil {
		return err
	}
	c.page = page
	rest := page
	if repWidth > 0 {
		if rest, err = c.levels(&c.reps, rest, h.repEncoding, n, repWidth); err != nil {
			return err
		}
	}
	if defWidth > 0 {
		if rest, err = c.levels(&c.defs, rest, h.defEncoding, n, defWidth); err != nil {
			return err
		}
	}
	return c.values.reset(rest, h.encoding, n, &c.dict)
}

func levelWidth(max int) uint { return uint(bits.Len(uint(max))) }

// levels prepares a version 1 page's levels at the front of b and returns what follows them.
func (c *chunkReader) levels(h *hybrid, b []byte, encoding int32, n int, width uint) ([]byte, error) {
	switch encoding {
	case encRLE:
		if len(b) < 4 {
			return nil, errPage
		}
		size := binary.LittleEndian.Uint32(b)
		if uint64(size) > uint64(len(b)-4) {
			return nil, errPage
		}
		h.reset(b[4:4+size], width)
		return b[4+size:], nil
	case encBitPacked:
		converted, used, err := bitPackedLevels(b, n, width)
		if err != nil {
			return nil, err
		}
		h.reset(converted, width)
		return b[used:], nil
	}
	return nil, fmt.Errorf("levels in encoding %d", encoding)
}

func (c *chunkReader) release() {
	c.window.release()
	format.GiveBuffer(c.buf)
	format.GiveBuffer(c.dict.buf)
	c.buf, c.dict.buf = nil, nil
}
