// Package fetch reads outputs of other processes' stores over HTTP: a handler for the one side, a client for the other.
//
// One request asks for a range of partitions of several outputs of a stage, in the order in which they will be read, from a byte position on
// and up to a number of bytes; the answer says where the next request should begin. So requests hold nothing at the server, memory is bounded
// by what clients ask for, and a broken request is simply repeated.
//
//	POST /shuffle/v1/fetch    Request (JSON) → records
//	POST /shuffle/v1/sizes    SizesRequest → Sizes (JSON)
//	POST /shuffle/v1/release  ReleaseRequest
//	GET  /shuffle/v1/held?job=…  → []*shuffle.Output (JSON)
//
// Every request has the header "Authorization: Bearer <token>".
//
//	record: 64 bytes: "SKSP", kind byte, FetchKind byte, 2 bytes 0, map uint32, offset, size, total, frames, rows int64, schema uint64, CRC-32C of
//	        all before; then size bytes
//	piece:  bytes offset..offset+size-1 of the output's range of partitions, which has total bytes, frames and rows
//	fault:  the output cannot be read; the bytes are the message
//	next:   the last record: the next request begins with map and offset; map is the number of outputs when that was all
package fetch

import (
	"encoding/binary"
	"errors"
	"hash/crc32"

	"skep/shuffle"
)

const (
	prefix      = "/shuffle/v1/"
	pathFetch   = prefix + "fetch"
	pathSizes   = prefix + "sizes"
	pathRelease = prefix + "release"
	pathHeld    = prefix + "held"
)

// Map names an output within a request: task, epoch, attempt, checksum of its index.
type Map [4]uint32

// MapOf returns the Map of a manifest's entry.
func MapOf(e shuffle.ManifestEntry) Map {
	return Map{uint32(e.Task), uint32(e.Epoch), uint32(e.Attempt), e.Check}
}

func (m Map) attempt(job string, stage int) shuffle.AttemptID {
	return shuffle.AttemptID{StageID: shuffle.StageID{Job: job, Stage: stage, Epoch: int(m[1])}, Task: int(m[0]), Attempt: int(m[2])}
}

// Request asks for a range of partitions of outputs.
type Request struct {
	Job   string `json:"job"`
	Stage int    `json:"stage"`
	From  int    `json:"from"` // partitions
	To    int    `json:"to"`
	Maps  []Map  `json:"maps"`
	Skip  int64  `json:"skip"`  // bytes of the first output's range that are not wanted
	Limit int64  `json:"limit"` // bytes wanted
	// Again says that what was read before was damaged: the server reads the outputs themselves, not copies of them, and checks them.
	Again bool `json:"again,omitempty"`
}

// MaxMaps is the largest number of outputs in a request.
const MaxMaps = 1024

// SizesRequest asks for the bytes of one partition of outputs.
type SizesRequest struct {
	Job       string `json:"job"`
	Stage     int    `json:"stage"`
	Partition int    `json:"partition"`
	Maps      []Map  `json:"maps"`
}

// Sizes answers a SizesRequest, up to the output that cannot be read.
type Sizes struct {
	Bytes []int64 `json:"bytes"`
	Fault string  `json:"fault,omitempty"`
	Kind  string  `json:"kind,omitempty"` // of the fault
}

// ReleaseRequest asks for outputs to be dropped.
type ReleaseRequest struct {
	Job    string `json:"job"`
	Stages []int  `json:"stages"`
}

const (
	recordSize  = 64
	recordMagic = "SKSP"
)

const (
	recordPiece = iota + 1
	recordFault
	recordNext
)

type record struct {
	kind      byte
	faultKind shuffle.FetchKind
	number    int // of the map in the request
	offset    int64
	size      int64
	total     int64
	frames    int64
	rows      int64
	schema    uint64
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (r record) append(dst []byte) []byte {
	at := len(dst)
	dst = append(dst, recordMagic...)
	dst = append(dst, r.kind, byte(r.faultKind), 0, 0)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(r.number))
	for _, v := range []int64{r.offset, r.size, r.total, r.frames, r.rows} {
		dst = binary.LittleEndian.AppendUint64(dst, uint64(v))
	}
	dst = binary.LittleEndian.AppendUint64(dst, r.schema)
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[at:], castagnoli))
}

var errRecord = errors.New("not a record of the shuffle protocol")

func parseRecord(buf []byte) (record, error) {
	if len(buf) < recordSize || string(buf[:4]) != recordMagic ||
		crc32.Checksum(buf[:recordSize-4], castagnoli) != binary.LittleEndian.Uint32(buf[recordSize-4:]) {
		return record{}, errRecord
	}
	r := record{kind: buf[4], faultKind: shuffle.FetchKind(buf[5]), number: int(binary.LittleEndian.Uint32(buf[8:]))}
	r.schema = binary.LittleEndian.Uint64(buf[52:])
	for i, v := range []*int64{&r.offset, &r.size, &r.total, &r.frames, &r.rows} {
		*v = int64(binary.LittleEndian.Uint64(buf[12+8*i:]))
		if *v < 0 {
			return record{}, errRecord
		}
	}
	return r, nil
}
