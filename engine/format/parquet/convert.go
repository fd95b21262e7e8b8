package parquet

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"unicode/utf8"

	"skep/dialect/types"
	"skep/engine/vector"
	"skep/engine/vector/valuetext"
)

// conversion turns vectors of the file's type into the table's where those differ in more than name. Values that the table's
// type cannot hold become NULL.
type conversion struct {
	from, to *types.Type
	unsigned bool // negative integers are NULL
	narrow   uint // bits of an integer type that the file's may exceed; 0 for other conversions
	row      func(src *vector.Vector, at int, dst *vector.Vector, row int) bool
	flat     vector.Vector
	dst      *vector.Vector
	cut      bool           // only cuts strings to the length of char or varchar
	fitted   *vector.Vector // dictionary whose entries are cut
	fittedID uint64
}

// newConversion returns nil when values need no conversion, and an error when there is none.
func newConversion(from, to *types.Type, column string) (*conversion, error) {
	c := &conversion{from: from, to: to}
	fail := fmt.Errorf("column %s has type %s in the file, which cannot be read as %s", column, from, to)
	switch {
	case from.Equal(to):
		return nil, nil
	case from.IsInteger() && to.IsInteger():
		if from.Kind <= to.Kind {
			return nil, nil
		}
		c.narrow = 8 << (to.Kind - types.TinyInt)
	case from.Kind == types.Float && to.Kind == types.Double:
		return nil, nil
	case from.Kind == types.Timestamp && to.Kind == types.TimestampLTZ:
		return nil, nil
	case (from.Kind == types.String || from.Kind == types.Binary) && (to.Kind == types.String || to.Kind == types.Binary):
		return nil, nil
	case (from.Kind == types.String || from.Kind == types.Binary) && to.IsString():
		c.cut = true
	case to.IsString():
		c.row = textRow(to)
	case from.Kind == types.Decimal && to.Kind == types.Decimal:
		if from.Scale == to.Scale && from.Precision <= to.Precision && from.Physical() == to.Physical() {
			return nil, nil
		}
		c.row = decimalRow(from, to)
	case from.IsInteger() && to.Kind == types.Decimal:
		c.row = decimalRow(types.NewDecimal(types.MaxInt64Precision, 0), to)
	case from.IsInteger() && (to.Kind == types.Float || to.Kind == types.Double):
		c.row = func(src *vector.Vector, at int, dst *vector.Vector, row int) bool {
			dst.F64[row] = asFloat(float64(src.I64[at]), to)
			return true
		}
	case from.Kind == types.Decimal && (to.Kind == types.Float || to.Kind == types.Double):
		c.row = func(src *vector.Vector, at int, dst *vector.Vector, row int) bool {
			v, err := strconv.ParseFloat(string(decimalText(src, at, from)), 64)
			dst.F64[row] = asFloat(v, to)
			return err == nil
		}
	case from.Kind == types.Decimal && to.IsInteger():
		c.row = integerRow(to, func(src *vector.Vector, at int) (float64, bool) {
			v, err := strconv.ParseFloat(string(decimalText(src, at, from)), 64)
			return v, err == nil
		})
	case (from.Kind == types.Float || from.Kind == types.Double) && to.IsInteger():
		c.row = integerRow(to, func(src *vector.Vector, at int) (float64, bool) { return src.F64[at], true })
	case from.Kind == types.Double && to.Kind == types.Float:
		c.row = func(src *vector.Vector, at int, dst *vector.Vector, row int) bool {
			dst.F64[row] = float64(float32(src.F64[at]))
			return true
		}
	case (from.Kind == types.Float || from.Kind == types.Double) && to.Kind == types.Decimal:
		c.row = floatDecimalRow(from, to)
	case from.Kind == types.Timestamp && to.Kind == types.Date:
		c.row = func(src *vector.Vector, at int, dst *vector.Vector, row int) bool {
			dst.I64[row] = floorDiv(src.W[at].Hi, secondsPerDay)
			return true
		}
	case from.Kind == types.Date && to.Kind == types.Timestamp:
		c.row = func(src *vector.Vector, at int, dst *vector.Vector, row int) bool {
			dst.W[row] = types.Int128{Hi: src.I64[at] * secondsPerDay}
			return true
		}
	default:
		return nil, fail
	}
	return c, nil
}

// ofUnsigned is the conversion c, which may be none, of unsigned integers.
func (c *conversion) ofUnsigned(to *types.Type) *conversion {
	if c == nil {
		c = &conversion{to: to, narrow: 64}
	}
	c.unsigned = true
	return c
}

// apply converts n rows. The result is valid until the next call and may share the storage of src, which it may change.
func (c *conversion) apply(src *vector.Vector, n int) (*vector.Vector, error) {
	if c.cut {
		return c.cutStrings(src, n), nil
	}
	src = vector.Flatten(src, &c.flat, n)
	if c.unsigned {
		for row, x := range src.I64[:n] {
			if x < 0 {
				src.SetNull(row, n)
			}
		}
	}
	if c.narrow > 0 {
		c.narrowInts(src, n)
		return src, nil
	}
	if c.dst == nil {
		c.dst = vector.New(c.to, n)
	}
	dst := c.dst
	dst.Resize(n)
	dst.Data = dst.Data[:0]
	for row := range n {
		if src.IsNull(row) || !c.row(src, row, dst, row) {
			dst.SetNull(row, n)
		}
	}
	return dst, nil
}

// narrowInts makes the integers NULL that the type cannot hold; usually there are none.
func (c *conversion) narrowInts(v *vector.Vector, n int) {
	v.Type = c.to
	shift := c.narrow - 1
	var excess int64
	for _, x := range v.I64[:n] {
		excess |= x>>shift ^ x>>63
	}
	if excess == 0 {
		return
	}
	for row, x := range v.I64[:n] {
		if x>>shift != x>>63 {
			v.SetNull(row, n)
		}
	}
}

// cutStrings shortens the references of src to the characters the type takes.
func (c *conversion) cutStrings(src *vector.Vector, n int) *vector.Vector {
	base, refs := src, src.Refs[:min(n, len(src.Refs))]
	if src.Form == vector.Dict {
		base = src.DictOf
		refs = base.Refs
		if c.fitted == base && c.fittedID == src.DictID {
			refs = nil
		}
		c.fitted, c.fittedID = base, src.DictID
		base.Type = c.to
	}
	for i, r := range refs {
		refs[i].Len = uint32(fitLength(c.to, base.Data[r.Off:r.Off+r.Len]))
	}
	src.Type = c.to
	return src
}

// fitLength returns how many bytes of s a char or varchar keeps; trailing blanks of a char are not kept.
func fitLength(t *types.Type, s []byte) int {
	n := len(s)
	if n > t.Length {
		n = 0
		for i := 0; i < t.Length && n < len(s); i++ {
			_, size := utf8.DecodeRune(s[n:])
			n += size
		}
	}
	if t.Kind == types.Char {
		for n > 0 && s[n-1] == ' ' {
			n--
		}
	}
	return n
}

// textRow prints values; only strings and their kin take them.
func textRow(to *types.Type) func(*vector.Vector, int, *vector.Vector, int) bool {
	var text []byte
	return func(src *vector.Vector, at int, dst *vector.Vector, row int) bool {
		text = text[:0]
		switch src.Type.Kind {
		case types.Boolean:
			text = strconv.AppendBool(text, src.I64[at] != 0)
		case types.Decimal:
			text = valuetext.TrimDecimal(append(text, decimalText(src, at, src.Type)...), 0)
		default:
			text = valuetext.AppendValue(text, src, at, nil)
		}
		if to.Kind != types.String {
			text = text[:fitLength(to, text)]
		}
		dst.SetBytes(row, text)
		return true
	}
}

func decimalText(src *vector.Vector, at int, t *types.Type) []byte {
	if t.Physical() == types.I64 {
		return valuetext.AppendDecimal64(nil, src.I64[at], t.Scale)
	}
	return valuetext.AppendDecimal128(nil, src.W[at], t.Scale)
}

func asFloat(v float64, to *types.Type) float64 {
	if to.Kind == types.Float {
		return float64(float32(v))
	}
	return v
}

// integerRow keeps whole numbers within the type's range.
func integerRow(to *types.Type, value func(src *vector.Vector, at int) (float64, bool)) func(*vector.Vector, int, *vector.Vector, int) bool {
	limit := math.Ldexp(1, 8<<(to.Kind-types.TinyInt)-1)
	return func(src *vector.Vector, at int, dst *vector.Vector, row int) bool {
		v, ok := value(src, at)
		if !ok || v != math.Trunc(v) || v < -limit || v >= limit {
			return false
		}
		dst.I64[row] = int64(v)
		return true
	}
}

func bigOf(w types.Int128) *big.Int {
	v := new(big.Int).Lsh(big.NewInt(w.Hi), 64)
	return v.Add(v, new(big.Int).SetUint64(w.Lo))
}

var bigTen = big.NewInt(10)

// setDecimal stores unscaled·10^-scale in a decimal column, rounded half up; false when it does not fit.
func setDecimal(dst *vector.Vector, row int, unscaled *big.Int, scale int, to *types.Type) bool {
	if d := to.Scale - scale; d >= 0 {
		unscaled.Mul(unscaled, new(big.Int).Exp(bigTen, big.NewInt(int64(d)), nil))
	} else {
		unit := new(big.Int).Exp(bigTen, big.NewInt(int64(-d)), nil)
		half := new(big.Int).Rsh(unit, 1)
		if unscaled.Sign() < 0 {
			half.Neg(half)
		}
		unscaled.Quo(unscaled.Add(unscaled, half), unit)
	}
	if unscaled.CmpAbs(new(big.Int).Exp(bigTen, big.NewInt(int64(to.Precision)), nil)) >= 0 {
		return false
	}
	if to.Physical() == types.I64 {
		dst.I64[row] = unscaled.Int64()
		return true
	}
	hi := new(big.Int).Rsh(unscaled, 64)
	lo := new(big.Int).Sub(unscaled, new(big.Int).Lsh(hi, 64))
	dst.W[row] = types.Int128{Hi: hi.Int64(), Lo: lo.Uint64()}
	return true
}

func decimalRow(from, to *types.Type) func(*vector.Vector, int, *vector.Vector, int) bool {
	return func(src *vector.Vector, at int, dst *vector.Vector, row int) bool {
		v := new(big.Int)
		if from.Physical() == types.I64 {
			v.SetInt64(src.I64[at])
		} else {
			v = bigOf(src.W[at])
		}
		return setDecimal(dst, row, v, from.Scale, to)
	}
}

// floatDecimalRow reads the shortest decimal text of the number, as Java's BigDecimal.valueOf does.
func floatDecimalRow(from, to *types.Type) func(*vector.Vector, int, *vector.Vector, int) bool {
	return func(src *vector.Vector, at int, dst *vector.Vector, row int) bool {
		f := src.F64[at]
		if math.IsNaN(f) || math.IsInf(f, 0) || math.Abs(f) >= 1e38 {
			return false
		}
		r, ok := new(big.Rat).SetString(strconv.FormatFloat(f, 'g', -1, 64))
		if !ok {
			return false
		}
		const digits = 60
		scaled := new(big.Int).Mul(r.Num(), new(big.Int).Exp(bigTen, big.NewInt(digits), nil))
		return setDecimal(dst, row, scaled.Quo(scaled, r.Denom()), digits, to)
	}
}
