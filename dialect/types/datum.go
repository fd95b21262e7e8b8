package types

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
