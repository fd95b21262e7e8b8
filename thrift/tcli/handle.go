package tcli

import (
	"github.com/beltran/gohive/hiveserver"
	"github.com/google/uuid"
)

// HandleID identifies a session or an operation across all connections of the server. The secret makes it unguessable.
type HandleID struct{ GUID, Secret uuid.UUID }

// NewHandleID returns a random identifier.
func NewHandleID() HandleID { return HandleID{uuid.New(), uuid.New()} }

// String returns the public part, as it appears in logs and errors.
func (h HandleID) String() string { return h.GUID.String() }

// Thrift returns the wire form.
func (h HandleID) Thrift() *hiveserver.THandleIdentifier {
	return &hiveserver.THandleIdentifier{GUID: h.GUID[:], Secret: h.Secret[:]}
}

// HandleIDOf reads the wire form. Identifiers of the wrong length yield a value that no handle has.
func HandleIDOf(t *hiveserver.THandleIdentifier) HandleID {
	var h HandleID
	if t != nil && len(t.GUID) == len(h.GUID) && len(t.Secret) == len(h.Secret) {
		copy(h.GUID[:], t.GUID)
		copy(h.Secret[:], t.Secret)
	}
	return h
}
