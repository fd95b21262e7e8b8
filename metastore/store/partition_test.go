package store

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"skep/metastore"
	"skep/metastore/model"
	"skep/metastore/partition"
)

func TestPartitions(t *testing.T) {
	s := open(t)
	update(t, s, func(tx metastore.Tx) error {
		return tx.CreateTable(ctx, testTable("t", model.Column{Name: "ds", Type: "string"}, model.Column{Name: "hr", Type: "int"}))
	})
	tbl, _ := s.Table(ctx, "default", "t")
	own := tbl.Storage.Clone()
	own.Columns = append(own.Columns, model.Column{Name: "x", Type: "int"})
	update(t, s, func(tx metastore.Tx) error {
		n, err := tx.AddPartitions(ctx, "default", "t", []*model.Partition{
			{Values: []string{"a/b", "1"}, Parameters: map[string]string{"numRows": "5"}},
			{Values: []string{"", "2"}, Storage: own, Location: "/other"},
		}, false)
		if n != 2 {
			return fmt.Errorf("%d added", n)
		}
		return err
	})
	got, err := s.Partition(ctx, "default", "t", []string{"a/b", "1"})
	want := &model.Partition{Values: []string{"a/b", "1"}, CreateTime: 1000, Location: "/wh/t/ds=a%2Fb/hr=1", Storage: tbl.Storage,
		Parameters: map[string]string{"numRows": "5", "transient_lastDdlTime": "1000"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("got %+v, %v\nwant %+v", got, err, want)
	}
	if got.Storage != tbl.Storage {
		t.Error("the partition does not share the table's descriptor")
	}
	got, err = s.Partition(ctx, "default", "t", []string{partition.DefaultName, "2"})
	if err != nil || len(got.Storage.Columns) != 3 || got.Location != "/other" || got.Values[0] != partition.DefaultName {
		t.Fatalf("got %+v, %v", got, err)
	}
	refuse(t, s, model.AlreadyExists, func(tx metastore.Tx) error {
		_, err := tx.AddPartitions(ctx, "default", "t", []*model.Partition{{Values: []string{"n", "1"}}, {Values: []string{"a/b", "1"}}}, false)
		return err
	})
	refuse(t, s, model.InvalidObject, func(tx metastore.Tx) error {
		_, err := tx.AddPartitions(ctx, "default", "t", []*model.Partition{{Values: []string{"n"}}}, false)
		return err
	})
	refuse(t, s, model.NoSuchObject, func(tx metastore.Tx) error {
		return tx.DropPartitions(ctx, "default", "t", []string{"ds=a%2Fb/hr=1", "ds=n/hr=1"})
	})
	refuse(t, s, model.NoSuchObject, func(tx metastore.Tx) error {
		return tx.AlterPartitions(ctx, "default", "t", []*model.Partition{{Values: []string{"n", "1"}}})
	})
	update(t, s, func(tx metastore.Tx) error {
		n, err := tx.AddPartitions(ctx, "default", "t", []*model.Partition{{Values: []string{"n", "1"}}, {Values: []string{"a/b", "1"}}}, true)
		if n != 1 {
			return fmt.Errorf("%d added", n)
		}
		return err
	})
	refuse(t, s, model.AlreadyExists, func(tx metastore.Tx) error {
		return tx.RenamePartition(ctx, "default", "t", []string{"n", "1"}, &model.Partition{Values: []string{"a/b", "1"}})
	})
	update(t, s, func(tx metastore.Tx) error {
		p, err := tx.Partition(ctx, "default", "t", []string{"n", "1"})
		if err != nil {
			return err
		}
		p.Values[1] = "12"
		return tx.RenamePartition(ctx, "default", "t", []string{"n", "1"}, p)
	})
	hr := func(op partition.Op, v int64) metastore.PartitionQuery {
		return metastore.PartitionQuery{Filter: partition.Comparison{Key: "HR", Op: op, Value: partition.IntValue(v)}}
	}
	names, err := s.PartitionNames(ctx, "default", "t", hr(partition.Greater, 2))
	if err != nil || !slices.Equal(names, []string{"ds=n/hr=12"}) {
		t.Errorf("after the rename: %v, %v", names, err)
	}
	names, err = s.PartitionNames(ctx, "default", "t", metastore.PartitionQuery{Names: []string{"DS=n/hr=12", "ds=q/hr=1", "ds=n/hr=12"}})
	if err != nil || !slices.Equal(names, []string{"ds=n/hr=12"}) {
		t.Errorf("by name: %v, %v", names, err)
	}
	if _, err := s.PartitionNames(ctx, "default", "t", metastore.PartitionQuery{Filter: partition.IsNull{Key: "nokey"}}); model.KindOf(err) != model.InvalidInput {
		t.Errorf("filter on an unknown key: %v", err)
	}

	// a key that becomes a string compares as one
	update(t, s, func(tx metastore.Tx) error {
		x, _ := tx.Table(ctx, "default", "t")
		x.PartitionKeys[1].Type = "string"
		return tx.AlterTable(ctx, "default", "t", x)
	})
	q := metastore.PartitionQuery{Filter: partition.Comparison{Key: "hr", Op: partition.Less, Value: partition.StringValue("2")}}
	names, err = s.PartitionNames(ctx, "default", "t", q)
	if err != nil || !slices.Equal(names, []string{"ds=a%2Fb/hr=1", "ds=n/hr=12"}) {
		t.Errorf("after the change of type: %v, %v", names, err)
	}

	// commit of an insert: all or nothing
	changes := metastore.PartitionChanges{
		Add:             []*model.Partition{{Values: []string{"new", "1"}}},
		Alter:           []*model.Partition{{Values: []string{"n", "12"}, Location: "/changed"}},
		TableParameters: map[string]string{"numFiles": "3", "comment": ""},
	}
	update(t, s, func(tx metastore.Tx) error { return metastore.CommitPartitions(ctx, tx, "default", "t", changes) })
	tbl, _ = s.Table(ctx, "default", "t")
	if _, has := tbl.Parameters["comment"]; has || tbl.Parameters["numFiles"] != "3" {
		t.Errorf("parameters %v", tbl.Parameters)
	}
	refuse(t, s, model.AlreadyExists, func(tx metastore.Tx) error { return metastore.CommitPartitions(ctx, tx, "default", "t", changes) })

	// exchange
	update(t, s, func(tx metastore.Tx) error {
		if err := tx.CreateTable(ctx, testTable("u", model.Column{Name: "ds", Type: "string"}, model.Column{Name: "hr", Type: "string"})); err != nil {
			return err
		}
		_, err := tx.AddPartitions(ctx, "default", "u", []*model.Partition{{Values: []string{"new", "1"}}}, false)
		return err
	})
	exchange := func(name, location string) func(tx metastore.Tx) error {
		return func(tx metastore.Tx) error {
			return tx.ExchangePartitions(ctx, "default", "t", "default", "u", []string{name}, []string{location})
		}
	}
	refuse(t, s, model.AlreadyExists, exchange("ds=new/hr=1", "/wh/u/ds=new/hr=1"))
	update(t, s, exchange("ds=n/hr=12", "/wh/u/ds=n/hr=12"))
	if p, err := s.Partition(ctx, "default", "u", []string{"n", "12"}); err != nil || p.Location != "/wh/u/ds=n/hr=12" {
		t.Errorf("exchanged partition: %+v, %v", p, err)
	}
	names, err = s.PartitionNames(ctx, "default", "u", q)
	if err != nil || !slices.Equal(names, []string{"ds=n/hr=12", "ds=new/hr=1"}) {
		t.Errorf("exchanged partition in the index: %v, %v", names, err)
	}

	update(t, s, func(tx metastore.Tx) error {
		if err := tx.DropPartitions(ctx, "default", "t", []string{"ds=a%2Fb/hr=1"}); err != nil {
			return err
		}
		if err := tx.DropTable(ctx, "default", "t"); err != nil {
			return err
		}
		return tx.DropTable(ctx, "default", "u")
	})
	assertEmpty(t, s)
}

// TestFilters compares filters answered by the store with the same filters evaluated on every partition.
func TestFilters(t *testing.T) {
	s := open(t)
	types := []string{"int", "string", "date", "decimal(8,2)", "timestamp", "double"}
	keys := make([]model.Column, len(types))
	bound := make([]partition.Key, len(types))
	for i, typ := range types {
		keys[i] = model.Column{Name: fmt.Sprintf("k%d", i), Type: typ}
		bound[i] = partition.Key{Name: keys[i].Name, Type: partition.TypeOf(typ)}
	}
	r := rand.New(rand.NewPCG(5, 6))
	text := func(k int) string {
		n := r.IntN(30)
		switch {
		case r.IntN(15) == 0:
			return ""
		case k == 0:
			return fmt.Sprint([]any{n - 10, "x"}[min(1, r.IntN(20)/19)])
		case k == 1:
			return fmt.Sprintf("v%d", n)
		case k == 2:
			return fmt.Sprintf("2020-01-%02d", n+1)
		case k == 3:
			return fmt.Sprintf("%.2f", float64(n-10)*7.3)
		case k == 4:
			return fmt.Sprintf("2020-01-01 00:00:%02d.5", n)
		}
		return fmt.Sprint(float64(n-15) / 4)
	}
	var parts []*model.Partition
	for range 600 {
		values := make([]string, len(keys))
		for k := range values {
			values[k] = text(k)
		}
		parts = append(parts, &model.Partition{Values: values})
	}
	update(t, s, func(tx metastore.Tx) error {
		if err := tx.CreateTable(ctx, testTable("t", keys...)); err != nil {
			return err
		}
		_, err := tx.AddPartitions(ctx, "default", "t", parts, true)
		return err
	})
	all, err := s.PartitionNames(ctx, "default", "t", metastore.PartitionQuery{})
	if err != nil || len(all) < 500 || !slices.IsSorted(all) {
		t.Fatalf("%d partitions, %v", len(all), err)
	}
	literal := func(k int) partition.Value {
		if r.IntN(10) == 0 {
			return partition.StringValue(text(k))
		}
		return partition.TypeOf(types[k]).Parse(text(k))
	}
	var random func(depth int) partition.Filter
	random = func(depth int) partition.Filter {
		k := r.IntN(len(keys))
		name := keys[k].Name
		if depth > 0 {
			switch r.IntN(4) {
			case 0, 1:
				return partition.And{random(depth - 1), random(depth - 1)}
			case 2:
				return partition.Or{random(depth - 1), random(depth - 1)}
			case 3:
				return partition.Not{Filter: random(depth - 1)}
			}
		}
		switch r.IntN(6) {
		case 0:
			return partition.IsNull{Key: name}
		case 1:
			return partition.In{Key: name, Values: []partition.Value{literal(k), literal(k), literal(k)}}
		case 2:
			return partition.Between{Key: name, Low: literal(k), High: literal(k)}
		case 3:
			return partition.Opaque{Keys: []string{name}, Match: func(v []partition.Value) partition.Truth {
				return partition.TruthOf(v[0].Int%2 == 0)
			}}
		}
		return partition.Comparison{Key: name, Op: partition.Op(r.IntN(7)), Value: literal(k)}
	}
	some := 0
	for range 400 {
		f := random(2)
		p, err := partition.Bind(f, bound)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, name := range all {
			values := make([]partition.Value, len(keys))
			for k, text := range partition.AppendValues(nil, name) {
				values[k] = bound[k].Type.Parse(text)
			}
			if p.Match(values) == partition.True {
				want = append(want, name)
			}
		}
		got, err := s.PartitionNames(ctx, "default", "t", metastore.PartitionQuery{Filter: f})
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%#v: %d partitions, want %d (%v)", f, len(got), len(want), err)
		}
		if len(want) > 0 && len(want) < len(all) {
			some++
		}
		full, err := s.Partitions(ctx, "default", "t", metastore.PartitionQuery{Filter: f, Limit: 3, WithoutParameters: true})
		if err != nil || len(full) != min(3, len(want)) {
			t.Fatalf("%#v, limit 3: %d partitions of %d (%v)", f, len(full), len(want), err)
		}
		for i, p := range full {
			if partition.Name(keyNames(&model.Table{PartitionKeys: keys}), p.Values) != want[i] || p.Parameters != nil || p.Storage == nil {
				t.Fatalf("partition %d is %+v, want %s", i, p, want[i])
			}
		}
	}
	if some < 100 {
		t.Errorf("only %d filters select some but not all", some)
	}
}
