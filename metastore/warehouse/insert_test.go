package warehouse

import (
	"context"
	"os"
	"testing"

	"skep/metastore"
	"skep/metastore/model"
	"skep/metastore/stats"
)

// expect compares some parameters; "" means missing.
func expect(t *testing.T, what string, params map[string]string, want map[string]string) {
	t.Helper()
	for k, v := range want {
		if params[k] != v {
			t.Errorf("%s: %s = %q, want %q", what, k, params[k], v)
		}
	}
}

func column(low, high string, distinct int64) []model.ColumnStatistics {
	return []model.ColumnStatistics{{Column: "c", Type: "int", Kind: model.LongStatistics, Low: low, High: high, Distinct: distinct}}
}

func TestInsertKeepsStatistics(t *testing.T) {
	v := newWorld(t, nil)
	step := func(name string, overwrite, unknown bool, o Output, files ...string) *model.Table {
		t.Helper()
		table := v.get(name)
		s, paths, err := v.stage(table.Location, files...)
		v.must(err)
		o.Files = paths
		v.must(v.w.Insert(ctx, Insert{Staging: s, Table: table, Overwrite: overwrite, Unknown: unknown, Outputs: []Output{o}}))
		return v.get(name)
	}
	const both = `{"BASIC_STATS":"true","COLUMN_STATS":{"c":"true"}}`
	p := step("plain", false, false, Output{Rows: stats.Rows{Rows: 2, Raw: 9}, Columns: column("1", "2", 2)}, "000000_0=xyz")
	expect(t, "into a table of unknown content", p.Parameters, map[string]string{"numFiles": "3", "totalSize": "11", "numRows": "", "COLUMN_STATS_ACCURATE": ""})
	p = step("plain", true, false, Output{Rows: stats.Rows{Rows: 2, Raw: 9}, Columns: column("5", "7", 2)}, "000000_0=xyz")
	expect(t, "overwrite", p.Parameters, map[string]string{"numFiles": "1", "totalSize": "3", "numRows": "2", "rawDataSize": "9", "COLUMN_STATS_ACCURATE": both})
	p = step("plain", false, false, Output{Rows: stats.Rows{Rows: 3, Raw: 1}, Columns: column("-1", "6", 3)}, "000000_0=ab")
	expect(t, "into", p.Parameters, map[string]string{"numFiles": "2", "totalSize": "5", "numRows": "5", "rawDataSize": "10", "COLUMN_STATS_ACCURATE": both})
	if cs, err := v.s.ColumnStatistics(ctx, "default", "plain"); err != nil || len(cs) != 1 || cs[0].Low != "-1" || cs[0].High != "7" || cs[0].Distinct != 3 {
		t.Errorf("merged column statistics: %+v, %v", cs, err)
	}
	p = step("plain", false, true, Output{}, "kv.txt=load")
	expect(t, "load", p.Parameters, map[string]string{"numFiles": "3", "totalSize": "9", "numRows": "5", "COLUMN_STATS_ACCURATE": ""})
	if cs, err := v.s.ColumnStatistics(ctx, "default", "plain"); err != nil || len(cs) != 0 {
		t.Errorf("column statistics after a load: %+v, %v", cs, err)
	}
	p = step("gone", false, false, Output{Rows: stats.Rows{Rows: 1}, Columns: column("1", "1", 1)}, "000000_0=x")
	expect(t, "into an empty table", p.Parameters, map[string]string{"numFiles": "1", "numRows": "1", "COLUMN_STATS_ACCURATE": both})

	step("parted", false, false, Output{Values: []string{"9", "n"}, Rows: stats.Rows{Rows: 4}, Columns: column("1", "4", 4)}, "000000_0=pq")
	part, err := v.s.Partition(ctx, "default", "parted", []string{"9", "n"})
	v.must(err)
	expect(t, "new partition", part.Parameters, map[string]string{"numFiles": "1", "totalSize": "2", "numRows": "4", "COLUMN_STATS_ACCURATE": both})
	if got, err := os.ReadFile(part.Location + "/000000_0"); err != nil || string(got) != "pq" {
		t.Errorf("file of the new partition: %q, %v", got, err)
	}
	ps, err := v.s.PartitionStatistics(ctx, "default", "parted", []string{"a=9/b=n"})
	if err != nil || len(ps) != 1 || ps[0].Columns[0].High != "4" {
		t.Errorf("statistics of the new partition: %+v, %v", ps, err)
	}
}

func TestInsertNoticesOtherSessions(t *testing.T) {
	v := newWorld(t, nil)
	before := v.get("plain")
	s, paths, err := v.stage(v.root+"/plain", "000000_0=new")
	v.must(err)
	v.must(v.s.Update(ctx, func(tx metastore.Tx) error { return tx.DropTable(ctx, "default", "plain") }))
	same := before.Clone()
	v.must(v.s.Update(ctx, func(tx metastore.Tx) error { return tx.CreateTable(ctx, same) }))
	err = v.w.Insert(ctx, Insert{Staging: s, Table: before, Overwrite: true, Outputs: []Output{{Files: paths}}})
	if model.KindOf(err) != model.InvalidOperation {
		t.Errorf("insert into a table that was dropped and made again: %v", err)
	}
	v.noIntents()
	entries, err := os.ReadDir(v.root + "/plain")
	if err != nil || len(entries) != 3 {
		t.Errorf("files: %v, %v", entries, err)
	}
}

func TestRemoveWithoutFiles(t *testing.T) {
	v := newWorld(t, nil)
	v.must(v.w.Remove(ctx, []string{v.root + "/gone"}, nil, func(ctx context.Context, tx metastore.Tx) error {
		return tx.DropTable(ctx, "default", "gone")
	}))
	if _, err := v.s.Table(ctx, "default", "gone"); model.KindOf(err) != model.NoSuchObject {
		t.Errorf("table is still there: %v", err)
	}
	v.noIntents()
}
