//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"skep/test/hs2"
)

// everyType is a table with a column of each type that files can hold.
const everyType = `id int, bo boolean, ti tinyint, si smallint, bi bigint, fl float, db double, d9 decimal(9,2), d18 decimal(18,4), d38 decimal(38,10),
	st string, vc varchar(20), ch char(8), bn binary, dt date, ts timestamp, ai array<int>, ast array<string>, ma map<string,int>,
	sr struct<a:int,b:string,c:array<double>>, deep map<string,array<struct<x:int,y:string>>>`

// avroTypes are those of everyType that Avro tables of Hive can have, in the same order: it has no tinyint and smallint.
var avroTypes = strings.NewReplacer("ti tinyint, si smallint, ", "").Replace(everyType)

// everyTypeRows are rows of everyType as fields of a text table (LazySimpleSerDe: \x01 between fields, \x02 to \x05 inside them).
// They leave out what Hive itself cannot write to all formats, as empty binary values and NULL keys of maps, and arrays of one empty
// string: the temporary text file through which Hive passes the rows of a job to its client makes them empty.
var everyTypeRows = [][]string{
	{"1", "true", "1", "2", "4", "1.5", "2.25", "1.50", "12.3456", "1234567890.0123456789", "hällo", "varchar", "char", "Ynl0ZXM=", "2020-02-29",
		"2020-03-04 05:06:07.123456789", "1\x022\x023", "a\x02\x02c", "k\x031\x02l\x032", "7\x02seven\x021.5\x032.5", "p\x031\x05one\x042\x05two\x02q\x033\x05three"},
	{"2", "false", "-128", "-32768", "-9223372036854775808", "-3.4028235E38", "-1.7976931348623157E308", "-9999999.99", "-99999999999999.9999",
		"-9999999999999999999999999999.9999999999", " ", "a b", "x", "fw==", "1900-01-01", "1970-01-01 00:00:00", "-2147483648", "\\N", "k\x03-1", "\\N\x02\\N\x02\\N", ""},
	{"3", "true", "127", "32767", "9223372036854775807", "1.4E-45", "4.9E-324", "9999999.99", "99999999999999.9999",
		"9999999999999999999999999999.9999999999", "漢字 🐝", "12345678901234567890", "12345678", "w6k=", "9999-12-31", "2262-04-11 23:47:16.854775", "2147483647\x02\\N", "\\N\x02x", "y\x035\x02z\x03\\N", "1\x02\x02", "z\x03"},
	{"4", "\\N", "\\N", "\\N", "\\N", "\\N", "\\N", "\\N", "\\N", "\\N", "\\N", "\\N", "\\N", "\\N", "\\N", "\\N", "\\N", "\\N", "\\N", "\\N", "\\N"},
	{"5", "false", "0", "0", "0", "0.0", "-0.0", "0.00", "0.0000", "0.0000000000", "", "", "", "AA==", "1970-01-01", "1969-12-31 23:59:59.999", "", "\\N", "", "", ""},
	{"6", "true", "-1", "-1", "-1", "NaN", "Infinity", "0.01", "-0.0001", "0.0000000001", "tab\tquote\"back/slash", "ß", "ß", "YSxi", "1969-12-31", "2000-01-01 00:00:00.000001",
		"0", "\\N", "a\x03\\N", "0\x02x\x02NaN", "k\x03\\N"},
}

// longRows is how many rows the table has that spans pages, dictionaries, runs and row groups.
const longRows = 60_000

const longTypes = `id int, g string, s string, run bigint, i int, b bigint, d double, c decimal(18,4), w decimal(30,6), ts timestamp, dt date, a array<int>, m map<string,string>`

func longRow(r *rand.Rand, id int) []string {
	null := func(v string) string {
		if r.Intn(20) == 0 {
			return "\\N"
		}
		return v
	}
	items := make([]string, 1+r.Intn(4))
	for i := range items {
		items[i] = strconv.Itoa(r.Intn(1000))
	}
	return []string{strconv.Itoa(id), null("group " + strconv.Itoa(r.Intn(12))), null(strconv.FormatInt(r.Int63(), 36)), strconv.Itoa(id / 100 * 7), null(strconv.Itoa(int(int32(r.Uint32())))),
		null(strconv.FormatInt(int64(r.Uint64()), 10)), null(strconv.FormatFloat(r.NormFloat64(), 'E', -1, 64)), null(fmt.Sprintf("%d.%04d", r.Intn(1e9), r.Intn(1e4))),
		null(fmt.Sprintf("%d%d.%06d", r.Int63n(1e9), r.Int63n(1e12), r.Intn(1e6))),
		null(fmt.Sprintf("%04d-%02d-%02d %02d:%02d:%02d.%06d", 1990+r.Intn(60), 1+r.Intn(12), 1+r.Intn(28), r.Intn(24), r.Intn(60), r.Intn(60), r.Intn(1e6))),
		null(fmt.Sprintf("%04d-%02d-%02d", 1930+r.Intn(150), 1+r.Intn(12), 1+r.Intn(28))), null(strings.Join(items, "\x02")), null("k\x03" + items[0] + "\x02l\x03" + items[len(items)-1])}
}

// longDigest is what is compared of the long table: exact whatever the order of the rows.
const longDigest = `select g, count(*), count(s), count(i), sum(id), sum(run), sum(cast(i as bigint)), min(b), max(b), min(d), max(d), count(d), sum(c), max(w), min(w), min(ts), max(ts),
	count(distinct dt), min(dt), max(dt), sum(size(a)), sum(a[0]), min(s), max(s), sum(length(s)), max(m['k']), min(m['l']), count(distinct m['k']) from %s group by g`

// layout is a way to store a table.
type layout struct {
	name, clause string
	long         bool   // also for the long table
	foreign      string // the engine that does not know it
}

var layouts = []layout{
	{name: "text", clause: "stored as textfile"},
	{name: "sequence", clause: "stored as sequencefile"},
	{name: "rc", clause: "stored as rcfile"},
	{name: "avro", clause: "stored as avro"},
	{name: "json", clause: "row format serde 'org.apache.hadoop.hive.serde2.JsonSerDe' stored as textfile", foreign: "spark"},
	{name: "columnar", clause: "row format serde 'org.apache.hadoop.hive.serde2.columnar.ColumnarSerDe' stored as rcfile"},
	{name: "orc", clause: "stored as orc", long: true},
	{name: "orc_none", clause: "stored as orc tblproperties ('orc.compress'='NONE')", long: true},
	{name: "orc_snappy", clause: "stored as orc tblproperties ('orc.compress'='SNAPPY')", long: true},
	{name: "orc_lz4", clause: "stored as orc tblproperties ('orc.compress'='LZ4')", long: true},
	{name: "orc_zstd", clause: "stored as orc tblproperties ('orc.compress'='ZSTD')", long: true},
	{name: "orc_bloom", clause: "stored as orc tblproperties ('orc.bloom.filter.columns'='s,i', 'orc.stripe.size'='100000')", long: true},
	{name: "parquet", clause: "stored as parquet", long: true},
	{name: "parquet_none", clause: "stored as parquet tblproperties ('parquet.compression'='UNCOMPRESSED')", long: true},
	{name: "parquet_gzip", clause: "stored as parquet tblproperties ('parquet.compression'='GZIP')", long: true},
	{name: "parquet_zstd", clause: "stored as parquet tblproperties ('parquet.compression'='ZSTD')", long: true},
}

// TestCrossRead lets Hive and Spark read what skep wrote, and skep what they wrote: every format and codec, every type.
func TestCrossRead(t *testing.T) {
	for _, p := range []struct{ name, script string }{{"hive", "hive4/start.sh"}, {"spark", "spark/start.sh"}} {
		t.Run(p.name, func(t *testing.T) {
			x := &crossRead{t: t, name: p.name, peer: peer(t, p.name, p.script, nil), dir: t.TempDir()}
			var err error
			if x.skep, err = hs2.Dial(t.Context(), hs2.Options{Addr: address}); err != nil {
				t.Fatal(err)
			}
			defer x.skep.Close()
			x.sources()
			x.same(t, "select * from every_src order by id", true)
			x.same(t, fmt.Sprintf(longDigest, "long_src"), false)
			for _, l := range layouts {
				if l.foreign == p.name {
					continue
				}
				t.Run(l.name, func(t *testing.T) { x.exchange(t, l) })
			}
		})
	}
}

type crossRead struct {
	t          *testing.T
	name, dir  string
	skep, peer *hs2.Client
}

// sources makes the text tables that both engines copy.
func (x *crossRead) sources() {
	for _, c := range x.engines() {
		x.must(x.t, c, "drop database if exists skep_crossread cascade")
		x.must(x.t, c, "create database skep_crossread")
		x.must(x.t, c, "use skep_crossread")
	}
	r := rand.New(rand.NewSource(1))
	var every, long strings.Builder
	for _, row := range everyTypeRows {
		line := strings.Join(row, "\x01") + "\n"
		if x.name != "hive" {
			line = strings.Replace(line, ".123456789\x01", ".123456\x01", 1) // timestamps of others have microseconds
		}
		every.WriteString(line)
	}
	for id := range longRows {
		long.WriteString(strings.Join(longRow(r, id), "\x01") + "\n")
	}
	for name, text := range map[string]string{"every": every.String(), "long": long.String()} {
		dir := filepath.Join(x.dir, name)
		if err := os.MkdirAll(dir, 0o777); err != nil {
			x.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "000000_0"), []byte(text), 0o666); err != nil {
			x.t.Fatal(err)
		}
		types := map[string]string{"every": everyType, "long": longTypes}[name]
		for _, c := range x.engines() {
			x.must(x.t, c, fmt.Sprintf("create external table %s_src (%s) stored as textfile location 'file://%s'", name, types, dir))
		}
	}
}

// engines are the sessions, one if skep reads its own.
func (x *crossRead) engines() []*hs2.Client {
	if x.peer == x.skep {
		return []*hs2.Client{x.skep}
	}
	return []*hs2.Client{x.skep, x.peer}
}

// exchange writes tables in a layout by either engine, reads each by both and compares.
func (x *crossRead) exchange(t *testing.T, l layout) {
	for _, writer := range []struct {
		name string
		c    *hs2.Client
	}{{"skep", x.skep}, {x.name, x.peer}} {
		t.Run("by "+writer.name, func(t *testing.T) {
			types, columns := everyType, "*"
			if l.name == "avro" {
				types = avroTypes
				columns = strings.Join(names(avroTypes), ", ")
			}
			table := "every_" + l.name + "_" + writer.name
			x.table(t, table, types, l.clause)
			x.must(t, writer.c, fmt.Sprintf("insert into %s select %s from every_src", table, columns))
			x.refresh(t, table)
			x.same(t, "select * from "+table+" order by id", true)
			x.same(t, "select id, st from "+table+" where id > 2 and st is not null order by id", true)
			if !l.long {
				return
			}
			table = "long_" + l.name + "_" + writer.name
			x.table(t, table, longTypes, l.clause)
			x.must(t, writer.c, fmt.Sprintf("insert into %s select * from long_src", table))
			x.refresh(t, table)
			x.same(t, fmt.Sprintf(longDigest, table), false)
			x.same(t, "select count(*), sum(run) from "+table+" where id between 20000 and 20100 or s = 'none'", false)
		})
	}
}

// table creates a table over the same directory in both engines.
func (x *crossRead) table(t *testing.T, name, types, clause string) {
	t.Helper()
	dir := filepath.Join(x.dir, name)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	stored, properties, _ := strings.Cut(clause, " tblproperties ")
	if properties != "" {
		properties = " tblproperties " + properties
	}
	for _, c := range x.engines() {
		x.must(t, c, fmt.Sprintf("create external table %s (%s) %s location 'file://%s'%s", name, types, stored, dir, properties))
	}
}

// refresh makes Spark forget the files it has listed.
func (x *crossRead) refresh(t *testing.T, table string) {
	t.Helper()
	if x.name == "spark" {
		x.must(t, x.peer, "refresh table "+table)
	}
}

func (x *crossRead) must(t *testing.T, c *hs2.Client, sql string) *hs2.Result {
	t.Helper()
	res, err := c.Exec(t.Context(), sql)
	if err != nil {
		engine := "skep"
		if c == x.peer {
			engine = x.name
		}
		t.Fatalf("%s: %s: %v", engine, sql, err)
	}
	return res
}

// same runs a query in both engines and compares the rows.
func (x *crossRead) same(t *testing.T, sql string, ordered bool) {
	t.Helper()
	x.compare(t, sql, x.must(t, x.skep, sql), x.must(t, x.peer, sql), ordered)
}

// compare tells in which cells two answers differ.
func (x *crossRead) compare(t *testing.T, sql string, mine, theirs *hs2.Result, ordered bool) {
	t.Helper()
	if len(mine.Rows) != len(theirs.Rows) {
		t.Errorf("%s: skep reads %d rows, %s %d", sql, len(mine.Rows), x.name, len(theirs.Rows))
		return
	}
	a, b := keyed(mine.Rows, ordered), keyed(theirs.Rows, ordered)
	for key, row := range a {
		other, ok := b[key]
		if !ok {
			t.Errorf("%s: %s has no row %s", sql, x.name, key)
			continue
		}
		for i := range row {
			if !equalCells(row[i], other[i]) {
				t.Errorf("%s: row %s, column %s: skep reads %q, %s %q", sql, key, mine.Columns[i].Name, shown(row[i]), x.name, shown(other[i]))
			}
		}
	}
}

// keyed indexes rows by their place or by their first cell.
func keyed(rows [][]hs2.Value, ordered bool) map[string][]hs2.Value {
	out := make(map[string][]hs2.Value, len(rows))
	for i, r := range rows {
		if ordered {
			out[strconv.Itoa(i)] = r
		} else {
			out[shown(r[0])] = r
		}
	}
	return out
}

func shown(v hs2.Value) string {
	if v.Null {
		return "NULL"
	}
	return v.Text
}

// equalCells compares two cells; numbers by value and nested values as JSON, whose spelling engines differ in.
func equalCells(a, b hs2.Value) bool {
	if a.Null != b.Null {
		return false
	}
	if a.Text == b.Text {
		return true
	}
	x, errX := strconv.ParseFloat(a.Text, 64)
	y, errY := strconv.ParseFloat(b.Text, 64)
	if errX == nil && errY == nil {
		return x == y || x != x && y != y
	}
	var p, q any
	return json.Unmarshal([]byte(a.Text), &p) == nil && json.Unmarshal([]byte(b.Text), &q) == nil && reflect.DeepEqual(p, q)
}

// names are the columns of a column list.
func names(columns string) []string {
	var out []string
	depth := 0
	for _, part := range strings.FieldsFunc(columns, func(r rune) bool {
		switch r {
		case '<', '(':
			depth++
		case '>', ')':
			depth--
		}
		return r == ',' && depth == 0
	}) {
		out = append(out, strings.Fields(part)[0])
	}
	return out
}

// arrowFiles are formats and options of PyArrow's writers.
var arrowFiles = []struct{ name, format, options string }{
	{"orc", "orc", `{}`},
	{"orc zlib", "orc", `{"compression": "zlib", "file_version": "0.12", "stripe_size": 100000, "compression_block_size": 65536}`},
	{"orc zstd", "orc", `{"compression": "zstd", "dictionary_key_size_threshold": 1.0, "row_index_stride": 1000}`},
	{"orc lz4", "orc", `{"compression": "lz4", "file_version": "0.11"}`},
	{"parquet", "parquet", `{}`},
	{"parquet int96", "parquet", `{"use_deprecated_int96_timestamps": true, "compression": "gzip", "row_group_size": 7000}`},
	{"parquet 1.0", "parquet", `{"version": "1.0", "use_dictionary": false, "compression": "none", "coerce_timestamps": "us", "allow_truncated_timestamps": true}`},
	{"parquet pages 2.0", "parquet", `{"data_page_version": "2.0", "compression": "zstd", "data_page_size": 20000, "write_page_index": true}`},
	{"parquet brotli", "parquet", `{"compression": "brotli", "store_decimal_as_integer": true, "use_byte_stream_split": ["d"], "use_dictionary": ["g"]}`},
	{"parquet delta", "parquet", `{"compression": "lz4", "use_dictionary": false, "column_encoding": {"id": "DELTA_BINARY_PACKED", "run": "DELTA_BINARY_PACKED", "g": "DELTA_BYTE_ARRAY", "s": "DELTA_LENGTH_BYTE_ARRAY"}}`},
}

// TestCrossReadArrow has PyArrow copy what skep wrote and skep read the copies.
func TestCrossReadArrow(t *testing.T) {
	need(t, "python3")
	dir := build(t, "arrow")
	python := filepath.Join(dir, "venv", "bin", "python")
	once(t, dir, func() {
		fetch(t, "python3", "-m", "venv", filepath.Join(dir, "venv"))
		fetch(t, python, "-m", "pip", "-q", "install", "pyarrow")
	})
	skep, err := hs2.Dial(t.Context(), hs2.Options{Addr: address})
	if err != nil {
		t.Fatal(err)
	}
	defer skep.Close()
	x := &crossRead{t: t, name: "skep reading PyArrow's copy", skep: skep, peer: skep, dir: t.TempDir()}
	x.sources()
	for _, from := range []string{"orc", "parquet"} {
		for _, table := range []struct{ name, types, query string }{
			{"every", everyType, "select * from %s order by id"},
			{"long", longTypes, longDigest},
		} {
			source := table.name + "_from_" + from
			x.table(t, source, table.types, "stored as "+from)
			x.must(t, skep, fmt.Sprintf("insert into %s select * from %s_src", source, table.name))
			for i, to := range arrowFiles {
				if table.name == "every" && (strings.Contains(to.options, `["g"]`) || strings.Contains(to.options, "column_encoding")) {
					continue // options that name columns of the long table
				}
				t.Run(fmt.Sprintf("%s from %s to %s", table.name, from, to.name), func(t *testing.T) {
					copied := fmt.Sprintf("%s_%s_%d", table.name, from, i)
					x.table(t, copied, table.types, "stored as "+to.format)
					out, err := exec.CommandContext(t.Context(), python, filepath.Join("python", "arrow.py"), from, filepath.Join(x.dir, source),
						to.format, filepath.Join(x.dir, copied, "copy"), to.options).CombinedOutput()
					if err != nil {
						t.Fatalf("PyArrow: %v\n%s", err, last(out))
					}
					want := x.must(t, skep, fmt.Sprintf(table.query, source))
					got := x.must(t, skep, fmt.Sprintf(table.query, copied))
					x.compare(t, to.name, want, got, table.name == "every")
				})
			}
		}
	}
}
