// Package conf holds session settings: Hive's properties with their defaults and overlays.
package conf

import (
	"maps"
	"strconv"
	"strings"
	"sync"
)

// Conf is a set of properties over a parent. It is safe for concurrent use.
type Conf struct {
	parent *Conf
	mu     sync.RWMutex
	values map[string]string
}

// New returns an empty Conf over parent (nil: over the built-in defaults).
func New(parent *Conf) *Conf { return &Conf{parent: parent, values: map[string]string{}} }

// Lookup returns the value of key and whether it is set here, in a parent or by default.
func (c *Conf) Lookup(key string) (string, bool) {
	if v, ok := c.Explicit(key); ok {
		return v, true
	}
	if v, ok := defaults31[key]; ok && c.Hive3() {
		return v, true
	}
	if v, ok := defaults[key]; ok {
		return v, true
	}
	v, ok := informational[key]
	return v, ok
}

// Explicit is Lookup without defaults: whether somebody has set the key.
func (c *Conf) Explicit(key string) (string, bool) {
	for p := c; p != nil; p = p.parent {
		p.mu.RLock()
		v, ok := p.values[key]
		p.mu.RUnlock()
		if ok {
			return v, true
		}
	}
	return "", false
}

// Get returns the value of key, or "".
func (c *Conf) Get(key string) string {
	v, _ := c.Lookup(key)
	return v
}

// Set sets key in c itself.
func (c *Conf) Set(key, value string) {
	c.mu.Lock()
	c.values[key] = value
	c.mu.Unlock()
}

// Unset removes key from c itself, so that the parent's value shows.
func (c *Conf) Unset(key string) {
	c.mu.Lock()
	delete(c.values, key)
	c.mu.Unlock()
}

// Clear removes everything set in c itself.
func (c *Conf) Clear() {
	c.mu.Lock()
	clear(c.values)
	c.mu.Unlock()
}

// Bool returns the value of key as a boolean; anything but "true" (any case) is false.
func (c *Conf) Bool(key string) bool { return strings.EqualFold(strings.TrimSpace(c.Get(key)), "true") }

// Int returns the value of key as an integer, or def.
func (c *Conf) Int(key string, def int64) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(c.Get(key)), 10, 64)
	if err != nil {
		return def
	}
	return n
}

// All returns the effective properties, defaults included.
func (c *Conf) All() map[string]string {
	out := maps.Clone(informational)
	for k, v := range defaults {
		out[k] = v
	}
	if c.Hive3() {
		for k, v := range defaults31 {
			out[k] = v
		}
	}
	var chain []*Conf
	for p := c; p != nil; p = p.parent {
		chain = append(chain, p)
	}
	for i := len(chain) - 1; i >= 0; i-- {
		chain[i].mu.RLock()
		for k, v := range chain[i].values {
			out[k] = v
		}
		chain[i].mu.RUnlock()
	}
	return out
}

// Overrides returns the properties that are set in c and its parents, but for the outermost one.
func (c *Conf) Overrides() map[string]string { return c.collect(false) }

// Changed returns the properties that have been set here or in a parent; defaults are left out.
func (c *Conf) Changed() map[string]string { return c.collect(true) }

// collect returns the properties set in c and its parents, those of the innermost first; outermost says whether the last parent counts.
func (c *Conf) collect(outermost bool) map[string]string {
	out := map[string]string{}
	for p := c; p != nil && (outermost || p.parent != nil); p = p.parent {
		p.mu.RLock()
		for k, v := range p.values {
			if _, ok := out[k]; !ok {
				out[k] = v
			}
		}
		p.mu.RUnlock()
	}
	return out
}

// HiveVersion returns the compatibility level, "3.1" or "4.0".
func (c *Conf) HiveVersion() string {
	if c.Get("skep.hive.version") == "3.1" {
		return "3.1"
	}
	return "4.0"
}

// Hive3 reports whether the level is 3.1: see Differences for what that decides.
func (c *Conf) Hive3() bool { return c.HiveVersion() == "3.1" }

// NullsLast reports whether NULLs sort last by default: Hive 4 does so, unless the session says otherwise.
func (c *Conf) NullsLast() bool {
	if v, ok := c.Lookup("hive.default.nulls.last"); ok && v != "" {
		return strings.EqualFold(v, "true")
	}
	return !c.Hive3()
}
