package text

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand"
	"reflect"
	"slices"
	"strings"
	"testing"

	"skep/dialect/types"
	"skep/engine/compress"
	"skep/engine/format"
	"skep/engine/vector"
)

// memory is an Opener of files held in memory.
type memory map[string][]byte

type memoryInput struct{ *bytes.Reader }

func (memoryInput) Close() error { return nil }

func (m memoryInput) Size() int64 { return m.Reader.Size() }

func (m memory) Open(_ context.Context, path string) (format.Input, error) {
	b, ok := m[path]
	if !ok {
		return nil, fmt.Errorf("no file %s", path)
	}
	return memoryInput{bytes.NewReader(b)}, nil
}

// schemaOf builds columns c0, c1, … of the types.
func schemaOf(t testing.TB, texts ...string) []format.Column {
	t.Helper()
	var out []format.Column
	for i, s := range texts {
		typ, err := types.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, format.Column{Name: fmt.Sprint("c", i), Type: typ})
	}
	return out
}

func all(n int) (p []int) {
	for i := range n {
		p = append(p, i)
	}
	return p
}

// read returns the selected rows of all splits of a file as datums.
func read(t testing.TB, path string, opts *format.ReadOptions, target int64) [][]types.Datum {
	t.Helper()
	ctx := context.Background()
	splits, err := New().Splits(ctx, path, opts, target)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]types.Datum
	for _, s := range splits {
		r, err := New().OpenSplit(ctx, s, opts)
		if err != nil {
			t.Fatal(err)
		}
		for {
			b, err := r.Next()
			if err != nil {
				t.Fatal(err)
			}
			if b == nil {
				break
			}
			rows := b.Sel
			if rows == nil {
				for i := range b.N {
					rows = append(rows, uint16(i))
				}
			}
			for _, row := range rows {
				var d []types.Datum
				for _, c := range b.Cols {
					d = append(d, c.Datum(int(row)))
				}
				out = append(out, d)
			}
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// show renders a datum shortly for comparison with expected text.
func show(t *types.Type, d types.Datum) string {
	if d.Null {
		return "NULL"
	}
	switch t.Physical() {
	case types.I64:
		return fmt.Sprint(d.I)
	case types.F64:
		return fmt.Sprint(d.F)
	case types.I128:
		if t.Kind == types.Decimal {
			if d.W.IsInt64() {
				return fmt.Sprint(int64(d.W.Lo))
			}
			return fmt.Sprintf("%d:%d", d.W.Hi, d.W.Lo)
		}
		return fmt.Sprintf("%d.%09d", d.W.Hi, d.W.Lo)
	case types.Bytes:
		return fmt.Sprintf("%q", d.S)
	}
	var parts []string
	for i, e := range d.Elems {
		et := t.Elem
		switch t.Kind {
		case types.Map:
			if i%2 == 0 {
				et = t.Key
			}
		case types.Struct:
			et = t.Fields[i].Type
		case types.Union:
			et = t.Fields[d.I].Type
		}
		parts = append(parts, show(et, e))
	}
	s := "[" + strings.Join(parts, " ") + "]"
	if t.Kind == types.Union {
		return fmt.Sprint(d.I, ":", s)
	}
	return s
}

// TestFields checks what a field of each type reads as; the expectations were recorded from Hive 4.0.1 (3: from its sources).
func TestFields(t *testing.T) {
	for _, c := range []struct {
		typ, version string
		cases        string // text=value, separated by |
	}{
		{"int", "4.0", `=NULL|1=1|-1=-1|+1=1| 1=NULL|1 =NULL|1.=1|.=NULL|.5=0|-.=NULL|-.5=0|+.=NULL|1.9999=1|1e2=NULL|2147483647=2147483647|
			2147483648=NULL|-2147483648=-2147483648|-2147483649=NULL|99999999999999999999=NULL|--1=NULL|1_0=NULL|1..2=NULL|000=0|-0=0|\N=NULL|
			12345678=12345678|123456789=123456789|1234567x=NULL|1234567.x=NULL|00000000000000000001.25=1`},
		{"tinyint", "4.0", `127=127|128=NULL|-128=-128|-129=NULL|9.995=9|300=NULL`},
		{"smallint", "4.0", `32767=32767|32768=NULL|-32768=-32768|99999999=NULL`},
		{"bigint", "4.0", `9223372036854775807=9223372036854775807|9223372036854775808=NULL|-9223372036854775808=-9223372036854775808|
			-9223372036854775809=NULL|1577872800000.123=1577872800000`},
		{"boolean", "4.0", `true=1|TRUE=1|False=0|t=NULL|1=NULL|0=NULL|yes=NULL|=NULL`},
		{"double", "4.0", `=NULL|1=1|+1=1| 1.5 =1.5|1.=1|.5=0.5|-.5=-0.5|.=NULL|-.=NULL|1e2=100|1e=NULL|1e+2=100|1E-2=0.01|NaN=NaN|nan=NULL|Infinity=+Inf|
			-Infinity=-Inf|inf=NULL|1f=1|1d=1|1L=NULL|0x10=NULL|0x1p4=16|1.0e400=+Inf|1e-400=0|4.9e-324=5e-324|-0=-0|0.1=0.1|123456789012345678=1.2345678901234568e+17|
			9.995=9.995|1_0=NULL|1..2=NULL|1-2=NULL|12.34.56=NULL|-=NULL|--1=NULL`},
		{"float", "4.0", `16777217=1.6777216e+07|0.1=0.10000000149011612|3.4028236e38=+Inf|1e-400=0|1.5=1.5`},
		{"decimal(10,2)", "4.0", `=NULL|1=100| 1 =100|.5=50|-.5=-50|1.9999=200|1e2=10000|1e=NULL|1E-2=1|0.005=1|-0.005=-1|9.995=1000|99999999.994=9999999999|
			99999999.995=NULL|999999999.9=NULL|-0.00=0|1..2=NULL|1e40=NULL|0e40=0|abc=NULL|1.25=125|-12345678.25=-1234567825|1.=100|.=NULL|-=NULL|-.25=-25|
			x1.25=NULL|1x.25=NULL|1.2x=NULL|123456789.25=NULL|00000000000000000000000000000000000000000000000001.25=125|12.345=1235|1e-3=0|125e-2=125|0.0000000000000000000000000000000000000000001=0`},
		{"decimal(38,18)", "4.0", `9.995=0:9995000000000000000|1.9999999999999999999999999999999999999999=2000000000000000000|
			.1111111111111111111111111111111111111111=111111111111111111|123456789012345678901=NULL|99999999999999999999=5421010862427522169:18134143625110224896`},
		{"date", "4.0", `=NULL|1970-01-01=0|2020-01-01=18262|2020-1-1=18262|2020-02-30=NULL|2020-13-01=NULL|20200101=NULL|2020-01-01abc=18262|
			2020-01-01 10:00:00=18262| 2020-01-01 =18262|2020-01-011=NULL|10000-01-01=NULL|-0001-01-01=-719893|1-1-1=NULL|0000-01-01 0=-719528|2019-02-29=NULL|
			2020-01-01T10:00=18262|2020-01-01-=18262|1582-10-10=-141432`},
		{"date", "3.1", `2020-02-30=18322|2020-13-01=18628|2020-1-1 xyz=18262|2020-01-01abc=NULL|10000-01-01=2932897|2020-00-10=18240`},
		{"timestamp", "4.0", `2020-01-01=NULL|2020-01-01 10:00:00=1577872800.000000000|2020-01-01 10:00:00.5=1577872800.500000000|2020-01-01 1:2:3=1577840523.000000000|
			2020-01-01T10:00:00=1577872800.000000000|2020-01-01T10:00=1577872800.000000000|2020-01-01T10:00:00.123=1577872800.123000000|2020-01-01 10:00=NULL|
			2020-01-01 10:00:00.=NULL|2020-01-01 24:00:00=NULL|2020-01-01 10:00:00.1234567891=NULL|2020-01-01 10:00:00Z=NULL|
			1999-12-31 23:59:59.999999999=946684799.999999999|12345-01-01 00:00:00=327403382400.000000000|+2020-01-01 00:00:00=NULL|1577872800000=NULL`},
		{"timestamp", "3.1", `2020-01-01 25:00:00=1577926800.000000000|2020-02-30 00:00:00=1583020800.000000000|2020-01-01=NULL`},
		{"timestamp with local time zone", "4.0", `2020-01-01=1577836800.000000000|2020-02-30=1582934400.000000000|2020-01-01 10:00:00.5=1577872800.500000000|
			2020-01-01 24:00:00=1577923200.000000000|2020-01-01 10:00:00 America/Los_Angeles=1577901600.000000000|2020-01-01 10:00:00+01:00=1577869200.000000000|
			2020-01-01T10:00:00=NULL|2020-1-1=NULL|2020-01-01 10:00:00.1234567891=NULL|2020-01-01 Europe/Paris=1577833200.000000000`},
		{"binary", "4.0", `YWJj="abc"|YWJ="ab"|YWJjZA="abcd"|YWJjZA==="abcd"|YWJjZA=="YWJjZA="|a-b="a-b"|=""|ab="i"|YW="a"`},
		{"binary", "3.1", `YWJj="abc"|YWJj YW Jj="abcabc"|YWJ-="ab~"|YWJjZ="abc"|YW==YW="a"|a.b="a.b"|=""|=="="|a="a"`},
		{"char(3)", "4.0", `abc   ="abc"|   =""|a="a"|="" |日本語文字="日本語"| 1.5 =" 1."|ab` + "\xe9" + `="ab�"`},
		{"varchar(3)", "4.0", `abc   ="abc"|   ="   "|a ="a "|日本語文字="日本語"|` + "\x80" + `="�"`},
		{"string", "4.0", `abc   ="abc   "|=""|\N=NULL|N="N"|NULL="NULL"`},
		{"interval_year_month", "4.0", `1-2=14|-1-2=-14|1=NULL`},
		{"interval_day_time", "4.0", `1 2:3:4.5=93784.500000000|-1 0:0:0.25=-86401.750000000|1=NULL`},
		{"array<int>", "4.0", "1\x022\x02x\x02\\N=[1 2 NULL NULL]|=[]|\\N=NULL|\x02=[NULL NULL]"},
		{"array<string>", "4.0", "a\x02\x02b=[\"a\" \"\" \"b\"]"},
		{"map<string,int>", "4.0", "a\x031\x02b\x032\x02a\x033\x02c\x02\\N\x034=[\"a\" 1 \"b\" 2 \"c\" NULL]|=[]|k\x031\x02\x02k\x032\x02z=[\"k\" 1 \"\" NULL \"z\" NULL]"},
		{"struct<a:int,b:array<string>,c:double>", "4.0", "1\x02x\x03y\x022.5=[1 [\"x\" \"y\"] 2.5]|1=[1 NULL NULL]|=[NULL NULL NULL]|1\x02\x022\x02extra=[1 [] 2]"},
		{"uniontype<int,array<string>>", "4.0", "0\x025=0:[5]|1\x02a\x03b=1:[[\"a\" \"b\"]]|7\x021=NULL|x=NULL"},
		{"map<int,map<string,array<int>>>", "4.0", "1\x03k\x055\x067\x04l\x05=[1 [\"k\" [5 7] \"l\" []]]"},
	} {
		schema := schemaOf(t, c.typ)
		for _, one := range strings.Split(strings.ReplaceAll(c.cases, "|\n\t\t\t", "|"), "|") {
			at := strings.LastIndexByte(one, '=')
			if c.typ == "binary" || strings.HasSuffix(one, `"`) {
				at = strings.Index(one, `="`)
			}
			field, want := one[:at], strings.TrimSpace(one[at+1:])
			opts := &format.ReadOptions{Open: memory{"f": []byte(field + "\n")}, Schema: schema, Projection: []int{0},
				Session: format.Session{HiveVersion: c.version}}
			rows := read(t, "f", opts, 1<<20)
			if got := show(schema[0].Type, rows[0][0]); got != want {
				t.Errorf("%s %s: %q reads as %s, want %s", c.version, c.typ, field, got, want)
			}
		}
	}
}

// naiveLines splits as Hadoop's line reader does.
func naiveLines(b []byte) (out []string) {
	s := strings.ReplaceAll(string(b), "\r\n", "\n")
	s = strings.TrimSuffix(strings.ReplaceAll(s, "\r", "\n"), "\n")
	if len(b) == 0 {
		return nil
	}
	return strings.Split(s, "\n")
}

func TestSplitsCoverEveryLineOnce(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	for round := range 60 {
		var b bytes.Buffer
		ends := []string{"\n"}
		if round%3 > 0 {
			ends = []string{"\n", "\r\n", "\r"}[:1+round%3]
		}
		for range r.Intn(4000) {
			for f := range r.Intn(4) {
				if f > 0 {
					b.WriteByte('|')
				}
				b.WriteString(strings.Repeat("x", r.Intn(30)))
			}
			b.WriteString(ends[r.Intn(len(ends))])
		}
		if round%2 == 0 {
			b.WriteString("last|line")
		}
		data := b.Bytes()
		var want [][]types.Datum
		header, footer := round%4, round%5
		lines := naiveLines(data)
		if len(ends) > 1 {
			header, footer = 0, 0 // Hive counts footer lines by LF only
		}
		lines = lines[min(header, len(lines)):]
		lines = lines[:max(0, len(lines)-footer)]
		for _, l := range lines {
			row := make([]types.Datum, 3)
			fields := strings.Split(l, "|")
			for i := range row {
				if i < len(fields) {
					row[i].S = fields[i]
				} else {
					row[i].Null = true
				}
			}
			want = append(want, []types.Datum{row[2], row[0]})
		}
		for _, name := range []string{"f", "f.gz", "f.bz2", "f.deflate", "f.snappy", "f.lz4", "f.zst"} {
			codec := compress.ByPath(name)
			var z bytes.Buffer
			w, err := codec.NewWriter(&z)
			if err != nil {
				continue
			}
			w.Write(data)
			w.Close()
			opts := &format.ReadOptions{Open: memory{name: z.Bytes()}, Schema: schemaOf(t, "string", "int", "string"), Projection: []int{2, 0},
				Properties: map[string]string{"field.delim": "|", "skip.header.line.count": fmt.Sprint(header), "skip.footer.line.count": fmt.Sprint(footer)}}
			got := readSplits(t, name, opts, int64(1+r.Intn(3000)))
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("round %d %s: got %d rows, want %d", round, name, len(got), len(want))
			}
		}
	}
}

// readSplits reads a file in splits smaller than Splits makes.
func readSplits(t testing.TB, path string, opts *format.ReadOptions, size int64) [][]types.Datum {
	t.Helper()
	ctx := context.Background()
	splits, err := New().Splits(ctx, path, opts, 1<<40)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]types.Datum
	for _, s := range splits {
		for start := s.Start; start < s.Start+s.Length; start += size {
			part := s
			part.Start, part.Length = start, min(size, s.Start+s.Length-start)
			if compress.ByPath(path) != compress.None {
				part, start = s, s.Start+s.Length
			}
			r, err := New().OpenSplit(ctx, part, opts)
			if err != nil {
				t.Fatal(err)
			}
			for {
				b, err := r.Next()
				if err != nil {
					t.Fatal(err)
				}
				if b == nil {
					break
				}
				for row := range b.N {
					var d []types.Datum
					for _, c := range b.Cols {
						d = append(d, c.Datum(row))
					}
					out = append(out, d)
				}
			}
			r.Close()
		}
	}
	return out
}

// less is the predicate column < bound on integers.
type less struct {
	column int
	bound  int64
}

func (l less) Column() int                         { return l.column }
func (l less) MayMatch(*format.ColumnStats) bool   { return true }
func (l less) BloomValue() (d types.Datum, b bool) { return }
func (l less) Select(v *vector.Vector, sel []uint16, n int, out []uint16) []uint16 {
	out = out[:0]
	for k := range n {
		if (sel == nil || slices.Contains(sel, uint16(k))) && !v.IsNull(k) && v.I64[k] < l.bound {
			out = append(out, uint16(k))
		}
	}
	return out
}

func TestPredicatesAndOptions(t *testing.T) {
	data := "a\\|b|5|x|y\nc|1|z\n|9|q\nNIL|2|NIL\nr\\nn\\\\|3|last|takes\n"
	opts := &format.ReadOptions{Open: memory{"f": []byte(data)}, Schema: schemaOf(t, "string", "int", "string"), Projection: []int{2, 0},
		Predicates: []format.Predicate{less{1, 6}},
		Properties: map[string]string{"field.delim": "|", "escape.delim": "\\", "serialization.null.format": "NIL",
			"serialization.last.column.takes.rest": "true"}}
	var got []string
	for _, row := range read(t, "f", opts, 1<<20) {
		got = append(got, show(types.StringType, row[0])+" "+show(types.StringType, row[1]))
	}
	want := []string{`"x|y" "a|b"`, `"z" "c"`, `NULL NULL`, `"last|takes" "r\nn\\"`}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	opts.Projection, opts.Predicates = nil, nil
	if n := len(read(t, "f", opts, 1<<20)); n != 5 {
		t.Errorf("empty projection gives %d rows, want 5", n)
	}
}

func TestTimestampFormats(t *testing.T) {
	for _, c := range []struct{ formats, text, want string }{
		{"yyyy/MM/dd HH:mm:ss", "2020/01/02 03:04:05", "1577934245.000000000"},
		{"yyyyMMddHHmmss", "20200102030405", "1577934245.000000000"},
		{"yyyy-MM-dd'T'HH:mm:ss.SSS,millis", "2020-01-02T03:04:05.678", "1577934245.678000000"},
		{"millis", "1577934245678", "1577934245.678000000"},
		{"dd MMM yyyy hh:mm a", "02 Jan 2020 03:04 PM", "1577977440.000000000"},
		{"iso8601", "2020-01-02T03:04:05Z", "1577934245.000000000"},
		{"rfc1123", "Thu, 2 Jan 2020 03:04:05 GMT", "1577934245.000000000"},
		{"yyyy/MM/dd", "2020-01-02 03:04:05", "1577934245.000000000"},
		{"yyyy/MM/dd", "2020/13/02", "NULL"},
	} {
		opts := &format.ReadOptions{Open: memory{"f": []byte(c.text + "\n")}, Schema: schemaOf(t, "timestamp"), Projection: []int{0},
			Properties: map[string]string{"timestamp.formats": c.formats}}
		if got := show(types.TimestampType, read(t, "f", opts, 1<<20)[0][0]); got != c.want {
			t.Errorf("%s: %q reads as %s, want %s", c.formats, c.text, got, c.want)
		}
	}
}

func TestTruncatedStreamIsAnError(t *testing.T) {
	var z bytes.Buffer
	w, _ := compress.Gzip.NewWriter(&z)
	io.WriteString(w, strings.Repeat("some text\n", 1000))
	w.Close()
	opts := &format.ReadOptions{Open: memory{"f.gz": z.Bytes()[:z.Len()-12]}, Schema: schemaOf(t, "string"), Projection: []int{0}}
	r, err := New().OpenSplit(context.Background(), format.Split{Path: "f.gz"}, opts)
	if err != nil {
		return
	}
	defer r.Close()
	for {
		b, err := r.Next()
		if err != nil {
			break
		}
		if b == nil {
			t.Fatal("a truncated file must be an error")
		}
	}
}
