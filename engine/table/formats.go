// Package table reads the tables of plans: files of any format that Hive knows, partition by partition, as columns of a scan. It also
// knows which code implements a storage format.
package table

import (
	"maps"

	"skep/dialect/catalog"
	"skep/dialect/sqlerr"
	"skep/dialect/storage"
	"skep/engine/format"
	"skep/engine/format/avro"
	"skep/engine/format/csv"
	"skep/engine/format/json"
	"skep/engine/format/lazybinary"
	"skep/engine/format/orc"
	"skep/engine/format/parquet"
	"skep/engine/format/rcfile"
	"skep/engine/format/record"
	"skep/engine/format/regex"
	"skep/engine/format/sequencefile"
	"skep/engine/format/text"
)

// Formats are the storage formats, with their caches of file footers.
type Formats struct {
	orc     format.Format
	parquet format.Format
}

// footerCache is the number of files whose footers each columnar format remembers.
const footerCache = 4096

// NewFormats returns the formats.
func NewFormats() *Formats {
	return &Formats{orc: orc.New(), parquet: parquet.Format{Cache: parquet.NewCache(footerCache)}}
}

// Find returns the implementation of a table's or partition's storage. Unknown classes are an error at use, not before.
func (f *Formats) Find(inputFormat, serde string) (format.Format, error) {
	switch inputFormat {
	case storage.OrcInputFormat:
		return f.orc, nil
	case storage.ParquetInputFormat:
		return f.parquet, nil
	case storage.AvroInputFormat:
		if serde != storage.AvroSerDe {
			return nil, sqlerr.Semanticf("the SerDe %s is not supported", serde)
		}
		return avro.Format{}, nil
	case storage.RCFileInputFormat:
		switch serde {
		case storage.ColumnarSerDe, storage.LazyBinaryColumnarSerDe:
			return rcfile.Format{Binary: serde == storage.LazyBinaryColumnarSerDe}, nil
		}
		return nil, sqlerr.Semanticf("the SerDe %s is not supported", serde)
	}
	c, err := container(inputFormat)
	if err != nil {
		return nil, err
	}
	s, err := f.SerDe(serde)
	if err != nil {
		return nil, err
	}
	if serde != storage.LazyBinarySerDe {
		s = record.Encoded{SerDe: s}
	}
	return record.Format{Container: c, SerDe: s}, nil
}

// container returns the container of rows that an input format is.
func container(inputFormat string) (record.Container, error) {
	switch inputFormat {
	case storage.TextInputFormat:
		return text.Lines{}, nil
	case storage.SequenceInputFormat:
		return sequencefile.Container{}, nil
	}
	return nil, sqlerr.Semanticf("the input format %s is not supported", inputFormat)
}

// SerDe returns the SerDe of rows of a class.
func (f *Formats) SerDe(class string) (record.SerDe, error) {
	switch class {
	case storage.LazySimpleSerDe, "":
		return text.SerDe{}, nil
	case storage.MultiDelimitSerDe, storage.ContribMultiDelimitSerDe:
		return text.SerDe{MultiDelimit: true}, nil
	case storage.JSONSerDe, storage.HCatalogJSONSerDe:
		return json.SerDe{}, nil
	case storage.OpenCSVSerDe:
		return csv.SerDe{}, nil
	case storage.LazyBinarySerDe:
		return lazybinary.SerDe{}, nil
	case storage.RegexSerDe:
		return regex.SerDe{}, nil
	}
	return nil, sqlerr.Semanticf("the SerDe %s is not supported", class)
}

// TextExtension is the extension of the names of text files that the session asks to be compressed.
func TextExtension(inputFormat string, session format.Session) (string, error) {
	if inputFormat != storage.TextInputFormat {
		return "", nil
	}
	codec, err := text.OutputCodec(&session)
	return codec.Extension(), err
}

// Columns are table columns as formats see them.
func Columns(cols []catalog.Column) []format.Column {
	out := make([]format.Column, len(cols))
	for i, c := range cols {
		out[i] = format.Column{Name: c.Name, Type: c.Type}
	}
	return out
}

// Merged overlays property maps, the later ones winning.
func Merged(ms ...map[string]string) map[string]string {
	out := map[string]string{}
	for _, m := range ms {
		maps.Copy(out, m)
	}
	return out
}
