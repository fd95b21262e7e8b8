package orc

import (
	"math"
	"strings"

	"skep/dialect/types"
	"skep/engine/format"
)

// toStats turns ORC's statistics into the engine's, in the physical form of the table column's type; bounds that cannot be
// taken over exactly are left out.
func toStats(s *columnStats, file *orcType, col format.Column, rows int64, julian bool) *format.ColumnStats {
	out := &format.ColumnStats{Type: col.Type, Rows: rows, Nulls: rows - s.values}
	if s.values == 0 && rows > 0 && !s.hasNull {
		out.Nulls = -1 // a writer that does not count
	}
	switch {
	case s.ints && col.Type.Physical() == types.I64 && col.Type.IsInteger(), s.dates && col.Type.Kind == types.Date:
		days := []int64{s.minInt, s.maxInt}
		if s.dates && julian {
			toProleptic(days)
		}
		out.HasMinMax, out.Min, out.Max = true, types.Datum{I: days[0]}, types.Datum{I: days[1]}
	case s.doubles && col.Type.Physical() == types.F64:
		// NaN makes bounds meaningless.
		if !math.IsNaN(s.minDouble) && !math.IsNaN(s.maxDouble) {
			out.HasMinMax, out.Min, out.Max = true, types.Datum{F: s.minDouble}, types.Datum{F: s.maxDouble}
		}
	case s.strings && (col.Type.Kind == types.String || col.Type.Kind == types.Varchar) && file.kind != kindChar:
		out.HasMinMax, out.Min, out.Max = true, types.Datum{S: s.minString}, types.Datum{S: s.maxString}
	case s.decimals && col.Type.Kind == types.Decimal && col.Type.Physical() == types.I64:
		lo, ok1 := unscaled(s.minString, col.Type.Scale)
		hi, ok2 := unscaled(s.maxString, col.Type.Scale)
		if ok1 && ok2 {
			out.HasMinMax, out.Min, out.Max = true, types.Datum{I: lo}, types.Datum{I: hi}
		}
	case s.instant && col.Type.Kind == types.Timestamp && !(julian && s.minInt < gregorianSecond*1000):
		// Milliseconds, cut off: the largest value may lie up to a millisecond above.
		out.HasMinMax = true
		out.Min = types.Datum{W: fromMillis(s.minInt, 0)}
		out.Max = types.Datum{W: fromMillis(s.maxInt, 999_999)}
	}
	return out
}

func fromMillis(ms, nanos int64) types.Int128 {
	s := ms / 1000
	r := ms % 1000
	if r < 0 {
		s, r = s-1, r+1000
	}
	return types.Int128{Hi: s, Lo: uint64(r*1_000_000 + nanos)}
}

// unscaled reads a decimal as an integer at the given scale; ok is false when digits would be lost.
func unscaled(text string, scale int) (int64, bool) {
	neg := strings.HasPrefix(text, "-")
	whole, frac, _ := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	if len(frac) > scale {
		if strings.Trim(frac[scale:], "0") != "" {
			return 0, false
		}
		frac = frac[:scale]
	}
	digits := whole + frac + strings.Repeat("0", scale-len(frac))
	if len(digits) > 18 {
		digits = strings.TrimLeft(digits, "0")
		if len(digits) > 18 {
			return 0, false
		}
	}
	v := int64(0)
	for _, d := range digits {
		if d < '0' || d > '9' {
			return 0, false
		}
		v = v*10 + int64(d-'0')
	}
	if neg {
		v = -v
	}
	return v, true
}
