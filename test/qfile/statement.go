package qfile

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// Order says how the rows of a result are compared.
type Order int

const (
	OrderDefault Order = iota // by the shape of the statement, see Statement.Ordered
	OrderExact
	OrderFree
)

// Statement is one statement of a .q file.
type Statement struct {
	SQL   string // text from the first to the last token, without ';'
	Line  int    // 1-based line of the first token
	Order Order
	Any   bool
	Fails bool
	Masks []*regexp.Regexp
}

// ReadStatements reads and splits a .q file.
func ReadStatements(path string) ([]Statement, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	stmts, err := ParseStatements(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s:%w", path, err)
	}
	return stmts, nil
}

// ParseStatements splits text into statements and attaches their directives.
func ParseStatements(text string) ([]Statement, error) {
	var out []Statement
	var cur Statement
	start, end := -1, -1 // extent of the current statement's tokens
	line := 1
	for i := 0; i < len(text); {
		n := skipOrToken(text[i:])
		piece := text[i : i+n]
		switch {
		case strings.HasPrefix(piece, "--!") && start < 0:
			if err := cur.direct(strings.TrimSpace(piece[3:])); err != nil {
				return nil, fmt.Errorf("%d: %w", line, err)
			}
		case strings.HasPrefix(piece, "--"), strings.TrimSpace(piece) == "", strings.HasPrefix(piece, "/*") && !strings.HasPrefix(piece, "/*+"):
		case piece == ";":
			if start >= 0 {
				cur.SQL = text[start:end]
				out = append(out, cur)
			}
			cur, start = Statement{}, -1
		default:
			if start < 0 {
				start, cur.Line = i, line
			}
			end = i + n
		}
		line += strings.Count(piece, "\n")
		i += n
	}
	if start >= 0 {
		return nil, fmt.Errorf("%d: statement without ';' at the end of the file", cur.Line)
	}
	return out, nil
}

// skipOrToken is the length of the comment, quoted text or single byte at the
// start of s.
func skipOrToken(s string) int {
	until := func(stop string, from int) int {
		if k := strings.Index(s[from:], stop); k >= 0 {
			return from + k + len(stop)
		}
		return len(s)
	}
	switch {
	case strings.HasPrefix(s, "--"):
		return until("\n", 2)
	case strings.HasPrefix(s, "/*"):
		return until("*/", 2)
	case s[0] == '`':
		return until("`", 1)
	case s[0] == '\'' || s[0] == '"':
		for i := 1; i < len(s); i++ {
			if s[i] == '\\' {
				i++
			} else if s[i] == s[0] {
				return i + 1
			}
		}
		return len(s)
	}
	return 1
}

func (s *Statement) direct(text string) error {
	word, rest, _ := strings.Cut(text, " ")
	switch word {
	case "ordered":
		s.Order = OrderExact
	case "sort":
		s.Order = OrderFree
	case "any":
		s.Any = true
	case "fails":
		s.Fails = true
	case "mask":
		re, err := regexp.Compile(strings.TrimSpace(rest))
		if err != nil {
			return err
		}
		s.Masks = append(s.Masks, re)
	default:
		return fmt.Errorf("unknown directive %q", word)
	}
	return nil
}

// Ordered reports whether the order of the rows matters: as the directive
// says, else true for everything that is not a query and for queries with an
// ORDER BY outside all parentheses.
func (s *Statement) Ordered() bool {
	if s.Order != OrderDefault {
		return s.Order == OrderExact
	}
	words := topLevelWords(s.SQL)
	if len(words) == 0 {
		return true
	}
	switch words[0] {
	case "select", "with", "from", "(", "values", "table":
	default:
		return true
	}
	for i := 0; i+1 < len(words); i++ {
		if words[i] == "order" && words[i+1] == "by" {
			return true
		}
	}
	return false
}

// topLevelWords are the lower-cased words outside parentheses; a parenthesis
// group appears as "(".
func topLevelWords(sql string) []string {
	var words []string
	var word strings.Builder
	depth := 0
	flush := func() {
		if word.Len() > 0 {
			words = append(words, strings.ToLower(word.String()))
			word.Reset()
		}
	}
	for i := 0; i < len(sql); {
		n := skipOrToken(sql[i:])
		c := sql[i]
		i += n
		if depth == 0 && n == 1 && (c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9') {
			word.WriteByte(c)
			continue
		}
		flush()
		switch {
		case c == '(' && n == 1:
			if depth == 0 {
				words = append(words, "(")
			}
			depth++
		case c == ')' && n == 1:
			depth--
		}
	}
	flush()
	return words
}
