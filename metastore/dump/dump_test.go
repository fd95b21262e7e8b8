package dump

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"skep/metastore/model"
)

func example() *Dump {
	sd := &model.StorageDescriptor{
		Columns:     []model.Column{{Name: "a", Type: "int", Comment: "a \"quoted\" \\ line\nand \u2028 more <&>"}, {Name: "b", Type: "struct<x:int,y:array<string>>"}},
		InputFormat: "in", OutputFormat: "out", NumBuckets: 2, BucketColumns: []string{"a"},
		SerDe:       model.SerDe{Library: "lib", Parameters: map[string]string{"field.delim": "\x01", "serialization.format": "1"}},
		SortColumns: []model.SortColumn{{Column: "b", Order: model.Descending}}, Parameters: map[string]string{},
		Skew: model.Skew{Columns: []string{"a", "b"}, Values: [][]string{{"1", "ü"}, {"2", ""}}}, StoredAsSubDirectories: true,
	}
	t := &model.Table{
		Database: "d", Name: "t", Type: model.ManagedTable, Owner: "o", OwnerType: "ROLE", CreateTime: 12, Location: "file:/w/d.db/t", Storage: sd,
		PartitionKeys: []model.Column{{Name: "k", Type: "string"}}, Parameters: map[string]string{"comment": "😀", "x": ""},
	}
	p := &model.Partition{Values: []string{"a/b"}, CreateTime: 13, Location: "file:/w/d.db/t/k=a%2Fb", Storage: sd, Parameters: map[string]string{"numRows": "3"}}
	return &Dump{Table: t, Partitions: []*model.Partition{p}}
}

func TestWhatWasEncodedIsDecoded(t *testing.T) {
	want := example()
	text, err := Encode(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("decoded %+v\nof %s", got.Table, text)
	}
}

func TestKeysThatAreNoStrings(t *testing.T) {
	// A table of Hive's with list bucketing: the map of locations has lists for keys, which is not JSON.
	text := `{"version":"0.2","table":"{\"1\":{\"str\":\"s\"},\"7\":{\"rec\":{\"1\":{\"lst\":[\"rec\",1,{\"1\":{\"str\":\"a\"},\"2\":{\"str\":\"int\"}}]},` +
		`\"11\":{\"rec\":{\"1\":{\"lst\":[\"str\",1,\"a\"]},\"2\":{\"lst\":[\"lst\",1,[\"str\",1,\"7\"]]},\"3\":{\"map\":[\"lst\",\"str\",1,{[\"str\",1,\"7\"]:\"file:/x\"}]}}},` +
		`\"12\":{\"tf\":1}}},\"99\":{\"dbl\":1.5e3}}","partitions":[]}`
	d, err := Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	sd := d.Table.Storage
	if !sd.StoredAsSubDirectories || len(sd.Skew.Values) != 1 || sd.Skew.Values[0][0] != "7" || d.Table.Name != "s" {
		t.Errorf("decoded %+v", sd)
	}
}

func TestWhatCannotBeRead(t *testing.T) {
	good, err := Encode(example())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"no JSON": "x", "cut": string(good[:len(good)/2]), "table cut": `{"version":"0.2","table":"{\"1\":{\"str\":\"a"}`,
		"deep":   `{"version":"0.2","table":"` + strings.Repeat("[", 100000) + `"}`,
		"values": strings.Replace(string(good), `[\"str\",1,\"a/b\"]`, `[\"str\",0]`, 1),
	} {
		if _, err := Decode([]byte(text)); err == nil {
			t.Errorf("%s: read", name)
		}
	}
	for _, v := range []string{`{}`, `{"version":"1.0"}`, `{"version":"-1.0"}`, `{"version":"2.0","fcversion":"1.0"}`} {
		if _, err := Decode([]byte(v)); !errors.Is(err, ErrVersion) {
			t.Errorf("%s: %v", v, err)
		}
	}
	for _, v := range []string{`{"version":"0.9"}`, `{"version":"2.0","fcversion":"0.1"}`} {
		if _, err := Decode([]byte(v)); err != nil {
			t.Errorf("%s: %v", v, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	text, err := Encode(example())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		if d, err := Decode(text); err == nil && d.Table != nil {
			if _, err := Encode(d); err != nil {
				t.Errorf("%q was read but cannot be written: %v", text, err)
			}
		}
	})
}
