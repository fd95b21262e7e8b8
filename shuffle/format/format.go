// Package format is the file format of shuffle outputs: one file per attempt, its blocks in partition order.
//
//	file:    header, frames of partition 0, of partition 1, …, index, trailer
//	header:  "SKSH", version byte, length byte and text of the attempt's identifier, CRC-32C of all that
//	frame:   32 bytes (see EndFrame), block (engine/block)
//	index:   length byte and text of the identifier, schema uint64, number of partitions uvarint, number of non-empty ones uvarint, and for
//	         each of these: gap to the one before uvarint, bytes uvarint, frames uvarint, rows uvarint, digest sum and xor uint64
//	trailer: length of the index uint32, CRC-32C of the index and that length, "SKSI"
//
// Numbers are little-endian. Every byte of the file is covered by a checksum or compared with what is known, and every frame names its
// attempt, partition and position, so that flipped bits, cut files, swapped files and files of other attempts are found. The format is
// versioned by the header; there is one version.
package format

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"

	"skep/dialect/types"
	"skep/shuffle"
)

const (
	version = 1

	headerMagic = "SKSH"
	frameMagic  = 0x42534b53 // "SKSB"

	// FrameHeader is the size of a frame without its block.
	FrameHeader = 32
	// MaxFrame is the largest size of a frame; a frame that claims more is damaged.
	MaxFrame = 1 << 30
	// maxHeader is the size of the longest header.
	maxHeader = len(headerMagic) + 2 + math.MaxUint8 + 4
)

var (
	// ErrCorrupt is wrapped by errors of bytes that are not what was written.
	ErrCorrupt = errors.New("damaged shuffle data")
	// ErrStale is wrapped by errors of data that is whole and of another attempt.
	ErrStale = errors.New("shuffle data of another attempt")
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// AppendHeader appends the header of an attempt's file.
func AppendHeader(dst []byte, a shuffle.AttemptID) []byte {
	at := len(dst)
	dst = append(dst, headerMagic...)
	dst = append(dst, version)
	dst = appendAttempt(dst, a)
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[at:], castagnoli))
}

// HeaderSize returns the size of the header of an attempt's file.
func HeaderSize(a shuffle.AttemptID) int { return len(headerMagic) + 2 + len(a.String()) + 4 }

// CheckHeader compares the beginning of a file with the attempt whose file it should be. head holds the header and more, or the whole file.
func CheckHeader(head []byte, a shuffle.AttemptID) error {
	if len(head) < len(headerMagic)+2 || string(head[:len(headerMagic)]) != headerMagic {
		return fmt.Errorf("%w: no header", ErrCorrupt)
	}
	n := len(headerMagic) + 2 + int(head[len(headerMagic)+1])
	if len(head) < n+4 || crc32.Checksum(head[:n], castagnoli) != binary.LittleEndian.Uint32(head[n:]) {
		return fmt.Errorf("%w: header", ErrCorrupt)
	}
	if v := head[len(headerMagic)]; v != version {
		return fmt.Errorf("%w: version %d of the format", ErrCorrupt, v)
	}
	if id := string(head[len(headerMagic)+2 : n]); id != a.String() {
		return fmt.Errorf("%w: %s instead of %s", ErrStale, id, a)
	}
	return nil
}

func appendAttempt(dst []byte, a shuffle.AttemptID) []byte {
	id := a.String()
	dst = append(dst, byte(len(id)))
	return append(dst, id...)
}

// Frame is a block with what identifies it.
type Frame struct {
	Fingerprint uint64 // of the attempt
	Partition   uint32
	Number      uint32 // of the frame within the partition
	Rows        uint32
	Block       []byte
}

// BeginFrame appends room for a frame's header, behind which the block is to be appended.
func BeginFrame(dst []byte) []byte { return append(dst, make([]byte, FrameHeader)...) }

// EndFrame fills in the header of buf, which is one frame from BeginFrame on: magic, fingerprint uint64, partition, number, rows, size of
// the block, CRC-32C of all before and the block. f.Block is not looked at.
func EndFrame(buf []byte, f Frame) {
	binary.LittleEndian.PutUint32(buf, frameMagic)
	binary.LittleEndian.PutUint64(buf[4:], f.Fingerprint)
	binary.LittleEndian.PutUint32(buf[12:], f.Partition)
	binary.LittleEndian.PutUint32(buf[16:], f.Number)
	binary.LittleEndian.PutUint32(buf[20:], f.Rows)
	binary.LittleEndian.PutUint32(buf[24:], uint32(len(buf)-FrameHeader))
	binary.LittleEndian.PutUint32(buf[28:], frameCRC(buf))
}

func frameCRC(frame []byte) uint32 {
	return crc32.Update(crc32.Checksum(frame[:28], castagnoli), castagnoli, frame[FrameHeader:])
}

// FrameSize returns the size of the frame whose header begins buf, without checking more than that it may be one. buf has at least
// FrameHeader bytes.
func FrameSize(buf []byte) (int, error) {
	if binary.LittleEndian.Uint32(buf) != frameMagic {
		return 0, fmt.Errorf("%w: no frame where one should begin", ErrCorrupt)
	}
	n := binary.LittleEndian.Uint32(buf[24:])
	if n > MaxFrame-FrameHeader {
		return 0, fmt.Errorf("%w: a frame of %d bytes", ErrCorrupt, n)
	}
	return FrameHeader + int(n), nil
}

// ParseFrame checks a frame, which is the whole of buf. The block refers to buf.
func ParseFrame(buf []byte) (Frame, error) {
	if len(buf) < FrameHeader {
		return Frame{}, fmt.Errorf("%w: a frame is cut short", ErrCorrupt)
	}
	n, err := FrameSize(buf)
	if err != nil {
		return Frame{}, err
	}
	if n != len(buf) {
		return Frame{}, fmt.Errorf("%w: a frame is cut short", ErrCorrupt)
	}
	if frameCRC(buf) != binary.LittleEndian.Uint32(buf[28:]) {
		return Frame{}, fmt.Errorf("%w: checksum of a frame", ErrCorrupt)
	}
	return Frame{
		Fingerprint: binary.LittleEndian.Uint64(buf[4:]), Partition: binary.LittleEndian.Uint32(buf[12:]),
		Number: binary.LittleEndian.Uint32(buf[16:]), Rows: binary.LittleEndian.Uint32(buf[20:]), Block: buf[FrameHeader:],
	}, nil
}

// Checksum returns the checksum of a frame, which is the whole of buf, as it is stored.
func Checksum(buf []byte) uint32 { return binary.LittleEndian.Uint32(buf[28:]) }

// ChecksumAs returns the checksum that a frame would have as another attempt's: two attempts that wrote the same differ in nothing else.
func ChecksumAs(buf []byte, fingerprint uint64) uint32 {
	var head [28]byte
	copy(head[:], buf)
	binary.LittleEndian.PutUint64(head[4:], fingerprint)
	return crc32.Update(crc32.Checksum(head[:], castagnoli), castagnoli, buf[FrameHeader:])
}

// Schema returns a hash of column types, by which readers find out that they expect other columns than were written.
func Schema(ts []*types.Type) uint64 {
	h := uint64(14695981039346656037)
	for _, t := range ts {
		for _, c := range []byte(t.String()) {
			h = (h ^ uint64(c)) * 1099511628211
		}
		h = (h ^ ';') * 1099511628211
	}
	return h
}
