package parquet

import (
	"reflect"

	"skep/engine/vector"
)

// distinctKeys keeps of entries of one map with equal keys the last value at the place of the first one. Lists of structs that are read as
// maps have such; a Java map, which Hive makes of them, has not.
func distinctKeys(v *vector.Vector) {
	keys := v.Children[0]
	var entries, values []uint32 // places of the keys and of the values that stay
	for row, ref := range v.Refs {
		start := uint32(len(entries))
		for i := ref.Off; i < ref.Off+ref.Len; i++ {
			at := start
			key := keys.Datum(int(i))
			for at < uint32(len(entries)) && !reflect.DeepEqual(keys.Datum(int(entries[at])), key) {
				at++
			}
			if at < uint32(len(entries)) {
				values[at] = i
				continue
			}
			entries, values = append(entries, i), append(values, i)
		}
		v.Refs[row] = vector.Ref{Off: start, Len: uint32(len(entries)) - start}
	}
	for i, rows := range [][]uint32{entries, values} {
		c := vector.New(v.Children[i].Type, 0)
		vector.AppendRows(c, v.Children[i], rows)
		v.Children[i] = c
	}
}
