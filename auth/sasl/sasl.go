// Package sasl implements the server side of SASL mechanisms. A mechanism is a small state machine fed with the client's
// messages; how messages are framed on the wire is the transport's business. The package imports nothing of the product.
package sasl

import (
	"errors"
	"fmt"
)

// ErrInvalidLogin means that the client's credentials were refused or malformed.
var ErrInvalidLogin = errors.New("invalid login")

// Server is one negotiation in progress. After Step reports done, User names the authenticated user and Wrap and Unwrap apply
// the negotiated protection to every later frame.
type Server interface {
	// Step takes the client's next message and returns the answer. done reports that the negotiation succeeded; the answer may
	// then be empty.
	Step(response []byte) (challenge []byte, done bool, err error)
	// User returns the authenticated user after the negotiation.
	User() string
	// Wrap appends the protected form of frame payload p to dst; without a security layer that is p itself.
	Wrap(dst, p []byte) ([]byte, error)
	// Unwrap returns the plain form of a received frame payload, which it may overwrite.
	Unwrap(p []byte) ([]byte, error)
	// Protected reports whether Wrap and Unwrap change anything.
	Protected() bool
}

// unprotected is the absence of a security layer.
type unprotected struct{}

func (unprotected) Wrap(dst, p []byte) ([]byte, error) { return append(dst, p...), nil }
func (unprotected) Unwrap(p []byte) ([]byte, error)    { return p, nil }
func (unprotected) Protected() bool                    { return false }

// invalid wraps ErrInvalidLogin with the cause, which goes to the server's log and not to the client.
func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalidLogin, fmt.Sprintf(format, args...))
}
