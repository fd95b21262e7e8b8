// Package hs2 is HiveServer2's Thrift service: the handlers of TCLIService over thrift/session and thrift/operation, and the
// server that accepts connections.
package hs2

import (
	"fmt"
	"math"
	"os/user"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"skep/auth/sasl"
	"skep/thrift/backend"
	"skep/thrift/operation"
	"skep/thrift/session"
	"skep/thrift/transport"
)

// Config configures a Server.
type Config struct {
	Address string // host:port to listen on
	Backend backend.Backend
	Log     hclog.Logger // nil logs nothing
	Version string       // of the product, for the log
	// Settings are hive.server2.* properties of the configuration file; what is absent has Hive 4's default.
	Settings map[string]string
	// LogDir is where long logs of operations are, unless hive.server2.logging.operation.log.location says otherwise; "" = the
	// system's directory for temporary files.
	LogDir string
	// Mechanisms are the SASL mechanisms clients may log in with. Nil is authentication NONE: PLAIN with any name and password.
	Mechanisms map[string]func() sasl.Server
}

// limits are the typed form of the settings.
type limits struct {
	transport transport.Options
	session   session.Options
	operation operation.Options
	// maxConnections bounds open connections; more wait unanswered in the listener's queue.
	maxConnections int
	// closeOnDisconnect closes a session when the connection that opened it ends.
	closeOnDisconnect bool
	// checkInterval is the time between checks for idle sessions and operations.
	checkInterval time.Duration
	// drain bounds the wait for open operations when the server stops.
	drain time.Duration
}

// limits reads the settings over Hive's defaults.
func (c *Config) limits() (*limits, error) {
	l := &limits{
		maxConnections: 500, closeOnDisconnect: true, checkInterval: 15 * time.Minute, drain: 30 * time.Minute,
		transport: transport.Options{Mechanisms: c.Mechanisms, Raw: true, MaxMessage: 100 << 20, LoginTimeout: 20 * time.Second},
		session:   session.Options{Log: c.Log, IdleTimeout: 4 * time.Hour, CheckOperations: true, Substitution: true},
		operation: operation.Options{
			Log: c.Log, ProcessUser: processUser(), Threads: 100, WaitQueue: 100, LongPoll: 5 * time.Second, IdleTimeout: 2 * time.Hour,
			LogDir: c.LogDir,
		},
	}
	if dir := c.Settings["hive.server2.logging.operation.log.location"]; dir != "" && !strings.Contains(dir, "${") {
		l.operation.LogDir = dir
	}
	s := settings{values: c.Settings}
	s.number("hive.server2.thrift.max.message.size", &l.transport.MaxMessage)
	s.duration("hive.server2.thrift.login.timeout", time.Second, &l.transport.LoginTimeout)
	s.number("hive.server2.thrift.max.worker.threads", &l.maxConnections)
	s.duration("hive.server2.session.check.interval", time.Millisecond, &l.checkInterval)
	s.duration("hive.server2.idle.session.timeout", time.Millisecond, &l.session.IdleTimeout)
	s.boolean("hive.server2.idle.session.check.operation", &l.session.CheckOperations)
	s.number("hive.server2.limit.connections.per.user", &l.session.PerUser)
	s.number("hive.server2.limit.connections.per.ipaddress", &l.session.PerAddress)
	s.number("hive.server2.limit.connections.per.user.ipaddress", &l.session.PerUserAddress)
	s.boolean("hive.server2.allow.user.substitution", &l.session.Substitution)
	s.duration("hive.server2.idle.operation.timeout", time.Millisecond, &l.operation.IdleTimeout)
	s.number("hive.server2.async.exec.threads", &l.operation.Threads)
	s.number("hive.server2.async.exec.wait.queue.size", &l.operation.WaitQueue)
	s.duration("hive.server2.long.polling.timeout", time.Millisecond, &l.operation.LongPoll)
	s.boolean("hive.server2.close.session.on.disconnect", &l.closeOnDisconnect)
	s.duration("hive.server2.graceful.stop.timeout", time.Second, &l.drain)
	s.authentication(c, l)
	l.transport.MaxMessage = min(l.transport.MaxMessage, math.MaxInt32)
	l.checkInterval = max(l.checkInterval, minCheckInterval)
	return l, s.err
}

// processUser is the first part of query ids: the user the server runs as.
func processUser() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "hive"
}

// authentication applies hive.server2.authentication. With NONE clients may log in or not: the first byte they send tells.
func (s *settings) authentication(c *Config, l *limits) {
	switch v, _ := s.value("hive.server2.authentication"); strings.ToUpper(v) {
	case "", "NONE":
		if c.Mechanisms == nil {
			l.transport.Mechanisms = map[string]func() sasl.Server{
				"PLAIN": func() sasl.Server { return sasl.NewPlain(sasl.AcceptAny) },
			}
		}
	case "NOSASL":
		l.transport.Mechanisms = nil
	default:
		s.fail("hive.server2.authentication", v, "supported yet; NONE and NOSASL are")
	}
}

// settings reads typed values, keeping the first error.
type settings struct {
	values map[string]string
	err    error
}

func (s *settings) value(key string) (string, bool) {
	v := strings.TrimSpace(s.values[key])
	return v, v != ""
}

func (s *settings) fail(key, value, kind string) {
	if s.err == nil {
		s.err = fmt.Errorf("%s: %q is not %s", key, value, kind)
	}
}

func (s *settings) number(key string, into *int) {
	if v, ok := s.value(key); ok {
		n, err := strconv.Atoi(v)
		if err != nil {
			s.fail(key, v, "a number")
			return
		}
		*into = n
	}
}

func (s *settings) boolean(key string, into *bool) {
	if v, ok := s.value(key); ok {
		switch strings.ToLower(v) {
		case "true":
			*into = true
		case "false":
			*into = false
		default:
			s.fail(key, v, "true or false")
		}
	}
}

func (s *settings) duration(key string, unit time.Duration, into *time.Duration) {
	if v, ok := s.value(key); ok {
		d, err := parseDuration(v, unit)
		if err != nil {
			s.fail(key, v, "a duration")
			return
		}
		*into = d
	}
}

// parseDuration reads Hive's notation of times: a whole number and a unit (ns, us, ms, s, m, h, d and the longer names), or a
// number alone, which counts in unit.
func parseDuration(text string, unit time.Duration) (time.Duration, error) {
	number := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
	switch strings.ToLower(strings.TrimSpace(text[len(number):])) {
	case "":
	case "ns", "nsec":
		unit = time.Nanosecond
	case "us", "usec":
		unit = time.Microsecond
	case "ms", "msec":
		unit = time.Millisecond
	case "s", "sec":
		unit = time.Second
	case "m", "min", "minutes":
		unit = time.Minute
	case "h", "hour", "hours":
		unit = time.Hour
	case "d", "day", "days":
		unit = 24 * time.Hour
	default:
		return 0, fmt.Errorf("duration %q has an unknown unit", text)
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("duration %q: %w", text, err)
	}
	d := time.Duration(n) * unit
	if n != 0 && d/unit != time.Duration(n) {
		return 0, fmt.Errorf("duration %q is too long", text)
	}
	return d, nil
}
