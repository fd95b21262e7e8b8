package analyzer

import (
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"

	"skep/dialect/ast"
	"skep/dialect/plan"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
)

func newLiteral(t *types.Type, v types.Datum) *plan.Literal { return &plan.Literal{Value: v, T: t} }

func intLiteral(t *types.Type, v int64) *plan.Literal { return newLiteral(t, types.Datum{I: v}) }

func stringLiteral(s string) *plan.Literal { return newLiteral(types.StringType, types.Datum{S: s}) }

func nullLiteral(t *types.Type) *plan.Literal { return newLiteral(t, types.NullDatum) }

func boolLiteral(v bool) *plan.Literal {
	if v {
		return intLiteral(types.BooleanType, 1)
	}
	return intLiteral(types.BooleanType, 0)
}

// literal types a constant by its written form.
func (x *exprs) literal(e *ast.Literal) (plan.Expr, error) {
	switch e.Kind {
	case ast.LitNull:
		return nullLiteral(types.VoidType), nil
	case ast.LitBool:
		return boolLiteral(strings.EqualFold(e.Value, "true")), nil
	case ast.LitString:
		return stringLiteral(e.Value), nil
	case ast.LitCharset:
		return charsetLiteral(e)
	case ast.LitDate, ast.LitTimestamp, ast.LitTimestampLTZ:
		return x.timeLiteral(e)
	}
	v := numberLiteral(e.Kind, e.Value)
	if v == nil || lowerSuffix(e.Text) {
		return nil, sqlerr.At(sqlerr.InvalidNumericalConstant, e.Position())
	}
	return v, nil
}

// lowerSuffix reports whether a number ends in one of the suffixes l, s, y and bd, which the grammar reads in either case but
// Hive understands in upper case only.
func lowerSuffix(text string) bool {
	switch last := len(text) - 1; {
	case last < 1:
		return false
	case text[last] == 'l', text[last] == 's', text[last] == 'y':
		return true
	default:
		return text[last] == 'd' && text[last-1]|0x20 == 'b' || text[last] == 'D' && text[last-1] == 'b'
	}
}

// numberLiteral types a number; nil when the text does not fit the type its suffix asks for.
func numberLiteral(kind ast.LiteralKind, text string) *plan.Literal {
	integer := func(t *types.Type, bits int) *plan.Literal {
		v, err := strconv.ParseInt(text, 10, bits)
		if err != nil {
			return nil
		}
		return intLiteral(t, v)
	}
	switch kind {
	case ast.LitTinyInt:
		return integer(types.TinyIntType, 8)
	case ast.LitSmallInt:
		return integer(types.SmallIntType, 16)
	case ast.LitBigInt:
		return integer(types.BigIntType, 64)
	case ast.LitDouble:
		return doubleLiteral(text)
	case ast.LitInteger:
		if v := integer(types.IntType, 32); v != nil {
			return v
		}
		if v := integer(types.BigIntType, 64); v != nil {
			return v
		}
	}
	if v := decimalLiteral(text); v != nil {
		return v
	}
	if kind == ast.LitDecimal {
		return scientificDecimal(text)
	}
	return doubleLiteral(text)
}

// scientificDecimal is the decimal of digits with an exponent, NULL beyond 38 digits.
func scientificDecimal(text string) *plan.Literal {
	f, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil && f == 0:
		return nil
	case math.Abs(f) > 1e39: // infinity too; larger exponents would make enormous numbers
		return newLiteral(types.NewDecimal(1, 0), types.NullDatum)
	case math.Abs(f) < 1e-39:
		return newLiteral(types.NewDecimal(1, 0), types.Datum{})
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil
	}
	if v := decimalLiteral(r.FloatString(types.MaxPrecision)); v != nil {
		return v
	}
	return newLiteral(types.NewDecimal(1, 0), types.NullDatum)
}

func doubleLiteral(text string) *plan.Literal {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil && f == 0 {
		return nil
	}
	return newLiteral(types.DoubleType, types.Datum{F: f})
}

// decimalLiteral parses [-]digits[.digits], dropping trailing zeros of the fraction before typing as Hive does; nil when more
// than 38 integer digits are needed or the text has another form.
func decimalLiteral(text string) *plan.Literal {
	digits, negative := strings.CutPrefix(text, "-")
	digits = strings.TrimPrefix(digits, "+")
	whole, fraction, _ := strings.Cut(digits, ".")
	fraction = strings.TrimRight(fraction, "0")
	whole = strings.TrimLeft(whole, "0")
	for _, c := range whole + fraction {
		if c < '0' || c > '9' {
			return nil
		}
	}
	if len(whole) > types.MaxPrecision {
		return nil
	}
	round := false
	if scale := types.MaxPrecision - len(whole); len(fraction) > scale {
		round = fraction[scale] >= '5'
		fraction = fraction[:scale]
	}
	unscaled, ok := new(big.Int).SetString("0"+whole+fraction, 10)
	if !ok {
		return nil
	}
	if round {
		unscaled.Add(unscaled, big.NewInt(1))
	}
	precision := max(len(whole)+len(fraction), 1)
	if whole == "" {
		// 0.001 has one significant digit, but a decimal's precision is at least its scale.
		precision = max(len(fraction), 1)
	}
	if negative {
		unscaled.Neg(unscaled)
	}
	return newLiteral(types.NewDecimal(precision, len(fraction)), decimalDatum(unscaled, precision))
}

// decimalDatum is the physical form of an unscaled value for a precision.
func decimalDatum(v *big.Int, precision int) types.Datum {
	if precision <= types.MaxInt64Precision {
		return types.Datum{I: v.Int64()}
	}
	return types.Datum{W: int128Of(v)}
}

func int128Of(v *big.Int) types.Int128 {
	lo := new(big.Int).And(v, new(big.Int).SetUint64(^uint64(0)))
	hi := new(big.Int).Rsh(v, 64)
	return types.Int128{Hi: hi.Int64(), Lo: lo.Uint64()}
}

// charsetLiteral decodes _charset'text' and _charset 0xHEX; only UTF-8 and its subsets are known.
func charsetLiteral(e *ast.Literal) (plan.Expr, error) {
	s := e.Value
	if strings.HasPrefix(s, "0x") || strings.HasPrefix(s, "0X") {
		h := s[2:]
		if len(h)%2 == 1 {
			h = "0" + h
		}
		raw := make([]byte, 0, len(h)/2)
		for i := 0; i+1 < len(h); i += 2 {
			v, err := strconv.ParseUint(h[i:i+2], 16, 8)
			if err != nil {
				return nil, sqlerr.At(sqlerr.InvalidNumericalConstant, e.Position())
			}
			raw = append(raw, byte(v))
		}
		s = string(raw)
	} else if n := len(s); n >= 2 && (s[0] == '\'' || s[0] == '"') && s[n-1] == s[0] {
		s = s[1 : n-1]
	}
	switch strings.ToLower(e.Charset) {
	case "utf-8", "utf8", "us-ascii":
		return stringLiteral(s), nil
	case "iso-8859-1", "latin1":
		var b strings.Builder
		for i := range len(s) {
			b.WriteRune(rune(s[i]))
		}
		return stringLiteral(b.String()), nil
	}
	return nil, sqlerr.Semanticf("%s", e.Charset)
}

// timeLiteral evaluates DATE '…' and TIMESTAMP '…'.
func (x *exprs) timeLiteral(e *ast.Literal) (plan.Expr, error) {
	bad := sqlerr.Semanticf("Unable to convert time literal '%s' to time value.", e.Value)
	text := strings.TrimSpace(e.Value)
	if e.Kind == ast.LitDate {
		if x.hive3() {
			days, rest, ok := parseDate(text)
			if !ok || rest != "" {
				return nil, bad
			}
			return intLiteral(types.DateType, days), nil
		}
		if v, ok := datePrefix(text); ok {
			return intLiteral(types.DateType, v), nil
		}
		return nil, bad
	}
	if e.Kind == ast.LitTimestampLTZ {
		if withoutZone.MatchString(text) {
			return nil, bad
		}
		t := types.TimestampLTZType
		v, err := x.fold(&plan.Call{Func: "cast", Args: []plan.Expr{stringLiteral(text)}, T: t})
		if err != nil || v == nil || v.Null {
			return nil, bad
		}
		return newLiteral(t, *v), nil
	}
	v, ok := parseTimestamp(text)
	if !ok || !x.hive3() && strings.Count(text, ":") < 2 { // 4.0 wants seconds
		return nil, bad
	}
	return newLiteral(types.TimestampType, types.Datum{W: v}), nil
}

// withoutZone are the texts of TIMESTAMPLOCALTZ literals that name no zone.
var withoutZone = regexp.MustCompile(`^[-+]?\d+-\d+-\d+( \d+:\d+:\d+(\.\d+)?)?$`)

// datePrefix reads the date that a text begins with, in up to four digits of the year; what follows must not be a digit.
func datePrefix(text string) (int64, bool) {
	positive, bce := strings.CutPrefix(text, "-")
	if strings.IndexByte(positive, '-') > 4 {
		return 0, false
	}
	days, rest, ok := parseDate(positive)
	if !ok || rest != "" && rest[0] >= '0' && rest[0] <= '9' {
		return 0, false
	}
	if bce {
		t := time.Unix(days*86400, 0).UTC()
		u := time.Date(-t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
		return u.Unix() / 86400, u.Month() == t.Month()
	}
	return days, true
}

// parseDate reads y-m-d at the start of text, giving days since 1970-01-01 and what follows.
func parseDate(text string) (days int64, rest string, ok bool) {
	y, r, ok1 := cutNumber(text, 1, 10)
	m, r, ok2 := cutNumber(strings.TrimPrefix(r, "-"), 1, 2)
	d, r, ok3 := cutNumber(strings.TrimPrefix(r, "-"), 1, 2)
	if !ok1 || !ok2 || !ok3 || strings.Count(text[:len(text)-len(r)], "-") != 2 {
		return 0, "", false
	}
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if t.Day() != d || int(t.Month()) != m {
		return 0, "", false
	}
	return t.Unix() / 86400, r, true
}

// parseTimestamp reads y-m-d[ h:m:s[.fraction]] into seconds and nanoseconds.
func parseTimestamp(text string) (types.Int128, bool) {
	days, rest, ok := parseDate(text)
	if !ok {
		return types.Int128{}, false
	}
	v := types.Int128{Hi: days * 86400}
	if rest == "" {
		return v, true
	}
	if rest[0] != ' ' && rest[0] != 'T' {
		return v, false
	}
	h, r, ok1 := cutNumber(strings.TrimLeft(rest[1:], " "), 1, 2)
	m, r, ok2 := cutNumber(strings.TrimPrefix(r, ":"), 1, 2)
	s, r, ok3 := 0, r, true
	if strings.HasPrefix(r, ":") {
		s, r, ok3 = cutNumber(r[1:], 1, 2)
	}
	if !ok1 || !ok2 || !ok3 || h > 23 || m > 59 || s > 59 {
		return v, false
	}
	v.Hi += int64(h*3600 + m*60 + s)
	if f, has := strings.CutPrefix(r, "."); has {
		if f == "" || strings.Trim(f, "0123456789") != "" {
			return v, false
		}
		n, err := strconv.ParseUint((f + "000000000")[:9], 10, 64)
		if err != nil {
			return v, false
		}
		v.Lo = n
		r = ""
	}
	return v, r == ""
}

// cutNumber reads between low and high digits.
func cutNumber(s string, low, high int) (int, string, bool) {
	n := 0
	for n < len(s) && n < high && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	if n < low {
		return 0, s, false
	}
	v, err := strconv.Atoi(s[:n])
	return v, s[n:], err == nil
}

// trimDecimals makes constant decimals among the items of a query what they are after Hive 3.1 has folded them: without zeros at the end.
func (blk *block) trimDecimals(items []item) {
	x := blk.exprs(0)
	for i, it := range items {
		if it.expr.Type().Kind != types.Decimal || !isConstant(it.expr) {
			continue
		}
		l := x.constantLiteral(it.expr)
		if l == nil || l.Value.Null {
			continue
		}
		v, scale := unscaled(l), l.T.Scale
		ten, rest := big.NewInt(10), new(big.Int)
		for scale > 0 {
			q, r := new(big.Int).QuoRem(v, ten, rest)
			if r.Sign() != 0 {
				break
			}
			v, scale = q, scale-1
		}
		precision := max(len(new(big.Int).Abs(v).String()), scale, 1)
		items[i].expr = newLiteral(types.NewDecimal(precision, scale), decimalDatum(v, precision))
	}
}
