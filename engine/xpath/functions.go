package xpath

import (
	"math"
	"strings"
	"unicode/utf16"
)

type callExpr struct {
	name string
	args []expr
	f    func(c *context, args []expr) value
}

func (e *callExpr) eval(c *context) value { return e.f(c, e.args) }

type function struct {
	low, high int // number of arguments; high -1 is any
	eval      func(c *context, args []expr) value
}

// own is the argument, or the context node when there is none.
func own(c *context, args []expr) value {
	if len(args) == 0 {
		return []*Node{c.node}
	}
	return args[0].eval(c)
}

func nodesOf(v value) []*Node {
	n, _ := v.([]*Node)
	return n
}

var functions map[string]function

func init() {
	text := func(c *context, args []expr, i int) string { return toText(args[i].eval(c)) }
	numeric := func(f func(float64) float64) function {
		return function{1, 1, func(c *context, args []expr) value { return f(toNumber(args[0].eval(c))) }}
	}
	// The table refers to functions that evaluate expressions, which refer to the table.
	functions = map[string]function{
		"last":     {0, 0, func(c *context, _ []expr) value { return float64(c.size) }},
		"position": {0, 0, func(c *context, _ []expr) value { return float64(c.position) }},
		"count":    {1, 1, func(c *context, args []expr) value { return float64(len(nodesOf(args[0].eval(c)))) }},
		"sum": {1, 1, func(c *context, args []expr) value {
			sum := 0.0
			for _, n := range nodesOf(args[0].eval(c)) {
				sum += toNumber(n.Text())
			}
			return sum
		}},
		"name": {0, 1, func(c *context, args []expr) value {
			if n := nodesOf(own(c, args)); len(n) > 0 {
				return n[0].name
			}
			return ""
		}},
		"local-name": {0, 1, func(c *context, args []expr) value {
			if n := nodesOf(own(c, args)); len(n) > 0 {
				return n[0].local()
			}
			return ""
		}},
		// Without namespaces and types of attributes there is nothing to be found by these.
		"namespace-uri": {0, 1, func(*context, []expr) value { return "" }},
		"lang":          {1, 1, func(*context, []expr) value { return false }},
		"id":            {1, 1, func(*context, []expr) value { return []*Node(nil) }},
		"string":        {0, 1, func(c *context, args []expr) value { return toText(own(c, args)) }},
		"concat": {2, -1, func(c *context, args []expr) value {
			s := ""
			for i := range args {
				s += text(c, args, i)
			}
			return s
		}},
		"starts-with": {2, 2, func(c *context, args []expr) value { return strings.HasPrefix(text(c, args, 0), text(c, args, 1)) }},
		"contains":    {2, 2, func(c *context, args []expr) value { return strings.Contains(text(c, args, 0), text(c, args, 1)) }},
		"substring-before": {2, 2, func(c *context, args []expr) value {
			before, _, ok := strings.Cut(text(c, args, 0), text(c, args, 1))
			if !ok {
				return ""
			}
			return before
		}},
		"substring-after": {2, 2, func(c *context, args []expr) value {
			_, after, _ := strings.Cut(text(c, args, 0), text(c, args, 1))
			return after
		}},
		"substring": {2, 3, func(c *context, args []expr) value {
			from := math.Round(toNumber(args[1].eval(c)))
			to := math.Inf(1)
			if len(args) > 2 {
				to = from + math.Round(toNumber(args[2].eval(c)))
			}
			var b strings.Builder
			position := 1.0
			for _, r := range text(c, args, 0) {
				if position >= from && position < to {
					b.WriteRune(r)
				}
				position++
			}
			return b.String()
		}},
		"string-length":   {0, 1, func(c *context, args []expr) value { return float64(len(utf16.Encode([]rune(toText(own(c, args)))))) }},
		"normalize-space": {0, 1, func(c *context, args []expr) value { return strings.Join(strings.Fields(toText(own(c, args))), " ") }},
		"translate": {3, 3, func(c *context, args []expr) value {
			from, to := []rune(text(c, args, 1)), []rune(text(c, args, 2))
			return strings.Map(func(r rune) rune {
				for i, f := range from {
					if f == r {
						if i < len(to) {
							return to[i]
						}
						return -1
					}
				}
				return r
			}, text(c, args, 0))
		}},
		"boolean": {1, 1, func(c *context, args []expr) value { return toBool(args[0].eval(c)) }},
		"not":     {1, 1, func(c *context, args []expr) value { return !toBool(args[0].eval(c)) }},
		"true":    {0, 0, func(*context, []expr) value { return true }},
		"false":   {0, 0, func(*context, []expr) value { return false }},
		"number":  {0, 1, func(c *context, args []expr) value { return toNumber(own(c, args)) }},
		"floor":   numeric(math.Floor),
		"ceiling": numeric(math.Ceil),
		"round":   numeric(func(f float64) float64 { return math.Floor(f + 0.5) }),
	}
}
