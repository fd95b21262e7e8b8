package parser

import "strings"

// Split divides a script at the semicolons that are outside quotes, back-ticks and comments, as Hive's clients do; "\;" stands
// for a semicolon. Pieces without a statement are left out.
func Split(script string) []string {
	var out []string
	var cur strings.Builder
	add := func() {
		if s := cur.String(); !Empty(s) {
			out = append(out, strings.TrimSpace(s))
		}
		cur.Reset()
	}
	for i := 0; i < len(script); {
		n := 1
		switch c := script[i]; {
		case c == ';':
			add()
			i++
			continue
		case c == '\\' && strings.HasPrefix(script[i:], `\;`):
			cur.WriteByte(';')
			i += 2
			continue
		case c == '\'' || c == '"' || c == '`':
			n = quoted(script[i:])
		case strings.HasPrefix(script[i:], "--"):
			n = until(script[i:], "\n")
		case strings.HasPrefix(script[i:], "/*"):
			n = until(script[i:], "*/")
		}
		cur.WriteString(script[i : i+n])
		i += n
	}
	add()
	return out
}

// quoted returns the length of the quoted text at the start of s.
func quoted(s string) int {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && s[0] != '`':
			i++
		case s[i] == s[0]:
			return i + 1
		}
	}
	return len(s)
}

func until(s, end string) int {
	if i := strings.Index(s, end); i >= 0 {
		return i + len(end)
	}
	return len(s)
}
