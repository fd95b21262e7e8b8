package function

import (
	"strings"

	"skep/dialect/javaregex"
	"skep/engine/vector"
)

// javaURL holds the parts of a URL as java.net.URL divides it.
type javaURL struct {
	protocol, authority, userInfo, host, path, query, ref string
	hasUser, hasQuery, hasRef, hasAuthority               bool
}

// urlProtocols are the protocols that java.net.URL knows.
var urlProtocols = map[string]bool{"http": true, "https": true, "ftp": true, "file": true, "jar": true, "mailto": true}

func splitURL(s string) (u javaURL, ok bool) {
	s = strings.TrimSpace(s)
	if len(s) >= 4 && strings.EqualFold(s[:4], "url:") {
		s = s[4:]
	}
	colon := strings.IndexByte(s, ':')
	if colon <= 0 {
		return u, false
	}
	u.protocol = strings.ToLower(s[:colon])
	if !urlProtocols[u.protocol] {
		return u, false
	}
	rest := s[colon+1:]
	if i := strings.IndexByte(rest, '#'); i >= 0 {
		rest, u.ref, u.hasRef = rest[:i], rest[i+1:], true
	}
	if i := strings.IndexByte(rest, '?'); i >= 0 {
		rest, u.query, u.hasQuery = rest[:i], rest[i+1:], true
	}
	if strings.HasPrefix(rest, "//") {
		rest = rest[2:]
		end := strings.IndexByte(rest, '/')
		if end < 0 {
			end = len(rest)
		}
		u.authority, u.hasAuthority = rest[:end], true
		rest = rest[end:]
		host := u.authority
		if at := strings.LastIndexByte(host, '@'); at >= 0 {
			u.userInfo, u.hasUser = host[:at], true
			host = host[at+1:]
		}
		if strings.HasPrefix(host, "[") {
			if close := strings.IndexByte(host, ']'); close >= 0 {
				host = host[:close+1]
			}
		} else if i := strings.IndexByte(host, ':'); i >= 0 {
			for _, c := range host[i+1:] {
				if c < '0' || c > '9' {
					return u, false
				}
			}
			host = host[:i]
		}
		u.host = host
	}
	u.path = rest
	return u, true
}

// URLPart returns a part of a URL as parse_url does: HOST, PATH, QUERY, REF, PROTOCOL, FILE, AUTHORITY or USERINFO. ok is false when
// there is none.
func URLPart(url, part string) (value string, ok bool) {
	u, ok := splitURL(url)
	if !ok {
		return "", false
	}
	switch part {
	case "HOST":
		return u.host, true
	case "PATH":
		return u.path, true
	case "QUERY":
		return u.query, u.hasQuery
	case "REF":
		return u.ref, u.hasRef
	case "PROTOCOL":
		return u.protocol, true
	case "FILE":
		if u.hasQuery {
			return u.path + "?" + u.query, true
		}
		return u.path, true
	case "AUTHORITY":
		return u.authority, u.hasAuthority
	case "USERINFO":
		return u.userInfo, u.hasUser
	}
	return "", false
}

// URLQueryKey returns the value of a key in a URL's query. The key is part of a regular expression, as in Hive.
func URLQueryKey(url, key string) (value string, ok bool, err error) {
	query, ok := URLPart(url, "QUERY")
	if !ok {
		return "", false, nil
	}
	re, err := javaregex.Compile("(&|^)"+key+"=([^&]*)", 0)
	if err != nil {
		return "", false, err
	}
	loc, err := re.Find([]byte(query))
	if err != nil || loc == nil || loc[4] < 0 {
		return "", false, err
	}
	return query[loc[4]:loc[5]], true, nil
}

func parseURL(_ *Env, call *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a, part := textsOf(args[0]), textsOf(args[1])
		return rows.Try(func(i int) error {
			p := string(part.at(i))
			var value string
			var ok bool
			var err error
			switch {
			case len(args) == 2:
				value, ok = URLPart(string(a.at(i)), p)
			case p == "QUERY":
				value, ok, err = URLQueryKey(string(a.at(i)), string(args[2].Bytes(i)))
			}
			if !ok {
				out.Null(i)
				return err
			}
			out.SetBytes(i, []byte(value))
			return nil
		})
	}
}
