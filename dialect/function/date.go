package function

import (
	"strings"

	"skep/dialect/types"
)

// dateFunctions work on dates, timestamps and intervals.
var dateFunctions = []Function{
	scalar("year", "_FUNC_(d): year", datePart("year")),
	scalar("quarter", "_FUNC_(d): quarter of the year, 1 to 4", datePart("quarter")),
	scalar("month", "_FUNC_(d): month, 1 to 12", datePart("month")),
	scalar("day", "_FUNC_(d): day of the month", datePart("day")),
	scalar("hour", "_FUNC_(t): hour", timePart("hour")),
	scalar("minute", "_FUNC_(t): minute", timePart("minute")),
	scalar("second", "_FUNC_(t): second", timePart("second")),
	scalar("weekofyear", "_FUNC_(d): week of the year; weeks start on Monday and week 1 has more than 3 days", dayOf("UDFWeekOfYear")),
	scalar("dayofweek", "_FUNC_(d): day of the week, Sunday is 1", dayOf("UDFDayOfWeek")),
	scalar("to_date", "_FUNC_(t): the date of a timestamp or string", toDate),
	scalar("date_add", "_FUNC_(d, n): n days after d", dayShift("DATE_ADD")),
	scalar("date_sub", "_FUNC_(d, n): n days before d", dayShift("DATE_SUB")),
	simple("datediff", "date date -> int", "_FUNC_(a, b): days from b to a"),
	scalar("add_months", "_FUNC_(d, n [, format]): n months after d; the end of a month stays its end", addMonths),
	simple("months_between", "moment moment [boolean] -> double", "_FUNC_(a, b [, round]): months from b to a"),
	simple("last_day", "day -> string", "_FUNC_(d): last day of the month"),
	simple("next_day", "day text -> string", "_FUNC_(d, weekday): the first such weekday after d"),
	scalar("trunc", "_FUNC_(d, unit) or _FUNC_(x [, n]): a date or number cut", trunc),
	scalar("date_format", "_FUNC_(t, pattern): t as text by a Java date pattern", dateFormat),
	scalar("from_unixtime", "_FUNC_(seconds [, pattern]): seconds since the epoch as text in the session's time zone", fromUnixTime),
	scalar("unix_timestamp", "_FUNC_([t [, pattern]]): seconds since the epoch", unixTimestamp),
	scalar("to_unix_timestamp", "_FUNC_(t [, pattern]): seconds since the epoch", unixTimestamp),
	simple("from_utc_timestamp", "prim text -> timestamp", "_FUNC_(t, zone): a UTC timestamp in a time zone"),
	simple("to_utc_timestamp", "prim text -> timestamp", "_FUNC_(t, zone): a zone's timestamp in UTC"),
	simple("current_date", "-> date", "_FUNC_(): the date when the query started"),
	simple("current_timestamp", "[int] -> timestamp", "_FUNC_(): the time when the query started"),
	scalar("to_epoch_milli", "_FUNC_(t): milliseconds since the epoch", toEpochMilli),
	scalar("datetime_legacy_hybrid_calendar", "_FUNC_(d): d read in the hybrid Julian calendar", hybridCalendar),
	scalar("tumbling_window", "_FUNC_(t, interval [, origin]): start of the window of that length, counted from origin, in which t is", tumblingWindow),
	scalar("internal_interval", "_FUNC_(unit, n): an interval; used by INTERVAL n unit", internalInterval),
	floorTo("year", "_FUNC_(t): start of the year"),
	floorTo("quarter", "_FUNC_(t): start of the quarter"),
	floorTo("month", "_FUNC_(t): start of the month"),
	floorTo("week", "_FUNC_(t): start of the week"),
	floorTo("day", "_FUNC_(t): start of the day"),
	floorTo("hour", "_FUNC_(t): start of the hour"),
	floorTo("minute", "_FUNC_(t): start of the minute"),
	floorTo("second", "_FUNC_(t): start of the second"),
	simple("cast_format", "prim text -> string", "_FUNC_(x, pattern): x by an SQL date pattern"),
}

// floorTo cuts a timestamp to a unit.
func floorTo(unit, short string) Function {
	class := "UDFDateFloor" + strings.ToUpper(unit[:1]) + unit[1:]
	return scalar("floor_"+unit, short, methods(class, "timestamp(timestamp)", "timestamp with local time zone(timestamp with local time zone)"))
}

func dayShift(name string) resolver {
	return func(_ *Env, args []Arg, _ bool) (Resolution, error) {
		if len(args) != 2 {
			return Resolution{}, wrongLength("%s() requires 2 argument, got %d", name, len(args))
		}
		if accept("date", args[0].Type) == nil {
			return Resolution{}, wrongArguments(" %s() only takes STRING/TIMESTAMP/DATEWRITABLE types as first argument, got %s", name, category(args[0].Type))
		}
		if k := args[1].Type.Kind; k < types.TinyInt || k > types.Int {
			return Resolution{}, wrongArguments(" %s() only takes TINYINT/SMALLINT/INT types as second argument, got %s", "DATE_ADD", category(args[1].Type))
		}
		return Resolution{Args: []*types.Type{types.DateType, types.IntType}, Result: types.DateType}, nil
	}
}

// dayOf takes a date, timestamp or text; numbers are taken as text, which is no date.
func dayOf(class string) resolver {
	choose := methods(class, "int(date)", "int(string)", "int(timestamp)")
	return func(env *Env, args []Arg, distinct bool) (Resolution, error) {
		r, err := choose(env, args, distinct)
		if err != nil {
			return r, err
		}
		r.Via, r.Args = r.Args, []*types.Type{types.DateType}
		return r, nil
	}
}

func toDate(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) != 1 {
		return Resolution{}, requires("to_date", 1, 1, len(args))
	}
	t := accept("day", args[0].Type)
	if t == nil {
		return Resolution{}, wrongArguments("TO_DATE() only takes STRING/TIMESTAMP/DATEWRITABLE types, got %s", category(args[0].Type))
	}
	return Resolution{Args: []*types.Type{t}, Result: types.DateType}, nil
}

func toEpochMilli(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) != 1 {
		return Resolution{}, requires("to_epoch_milli", 1, 1, len(args))
	}
	switch args[0].Type.Kind {
	case types.Timestamp, types.TimestampLTZ, types.Void:
		return Resolution{Args: []*types.Type{types.TimestampType}, Result: types.BigIntType}, nil
	}
	return Resolution{}, wrongType(0, "epochmilli only takes TIMESTAMP, got %s", args[0].Type)
}

func partError(name string, args []Arg) error {
	if len(args) != 1 {
		return requires(name, 1, 1, len(args))
	}
	return wrongType(0, "%s does not take %s type", name, category(args[0].Type))
}

// datePart takes dates, timestamps, strings, and year-month intervals for their own fields.
func datePart(name string) resolver {
	return func(_ *Env, args []Arg, _ bool) (Resolution, error) {
		if len(args) != 1 {
			return Resolution{}, partError(name, args)
		}
		t := accept("day", args[0].Type)
		switch k := args[0].Type.Kind; {
		case k == types.IntervalYearMonth && (name == "year" || name == "month"), k == types.IntervalDayTime && name == "day":
			t = args[0].Type
		}
		if t == nil {
			return Resolution{}, partError(name, args)
		}
		return Resolution{Args: []*types.Type{t}, Result: types.IntType}, nil
	}
}

func timePart(name string) resolver {
	return func(_ *Env, args []Arg, _ bool) (Resolution, error) {
		if len(args) != 1 {
			return Resolution{}, partError(name, args)
		}
		t := accept("moment", args[0].Type)
		if args[0].Type.Kind == types.Void {
			t = types.TimestampType
		}
		if args[0].Type.Kind == types.IntervalDayTime {
			t = args[0].Type
		}
		if t == nil {
			return Resolution{}, partError(name, args)
		}
		return Resolution{Args: []*types.Type{t}, Result: types.IntType}, nil
	}
}

// addMonths works on timestamps when a format may show the time of day.
func addMonths(env *Env, args []Arg, _ bool) (Resolution, error) {
	text := "date integer -> string"
	if len(args) > 0 && args[0].Type.Kind == types.Void && !env.Hive3() {
		args = append([]Arg{{Type: types.StringType}}, args[1:]...)
	}
	if len(args) == 3 {
		text = "moment integer text -> string"
	}
	return sig("add_months", text)(nil, args, false)
}

func trunc(_ *Env, args []Arg, _ bool) (Resolution, error) {
	for i, a := range args {
		if !a.Type.IsPrimitive() {
			return Resolution{}, wrongType(i, "trunc only takes primitive types as %s argument, got %s", ordinal(i+1), category(a.Type))
		}
	}
	if len(args) != 1 && len(args) != 2 {
		return Resolution{}, wrongArguments("TRUNC requires one or two argument, got %d", len(args))
	}
	t, group := args[0].Type, groupOf(args[0].Type)
	if len(args) == 1 && group != numericGroup {
		return Resolution{}, wrongArguments("Only primitive type arguments are accepted, when arguments length is one, got %s", t)
	}
	switch {
	case group == numericGroup && (len(args) == 1 || groupOf(args[1].Type) == numericGroup):
		if len(args) == 2 && !args[1].Type.IsInteger() {
			switch d := args[1].Const; {
			case d != nil && args[1].Type.Kind == types.Decimal:
				return Resolution{}, wrongArguments("TRUNC input only takes integer values, got %s", types.DecimalText(*d, args[1].Type))
			case d != nil:
				return Resolution{}, wrongArguments("TRUNC input only takes integer values, got %v", d.F)
			}
			return Resolution{}, wrongType(1, "TRUNC second argument only takes integer values")
		}
		result := t
		if t.Kind == types.Decimal && (len(args) == 1 || args[1].Const != nil) {
			scale := 0
			if len(args) == 2 {
				scale = min(max(int(args[1].Const.I), 0), t.Scale)
			}
			result = types.NewDecimal(max(t.Precision-t.Scale+scale, 1), scale)
		}
		return Resolution{Args: []*types.Type{t, types.IntType}[:len(args)], Result: result}, nil
	case (group == stringGroup || group == dateGroup) && groupOf(args[1].Type) == stringGroup:
		return sig("trunc", "date text -> string")(nil, args, false)
	}
	return Resolution{}, wrongArguments("Got wrong argument types : first argument type : %s, second argument type : %s", t, args[1].Type)
}

// dateFormat keeps zoned timestamps, whose local time depends on the session.
func dateFormat(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) == 2 && args[0].Type.Kind == types.TimestampLTZ {
		return sig("date_format", "any text -> string")(nil, args, false)
	}
	return sig("date_format", "moment text -> string")(nil, args, false)
}

// unixTimestamp reads strings itself, by the pattern; dates and timestamps are taken as local time.
func unixTimestamp(env *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) > 2 {
		return Resolution{}, wrongLength("The function UNIX_TIMESTAMP takes at most 2 arguments.")
	}
	r := Resolution{Args: make([]*types.Type, len(args)), Result: types.BigIntType}
	for i, a := range args {
		t := a.Type
		switch {
		case t.Kind == types.Void && i == 0 && !env.Hive3():
			return Resolution{}, wrongArguments("The function UNIX_TIMESTAMP takes only string/date/timestamp/timestampwltz types. Got Type:VOID")
		case t.Kind == types.Void:
			t = types.StringType
		case t.Kind == types.Date && i == 0:
			t = types.TimestampType
		case !t.IsString() && (i > 0 || !t.IsDateGroup()):
			return Resolution{}, wrongArguments("The function UNIX_TIMESTAMP takes only string/date/timestamp/timestamplocaltz types. Got Type:%s", category(t))
		}
		r.Args[i] = t
	}
	return r, nil
}

func tumblingWindow(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) != 2 && len(args) != 3 {
		return Resolution{}, requires("tumbling_window", 2, 3, len(args))
	}
	r := Resolution{Args: []*types.Type{types.TimestampType, types.IntervalDayTimeType, types.TimestampType}[:len(args)], Result: types.TimestampType}
	for i, a := range args {
		switch {
		case i == 1 && a.Type.Kind != types.IntervalDayTime:
			return Resolution{}, wrongArguments("Second arg has to be interval got %s", a.Type)
		case i != 1 && !a.Type.IsDateGroup():
			return Resolution{}, wrongArguments("%s arg has to be timestamp got %s", []string{"First", "", "Third"}[i], a.Type)
		}
	}
	return r, nil
}

func hybridCalendar(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) != 1 {
		return Resolution{}, requires("datetime_legacy_hybrid_calendar", 1, 1, len(args))
	}
	t := args[0].Type
	if t.Kind != types.Date && t.Kind != types.Timestamp {
		return Resolution{}, wrongType(0, "datetime_legacy_hybrid_calendar only takes DATE, TIMESTAMP types, got %s", category(t))
	}
	return Resolution{Args: []*types.Type{t}, Result: t}, nil
}

// internalInterval is internal_interval(unit code, amount); the unit is a constant.
func internalInterval(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) != 2 || args[0].Const == nil {
		return Resolution{}, requires("internal_interval", 2, 2, len(args))
	}
	result := IntervalUnit(args[0].Const.S).Type()
	if result == nil {
		return Resolution{}, wrongType(0, "unknown interval unit %q", args[0].Const.S)
	}
	t := asText(args[1].Type)
	if t == nil {
		return Resolution{}, wrongType(1, "internal_interval takes primitive types only, got %s", category(args[1].Type))
	}
	return Resolution{Args: []*types.Type{types.StringType, t}, Result: result}, nil
}

// IntervalUnit is a unit of an interval literal: the first argument of internal_interval, a string constant.
type IntervalUnit string

// The units. The qualified forms take text such as '1-2' and '3 4:05:06.7'.
const (
	Year        IntervalUnit = "year"
	Month       IntervalUnit = "month"
	Week        IntervalUnit = "week"
	Day         IntervalUnit = "day"
	Hour        IntervalUnit = "hour"
	Minute      IntervalUnit = "minute"
	Second      IntervalUnit = "second"
	YearToMonth IntervalUnit = "year_to_month"
	DayToSecond IntervalUnit = "day_to_second"
)

// Type returns the interval type of a unit, or nil.
func (u IntervalUnit) Type() *types.Type {
	switch u {
	case Year, Month, YearToMonth:
		return types.IntervalYearMonthType
	case Week, Day, Hour, Minute, Second, DayToSecond:
		return types.IntervalDayTimeType
	}
	return nil
}

func fromUnixTime(env *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) != 1 && len(args) != 2 {
		return Resolution{}, wrongLength("from_unixtime requires 1..2 argument(s), got %d", len(args))
	}
	if k := args[0].Type.Kind; k != types.Int && k != types.BigInt && (!env.Hive3() || !args[0].Type.IsInteger()) {
		return Resolution{}, wrongArguments("The function from_unixtime takes only int/long types for first argument. Got Type:%s", category(args[0].Type))
	}
	r := Resolution{Args: []*types.Type{types.BigIntType}, Result: types.StringType}
	if len(args) == 2 {
		t := accept("str", args[1].Type)
		if t == nil {
			return Resolution{}, wrongArguments("The function from_unixtime takes only string type for second argument. Got Type:%s", category(args[1].Type))
		}
		r.Args = append(r.Args, t)
	}
	return r, nil
}
