package function

import (
	"math"
	"strconv"
	"strings"

	"skep/dialect/types"
	"skep/engine/decimal"
	"skep/engine/vector"
	"skep/engine/vector/valuetext"
)

// numberPattern is a java.text.DecimalFormat pattern.
type numberPattern struct {
	prefix, suffix        string
	minWhole              int
	minFraction, fraction int
	grouping              int
	percent               bool
}

func parseNumberPattern(text string) numberPattern {
	text, _, _ = strings.Cut(text, ";")
	isPart := func(r rune) bool { return strings.ContainsRune("#0,.", r) }
	p := numberPattern{}
	start := strings.IndexFunc(text, isPart)
	if start < 0 {
		p.prefix, p.minWhole = text, 0
		p.fraction = 340
		return p
	}
	end := start
	for end < len(text) && isPart(rune(text[end])) {
		end++
	}
	p.prefix, p.suffix = strings.ReplaceAll(text[:start], "'", ""), strings.ReplaceAll(text[end:], "'", "")
	p.percent = strings.Contains(p.prefix+p.suffix, "%")
	whole, fraction, _ := strings.Cut(text[start:end], ".")
	if k := strings.LastIndexByte(whole, ','); k >= 0 {
		p.grouping = len(whole) - k - 1
	}
	if p.minWhole = strings.Count(whole, "0"); p.minWhole == 0 && strings.Contains(whole, "#") && strings.Contains(text[start:end], ".") && !strings.Contains(fraction, "0") {
		p.minWhole = 1 // Java takes ##.## for #0.##
	}
	p.minFraction, p.fraction = strings.Count(fraction, "0"), len(fraction)
	return p
}

// formatNumber prints like #,###,##0.00 with constant or computed digits, or by a pattern, rounding half even.
func formatNumber(_ *Env, call *Call) Kernel {
	x := call.Args[0]
	byPattern := call.Args[1].Physical() == types.Bytes
	var last string
	var p numberPattern
	known := false
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		return rows.Try(func(i int) error {
			if byPattern {
				if s := args[1].Bytes(i); !known || string(s) != last {
					last, known = string(s), true
					p = parseNumberPattern(last)
				}
			} else {
				d := ints(args[1])
				n := int(d.at(i))
				if n < 0 {
					return errorf("Argument 2 of function FORMAT_NUMBER must be >= 0, but \"%d\" was found", n)
				}
				n = min(n, maxDecimals)
				p = numberPattern{minWhole: 1, minFraction: n, fraction: n, grouping: 3}
			}
			out.SetString(i, p.format(x, args[0], i))
			return nil
		})
	}
}

func (p *numberPattern) format(t *types.Type, v *vector.Vector, row int) string {
	fraction := min(p.fraction, maxDecimals)
	shift := 0
	if p.percent {
		shift = 2
	}
	var text string
	switch {
	case t.Kind == types.Decimal:
		d := decimalsOf(v)
		x := d.at(row)
		scale := t.Scale - shift
		if scale < 0 {
			x, scale = mulPow(x, -scale), 0
		}
		if scale > fraction {
			x, _ = decimal.Round(x, scale, fraction, true)
		}
		text = string(valuetext.AppendDecimal128(nil, x, scale))
	case t.IsInteger():
		text = strconv.FormatInt(v.Base().I64[v.At(row)], 10) + strings.Repeat("0", shift)
	default:
		f := v.Base().F64[v.At(row)]
		if f != f {
			return "NaN"
		}
		if p.percent {
			f *= 100
		}
		if math.IsInf(f, 0) {
			if f < 0 {
				return "-" + p.prefix + "∞" + p.suffix
			}
			return p.prefix + "∞" + p.suffix
		}
		text = strconv.FormatFloat(f, 'f', -1, 64) // Java knows no more digits than its text has
		if _, decimals, _ := strings.Cut(text, "."); len(decimals) > fraction {
			text = strconv.FormatFloat(f, 'f', fraction, 64)
		}
	}
	sign := ""
	text = strings.TrimPrefix(text, "-")
	if negativeNumber(t, v, row) {
		sign = "-" // also of what is rounded to zero
	}
	whole, rest, _ := strings.Cut(text, ".")
	if len(rest) > fraction {
		rest = rest[:fraction]
	}
	for len(rest) > p.minFraction && rest[len(rest)-1] == '0' {
		rest = rest[:len(rest)-1]
	}
	for len(rest) < p.minFraction {
		rest += "0"
	}
	whole = strings.TrimLeft(whole, "0")
	for len(whole) < p.minWhole {
		whole = "0" + whole
	}
	if whole == "" && rest == "" {
		whole = "0"
	}
	if p.grouping > 0 {
		whole = group(whole, p.grouping)
	}
	if rest != "" {
		whole += "." + rest
	}
	return sign + p.prefix + whole + p.suffix
}

// negativeNumber reports whether a number is below zero, or the negative zero.
func negativeNumber(t *types.Type, v *vector.Vector, row int) bool {
	switch t.Physical() {
	case types.I64:
		return v.Base().I64[v.At(row)] < 0
	case types.I128:
		return v.Base().W[v.At(row)].Sign() < 0
	}
	return math.Signbit(v.Base().F64[v.At(row)])
}
