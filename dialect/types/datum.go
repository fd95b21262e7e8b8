package types

import (
	"math/big"
	"strings"
)

// Datum is one value in the physical form of its type: I for the I64 class, F for F64, W for I128, S for Bytes. Elems holds
// array elements, struct fields, a union's single value (I is its tag), or a map's alternating keys and values. A Datum does
// not know its type. It serves literals, statistics and tests; rows never travel as datums.
type Datum struct {
	Null  bool
	I     int64
	F     float64
	W     Int128
	S     string
	Elems []Datum
}

// NullDatum is the NULL of any type.
var NullDatum = Datum{Null: true}

// DecimalText prints d, a value of the decimal type t, with all digits of the scale.
func DecimalText(d Datum, t *Type) string {
	unscaled := big.NewInt(d.I)
	if t.Physical() == I128 {
		unscaled = new(big.Int).Lsh(big.NewInt(d.W.Hi), 64)
		unscaled.Add(unscaled, new(big.Int).SetUint64(d.W.Lo))
	}
	digits := new(big.Int).Abs(unscaled).String()
	if short := t.Scale + 1 - len(digits); short > 0 {
		digits = strings.Repeat("0", short) + digits
	}
	text := digits[:len(digits)-t.Scale]
	if t.Scale > 0 {
		text += "." + digits[len(digits)-t.Scale:]
	}
	if unscaled.Sign() < 0 {
		text = "-" + text
	}
	return text
}
