package analyzer

import (
	"strings"

	"skep/dialect/ast"
	"skep/dialect/catalog"
	"skep/dialect/conf"
	"skep/dialect/plan"
	"skep/dialect/types"
)

// testSeed is the seed of the random numbers by which Hive's test mode samples tables without buckets.
const testSeed = 460476415

// testSample applies hive.test.mode: of a bucketed table only the first bucket is read, of others about one row in
// hive.test.mode.samplefreq, but all rows of the tables in hive.test.mode.nosamplelist.
func (b *builder) testSample(s *source, t *catalog.Table) {
	c := b.env.Conf
	if !c.Bool("hive.test.mode") {
		return
	}
	for _, name := range strings.Split(c.Get("hive.test.mode.nosamplelist"), ",") {
		if strings.EqualFold(name, t.Name) {
			return
		}
	}
	sample := &plan.Sample{Bucket: 1, OutOf: t.Buckets.Count}
	for _, name := range t.Buckets.Columns {
		if col := s.rels[0].find(name); col != nil {
			sample.On = append(sample.On, plan.NewColumnRef(col.col))
		}
	}
	if t.Buckets.Count == 0 {
		sample.OutOf = int(c.Int("hive.test.mode.samplefreq", 32))
		sample.On = []plan.Expr{&plan.Call{Func: "rand", Args: []plan.Expr{intLiteral(types.IntType, testSeed)}, T: types.DoubleType}}
	}
	s.rels[0].scan.Sample = sample
}

// TestTarget is the name of the table that a statement which names n writes: in test mode another one, by hive.test.mode.prefix.
func TestTarget(c *conf.Conf, n *ast.TableName) *ast.TableName {
	if !c.Bool("hive.test.mode") {
		return n
	}
	renamed := *n
	id := *n.Name
	id.Name = c.Get("hive.test.mode.prefix") + id.Name
	renamed.Name = &id
	return &renamed
}
