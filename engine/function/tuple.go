package function

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"skep/engine/vector/valuetext"
)

// jsonTupleField returns the text of a top-level field of a JSON object, as json_tuple does: strings without quotes, other values
// as their JSON text; a field that is null or missing, or text that is no object, gives nothing.
func jsonTupleField(text []byte, field string) (string, bool) {
	var object map[string]json.RawMessage
	if json.Unmarshal(text, &object) != nil && json.Unmarshal(withControls(text), &object) != nil {
		return "", false
	}
	raw, ok := object[field]
	if !ok || bytes.Equal(raw, []byte("null")) {
		return "", false
	}
	if raw[0] == '"' {
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return "", false
		}
		return s, true
	}
	var compact bytes.Buffer
	if json.Compact(&compact, raw) != nil {
		return "", false
	}
	return string(javaNumbers(compact.Bytes())), true
}

// urlTupleField returns a part of a URL by the names of parse_url, QUERY:key included.
func urlTupleField(text []byte, part string) (string, bool) {
	if key, ok := strings.CutPrefix(part, "QUERY:"); ok {
		value, ok, err := URLQueryKey(string(text), key)
		return value, ok && err == nil
	}
	return URLPart(string(text), part)
}

// withControls writes control characters inside of strings as escapes, without which Go reads no JSON but Hive does.
func withControls(text []byte) []byte {
	var out []byte
	quoted, escaped := false, false
	for _, c := range text {
		switch {
		case escaped:
			escaped = false
		case c == '\\' && quoted:
			escaped = true
		case c == '"':
			quoted = !quoted
		case c < ' ' && quoted:
			out = fmt.Appendf(out, "\\u%04x", c)
			continue
		}
		out = append(out, c)
	}
	return out
}

// javaNumbers writes the numbers of a compact JSON text that have a point or an exponent as Java's doubles.
func javaNumbers(text []byte) []byte {
	var out []byte
	for at := 0; at < len(text); {
		end := at + 1
		switch c := text[at]; {
		case c == '"':
			for ; text[end] != '"'; end++ {
				if text[end] == '\\' {
					end++
				}
			}
			end++
		case c == '-' || c >= '0' && c <= '9':
			for end < len(text) && bytes.IndexByte([]byte("0123456789+-.eE"), text[end]) >= 0 {
				end++
			}
			if number := text[at:end]; bytes.ContainsAny(number, ".eE") {
				if f, err := strconv.ParseFloat(string(number), 64); err == nil {
					out = valuetext.AppendDouble(out, f)
					at = end
					continue
				}
			}
		}
		out = append(out, text[at:end]...)
		at = end
	}
	return out
}
