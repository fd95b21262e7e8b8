// Package hs2 is HiveServer2's Thrift service: the handlers of TCLIService over thrift/session and thrift/operation, and the
// server that accepts connections.
package hs2

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"skep/thrift/backend"
	"skep/thrift/operation"
	"skep/thrift/session"
	"skep/thrift/transport"
)

// Config configures a Server. DefaultConfig fills it with Hive's defaults.
type Config struct {
	Backend   backend.Backend
	Log       hclog.Logger
	Transport transport.Options
	Session   session.Options
	Operation operation.Options
	// MaxConnections bounds open connections; more wait unanswered in the listener's queue.
	MaxConnections int
	// KeepSessions leaves a session open when the connection that opened it ends
	// (hive.server2.close.session.on.disconnect=false).
	KeepSessions bool
	// CheckInterval is the time between checks for idle sessions and operations, at least 3 s.
	CheckInterval time.Duration
}

// DefaultConfig returns Hive 4's defaults.
func DefaultConfig(b backend.Backend, log hclog.Logger) Config {
	return Config{
		Backend: b, Log: log, MaxConnections: 500, CheckInterval: 15 * time.Minute,
		Transport: transport.Options{Raw: true, MaxMessage: transport.DefaultMaxMessage, LoginTimeout: transport.DefaultLoginTimeout},
		Session:   session.Options{Log: log, IdleTimeout: 4 * time.Hour, CheckOperations: true},
		Operation: operation.Options{Log: log, IdleTimeout: 2 * time.Hour},
	}
}

// Apply overrides the configuration with hive.server2.* settings of hive-site.xml. lookup reports whether a setting is given.
func (c *Config) Apply(lookup func(key string) (string, bool)) error {
	s := settings{lookup: lookup}
	s.number("hive.server2.thrift.max.message.size", &c.Transport.MaxMessage)
	s.duration("hive.server2.thrift.login.timeout", time.Second, &c.Transport.LoginTimeout)
	s.number("hive.server2.thrift.max.worker.threads", &c.MaxConnections)
	s.duration("hive.server2.session.check.interval", time.Millisecond, &c.CheckInterval)
	s.duration("hive.server2.idle.session.timeout", time.Millisecond, &c.Session.IdleTimeout)
	s.boolean("hive.server2.idle.session.check.operation", &c.Session.CheckOperations)
	s.number("hive.server2.limit.connections.per.user", &c.Session.PerUser)
	s.number("hive.server2.limit.connections.per.ipaddress", &c.Session.PerAddress)
	s.number("hive.server2.limit.connections.per.user.ipaddress", &c.Session.PerUserAddress)
	s.duration("hive.server2.idle.operation.timeout", time.Millisecond, &c.Operation.IdleTimeout)
	s.number("hive.server2.async.exec.threads", &c.Operation.Threads)
	s.number("hive.server2.async.exec.wait.queue.size", &c.Operation.WaitQueue)
	s.duration("hive.server2.long.polling.timeout", time.Millisecond, &c.Operation.LongPoll)
	closing := !c.KeepSessions
	s.boolean("hive.server2.close.session.on.disconnect", &closing)
	c.KeepSessions = !closing
	substitution := !c.Session.DenySubstitution
	s.boolean("hive.server2.allow.user.substitution", &substitution)
	c.Session.DenySubstitution = !substitution
	return s.err
}

// settings reads typed values, keeping the first error.
type settings struct {
	lookup func(key string) (string, bool)
	err    error
}

func (s *settings) value(key string) (string, bool) {
	v, ok := s.lookup(key)
	v = strings.TrimSpace(v)
	return v, ok && v != ""
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
		d, err := ParseDuration(v, unit)
		if err != nil {
			s.fail(key, v, "a duration")
			return
		}
		*into = d
	}
}

// ParseDuration reads Hive's notation of times: a whole number and a unit (ns, us, ms, s, m, h, d and the longer names), or a
// number alone, which counts in unit.
func ParseDuration(text string, unit time.Duration) (time.Duration, error) {
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
