package sasl

import (
	"errors"
	"testing"
)

func TestPlain(t *testing.T) {
	for _, c := range []struct {
		message, user string
		ok            bool
	}{
		{"\x00ann\x00x", "ann", true},
		{"ann\x00x", "ann", true},
		{"ann\x00ann\x00x", "ann", true},
		{"\x00ann\x00p w/ü", "ann", true},
		{"bob\x00ann\x00x", "", false},
		{"\x00ann\x00", "", false},
		{"\x00\x00x", "", false},
		{"\x00\x00", "", false},
		{"ann", "", false},
		{"", "", false},
		{"a\x00b\x00c\x00d", "", false},
		{"\x00\xff\xfe\x00x", "", false},
	} {
		p := NewPlain(AcceptAny)
		_, done, err := p.Step([]byte(c.message))
		if done != c.ok || (err == nil) != c.ok || p.User() != c.user {
			t.Errorf("%q: done %v, user %q, error %v", c.message, done, p.User(), err)
		}
		if err != nil && !errors.Is(err, ErrInvalidLogin) {
			t.Errorf("%q: error %v is not ErrInvalidLogin", c.message, err)
		}
	}
}

func TestPlainVerifier(t *testing.T) {
	secret := func(user, password string) error {
		if user != "ann" || password != "secret" {
			return errors.New("wrong password")
		}
		return nil
	}
	if _, done, err := NewPlain(secret).Step([]byte("\x00ann\x00secret")); !done || err != nil {
		t.Errorf("right password: done %v, error %v", done, err)
	}
	p := NewPlain(secret)
	if _, done, err := p.Step([]byte("\x00ann\x00other")); done || err == nil || p.User() != "" {
		t.Errorf("wrong password: done %v, user %q, error %v", done, p.User(), err)
	}
}

func FuzzPlain(f *testing.F) {
	f.Add([]byte("\x00ann\x00x"))
	f.Fuzz(func(t *testing.T, message []byte) {
		p := NewPlain(AcceptAny)
		_, done, err := p.Step(message)
		if done != (err == nil) || done != (p.User() != "") {
			t.Fatalf("done %v, error %v, user %q", done, err, p.User())
		}
	})
}
