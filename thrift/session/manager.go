package session

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/beltran/gohive/hiveserver"
	"github.com/hashicorp/go-hclog"

	"skep/dialect/sqlerr"
	"skep/thrift/backend"
	"skep/thrift/tcli"
)

// ServerProtocol is the newest protocol version the server speaks. Drivers up to 4.0 refuse V11 when they offer less, so the
// smaller of the two is always answered.
const ServerProtocol = hiveserver.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V11

// Options configure a Manager.
type Options struct {
	Log hclog.Logger
	// IdleTimeout closes sessions that are not used; 0 is off. With CheckOperations, a session with open operations is not idle.
	IdleTimeout     time.Duration
	CheckOperations bool
	// Limits of open sessions; 0 is off.
	PerUser, PerAddress, PerUserAddress int
	// Substitution allows hive.server2.proxy.user.
	Substitution bool
}

// Manager holds the open sessions. It is safe for concurrent use.
type Manager struct {
	opts           Options
	backend        backend.Backend
	closeOperation func(tcli.HandleID) error

	mu       sync.Mutex
	sessions map[tcli.HandleID]*Session
	limits   map[string]int // open and opening sessions by limit key
	refusing bool
}

// NewManager returns a manager without sessions. closeOperation closes an operation by its identifier.
func NewManager(b backend.Backend, closeOperation func(tcli.HandleID) error, opts Options) *Manager {
	return &Manager{opts: opts, backend: b, closeOperation: closeOperation, sessions: map[tcli.HandleID]*Session{}, limits: map[string]int{}}
}

// OpenRequest is one OpenSession call.
type OpenRequest struct {
	Protocol      hiveserver.TProtocolVersion
	User          string // authenticated user, or the name the client gave
	Address       string
	Configuration map[string]string
}

// Errors of opening.
var errInactive = tcli.Errorf("Cannot open sessions on an inactive HS2 instance; use service discovery to connect")

const proxyUser = "hive.server2.proxy.user"

// Open opens a session.
func (m *Manager) Open(ctx context.Context, req OpenRequest) (*Session, error) {
	b, err := m.request(req)
	if err != nil {
		return nil, err
	}
	release, err := m.admit(b.User, b.Address)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	s := &Session{
		id: tcli.NewHandleID(), protocol: clampProtocol(req.Protocol), user: b.User, address: b.Address,
		touched: now, idleSince: now, operations: map[tcli.HandleID]struct{}{},
	}
	b.ID = s.id.String()
	if s.backend, err = m.backend.OpenSession(ctx, b); err != nil {
		release()
		text := err.Error()
		if sqlerr.CodeOf(err) == sqlerr.DatabaseNotExists {
			text = "Database " + b.Database + " does not exist"
		}
		return nil, &tcli.Error{Message: "Failed to open new session: " + text, Err: err}
	}
	if parallel, ok := s.backend.Conf("hive.server2.parallel.ops.in.session"); ok && strings.EqualFold(parallel, "false") {
		s.turn = make(chan struct{}, 1)
	}
	m.mu.Lock()
	refusing := m.refusing
	if !refusing {
		m.sessions[s.id] = s
	}
	m.mu.Unlock()
	if refusing {
		release()
		return nil, errors.Join(errInactive, s.close(m.closeOperation))
	}
	m.opts.Log.Info("session opened", "session", s.id, "user", s.user, "address", s.address, "protocol", s.protocol)
	return s, nil
}

// clampProtocol returns the version to speak with a client that offers v, which may be newer than any we know.
func clampProtocol(v hiveserver.TProtocolVersion) hiveserver.TProtocolVersion {
	return max(min(v, ServerProtocol), hiveserver.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V1)
}

// Protocol returns the negotiated protocol version.
func (s *Session) Protocol() hiveserver.TProtocolVersion { return s.protocol }

// request sorts the configuration of an OpenSession call by namespace.
func (m *Manager) request(req OpenRequest) (backend.SessionRequest, error) {
	user := req.User
	if user == "" {
		user = "anonymous"
	}
	b := backend.SessionRequest{
		User: user, RealUser: user, Address: req.Address,
		Conf: map[string]string{}, HiveVars: map[string]string{}, System: map[string]string{}, MetaConf: map[string]string{},
	}
	for key, value := range req.Configuration {
		if strings.HasPrefix(key, "use:") {
			b.Database = value
			continue
		}
		name, set := strings.CutPrefix(key, "set:")
		if !set {
			b.Conf[key] = value
			continue
		}
		space, rest, ok := strings.Cut(name, ":")
		if !ok {
			b.Conf[name] = value
			continue
		}
		switch space {
		case "hiveconf":
			b.Conf[rest] = value
		case "hivevar":
			b.HiveVars[rest] = value
		case "system":
			b.System[rest] = value
		case "metaconf":
			b.MetaConf[rest] = value
		case "env":
			return b, tcli.Errorf("Failed to open new session: env:* variables can not be set.")
		default:
			b.Conf[name] = value
		}
	}
	if proxy := b.Conf[proxyUser]; proxy != "" && proxy != user {
		if !m.opts.Substitution {
			return b, tcli.Errorf("Proxy user substitution is not allowed")
		}
		b.User = proxy
	}
	return b, nil
}

// admit counts a session against the limits; release takes it back.
func (m *Manager) admit(user, address string) (release func(), err error) {
	limits := []struct {
		key   string
		limit int
		text  string
	}{
		{"u " + user, m.opts.PerUser, "Connection limit per user reached (user: " + user + " limit: "},
		{"a " + address, m.opts.PerAddress, "Connection limit per ipaddress reached (ipaddress: " + address + " limit: "},
		{"b " + user + " " + address, m.opts.PerUserAddress,
			"Connection limit per user:ipaddress reached (user:ipaddress: " + user + ":" + address + " limit: "},
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.refusing {
		return nil, errInactive
	}
	for _, l := range limits {
		if l.limit > 0 && m.limits[l.key] >= l.limit {
			return nil, tcli.Errorf("%s%s)", l.text, strconv.Itoa(l.limit))
		}
	}
	for _, l := range limits {
		m.limits[l.key]++
	}
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.discount(user, address)
	}, nil
}

// discount takes a session out of the limits' counts. m.mu is held.
func (m *Manager) discount(user, address string) {
	for _, key := range []string{"u " + user, "a " + address, "b " + user + " " + address} {
		if m.limits[key]--; m.limits[key] <= 0 {
			delete(m.limits, key)
		}
	}
}

// Get finds a session by its wire handle and refreshes its idle timer.
func (m *Manager) Get(h *hiveserver.TSessionHandle) (*Session, error) {
	var id tcli.HandleID
	if h != nil {
		id = tcli.HandleIDOf(h.SessionId)
	}
	m.mu.Lock()
	s := m.sessions[id]
	m.mu.Unlock()
	if s == nil {
		return nil, tcli.Errorf("Invalid SessionHandle: %s", handleText(id))
	}
	s.Touch()
	return s, nil
}

// Close closes a session with its operations.
func (m *Manager) Close(id tcli.HandleID) error {
	m.mu.Lock()
	s := m.sessions[id]
	delete(m.sessions, id)
	if s != nil {
		m.discount(s.user, s.address)
	}
	m.mu.Unlock()
	if s == nil {
		return tcli.Errorf("Session does not exist: %s", handleText(id))
	}
	err := s.close(m.closeOperation)
	m.opts.Log.Info("session closed", "session", id, "user", s.user)
	return err
}

// Open sessions, in no order.
func (m *Manager) all() []*Session {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make([]*Session, 0, len(m.sessions))
	for s := range maps.Values(m.sessions) {
		all = append(all, s)
	}
	return all
}

// Count returns the number of open sessions.
func (m *Manager) Count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.sessions)
}

// Expire closes the sessions that have been idle for too long.
func (m *Manager) Expire(now time.Time) {
	for _, s := range m.all() {
		if !s.expired(now, m.opts.IdleTimeout, m.opts.CheckOperations) {
			continue
		}
		m.opts.Log.Info("closing idle session", "session", s.id, "user", s.user)
		if err := m.Close(s.id); err != nil {
			m.opts.Log.Warn("close idle session", "session", s.id, "error", err)
		}
	}
}

// Refuse makes the manager refuse new sessions.
func (m *Manager) Refuse() {
	m.mu.Lock()
	m.refusing = true
	m.mu.Unlock()
}

// CloseAll closes every session.
func (m *Manager) CloseAll() error {
	var errs []error
	for _, s := range m.all() {
		if err := m.Close(s.id); err != nil {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close sessions: %w", err)
	}
	return nil
}
