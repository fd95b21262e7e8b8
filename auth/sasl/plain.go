package sasl

import (
	"bytes"
	"unicode/utf8"
)

// Verifier decides whether a user may log in with a password. It returns nil for yes.
type Verifier func(user, password string) error

// AcceptAny lets every user in whose name and password are not empty, as Hive's authentication NONE does. The two are checked
// by the mechanism.
func AcceptAny(string, string) error { return nil }

// Plain is the server side of PLAIN (RFC 4616).
type Plain struct {
	unprotected
	verify Verifier
	user   string
}

// NewPlain starts a PLAIN negotiation.
func NewPlain(verify Verifier) *Plain { return &Plain{verify: verify} }

// maxCredential bounds the fields of a PLAIN message, in bytes. Passwords may carry tokens of several kilobytes.
const maxCredential = 64 << 10

// Step accepts the single message "[authzid] NUL user NUL password". Old Hive clients leave out the first NUL when there is no
// authorization id. An empty user or password is refused, whatever the verifier: directories take an empty password as an
// anonymous bind.
func (p *Plain) Step(response []byte) ([]byte, bool, error) {
	if len(response) > 3*maxCredential {
		return nil, false, invalid("PLAIN message of %d bytes", len(response))
	}
	parts := bytes.Split(response, []byte{0})
	if len(parts) < 2 || len(parts) > 3 {
		return nil, false, invalid("PLAIN message of %d parts", len(parts))
	}
	authzid := ""
	if len(parts) == 3 {
		authzid = string(parts[0])
		parts = parts[1:]
	}
	user, password := string(parts[0]), string(parts[1])
	switch {
	case user == "":
		return nil, false, invalid("no user name was given")
	case password == "":
		return nil, false, invalid("user %q gave an empty password", user)
	case !utf8.ValidString(user) || !utf8.ValidString(authzid):
		return nil, false, invalid("the user name is not UTF-8")
	case authzid != "" && authzid != user:
		// Acting for others goes through hive.server2.proxy.user, where it is checked.
		return nil, false, invalid("user %q asked to act as %q", user, authzid)
	}
	if err := p.verify(user, password); err != nil {
		return nil, false, invalid("user %q: %v", user, err)
	}
	p.user = user
	return nil, true, nil
}

// User returns the authenticated user.
func (p *Plain) User() string { return p.user }
