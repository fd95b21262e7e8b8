package function

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"skep/dialect/types"
	"skep/engine/decimal"
	"skep/engine/vector"
	"skep/engine/vector/valuetext"
)

var formatTable = map[string]entry{
	"printf":        {build: printf, nulls: Aware, fallible: true},
	"format_number": {build: formatNumber, nulls: Strict, fallible: true},
}

// specifier is one %[argument$][flags][width][.precision]conversion of a Java format.
type specifier struct {
	literal    string // text before it
	argument   int    // 1-based; 0 is the next one, -1 none
	flags      string
	width      int
	precision  int  // -1 when absent
	conversion byte // 0 at the end of the format
}

func parseFormat(format string) ([]specifier, error) {
	var out []specifier
	for {
		k := strings.IndexByte(format, '%')
		if k < 0 {
			return append(out, specifier{literal: format, argument: -1}), nil
		}
		s := specifier{literal: format[:k], precision: -1}
		rest := format[k+1:]
		number := func() int {
			n, i := 0, 0
			for i < len(rest) && rest[i] >= '0' && rest[i] <= '9' && n < 1<<20 {
				n = n*10 + int(rest[i]-'0')
				i++
			}
			rest = rest[i:]
			return n
		}
		if i := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' }); i > 0 && rest[i] == '$' {
			s.argument = number()
			rest = rest[1:]
		}
		for rest != "" && strings.IndexByte("-#+ 0,(<", rest[0]) >= 0 {
			s.flags += rest[:1]
			rest = rest[1:]
		}
		s.width = number()
		if strings.HasPrefix(rest, ".") {
			rest = rest[1:]
			s.precision = number()
		}
		if rest == "" {
			return nil, errorf("Conversion = '%%'")
		}
		s.conversion = rest[0]
		rest = rest[1:]
		if s.conversion == 'n' || s.conversion == '%' {
			s.argument = -1
		}
		out = append(out, s)
		format = rest
	}
}

func (s *specifier) has(flag byte) bool { return strings.IndexByte(s.flags, flag) >= 0 }

func printf(env *Env, call *Call) Kernel {
	formats := make([]func(*vector.Vector) func([]byte, int) []byte, len(call.Args))
	for i, t := range call.Args {
		formats[i] = textFormat(env, t)
	}
	var last string
	var parsed []specifier
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		return rows.Try(func(i int) error {
			if isNull(args[0], i) {
				out.Null(i)
				return nil
			}
			if f := args[0].Bytes(i); parsed == nil || string(f) != last {
				var err error
				last = string(f)
				if parsed, err = parseFormat(last); err != nil {
					return err
				}
			}
			data := out.Extend()
			start, next := len(data), 1
			for k := range parsed {
				s := &parsed[k]
				data = append(data, s.literal...)
				switch s.conversion {
				case 0:
					continue
				case 'n':
					data = append(data, '\n')
					continue
				case '%':
					data = s.pad(data, "%")
					continue
				}
				arg := s.argument
				if arg == 0 {
					arg = next
					next++
				}
				if arg >= len(args) {
					return errorf("Format specifier '%%%c'", s.conversion)
				}
				text, err := s.format(args[arg], i, formats[arg])
				if err != nil {
					return err
				}
				data = s.pad(data, text)
			}
			out.Set(i, start, data)
			return nil
		})
	}
}

func (s *specifier) pad(dst []byte, text string) []byte {
	missing := s.width - unitLength([]byte(text))
	if missing <= 0 {
		return append(dst, text...)
	}
	if s.has('-') {
		return append(append(dst, text...), strings.Repeat(" ", missing)...)
	}
	return append(append(dst, strings.Repeat(" ", missing)...), text...)
}

// javaName is the class that Java names when a conversion does not fit.
func javaName(t *types.Type) string {
	switch t.Kind {
	case types.Boolean:
		return "java.lang.Boolean"
	case types.TinyInt:
		return "java.lang.Byte"
	case types.SmallInt:
		return "java.lang.Short"
	case types.Int:
		return "java.lang.Integer"
	case types.BigInt:
		return "java.lang.Long"
	case types.Float:
		return "java.lang.Float"
	case types.Double:
		return "java.lang.Double"
	case types.Decimal:
		return "java.math.BigDecimal"
	}
	return "java.lang.String"
}

func (s *specifier) format(v *vector.Vector, row int, format func(*vector.Vector) func([]byte, int) []byte) (string, error) {
	mismatch := errorf("%c != %s", s.conversion, javaName(v.Type))
	lower := s.conversion | 0x20
	text := ""
	switch null := isNull(v, row); {
	case lower == 'b':
		text = strconv.FormatBool(!null && (v.Type.Kind != types.Boolean || v.Base().I64[v.At(row)] != 0))
	case null:
		text = "null"
	case lower == 's' && v.Type.Kind == types.Binary: // as Hadoop's byte arrays print
		text = fmt.Sprintf("% x", v.Bytes(row))
	case lower == 's':
		text = string(format(v)(nil, row))
		if v.Type.Kind == types.Boolean {
			text = strings.ToLower(text)
		}
		if v.Type.Kind == types.Decimal {
			text = string(valuetext.TrimDecimal([]byte(text), 0))
		}
	case lower == 'c' && v.Type.IsInteger():
		return s.upper(string(rune(v.Base().I64[v.At(row)]))), nil
	case lower == 'c' && v.Type.Physical() == types.Bytes:
		text = string(v.Bytes(row))
	case lower == 'd' || lower == 'x' || lower == 'o':
		if !v.Type.IsInteger() {
			return "", mismatch
		}
		return s.upper(s.integer(v.Base().I64[v.At(row)], width(v.Type))), nil
	case lower == 'f' || lower == 'e' || lower == 'g':
		if v.Type.Kind != types.Decimal && v.Type.Physical() != types.F64 {
			return "", mismatch
		}
		return s.upper(s.real(v, row)), nil
	case lower == 'a' && (v.Type.Physical() == types.F64 || v.Type.Kind == types.Decimal):
		text = hexReal(doubleOf(v, row))
	case lower == 'h' && v.Type.Kind == types.Binary:
		text = strconv.FormatUint(uint64(uint32(hashBytes(1, v.Bytes(row)))), 16)
	case lower == 'h' && hasNumberHash(v.Type):
		text = strconv.FormatUint(uint64(uint32(numberHash(v, row))), 16)
	case lower == 'h':
		text = strconv.FormatUint(uint64(uint32(hashBytes(0, format(v)(nil, row)))), 16)
	default:
		return "", errorf("Conversion = '%c'", s.conversion)
	}
	if s.precision >= 0 {
		text = text[:prefix([]byte(text), s.precision)]
	}
	return s.upper(text), nil
}

// hasNumberHash reports whether %h prints a hash that Java makes of the value instead of its text.
func hasNumberHash(t *types.Type) bool {
	return t.Kind == types.Boolean || t.Kind == types.Date || t.IsNumeric() && t.Kind != types.Decimal
}

func numberHash(v *vector.Vector, row int) int32 {
	switch {
	case v.Type.Kind != types.Boolean:
		return JavaHash(nil, v, row)
	case v.Base().I64[v.At(row)] != 0:
		return 1231
	}
	return 1237
}

func doubleOf(v *vector.Vector, row int) float64 {
	if v.Type.Physical() == types.F64 {
		return v.Base().F64[v.At(row)]
	}
	d := decimalsOf(v)
	return decimal.Float64(d.at(row), v.Type.Scale)
}

// hexReal is Java's Double.toHexString.
func hexReal(f float64) string {
	sign := ""
	if math.Signbit(f) {
		sign = "-"
	}
	switch {
	case f != f:
		return "NaN"
	case math.IsInf(f, 0):
		return sign + "Infinity"
	}
	b := math.Float64bits(f)
	digits := strings.TrimRight(fmt.Sprintf("%013x", b&(1<<52-1)), "0")
	if digits == "" {
		digits = "0"
	}
	lead, exponent := "1", int(b>>52&0x7ff)-1023
	if exponent == -1023 { // subnormal numbers keep the smallest exponent
		lead, exponent = "0", -1022
		if digits == "0" {
			exponent = 0
		}
	}
	return sign + "0x" + lead + "." + digits + "p" + strconv.Itoa(exponent)
}

func (s *specifier) upper(text string) string {
	if s.conversion >= 'A' && s.conversion <= 'Z' {
		return strings.ToUpper(text)
	}
	return text
}

func (s *specifier) integer(v int64, bits int) string {
	base := 10
	switch s.conversion | 0x20 {
	case 'x':
		base = 16
	case 'o':
		base = 8
	}
	if base != 10 {
		u := uint64(v)
		if bits < 64 {
			u &= 1<<bits - 1
		}
		text := strconv.FormatUint(u, base)
		if s.has('#') {
			text = map[int]string{16: "0x", 8: "0"}[base] + text
		}
		return s.zeros("", text)
	}
	digits := strconv.FormatUint(magnitude(v), 10)
	return s.signed(v < 0, digits)
}

func magnitude(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}

// signed adds grouping, sign and leading zeros to the digits of a number.
func (s *specifier) signed(negative bool, digits string) string {
	if s.has(',') {
		digits = group(digits, 3)
	}
	switch {
	case negative && s.has('('):
		return s.zeros("(", digits+")")
	case negative:
		return s.zeros("-", digits)
	case s.has('+'):
		return s.zeros("+", digits)
	case s.has(' '):
		return s.zeros(" ", digits)
	}
	return s.zeros("", digits)
}

func (s *specifier) zeros(sign, digits string) string {
	if s.has('0') {
		if missing := s.width - len(sign) - len(digits); missing > 0 {
			digits = strings.Repeat("0", missing) + digits
		}
	}
	return sign + digits
}

// group puts commas between groups of size digits before the point.
func group(digits string, size int) string {
	whole, fraction, point := strings.Cut(digits, ".")
	var b strings.Builder
	for i, c := range whole {
		if i > 0 && (len(whole)-i)%size == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	if point {
		b.WriteString("." + fraction)
	}
	return b.String()
}

// real prints a floating-point or decimal number, rounded half up as Java does.
func (s *specifier) real(v *vector.Vector, row int) string {
	precision := s.precision
	if precision < 0 {
		precision = 6
	}
	var text string // plain or scientific decimal text of the value
	if v.Type.Kind == types.Decimal {
		text = string(decimalText(nil, v, row))
	} else {
		f := v.Base().F64[v.At(row)]
		switch {
		case f != f:
			return "NaN"
		case math.IsInf(f, 0):
			return s.signed(f < 0, "Infinity")
		}
		text = strconv.FormatFloat(f, 'f', -1, 64)
	}
	negative := strings.HasPrefix(text, "-")
	x, ok := new(big.Rat).SetString(strings.TrimPrefix(text, "-"))
	if !ok {
		return text
	}
	lower := s.conversion | 0x20
	if lower == 'g' {
		// Scientific when the rounded value is below 10^-4 or not below 10^precision.
		if precision == 0 {
			precision = 1
		}
		e := exponent(x)
		if x.Sign() == 0 || e >= -4 && e < precision {
			lower = 'f'
			precision = max(precision-1-e, 0)
			if x.Sign() == 0 {
				precision = s.digitsOr(6) - 1
			}
		} else {
			lower = 'e'
			precision--
		}
	}
	if lower == 'f' {
		return s.signed(negative, halfUp(x, precision))
	}
	e := 0
	if x.Sign() != 0 {
		e = exponent(x)
	}
	mantissa := halfUp(scale10(x, -e), precision)
	if strings.HasPrefix(mantissa, "10") {
		e++
		mantissa = halfUp(scale10(x, -e), precision)
	}
	sign := "+"
	if e < 0 {
		sign, e = "-", -e
	}
	return s.signed(negative, mantissa+"e"+sign+string([]byte{byte('0' + e/10%10), byte('0' + e%10)}))
}

func (s *specifier) digitsOr(n int) int {
	if s.precision > 0 {
		return s.precision
	}
	return n
}

// exponent is the power of ten of the first digit of x > 0.
func exponent(x *big.Rat) int {
	f, _ := x.Float64()
	if f == 0 {
		return 0
	}
	e := int(math.Floor(math.Log10(f)))
	one := big.NewRat(1, 1)
	for scale10(x, -e).Cmp(one) < 0 {
		e--
	}
	for scale10(x, -e).Cmp(big.NewRat(10, 1)) >= 0 {
		e++
	}
	return e
}

func scale10(x *big.Rat, k int) *big.Rat {
	p := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(k, -k))), nil))
	if k < 0 {
		p.Inv(p)
	}
	return p.Mul(p, x)
}

// halfUp prints x ≥ 0 with digits decimals.
func halfUp(x *big.Rat, digits int) string {
	y := scale10(x, digits)
	n := new(big.Int).Lsh(y.Num(), 1)
	n.Add(n, y.Denom())
	n.Quo(n, new(big.Int).Lsh(y.Denom(), 1))
	text := n.String()
	if digits == 0 {
		return text
	}
	for len(text) <= digits {
		text = "0" + text
	}
	return text[:len(text)-digits] + "." + text[len(text)-digits:]
}

// maxDecimals is the most that java.text.DecimalFormat prints.
const maxDecimals = 340
