package stage

import (
	"fmt"

	"skep/dialect/plan/codec"
	"skep/dialect/types"
)

// EncodeGraph turns what running a graph takes, besides the fragments of its stages, into bytes: who writes and reads which exchange,
// and by stage and scan the splits.
func EncodeGraph(g *Graph, splits [][][]Split) ([]byte, error) {
	c := codec.NewWriter()
	codeGraph(c, g, &splits)
	b, err := c.Bytes()
	if err != nil {
		return nil, fmt.Errorf("encoding a graph of stages: %w", err)
	}
	return b, nil
}

// DecodeGraph reads what EncodeGraph returns. fragments are those of the stages, as bytes.
func DecodeGraph(b []byte, fragments [][]byte) (*Graph, [][][]Split, error) {
	c := codec.NewReader(b)
	g := &Graph{}
	var splits [][][]Split
	codeGraph(c, g, &splits)
	if err := c.End(); err != nil {
		return nil, nil, fmt.Errorf("decoding a graph of stages: %w", err)
	}
	if len(fragments) != len(g.Stages) || len(splits) != len(g.Stages) {
		return nil, nil, fmt.Errorf("a graph of %d stages with %d fragments and the splits of %d", len(g.Stages), len(fragments), len(splits))
	}
	for i, s := range g.Stages {
		f, err := DecodeFragment(fragments[i])
		if err != nil {
			return nil, nil, fmt.Errorf("stage %d: %w", i, err)
		}
		s.ID, s.Root = i, f.Root
		if s.Scans, _ = leaves(f.Root); len(s.Scans) != len(splits[i]) {
			return nil, nil, fmt.Errorf("stage %d has %d scans and the splits of %d", i, len(s.Scans), len(splits[i]))
		}
	}
	return g, splits, nil
}

func codeGraph(c *codec.Coder, g *Graph, splits *[][][]Split) {
	codec.List(c, &g.Stages, func(p **Stage) {
		if c.Reading() {
			*p = &Stage{}
		}
		s := *p
		c.Int(&s.Exchange)
		c.Int(&s.Sink)
		c.Bool(&s.Single)
		c.Bool(&s.Samples)
		codec.List(c, &s.Reads, func(x *int) { c.Int(x) })
	})
	codec.List(c, &g.Exchanges, func(p **Exchange) {
		if c.Reading() {
			*p = &Exchange{}
		}
		e := *p
		c.Int(&e.ID)
		c.Int(&e.Producer)
		codec.Enum(c, &e.Distribution, int(distributions))
		codec.List(c, &e.Keys, func(k *int) { c.Int(k) })
		codec.List(c, &e.Types, func(t **types.Type) { c.Type(t) })
		c.Int(&e.Partitions)
		c.Int(&e.Every)
		if e.Producer < 0 || e.Producer >= len(g.Stages) {
			c.Fail(fmt.Errorf("an exchange is written by stage %d of %d", e.Producer, len(g.Stages)))
		}
	})
	c.Int(&g.Result)
	valid := func(x, least int) {
		if x < least || x >= len(g.Exchanges) {
			c.Fail(fmt.Errorf("exchange %d of %d", x, len(g.Exchanges)))
		}
	}
	valid(g.Result, -1)
	for _, s := range g.Stages {
		if s == nil { // after an error
			return
		}
		valid(s.Exchange, -1)
		for _, x := range s.Reads {
			valid(x, 0)
		}
	}
	codec.List(c, splits, func(scans *[][]Split) {
		codec.List(c, scans, func(s *[]Split) { codec.List(c, s, func(x *Split) { codeSplit(c, x) }) })
	})
}
