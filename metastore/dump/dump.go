// Package dump reads and writes _metadata, the file with which EXPORT TABLE describes a table and its partitions and from
// which IMPORT makes them. It is Hive's format 0.2 (org.apache.hadoop.hive.ql.parse.EximUtil): a JSON object with the
// version, the table and the partitions, each of them a string of Thrift's JSON protocol with the structs of
// hive_metastore.thrift.
package dump

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"skep/metastore/model"
)

// FileName is the name of the file in the directory of an export.
const FileName = "_metadata"

// DataDir is the directory, below that of an export, of the files of an unpartitioned table. Those of a partition are in
// the directory of the partition's name.
const DataDir = "data"

// version is that of the format.
const version = "0.2"

// Dump is the content of a file.
type Dump struct {
	Table      *model.Table // nil in a dump of something else
	Partitions []*model.Partition
	// Replication says that the dump was made FOR REPLICATION.
	Replication bool
}

// ErrVersion is what Decode fails with, wrapped, for a format that is neither backward nor forward compatible.
var ErrVersion = errors.New("incompatible version")

// Encode gives the text of a file.
func Encode(d *Dump) ([]byte, error) {
	file := struct {
		Version    string   `json:"version"`
		Table      string   `json:"table"`
		Partitions []string `json:"partitions"`
	}{Version: version, Partitions: []string{}}
	file.Table = string(encodeTable(d.Table))
	for _, p := range d.Partitions {
		file.Partitions = append(file.Partitions, string(encodePartition(d.Table, p)))
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(file); err != nil {
		return nil, fmt.Errorf("encoding the description of %s.%s: %w", d.Table.Database, d.Table.Name, err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// Decode reads the text of a file.
func Decode(text []byte) (*Dump, error) {
	var file struct {
		Version     *string  `json:"version"`
		Forward     string   `json:"fcversion"`
		Table       string   `json:"table"`
		Partitions  []string `json:"partitions"`
		Replication string   `json:"repl.scope"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("reading the description of an export: %w", err)
	}
	if err := compatible(file.Version, file.Forward); err != nil {
		return nil, err
	}
	d := &Dump{Replication: file.Replication != ""}
	if file.Table == "" {
		return d, nil
	}
	v, err := parse(file.Table)
	if err != nil {
		return nil, fmt.Errorf("reading the table of an export: %w", err)
	}
	d.Table = decodeTable(v)
	for _, text := range file.Partitions {
		if v, err = parse(text); err != nil {
			return nil, fmt.Errorf("reading a partition of an export: %w", err)
		}
		p := decodePartition(v)
		if len(p.Values) != len(d.Table.PartitionKeys) {
			return nil, fmt.Errorf("reading a partition of an export: %w: %d values for %d keys", errSyntax, len(p.Values), len(d.Table.PartitionKeys))
		}
		d.Partitions = append(d.Partitions, p)
	}
	return d, nil
}

// compatible checks versions as Hive does: the major number must be ours, or the text must say that it can be read by ours.
func compatible(v *string, forward string) error {
	if v == nil {
		return fmt.Errorf("%w: Version number missing", ErrVersion)
	}
	major := func(s string) int {
		s, _, _ = strings.Cut(s, ".")
		n, err := strconv.Atoi(s)
		if err != nil {
			return -1
		}
		return n
	}
	ours, theirs := major(version), major(*v)
	if ours > theirs {
		return fmt.Errorf("%w: Not backward compatible. Producer version %s, Consumer version %s", ErrVersion, *v, version)
	}
	if ours < theirs && (forward == "" || major(forward) > ours || forward > version) {
		return fmt.Errorf("%w: Not forward compatible.Producer version %s, Consumer version %s", ErrVersion, *v, version)
	}
	return nil
}

// The numbers of the fields are those of hive_metastore.thrift.

// catalogName is the only catalog there is.
const catalogName = "hive"

var ownerTypes = []string{"", "USER", "ROLE", "GROUP"}

func encodeTable(t *model.Table) []byte {
	e := &encoder{}
	e.record(func() {
		e.strField(1, t.Name)
		e.strField(2, t.Database)
		e.strField(3, t.Owner)
		e.intField(4, t.CreateTime)
		e.intField(5, t.LastAccessTime)
		e.intField(6, t.Retention)
		e.recordField(7, func() { e.storage(t.Storage, t.Location) })
		e.columns(8, t.PartitionKeys)
		e.mapField(9, t.Parameters)
		e.optional(10, t.ViewOriginalText)
		e.optional(11, t.ViewExpandedText)
		e.strField(12, string(t.Type))
		e.boolField(15, t.RewriteEnabled)
		e.strField(17, catalogName)
		for i, name := range ownerTypes {
			if i > 0 && name == t.OwnerType {
				e.intField(18, int64(i))
			}
		}
	})
	return e.b
}

func encodePartition(t *model.Table, p *model.Partition) []byte {
	e := &encoder{}
	e.record(func() {
		e.strings(1, p.Values)
		e.strField(2, t.Database)
		e.strField(3, t.Name)
		e.intField(4, p.CreateTime)
		e.intField(5, p.LastAccessTime)
		sd := p.Storage
		if sd == nil {
			sd = t.Storage
		}
		e.recordField(6, func() { e.storage(sd, p.Location) })
		e.mapField(7, p.Parameters)
		e.strField(9, catalogName)
	})
	return e.b
}

func (e *encoder) columns(id int, cols []model.Column) {
	e.listField(id, "rec", len(cols), func(i int) {
		e.record(func() {
			e.strField(1, cols[i].Name)
			e.strField(2, cols[i].Type)
			e.optional(3, cols[i].Comment)
		})
	})
}

func (e *encoder) storage(s *model.StorageDescriptor, location string) {
	e.columns(1, s.Columns)
	e.optional(2, location)
	e.optional(3, s.InputFormat)
	e.optional(4, s.OutputFormat)
	e.boolField(5, s.Compressed)
	e.intField(6, int64(s.NumBuckets))
	e.recordField(7, func() {
		e.optional(1, s.SerDe.Name)
		e.optional(2, s.SerDe.Library)
		e.mapField(3, s.SerDe.Parameters)
	})
	e.strings(8, s.BucketColumns)
	e.listField(9, "rec", len(s.SortColumns), func(i int) {
		e.record(func() {
			e.strField(1, s.SortColumns[i].Column)
			e.intField(2, int64(s.SortColumns[i].Order))
		})
	})
	e.mapField(10, s.Parameters)
	e.recordField(11, func() {
		e.strings(1, s.Skew.Columns)
		e.listField(2, "lst", len(s.Skew.Values), func(i int) {
			e.list("str", len(s.Skew.Values[i]), func(k int) { e.str(s.Skew.Values[i][k]) })
		})
		// Where list bucketing has put values is found out by looking, and an import puts them elsewhere.
		e.field(3, "map", func() { e.b = append(e.b, `["lst","str",0,{}]`...) })
	})
	e.boolField(12, s.StoredAsSubDirectories)
}

func decodeTable(v value) *model.Table {
	t := &model.Table{
		Name: v.str(1), Database: v.str(2), Owner: v.str(3), CreateTime: v.int(4), LastAccessTime: v.int(5), Retention: v.int(6),
		PartitionKeys: decodeColumns(v.field(8)), Parameters: v.strMap(9), ViewOriginalText: v.str(10), ViewExpandedText: v.str(11),
		Type: model.TableType(v.str(12)), RewriteEnabled: v.bool(15),
	}
	if n := v.int(18); n > 0 && int(n) < len(ownerTypes) {
		t.OwnerType = ownerTypes[n]
	}
	t.Storage, t.Location = decodeStorage(v.field(7))
	return t
}

func decodePartition(v value) *model.Partition {
	p := &model.Partition{Values: v.strings(1), CreateTime: v.int(4), LastAccessTime: v.int(5), Parameters: v.strMap(7)}
	p.Storage, p.Location = decodeStorage(v.field(6))
	return p
}

func decodeColumns(v value) []model.Column {
	var out []model.Column
	for _, c := range v.elements() {
		out = append(out, model.Column{Name: c.str(1), Type: c.str(2), Comment: c.str(3)})
	}
	return out
}

func decodeStorage(v value) (*model.StorageDescriptor, string) {
	serde, skew := v.field(7), v.field(11)
	s := &model.StorageDescriptor{
		Columns: decodeColumns(v.field(1)), InputFormat: v.str(3), OutputFormat: v.str(4), Compressed: v.bool(5), NumBuckets: int(v.int(6)),
		SerDe:         model.SerDe{Name: serde.str(1), Library: serde.str(2), Parameters: serde.strMap(3)},
		BucketColumns: v.strings(8), Parameters: v.strMap(10), Skew: model.Skew{Columns: skew.strings(1)}, StoredAsSubDirectories: v.bool(12),
	}
	for _, c := range v.field(9).elements() {
		s.SortColumns = append(s.SortColumns, model.SortColumn{Column: c.str(1), Order: int(c.int(2))})
	}
	for _, tuple := range skew.field(2).elements() {
		s.Skew.Values = append(s.Skew.Values, texts(tuple.elements()))
	}
	return s, v.str(2)
}
