package store

import (
	"encoding/json"
	"fmt"
	"strings"

	"skep/metastore/model"
)

// encodeMap writes parameters as a JSON object.
func encodeMap(m map[string]string) (string, error) {
	if len(m) == 0 {
		return "{}", nil
	}
	b, err := json.Marshal(m)
	if err != nil {
		return "", fmt.Errorf("encode parameters: %w", err)
	}
	return string(b), nil
}

// decodeMap reads what encodeMap wrote. Partition parameters are decoded by the hundred thousand, so the common case is
// read by hand: keys are taken from names where possible, and only strings with \u escapes go to package json.
func decodeMap(b []byte, names map[string]string) (map[string]string, error) {
	if len(b) == 2 {
		return map[string]string{}, nil
	}
	out := make(map[string]string, 8)
	for i := 1; i < len(b); { // after '{' or ','
		key, n, ok := jsonString(b[i:], names)
		if !ok || i+n >= len(b) || b[i+n] != ':' {
			return decodeAny(b)
		}
		i += n + 1
		value, n, ok := jsonString(b[i:], nil)
		if !ok || i+n >= len(b) {
			return decodeAny(b)
		}
		out[key] = value
		i += n + 1
	}
	return out, nil
}

func decodeAny(b []byte) (map[string]string, error) {
	out := map[string]string{}
	if err := json.Unmarshal(b, &out); err != nil {
		return nil, fmt.Errorf("decode parameters: %w", err)
	}
	return out, nil
}

// jsonString reads a JSON string at the start of b and returns the bytes it took.
func jsonString(b []byte, names map[string]string) (s string, n int, ok bool) {
	if len(b) < 2 || b[0] != '"' {
		return "", 0, false
	}
	escapes := 0
	for n = 1; n < len(b) && b[n] != '"'; n++ {
		if b[n] == '\\' {
			n++
			escapes++
			if n == len(b) || (b[n] != '"' && b[n] != '\\') {
				return "", 0, false
			}
		}
	}
	if n >= len(b) {
		return "", 0, false
	}
	raw := b[1:n]
	n++
	if escapes == 0 {
		if s, ok := names[string(raw)]; ok {
			return s, n, true
		}
		s = string(raw)
		if names != nil {
			names[s] = s
		}
		return s, n, true
	}
	var w strings.Builder
	w.Grow(len(raw) - escapes)
	for i := 0; i < len(raw); i++ {
		if raw[i] == '\\' {
			i++
		}
		w.WriteByte(raw[i])
	}
	return w.String(), n, true
}

// lowerColumns returns columns with the lower-case names under which the catalog keeps them.
func lowerColumns(in []model.Column) []model.Column {
	out := make([]model.Column, len(in))
	for i, c := range in {
		c.Name = strings.ToLower(c.Name)
		out[i] = c
	}
	return out
}
