package operation

import (
	"fmt"
	"strings"
	"sync"
)

// maxLogBytes bounds the log kept per operation. Beyond it the oldest lines go: a long batch job's last lines matter most.
const maxLogBytes = 1 << 20

// Log is an operation's log: lines that clients stream while the statement runs. It is safe for concurrent use.
type Log struct {
	mu      sync.Mutex
	enabled bool
	lines   []string
	first   int // number of lines[0], counted from the operation's start
	next    int // number of the line that FETCH_NEXT reads next
	bytes   int
}

// NewLog returns an empty log; a disabled one drops its lines.
func NewLog(enabled bool) *Log { return &Log{enabled: enabled} }

// Logf adds a message in the form that clients grep: the level padded to five characters, " : ", the text. Line breaks in the
// text make several lines.
func (l *Log) Logf(level, format string, args ...any) {
	if !l.enabled {
		return
	}
	text := fmt.Sprintf("%-5s : ", level) + fmt.Sprintf(format, args...)
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		line = strings.TrimSuffix(line, "\r")
		l.lines = append(l.lines, line)
		l.bytes += len(line)
	}
	drop := 0
	for l.bytes > maxLogBytes && drop < len(l.lines)-1 {
		l.bytes -= len(l.lines[drop])
		drop++
	}
	if drop > 0 {
		l.lines = append(l.lines[:0:0], l.lines[drop:]...)
		l.first += drop
	}
}

// Fetch returns up to limit lines that no Fetch has returned, or the log from its start when rewind is set; limit ≤ 0 means all.
func (l *Log) Fetch(limit int, rewind bool) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if rewind || l.next < l.first {
		l.next = l.first
	}
	lines := l.lines[l.next-l.first:]
	if limit > 0 && len(lines) > limit {
		lines = lines[:limit]
	}
	l.next += len(lines)
	return append([]string(nil), lines...)
}
