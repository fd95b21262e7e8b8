package query

import (
	"maps"

	"skep/dialect/catalog"
	"skep/dialect/conf"
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

// formats are the storage formats, with their caches of file footers.
type formats struct {
	orc     format.Format
	parquet format.Format
}

// footerCache is the number of files whose footers each columnar format remembers.
const footerCache = 4096

func newFormats() *formats {
	return &formats{orc: orc.New(), parquet: parquet.Format{Cache: parquet.NewCache(footerCache)}}
}

// find returns the implementation of a table's or partition's storage. Unknown classes are an error at use, not before.
func (f *formats) find(inputFormat, serde string) (format.Format, error) {
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
	s, err := f.serde(serde)
	if err != nil {
		return nil, err
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

// serde returns the SerDe of rows of a class.
func (f *formats) serde(class string) (record.SerDe, error) {
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

// textExtension is the extension of the names of text files that the session asks to be compressed.
func (st *Statement) textExtension(inputFormat string) (string, error) {
	if inputFormat != storage.TextInputFormat {
		return "", nil
	}
	session := formatSession(st.conf)
	codec, err := text.OutputCodec(&session)
	return codec.Extension(), err
}

// formatSession gives a format the settings it may depend on.
func formatSession(c *conf.Conf) format.Session {
	return format.Session{HiveVersion: c.HiveVersion(), Location: location(c), Conf: c.Get}
}

// formatColumns are table columns as formats see them.
func formatColumns(cols []catalog.Column) []format.Column {
	out := make([]format.Column, len(cols))
	for i, c := range cols {
		out[i] = format.Column{Name: c.Name, Type: c.Type}
	}
	return out
}

// merged overlays property maps, the later ones winning.
func merged(ms ...map[string]string) map[string]string {
	out := map[string]string{}
	for _, m := range ms {
		maps.Copy(out, m)
	}
	return out
}
