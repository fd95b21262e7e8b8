package json

import (
	"skep/dialect/types"
	"skep/engine/format"
	"skep/engine/format/text"
	"skep/engine/vector"
)

// Reader reads single values, as the function json_read does: like the SerDe, but of any type, and structs must not have fields that their
// types do not have. It is used by one goroutine.
type Reader struct{ values values }

// NewReader returns a reader of values for a session.
func NewReader(session *format.Session) (*Reader, error) {
	parser, err := text.NewValueParser(nil, session)
	if err != nil {
		return nil, err
	}
	return &Reader{values{parser: parser, strict: true, known: map[*types.Type]*fields{}}}, nil
}

// Append appends the value at the start of s to the flat vector v, by v's type; blank text is NULL, and what follows the value is ignored.
// After an error v holds part of a value.
func (r *Reader) Append(v *vector.Vector, s []byte) error {
	sc := scanner{buf: s}
	sc.blanks()
	if sc.at == len(s) {
		v.AppendDatum(types.NullDatum)
		return nil
	}
	start := sc.at
	if err := sc.value(0); err != nil {
		return err
	}
	return r.values.append(v, s[start:sc.at])
}
