package function

import "skep/dialect/types"

// group is Hive's coarse division of types, within which arguments convert freely.
type group uint8

const (
	voidGroup group = iota
	booleanGroup
	numericGroup
	stringGroup
	binaryGroup
	dateGroup
	yearMonthGroup
	dayTimeGroup
	nestedGroup
)

func groupOf(t *types.Type) group {
	switch {
	case t.Kind == types.Void:
		return voidGroup
	case t.Kind == types.Boolean:
		return booleanGroup
	case t.IsNumeric():
		return numericGroup
	case t.IsString():
		return stringGroup
	case t.Kind == types.Binary:
		return binaryGroup
	case t.IsDateGroup():
		return dateGroup
	case t.Kind == types.IntervalYearMonth:
		return yearMonthGroup
	case t.Kind == types.IntervalDayTime:
		return dayTimeGroup
	}
	return nestedGroup
}
