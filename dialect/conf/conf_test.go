package conf

import (
	"strings"
	"testing"
)

func TestOverlay(t *testing.T) {
	server := New(nil)
	server.Set("a", "server")
	session := New(server)
	if v, ok := session.Lookup("a"); !ok || v != "server" {
		t.Errorf("inherited value: %q %v", v, ok)
	}
	session.Set("a", "session")
	if v := session.Get("a"); v != "session" {
		t.Errorf("own value: %q", v)
	}
	session.Unset("a")
	if v := session.Get("a"); v != "server" {
		t.Errorf("after Unset: %q", v)
	}
	if _, ok := session.Lookup("no.such.key"); ok {
		t.Error("an unknown key must not be found")
	}
	if !session.NullsLast() {
		t.Error("level 4.0 sorts NULLs last")
	}
	session.Set("skep.hive.version", "3.1")
	if session.NullsLast() {
		t.Error("level 3.1 sorts NULLs first")
	}
}

func TestReadSite(t *testing.T) {
	got, err := ReadSite(strings.NewReader(`<configuration><property><name> a </name><value>1</value></property></configuration>`))
	if err != nil || got["a"] != "1" {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := ReadSite(strings.NewReader("<configuration>")); err == nil {
		t.Error("a truncated file must be an error")
	}
}
