package parser

// Kind is the kind of a token.
type Kind uint16

// The token kinds other than keywords.
const (
	tokEOF         Kind = iota
	tokIdent            // identifier that is not a keyword, or a quoted one
	tokString           // one or more adjacent quoted strings without blanks between them
	tokNumber           // 12, 1.5, 1e3
	tokIntegral         // 12L, 12S, 12Y
	tokNumberLit        // 1.5D, 1.5BD
	tokByteLength       // 10M
	tokCharsetName      // _utf8
	tokCharsetHex       // 0xAB
	tokHint             // /*+ ... */
	tokDot
	tokColon
	tokComma
	tokSemicolon
	tokLParen
	tokRParen
	tokLSquare
	tokRSquare
	tokLCurly
	tokRCurly
	tokEq
	tokNullSafeEq
	tokNotEq
	tokLessEq
	tokLess
	tokGreaterEq
	tokGreater
	tokSlash
	tokPlus
	tokMinus
	tokStar
	tokPercent
	tokAmp
	tokTilde
	tokBar
	tokConcat
	tokCaret
	tokQuestion
	tokDollar
	firstKeyword
)

// kindNames are the names error texts use for expected tokens; keywords are named by kindName.
var kindNames = [...]string{
	tokEOF: "EOF", tokIdent: "Identifier", tokString: "StringLiteral", tokNumber: "Number", tokIntegral: "IntegralLiteral",
	tokNumberLit: "NumberLiteral", tokByteLength: "ByteLengthLiteral", tokCharsetName: "CharSetName",
	tokCharsetHex: "CharSetLiteral", tokHint: "QUERY_HINT", tokDot: ".", tokColon: ":", tokComma: ",", tokSemicolon: ");",
	tokLParen: "(", tokRParen: ")", tokLSquare: "[", tokRSquare: "]", tokLCurly: "LCURLY", tokRCurly: "RCURLY", tokEq: "=",
	tokNullSafeEq: "<=>", tokNotEq: "<>", tokLessEq: "<=", tokLess: "<", tokGreaterEq: ">=", tokGreater: ">",
	tokSlash: "/", tokPlus: "+", tokMinus: "-", tokStar: "*", tokPercent: "%", tokAmp: "&", tokTilde: "~", tokBar: "|",
	tokConcat: "CONCATENATE", tokCaret: "^", tokQuestion: "QUESTION", tokDollar: "DOLLAR",
}

// token is one token of a statement. The text is src[off:end].
type token struct {
	kind   Kind
	quoted bool // identifier in back-ticks or, in the standard mode, double quotes
	off    int32
	end    int32
	line   int32 // 1-based
	col    int32 // 0-based, in UTF-16 units as Hive counts
}

// words finds a keyword by its upper-case spelling.
type words struct {
	kinds map[string]Kind
	// reserved[kind-firstKeyword] tells that the keyword is not an identifier.
	reserved [lastKeyword - firstKeyword]bool
}

var wordsByVersion = [...]*words{V31: newWords(V31), V40: newWords(V40)}

func newWords(v Version) *words {
	w := &words{kinds: make(map[string]Kind, len(keywordList))}
	reserved := reserved40
	if v == V31 {
		reserved = reserved31
	}
	for _, k := range keywordList {
		if v == V31 && k.flags&only40 != 0 && k.flags&reserved40 != 0 {
			continue // words that 4.0 does not reserve stay identifiers anyway, and 3.1 builds carry some of their syntax
		}
		w.kinds[k.word] = k.kind
		w.reserved[k.kind-firstKeyword] = k.flags&reserved != 0
	}
	return w
}

// keywordNames maps a keyword kind to its name in error texts.
var keywordNames = func() (names [lastKeyword - firstKeyword]string) {
	for i := len(keywordList) - 1; i >= 0; i-- { // the first spelling wins
		k := keywordList[i]
		names[k.kind-firstKeyword] = "KW_" + k.word
		if k.flags&plainName != 0 {
			names[k.kind-firstKeyword] = k.word
		}
	}
	return names
}()

func kindName(k Kind) string {
	if k >= firstKeyword {
		return keywordNames[k-firstKeyword]
	}
	return kindNames[k]
}
