package strictmath

import (
	"math"
	"math/rand"
	"testing"
)

// The expected values are Java's StrictMath, recorded from Hive.
func TestAgainstJava(t *testing.T) {
	for _, c := range []struct {
		name    string
		f       func(float64) float64
		x, want float64
	}{
		{"exp", Exp, 1, 2.7182818284590455}, {"exp", Exp, 1.5, 4.4816890703380645}, {"exp", Exp, -0.1, 0.9048374180359595}, {"exp", Exp, 2.5, 12.182493960703473},
		{"log10", Log10, 5, 0.6989700043360189}, {"log10", Log10, 12, 1.0791812460476249}, {"log10", Log10, 2147483647, 9.331929865381182},
		{"acos", Acos, 0.5, 1.0471975511965979}, {"acos", Acos, -0.1, 1.6709637479564565}, {"acos", Acos, 1e-5, 1.5707863267948965},
		{"asin", Asin, -0.1, -0.1001674211615598}, {"asin", Asin, 1e-5, 1.0000000000166668e-5},
		{"sin", Sin, 1e10, -0.4875060250875107}, {"sin", Sin, 2.5, 0.5984721441039564}, {"sin", Sin, 123456.789, -0.9986640823432246}, {"sin", Sin, 1.5, 0.9974949866040544},
		{"tan", Tan, 1, 1.5574077246549023}, {"tan", Tan, 2.5, -0.7470222972386603}, {"tan", Tan, 123456.789, -19.32678794321585}, {"tan", Tan, 1.5, 14.101419947171719},
		{"tan", Tan, -0.1, -0.10033467208545055},
		{"cbrt", Cbrt, 2.5, 1.3572088082974532}, {"cbrt", Cbrt, 123456.789, 49.793385921817446}, {"cbrt", Cbrt, -0.1, -0.4641588833612779},
	} {
		if got := c.f(c.x); got != c.want {
			t.Errorf("%s(%v) = %v, want %v", c.name, c.x, got, c.want)
		}
	}
}

// TestNearMath checks that everything is within a few units of the last place of package math.
func TestNearMath(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for range 200000 {
		x := (r.Float64() - 0.5) * math.Pow(10, float64(r.Intn(8)-3))
		for _, c := range []struct {
			name      string
			got, want float64
		}{
			{"exp", Exp(x), math.Exp(x)}, {"log10", Log10(math.Abs(x)), math.Log10(math.Abs(x))}, {"sin", Sin(x), math.Sin(x)}, {"cos", Cos(x), math.Cos(x)},
			{"tan", Tan(x), math.Tan(x)}, {"asin", Asin(x), math.Asin(x)}, {"acos", Acos(x), math.Acos(x)}, {"cbrt", Cbrt(x), math.Cbrt(x)},
		} {
			if c.got == c.want || c.got != c.got && c.want != c.want {
				continue
			}
			if d := math.Abs(c.got - c.want); d > 1e-14*math.Max(math.Abs(c.want), 0.2) {
				t.Fatalf("%s(%v) = %v, want about %v", c.name, x, c.got, c.want)
			}
		}
	}
}
