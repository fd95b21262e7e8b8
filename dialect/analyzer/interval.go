package analyzer

import (
	"math/big"
	"strconv"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/plan"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
)

const nanosPerSecond = 1_000_000_000

// secondsPer is the length of the units of interval_day_time.
var secondsPer = map[ast.IntervalUnit]int64{ast.UnitDay: 86400, ast.UnitHour: 3600, ast.UnitMinute: 60, ast.UnitSecond: 1}

// interval builds an interval literal, or an interval of a computed amount.
func (x *exprs) interval(e *ast.Interval) (plan.Expr, error) {
	v, err := x.under(e).expr(e.Value)
	if err != nil {
		return nil, err
	}
	c := x.constantLiteral(v)
	if c == nil {
		return x.computedInterval(e, v)
	}
	var text string
	switch {
	case c.Value.Null:
		return nullLiteral(intervalType(e.Unit)), nil
	case c.T.IsString():
		text = strings.TrimSpace(c.Value.S)
	case c.T.IsInteger():
		text = strconv.FormatInt(c.Value.I, 10)
	case c.T.Kind == types.Decimal:
		text = types.DecimalText(c.Value, c.T)
	default:
		return x.computedInterval(e, v)
	}
	l := intervalLiteral(text, e.Unit)
	if l == nil {
		if n := e.Unit; n != ast.UnitYearToMonth && n != ast.UnitDayToSecond && n != ast.UnitSecond && !x.hive3() {
			return nil, sqlerr.Plain("NumberFormatException", "For input string: \""+text+"\"")
		}
		return nil, sqlerr.Semanticf("Unable to convert interval literal '%s' to interval value.", text)
	}
	return l, nil
}

func intervalType(u ast.IntervalUnit) *types.Type {
	switch u {
	case ast.UnitYear, ast.UnitMonth, ast.UnitYearToMonth:
		return types.IntervalYearMonthType
	}
	return types.IntervalDayTimeType
}

// computedInterval is an interval of a computed amount: the function internal_interval(unit, amount).
func (x *exprs) computedInterval(e *ast.Interval, v plan.Expr) (plan.Expr, error) {
	unit := strings.ToLower(strings.ReplaceAll(string(e.Unit), " ", "_"))
	return &plan.Call{Func: "internal_interval", T: intervalType(e.Unit),
		Args: []plan.Expr{stringLiteral(unit), castTo(v, types.StringType)}}, nil
}

// intervalLiteral evaluates a literal's text for its unit; nil when it does not fit.
func intervalLiteral(text string, unit ast.IntervalUnit) *plan.Literal {
	negative := false
	body := text
	if unit == ast.UnitYearToMonth || unit == ast.UnitDayToSecond {
		if rest, ok := strings.CutPrefix(text, "-"); ok {
			negative, body = true, rest
		} else {
			body = strings.TrimPrefix(text, "+")
		}
	}
	switch unit {
	case ast.UnitYear, ast.UnitMonth:
		n, err := strconv.ParseInt(body, 10, 32)
		if err != nil {
			return nil
		}
		if unit == ast.UnitYear {
			n *= 12
		}
		return intLiteral(types.IntervalYearMonthType, n)
	case ast.UnitYearToMonth:
		y, m, ok := strings.Cut(body, "-")
		years, err1 := strconv.ParseInt(y, 10, 32)
		months, err2 := strconv.ParseInt(m, 10, 32)
		if !ok || err1 != nil || err2 != nil || months < 0 || months > 11 || years < 0 {
			return nil
		}
		n := years*12 + months
		if negative {
			n = -n
		}
		return intLiteral(types.IntervalYearMonthType, n)
	case ast.UnitDayToSecond:
		d, clock, _ := strings.Cut(body, " ")
		days, err := strconv.ParseInt(d, 10, 32)
		if err != nil {
			return nil
		}
		total, nanos := days*86400, int64(0)
		if clock = strings.TrimSpace(clock); clock != "" {
			v, ok := parseTimestamp("1970-01-01 " + clock)
			if !ok {
				return nil
			}
			total, nanos = total+v.Hi, int64(v.Lo)
		}
		if negative {
			total, nanos = -total, -nanos
		}
		return dayTimeLiteral(total, nanos)
	case ast.UnitSecond:
		r, ok := new(big.Rat).SetString(body)
		if !ok || strings.ContainsAny(body, "/eE") {
			return nil
		}
		r.Mul(r, big.NewRat(nanosPerSecond, 1))
		n := new(big.Int).Quo(r.Num(), r.Denom())
		s, rest := new(big.Int).QuoRem(n, big.NewInt(nanosPerSecond), new(big.Int))
		if !s.IsInt64() {
			return nil
		}
		return dayTimeLiteral(s.Int64(), rest.Int64())
	}
	n, err := strconv.ParseInt(body, 10, 32)
	if err != nil {
		return nil
	}
	return dayTimeLiteral(n*secondsPer[unit], 0)
}

// dayTimeLiteral normalises nanoseconds to 0..999999999.
func dayTimeLiteral(seconds, nanos int64) *plan.Literal {
	if nanos < 0 {
		seconds, nanos = seconds-1, nanos+nanosPerSecond
	}
	return newLiteral(types.IntervalDayTimeType, types.Datum{W: types.Int128{Hi: seconds, Lo: uint64(nanos)}})
}
