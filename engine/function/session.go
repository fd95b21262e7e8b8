package function

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/google/uuid"

	"skep/dialect/types"
	"skep/engine/vector"
)

var sessionTable = map[string]entry{
	"current_database": {build: text(func(e *Env) string { return e.Database }), nulls: Aware},
	"bucket_number": {build: func(*Env, *Call) Kernel {
		return func(_ []*vector.Vector, rows Rows, out *Result) error {
			rows.Each(out.Null)
			return nil
		}
	}, nulls: Aware},
	"current_schema":              {build: text(func(e *Env) string { return e.Database }), nulls: Aware},
	"current_catalog":             {build: text(func(*Env) string { return "hive" }), nulls: Aware},
	"current_user":                {build: text(func(e *Env) string { return e.User }), nulls: Aware},
	"logged_in_user":              {build: text(func(e *Env) string { return e.User }), nulls: Aware},
	"current_groups":              {build: currentGroups, nulls: Aware},
	"version":                     {build: text(versionText), nulls: Aware},
	"buildversion":                {build: text(versionText), nulls: Aware},
	"uuid":                        {build: uuidText, nulls: Aware, random: true},
	"restrict_information_schema": {build: constantFalse, nulls: Aware},
	"assert_true":                 {build: assertTrue, nulls: Aware, fallible: true},
	"assert_true_oom":             {build: assertTrue, nulls: Aware, fallible: true},
	"enforce_constraint":          {build: enforceConstraint, nulls: Aware, fallible: true},
	"cardinality_violation":       {build: cardinalityViolation, nulls: Aware, fallible: true},
	"sq_count_check":              {build: countCheck, nulls: Aware, fallible: true},
	"grouping":                    {build: grouping, nulls: Strict},
	"typeof":                      {build: typeOf, nulls: Aware},
	"surrogate_key":               {build: surrogateKey, nulls: Aware, random: true},
}

func versionText(e *Env) string {
	if e.Hive3() {
		return "3.1.3 rskep"
	}
	return "4.0.1 rskep"
}

func text(f func(*Env) string) Builder {
	return func(env *Env, _ *Call) Kernel {
		s := f(env)
		return func(_ []*vector.Vector, rows Rows, out *Result) error {
			rows.Each(func(i int) { out.SetString(i, s) })
			return nil
		}
	}
}

func currentGroups(_ *Env, _ *Call) Kernel {
	return func(_ []*vector.Vector, rows Rows, out *Result) error {
		rows.Each(func(i int) { out.endRun(i, out.startRun()) })
		return nil
	}
}

func constantFalse(_ *Env, _ *Call) Kernel {
	return func(_ []*vector.Vector, rows Rows, out *Result) error {
		rows.Each(func(i int) { out.I64[i] = 0 })
		return nil
	}
}

func uuidText(env *Env, _ *Call) Kernel {
	next := uuid.NewRandom
	if env != nil && env.seed != 0 {
		var key [32]byte
		binary.LittleEndian.PutUint64(key[:], env.seed)
		source := rand.NewChaCha8(key)
		next = func() (uuid.UUID, error) { return uuid.NewRandomFromReader(source) }
	}
	return func(_ []*vector.Vector, rows Rows, out *Result) error {
		return rows.Try(func(i int) error {
			id, err := next()
			if err != nil {
				return errorf("making a UUID: %v", err)
			}
			out.SetString(i, id.String())
			return nil
		})
	}
}

// condition reads an argument as a boolean.
func condition(env *Env, t *types.Type) func(v *vector.Vector, row int) bool {
	return func(v *vector.Vector, row int) bool {
		if isNull(v, row) {
			return false
		}
		b, i := v.Base(), v.At(row)
		switch t.Physical() {
		case types.I64:
			return b.I64[i] != 0
		case types.F64:
			return b.F64[i] != 0
		case types.I128:
			return b.W[i] != types.Int128{}
		case types.Bytes:
			return !falseText(v.Bytes(row))
		}
		return false
	}
}

// assertTrue is NULL, or fails.
func assertTrue(env *Env, call *Call) Kernel {
	holds := condition(env, call.Args[0])
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		return rows.Try(func(i int) error {
			if !holds(args[0], i) {
				return errorf("ASSERT_TRUE(): assertion failed.")
			}
			if call.Result.Kind != types.Void {
				out.Null(i)
			}
			return nil
		})
	}
}

func enforceConstraint(env *Env, call *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		return rows.Try(func(i int) error {
			// NULL satisfies a constraint's condition.
			if !isNull(args[0], i) && args[0].Base().I64[args[0].At(i)] == 0 {
				return errorf("Either CHECK or NOT NULL constraint violated!")
			}
			out.I64[i] = 1
			return nil
		})
	}
}

func cardinalityViolation(_ *Env, _ *Call) Kernel {
	return func(_ []*vector.Vector, rows Rows, _ *Result) error {
		return rows.Try(func(int) error {
			return errorf("Cardinality Violation in Merge statement: a row of the target matched more than one row of the source")
		})
	}
}

// countCheck fails when a scalar subquery gave more than one row: its argument is the count.
func countCheck(_ *Env, call *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		n := ints(args[0])
		return rows.Try(func(i int) error {
			if isNull(args[0], i) {
				out.Null(i)
				return nil
			}
			if n.at(i) > 1 {
				return errorf("Scalar subquery expression returns more than one row.")
			}
			out.I64[i] = n.at(i)
			return nil
		})
	}
}

// grouping(id, bit …) takes bits out of GROUPING__ID.
func grouping(_ *Env, call *Call) Kernel {
	if !call.Args[0].IsInteger() {
		return nil
	}
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		id := ints(args[0])
		rows.Each(func(i int) {
			r := int64(0)
			for _, v := range args[1:] {
				bit := ints(v)
				r = r<<1 | id.at(i)>>uint(bit.at(i))&1
			}
			out.I64[i] = r
		})
		return nil
	}
}

func typeOf(_ *Env, call *Call) Kernel {
	name := call.Args[0].String()
	return text(func(*Env) string { return name })(nil, call)
}

// surrogateKey numbers rows; a worker's numbers are spread by its own random prefix.
func surrogateKey(env *Env, _ *Call) Kernel {
	base := int64(env.start()>>32) << 24
	return func(_ []*vector.Vector, rows Rows, out *Result) error {
		rows.Each(func(i int) {
			base++
			out.I64[i] = base
		})
		return nil
	}
}
