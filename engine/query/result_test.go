package query

import (
	"fmt"
	"testing"

	"skep/dialect/types"
	"skep/engine/vector"
)

func TestResultIsReadBackInOrder(t *testing.T) {
	for _, rows := range []int{0, 1, 5000, 400_000} { // the last does not stay in memory
		r := &Result{types: []*types.Type{types.BigIntType, types.StringType}, dir: t.TempDir()}
		for at := 0; at < rows; {
			b := vector.NewBatch(r.types)
			for ; b.N < 2000 && at < rows; b.N++ {
				b.Cols[0].AppendDatum(types.Datum{I: int64(at)})
				b.Cols[1].AppendDatum(types.Datum{S: fmt.Sprint("row number ", at)})
				at++
			}
			if err := r.AppendBatch(b); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.end(); err != nil {
			t.Fatal(err)
		}
		c := r.Cursor()
		for range 2 { // twice: results can be rewound
			at := 0
			for {
				b, err := c.Next(777)
				if err != nil {
					t.Fatal(err)
				}
				if b == nil {
					break
				}
				if b.Rows() > 777 {
					t.Fatalf("%d rows at once", b.Rows())
				}
				for k := range b.Rows() {
					i := k
					if b.Sel != nil {
						i = int(b.Sel[k])
					}
					if got := b.Cols[0].I64[i]; got != int64(at) || string(b.Cols[1].Bytes(i)) != fmt.Sprint("row number ", at) {
						t.Fatalf("row %d is %d", at, got)
					}
					at++
				}
			}
			if at != rows {
				t.Fatalf("%d rows, want %d", at, rows)
			}
			if err := c.Rewind(); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
