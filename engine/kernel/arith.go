package kernel

// Number is an element type of arithmetic.
type Number interface{ int64 | float64 }

// Add computes dst = a + b.
func Add[T Number](dst, a, b []T, sel []uint16) {
	if sel == nil {
		a, b = a[:len(dst)], b[:len(dst)]
		for i := range dst {
			dst[i] = a[i] + b[i]
		}
		return
	}
	for _, i := range sel {
		dst[i] = a[i] + b[i]
	}
}

// AddConst computes dst = a + c.
func AddConst[T Number](dst, a []T, c T, sel []uint16) {
	if sel == nil {
		a = a[:len(dst)]
		for i := range dst {
			dst[i] = a[i] + c
		}
		return
	}
	for _, i := range sel {
		dst[i] = a[i] + c
	}
}

// Sub computes dst = a - b.
func Sub[T Number](dst, a, b []T, sel []uint16) {
	if sel == nil {
		a, b = a[:len(dst)], b[:len(dst)]
		for i := range dst {
			dst[i] = a[i] - b[i]
		}
		return
	}
	for _, i := range sel {
		dst[i] = a[i] - b[i]
	}
}

// ConstSub computes dst = c - a.
func ConstSub[T Number](dst []T, c T, a []T, sel []uint16) {
	if sel == nil {
		a = a[:len(dst)]
		for i := range dst {
			dst[i] = c - a[i]
		}
		return
	}
	for _, i := range sel {
		dst[i] = c - a[i]
	}
}

// Mul computes dst = a · b.
func Mul[T Number](dst, a, b []T, sel []uint16) {
	if sel == nil {
		a, b = a[:len(dst)], b[:len(dst)]
		for i := range dst {
			dst[i] = a[i] * b[i]
		}
		return
	}
	for _, i := range sel {
		dst[i] = a[i] * b[i]
	}
}

// MulConst computes dst = a · c.
func MulConst[T Number](dst, a []T, c T, sel []uint16) {
	if sel == nil {
		a = a[:len(dst)]
		for i := range dst {
			dst[i] = a[i] * c
		}
		return
	}
	for _, i := range sel {
		dst[i] = a[i] * c
	}
}

// AddScaled computes dst = a·fa + b·fb, the sum of two decimals brought to one scale; Sub by a negative fb.
func AddScaled(dst, a, b []int64, fa, fb int64, sel []uint16) {
	if sel == nil {
		a, b = a[:len(dst)], b[:len(dst)]
		for i := range dst {
			dst[i] = a[i]*fa + b[i]*fb
		}
		return
	}
	for _, i := range sel {
		dst[i] = a[i]*fa + b[i]*fb
	}
}

// Wrap sign-extends the low bits of each value: the two's complement overflow of narrow integers.
func Wrap(dst []int64, bits int, sel []uint16) {
	switch bits {
	case 8:
		each(dst, sel, func(v int64) int64 { return int64(int8(v)) })
	case 16:
		each(dst, sel, func(v int64) int64 { return int64(int16(v)) })
	case 32:
		if sel == nil {
			for i, v := range dst {
				dst[i] = int64(int32(v))
			}
			return
		}
		for _, i := range sel {
			dst[i] = int64(int32(dst[i]))
		}
	}
}

func each[T any](dst []T, sel []uint16, f func(T) T) {
	if sel == nil {
		for i, v := range dst {
			dst[i] = f(v)
		}
		return
	}
	for _, i := range sel {
		dst[i] = f(dst[i])
	}
}

// Single rounds doubles to single precision.
func Single(dst []float64, sel []uint16) {
	if sel == nil {
		for i, v := range dst {
			dst[i] = float64(float32(v))
		}
		return
	}
	for _, i := range sel {
		dst[i] = float64(float32(dst[i]))
	}
}

// Gather computes dst[i] = dict[codes[i]].
func Gather[T any](dst, dict []T, codes []uint32, sel []uint16) {
	if sel == nil {
		codes = codes[:len(dst)]
		for i, c := range codes {
			dst[i] = dict[c]
		}
		return
	}
	for _, i := range sel {
		dst[i] = dict[codes[i]]
	}
}

// Copy copies the rows of sel (all of dst when nil).
func Copy[T any](dst, src []T, sel []uint16) {
	if sel == nil {
		copy(dst, src)
		return
	}
	for _, i := range sel {
		dst[i] = src[i]
	}
}

// Fill sets the rows of sel (all of dst when nil) to v.
func Fill[T any](dst []T, v T, sel []uint16) {
	if sel == nil {
		for i := range dst {
			dst[i] = v
		}
		return
	}
	for _, i := range sel {
		dst[i] = v
	}
}
