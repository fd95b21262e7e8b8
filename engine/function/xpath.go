package function

import (
	"math"
	"strings"

	"skep/dialect/types"
	"skep/engine/vector"
	"skep/engine/xpath"
)

var xpathTable = map[string]entry{
	"xpath":         {build: xpathList, nulls: Strict, fallible: true},
	"xpath_string":  {build: xpathString, nulls: Strict, fallible: true},
	"xpath_boolean": {build: xpathBoolean, nulls: Strict, fallible: true},
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
	refused    bool // path is no expression
}

// get returns nil where Hive's helper answers null: for an empty document or path, and for what is no expression.
func (c *xpathCache) get(text, path []byte) (*xpath.Node, *xpath.Expr, error) {
	if len(text) == 0 || len(path) == 0 {
		return nil, nil, nil
	}
	if c.path != string(path) {
		e, err := xpath.Compile(string(path))
		c.path, c.expr, c.refused = string(path), e, err != nil
	}
	if c.refused {
		return nil, nil, nil
	}
	if c.expr.Variables {
		return nil, nil, errorf("Invalid expression '%s'", path)
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

// xpathMethod is the Java method behind a function.
func xpathMethod(result, class string) string {
	return "public " + result + " org.apache.hadoop.hive.ql.udf.xml.UDFXPath" + class + ".evaluate(java.lang.String,java.lang.String)"
}

// noValue is what Java says when the helper answers null and the function needs a value.
func noValue(helper, boxed, method string) error {
	return errorf(`Cannot invoke "java.lang.%s.%s()" because the return value of "org.apache.hadoop.hive.ql.udf.xml.UDFXPathUtil.%s(String, String)" is null`,
		boxed, method, helper)
}

// xpathKernel evaluates an expression of each row; missing says what to do without one.
func xpathKernel(method string, missing func(out *Result, i int) error, store func(out *Result, i int, e *xpath.Expr, doc *xpath.Node) error) Builder {
	return func(_ *Env, call *Call) Kernel {
		if !allTexts(call.Args) {
			return nil
		}
		var cache xpathCache
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a, p := textsOf(args[0]), textsOf(args[1])
			return rows.Try(func(i int) error {
				doc, e, err := cache.get(a.at(i), p.at(i))
				switch {
				case err != nil:
				case doc == nil:
					err = missing(out, i)
				default:
					if err = store(out, i, e, doc); err != nil {
						err = errorf("Invalid expression '%s'", p.at(i))
					}
				}
				if method != "" {
					return methodFailed(method, err)
				}
				return err
			})
		}
	}
}

func xpathString(env *Env, call *Call) Kernel {
	missing := func(out *Result, i int) error {
		out.Null(i)
		return nil
	}
	return xpathKernel(xpathMethod("org.apache.hadoop.io.Text", "String"), missing, func(out *Result, i int, e *xpath.Expr, doc *xpath.Node) error {
		out.SetString(i, e.String(doc))
		return nil
	})(env, call)
}

func xpathBoolean(env *Env, call *Call) Kernel {
	missing := func(*Result, int) error { return noValue("evalBoolean", "Boolean", "booleanValue") }
	return xpathKernel(xpathMethod("boolean", "Boolean"), missing, func(out *Result, i int, e *xpath.Expr, doc *xpath.Node) error {
		out.SetBool(i, e.Bool(doc))
		return nil
	})(env, call)
}

// xpathNumber gives the number of an expression; integers are the double's, cut and saturated, and short ones the low bits of that.
func xpathNumber(env *Env, call *Call) Kernel {
	t := call.Result
	name := map[types.Kind]string{types.SmallInt: "short", types.Int: "int", types.BigInt: "long", types.Float: "float", types.Double: "double"}[t.Kind]
	class := strings.ToUpper(name[:1]) + name[1:]
	if t.Kind == types.Int {
		class = "Integer"
	}
	missing := func(*Result, int) error { return noValue("evalNumber", "Double", name+"Value") }
	return xpathKernel(xpathMethod(name, class), missing, func(out *Result, i int, e *xpath.Expr, doc *xpath.Node) error {
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
		return nil
	})(env, call)
}

// xpathList is an empty list where there is no expression.
func xpathList(env *Env, call *Call) Kernel {
	missing := func(out *Result, i int) error {
		out.endRun(i, out.startRun())
		return nil
	}
	return xpathKernel("", missing, func(out *Result, i int, e *xpath.Expr, doc *xpath.Node) error {
		values, err := e.Values(doc)
		if err != nil {
			return err
		}
		start := out.startRun()
		for _, s := range values {
			appendText(out.Children[0], []byte(s))
		}
		out.endRun(i, start)
		return nil
	})(env, call)
}
