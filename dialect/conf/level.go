package conf

// Difference is something that Hive 3.1 and Hive 4.0 answer differently, so that the level of compatibility decides.
type Difference struct {
	Name           string // a few words, unique
	Hive31, Hive40 string // what each does
	Where          string // the code that decides
}

// Differences is the table of what skep.hive.version changes in the answers to queries. test/qfile/inprocess has a statement for each of
// them with the answers of both.
func Differences() []Difference {
	return []Difference{
		{"order of NULL", "first in ascending order", "last, by hive.default.nulls.last", "Conf.NullsLast"},
		{"days beyond the month", "roll over into the next", "make a date NULL", "calendar.CheckedDays"},
		{"months beyond the year", "roll over into the next", "make a date NULL", "calendar.CheckedDays"},
		{"scale of folded decimals", "the digits that the value has", "the digits of the type", "optimizer, fold"},
		{"casts of timestamps to integers", "allowed", "refused, by hive.strict.timestamp.conversion", "function.CheckCast"},
		{"casts of integers to timestamps", "allowed", "refused, by hive.strict.timestamp.conversion", "function.CheckCast"},
		{"dates as conditions", "NULL", "refused, by hive.strict.timestamp.conversion", "analyzer, logical"},
		{"sign of a zero in a query", "kept", "lost", "analyzer, unary; query, folder"},
		{"letters of date patterns", "SimpleDateFormat's", "DateTimeFormatter's", "calendar, pattern"},
		{"a test such as IS NULL behind an operation or a comparison", "of its last operand", "of the whole", "parser, isTest"},
		{"nested types in CAST", "not in the grammar", "NULL, unless the value is of the type", "parser, cast; analyzer, castExpr"},
		{"numbers with a point or exponent cast to INT and BIGINT", "the limit of the type, or NULL", "the low bits", "analyzer, wrappedNumber"},
		{"nested values as text", "allowed", "refused", "analyzer, checkCast"},
		{"digits of an average of decimals", "those of a division of sum and count", "four more than the values'", "analyzer, decimalAverage"},
		{"statistics of a column by compute_stats", "a function", "gone", "function.Known"},
		{"statement that inserts the rows of an update", "the one of its deletes", "the next one", "query, target"},
		{"managed tables without transactions", "managed", "external, with their files", "ddl, translate"},
		{"functions that 4.0 added", "unknown", "known", "function.Known"},
	}
}
