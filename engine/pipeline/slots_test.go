package pipeline

import (
	"fmt"
	"testing"
)

// TestSharesGetTheirWeight counts who is served while workers of all shares wait, without a clock: a slot is passed on again and
// again, and who gets it asks anew.
func TestSharesGetTheirWeight(t *testing.T) {
	for _, c := range []struct {
		slots   int
		weights []int
		queries []int // of each share
	}{
		{1, []int{1, 1}, []int{1, 5}},
		{1, []int{3, 1}, []int{2, 2}},
		{4, []int{4, 2, 1}, []int{2, 3, 9}},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			s := NewSlots(c.slots)
			type worker struct {
				share int
				query *Query
				ready chan struct{} // nil: it got its slot at once
				holds bool
			}
			var workers []*worker
			for i, w := range c.weights {
				share := NewShare(w)
				for range c.queries[i] {
					q := NewQuery(s, c.slots)
					q.Use(share)
					for range 2 {
						workers = append(workers, &worker{share: i, query: q})
					}
				}
			}
			const rounds = 7000
			served := make([]int, len(c.weights))
			byQuery := map[*Query]int{}
			for _, w := range workers {
				w.ready = s.ask(w.query)
			}
			var holders []*worker // of slots, the one who has had it for longest first
			look := func() {
				for _, w := range workers {
					if w.holds {
						continue
					}
					if w.ready != nil {
						select {
						case <-w.ready:
						default:
							continue
						}
					}
					w.holds = true
					holders = append(holders, w)
				}
			}
			look()
			for range rounds {
				w := holders[0]
				holders = holders[1:]
				served[w.share]++
				byQuery[w.query]++
				s.release()
				w.holds, w.ready = false, s.ask(w.query)
				look()
			}
			weights := 0
			for _, w := range c.weights {
				weights += w
			}
			for i, w := range c.weights {
				if want := rounds * w / weights; served[i] < want*98/100 || served[i] > want*102/100 {
					t.Errorf("share %d was served %d times of %d, its part is %d", i, served[i], rounds, want)
				}
			}
			for _, w := range workers {
				if want := served[w.share] / c.queries[w.share]; byQuery[w.query] < want*98/100 || byQuery[w.query] > want*102/100 {
					t.Errorf("a query of share %d was served %d times, its part is %d", w.share, byQuery[w.query], want)
				}
			}
		})
	}
}
