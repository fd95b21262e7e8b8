package javaregex

import (
	"strings"
	"unicode"
)

var (
	digits     = spans('0', '9')
	words      = spans('0', '9', 'A', 'Z', '_', '_', 'a', 'z')
	spaces     = spans('\t', '\r', ' ', ' ')
	horizontal = spans('\t', '\t', ' ', ' ', 0xA0, 0xA0, 0x1680, 0x1680, 0x180E, 0x180E, 0x2000, 0x200A, 0x202F, 0x202F, 0x205F, 0x205F, 0x3000, 0x3000)
	vertical   = spans('\n', '\r', 0x85, 0x85, 0x2028, 0x2029)
	lineEnds   = spans('\n', '\n', '\r', '\r', 0x85, 0x85, 0x2028, 0x2029)
)

// boundaryWords are the characters that \b takes for parts of words, which are more than \w matches.
func boundaryWords() set { return tables(unicode.L, unicode.Nd, unicode.Mn).union(runes('_')) }

// unicodeWords are what \w matches under (?U).
func unicodeWords() set {
	return alphabetic().union(tables(unicode.M, unicode.Nd, unicode.Pc, unicode.Join_Control))
}

func alphabetic() set { return tables(unicode.L, unicode.Nl, unicode.Other_Alphabetic) }
func uppercase() set  { return tables(unicode.Lu, unicode.Other_Uppercase) }
func lowercase() set  { return tables(unicode.Ll, unicode.Other_Lowercase) }

// assigned are the code points with a category other than Cn.
func assigned() set {
	return tables(unicode.C, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z)
}

// property is what \p{name} matches, for names of general categories, POSIX classes of ASCII and methods of Java's Character.
// Case-insensitive classes of a case have all cases.
func property(name string, fold bool) (set, bool) {
	if fold {
		switch name {
		case "Lu", "Ll", "Lt":
			return tables(unicode.Lu, unicode.Ll, unicode.Lt), true
		case "Lower", "Upper":
			return spans('A', 'Z', 'a', 'z'), true
		case "javaLowerCase", "javaUpperCase", "javaTitleCase":
			return uppercase().union(lowercase()).union(tables(unicode.Lt)), true
		}
	}
	if make, ok := properties[name]; ok {
		return make(), true
	}
	if len(name) <= 2 {
		if t, ok := unicode.Categories[name]; ok {
			return tables(t), true
		}
	}
	return nil, false
}

var properties = map[string]func() set{
	"Cn":    func() set { return assigned().negate() },
	"C":     func() set { return tables(unicode.C).union(assigned().negate()) },
	"LC":    func() set { return tables(unicode.Lu, unicode.Ll, unicode.Lt) },
	"LD":    func() set { return tables(unicode.L, unicode.Nd) },
	"L1":    func() set { return spans(0, 0xFF) },
	"all":   func() set { return full },
	"ASCII": func() set { return spans(0, 0x7F) },
	"Alnum": func() set { return spans('0', '9', 'A', 'Z', 'a', 'z') },
	"Alpha": func() set { return spans('A', 'Z', 'a', 'z') },
	"Blank": func() set { return runes(' ', '\t') },
	"Cntrl": func() set { return spans(0, 0x1F, 0x7F, 0x7F) },
	"Digit": func() set { return digits },
	"Graph": func() set { return spans('!', '~') },
	"Lower": func() set { return spans('a', 'z') },
	"Print": func() set { return spans(' ', '~') },
	"Punct": func() set { return spans('!', '/', ':', '@', '[', '`', '{', '~') },
	"Space": func() set { return spaces },
	"Upper": func() set { return spans('A', 'Z') },

	"XDigit":                    func() set { return spans('0', '9', 'A', 'F', 'a', 'f') },
	"javaLowerCase":             lowercase,
	"javaUpperCase":             uppercase,
	"javaAlphabetic":            alphabetic,
	"javaIdeographic":           func() set { return tables(unicode.Ideographic) },
	"javaTitleCase":             func() set { return tables(unicode.Lt) },
	"javaDigit":                 func() set { return tables(unicode.Nd) },
	"javaDefined":               assigned,
	"javaLetter":                func() set { return tables(unicode.L) },
	"javaLetterOrDigit":         func() set { return tables(unicode.L, unicode.Nd) },
	"javaJavaIdentifierStart":   func() set { return tables(unicode.L, unicode.Nl, unicode.Sc, unicode.Pc) },
	"javaJavaIdentifierPart":    func() set { return identifierPart().union(tables(unicode.Sc)) },
	"javaUnicodeIdentifierPart": identifierPart,
	"javaUnicodeIdentifierStart": func() set {
		return tables(unicode.L, unicode.Nl, unicode.Other_ID_Start)
	},
	"javaIdentifierIgnorable": ignorable,
	"javaSpaceChar":           func() set { return tables(unicode.Z) },
	"javaWhitespace": func() set {
		return tables(unicode.Z).intersect(runes(0xA0, 0x2007, 0x202F).negate()).union(spans('\t', '\r', 0x1C, 0x1F))
	},
	"javaISOControl": func() set { return spans(0, 0x1F, 0x7F, 0x9F) },
}

func ignorable() set { return tables(unicode.Cf).union(spans(0, 8, 0x0E, 0x1B, 0x7F, 0x9F)) }

func identifierPart() set {
	return tables(unicode.L, unicode.Nl, unicode.Pc, unicode.Nd, unicode.Mc, unicode.Mn).union(ignorable())
}

// unicodeProperty is what \p{Isname} matches for binary properties of Unicode.
func unicodeProperty(name string, fold bool) (set, bool) {
	switch strings.ToUpper(name) {
	case "ALPHABETIC":
		return alphabetic(), true
	case "ASSIGNED":
		return assigned(), true
	case "CONTROL":
		return tables(unicode.Cc), true
	case "HEXDIGIT", "HEX_DIGIT":
		return tables(unicode.Nd, unicode.Hex_Digit), true
	case "IDEOGRAPHIC":
		return tables(unicode.Ideographic), true
	case "JOINCONTROL", "JOIN_CONTROL":
		return tables(unicode.Join_Control), true
	case "LETTER":
		return tables(unicode.L), true
	case "LOWERCASE", "UPPERCASE", "TITLECASE":
		switch {
		case fold:
			return uppercase().union(lowercase()).union(tables(unicode.Lt)), true
		case strings.EqualFold(name, "lowercase"):
			return lowercase(), true
		case strings.EqualFold(name, "uppercase"):
			return uppercase(), true
		}
		return tables(unicode.Lt), true
	case "NONCHARACTERCODEPOINT", "NONCHARACTER_CODE_POINT":
		return tables(unicode.Noncharacter_Code_Point), true
	case "PUNCTUATION":
		return tables(unicode.P), true
	case "WHITESPACE", "WHITE_SPACE":
		return tables(unicode.White_Space), true
	case "WORD":
		return unicodeWords(), true
	case "DIGIT":
		return tables(unicode.Nd), true
	}
	return nil, false
}

// posix is what \p{name} matches under (?U) for names of POSIX classes.
func posix(name string, fold bool) (set, bool) {
	blank := func() set { return tables(unicode.Zs).union(runes('\t')) }
	graph := func() set {
		return tables(unicode.White_Space, unicode.Cc, unicode.Cs).union(assigned().negate()).negate()
	}
	switch strings.ToUpper(name) {
	case "ALPHA":
		return alphabetic(), true
	case "LOWER", "UPPER":
		return unicodeProperty(name+"case", fold)
	case "SPACE":
		return tables(unicode.White_Space), true
	case "PUNCT":
		return tables(unicode.P), true
	case "XDIGIT":
		return tables(unicode.Nd, unicode.Hex_Digit), true
	case "ALNUM":
		return alphabetic().union(tables(unicode.Nd)), true
	case "CNTRL":
		return tables(unicode.Cc), true
	case "DIGIT":
		return tables(unicode.Nd), true
	case "BLANK":
		return blank(), true
	case "GRAPH":
		return graph(), true
	case "PRINT":
		return graph().union(blank()).intersect(tables(unicode.Cc).negate()), true
	}
	return nil, false
}

// script is the set of a script's code points, by the name or the code of ISO 15924 for the commonest.
func script(name string) (set, bool) {
	if long, ok := scriptCodes[strings.ToUpper(name)]; ok {
		name = long
	}
	for n, t := range unicode.Scripts {
		if strings.EqualFold(n, name) {
			return tables(t), true
		}
	}
	return nil, false
}

var scriptCodes = map[string]string{
	"ARAB": "Arabic", "ARMN": "Armenian", "BENG": "Bengali", "CYRL": "Cyrillic", "DEVA": "Devanagari", "GEOR": "Georgian", "GREK": "Greek",
	"HANG": "Hangul", "HANI": "Han", "HEBR": "Hebrew", "HIRA": "Hiragana", "KANA": "Katakana", "LATN": "Latin", "TAML": "Tamil",
	"THAI": "Thai", "ZYYY": "Common", "ZINH": "Inherited",
}

// block is the set of a block's code points, assigned or not.
func block(name string) (set, bool) {
	key := strings.Map(func(r rune) rune {
		if r == ' ' || r == '_' || r == '-' {
			return -1
		}
		return unicode.ToUpper(r)
	}, name)
	b, ok := blocks[key]
	if !ok {
		return nil, false
	}
	return set{b}, true
}

// blocks are the blocks of living scripts and of common symbols, from Unicode's Blocks.txt.
var blocks = map[string]span{
	"BASICLATIN": {0, 0x7F}, "LATIN1SUPPLEMENT": {0x80, 0xFF}, "LATINEXTENDEDA": {0x100, 0x17F}, "LATINEXTENDEDB": {0x180, 0x24F},
	"IPAEXTENSIONS": {0x250, 0x2AF}, "SPACINGMODIFIERLETTERS": {0x2B0, 0x2FF}, "COMBININGDIACRITICALMARKS": {0x300, 0x36F},
	"GREEK": {0x370, 0x3FF}, "GREEKANDCOPTIC": {0x370, 0x3FF}, "CYRILLIC": {0x400, 0x4FF}, "CYRILLICSUPPLEMENTARY": {0x500, 0x52F},
	"CYRILLICSUPPLEMENT": {0x500, 0x52F}, "ARMENIAN": {0x530, 0x58F}, "HEBREW": {0x590, 0x5FF}, "ARABIC": {0x600, 0x6FF}, "SYRIAC": {0x700, 0x74F},
	"ARABICSUPPLEMENT": {0x750, 0x77F}, "THAANA": {0x780, 0x7BF}, "DEVANAGARI": {0x900, 0x97F}, "BENGALI": {0x980, 0x9FF},
	"GURMUKHI": {0xA00, 0xA7F}, "GUJARATI": {0xA80, 0xAFF}, "ORIYA": {0xB00, 0xB7F}, "TAMIL": {0xB80, 0xBFF}, "TELUGU": {0xC00, 0xC7F},
	"KANNADA": {0xC80, 0xCFF}, "MALAYALAM": {0xD00, 0xD7F}, "SINHALA": {0xD80, 0xDFF}, "THAI": {0xE00, 0xE7F}, "LAO": {0xE80, 0xEFF},
	"TIBETAN": {0xF00, 0xFFF}, "MYANMAR": {0x1000, 0x109F}, "GEORGIAN": {0x10A0, 0x10FF}, "HANGULJAMO": {0x1100, 0x11FF},
	"ETHIOPIC": {0x1200, 0x137F}, "CHEROKEE": {0x13A0, 0x13FF}, "KHMER": {0x1780, 0x17FF}, "MONGOLIAN": {0x1800, 0x18AF},
	"PHONETICEXTENSIONS": {0x1D00, 0x1D7F}, "LATINEXTENDEDADDITIONAL": {0x1E00, 0x1EFF}, "GREEKEXTENDED": {0x1F00, 0x1FFF},
	"GENERALPUNCTUATION": {0x2000, 0x206F}, "SUPERSCRIPTSANDSUBSCRIPTS": {0x2070, 0x209F}, "CURRENCYSYMBOLS": {0x20A0, 0x20CF},
	"COMBININGMARKSFORSYMBOLS": {0x20D0, 0x20FF}, "LETTERLIKESYMBOLS": {0x2100, 0x214F}, "NUMBERFORMS": {0x2150, 0x218F},
	"ARROWS": {0x2190, 0x21FF}, "MATHEMATICALOPERATORS": {0x2200, 0x22FF}, "MISCELLANEOUSTECHNICAL": {0x2300, 0x23FF},
	"CONTROLPICTURES": {0x2400, 0x243F}, "ENCLOSEDALPHANUMERICS": {0x2460, 0x24FF}, "BOXDRAWING": {0x2500, 0x257F},
	"BLOCKELEMENTS": {0x2580, 0x259F}, "GEOMETRICSHAPES": {0x25A0, 0x25FF}, "MISCELLANEOUSSYMBOLS": {0x2600, 0x26FF},
	"DINGBATS": {0x2700, 0x27BF}, "BRAILLEPATTERNS": {0x2800, 0x28FF}, "CJKRADICALSSUPPLEMENT": {0x2E80, 0x2EFF},
	"KANGXIRADICALS": {0x2F00, 0x2FDF}, "CJKSYMBOLSANDPUNCTUATION": {0x3000, 0x303F}, "HIRAGANA": {0x3040, 0x309F},
	"KATAKANA": {0x30A0, 0x30FF}, "BOPOMOFO": {0x3100, 0x312F}, "HANGULCOMPATIBILITYJAMO": {0x3130, 0x318F},
	"CJKCOMPATIBILITY": {0x3300, 0x33FF}, "CJKUNIFIEDIDEOGRAPHSEXTENSIONA": {0x3400, 0x4DBF}, "CJKUNIFIEDIDEOGRAPHS": {0x4E00, 0x9FFF},
	"YISYLLABLES": {0xA000, 0xA48F}, "HANGULSYLLABLES": {0xAC00, 0xD7AF}, "HIGHSURROGATES": {0xD800, 0xDB7F},
	"LOWSURROGATES": {0xDC00, 0xDFFF}, "PRIVATEUSEAREA": {0xE000, 0xF8FF}, "CJKCOMPATIBILITYIDEOGRAPHS": {0xF900, 0xFAFF},
	"ALPHABETICPRESENTATIONFORMS": {0xFB00, 0xFB4F}, "ARABICPRESENTATIONFORMSA": {0xFB50, 0xFDFF}, "COMBININGHALFMARKS": {0xFE20, 0xFE2F},
	"CJKCOMPATIBILITYFORMS": {0xFE30, 0xFE4F}, "SMALLFORMVARIANTS": {0xFE50, 0xFE6F}, "ARABICPRESENTATIONFORMSB": {0xFE70, 0xFEFF},
	"HALFWIDTHANDFULLWIDTHFORMS": {0xFF00, 0xFFEF}, "SPECIALS": {0xFFF0, 0xFFFF}, "MATHEMATICALALPHANUMERICSYMBOLS": {0x1D400, 0x1D7FF},
	"EMOTICONS": {0x1F600, 0x1F64F}, "MISCELLANEOUSSYMBOLSANDPICTOGRAPHS": {0x1F300, 0x1F5FF},
	"TRANSPORTANDMAPSYMBOLS": {0x1F680, 0x1F6FF}, "SUPPLEMENTALSYMBOLSANDPICTOGRAPHS": {0x1F900, 0x1F9FF},
	"CJKUNIFIEDIDEOGRAPHSEXTENSIONB": {0x20000, 0x2A6DF},
}
