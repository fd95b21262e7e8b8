package operation

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
)

const (
	// logInMemory is how much of a log is kept in memory; what is longer goes to a file.
	logInMemory = 16 << 10
	// maxLogBytes bounds an operation's log. What comes later is not kept.
	maxLogBytes = 256 << 20
	// logFetchBytes bounds what one call returns. Clients call until there is nothing.
	logFetchBytes = 4 << 20
)

// Log is an operation's log: lines that clients stream while the statement runs. A long one is in a file that has no name, so that
// it goes with the operation, or with the process, whatever happens. It is safe for concurrent use.
type Log struct {
	dir     string
	enabled bool

	mu     sync.Mutex
	file   *os.File // the lines before those in tail
	size   int64    // of file
	tail   []byte   // the last lines, each with its line break
	next   int64    // where FETCH_NEXT goes on
	full   bool
	failed error // of the file
	closed bool
}

// NewLog returns an empty log; a disabled one drops its lines. dir is for the file of a long log; "" = the system's for temporary files.
func NewLog(enabled bool, dir string) *Log { return &Log{enabled: enabled, dir: dir} }

// Logf adds a message in the form that clients grep: the level padded to five characters, " : ", the text. Line breaks in the
// text make several lines.
func (l *Log) Logf(level, format string, args ...any) {
	if !l.enabled {
		return
	}
	text := strings.TrimRight(fmt.Sprintf("%-5s : ", level)+fmt.Sprintf(format, args...), "\n")
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.full || l.failed != nil {
		return
	}
	if l.size+int64(len(l.tail)+len(text)) > maxLogBytes {
		l.full = true
		text = fmt.Sprintf("WARN  : The log has reached %d MB; further lines are not kept", maxLogBytes>>20)
	}
	for line := range strings.SplitSeq(text, "\n") {
		l.tail = append(append(l.tail, strings.TrimSuffix(line, "\r")...), '\n')
	}
	if len(l.tail) > logInMemory {
		if l.failed = l.flush(); l.failed != nil {
			l.tail = fmt.Appendf(l.tail, "WARN  : Further lines of the log are not kept: %v\n", l.failed)
		}
	}
}

// flush moves the tail to the file.
func (l *Log) flush() error {
	if l.file == nil {
		if l.dir != "" {
			if err := os.MkdirAll(l.dir, 0o700); err != nil {
				return fmt.Errorf("making the directory of operation logs: %w", err)
			}
		}
		f, err := os.CreateTemp(l.dir, "operation-*.log")
		if err != nil {
			return fmt.Errorf("creating an operation log: %w", err)
		}
		if err := os.Remove(f.Name()); err != nil {
			return errors.Join(fmt.Errorf("unlinking an operation log: %w", err), f.Close())
		}
		l.file = f
	}
	if _, err := l.file.WriteAt(l.tail, l.size); err != nil {
		return fmt.Errorf("writing an operation log: %w", err)
	}
	l.size += int64(len(l.tail))
	l.tail = l.tail[:0]
	return nil
}

// Fetch returns up to limit lines that no Fetch has returned, or the log from its start when rewind is set; limit ≤ 0 means as
// many as go into one reply. There are none only when there are no further ones yet.
func (l *Log) Fetch(limit int, rewind bool) ([]string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if rewind {
		l.next = 0
	}
	if l.closed {
		return nil, nil
	}
	var text []byte
	if l.next < l.size {
		for n := int64(logFetchBytes); ; n *= 2 { // a line may be longer than what one call returns otherwise
			n = min(n, l.size-l.next)
			text = make([]byte, n)
			if _, err := l.file.ReadAt(text, l.next); err != nil {
				return nil, fmt.Errorf("reading an operation log: %w", err)
			}
			if i := bytes.LastIndexByte(text, '\n'); i >= 0 {
				text = text[:i+1]
				break
			}
		}
	}
	if l.next+int64(len(text)) == l.size || l.next >= l.size {
		text = append(text, l.tail[max(0, l.next-l.size):]...)
	}
	var lines []string
	for (limit <= 0 || len(lines) < limit) && len(text) > 0 {
		i := bytes.IndexByte(text, '\n')
		lines = append(lines, string(text[:i]))
		text = text[i+1:]
		l.next += int64(i + 1)
	}
	return lines, nil
}

// Close drops the log.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed, l.tail = true, nil
	if l.file == nil {
		return nil
	}
	f := l.file
	l.file = nil
	if err := f.Close(); err != nil {
		return fmt.Errorf("closing an operation log: %w", err)
	}
	return nil
}
