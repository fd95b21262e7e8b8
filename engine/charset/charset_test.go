package charset

import "testing"

func TestCharsets(t *testing.T) {
	for _, c := range []struct{ name, text, bytes string }{
		{"ISO8859_1", "café", "caf\xe9"},
		{"iso-8859-1", "ÄÖ", "\xc4\xd6"},
		{"Cp1252", "€", "\x80"},
		{"GBK", "中文", "\xd6\xd0\xce\xc4"},
		{"EUC-JP", "日本", "\xc6\xfc\xcb\xdc"},
		{"SJIS", "日本", "\x93\xfa\x96\x7b"},
		{"UTF-16LE", "ab", "a\x00b\x00"},
		{"KOI8_R", "мир", "\xcd\xc9\xd2"},
	} {
		x, ok := New(c.name)
		if !ok {
			t.Errorf("%s is not known", c.name)
			continue
		}
		if got := string(x.Encode([]byte(c.text))); got != c.bytes {
			t.Errorf("%s: %q encoded: %x, want %x", c.name, c.text, got, c.bytes)
		}
		if got := string(x.Decode([]byte(c.bytes))); got != c.text {
			t.Errorf("%s: %x decoded: %q, want %q", c.name, c.bytes, got, c.text)
		}
	}
}

func TestMissingCharacters(t *testing.T) {
	c, _ := New("latin1")
	if got := string(c.Encode([]byte("a€b中é"))); got != "a?b?\xe9" {
		t.Errorf("got %q", got)
	}
	if _, ok := New("nonsense"); ok || !IsUTF8("utf_8") || !IsUTF8("") || IsUTF8("latin1") {
		t.Error("names")
	}
}
