package session

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/beltran/gohive/hiveserver"

	"skep/thrift/backend"
	"skep/thrift/tcli"
)

// saved is what the server needs of a session to know its handle again after a restart. Its settings are the backend's.
type saved struct {
	ID            tcli.HandleID
	Protocol      hiveserver.TProtocolVersion
	User, Address string
}

// Save describes the session for Restore.
func (s *Session) Save() ([]byte, error) {
	b, err := json.Marshal(saved{s.id, s.protocol, s.user, s.address})
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", s, err)
	}
	return b, nil
}

// Restore brings a session of an earlier process back, for its client to claim by its handle within unclaimed. One that is there
// already stays.
func (m *Manager) Restore(description []byte, b backend.Session) (*Session, error) {
	var d saved
	if err := json.Unmarshal(description, &d); err != nil {
		return nil, fmt.Errorf("restore a session: %w", err)
	}
	now := time.Now()
	s := &Session{
		id: d.ID, protocol: d.Protocol, user: d.User, address: d.Address, backend: b, touched: now, idleSince: now, restored: now,
		operations: map[tcli.HandleID]struct{}{},
	}
	m.mu.Lock()
	there := m.sessions[d.ID]
	if there == nil {
		m.sessions[d.ID] = s
		for _, key := range []string{"u " + d.User, "a " + d.Address, "b " + d.User + " " + d.Address} {
			m.limits[key]++
		}
	}
	m.mu.Unlock()
	if there != nil {
		return there, nil
	}
	m.opts.Log.Info("session of an earlier process restored", "session", s.id, "user", s.user)
	return s, nil
}
