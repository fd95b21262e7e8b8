package hs2

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/apache/thrift/lib/go/thrift"
	"github.com/hashicorp/go-hclog"

	"skep/thrift/backend"
	"skep/thrift/operation"
	"skep/thrift/session"
	"skep/thrift/tcli"
	"skep/thrift/transport"
)

const (
	// minCheckInterval is the shortest time between checks for idle sessions, as in Hive.
	minCheckInterval = 3 * time.Second
	// maxContainer bounds the elements of a list or map in a request, in front of the size limit of the whole message.
	maxContainer = 1 << 16
	// drainPoll is how often a graceful stop looks whether operations have ended.
	drainPoll = 50 * time.Millisecond
)

// Server is a HiveServer2 endpoint.
type Server struct {
	log       hclog.Logger
	limits    *limits
	service   *service
	processor *tcli.Processor[*client]
	binary    *thrift.TConfiguration
	slots     chan struct{}
	base      context.Context // parent of everything that runs
	stop      context.CancelFunc
	listener  net.Listener

	mu          sync.Mutex
	connections map[net.Conn]struct{}
	closed      bool
	work        sync.WaitGroup // connections and the idle check
}

// Listen opens the port. Clients are answered once Serve runs.
func Listen(config Config) (*Server, error) {
	if config.Log == nil {
		config.Log = hclog.NewNullLogger()
	}
	l, err := config.limits()
	if err != nil {
		return nil, fmt.Errorf("configure HiveServer2: %w", err)
	}
	listener, err := net.Listen("tcp", config.Address)
	if err != nil {
		return nil, fmt.Errorf("listen for Thrift clients: %w", err)
	}
	base, stop := context.WithCancel(context.Background())
	operations := operation.NewManager(base, l.operation)
	s := &service{log: config.Log, operations: operations, keepSessions: !l.closeOnDisconnect}
	s.sessions = session.NewManager(config.Backend, operations.Close, l.session)
	restore(config, s)
	lenient, strict := false, true
	config.Log.Info("listening", "address", listener.Addr(), "version", config.Version)
	return &Server{
		log: config.Log, limits: l, service: s, base: base, stop: stop, listener: listener,
		processor: &tcli.Processor[*client]{Methods: s.methods(), Log: config.Log, Discard: func(c *client) { c.conn.Discard() }},
		binary: &thrift.TConfiguration{
			MaxMessageSize: int32(l.transport.MaxMessage), MaxContainerSize: maxContainer, TBinaryStrictRead: &lenient, TBinaryStrictWrite: &strict,
		},
		slots:       make(chan struct{}, l.maxConnections),
		connections: map[net.Conn]struct{}{},
	}, nil
}

// restore brings back the operations of statements that the backend goes on with, under their old handles.
func restore(config Config, s *service) {
	r, ok := config.Backend.(backend.Recoverer)
	if !ok {
		return
	}
	for _, x := range r.Recovered() {
		if x.Client == nil {
			continue // nobody has its handle
		}
		err := s.operations.Restore(&x, func(description []byte, b backend.Session) (operation.Session, error) {
			return s.sessions.Restore(description, b)
		})
		if err != nil {
			config.Log.Warn("the client of a statement of an earlier process will not find it", "query", x.QueryID, "error", err)
		}
	}
}

// Addr returns the address clients connect to.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Sessions returns the number of open sessions, Operations that of open operations.
func (s *Server) Sessions() int { return s.service.sessions.Count() }

// Operations returns the number of open operations.
func (s *Server) Operations() int { return s.service.operations.Open() }

// Serve answers clients until ctx ends, then stops gracefully: it refuses new sessions and goes on serving until all operations
// are closed, for at most hive.server2.graceful.stop.timeout. Then it closes what is left, as it does at once when Close is
// called.
func (s *Server) Serve(ctx context.Context) error {
	s.work.Go(s.checkIdle)
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		select {
		case <-ctx.Done():
			s.drain()
		case <-s.base.Done():
		}
		s.shut()
	}()
	s.accept()
	<-drained
	s.work.Wait()
	return s.closeSessions()
}

// Close stops at once: it aborts executions, closes connections and sessions, and waits for all of them.
func (s *Server) Close() error {
	s.shut()
	s.work.Wait()
	return s.closeSessions()
}

func (s *Server) closeSessions() error {
	if err := s.service.sessions.CloseAll(); err != nil {
		return fmt.Errorf("stop HiveServer2: %w", err)
	}
	return nil
}

// accept takes connections until the listener is closed.
func (s *Server) accept() {
	pause := minAcceptPause
	for {
		select {
		case s.slots <- struct{}{}:
		case <-s.base.Done():
			return
		}
		conn, err := s.listener.Accept()
		if err == nil && s.track(conn) {
			pause = minAcceptPause
			s.work.Go(func() {
				defer func() { <-s.slots }()
				s.serve(conn)
			})
			continue
		}
		<-s.slots
		if s.isClosed() {
			return
		}
		// Out of file descriptors and the like: connections that end make room.
		s.log.Error("accept connection", "error", err)
		select {
		case <-time.After(pause):
		case <-s.base.Done():
			return
		}
		pause = min(2*pause, maxAcceptPause)
	}
}

// Pauses after a failed accept.
const (
	minAcceptPause = 5 * time.Millisecond
	maxAcceptPause = time.Second
)

// track notes an open connection, or closes it when the server has been closed.
func (s *Server) track(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = conn.Close()
		return false
	}
	s.connections[conn] = struct{}{}
	return true
}

func (s *Server) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// serve handles one connection to its end.
func (s *Server) serve(nc net.Conn) {
	log := s.log
	defer func() {
		_ = nc.Close() // closed already, or broken
		s.mu.Lock()
		delete(s.connections, nc)
		s.mu.Unlock()
	}()
	conn, err := transport.Accept(s.base, nc, &s.limits.transport)
	if err != nil {
		log.Warn("connection refused", "address", nc.RemoteAddr(), "error", err)
		return
	}
	c := &client{conn: conn}
	defer s.service.disconnected(c)
	in := thrift.NewTBinaryProtocolConf(conn, s.binary)
	for {
		conn.BeginMessage()
		if err := s.processor.Process(s.base, c, in, in); err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) && !strings.HasSuffix(err.Error(), "EOF") {
				log.Warn("connection ended", "address", nc.RemoteAddr(), "error", err)
			}
			return
		}
	}
}

// ExpireIdle closes the sessions and operations that are idle at the given time. Serve calls it now and then.
func (s *Server) ExpireIdle(now time.Time) {
	s.service.sessions.Expire(now)
	s.service.operations.Expire(now)
}

// checkIdle closes idle sessions and operations now and then.
func (s *Server) checkIdle() {
	ticker := time.NewTicker(s.limits.checkInterval)
	defer ticker.Stop()
	for {
		select {
		case now := <-ticker.C:
			s.ExpireIdle(now)
		case <-s.base.Done():
			return
		}
	}
}

// drain refuses new sessions and waits until all operations are closed. Results that clients have not fetched count as open.
func (s *Server) drain() {
	s.service.sessions.Refuse()
	ticker := time.NewTicker(drainPoll)
	defer ticker.Stop()
	limit := time.NewTimer(s.limits.drain)
	defer limit.Stop()
	for s.service.operations.Open() > 0 {
		select {
		case <-ticker.C:
		case <-limit.C:
			s.log.Warn("stopping with open operations", "operations", s.service.operations.Open())
			return
		case <-s.base.Done():
			return
		}
	}
}

// shut aborts executions and closes the listener and all connections; their goroutines end by that.
func (s *Server) shut() {
	s.service.sessions.Refuse()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.closed = true
	s.stop()
	if err := s.listener.Close(); err != nil {
		s.log.Warn("close listener", "error", err)
	}
	for conn := range s.connections {
		_ = conn.Close() // its goroutine sees the error
	}
}
