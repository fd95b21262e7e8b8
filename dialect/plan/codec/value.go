package codec

import "fmt"

// Encode turns a value into bytes by the function that codes its fields. what names the value in errors.
func Encode[T any](what string, v *T, code func(*Coder, *T)) ([]byte, error) {
	c := NewWriter()
	code(c, v)
	b, err := c.Bytes()
	if err != nil {
		return nil, fmt.Errorf("encoding %s: %w", what, err)
	}
	return b, nil
}

// Decode reads what Encode returns, all of it.
func Decode[T any](what string, b []byte, code func(*Coder, *T)) (*T, error) {
	c, v := NewReader(b), new(T)
	code(c, v)
	if err := c.End(); err != nil {
		return nil, fmt.Errorf("decoding %s: %w", what, err)
	}
	return v, nil
}

// Blob codes bytes. None are read as nil.
func (c *Coder) Blob(b *[]byte) {
	s := string(*b)
	if c.String(&s); c.reading && len(s) > 0 {
		*b = []byte(s)
	}
}
