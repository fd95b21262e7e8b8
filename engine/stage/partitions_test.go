package stage

import "testing"

func TestPartitionsFollowSizeAndReaders(t *testing.T) {
	const mb = 1 << 20
	g := &Graph{
		Exchanges: []*Exchange{
			{ID: 0, Distribution: Hash, Bytes: 100 * mb}, {ID: 1, Distribution: Hash, Bytes: -1}, {ID: 2, Distribution: RoundRobin, Bytes: 5 * mb},
			{ID: 3, Distribution: Gather, Partitions: 1, Bytes: 1000 * mb}, {ID: 4, Distribution: Hash, Bytes: 1 << 60},
		},
		// Exchange 2 is read by two stages; through it, 0 and 1 belong together.
		Stages: []*Stage{{Reads: []int{0, 2, 3}}, {Reads: []int{2, 1}}, {Reads: []int{4}}},
	}
	(&cutter{graph: g, options: Options{MinPartitions: 4}}).sizePartitions()
	for x, want := range []int{64, 64, 64, 1, maxPartitions} {
		if got := g.Exchanges[x].Partitions; got != want {
			t.Errorf("exchange %d has %d partitions, want %d", x, got, want)
		}
	}
	(&cutter{graph: g, options: Options{Partitions: 3, MinPartitions: 4}}).sizePartitions()
	for x, want := range []int{3, 3, 3, 1, 3} {
		if got := g.Exchanges[x].Partitions; got != want {
			t.Errorf("exchange %d has %d partitions, want %d", x, got, want)
		}
	}
}
