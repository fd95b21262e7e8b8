package format

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"

	"skep/shuffle"
)

const (
	indexMagic  = "SKSI"
	trailerSize = 12
	maxIndex    = 1 << 28
)

// Index says where the partitions of an output are and what is in them.
type Index struct {
	Attempt    shuffle.AttemptID
	Schema     uint64 // see Schema
	Partitions []Partition
	// Check is the checksum by which the index, and thereby the output, is known.
	Check uint32
}

// Partition is an entry of an Index.
type Partition struct {
	Offset int64 // in the file; partitions follow each other without gaps
	Bytes  int64
	Frames int64
	Rows   int64
	Digest shuffle.Digest
}

// Place sets the offsets from the sizes.
func (x *Index) Place() {
	at := int64(HeaderSize(x.Attempt))
	for i := range x.Partitions {
		x.Partitions[i].Offset = at
		at += x.Partitions[i].Bytes
	}
}

// Append appends index and trailer to dst and sets Check.
func (x *Index) Append(dst []byte) []byte {
	at := len(dst)
	dst = appendAttempt(dst, x.Attempt)
	dst = binary.LittleEndian.AppendUint64(dst, x.Schema)
	dst = binary.AppendUvarint(dst, uint64(len(x.Partitions)))
	filled := 0
	for _, p := range x.Partitions {
		if p.Frames > 0 {
			filled++
		}
	}
	dst = binary.AppendUvarint(dst, uint64(filled))
	last := -1
	for i, p := range x.Partitions {
		if p.Frames == 0 {
			continue
		}
		dst = binary.AppendUvarint(dst, uint64(i-last-1))
		last = i
		dst = binary.AppendUvarint(dst, uint64(p.Bytes))
		dst = binary.AppendUvarint(dst, uint64(p.Frames))
		dst = binary.AppendUvarint(dst, uint64(p.Rows))
		dst = binary.LittleEndian.AppendUint64(dst, p.Digest.Sum)
		dst = binary.LittleEndian.AppendUint64(dst, p.Digest.Xor)
	}
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(dst)-at))
	x.Check = crc32.Checksum(dst[at:], castagnoli)
	dst = binary.LittleEndian.AppendUint32(dst, x.Check)
	return append(dst, indexMagic...)
}

// ReadIndex reads and checks header, index and trailer of the file of an attempt, which has size bytes.
func ReadIndex(r io.ReaderAt, size int64, a shuffle.AttemptID) (*Index, error) {
	if size < trailerSize {
		return nil, fmt.Errorf("%w: a file of %d bytes", ErrCorrupt, size)
	}
	head := make([]byte, min(int64(maxHeader), size))
	if _, err := r.ReadAt(head, 0); err != nil {
		return nil, fmt.Errorf("reading the header: %w", err)
	}
	if err := CheckHeader(head, a); err != nil {
		return nil, err
	}
	var trailer [trailerSize]byte
	if _, err := r.ReadAt(trailer[:], size-trailerSize); err != nil {
		return nil, fmt.Errorf("reading the trailer: %w", err)
	}
	n := int64(binary.LittleEndian.Uint32(trailer[:]))
	if string(trailer[8:]) != indexMagic || n > maxIndex || n > size-trailerSize {
		return nil, fmt.Errorf("%w: trailer", ErrCorrupt)
	}
	buf := make([]byte, n+4) // with the length, which the trailer begins with
	if _, err := r.ReadAt(buf, size-trailerSize-n); err != nil {
		return nil, fmt.Errorf("reading the index: %w", err)
	}
	check := crc32.Checksum(buf, castagnoli)
	if check != binary.LittleEndian.Uint32(trailer[4:]) {
		return nil, fmt.Errorf("%w: checksum of the index", ErrCorrupt)
	}
	x, err := parseIndex(buf[:n], a)
	if err != nil {
		return nil, err
	}
	x.Check = check
	x.Place()
	last := x.Partitions[len(x.Partitions)-1]
	if end := last.Offset + last.Bytes; end != size-trailerSize-n {
		return nil, fmt.Errorf("%w: partitions of %d bytes in a file of %d", ErrCorrupt, end, size)
	}
	return x, nil
}

func parseIndex(buf []byte, a shuffle.AttemptID) (*Index, error) {
	bad := func(what string) (*Index, error) { return nil, fmt.Errorf("%w: index: %s", ErrCorrupt, what) }
	if len(buf) == 0 || len(buf) < 1+int(buf[0])+8 {
		return bad("cut short")
	}
	n := 1 + int(buf[0])
	if id := string(buf[1:n]); id != a.String() {
		return nil, fmt.Errorf("%w: %s instead of %s", ErrStale, id, a)
	}
	x := &Index{Attempt: a, Schema: binary.LittleEndian.Uint64(buf[n:])}
	buf = buf[n+8:]
	broken := false
	next := func() int64 {
		v, n := binary.Uvarint(buf)
		if n <= 0 || v > 1<<48 {
			broken, buf = true, nil
			return 0
		}
		buf = buf[n:]
		return int64(v)
	}
	count, filled := next(), next()
	if broken || count < 1 || count > shuffle.MaxPartitions || filled > count {
		return bad("number of partitions")
	}
	x.Partitions = make([]Partition, count)
	last := int64(-1)
	for range filled {
		last += 1 + next()
		p := Partition{Bytes: next(), Frames: next(), Rows: next()}
		if broken || last >= count || len(buf) < 16 || p.Frames > p.Bytes/FrameHeader || p.Frames == 0 {
			return bad("partition")
		}
		p.Digest = shuffle.Digest{Rows: uint64(p.Rows), Sum: binary.LittleEndian.Uint64(buf), Xor: binary.LittleEndian.Uint64(buf[8:])}
		buf = buf[16:]
		x.Partitions[last] = p
	}
	if len(buf) != 0 {
		return bad("bytes too many")
	}
	return x, nil
}

// Output returns what is reported of the output.
func (x *Index) Output(location string) *shuffle.Output {
	o := &shuffle.Output{Attempt: x.Attempt, Location: location, Check: x.Check, Partitions: make([]shuffle.PartitionInfo, len(x.Partitions))}
	for i, p := range x.Partitions {
		o.Partitions[i] = shuffle.PartitionInfo{Rows: p.Rows, Bytes: p.Bytes, Digest: p.Digest}
	}
	return o
}
