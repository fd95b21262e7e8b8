// Package session describes what running a statement depends on besides its plan: settings, time zone, pinned time, user, added
// files. It can be turned into bytes, so that tasks that run elsewhere see the same.
package session

import (
	"strings"
	"time"

	"skep/dialect/conf"
	"skep/dialect/plan/codec"
	"skep/engine/calendar"
	"skep/engine/expr"
	"skep/engine/format"
)

// Session is what a statement runs in. It is not changed while something uses it.
type Session struct {
	Conf           *conf.Conf
	Now            time.Time // when the statement started
	User, Database string
	QueryID        string
	// Files are those of ADD FILE and ADD ARCHIVE, which scripts find in their working directories.
	Files []string
	// Vectorized is function.Env.Vectorized.
	Vectorized bool
}

// Location returns the time zone that settings name: hive.local.time.zone, or the process's.
func Location(c *conf.Conf) *time.Location {
	name := c.Get("hive.local.time.zone")
	if name == "" || strings.EqualFold(name, "LOCAL") {
		return calendar.Local()
	}
	if l, err := time.LoadLocation(name); err == nil {
		return l
	}
	if z, ok := calendar.ParseZone(name); ok {
		_, offset := z.At(0)
		return time.FixedZone(name, int(offset))
	}
	return calendar.Local()
}

// Format gives a format the settings it may depend on.
func Format(c *conf.Conf) format.Session {
	return format.Session{HiveVersion: c.HiveVersion(), Location: Location(c), Conf: c.Get}
}

// Expr is what expressions of the statement may depend on.
func (s *Session) Expr() *expr.Env {
	return &expr.Env{
		HiveVersion: s.Conf.HiveVersion(), Location: Location(s.Conf), Now: s.Now, User: s.User, Database: s.Database,
		Conf: s.Conf.Get, QueryID: s.QueryID, Vectorized: s.Vectorized,
	}
}

// Encode turns s into bytes.
func (s *Session) Encode() ([]byte, error) {
	x := *s
	return codec.Encode("a session", &x, code)
}

// Decode reads what Encode returns.
func Decode(b []byte) (*Session, error) {
	return codec.Decode("a session", b, code)
}

// localZone is the setting under which the zone of the process that encodes travels; a worker's own may be another.
const localZone = "hive.local.time.zone"

func code(c *codec.Coder, s *Session) {
	var values map[string]string
	seconds, nanos := s.Now.Unix(), int64(s.Now.Nanosecond())
	if !c.Reading() {
		values = s.Conf.Changed()
		if name := values[localZone]; name == "" || strings.EqualFold(name, "LOCAL") {
			if local := calendar.Local().String(); local != "" && local != "Local" {
				values[localZone] = local
			}
		}
	}
	c.Map(&values)
	c.Int64(&seconds)
	c.Int64(&nanos)
	c.String(&s.User)
	c.String(&s.Database)
	c.String(&s.QueryID)
	c.Strings(&s.Files)
	c.Bool(&s.Vectorized)
	if !c.Reading() {
		return
	}
	s.Conf = conf.New(nil)
	for k, v := range values {
		s.Conf.Set(k, v)
	}
	s.Now = time.Unix(seconds, nanos)
}
