package model

import (
	"errors"
	"fmt"
)

// ErrorKind classifies catalog errors the way Hive's metastore API does.
type ErrorKind uint8

// The kinds of catalog errors.
const (
	AlreadyExists ErrorKind = iota + 1
	NoSuchObject
	InvalidObject    // the object itself is not well formed
	InvalidOperation // the object is, but what was asked may not be done to it
	InvalidInput
	InUse // others need the object; a bare MetaException in Hive
)

// String returns the name of the metastore exception that stands for the kind.
func (k ErrorKind) String() string {
	switch k {
	case AlreadyExists:
		return "AlreadyExistsException"
	case NoSuchObject:
		return "NoSuchObjectException"
	case InvalidObject:
		return "InvalidObjectException"
	case InvalidOperation:
		return "InvalidOperationException"
	case InvalidInput:
		return "InvalidInputException"
	}
	return "MetaException"
}

// ObjectKind says what an Error is about.
type ObjectKind uint8

// The kinds of catalog objects.
const (
	DatabaseObject ObjectKind = iota + 1
	TableObject
	PartitionObject
	FunctionObject
	ConstraintObject
	ColumnObject
	RoleObject
	ResourcePlanObject
	TransactionObject
)

// Error is what a catalog returns when the request, not the catalog, is at fault.
type Error struct {
	Kind    ErrorKind
	Object  ObjectKind
	Name    string // the object, e.g. "db.tbl"
	Message string
}

func (e *Error) Error() string { return e.Message }

// Is makes errors.Is(err, &Error{Kind: k}) and errors.Is(err, &Error{Kind: k, Object: o}) match by kind.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Kind == e.Kind && (t.Object == 0 || t.Object == e.Object) && (t.Name == "" || t.Name == e.Name)
}

// Errorf builds an Error.
func Errorf(kind ErrorKind, object ObjectKind, name, format string, args ...any) *Error {
	return &Error{Kind: kind, Object: object, Name: name, Message: fmt.Sprintf(format, args...)}
}

// KindOf returns the kind of the first Error in err's chain, 0 when there is none.
func KindOf(err error) ErrorKind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return 0
}
