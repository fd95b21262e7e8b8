package parser

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"skep/dialect/sqlerr"
)

// lexer splits a statement into tokens by Hive's rules: letters are ASCII, an identifier may start with a digit, -- runs
// to the end of the line, /* */ nests, /*+ is a hint token.
type lexer struct {
	src       string
	words     *words
	quoting   QuotedIdentifiers
	toks      []token
	pos       int
	line      int32
	lineStart int  // byte offset where the current line starts
	ascii     bool // no byte ≥ 0x80 seen since lineStart, so columns are byte distances
	errs      []string
	firstErr  token
}

const (
	clsIdent = 1 << iota // letter, digit or underscore
	clsDigit
	clsLetter
)

// class gives the lexical class of an ASCII byte.
var class = func() (t [256]uint8) {
	for c := 'a'; c <= 'z'; c++ {
		t[c] = clsIdent | clsLetter
		t[c-'a'+'A'] = clsIdent | clsLetter
	}
	for c := '0'; c <= '9'; c++ {
		t[c] = clsIdent | clsDigit
	}
	t['_'] = clsIdent
	return t
}()

func (l *lexer) column(off int) int32 {
	if l.ascii {
		return int32(off - l.lineStart)
	}
	n := int32(0)
	for _, r := range l.src[l.lineStart:off] {
		n++
		if r >= 0x10000 {
			n++
		}
	}
	return n
}

// advanceLines accounts for the line breaks in src[from:to], which has just been consumed.
func (l *lexer) advanceLines(from, to int) {
	s := l.src[from:to]
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\n':
			l.line++
			l.lineStart = from + i + 1
			l.ascii = true
		case c >= utf8.RuneSelf:
			l.ascii = false
		}
	}
}

func (l *lexer) at(off int) byte {
	if off < len(l.src) {
		return l.src[off]
	}
	return 0
}

// emit adds the token src[start:end] and moves behind it. start must be on the current line.
func (l *lexer) emit(k Kind, start, end int) *token {
	l.toks = append(l.toks, token{kind: k, off: int32(start), end: int32(end), line: l.line, col: l.column(start)})
	l.pos = end
	return &l.toks[len(l.toks)-1]
}

func (l *lexer) fail(off int, what string) {
	t := token{off: int32(off), end: int32(off), line: l.line, col: l.column(off)}
	if len(l.errs) == 0 {
		l.firstErr = t
	}
	l.errs = append(l.errs, fmt.Sprintf("line %d:%d %s", t.line, t.col, what))
}

// run tokenises the whole text; the last token is tokEOF.
func (l *lexer) run() error {
	l.line, l.ascii = 1, true
	for l.pos < len(l.src) {
		c := l.src[l.pos]
		switch {
		case c == ' ' || c == '\t' || c == '\r':
			l.pos++
		case c == '\n':
			l.pos++
			l.line++
			l.lineStart = l.pos
			l.ascii = true
		case class[c]&clsLetter != 0:
			l.word()
		case class[c]&clsDigit != 0:
			l.number()
		case c == '\'' || c == '"':
			l.quotedString(c)
		case c == '`':
			l.quotedIdent()
		case c == '_':
			l.charsetName()
		case c == '-' && l.at(l.pos+1) == '-':
			l.skipLine()
		case c == '/' && l.at(l.pos+1) == '*':
			l.comment()
		case c == '$' && l.dollarWord():
		default:
			l.symbol(c)
		}
	}
	l.emit(tokEOF, len(l.src), len(l.src))
	if len(l.errs) > 0 {
		e := sqlerr.Parse(int(l.firstErr.line), int(l.firstErr.col), "", "")
		e.Msg = strings.Join(l.errs, "\n")
		return e
	}
	return nil
}

func (l *lexer) word() {
	start, end := l.pos, l.pos+1
	for end < len(l.src) && class[l.src[end]]&clsIdent != 0 {
		end++
	}
	l.emit(l.wordKind(l.src[start:end]), start, end)
}

// wordKind finds the keyword kind of a word without allocating.
func (l *lexer) wordKind(s string) Kind {
	var buf [24]byte
	if len(s) > len(buf) {
		return tokIdent
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		buf[i] = c
	}
	if k, ok := l.words.kinds[string(buf[:len(s)])]; ok {
		return k
	}
	return tokIdent
}

// number scans what starts with a digit: a number, a number with a suffix, or an identifier.
func (l *lexer) number() {
	start := l.pos
	digits := start
	for class[l.at(digits)]&clsDigit != 0 {
		digits++
	}
	end := digits // of the whole identifier-like run
	for class[l.at(end)]&clsIdent != 0 {
		end++
	}
	if end == digits && l.at(end) == '.' { // 12. 12.5 12.5e3
		frac := end + 1
		for class[l.at(frac)]&clsDigit != 0 {
			frac++
		}
		l.numberSuffix(start, l.exponent(frac))
		return
	}
	tail := l.src[digits:end]
	switch {
	case tail == "":
		l.emit(tokNumber, start, end)
	case len(tail) == 1:
		switch tail[0] | 0x20 {
		case 'l', 's', 'y':
			l.emit(tokIntegral, start, end)
		case 'd':
			l.emit(tokNumberLit, start, end)
		case 'b', 'k', 'm', 'g':
			l.emit(tokByteLength, start, end)
		case 'e': // 1e+5
			if e := l.exponent(digits); e > end {
				l.numberSuffix(start, e)
				return
			}
			l.emit(tokIdent, start, end)
		default:
			l.emit(tokIdent, start, end)
		}
	case strings.EqualFold(tail, "bd"):
		l.emit(tokNumberLit, start, end)
	case tail[0]|0x20 == 'e':
		e := l.exponent(digits)
		rest := l.src[e:end]
		switch {
		case e == digits:
			l.emit(tokIdent, start, end)
		case rest == "":
			l.emit(tokNumber, start, end)
		case strings.EqualFold(rest, "d"), strings.EqualFold(rest, "bd"):
			l.emit(tokNumberLit, start, end)
		default:
			l.emit(tokIdent, start, end)
		}
	case digits == start+1 && l.src[start] == '0' && tail[0]|0x20 == 'x' && isHex(tail[1:]):
		l.emit(tokCharsetHex, start, end)
	default:
		l.emit(tokIdent, start, end)
	}
}

// exponent returns the end of an exponent starting at off, or off when there is none.
func (l *lexer) exponent(off int) int {
	if l.at(off)|0x20 != 'e' {
		return off
	}
	i := off + 1
	if c := l.at(i); c == '+' || c == '-' {
		i++
	}
	if class[l.at(i)]&clsDigit == 0 {
		return off
	}
	for class[l.at(i)]&clsDigit != 0 {
		i++
	}
	return i
}

// numberSuffix emits a number that contains a point or a signed exponent, with an optional D or BD suffix.
func (l *lexer) numberSuffix(start, end int) {
	switch c := l.at(end) | 0x20; {
	case c == 'd':
		l.emit(tokNumberLit, start, end+1)
	case c == 'b' && l.at(end+1)|0x20 == 'd':
		l.emit(tokNumberLit, start, end+2)
	default:
		l.emit(tokNumber, start, end)
	}
}

func isHex(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i] | 0x20
		if class[s[i]]&clsDigit == 0 && (c < 'a' || c > 'f') {
			return false
		}
	}
	return s != ""
}

// stringEnd returns the offset behind the string that starts at off, or -1 when it is not closed.
func (l *lexer) stringEnd(off int) int {
	q := l.src[off]
	for i := off + 1; i < len(l.src); i++ {
		switch l.src[i] {
		case q:
			return i + 1
		case '\\':
			i++
		}
	}
	return -1
}

func (l *lexer) quotedString(q byte) {
	if q == '"' && l.quoting == QuoteStandard {
		l.delimitedIdent('"')
		return
	}
	start := l.pos
	end := l.stringEnd(start)
	if end < 0 {
		l.unterminated(start)
		return
	}
	for c := l.at(end); c == '\'' || c == '"' && l.quoting != QuoteStandard; c = l.at(end) {
		e := l.stringEnd(end)
		if e < 0 {
			break
		}
		end = e
	}
	l.emit(tokString, start, end)
	l.advanceLines(start, end)
}

func (l *lexer) unterminated(start int) {
	l.advanceLines(start, len(l.src))
	l.fail(len(l.src), "character '<EOF>' not supported here")
	l.pos = len(l.src)
}

func (l *lexer) quotedIdent() {
	if l.quoting != QuoteNone {
		l.delimitedIdent('`')
		return
	}
	start := l.pos
	end := start + 1
	for end < len(l.src) && isRegexComponent(l.src[end]) {
		end++
	}
	if end == start+1 || l.at(end) != '`' {
		l.fail(start, "character '`' not supported here")
		l.pos++
		return
	}
	l.emit(tokIdent, start, end+1).quoted = true
}

// delimitedIdent scans an identifier between two q, where a doubled q stands for itself.
func (l *lexer) delimitedIdent(q byte) {
	start := l.pos
	for i := start + 1; i < len(l.src); i++ {
		if l.src[i] != q {
			continue
		}
		if l.at(i+1) == q {
			i++
			continue
		}
		l.emit(tokIdent, start, i+1).quoted = true
		l.advanceLines(start, i+1)
		return
	}
	l.unterminated(start)
}

func isRegexComponent(c byte) bool {
	return class[c]&clsIdent != 0 || strings.IndexByte("+*?-.()[]{}^|$!", c) >= 0
}

func (l *lexer) charsetName() {
	start, end := l.pos, l.pos+1
	for {
		c := l.at(end)
		if class[c]&clsIdent == 0 && c != '-' && c != '.' && c != ':' {
			break
		}
		end++
	}
	if end == start+1 {
		l.fail(start, "character '_' not supported here")
		l.pos++
		return
	}
	l.emit(tokCharsetName, start, end)
}

func (l *lexer) skipLine() {
	start := l.pos
	for l.pos < len(l.src) && l.src[l.pos] != '\n' && l.src[l.pos] != '\r' {
		l.pos++
	}
	l.advanceLines(start, l.pos)
}

func (l *lexer) comment() {
	start := l.pos
	depth := 0
	for i := start; i < len(l.src)-1; i++ {
		switch {
		case l.src[i] == '/' && l.src[i+1] == '*':
			depth++
			i++
		case l.src[i] == '*' && l.src[i+1] == '/':
			depth--
			i++
			if depth > 0 {
				continue
			}
			if l.src[start+2] == '+' {
				l.emit(tokHint, start, i+1)
			}
			l.pos = i + 1
			l.advanceLines(start, i+1)
			return
		}
	}
	// An inner opener that is never closed does not count: end at the first closer.
	if i := strings.Index(l.src[start+2:], "*/"); i >= 0 {
		end := start + 2 + i + 2
		if l.src[start+2] == '+' {
			l.emit(tokHint, start, end)
		}
		l.pos = end
		l.advanceLines(start, end)
		return
	}
	l.unterminated(start)
}

// dollarWord scans $KEY$, $VALUE$ and $ELEM$.
func (l *lexer) dollarWord() bool {
	end := l.pos + 1
	for class[l.at(end)]&clsLetter != 0 {
		end++
	}
	if l.at(end) != '$' {
		return false
	}
	k := l.wordKind(l.src[l.pos : end+1])
	if k == tokIdent {
		return false
	}
	l.emit(k, l.pos, end+1)
	return true
}

func (l *lexer) symbol(c byte) {
	n, k := 1, tokEOF
	next := l.at(l.pos + 1)
	switch c {
	case '.':
		k = tokDot
	case ':':
		k = tokColon
	case ',':
		k = tokComma
	case ';':
		k = tokSemicolon
	case '(':
		k = tokLParen
	case ')':
		k = tokRParen
	case '[':
		k = tokLSquare
	case ']':
		k = tokRSquare
	case '{':
		k = tokLCurly
	case '}':
		k = tokRCurly
	case '=':
		k = tokEq
		if next == '=' {
			n = 2
		}
	case '<':
		switch {
		case next == '=' && l.at(l.pos+2) == '>':
			k, n = tokNullSafeEq, 3
		case next == '=':
			k, n = tokLessEq, 2
		case next == '>':
			k, n = tokNotEq, 2
		default:
			k = tokLess
		}
	case '>':
		k = tokGreater
		if next == '=' {
			k, n = tokGreaterEq, 2
		}
	case '!':
		k = kwNot
		if next == '=' {
			k, n = tokNotEq, 2
		}
	case '/':
		k = tokSlash
	case '+':
		k = tokPlus
	case '-':
		k = tokMinus
	case '*':
		k = tokStar
	case '%':
		k = tokPercent
	case '&':
		k = tokAmp
	case '~':
		k = tokTilde
	case '|':
		k = tokBar
		if next == '|' {
			k, n = tokConcat, 2
		}
	case '^':
		k = tokCaret
	case '?':
		k = tokQuestion
	case '$':
		k = tokDollar
	default:
		_, size := utf8.DecodeRuneInString(l.src[l.pos:])
		l.fail(l.pos, "character '"+l.src[l.pos:l.pos+size]+"' not supported here")
		if size > 1 || c >= utf8.RuneSelf {
			l.ascii = false
		}
		l.pos += size
		return
	}
	l.emit(k, l.pos, l.pos+n)
}
