// Package remote lets worker processes attach to a coordinator.
package remote

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"

	"skep/engine/coordinator"
	"skep/engine/scheduler"
	"skep/engine/worker"
	"skep/engine/worker/wire"
)

// Config describes a server of workers.
type Config struct {
	Listener    net.Listener
	Security    wire.Security
	Coordinator *coordinator.Coordinator
	// Exchange is the kind and place of the workers' outputs, which all must agree on.
	Exchange string
	// OutOfMemory, unless nil, reports whether a worker's process has just been killed for lack of memory.
	OutOfMemory func(name string) bool
	// Names is the file that remembers which worker has which number, so that they have the same after a restart.
	Names string
	Log   hclog.Logger
}

// Server accepts workers. Close must be called, before the coordinator's.
type Server struct {
	config Config
	grpc   *grpc.Server
	served sync.WaitGroup
	ending chan struct{} // closed by Close

	mu    sync.Mutex
	names []string // by worker number
	peers map[scheduler.WorkerID]*peer
}

// Serve accepts workers until Close.
func Serve(c Config) (*Server, error) {
	if c.Log == nil {
		c.Log = hclog.NewNullLogger()
	}
	s := &Server{config: c, ending: make(chan struct{}), peers: map[scheduler.WorkerID]*peer{}}
	text, err := os.ReadFile(c.Names)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("reading the names of workers: %w", err)
	}
	s.names = strings.Fields(string(text))
	if s.grpc, err = wire.NewServer(c.Security, s.attach); err != nil {
		return nil, err
	}
	s.served.Go(func() {
		if err := s.grpc.Serve(c.Listener); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			c.Log.Error("accepting workers", "error", err)
		}
	})
	return s, nil
}

// Close ends all connections.
func (s *Server) Close() {
	close(s.ending)
	s.grpc.Stop()
	s.served.Wait()
}

// Stats returns what the workers that are attached counted last, by name.
func (s *Server) Stats() map[string]worker.Stats {
	s.mu.Lock()
	peers := slices.Collect(maps.Values(s.peers))
	s.mu.Unlock()
	all := make(map[string]worker.Stats, len(peers))
	for _, p := range peers {
		p.mu.Lock()
		if p.stats != nil {
			all[p.name] = *p.stats
		}
		p.mu.Unlock()
	}
	return all
}

// number returns the number of a worker; new ones get the next.
func (s *Server) number(name string) (scheduler.WorkerID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, n := range s.names {
		if n == name {
			return scheduler.WorkerID(i), nil
		}
	}
	f, err := os.OpenFile(s.config.Names, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return 0, fmt.Errorf("remembering the name of a worker: %w", err)
	}
	_, err = f.WriteString(name + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return 0, fmt.Errorf("remembering the name of a worker: %w", err)
	}
	s.names = append(s.names, name)
	return scheduler.WorkerID(len(s.names) - 1), nil
}

// returnPause is how long a worker whose connection broke has to come back before it counts as gone: one whose process ended does
// not.
const returnPause = 200 * time.Millisecond

// attach serves the stream of a worker.
func (s *Server) attach(ctx context.Context, stream *wire.Stream) error {
	first, err := stream.Receive()
	if err != nil {
		return err
	}
	hello, ok := first.(*wire.Register)
	if !ok {
		return wire.Refusal(fmt.Sprintf("the first message of a worker is a %T", first))
	}
	if hello.Exchange != s.config.Exchange {
		return wire.Refusal(fmt.Sprintf("the worker's exchange is %q, that of the server %q", hello.Exchange, s.config.Exchange))
	}
	if strings.ContainsAny(hello.Name, " \t\r\n") {
		return wire.Refusal(fmt.Sprintf("the name %q of a worker has blanks", hello.Name))
	}
	id, err := s.number(hello.Name)
	if err != nil {
		return err
	}
	p := newPeer(s, id, hello, stream)
	s.mu.Lock()
	old := s.peers[id]
	if old != nil && old.incarnation > p.incarnation {
		s.mu.Unlock()
		return wire.Refusal("a later process of the same name has attached")
	}
	s.peers[id] = p
	s.mu.Unlock()
	if old != nil {
		old.close()
	}
	s.config.Log.Info("worker attached", "worker", id, "name", hello.Name, "slots", hello.Slots, "outputs", len(hello.Held), "attempts", len(hello.Running))
	sending := make(chan error, 1)
	go func() { sending <- p.send(ctx) }()
	p.order(&wire.Welcome{})
	p.seen(hello)
	err = p.receive()
	p.close()
	<-sending
	s.gone(p, err)
	return nil
}

// gone gives a worker up, unless it comes back at once.
func (s *Server) gone(p *peer, why error) {
	if !p.draining.Load() {
		select {
		case <-time.After(returnPause):
		case <-s.ending:
		}
	}
	s.mu.Lock()
	back := s.peers[p.id] != p
	if !back {
		delete(s.peers, p.id)
	}
	s.mu.Unlock()
	if back {
		return
	}
	if f := s.config.OutOfMemory; f != nil && f(p.name) {
		p.outOfMemory()
	}
	s.config.Log.Info("worker gone", "worker", p.id, "why", why)
	s.config.Coordinator.Detach(p, p.id, p.incarnation, why.Error())
}
