package text

import (
	"testing"

	"skep/engine/format"
)

// FuzzRead reads arbitrary bytes under every type: no input may panic or fail.
func FuzzRead(f *testing.F) {
	f.Add([]byte("1|2.5|2020-01-01|a\x02b\x03c\n"), "|", true)
	f.Add([]byte("\xef\xbb\xbfx\r\n\r\\|\\"), "\\", false)
	schema := []string{"tinyint", "bigint", "decimal(9,3)", "decimal(38,10)", "float", "double", "boolean", "date", "timestamp",
		"timestamp with local time zone", "interval_day_time", "interval_year_month", "binary", "char(3)", "varchar(2)", "string",
		"array<struct<a:int,b:string>>", "map<string,array<int>>", "uniontype<int,string,array<date>>", "struct<a:int,b:map<date,double>>"}
	columns := schemaOf(f, schema...)
	f.Fuzz(func(t *testing.T, data []byte, delimiter string, escaped bool) {
		properties := map[string]string{"field.delim": delimiter, "timestamp.formats": "millis,yyyy/MM/dd[ HH:mm],iso8601"}
		if escaped {
			properties["escape.delim"] = "\\"
		}
		for _, version := range []string{"3.1", "4.0"} {
			read(t, "f", &format.ReadOptions{Open: memory{"f": data}, Schema: columns, Projection: all(len(columns)), Properties: properties,
				Session: format.Session{HiveVersion: version}}, 1<<20)
		}
	})
}
