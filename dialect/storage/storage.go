// Package storage knows Hive's storage formats by the names that statements use and the Java classes that the metastore
// keeps.
package storage

import (
	"strings"

	"skep/dialect/types"
)

// Format is a triple of Java classes as the metastore keeps them.
type Format struct {
	Name         string // as in STORED AS, upper case
	InputFormat  string
	OutputFormat string
	SerDe        string
}

// The SerDe and format classes that the engine knows.
const (
	LazySimpleSerDe          = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
	MultiDelimitSerDe        = "org.apache.hadoop.hive.serde2.MultiDelimitSerDe"
	ContribMultiDelimitSerDe = "org.apache.hadoop.hive.contrib.serde2.MultiDelimitSerDe"
	OpenCSVSerDe             = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
	RegexSerDe               = "org.apache.hadoop.hive.serde2.RegexSerDe"
	JSONSerDe                = "org.apache.hadoop.hive.serde2.JsonSerDe"
	HCatalogJSONSerDe        = "org.apache.hive.hcatalog.data.JsonSerDe"
	OrcSerDe                 = "org.apache.hadoop.hive.ql.io.orc.OrcSerde"
	ParquetSerDe             = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
	AvroSerDe                = "org.apache.hadoop.hive.serde2.avro.AvroSerDe"
	LazyBinarySerDe          = "org.apache.hadoop.hive.serde2.lazybinary.LazyBinarySerDe"
	LazyBinaryColumnarSerDe  = "org.apache.hadoop.hive.serde2.columnar.LazyBinaryColumnarSerDe"
	ColumnarSerDe            = "org.apache.hadoop.hive.serde2.columnar.ColumnarSerDe"

	TextInputFormat      = "org.apache.hadoop.mapred.TextInputFormat"
	TextOutputFormat     = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
	OrcInputFormat       = "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat"
	OrcOutputFormat      = "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat"
	ParquetInputFormat   = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
	ParquetOutputFormat  = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"
	SequenceInputFormat  = "org.apache.hadoop.mapred.SequenceFileInputFormat"
	SequenceOutputFormat = "org.apache.hadoop.hive.ql.io.HiveSequenceFileOutputFormat"
	RCFileInputFormat    = "org.apache.hadoop.hive.ql.io.RCFileInputFormat"
	RCFileOutputFormat   = "org.apache.hadoop.hive.ql.io.RCFileOutputFormat"
	AvroInputFormat      = "org.apache.hadoop.hive.ql.io.avro.AvroContainerInputFormat"
	AvroOutputFormat     = "org.apache.hadoop.hive.ql.io.avro.AvroContainerOutputFormat"
)

var formats = []Format{
	{"TEXTFILE", TextInputFormat, TextOutputFormat, LazySimpleSerDe},
	{"SEQUENCEFILE", SequenceInputFormat, SequenceOutputFormat, LazySimpleSerDe},
	{"RCFILE", RCFileInputFormat, RCFileOutputFormat, LazyBinaryColumnarSerDe},
	{"ORC", OrcInputFormat, OrcOutputFormat, OrcSerDe},
	{"ORCFILE", OrcInputFormat, OrcOutputFormat, OrcSerDe},
	{"PARQUET", ParquetInputFormat, ParquetOutputFormat, ParquetSerDe},
	{"PARQUETFILE", ParquetInputFormat, ParquetOutputFormat, ParquetSerDe},
	{"AVRO", AvroInputFormat, AvroOutputFormat, AvroSerDe},
	{"AVROFILE", AvroInputFormat, AvroOutputFormat, AvroSerDe},
	{"JSONFILE", TextInputFormat, TextOutputFormat, JSONSerDe},
}

// ByName returns the format that STORED AS name means, in any case; ok is false for an unknown name.
func ByName(name string) (Format, bool) {
	for _, f := range formats {
		if strings.EqualFold(f.Name, name) {
			return f, true
		}
	}
	return Format{}, false
}

// DeclaredType gives the type under which a column of a table with the SerDe is read: OpenCSVSerde knows strings only, whatever
// the table declares.
func DeclaredType(serde string, t *types.Type) *types.Type {
	if serde == OpenCSVSerDe {
		return types.StringType
	}
	return t
}

// ShownComment gives the comment that Hive shows for a data column of a table with the SerDe, and whether it shows one: where the
// SerDe says which columns there are (those not in metastore.serdes.using.metastore.for.schema), the declared comment counts
// only if the SerDe keeps it, and there is always one. hive3 asks for the rule of Hive 3.1.
func ShownComment(serde, declared string, hive3 bool) (comment string, shown bool) {
	switch serde {
	case AvroSerDe, RegexSerDe:
		return declared, true
	case JSONSerDe, HCatalogJSONSerDe, MultiDelimitSerDe, ContribMultiDelimitSerDe:
		return FromDeserializer, true
	case OpenCSVSerDe:
		if hive3 {
			return FromDeserializer, true
		}
	}
	return declared, declared != ""
}

// FromDeserializer is the comment of columns about which only their SerDe knows.
const FromDeserializer = "from deserializer"

// OutputFormat is the class that Hive writes with where a table names class: its substitute for some classes of Hadoop's and
// old ones of its own.
func OutputFormat(class string) string {
	switch class {
	case "org.apache.hadoop.mapred.SequenceFileOutputFormat":
		return SequenceOutputFormat
	case "org.apache.hadoop.hive.ql.io.IgnoreKeyTextOutputFormat":
		return TextOutputFormat
	}
	return class
}

// IsOutputFormat reports whether a table may be written by a class. Classes that are not known may be; Hadoop's own and Java's
// are not Hive's, but for those that Hive has a substitute for.
func IsOutputFormat(class string) bool {
	switch class {
	case "org.apache.hadoop.mapred.SequenceFileOutputFormat":
		return true
	}
	return !strings.HasPrefix(class, "java.") && !strings.HasPrefix(class, "org.apache.hadoop.mapred.") &&
		!strings.HasPrefix(class, "org.apache.hadoop.mapreduce.")
}
