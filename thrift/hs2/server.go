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

// Server is a HiveServer2 endpoint. Use it once: New, Serve, Shutdown or Close.
type Server struct {
	config    Config
	service   *service
	processor *tcli.Processor[*client]
	binary    *thrift.TConfiguration
	slots     chan struct{}
	stop      context.CancelFunc // ends every execution
	base      context.Context

	mu          sync.Mutex
	listener    net.Listener
	connections map[net.Conn]struct{}
	closed      bool
	work        sync.WaitGroup // connections and the idle check
}

// New returns a server that is not listening yet.
func New(config Config) *Server {
	if config.Log == nil {
		config.Log = hclog.NewNullLogger()
	}
	for _, log := range []*hclog.Logger{&config.Session.Log, &config.Operation.Log} {
		if *log == nil {
			*log = config.Log
		}
	}
	if config.MaxConnections <= 0 {
		config.MaxConnections = 500
	}
	if config.Transport.MaxMessage <= 0 {
		config.Transport.MaxMessage = transport.DefaultMaxMessage
	}
	base, stop := context.WithCancel(context.Background())
	operations := operation.NewManager(base, config.Operation)
	s := &service{log: config.Log, operations: operations, keepSessions: config.KeepSessions}
	s.sessions = session.NewManager(config.Backend, operations.Close, config.Session)
	lenient, strict := false, true
	return &Server{
		config: config, service: s, base: base, stop: stop,
		processor: &tcli.Processor[*client]{Methods: s.methods(), Log: config.Log, Discard: func(c *client) { c.conn.Discard() }},
		binary: &thrift.TConfiguration{
			MaxMessageSize: int32(min(config.Transport.MaxMessage, 1<<31-1)), MaxContainerSize: maxContainer,
			TBinaryStrictRead: &lenient, TBinaryStrictWrite: &strict,
		},
		slots:       make(chan struct{}, config.MaxConnections),
		connections: map[net.Conn]struct{}{},
	}
}

// Sessions returns the number of open sessions, Operations that of open operations.
func (s *Server) Sessions() int { return s.service.sessions.Count() }

// Operations returns the number of open operations.
func (s *Server) Operations() int { return s.service.operations.Open() }

// Serve accepts connections on l until the server is stopped, then returns nil. It closes l.
func (s *Server) Serve(l net.Listener) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return errors.Join(errors.New("serve: the server is closed"), l.Close())
	}
	s.listener = l
	s.work.Go(s.checkIdle)
	s.mu.Unlock()
	pause := 5 * time.Millisecond
	for {
		select {
		case s.slots <- struct{}{}:
		case <-s.base.Done():
			return nil
		}
		conn, err := l.Accept()
		if err != nil {
			<-s.slots
			if s.isClosed() || errors.Is(err, net.ErrClosed) {
				return nil
			}
			// Out of file descriptors and the like: others may go away.
			s.config.Log.Error("accept connection", "error", err)
			select {
			case <-time.After(pause):
			case <-s.base.Done():
				return nil
			}
			pause = min(2*pause, time.Second)
			continue
		}
		pause = 5 * time.Millisecond
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			<-s.slots
			_ = conn.Close()
			return nil
		}
		s.connections[conn] = struct{}{}
		s.work.Go(func() {
			defer func() { <-s.slots }()
			s.serve(conn)
		})
		s.mu.Unlock()
	}
}

func (s *Server) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// serve handles one connection to its end.
func (s *Server) serve(nc net.Conn) {
	log := s.config.Log
	defer func() {
		_ = nc.Close() // closed already, or broken
		s.mu.Lock()
		delete(s.connections, nc)
		s.mu.Unlock()
	}()
	conn, err := transport.Accept(s.base, nc, &s.config.Transport)
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

// checkIdle closes idle sessions and operations now and then.
func (s *Server) checkIdle() {
	ticker := time.NewTicker(max(s.config.CheckInterval, minCheckInterval))
	defer ticker.Stop()
	for {
		select {
		case now := <-ticker.C:
			s.service.sessions.Expire(now)
			s.service.operations.Expire(now)
		case <-s.base.Done():
			return
		}
	}
}

// Shutdown stops gracefully: it refuses new sessions, waits until all operations are closed or ctx ends, and then closes what is
// left. Clients go on fetching meanwhile.
func (s *Server) Shutdown(ctx context.Context) error {
	s.service.sessions.Refuse()
	ticker := time.NewTicker(drainPoll)
	defer ticker.Stop()
	for s.service.operations.Open() > 0 {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			s.config.Log.Warn("stopping with open operations", "operations", s.service.operations.Open())
			return s.Close()
		}
	}
	return s.Close()
}

// Close stops at once: it aborts executions, closes connections and sessions, and waits for all of them.
func (s *Server) Close() error {
	s.service.sessions.Refuse()
	s.mu.Lock()
	s.closed = true
	s.stop()
	var errs []error
	if s.listener != nil {
		if err := s.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	for conn := range s.connections {
		_ = conn.Close() // its goroutine sees the error
	}
	s.mu.Unlock()
	s.work.Wait()
	errs = append(errs, s.service.sessions.CloseAll())
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("stop server: %w", err)
	}
	return nil
}
