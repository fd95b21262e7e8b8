package rowset

import (
	"github.com/beltran/gohive/hiveserver"

	"skep/dialect/types"
)

// Column describes a result column to Schema.
type Column struct {
	Name, Comment string
	Type          *types.Type
}

// Qualifiers of TTypeDesc.
const (
	qualifierLength    = "characterMaximumLength"
	qualifierPrecision = "precision"
	qualifierScale     = "scale"
)

// Schema returns the result set's metadata. Positions count from 1, and every type, nested ones included, is a single primitive
// entry: clients look at nothing else.
func Schema(columns []Column) *hiveserver.TTableSchema {
	s := &hiveserver.TTableSchema{Columns: make([]*hiveserver.TColumnDesc, len(columns))}
	for i, c := range columns {
		entry := &hiveserver.TPrimitiveTypeEntry{Type: TypeID(c.Type)}
		switch c.Type.Kind {
		case types.Char, types.Varchar:
			entry.TypeQualifiers = qualifiers(map[string]int{qualifierLength: c.Type.Length})
		case types.Decimal:
			entry.TypeQualifiers = qualifiers(map[string]int{qualifierPrecision: c.Type.Precision, qualifierScale: c.Type.Scale})
		}
		d := &hiveserver.TColumnDesc{
			ColumnName: c.Name,
			Position:   int32(i + 1),
			TypeDesc:   &hiveserver.TTypeDesc{Types: []*hiveserver.TTypeEntry{{PrimitiveEntry: entry}}},
		}
		if c.Comment != "" {
			d.Comment = &columns[i].Comment
		}
		s.Columns[i] = d
	}
	return s
}

func qualifiers(values map[string]int) *hiveserver.TTypeQualifiers {
	q := &hiveserver.TTypeQualifiers{Qualifiers: make(map[string]*hiveserver.TTypeQualifierValue, len(values))}
	for name, v := range values {
		value := int32(v)
		q.Qualifiers[name] = &hiveserver.TTypeQualifierValue{I32Value: &value}
	}
	return q
}

// TypeID returns the protocol's type id.
func TypeID(t *types.Type) hiveserver.TTypeId {
	switch t.Kind {
	case types.Boolean:
		return hiveserver.TTypeId_BOOLEAN_TYPE
	case types.TinyInt:
		return hiveserver.TTypeId_TINYINT_TYPE
	case types.SmallInt:
		return hiveserver.TTypeId_SMALLINT_TYPE
	case types.Int:
		return hiveserver.TTypeId_INT_TYPE
	case types.BigInt:
		return hiveserver.TTypeId_BIGINT_TYPE
	case types.Decimal:
		return hiveserver.TTypeId_DECIMAL_TYPE
	case types.Float:
		return hiveserver.TTypeId_FLOAT_TYPE
	case types.Double:
		return hiveserver.TTypeId_DOUBLE_TYPE
	case types.String:
		return hiveserver.TTypeId_STRING_TYPE
	case types.Varchar:
		return hiveserver.TTypeId_VARCHAR_TYPE
	case types.Char:
		return hiveserver.TTypeId_CHAR_TYPE
	case types.Binary:
		return hiveserver.TTypeId_BINARY_TYPE
	case types.Date:
		return hiveserver.TTypeId_DATE_TYPE
	case types.Timestamp:
		return hiveserver.TTypeId_TIMESTAMP_TYPE
	case types.TimestampLTZ:
		return hiveserver.TTypeId_TIMESTAMPLOCALTZ_TYPE
	case types.IntervalYearMonth:
		return hiveserver.TTypeId_INTERVAL_YEAR_MONTH_TYPE
	case types.IntervalDayTime:
		return hiveserver.TTypeId_INTERVAL_DAY_TIME_TYPE
	case types.Array:
		return hiveserver.TTypeId_ARRAY_TYPE
	case types.Map:
		return hiveserver.TTypeId_MAP_TYPE
	case types.Struct:
		return hiveserver.TTypeId_STRUCT_TYPE
	case types.Union:
		return hiveserver.TTypeId_UNION_TYPE
	default:
		return hiveserver.TTypeId_NULL_TYPE
	}
}
