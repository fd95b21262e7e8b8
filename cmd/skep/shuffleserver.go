package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"

	"skep/shuffle/fetch"
	"skep/shuffle/store"
)

type shuffleServerCommand struct {
	Host      string        `help:"Address to listen on." default:"0.0.0.0"`
	Port      int           `help:"HTTP port; 0 takes a free one." default:"10010"`
	Dir       []string      `help:"Shuffle directories, those of the workers of this machine." required:"" type:"path"`
	TokenFile string        `help:"File with the token that readers have to show." required:"" type:"existingfile"`
	Expire    time.Duration `help:"Outputs of jobs that nobody touched for so long are removed." default:"24h"`
	LogLevel  string        `help:"trace, debug, info, warn or error." default:"info"`
}

// Run serves the files in the directories until SIGINT or SIGTERM.
func (c *shuffleServerCommand) Run() error {
	log := hclog.New(&hclog.LoggerOptions{Name: "shuffle", Level: hclog.LevelFromString(c.LogLevel), Output: os.Stderr})
	token, err := os.ReadFile(c.TokenFile)
	if err != nil {
		return fmt.Errorf("reading the token: %w", err)
	}
	secret := strings.TrimSpace(string(token))
	if secret == "" {
		return fmt.Errorf("the token in %s is empty", c.TokenFile)
	}
	files, err := store.Open(store.Options{Dirs: c.Dir})
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	listener, err := net.Listen("tcp", net.JoinHostPort(c.Host, fmt.Sprint(c.Port)))
	if err != nil {
		return errors.Join(fmt.Errorf("listening: %w", err), files.Close())
	}
	server := &http.Server{Handler: &fetch.Handler{Store: files, Token: secret}, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	var wg sync.WaitGroup
	wg.Go(func() {
		<-ctx.Done()
		// Answers under way are short.
		ending, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := server.Shutdown(ending); err != nil {
			log.Warn("stopping", "error", err)
		}
	})
	wg.Go(func() { sweep(ctx, files, c.Expire, log) })
	log.Info("ready", "address", listener.Addr().String(), "directories", c.Dir)
	if err = server.Serve(listener); errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	stop()
	wg.Wait()
	return errors.Join(err, files.Close())
}

// sweep removes what has expired, now and then.
func sweep(ctx context.Context, files *store.Store, expire time.Duration, log hclog.Logger) {
	tick := time.NewTicker(max(time.Minute, expire/24))
	defer tick.Stop()
	for {
		n, err := files.Sweep(time.Now().Add(-expire))
		if err != nil {
			log.Warn("removing expired outputs", "error", err)
		}
		if n > 0 {
			log.Info("removed the outputs of expired jobs", "jobs", n)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
