package ddl

import (
	"maps"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/sqlerr"
	"skep/dialect/storage"
	"skep/metastore/model"
)

// storageOf gives the storage descriptor for ROW FORMAT and STORED AS clauses, defaults included.
func (env *Env) storageOf(row *ast.RowFormat, file *ast.FileFormat, external bool) (*model.StorageDescriptor, error) {
	c := env.Session.Conf()
	name := c.Get("hive.default.fileformat")
	if m := c.Get("hive.default.fileformat.managed"); !external && m != "" && !strings.EqualFold(m, "none") {
		name = m
	}
	return env.storageFor(name, row, file)
}

// storageFor is storageOf with the format that is taken when none is given.
func (env *Env) storageFor(name string, row *ast.RowFormat, file *ast.FileFormat) (*model.StorageDescriptor, error) {
	sd := &model.StorageDescriptor{NumBuckets: -1}
	sd.SerDe.Parameters = map[string]string{}
	if file != nil && file.InputFormat != nil {
		sd.InputFormat, sd.OutputFormat, sd.SerDe.Library = text(file.InputFormat), text(file.OutputFormat), storage.LazySimpleSerDe
		if !storage.IsOutputFormat(sd.OutputFormat) {
			return nil, sqlerr.New(sqlerr.InvalidOutputFormatType)
		}
		if file.SerDe != nil {
			sd.SerDe.Library = file.SerDe.Value
		}
	} else {
		if file != nil && file.Name != nil {
			name = file.Name.Name
		}
		if file != nil && file.HandlerName != nil {
			return nil, sqlerr.Semanticf("tables STORED BY %s are not supported yet", file.HandlerName.Name)
		}
		if file != nil && file.Handler != nil {
			sd.SerDe.Library = storage.LazySimpleSerDe
			if row != nil && row.SerDe != nil {
				sd.SerDe.Library = row.SerDe.Value
			}
			sd.SerDe.Parameters["serialization.format"] = "1"
			maps.Copy(sd.SerDe.Parameters, properties(file.HandlerProperties))
			return sd, nil
		}
		f, ok := storage.ByName(name)
		if !ok {
			return nil, sqlerr.Semanticf("Unrecognized file format in STORED AS clause: '%s'", strings.ToUpper(name))
		}
		sd.InputFormat, sd.OutputFormat, sd.SerDe.Library = f.InputFormat, f.OutputFormat, f.SerDe
		if f.Name == "RCFILE" {
			sd.SerDe.Library = env.Session.Conf().Get("hive.default.rcfile.serde")
		}
	}
	sd.SerDe.Parameters["serialization.format"] = "1"
	if row == nil {
		return sd, nil
	}
	if row.SerDe != nil {
		sd.SerDe.Library = row.SerDe.Value
		maps.Copy(sd.SerDe.Parameters, properties(row.SerDeProperties))
		return sd, nil
	}
	if sd.InputFormat == storage.TextInputFormat && sd.SerDe.Library == storage.JSONSerDe {
		sd.SerDe.Library = storage.LazySimpleSerDe
	}
	return sd, delimited(sd.SerDe.Parameters, row)
}

// delimited notes the clauses of ROW FORMAT DELIMITED.
func delimited(p map[string]string, row *ast.RowFormat) error {
	if row.Fields != nil {
		p["field.delim"] = row.Fields.Value
		p["serialization.format"] = row.Fields.Value
	}
	if row.Escaped != nil {
		p["escape.delim"] = row.Escaped.Value
	}
	if row.CollectionItems != nil {
		p["collection.delim"] = row.CollectionItems.Value
	}
	if row.MapKeys != nil {
		p["mapkey.delim"] = row.MapKeys.Value
	}
	if row.Lines != nil {
		if v := row.Lines.Value; v != "\n" && v != "10" {
			line, col, token := row.Lines.Where()
			return sqlerr.Semanticf("%d:%d LINES TERMINATED BY only supports newline '\\n' right now. Error encountered near token '%s'", line, col, token)
		}
		p["line.delim"] = row.Lines.Value
	}
	if row.NullDefined != nil {
		p["serialization.null.format"] = row.NullDefined.Value
	}
	return nil
}
