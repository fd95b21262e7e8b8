package function

import (
	"skep/dialect/types"
	"skep/engine/calendar"
	"skep/engine/vector"
)

func negateTime(v types.Int128) types.Int128 { return calendar.Negate(v) }

// addTime adds or subtracts dates, timestamps and intervals.
func addTime(env *Env, call *Call, minus bool) Kernel {
	a, b := call.Args[0], call.Args[1]
	if !minus && (a.IsInterval() || a.IsInteger()) && b.IsDateGroup() {
		inner := addTime(env, &Call{Name: call.Name, Args: []*types.Type{b, a}, Consts: []*types.Datum{call.Consts[1], call.Consts[0]}, Result: call.Result}, false)
		if inner == nil {
			return nil
		}
		swapped := make([]*vector.Vector, 2)
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			swapped[0], swapped[1] = args[1], args[0]
			return inner(swapped, rows, out)
		}
	}
	sign := int64(1)
	if minus {
		sign = -1
	}
	switch {
	case a.Kind == types.Date && b.IsInteger(), a.Kind == types.IntervalYearMonth && b.Kind == types.IntervalYearMonth:
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			x, y := ints(args[0]), ints(args[1])
			rows.Each(func(i int) { out.I64[i] = x.at(i) + sign*y.at(i) })
			return nil
		}
	case a.Kind == types.Date && b.Kind == types.IntervalYearMonth:
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			x, y := ints(args[0]), ints(args[1])
			rows.Each(func(i int) { out.I64[i] = calendar.AddMonthsHybrid(x.at(i), sign*y.at(i)) })
			return nil
		}
	case a.Kind == types.Date && b.Kind == types.Date:
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			x, y := ints(args[0]), ints(args[1])
			rows.Each(func(i int) { out.W[i] = types.Int128{Hi: (x.at(i) - y.at(i)) * calendar.SecondsPerDay} })
			return nil
		}
	case a.Physical() == types.I128 && b.Kind == types.IntervalYearMonth:
		// Months are local time.
		zone := calendar.Zone{}
		if a.Kind == types.TimestampLTZ {
			zone = env.Zone()
		}
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			x, y := wides(args[0]), ints(args[1])
			rows.Each(func(i int) {
				t := x.at(i)
				days, second := calendar.Split(zone.Local(t.Hi))
				t.Hi = zone.Instant(calendar.AddMonthsHybrid(days, sign*y.at(i))*calendar.SecondsPerDay + second)
				out.W[i] = t
			})
			return nil
		}
	case a.Physical() == types.I128 && b.Physical() == types.I128:
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			x, y := wides(args[0]), wides(args[1])
			times := a.IsDateGroup() && b.IsDateGroup()
			rows.Each(func(i int) {
				switch {
				case times:
					out.W[i] = calendar.SubtractTimes(x.at(i), y.at(i))
				case minus:
					out.W[i] = calendar.Subtract(x.at(i), y.at(i))
				default:
					out.W[i] = calendar.Add(x.at(i), y.at(i))
				}
			})
			return nil
		}
	}
	return nil
}

// tumblingWindow is the start of a timestamp's window of a given length, in milliseconds. The fraction of the length counts a thousand
// times, as in Hive; NULL for windows without length.
func tumblingWindow(_ *Env, call *Call) Kernel {
	millis := func(t types.Int128) int64 { return t.Hi*1000 + int64(t.Lo)/1e6 }
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a, length := wides(args[0]), wides(args[1])
		rows.Each(func(i int) {
			size := length.at(i).Hi*1000 + int64(length.at(i).Lo)/1000
			if size == 0 {
				out.Null(i)
				return
			}
			origin := int64(0)
			if len(args) > 2 {
				o := wides(args[2])
				origin = millis(o.at(i))
			}
			t := millis(a.at(i))
			offset := t%size - origin%size
			if offset < 0 {
				offset += size
			}
			out.W[i] = calendar.OfMillis(t - offset)
		})
		return nil
	}
}
