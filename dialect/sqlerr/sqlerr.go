// Package sqlerr holds the errors clients see: Hive's error codes, SQLSTATEs and texts. Tools grep these texts, so they
// are part of the compatibility surface.
package sqlerr

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Kinds of errors, as they appear in texts ("FAILED: SemanticException ...").
const (
	ParseException           = "ParseException"
	SemanticException        = "SemanticException"
	ExecutionError           = "Execution Error"
	AccessControlException   = "HiveAccessControlException"
	RuntimeException         = "RuntimeException"
	NullPointerException     = "NullPointerException"
	IllegalArgumentException = "IllegalArgumentException"
)

// The generic codes and states used when no table entry applies.
const (
	genericState   = "42000"
	executionState = "08S01"
)

// Error is an error with everything a client may look at. Build it with the constructors; it is immutable afterwards.
type Error struct {
	// Code is what the client gets as vendor code; for execution errors it is the task's return code.
	Code     Code
	SQLState string
	Kind     string // one of the kinds above, or "" for plain text
	Line     int    // 1-based; 0 when the error has no position
	Col      int    // 0-based
	Token    string // token text at the position
	Msg      string // full message after the kind and the code: "Line 1:14 Table not found 't'"
	cause    error
}

// TezTask is the task that Hive names in the errors of queries while they run.
const TezTask = "org.apache.hadoop.hive.ql.exec.tez.TezTask"

// Locator is anything with a place in the statement text, such as a syntax tree node.
type Locator interface {
	Where() (line, col int, token string)
}

// Error gives Hive's text without the leading "FAILED: ".
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Kind)
	switch {
	case e.Kind == ParseException, e.Kind == "":
	case e.Kind == ExecutionError:
		b.WriteString(", ")
		b.WriteString(e.Msg)
		return b.String()
	case e.Code != GenericError:
		b.WriteString(" [Error ")
		b.WriteString(strconv.Itoa(int(e.Code)))
		b.WriteString("]:")
	}
	if b.Len() > 0 {
		b.WriteByte(' ')
	}
	b.WriteString(e.Msg)
	return b.String()
}

// Unwrap returns the error this one was made from, or nil.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether target is an *Error with the same code and kind, so errors.Is(err, sqlerr.New(sqlerr.InvalidTable))
// works.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && t.Kind == e.Kind
}

// WithCause returns a copy of e that unwraps to cause.
func (e *Error) WithCause(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// As finds the *Error in err's chain.
func As(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// CodeOf returns the code of the *Error in err's chain, or GenericError.
func CodeOf(err error) Code {
	if e, ok := As(err); ok {
		return e.Code
	}
	return GenericError
}

// Text returns the table text of a code with {0}, {1}.. replaced by args. When the text takes no parameters the args
// follow it, separated by blanks.
func Text(code Code, args ...string) string {
	text := messages[code].text
	if !strings.Contains(text, "{0}") {
		for _, a := range args {
			text += " " + a
		}
		return text
	}
	for i, a := range args {
		text = strings.ReplaceAll(text, "{"+strconv.Itoa(i)+"}", a)
	}
	return text
}

// State returns the SQLSTATE of a code.
func State(code Code) string {
	if s := messages[code].state; s != "" {
		return s
	}
	return genericState
}

// New makes a SemanticException without a position from the table text of code and args.
func New(code Code, args ...string) *Error {
	return &Error{Code: code, SQLState: State(code), Kind: SemanticException, Msg: Text(code, args...)}
}

// At makes a SemanticException at a position: "Line L:C <text> 'token'".
func At(code Code, at Locator) *Error { return located(code, at, "") }

// AtReason is At followed by ": reason".
func AtReason(code Code, at Locator, reason string) *Error { return located(code, at, ": "+reason) }

// AtText makes a SemanticException at a position with a free text: "Line L:C <text> 'token'".
func AtText(at Locator, text string) *Error {
	return place(&Error{Code: GenericError, SQLState: genericState, Kind: SemanticException}, at, text, "")
}

func located(code Code, at Locator, suffix string) *Error {
	e := &Error{Code: code, SQLState: State(code), Kind: SemanticException}
	return place(e, at, Text(code), suffix)
}

func place(e *Error, at Locator, text, suffix string) *Error {
	e.Line, e.Col, e.Token = at.Where()
	e.Msg = fmt.Sprintf("Line %d:%d %s '%s'%s", e.Line, e.Col, text, e.Token, suffix)
	if e.Col < 0 || strings.ContainsAny(e.Msg, "\n\r") { // Hive finds the code again by a pattern that takes neither signs nor line ends
		e.Code, e.SQLState = GenericError, genericState
	}
	return e
}

// Semanticf makes a SemanticException with a free text and the generic code.
func Semanticf(format string, args ...any) *Error {
	return &Error{Code: GenericError, SQLState: genericState, Kind: SemanticException, Msg: fmt.Sprintf(format, args...)}
}

// CodedSemanticf makes a SemanticException with a free text and the given code and its state.
func CodedSemanticf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, SQLState: State(code), Kind: SemanticException, Msg: fmt.Sprintf(format, args...)}
}

// Parse makes a ParseException: "line L:C msg".
func Parse(line, col int, token, msg string) *Error {
	return &Error{
		Code: GenericError, SQLState: genericState, Kind: ParseException, Line: line, Col: col, Token: token,
		Msg: fmt.Sprintf("line %d:%d %s", line, col, msg),
	}
}

// Execution makes an execution error: "Execution Error, return code N from <task class>. <msg>". The message part is left
// out when empty.
func Execution(returnCode Code, taskClass, msg string) *Error {
	text := fmt.Sprintf("return code %d from %s", returnCode, taskClass)
	if msg != "" {
		text += ". " + msg
	}
	state := executionState
	if m, ok := messages[returnCode]; ok && m.state != "" {
		state = m.state
	}
	return &Error{Code: returnCode, SQLState: state, Kind: ExecutionError, Msg: text}
}

// Unauthorized makes an authorization error with Hive's prefix.
func Unauthorized(msg string) *Error {
	return &Error{Code: GenericError, SQLState: genericState, Kind: AccessControlException, Msg: msg}
}

// Plain makes an error of the given kind (which may be "") with a free text and the generic code.
func Plain(kind, msg string) *Error {
	return &Error{Code: GenericError, SQLState: genericState, Kind: kind, Msg: msg}
}
