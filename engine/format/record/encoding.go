package record

import (
	"fmt"

	"skep/engine/charset"
	"skep/engine/format"
	"skep/engine/vector"
)

// Encoded is a SerDe whose rows are in the character set that the property serialization.encoding names: whole rows are converted before
// they are divided into fields, and after they have been put together.
type Encoded struct{ SerDe SerDe }

func charsetOf(properties map[string]string) (*charset.Charset, error) {
	name := properties["serialization.encoding"]
	if charset.IsUTF8(name) {
		return nil, nil
	}
	c, ok := charset.New(name)
	if !ok {
		return nil, fmt.Errorf("serialization.encoding %s is not a known character set", name)
	}
	return c, nil
}

// NewDeserializer implements SerDe.
func (e Encoded) NewDeserializer(opts *format.ReadOptions) (Deserializer, error) {
	c, err := charsetOf(opts.Properties)
	if err != nil {
		return nil, err
	}
	d, err := e.SerDe.NewDeserializer(opts)
	if err != nil || c == nil {
		return d, err
	}
	return &decoded{Deserializer: d, charset: c}, nil
}

// decoded hands rows on as UTF-8.
type decoded struct {
	Deserializer
	charset *charset.Charset
	rows    Rows
}

// Load implements Deserializer.
func (d *decoded) Load(rows *Rows) error {
	d.rows.Buf, d.rows.At, d.rows.Offsets = d.rows.Buf[:0], d.rows.At[:0], rows.Offsets
	for i := range rows.At {
		text := d.charset.Decode(rows.Row(i))
		d.rows.At = append(d.rows.At, vector.Ref{Off: uint32(len(d.rows.Buf)), Len: uint32(len(text))})
		d.rows.Buf = append(d.rows.Buf, text...)
	}
	d.rows.Buf = append(d.rows.Buf, make([]byte, Padding)...)
	return d.Deserializer.Load(&d.rows)
}

// NewSerializer implements SerDe.
func (e Encoded) NewSerializer(opts *format.WriteOptions) (Serializer, error) {
	c, err := charsetOf(opts.Properties)
	if err != nil {
		return nil, err
	}
	s, err := e.SerDe.NewSerializer(opts)
	if err != nil || c == nil {
		return s, err
	}
	return &encoded{serializer: s, charset: c}, nil
}

// encoded converts what a serializer writes.
type encoded struct {
	serializer Serializer
	charset    *charset.Charset
	buf        []byte
	ends       []int
}

// Append implements Serializer.
func (s *encoded) Append(dst []byte, ends []int, b *vector.Batch, terminator string) ([]byte, []int, error) {
	var err error
	if s.buf, s.ends, err = s.serializer.Append(s.buf[:0], s.ends[:0], b, ""); err != nil {
		return dst, ends, err
	}
	from := 0
	for _, end := range s.ends {
		dst = append(dst, s.charset.Encode(s.buf[from:end])...)
		ends = append(ends, len(dst))
		dst = append(dst, terminator...)
		from = end
	}
	return dst, ends, nil
}
