// Package session keeps the server's client sessions: opening with negotiated settings, limits, idle expiry and closing. A
// session belongs to the server, not to a connection: its handle works on any.
package session

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/beltran/gohive/hiveserver"

	"skep/thrift/backend"
	"skep/thrift/tcli"
)

// Session is one open session. It is safe for concurrent use and implements operation.Session.
type Session struct {
	id       tcli.HandleID
	protocol hiveserver.TProtocolVersion
	user     string
	address  string
	backend  backend.Session
	turn     chan struct{} // one token when the session runs one operation at a time, else nil

	mu         sync.Mutex
	operations map[tcli.HandleID]struct{}
	touched    time.Time
	idleSince  time.Time // when the last operation was closed
	closing    bool
	restored   time.Time // when it came back after a restart and has not been used since
}

// ID returns the session's identifier.
func (s *Session) ID() tcli.HandleID { return s.id }

// User returns the effective user.
func (s *Session) User() string { return s.user }

// Columnar reports whether the negotiated protocol transfers results by column (V6 and later).
func (s *Session) Columnar() bool {
	return s.protocol >= hiveserver.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V6
}

// String is Hive's text of the handle.
func (s *Session) String() string { return handleText(s.id) }

func handleText(id tcli.HandleID) string { return fmt.Sprintf("SessionHandle [%s]", id) }

// Handle returns the wire form of the handle.
func (s *Session) Handle() *hiveserver.TSessionHandle {
	return &hiveserver.TSessionHandle{SessionId: s.id.Thrift()}
}

// Backend returns the session behind.
func (s *Session) Backend() backend.Session { return s.backend }

// Conf returns the effective value of a setting, or "".
func (s *Session) Conf(key string) string {
	v, _ := s.backend.Conf(key)
	return v
}

// Touch marks the session as used now.
func (s *Session) Touch() {
	s.mu.Lock()
	s.touched, s.restored = time.Now(), time.Time{}
	s.mu.Unlock()
}

// Acquire waits for the session's turn (hive.server2.parallel.ops.in.session=false) and returns how to give it back.
func (s *Session) Acquire(ctx context.Context) (release func(), err error) {
	if s.turn == nil {
		return func() {}, nil
	}
	select {
	case s.turn <- struct{}{}:
		return sync.OnceFunc(func() { <-s.turn }), nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the session's other operation: %w", context.Cause(ctx))
	}
}

// Add notes an open operation. It reports false once the session is being closed.
func (s *Session) Add(id tcli.HandleID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return false
	}
	s.operations[id] = struct{}{}
	s.touched = time.Now()
	return true
}

// Remove forgets an operation.
func (s *Session) Remove(id tcli.HandleID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.operations, id)
	if len(s.operations) == 0 {
		s.idleSince = time.Now()
	}
}

// Operations returns the open operations.
func (s *Session) Operations() []tcli.HandleID {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := make([]tcli.HandleID, 0, len(s.operations))
	for id := range s.operations {
		ids = append(ids, id)
	}
	return ids
}

// unclaimed is how long a session that came back after a restart waits for its client.
const unclaimed = 10 * time.Minute

// expired reports whether the session has not been used for timeout and, when checkOperations is set, has had no open operation
// for as long.
func (s *Session) expired(now time.Time, timeout time.Duration, checkOperations bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.restored.IsZero() {
		return now.Sub(s.restored) >= unclaimed
	}
	if timeout <= 0 || now.Sub(s.touched) < timeout {
		return false
	}
	return !checkOperations || len(s.operations) == 0 && now.Sub(s.idleSince) >= timeout
}

// close closes the operations, then the backend's session.
func (s *Session) close(closeOperation func(tcli.HandleID) error) error {
	s.mu.Lock()
	s.closing = true
	s.mu.Unlock()
	var errs []error
	for _, id := range s.Operations() {
		errs = append(errs, closeOperation(id))
	}
	errs = append(errs, s.backend.Close())
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close %s: %w", s, err)
	}
	return nil
}
