// Package codec turns plans into bytes and back, so that pieces of a plan can be run elsewhere.
//
// Each part of a plan has one function here that both writes and reads it, so that the two cannot differ. Numbers are varints; a
// string is written once and referred to afterwards; so are expressions, types, tables and shared subplans, which keeps shared
// parts shared and the size linear. The format carries no lengths to skip unknown parts by: reader and writer are of one version,
// which is checked.
package codec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
)

// Version is the version of the format. It changes with every change of what is written.
const Version = 2

// maxDepth bounds the nesting of what is read.
const maxDepth = 10_000

var errTruncated = errors.New("truncated")

// Coder writes or reads. The methods take pointers: to what is to be written, or to where to put what is read. After an error
// they do nothing; what has been read then is incomplete. What is written is not touched: tasks and plans share it.
type Coder struct {
	reading bool
	buf     []byte // reading: what is left
	err     error
	depth   int

	names   map[string]int // strings written
	strings []string       // strings read
	seen    map[any]int    // pointers written, by the order in which they were completed
	objects []any          // pointers read
}

// NewWriter returns a coder that writes.
func NewWriter() *Coder {
	c := &Coder{names: map[string]int{}, seen: map[any]int{}}
	c.version()
	return c
}

// NewReader returns a coder that reads from b, which it keeps.
func NewReader(b []byte) *Coder {
	c := &Coder{reading: true, buf: b}
	c.version()
	return c
}

func (c *Coder) version() {
	v := Version
	c.Int(&v)
	if v != Version {
		c.Fail(fmt.Errorf("version %d of the plan format, want %d", v, Version))
	}
}

// Reading reports whether c reads.
func (c *Coder) Reading() bool { return c.reading }

// Err returns the first error.
func (c *Coder) Err() error { return c.err }

// Fail ends the coding with an error.
func (c *Coder) Fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

// Bytes returns what has been written.
func (c *Coder) Bytes() ([]byte, error) { return c.buf, c.err }

// End reports what is wrong after reading: an error, or bytes that are left.
func (c *Coder) End() error {
	if c.err == nil && len(c.buf) > 0 {
		return fmt.Errorf("%d bytes too many", len(c.buf))
	}
	return c.err
}

// Uint codes an unsigned number.
func (c *Coder) Uint(v *uint64) {
	if !c.reading {
		c.buf = binary.AppendUvarint(c.buf, *v)
		return
	}
	x, n := binary.Uvarint(c.buf)
	if c.err != nil || n <= 0 {
		c.Fail(errTruncated)
		return
	}
	*v, c.buf = x, c.buf[n:]
}

// Int64 codes a number.
func (c *Coder) Int64(v *int64) {
	u := uint64(*v)<<1 ^ uint64(*v>>63)
	if c.Uint(&u); c.reading {
		*v = int64(u>>1) ^ -int64(u&1)
	}
}

// Int codes a number.
func (c *Coder) Int(v *int) {
	x := int64(*v)
	if c.Int64(&x); c.reading {
		*v = int(x)
	}
}

// Bool codes a truth value.
func (c *Coder) Bool(v *bool) {
	u := uint64(0)
	if *v {
		u = 1
	}
	c.Uint(&u)
	if u > 1 {
		c.Fail(fmt.Errorf("%d for a truth value", u))
	}
	if c.reading {
		*v = u == 1
	}
}

// Float codes a float, bit by bit.
func (c *Coder) Float(v *float64) {
	if !c.reading {
		c.buf = binary.LittleEndian.AppendUint64(c.buf, math.Float64bits(*v))
		return
	}
	if c.err != nil || len(c.buf) < 8 {
		c.Fail(errTruncated)
		return
	}
	*v, c.buf = math.Float64frombits(binary.LittleEndian.Uint64(c.buf)), c.buf[8:]
}

// String codes a string: 0 and the string the first time, its number afterwards.
func (c *Coder) String(v *string) {
	if !c.reading {
		n, ok := c.names[*v]
		u := uint64(n)
		if !ok {
			u = 0
			c.names[*v] = len(c.names) + 1
		}
		c.Uint(&u)
		if !ok {
			u = uint64(len(*v))
			c.Uint(&u)
			c.buf = append(c.buf, *v...)
		}
		return
	}
	var u uint64
	c.Uint(&u)
	if c.err != nil {
		return
	}
	if u > 0 {
		if u > uint64(len(c.strings)) {
			c.Fail(fmt.Errorf("string %d of %d", u, len(c.strings)))
			return
		}
		*v = c.strings[u-1]
		return
	}
	c.Uint(&u)
	if c.err != nil || u > uint64(len(c.buf)) {
		c.Fail(errTruncated)
		return
	}
	*v, c.buf = string(c.buf[:u]), c.buf[u:]
	c.strings = append(c.strings, *v)
}

// Strings codes a list of strings.
func (c *Coder) Strings(v *[]string) { List(c, v, func(s *string) { c.String(s) }) }

// Map codes a map of strings, ordered by key.
func (c *Coder) Map(v *map[string]string) {
	type entry struct{ k, v string }
	var entries []entry
	if *v != nil {
		entries = []entry{}
		for _, k := range slices.Sorted(maps.Keys(*v)) {
			entries = append(entries, entry{k, (*v)[k]})
		}
	}
	List(c, &entries, func(e *entry) {
		c.String(&e.k)
		c.String(&e.v)
	})
	if c.reading && entries != nil {
		*v = make(map[string]string, len(entries))
		for _, e := range entries {
			(*v)[e.k] = e.v
		}
	}
}

// List codes a list element by element; nil stays nil. Elements take at least a byte each.
func List[T any](c *Coder, v *[]T, element func(*T)) {
	u := uint64(0)
	if *v != nil {
		u = uint64(len(*v)) + 1
	}
	c.Uint(&u)
	if c.reading {
		if c.err != nil || u == 0 {
			return
		}
		if u-1 > uint64(len(c.buf)) {
			c.Fail(errTruncated)
			return
		}
		*v = make([]T, u-1)
	}
	for i := range *v {
		if c.err != nil {
			return
		}
		element(&(*v)[i])
	}
}

// Enum codes a small number of which there are count.
func Enum[T ~uint8](c *Coder, v *T, count int) {
	u := uint64(*v)
	c.Uint(&u)
	if u >= uint64(count) {
		c.Fail(fmt.Errorf("%T %d of %d", *v, u, count))
		return
	}
	if c.reading {
		*v = T(u)
	}
}

// shared codes what a pointer points to, once for each pointer: 0 for nil, 1 and the content the first time, 1 plus its number
// afterwards.
func shared[T any](c *Coder, p **T, content func(*T)) {
	if !c.reading {
		u := uint64(0)
		n, ok := 0, false
		if *p != nil {
			n, ok = c.seen[*p]
			u = 1
			if ok {
				u = uint64(n) + 1
			}
		}
		c.Uint(&u)
		if *p != nil && !ok {
			c.nested(func() { content(*p) })
			c.seen[*p] = len(c.seen) + 1
		}
		return
	}
	var u uint64
	c.Uint(&u)
	if c.err != nil {
		return
	}
	switch u {
	case 0:
		*p = nil
	case 1:
		x := new(T)
		c.nested(func() { content(x) })
		c.objects = append(c.objects, x)
		*p = x
	default:
		x, ok := c.object(u - 2).(*T)
		if !ok {
			c.Fail(fmt.Errorf("reference %d is no %T", u, *p))
			return
		}
		*p = x
	}
}

func (c *Coder) object(n uint64) any {
	if n >= uint64(len(c.objects)) {
		return nil
	}
	return c.objects[n]
}

// nested codes something within something.
func (c *Coder) nested(f func()) {
	if c.depth++; c.depth > maxDepth {
		c.Fail(fmt.Errorf("nested more than %d deep", maxDepth))
	}
	if c.err == nil {
		f()
	}
	c.depth--
}
