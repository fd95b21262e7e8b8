package avro

import (
	"slices"
	"unicode/utf16"

	"skep/dialect/types"
	"skep/engine/vector"
)

// orderMaps puts the entries of maps in v in the order in which Hive shows them: that of a Java HashMap, by the hash of the key modulo
// the size of the table.
func orderMaps(v *vector.Vector) {
	if v == nil {
		return
	}
	for _, c := range v.Children {
		orderMaps(c)
	}
	if v.Type.Kind != types.Map || v.Type.Key.Kind != types.String {
		return
	}
	keys := v.Children[0]
	var order []uint32 // of all entries, nil while it is the one they have
	var slots []uint32
	for row, ref := range v.Refs {
		if ref.Len < 2 || v.IsNull(row) {
			continue
		}
		size := uint32(16)
		for ref.Len > size/4*3 {
			size *= 2
		}
		slots = slots[:0]
		for i := range ref.Len {
			h := javaHash(keys.Bytes(int(ref.Off + i)))
			slots = append(slots, (h^h>>16)&(size-1))
		}
		if slices.IsSorted(slots) {
			continue
		}
		if order == nil {
			order = make([]uint32, keys.Len())
			for i := range order {
				order[i] = uint32(i)
			}
		}
		slices.SortStableFunc(order[ref.Off:ref.Off+ref.Len], func(a, b uint32) int {
			return int(slots[a-ref.Off]) - int(slots[b-ref.Off])
		})
	}
	if order == nil {
		return
	}
	for i, c := range v.Children {
		sorted := vector.New(c.Type, 0)
		vector.AppendRows(sorted, c, order)
		v.Children[i] = sorted
	}
}

// javaHash is String.hashCode of text.
func javaHash(s []byte) uint32 {
	h := uint32(0)
	for _, c := range string(s) {
		if utf16.RuneLen(c) == 2 {
			high, low := utf16.EncodeRune(c)
			h, c = h*31+uint32(high), low
		}
		h = h*31 + uint32(c)
	}
	return h
}
