package joblog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"reflect"
	"strings"

	"skep/engine/scheduler"
)

// kinds are the record types by their number in the file. New ones are added
// at the end.
var kinds = []reflect.Type{
	reflect.TypeFor[scheduler.RecCoordinatorStarted](),
	reflect.TypeFor[scheduler.RecWorkerSeen](),
	reflect.TypeFor[scheduler.RecWorkerLost](),
	reflect.TypeFor[scheduler.RecJobSubmitted](),
	reflect.TypeFor[scheduler.RecStageSized](),
	reflect.TypeFor[scheduler.RecTasksFinished](),
	reflect.TypeFor[scheduler.RecTasksLost](),
	reflect.TypeFor[scheduler.RecStageRestarted](),
	reflect.TypeFor[scheduler.RecStageSkipped](),
	reflect.TypeFor[scheduler.RecStageReleased](),
	reflect.TypeFor[scheduler.RecOutputGranted](),
	reflect.TypeFor[scheduler.RecCommitPlanned](),
	reflect.TypeFor[scheduler.RecJobEnded](),
}

// layout is a hash of all fields of all record types. It stands in the header
// of a log, so that a log is never read by other types than it was written by.
var layout = func() uint64 {
	var b strings.Builder
	for _, t := range kinds {
		describe(&b, t)
	}
	h := fnv.New64a()
	h.Write([]byte(b.String()))
	return h.Sum64()
}()

func describe(b *strings.Builder, t reflect.Type) {
	switch t.Kind() {
	case reflect.Struct:
		b.WriteString("{")
		for i := range t.NumField() {
			b.WriteString(t.Field(i).Name + " ")
			describe(b, t.Field(i).Type)
		}
		b.WriteString("}")
	case reflect.Slice:
		b.WriteString("[]")
		describe(b, t.Elem())
	case reflect.Pointer:
		b.WriteString("*")
		describe(b, t.Elem())
	default:
		b.WriteString(t.Kind().String() + ";")
	}
}

// appendRecord encodes a record: its number, then its fields in order. Numbers
// are varints (zigzag when signed), slices and strings have their length before
// them, plus one, and 0 for nil.
func appendRecord(b []byte, r scheduler.Record) ([]byte, error) {
	v := reflect.ValueOf(r)
	for k, t := range kinds {
		if t == v.Type() {
			return appendValue(append(b, byte(k)), v), nil
		}
	}
	return b, fmt.Errorf("unknown record %T", r)
}

func appendValue(b []byte, v reflect.Value) []byte {
	switch v.Kind() {
	case reflect.Bool:
		if v.Bool() {
			return append(b, 1)
		}
		return append(b, 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return binary.AppendVarint(b, v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return binary.AppendUvarint(b, v.Uint())
	case reflect.String:
		b = binary.AppendUvarint(b, uint64(v.Len()))
		return append(b, v.String()...)
	case reflect.Slice:
		if v.IsNil() {
			return append(b, 0)
		}
		b = binary.AppendUvarint(b, uint64(v.Len())+1)
		switch s := v.Interface().(type) {
		case []byte:
			return append(b, s...)
		case []int32: // of StageSized: there are many
			for _, x := range s {
				b = binary.AppendVarint(b, int64(x))
			}
			return b
		case []int64:
			for _, x := range s {
				b = binary.AppendVarint(b, x)
			}
			return b
		case []scheduler.Range:
			for _, x := range s {
				b = binary.AppendVarint(b, int64(x.PartLo))
				b = binary.AppendVarint(b, int64(x.PartHi))
				b = binary.AppendVarint(b, int64(x.MapLo))
				b = binary.AppendVarint(b, int64(x.MapHi))
			}
			return b
		}
		for i := range v.Len() {
			b = appendValue(b, v.Index(i))
		}
		return b
	case reflect.Pointer:
		if v.IsNil() {
			return append(b, 0)
		}
		return appendValue(append(b, 1), v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			b = appendValue(b, v.Field(i))
		}
		return b
	}
	panic("joblog: a record has a field of kind " + v.Kind().String()) // the tests write every type
}

var errShort = errors.New("the record ends early")

func decodeRecord(b []byte) (scheduler.Record, error) {
	if len(b) == 0 || int(b[0]) >= len(kinds) {
		return nil, errors.New("unknown kind of record")
	}
	v := reflect.New(kinds[b[0]]).Elem()
	rest, err := readValue(b[1:], v)
	if err != nil {
		return nil, fmt.Errorf("%v: %w", v.Type(), err)
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("%v: %d bytes too many", v.Type(), len(rest))
	}
	return v.Interface().(scheduler.Record), nil
}

func readValue(b []byte, v reflect.Value) ([]byte, error) {
	switch v.Kind() {
	case reflect.Bool:
		if len(b) == 0 || b[0] > 1 {
			return nil, errShort
		}
		v.SetBool(b[0] == 1)
		return b[1:], nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		x, n := binary.Varint(b)
		if n <= 0 || v.OverflowInt(x) {
			return nil, errShort
		}
		v.SetInt(x)
		return b[n:], nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		x, n := binary.Uvarint(b)
		if n <= 0 || v.OverflowUint(x) {
			return nil, errShort
		}
		v.SetUint(x)
		return b[n:], nil
	case reflect.String:
		n, w := binary.Uvarint(b)
		if w <= 0 || n > uint64(len(b)-w) {
			return nil, errShort
		}
		v.SetString(string(b[w : w+int(n)]))
		return b[w+int(n):], nil
	case reflect.Slice:
		n, w := binary.Uvarint(b)
		if w <= 0 {
			return nil, errShort
		}
		b = b[w:]
		if n == 0 {
			return b, nil
		}
		n--
		if n > uint64(len(b)) { // each element takes a byte at least
			return nil, errShort
		}
		if v.Type().Elem().Kind() == reflect.Uint8 && v.Type() == reflect.TypeFor[[]byte]() {
			v.SetBytes(append(make([]byte, 0, n), b[:n]...))
			return b[n:], nil
		}
		v.Set(reflect.MakeSlice(v.Type(), int(n), int(n)))
		for i := range int(n) {
			var err error
			if b, err = readValue(b, v.Index(i)); err != nil {
				return nil, err
			}
		}
		return b, nil
	case reflect.Pointer:
		if len(b) == 0 || b[0] > 1 {
			return nil, errShort
		}
		if b[0] == 0 {
			return b[1:], nil
		}
		v.Set(reflect.New(v.Type().Elem()))
		return readValue(b[1:], v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			var err error
			if b, err = readValue(b, v.Field(i)); err != nil {
				return nil, err
			}
		}
		return b, nil
	}
	return nil, fmt.Errorf("field of kind %v", v.Kind())
}
