package function

import (
	"bufio"
	"os"
	"strings"
	"unicode"

	"skep/dialect/types"
	"skep/engine/vector"
)

var languageTable = map[string]entry{
	"sentences":          {build: sentences, nulls: Aware},
	"in_file":            {build: inFile, nulls: Strict, fallible: true},
	"current_authorizer": {build: noText, nulls: Aware},
}

// sentences divides text into sentences of words. A sentence ends at a full stop, exclamation or question mark followed by blank
// space and no lower-case letter, as the rules of the ICU break iterator have it for plain text.
func sentences(_ *Env, call *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		lists := out.Children[0]
		words := lists.Children[0]
		rows.Each(func(i int) {
			if isNull(args[0], i) {
				out.Null(i)
				return
			}
			start := lists.Len()
			for _, s := range splitSentences([]rune(string(args[0].Bytes(i)))) {
				first := words.Len()
				for _, w := range splitWords(s) {
					appendText(words, []byte(string(w)))
				}
				lists.Refs = append(lists.Refs, vector.Ref{Off: uint32(first), Len: uint32(words.Len() - first)})
			}
			out.Refs[i] = vector.Ref{Off: uint32(start), Len: uint32(lists.Len() - start)}
		})
		return nil
	}
}

// splitWords finds runs of letters and digits, ideographs apart; full stops, commas, apostrophes, and hyphens between letters belong to
// the words that they are in.
func splitWords(s []rune) [][]rune {
	part := func(i int) bool {
		return i >= 0 && i < len(s) && (unicode.IsLetter(s[i]) || unicode.IsDigit(s[i]) || s[i] == '_')
	}
	letter := func(i int) bool { return i >= 0 && i < len(s) && unicode.IsLetter(s[i]) }
	ideograph := func(i int) bool { return i >= 0 && i < len(s) && unicode.Is(unicode.Han, s[i]) }
	var out [][]rune
	start := -1
	for i := range len(s) + 1 {
		if start >= 0 && part(i) && ideograph(i) != ideograph(i-1) {
			out = append(out, s[start:i])
			start = i
			continue
		}
		inside := part(i) || i < len(s) && strings.ContainsRune(".'", s[i]) && part(i-1) && part(i+1) ||
			i < len(s) && s[i] == '-' && letter(i-1) && letter(i+1) ||
			i < len(s) && s[i] == ',' && i > 0 && i+1 < len(s) && unicode.IsDigit(s[i-1]) && unicode.IsDigit(s[i+1])
		switch {
		case inside && start < 0:
			start = i
		case !inside && start >= 0:
			out = append(out, s[start:i])
			start = -1
		}
	}
	return out
}

func splitSentences(s []rune) [][]rune {
	var out [][]rune
	start := 0
	for i := 0; i < len(s); i++ {
		if s[i] != '.' && s[i] != '!' && s[i] != '?' && s[i] != '\n' {
			continue
		}
		j := i + 1
		for j < len(s) && strings.ContainsRune(".!?\"')]", s[j]) {
			j++
		}
		k := j
		for k < len(s) && unicode.IsSpace(s[k]) {
			k++
		}
		if k == len(s) {
			break
		}
		if s[i] != '\n' && (k == j || s[i] == '.' && unicode.IsLower(s[k])) {
			i = j - 1
			continue
		}
		out = append(out, s[start:j])
		start = k
		i = k - 1
	}
	if start < len(s) {
		out = append(out, s[start:])
	}
	return out
}

// inFile reports whether a line of a local file equals the text; the file is read once.
func inFile(_ *Env, call *Call) Kernel {
	name, ok := call.ConstText(1)
	if !ok {
		return nil
	}
	var lines map[string]struct{}
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		if lines == nil {
			var err error
			if lines, err = readLines(name); err != nil {
				return err
			}
		}
		a := textsOf(args[0])
		rows.Each(func(i int) {
			_, found := lines[string(a.at(i))]
			out.SetBool(i, found)
		})
		return nil
	}
}

func readLines(name string) (map[string]struct{}, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, errorf("java.lang.IllegalArgumentException: %s does not exist", name)
	}
	defer f.Close()
	lines := map[string]struct{}{}
	scanner := bufio.NewScanner(f)
	for scanner.Scan() {
		lines[scanner.Text()] = struct{}{}
	}
	if err := scanner.Err(); err != nil {
		return nil, errorf("reading %s: %v", name, err)
	}
	return lines, nil
}

func noText(_ *Env, call *Call) Kernel {
	if call.Result.Physical() != types.Bytes {
		return nil
	}
	return allNull
}
