// Package joblog keeps the scheduler's records on disk. A log is one file of
// frames (length, CRC32C, record) in a directory that one coordinator at a time
// owns by a lock. What a crash tore off at the end is cut away at the next
// opening; damage anywhere before is an error.
//
// A driver appends the records of a batch of events and calls Sync once when one
// of them is durable, before it carries out anything else of the batch: so many
// decisions share one sync.
package joblog

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"skep/engine/scheduler"
)

const (
	magic     = "SKEPLOG1"
	headerLen = len(magic) + 8
	frameLen  = 8
	maxFrame  = 1 << 30
	fileName  = "records"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Log is an open log. It is not safe for concurrent use.
type Log struct {
	dir  string
	lock *os.File
	file *os.File
	buf  []byte // not yet written
	size int64  // of the file, with the buffer
	// broken is the first failure to write: what the file holds is unknown from then on.
	broken error
}

// Open locks the directory, made if need be, and returns the log with the
// records it holds.
func Open(dir string) (*Log, []scheduler.Record, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, nil, fmt.Errorf("making the job log's directory: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, nil, fmt.Errorf("opening the job log's lock: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		return nil, nil, fmt.Errorf("the job log in %s is in use by another coordinator: %w", dir, err)
	}
	l := &Log{dir: dir, lock: lock}
	records, err := l.open()
	if err != nil {
		l.Close()
		return nil, nil, err
	}
	return l, records, nil
}

func (l *Log) open() ([]scheduler.Record, error) {
	name := filepath.Join(l.dir, fileName)
	if err := os.Remove(name + ".new"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("removing an unfinished job log: %w", err)
	}
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil, l.replace(nil)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the job log: %w", err)
	}
	l.file = f
	records, end, err := read(f)
	if err != nil {
		return nil, fmt.Errorf("reading the job log %s: %w", name, err)
	}
	if err := f.Truncate(end); err != nil {
		return nil, fmt.Errorf("cutting the torn end off the job log: %w", err)
	}
	if _, err := f.Seek(end, io.SeekStart); err != nil {
		return nil, fmt.Errorf("opening the job log: %w", err)
	}
	l.size = end
	return records, nil
}

// read returns the records of a file and where they end.
func read(f io.Reader) ([]scheduler.Record, int64, error) {
	in := bufio.NewReaderSize(f, 1<<20)
	head := make([]byte, headerLen)
	if _, err := io.ReadFull(in, head); err != nil || string(head[:len(magic)]) != magic {
		return nil, 0, errors.New("it is no job log")
	}
	if binary.LittleEndian.Uint64(head[len(magic):]) != layout {
		return nil, 0, errors.New("it was written by a version with other records; let that version finish its queries, or remove the log")
	}
	var records []scheduler.Record
	at := int64(headerLen)
	var frame [frameLen]byte
	for {
		if _, err := io.ReadFull(in, frame[:]); err != nil {
			return records, at, tail(err)
		}
		n := binary.LittleEndian.Uint32(frame[:])
		if n == 0 || n > maxFrame {
			return records, at, damaged(in, at)
		}
		body := make([]byte, 0, min(n, 1<<20))
		body, err := readN(in, body, int(n))
		if err != nil {
			return records, at, tail(err)
		}
		if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(frame[4:]) {
			return records, at, damaged(in, at)
		}
		r, err := decodeRecord(body)
		if err != nil {
			return nil, 0, fmt.Errorf("at byte %d: %w", at, err)
		}
		records = append(records, r)
		at += frameLen + int64(n)
	}
}

func readN(in io.Reader, b []byte, n int) ([]byte, error) {
	for len(b) < n {
		step := min(n-len(b), 1<<20)
		k := len(b)
		b = append(b, make([]byte, step)...)
		if _, err := io.ReadFull(in, b[k:]); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// tail takes the end of a file, also one within a frame, for the end of the log.
func tail(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// damaged judges a bad frame: where nothing sensible follows it is what a crash
// left of the last write; where frames follow it is damage, and what they say
// must not be dropped silently.
func damaged(in *bufio.Reader, at int64) error {
	rest, err := io.ReadAll(io.LimitReader(in, 64<<20))
	if err != nil {
		return err
	}
	for k := 0; k+frameLen < len(rest); k++ {
		n := binary.LittleEndian.Uint32(rest[k:])
		if n == 0 || n > uint32(len(rest)-k-frameLen) || int(rest[k+frameLen]) >= len(kinds) {
			continue
		}
		body := rest[k+frameLen : k+frameLen+int(n)]
		if crc32.Checksum(body, castagnoli) == binary.LittleEndian.Uint32(rest[k+4:]) {
			return fmt.Errorf("it is damaged at byte %d, and records follow", at)
		}
	}
	return nil
}

// Append adds a record. It is on disk after the next Sync.
func (l *Log) Append(r scheduler.Record) error {
	if l.broken != nil {
		return l.broken
	}
	was := len(l.buf)
	b, err := appendFrame(l.buf, r)
	if err != nil {
		return err
	}
	l.size += int64(len(b) - was)
	l.buf = b
	if len(l.buf) >= 1<<20 {
		return l.write()
	}
	return nil
}

func appendFrame(b []byte, r scheduler.Record) ([]byte, error) {
	at := len(b)
	b = append(b, make([]byte, frameLen)...)
	b, err := appendRecord(b, r)
	if err != nil {
		return b[:at], err
	}
	body := b[at+frameLen:]
	if len(body) > maxFrame {
		return b[:at], fmt.Errorf("a record of %d bytes", len(body))
	}
	binary.LittleEndian.PutUint32(b[at:], uint32(len(body)))
	binary.LittleEndian.PutUint32(b[at+4:], crc32.Checksum(body, castagnoli))
	return b, nil
}

func (l *Log) write() error {
	if _, err := l.file.Write(l.buf); err != nil {
		l.broken = fmt.Errorf("writing the job log: %w", err)
		return l.broken
	}
	l.buf = l.buf[:0]
	return nil
}

// Flush hands what was appended to the operating system: it survives the
// process, not the machine.
func (l *Log) Flush() error {
	if l.broken != nil || len(l.buf) == 0 {
		return l.broken
	}
	return l.write()
}

// Sync makes what was appended durable. After a failure the log is broken: the
// coordinator must not act on what it decided, and should end.
func (l *Log) Sync() error {
	if err := l.Flush(); err != nil {
		return err
	}
	if err := l.file.Sync(); err != nil {
		l.broken = fmt.Errorf("syncing the job log: %w", err)
		return l.broken
	}
	return nil
}

// Size is the length of the log in bytes. Above some 64 MB a driver compacts.
func (l *Log) Size() int64 { return l.size }

// Compact drops all of jobs that ended before a time, and what is said of
// workers and coordinators except the last. It replaces the file atomically.
func (l *Log) Compact(endedBefore scheduler.Time) error {
	if err := l.Sync(); err != nil {
		return err
	}
	f, err := os.Open(filepath.Join(l.dir, fileName))
	if err != nil {
		return fmt.Errorf("compacting the job log: %w", err)
	}
	defer f.Close()
	records, _, err := read(f)
	if err != nil {
		return fmt.Errorf("compacting the job log: %w", err)
	}
	return l.replace(compact(records, endedBefore))
}

func compact(records []scheduler.Record, endedBefore scheduler.Time) []scheduler.Record {
	drop := map[scheduler.JobID]bool{}
	lastStart := -1
	lastOfWorker := map[scheduler.WorkerID]int{}
	for i, r := range records {
		switch r := r.(type) {
		case scheduler.RecJobEnded:
			drop[r.Job] = r.At < endedBefore
		case scheduler.RecCoordinatorStarted:
			lastStart = i
		case scheduler.RecWorkerSeen:
			lastOfWorker[r.Worker] = i
		case scheduler.RecWorkerLost:
			lastOfWorker[r.Worker] = i
		}
	}
	var keep []scheduler.Record
	for i, r := range records {
		switch r := r.(type) {
		case scheduler.RecCoordinatorStarted:
			if i != lastStart {
				continue
			}
		case scheduler.RecWorkerSeen:
			if i != lastOfWorker[r.Worker] {
				continue
			}
		case scheduler.RecWorkerLost:
			continue // the last word: nothing needs to be known of it
		default:
			if drop[JobOf(r)] {
				continue
			}
		}
		keep = append(keep, r)
	}
	return keep
}

// JobOf returns the job that a record speaks of, 0 for none.
func JobOf(r scheduler.Record) scheduler.JobID {
	switch r := r.(type) {
	case scheduler.RecJobSubmitted:
		return r.Job
	case scheduler.RecStageSized:
		return r.Job
	case scheduler.RecTasksFinished:
		return r.Job
	case scheduler.RecTasksLost:
		return r.Job
	case scheduler.RecStageRestarted:
		return r.Job
	case scheduler.RecStageSkipped:
		return r.Job
	case scheduler.RecStageReleased:
		return r.Job
	case scheduler.RecOutputGranted:
		return r.Attempt.Job
	case scheduler.RecCommitPlanned:
		return r.Job
	case scheduler.RecJobEnded:
		return r.Job
	}
	return 0
}

// replace writes a new file of the records and puts it in the old one's place.
func (l *Log) replace(records []scheduler.Record) error {
	name := filepath.Join(l.dir, fileName)
	b := binary.LittleEndian.AppendUint64([]byte(magic), layout)
	f, err := os.OpenFile(name+".new", os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o644)
	if err != nil {
		return fmt.Errorf("writing a new job log: %w", err)
	}
	size := int64(0)
	flush := func() error {
		size += int64(len(b))
		_, err := f.Write(b)
		b = b[:0]
		return err
	}
	for _, r := range records {
		if b, err = appendFrame(b, r); err != nil {
			break
		}
		if len(b) >= 1<<20 {
			if err = flush(); err != nil {
				break
			}
		}
	}
	if err == nil {
		err = flush()
	}
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = os.Rename(name+".new", name)
	}
	if err == nil {
		err = syncDir(l.dir)
	}
	if err != nil {
		f.Close()
		return fmt.Errorf("writing a new job log: %w", err)
	}
	if l.file != nil {
		l.file.Close()
	}
	l.file, l.size, l.buf = f, size, l.buf[:0]
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// Close syncs and closes the log and gives up its lock.
func (l *Log) Close() error {
	var err error
	if l.file != nil {
		err = l.Sync()
		l.file.Close()
		l.file = nil
	}
	l.lock.Close()
	return err
}
