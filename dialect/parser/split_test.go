package parser

import (
	"reflect"
	"testing"
)

func TestSplit(t *testing.T) {
	got := Split("select ';', \"a;'b\"; -- c;d\nselect `x;y` /* ; */ ;;\n select '\\';' ; set a=b\\;c; -- end")
	want := []string{`select ';', "a;'b"`, "-- c;d\nselect `x;y` /* ; */", `select '\';'`, "set a=b;c"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}
