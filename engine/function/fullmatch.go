package function

// FullPattern matches whole texts against a Java regular expression. It is for one goroutine.
type FullPattern struct {
	pattern *pattern
	groups  int
	loc     []int
}

// CompileFull compiles source, in which . matches line ends too, as java.util.regex.Pattern with DOTALL does.
func CompileFull(source string, ignoreCase bool) (*FullPattern, error) {
	flags := "(?s)"
	if ignoreCase {
		flags = "(?si)"
	}
	p, err := compilePattern(flags + `\A(?:` + source + `)\z`)
	if err != nil {
		return nil, err
	}
	f := &FullPattern{pattern: p}
	if p.fast != nil {
		f.groups = p.fast.NumSubexp()
	} else {
		f.groups = len(p.slow.GetGroupNumbers()) - 1
	}
	return f, nil
}

// Groups returns the number of groups in the expression.
func (f *FullPattern) Groups() int { return f.groups }

// Match returns the positions of the groups of s, from group 0, in bytes; -1 for groups that took no part, nil when s does not
// match. The result is valid until the next call.
func (f *FullPattern) Match(s []byte) ([]int, error) {
	slow, err := f.pattern.needSlow(s)
	if err != nil {
		return nil, err
	}
	if !slow {
		return f.pattern.fast.FindSubmatchIndex(s), nil
	}
	f.loc = f.loc[:0]
	found := false
	err = f.pattern.each(s, func(loc []int) bool {
		found = true
		f.loc = append(f.loc, loc...)
		return false
	})
	if !found || err != nil {
		return nil, err
	}
	return f.loc, nil
}
