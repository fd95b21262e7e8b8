package parser

import (
	"strings"

	"skep/dialect/sqlerr"
)

// failureKind is the form of a syntax error's text.
type failureKind uint8

const (
	failText       failureKind = iota // free text
	failNoViable                      // cannot recognize input near 'a' 'b' 'c'
	failMismatch                      // mismatched input 'x' expecting Y near 'z'
	failExtraneous                    // extraneous input 'x' expecting Y near 'z'
	failMissing                       // missing Y at 'x' near 'z'
	failSet                           // mismatched input 'x' expecting set null
	failEarlyExit                     // required (...)+ loop did not match anything at input 'x'
	failPredicate                     // Failed to recognize predicate 'x'. Failed rule: 'r'
)

// failure is one recorded syntax error. Hive's parser goes on after a single missing or superfluous token and words its
// errors only at the end, so the parts that depend on the final place are filled in by text.
type failure struct {
	kind failureKind
	at   int // token whose position is reported
	want Kind
	text string
}

// fail records an error and unwinds.
func (p *parser) fail(f failure) {
	p.failures = append(p.failures, f)
	panic(bailout{})
}

// noViable fails because no rule fits here; n is how many tokens ahead the text first stops making sense.
func (p *parser) noViable(n int) {
	at := min(p.pos+n, len(p.toks)-1)
	p.fail(failure{kind: failNoViable, at: at})
}

// mismatch handles a token other than the required one. As Hive does, it skips one superfluous token when the required
// one follows; the error is kept and the parse goes on.
func (p *parser) mismatch(want Kind) *token {
	if p.peek(1) == want && !p.is(tokEOF) && !p.recovering() {
		p.failures = append(p.failures, failure{kind: failExtraneous, at: p.pos, want: want})
		p.pos++
		return p.next()
	}
	p.fail(failure{kind: failMismatch, at: p.pos, want: want})
	return nil
}

// missing records that a token is missing before the current one.
func (p *parser) missing(want Kind) {
	p.failures = append(p.failures, failure{kind: failMissing, at: p.pos, want: want})
}

// recovering reports whether an earlier error was skipped; one is enough.
func (p *parser) recovering() bool { return len(p.failures) > 0 }

// expectEOF requires the end of the text.
func (p *parser) expectEOF() {
	switch {
	case p.is(tokEOF):
		p.pos = len(p.toks) // the end of text counts as consumed
	case p.peek(1) == tokEOF:
		p.failures = append(p.failures, failure{kind: failExtraneous, at: p.pos, want: tokEOF})
		p.pos = len(p.toks)
	default:
		p.failures = append(p.failures, failure{kind: failMissing, at: p.pos, want: tokEOF})
	}
}

// failure builds the error for what was recorded.
func (p *parser) failure() *sqlerr.Error {
	first := &p.toks[p.failures[0].at]
	var b strings.Builder
	for i, f := range p.failures {
		if i > 0 {
			t := &p.toks[f.at]
			b.WriteString("\n" + sqlerr.Parse(int(t.line), int(t.col), "", "").Msg)
		}
		p.describeFailure(&b, f)
		if len(p.rules) > 0 {
			b.WriteString(" in " + p.rules[len(p.rules)-1])
		}
	}
	return sqlerr.Parse(int(first.line), int(first.col), p.text(first), b.String())
}

func (p *parser) describeFailure(b *strings.Builder, f failure) {
	t := &p.toks[f.at]
	switch f.kind {
	case failText:
		b.WriteString(f.text)
		return
	case failSet:
		b.WriteString("mismatched input " + p.display(t) + " expecting set null")
		return
	case failEarlyExit:
		b.WriteString("required (...)+ loop did not match anything at input " + p.display(t))
		return
	case failPredicate:
		b.WriteString("Failed to recognize predicate '" + p.text(t) + "'. Failed rule: '" + f.text + "'")
		return
	case failNoViable:
		b.WriteString("cannot recognize input near")
		for i := range 3 {
			b.WriteString(" " + p.display(&p.toks[min(p.pos+i, len(p.toks)-1)]))
		}
		return
	case failMismatch:
		b.WriteString("mismatched input " + p.display(t) + " expecting " + kindName(f.want))
	case failExtraneous:
		b.WriteString("extraneous input " + p.display(t) + " expecting " + kindName(f.want))
	case failMissing:
		b.WriteString("missing " + kindName(f.want) + " at " + p.display(t))
	}
	if p.pos > 0 {
		b.WriteString(" near '" + p.text(&p.toks[p.pos-1]) + "'")
	}
}

var controlEscaper = strings.NewReplacer("\n", "\\n", "\r", "\\r", "\t", "\\t")

// display quotes a token for an error text.
func (p *parser) display(t *token) string { return "'" + controlEscaper.Replace(p.text(t)) + "'" }
