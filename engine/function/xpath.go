package function

import (
	"math"

	"skep/dialect/types"
	"skep/engine/vector"
	"skep/engine/xpath"
)

var xpathTable = map[string]entry{
	"xpath":         {build: xpathList, nulls: Strict, fallible: true},
	"xpath_string":  {build: xpathKernel(func(out *Result, i int, e *xpath.Expr, doc *xpath.Node) { out.SetString(i, e.String(doc)) }), nulls: Strict, fallible: true},
	"xpath_boolean": {build: xpathKernel(func(out *Result, i int, e *xpath.Expr, doc *xpath.Node) { out.SetBool(i, e.Bool(doc)) }), nulls: Strict, fallible: true},
	"xpath_number":  {build: xpathNumber, nulls: Strict, fallible: true},
	"xpath_double":  {build: xpathNumber, nulls: Strict, fallible: true},
	"xpath_float":   {build: xpathNumber, nulls: Strict, fallible: true},
	"xpath_long":    {build: xpathNumber, nulls: Strict, fallible: true},
	"xpath_int":     {build: xpathNumber, nulls: Strict, fallible: true},
	"xpath_short":   {build: xpathNumber, nulls: Strict, fallible: true},
}

// xpathCache keeps the last document and expression, which are often the same for many rows.
type xpathCache struct {
	text, path string
	doc        *xpath.Node
	expr       *xpath.Expr
}

// get returns nil for an empty document or path.
func (c *xpathCache) get(text, path []byte) (*xpath.Node, *xpath.Expr, error) {
	if len(text) == 0 || len(path) == 0 {
		return nil, nil, nil
	}
	if c.expr == nil || c.path != string(path) {
		e, err := xpath.Compile(string(path))
		if err != nil {
			return nil, nil, errorf("Invalid expression '%s': %v", path, err)
		}
		c.path, c.expr = string(path), e
	}
	if c.doc == nil || c.text != string(text) {
		d, err := xpath.Parse(string(text))
		if err != nil {
			return nil, nil, errorf("Error loading expression '%s': %v", path, err)
		}
		c.text, c.doc = string(text), d
	}
	return c.doc, c.expr, nil
}

func xpathKernel(store func(out *Result, i int, e *xpath.Expr, doc *xpath.Node)) Builder {
	return func(_ *Env, call *Call) Kernel {
		if !allTexts(call.Args) {
			return nil
		}
		var cache xpathCache
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a, p := textsOf(args[0]), textsOf(args[1])
			return rows.Try(func(i int) error {
				doc, e, err := cache.get(a.at(i), p.at(i))
				if err != nil {
					return err
				}
				if doc == nil {
					out.Null(i)
					return nil
				}
				store(out, i, e, doc)
				return nil
			})
		}
	}
}

// xpathNumber gives the number of an expression; integers are the double's, cut and saturated, and short ones the low bits of that.
func xpathNumber(env *Env, call *Call) Kernel {
	t := call.Result
	return xpathKernel(func(out *Result, i int, e *xpath.Expr, doc *xpath.Node) {
		f := e.Number(doc)
		switch {
		case t.Physical() == types.F64 && t.Kind == types.Float:
			out.F64[i] = float64(float32(f))
		case t.Physical() == types.F64:
			out.F64[i] = f
		case t.Kind == types.BigInt:
			out.I64[i] = types.FloatToInt(f)
		default:
			out.I64[i] = wrap(min(max(types.FloatToInt(f), math.MinInt32), math.MaxInt32), width(t))
		}
	})(env, call)
}

func xpathList(env *Env, call *Call) Kernel {
	return xpathKernel(func(out *Result, i int, e *xpath.Expr, doc *xpath.Node) {
		start := out.startRun()
		for _, s := range e.Values(doc) {
			appendText(out.Children[0], []byte(s))
		}
		out.endRun(i, start)
	})(env, call)
}
