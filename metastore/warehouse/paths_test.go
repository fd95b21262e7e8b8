package warehouse

import (
	"testing"

	"skep/metastore/model"
)

func TestPaths(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{DatabaseLocation("/wh/", "Default"), "/wh"},
		{DatabaseLocation("file:/wh", "Sales"), "file:/wh/sales.db"},
		{TableLocation(&model.Database{Location: "hdfs://nn/wh/sales.db"}, "T"), "hdfs://nn/wh/sales.db/t"},
		{PartitionLocation(&model.Table{Location: "/wh/t", PartitionKeys: []model.Column{{Name: "ds"}, {Name: "Hr"}}}, []string{"a b", "1/2"}), "/wh/t/ds=a b/hr=1%2F2"},
		{FileName(0), "000000_0"},
		{FileName(12), "000012_0"},
		{CopyName("000000_0", 1), "000000_0_copy_1"},
		{CopyName("000000_0.gz", 2), "000000_0_copy_2.gz"},
		{canonical("file:///a/b/"), "/a/b"},
		{canonical("file:/a//b"), "/a/b"},
		{canonical("file://localhost/a"), "/a"},
		{canonical("hdfs://nn:8020/a/../b/"), "hdfs://nn:8020/b"},
		{canonical("hdfs://nn"), "hdfs://nn/"},
		{parent("/a/b"), "/a"},
		{parent("/a"), "/"},
		{parent("/"), ""},
		{parent("hdfs://nn/a"), "hdfs://nn/"},
		{parent("hdfs://nn/a/b"), "hdfs://nn/a"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	for name, hidden := range map[string]bool{"_SUCCESS": true, ".x": true, "000000_0": false, "a_b": false} {
		if IsHidden(name) != hidden {
			t.Errorf("IsHidden(%q) = %v", name, !hidden)
		}
	}
}
