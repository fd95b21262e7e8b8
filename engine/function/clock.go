package function

import (
	"strings"

	"skep/dialect/types"
	"skep/engine/calendar"
	"skep/engine/vector"
)

var clockTable = map[string]entry{
	"date_format":        {build: dateFormat, nulls: Strict},
	"from_unixtime":      {build: fromUnixTime, nulls: Strict, fallible: true},
	"unix_timestamp":     {build: unixTimestamp, nulls: Strict},
	"to_unix_timestamp":  {build: unixTimestamp, nulls: Strict},
	"from_utc_timestamp": {build: zoneShift(true), nulls: Strict},
	"to_utc_timestamp":   {build: zoneShift(false), nulls: Strict},
	"current_date":       {build: currentDate, nulls: Aware},
	"current_timestamp":  {build: currentTimestamp, nulls: Aware},
	"cast_format":        {build: castFormat, nulls: Strict},
}

// legacyPatterns reports whether date patterns are SimpleDateFormat's.
func legacyPatterns(env *Env) bool {
	switch env.Setting("hive.datetime.formatter") {
	case "SIMPLE":
		return true
	case "DATETIME":
		return false
	}
	return env.Hive3()
}

// formats caches compiled date patterns, and the errors of bad ones.
type formats struct {
	legacy bool
	last   string
	cur    compiled
	known  map[string]compiled
}

type compiled struct {
	pattern *calendar.Pattern
	err     error
}

// get fails with Java's message.
func (f *formats) get(text []byte) (*calendar.Pattern, error) {
	if (f.cur.pattern != nil || f.cur.err != nil) && string(text) == f.last {
		return f.cur.pattern, f.cur.err
	}
	c, ok := f.known[string(text)]
	if !ok {
		if c.pattern, c.err = calendar.CompilePattern(string(text), f.legacy); c.err != nil {
			c.err = errorf("%v", c.err)
		}
		if f.known == nil || len(f.known) >= maxPatterns {
			f.known = map[string]compiled{}
		}
		f.known[string(text)] = c
	}
	f.last, f.cur = string(text), c
	return c.pattern, c.err
}

// dateFormat prints timestamps by a pattern; a bad pattern gives NULL.
func dateFormat(env *Env, call *Call) Kernel {
	cache := formats{legacy: legacyPatterns(env)}
	zone := env.Zone()
	local := call.Args[0].Kind != types.TimestampLTZ
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a, f := wides(args[0]), textsOf(args[1])
		rows.Each(func(i int) {
			p, err := cache.get(f.at(i))
			if err != nil {
				out.Null(i)
				return
			}
			t := a.at(i)
			instant := t.Hi
			if local {
				instant = zone.Instant(t.Hi)
			} else {
				t.Hi = zone.Local(t.Hi)
			}
			data := out.Extend()
			out.Set(i, len(data), p.Append(data, t, zone, instant))
		})
		return nil
	}
}

// legacyTimestamp is the pattern of Hive 3.1 for texts without one.
const legacyTimestamp = "yyyy-MM-dd HH:mm:ss"

// javaInstant refuses seconds that java.time has no instant or no date for.
func javaInstant(seconds int64) error {
	const (
		first, last       = -31557014167219200, 31556889864403199
		firstDay, lastDay = -365243219162, 365241780471
	)
	if seconds < first || seconds > last {
		return errorf("java.time.DateTimeException: Instant exceeds minimum or maximum instant")
	}
	if day := calendar.FloorDiv(seconds, calendar.SecondsPerDay); day < firstDay || day > lastDay {
		return errorf("java.time.DateTimeException: Invalid value for EpochDay (valid values %d - %d): %d", firstDay, lastDay, day)
	}
	return nil
}

func fromUnixTime(env *Env, call *Call) Kernel {
	cache := formats{legacy: legacyPatterns(env)}
	zone := env.Zone()
	plain := []byte("uuuu-MM-dd HH:mm:ss")
	if cache.legacy {
		plain = []byte(legacyTimestamp)
	}
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a := ints(args[0])
		return rows.Try(func(i int) error {
			pattern := plain
			if len(args) > 1 {
				pattern = args[1].Bytes(i)
			}
			p, err := cache.get(pattern)
			if err != nil {
				return err
			}
			instant := a.at(i)
			if !cache.legacy {
				if err := javaInstant(instant); err != nil {
					return err
				}
			}
			data := out.Extend()
			out.Set(i, len(data), p.Append(data, types.Int128{Hi: zone.Local(instant)}, zone, instant))
			return nil
		})
	}
}

// unixTimestamp is the seconds since the epoch of a local time, of text by a pattern, or of now.
func unixTimestamp(env *Env, call *Call) Kernel {
	zone := env.Zone()
	switch {
	case len(call.Args) == 0:
		now := env.Now.Unix()
		return func(_ []*vector.Vector, rows Rows, out *Result) error {
			rows.Each(func(i int) { out.I64[i] = now })
			return nil
		}
	case call.Args[0].Kind == types.TimestampLTZ:
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := wides(args[0])
			rows.Each(func(i int) { out.I64[i] = a.at(i).Hi })
			return nil
		}
	case call.Args[0].Kind == types.Timestamp:
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := wides(args[0])
			rows.Each(func(i int) { out.I64[i] = zone.Instant(a.at(i).Hi) })
			return nil
		}
	case call.Args[0].Physical() != types.Bytes:
		return nil
	}
	cache := formats{legacy: legacyPatterns(env)}
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a := textsOf(args[0])
		rows.Each(func(i int) {
			if len(args) == 1 && !cache.legacy {
				t, ok := calendar.FieldTimestamp(a.at(i), false)
				if !ok {
					out.Null(i)
					return
				}
				out.I64[i] = zone.Instant(t.Hi)
				return
			}
			pattern := []byte(legacyTimestamp)
			if len(args) > 1 {
				pattern = args[1].Bytes(i)
			}
			p, err := cache.get(pattern)
			if err != nil {
				out.Null(i)
				return
			}
			t, ok := p.Parse(string(a.at(i)), zone)
			if !ok {
				out.Null(i)
				return
			}
			out.I64[i] = t.Hi
		})
		return nil
	}
}

// zoneShift moves timestamps between UTC and a zone; unknown zones are UTC, as in Java.
func zoneShift(fromUTC bool) Builder {
	return func(env *Env, call *Call) Kernel {
		toTime := castKernel(env, call.Args[0], types.TimestampType)
		if toTime == nil {
			return nil
		}
		var moment Result
		var last string
		var zone calendar.Zone
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			moment.Reset(types.TimestampType, max(rows.N, 1))
			if err := toTime(args[:1], rows, &moment); err != nil {
				return err
			}
			z := textsOf(args[1])
			rows.Each(func(i int) {
				if moment.IsNull(i) {
					out.Null(i)
					return
				}
				if name := z.at(i); string(name) != last {
					last = string(name)
					zone = javaZone(last)
				}
				t := moment.W[i]
				if fromUTC {
					t.Hi = zone.Local(t.Hi)
				} else {
					t.Hi = zone.Instant(t.Hi)
				}
				out.W[i] = t
			})
			return nil
		}
	}
}

// javaZone is TimeZone.getTimeZone: bare offsets are not known to it.
func javaZone(name string) calendar.Zone {
	if name != "" && (name[0] == '+' || name[0] == '-') {
		return calendar.Zone{}
	}
	z, _ := calendar.ParseZone(name)
	return z
}

func currentDate(env *Env, _ *Call) Kernel {
	days, _ := calendar.Split(env.Zone().Local(env.Now.Unix()))
	return func(_ []*vector.Vector, rows Rows, out *Result) error {
		rows.Each(func(i int) { out.I64[i] = days })
		return nil
	}
}

func currentTimestamp(env *Env, _ *Call) Kernel {
	t := types.Int128{Hi: env.Zone().Local(env.Now.Unix()), Lo: uint64(env.Now.Nanosecond())}
	return func(_ []*vector.Vector, rows Rows, out *Result) error {
		rows.Each(func(i int) { out.W[i] = t })
		return nil
	}
}

// castFormat is CAST … FORMAT: SQL date patterns, translated to Java's.
func castFormat(env *Env, call *Call) Kernel {
	text, ok := call.ConstText(1)
	if !ok {
		return nil
	}
	java, err := sqlPattern(text)
	if err != nil {
		return failing(err)
	}
	p, err := calendar.CompilePattern(java, true)
	if err != nil {
		return failing(err)
	}
	from, to := call.Args[0], call.Result
	switch {
	case from.IsString() && (to.Kind == types.Date || to.Kind == types.Timestamp):
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := textsOf(args[0])
			rows.Each(func(i int) {
				t, ok := p.Parse(string(trim(a.at(i))), calendar.Zone{})
				if !ok {
					out.Null(i)
					return
				}
				if to.Kind == types.Date {
					out.I64[i], _ = calendar.Split(t.Hi)
				} else {
					out.W[i] = t
				}
			})
			return nil
		}
	case to.IsString() && from.IsDateGroup():
		zone := env.Zone()
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			var buf []byte
			rows.Each(func(i int) {
				var t types.Int128
				switch from.Kind {
				case types.Date:
					a := ints(args[0])
					t = calendar.Midnight(a.at(i))
				default:
					a := wides(args[0])
					t = a.at(i)
				}
				instant := t.Hi
				if from.Kind == types.TimestampLTZ {
					t.Hi = zone.Local(t.Hi)
				}
				buf = p.Append(buf[:0], t, zone, instant)
				out.SetBytes(i, FitText(buf, to))
			})
			return nil
		}
	}
	return nil
}

// sqlPattern translates the tokens of SQL:2016 date patterns.
func sqlPattern(text string) (string, error) {
	tokens := []struct{ sql, java string }{
		{"YYYY", "yyyy"}, {"RRRR", "yyyy"}, {"YYY", "yyy"}, {"YY", "yy"}, {"RR", "yy"}, {"Y", "y"}, {"MONTH", "MMMM"}, {"MON", "MMM"}, {"MM", "MM"},
		{"DDD", "DDD"}, {"DD", "dd"}, {"DAY", "EEEE"}, {"DY", "EEE"}, {"D", "e"}, {"HH24", "HH"}, {"HH12", "hh"}, {"HH", "hh"}, {"MI", "mm"}, {"SSSSS", "A"},
		{"SS", "ss"}, {"FF9", "SSSSSSSSS"}, {"FF6", "SSSSSS"}, {"FF3", "SSS"}, {"FF", "SSSSSSSSS"}, {"AM", "a"}, {"PM", "a"}, {"A.M.", "a"}, {"P.M.", "a"},
		{"Q", "Q"}, {"WW", "ww"}, {"IW", "ww"}, {"TZH", "X"}, {"T", "'T'"}, {"Z", "'Z'"},
	}
	out := ""
	for len(text) > 0 {
		if text[0] == '"' {
			end := 1
			for end < len(text) && text[end] != '"' {
				end++
			}
			out += "'" + text[1:min(end, len(text))] + "'"
			text = text[min(end+1, len(text)):]
			continue
		}
		matched := false
		for _, t := range tokens {
			if len(text) >= len(t.sql) && strings.EqualFold(text[:len(t.sql)], t.sql) {
				out += t.java
				text = text[len(t.sql):]
				matched = true
				break
			}
		}
		if matched {
			continue
		}
		if c := text[0]; c|0x20 >= 'a' && c|0x20 <= 'z' {
			return "", errorf("Bad date/time conversion format: %s", text)
		}
		out += text[:1]
		text = text[1:]
	}
	return out, nil
}
