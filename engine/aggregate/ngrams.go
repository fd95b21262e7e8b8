package aggregate

import (
	"cmp"
	"slices"
	"strings"

	"skep/dialect/types"
	"skep/engine/vector"
)

// newNgrams is ngrams(words, n, k [, precision]) and context_ngrams(words, context, k [, precision]): the k most frequent runs of n
// words, or fillings of the NULLs in a context. All candidates are counted, so the estimate is exact.
func newNgrams(args []*types.Type, result *types.Type) (Function, error) {
	if len(args) < 3 || args[0].Kind != types.Array || result.Kind != types.Array {
		return nil, badArgs(args)
	}
	return &fn{[]*types.Type{types.NewArray(types.StringType), types.NewArray(types.BigIntType), types.BigIntType}, func() States {
		return &ngramStates{}
	}}, nil
}

type ngramState struct {
	counts map[string]int64 // words joined by wordEnd
	k      int64
}

const wordEnd = "\x00"

type ngramStates struct {
	s       []ngramState
	entries int64
}

func (s *ngramStates) Resize(n int) {
	clear(s.s[min(n, len(s.s)):])
	s.s = resize(s.s, n)
	if n == 0 {
		s.entries = 0
	}
}

func (s *ngramStates) add(g uint32, key string, n int64) {
	x := &s.s[g]
	if x.counts == nil {
		x.counts = map[string]int64{}
	}
	if _, ok := x.counts[key]; !ok {
		s.entries += int64(len(key) + 40)
	}
	x.counts[key] += n
}

func (s *ngramStates) Update(groups []uint32, args []*vector.Vector) {
	for k, g := range groups {
		if args[0].IsNull(k) || args[1].IsNull(k) || args[2].IsNull(k) {
			continue
		}
		s.s[g].k = args[2].I64[k]
		var context []types.Datum
		if args[1].Type.Kind == types.Array {
			context = args[1].Datum(k).Elems
		} else {
			context = make([]types.Datum, max(int(args[1].I64[k]), 0))
			for i := range context {
				context[i].Null = true
			}
		}
		sentences := []types.Datum{args[0].Datum(k)}
		if args[0].Type.Elem.Kind == types.Array {
			sentences = sentences[0].Elems
		}
		for _, sentence := range sentences {
			s.count(g, sentence.Elems, context)
		}
	}
}

// count counts the places of a sentence that fit the context: NULL fits any word and belongs to the result.
func (s *ngramStates) count(g uint32, words, context []types.Datum) {
	for from := 0; from+len(context) <= len(words) && len(context) > 0; from++ {
		var parts []string
		fits := true
		for i, c := range context {
			w := words[from+i]
			if w.Null || !c.Null && c.S != w.S {
				fits = false
				break
			}
			if c.Null {
				parts = append(parts, w.S)
			}
		}
		if fits {
			s.add(g, strings.Join(parts, wordEnd), 1)
		}
	}
}

func (s *ngramStates) Merge(groups []uint32, p []*vector.Vector) {
	for k, g := range groups {
		keys, counts := p[0].Datum(k).Elems, p[1].Datum(k).Elems
		for i := range keys {
			s.add(g, keys[i].S, counts[i].I)
		}
		s.s[g].k = max(s.s[g].k, p[2].I64[k])
	}
}

func (x *ngramState) sorted() []string {
	keys := make([]string, 0, len(x.counts))
	for key := range x.counts {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int {
		return cmp.Or(cmp.Compare(x.counts[b], x.counts[a]), cmp.Compare(a, b))
	})
	return keys
}

func (s *ngramStates) Partial(dst []*vector.Vector, from, to int) {
	for i := range s.s[from:to] {
		x := &s.s[from+i]
		var keys, counts types.Datum
		for _, key := range x.sorted() {
			keys.Elems = append(keys.Elems, types.Datum{S: key})
			counts.Elems = append(counts.Elems, types.Datum{I: x.counts[key]})
		}
		dst[0].AppendDatum(keys)
		dst[1].AppendDatum(counts)
		dst[2].I64 = append(dst[2].I64, x.k)
	}
}

func (s *ngramStates) Final(dst *vector.Vector, from, to int) {
	for i := range s.s[from:to] {
		x := &s.s[from+i]
		if x.counts == nil {
			dst.AppendDatum(types.NullDatum)
			continue
		}
		keys := x.sorted()
		var out types.Datum
		for _, key := range keys[:min(int64(len(keys)), max(x.k, 0))] {
			var words types.Datum
			for _, w := range strings.Split(key, wordEnd) {
				words.Elems = append(words.Elems, types.Datum{S: w})
			}
			out.Elems = append(out.Elems, types.Datum{Elems: []types.Datum{words, {F: float64(x.counts[key])}}})
		}
		dst.AppendDatum(out)
	}
}

func (s *ngramStates) Bytes() int64 { return int64(cap(s.s))*16 + s.entries }
