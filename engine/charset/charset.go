// Package charset converts between UTF-8 and the other character sets that text tables may be in, by the names Java knows them under.
package charset

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/ianaindex"
)

// aliases are names of Java's, without punctuation and in lower case, that the registry of character sets does not have.
var aliases = map[string]string{
	"latin1": "ISO-8859-1", "iso88591": "ISO-8859-1", "iso88592": "ISO-8859-2", "iso88593": "ISO-8859-3", "iso88594": "ISO-8859-4",
	"iso88595": "ISO-8859-5", "iso88596": "ISO-8859-6", "iso88597": "ISO-8859-7", "iso88598": "ISO-8859-8", "iso88599": "ISO-8859-9",
	"iso885913": "ISO-8859-13", "iso885915": "ISO-8859-15", "cp1250": "windows-1250", "cp1251": "windows-1251", "cp1252": "windows-1252",
	"cp1253": "windows-1253", "cp1254": "windows-1254", "cp1255": "windows-1255", "cp1256": "windows-1256", "cp1257": "windows-1257",
	"cp1258": "windows-1258", "cp437": "IBM437", "cp850": "IBM850", "cp852": "IBM852", "cp866": "IBM866", "eucjp": "EUC-JP",
	"sjis": "Shift_JIS", "shiftjis": "Shift_JIS", "euckr": "EUC-KR", "euccn": "GB2312", "gb2312": "GBK", "gbk": "GBK", "cp936": "GBK",
	"gb18030": "GB18030", "big5": "Big5", "koi8r": "KOI8-R", "koi8u": "KOI8-U", "utf16": "UTF-16", "unicode": "UTF-16",
	"utf16le": "UTF-16LE", "unicodelittleunmarked": "UTF-16LE", "utf16be": "UTF-16BE", "unicodebigunmarked": "UTF-16BE",
	"ascii": "US-ASCII", "iso646us": "US-ASCII",
}

// Charset is a character set other than UTF-8. It is used by one goroutine.
type Charset struct {
	decoder *encoding.Decoder
	encoder *encoding.Encoder
}

// plain takes the punctuation out of a name.
var plain = strings.NewReplacer("-", "", "_", "", " ", "")

// IsUTF8 reports whether a name, which may be empty, stands for UTF-8.
func IsUTF8(name string) bool { return name == "" || plain.Replace(strings.ToLower(name)) == "utf8" }

// New returns the character set of a name; ok is false when it is not known.
func New(name string) (c *Charset, ok bool) {
	if known := aliases[plain.Replace(strings.ToLower(name))]; known != "" {
		name = known
	}
	e, err := ianaindex.IANA.Encoding(name)
	if err != nil || e == nil {
		return nil, false
	}
	return &Charset{decoder: e.NewDecoder(), encoder: e.NewEncoder()}, true
}

// Decode returns text as UTF-8; what is no character becomes U+FFFD.
func (c *Charset) Decode(text []byte) []byte {
	out, err := c.decoder.Bytes(text)
	if err != nil {
		return []byte(strings.Repeat("\ufffd", len(text)))
	}
	return out
}

// Encode returns UTF-8 text in the character set, with a question mark for each character that it does not have.
func (c *Charset) Encode(text []byte) []byte {
	if out, err := c.encoder.Bytes(text); err == nil {
		return out
	}
	var out []byte
	for len(text) > 0 {
		_, n := utf8.DecodeRune(text)
		b, err := c.encoder.Bytes(text[:n])
		if err != nil {
			b = []byte{'?'}
		}
		out, text = append(out, b...), text[n:]
	}
	return out
}
