package operation

import (
	"math"

	"skep/dialect/types"
)

// typeInfo is what JDBC knows of a type.
type typeInfo struct {
	name      string
	sqlType   int // java.sql.Types
	precision int // 0: none
	complex   bool
}

// Constants of java.sql.Types and java.sql.DatabaseMetaData.
const (
	sqlNull      = 0
	sqlChar      = 1
	sqlDecimal   = 3
	sqlInteger   = 4
	sqlSmallInt  = 5
	sqlFloat     = 6
	sqlDouble    = 8
	sqlVarchar   = 12
	sqlBoolean   = 16
	sqlDate      = 91
	sqlTimestamp = 93
	sqlOther     = 1111
	sqlJava      = 2000
	sqlStruct    = 2002
	sqlArray     = 2003
	sqlBinary    = -2
	sqlBigInt    = -5
	sqlTinyInt   = -6

	typePredNone   = 0
	typeSearchable = 3
	functionScalar = 1
	functionTable  = 2
)

// typeInfos lists Hive's types in the order of GetTypeInfo.
func typeInfos() []typeInfo {
	return []typeInfo{
		{name: "VOID", sqlType: sqlNull},
		{name: "BOOLEAN", sqlType: sqlBoolean},
		{name: "TINYINT", sqlType: sqlTinyInt, precision: 3},
		{name: "SMALLINT", sqlType: sqlSmallInt, precision: 5},
		{name: "INT", sqlType: sqlInteger, precision: 10},
		{name: "BIGINT", sqlType: sqlBigInt, precision: 19},
		{name: "FLOAT", sqlType: sqlFloat, precision: 7},
		{name: "DOUBLE", sqlType: sqlDouble, precision: 15},
		{name: "STRING", sqlType: sqlVarchar},
		{name: "CHAR", sqlType: sqlChar},
		{name: "VARCHAR", sqlType: sqlVarchar},
		{name: "DATE", sqlType: sqlDate},
		{name: "TIMESTAMP", sqlType: sqlTimestamp},
		{name: "TIMESTAMP WITH LOCAL TIME ZONE", sqlType: sqlOther},
		{name: "INTERVAL_YEAR_MONTH", sqlType: sqlOther},
		{name: "INTERVAL_DAY_TIME", sqlType: sqlOther},
		{name: "BINARY", sqlType: sqlBinary},
		{name: "DECIMAL", sqlType: sqlDecimal, precision: types.MaxPrecision},
		{name: "ARRAY", sqlType: sqlArray, complex: true},
		{name: "MAP", sqlType: sqlJava, complex: true},
		{name: "STRUCT", sqlType: sqlStruct, complex: true},
		{name: "UNIONTYPE", sqlType: sqlOther, complex: true},
		{name: "USER_DEFINED", sqlType: sqlOther, complex: true},
	}
}

// javaType returns the java.sql.Types code of t.
func javaType(t *types.Type) int {
	switch t.Kind {
	case types.Boolean:
		return sqlBoolean
	case types.TinyInt:
		return sqlTinyInt
	case types.SmallInt:
		return sqlSmallInt
	case types.Int:
		return sqlInteger
	case types.BigInt:
		return sqlBigInt
	case types.Float:
		return sqlFloat
	case types.Double:
		return sqlDouble
	case types.Decimal:
		return sqlDecimal
	case types.String, types.Varchar:
		return sqlVarchar
	case types.Char:
		return sqlChar
	case types.Date:
		return sqlDate
	case types.Timestamp:
		return sqlTimestamp
	case types.Binary:
		return sqlBinary
	case types.Array:
		return sqlArray
	case types.Map:
		return sqlJava
	case types.Struct:
		return sqlStruct
	case types.Void:
		return sqlNull
	default:
		return sqlOther
	}
}

// columnSize is COLUMN_SIZE of GetColumns: precision, or length of the text; nil when it does not apply.
func columnSize(t *types.Type) any {
	switch t.Kind {
	case types.TinyInt:
		return 3
	case types.SmallInt:
		return 5
	case types.Int:
		return 10
	case types.BigInt:
		return 19
	case types.Float:
		return 7
	case types.Double:
		return 15
	case types.Decimal:
		return t.Precision
	case types.String, types.Binary:
		return math.MaxInt32
	case types.Char, types.Varchar:
		return t.Length
	case types.Date:
		return 10
	case types.Timestamp:
		return 29
	case types.TimestampLTZ:
		return 31
	}
	return nil
}

// decimalDigits is DECIMAL_DIGITS of GetColumns.
func decimalDigits(t *types.Type) any {
	switch t.Kind {
	case types.Boolean, types.TinyInt, types.SmallInt, types.Int, types.BigInt:
		return 0
	case types.Float:
		return 7
	case types.Double:
		return 15
	case types.Decimal:
		return t.Scale
	case types.Timestamp:
		return 9
	}
	return nil
}

// radix is NUM_PREC_RADIX: 10 for numbers.
func radix(numeric bool) any {
	if numeric {
		return 10
	}
	return nil
}
