package tcli

import (
	"errors"
	"fmt"

	"github.com/beltran/gohive/hiveserver"
)

// Error is a failure as the client sees it. An empty SQLState is sent as absent.
type Error struct {
	Message  string
	SQLState string
	Code     int32
	Err      error // cause, for the log
}

func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error without state and code.
func Errorf(format string, args ...any) *Error { return &Error{Message: fmt.Sprintf(format, args...)} }

// WithState returns e with a SQLSTATE.
func (e *Error) WithState(state string) *Error {
	e.SQLState = state
	return e
}

// AsError returns err as the client sees it.
func AsError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Message: err.Error(), Err: err}
}

// Status returns SUCCESS for nil, otherwise ERROR with the failure's details. Hive itself never sends another code, and PyHive
// accepts no other success.
func Status(err error) *hiveserver.TStatus {
	if err == nil {
		return &hiveserver.TStatus{StatusCode: hiveserver.TStatusCode_SUCCESS_STATUS}
	}
	e := AsError(err)
	s := &hiveserver.TStatus{
		StatusCode:   hiveserver.TStatusCode_ERROR_STATUS,
		ErrorCode:    &e.Code,
		ErrorMessage: &e.Message,
		// The driver takes the list apart as the frames of a Java exception and fails on an empty one. This is an exception
		// without frames: class, message, frame count, index of the common frame.
		InfoMessages: []string{fmt.Sprintf("*org.apache.hive.service.cli.HiveSQLException:%s:0:-1", e.Message)},
	}
	if e.SQLState != "" {
		s.SqlState = &e.SQLState
	}
	return s
}
