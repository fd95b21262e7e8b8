package function

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
)

// jsonTupleField returns the text of a top-level field of a JSON object, as json_tuple does: strings without quotes, other values
// as their JSON text; a field that is null or missing, or text that is no object, gives nothing.
func jsonTupleField(text []byte, field string) (string, bool) {
	var object map[string]json.RawMessage
	if json.Unmarshal(text, &object) != nil {
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
	return compact.String(), true
}

// urlTupleField returns a part of a URL by the names of parse_url, QUERY:key included.
func urlTupleField(text []byte, part string) (string, bool) {
	u, err := url.Parse(string(text))
	if err != nil || u.Scheme == "" {
		return "", false
	}
	present := func(s string) (string, bool) { return s, s != "" }
	if key, ok := strings.CutPrefix(part, "QUERY:"); ok {
		for _, kv := range strings.Split(u.RawQuery, "&") {
			if k, v, ok := strings.Cut(kv, "="); ok && k == key {
				return v, true
			}
		}
		return "", false
	}
	switch part {
	case "HOST":
		return present(u.Hostname())
	case "PATH":
		return u.EscapedPath(), true
	case "QUERY":
		return present(u.RawQuery)
	case "REF":
		return present(u.EscapedFragment())
	case "PROTOCOL":
		return present(u.Scheme)
	case "AUTHORITY":
		if u.User != nil {
			return u.User.String() + "@" + u.Host, true
		}
		return present(u.Host)
	case "USERINFO":
		if u.User == nil {
			return "", false
		}
		return present(u.User.String())
	case "FILE":
		f := u.EscapedPath()
		if u.RawQuery != "" {
			f += "?" + u.RawQuery
		}
		return f, true
	}
	return "", false
}
