package query

import (
	"skep/dialect/catalog"
	"skep/dialect/types"
	"skep/metastore/partition"
)

// storeFilter translates a partition filter for the metastore; nil when there is none or a value has no counterpart there
// (the caller tests the values itself as well).
func (c *tables) storeFilter(f *catalog.PartitionFilter, t *catalog.Table) partition.Filter {
	if f == nil {
		return nil
	}
	switch f.Op {
	case catalog.And, catalog.Or:
		var list []partition.Filter
		for _, a := range f.Args {
			x := c.storeFilter(a, t)
			if x == nil {
				if f.Op == catalog.Or {
					return nil
				}
				continue
			}
			list = append(list, x)
		}
		if len(list) == 0 {
			return nil
		}
		if f.Op == catalog.And {
			return partition.And(list)
		}
		return partition.Or(list)
	}
	key := t.PartitionKeys[f.Column]
	var values []partition.Value
	for _, d := range f.Values {
		v, ok := c.storeValue(d, key.Type)
		if !ok {
			return nil
		}
		values = append(values, v)
	}
	switch f.Op {
	case catalog.In:
		return partition.In{Key: key.Name, Values: values}
	case catalog.IsNull:
		return partition.IsNull{Key: key.Name}
	case catalog.IsNotNull:
		return partition.Not{Filter: partition.IsNull{Key: key.Name}}
	}
	op, ok := comparisonOps[f.Op]
	if !ok || len(values) != 1 {
		return nil
	}
	return partition.Comparison{Key: key.Name, Op: op, Value: values[0]}
}

var comparisonOps = map[catalog.FilterOp]partition.Op{
	catalog.Equal: partition.Equal, catalog.NotEqual: partition.NotEqual, catalog.Less: partition.Less,
	catalog.LessOrEqual: partition.LessEqual, catalog.Greater: partition.Greater, catalog.GreaterOrEqual: partition.GreaterEqual,
}

func (c *tables) storeValue(d types.Datum, t *types.Type) (partition.Value, bool) {
	switch t.Kind {
	case types.Boolean:
		return partition.BoolValue(d.I != 0), true
	case types.TinyInt, types.SmallInt, types.Int, types.BigInt:
		return partition.IntValue(d.I), true
	case types.Float, types.Double:
		return partition.DoubleValue(d.F), true
	case types.Date:
		return partition.DateValue(d.I), true
	case types.Timestamp:
		return partition.TimestampValue(d.W.Hi, int32(d.W.Lo)), true
	case types.String, types.Varchar, types.Char:
		return partition.StringValue(d.S), true
	case types.Decimal:
		text, err := c.session.castToText(d, t)
		if err != nil {
			return partition.Value{}, false
		}
		return partition.DecimalValue(text), true
	}
	return partition.Value{}, false
}
