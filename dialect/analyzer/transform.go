package analyzer

import (
	"fmt"
	"strconv"

	"skep/dialect/ast"
	"skep/dialect/catalog"
	"skep/dialect/plan"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
)

func duplicateColumn(name string) error {
	return sqlerr.New(sqlerr.DuplicateColumnNames, name)
}

// transform analyses SELECT TRANSFORM and its relatives MAP and REDUCE.
func (b *builder) transform(q *ast.Query, s *ast.Select, blk *block, n plan.Node, top bool) (*result, error) {
	t := s.Transform
	if s.GroupBy != nil || s.Having != nil {
		return nil, sqlerr.Semanticf("%s", generated(t, "GROUP BY is not supported with TRANSFORM"))
	}
	x := blk.exprs(subqueries)
	args, err := x.list(t.Args, nil)
	if err != nil {
		return nil, err
	}
	sc := &plan.Script{Input: n, Args: args, InputFormat: scriptFormat(t.InFormat), OutputFormat: scriptFormat(t.OutFormat)}
	if t.Script != nil {
		sc.Command = t.Script.Value
	}
	r := &result{}
	add := func(name string, ty *types.Type) {
		c := b.column(name, ty)
		sc.Outputs = append(sc.Outputs, c)
		r.cols = append(r.cols, output{col: c, name: name})
	}
	if !t.HasAs {
		sc.KeyValue = true
		add("key", types.StringType)
		add("value", types.StringType)
	}
	seen := map[string]bool{}
	for _, c := range t.Columns {
		ty := types.StringType
		if c.Type != nil {
			sc.OutputTypesSet = true
			if ty, err = typeOf(c.Type); err != nil {
				return nil, err
			}
		}
		name := lower(c.Name)
		if seen[name] {
			return nil, sqlerr.New(sqlerr.ColumnAliasAlreadyExists, name)
		}
		seen[name] = true
		add(name, ty)
	}
	r.node = sc
	return b.tail(q, r, blk.outer, top)
}

// scriptFormat collects the LazySimpleSerDe properties of one side of a script.
func scriptFormat(f *ast.RowFormat) plan.ScriptFormat {
	out := plan.ScriptFormat{}
	if f == nil {
		return out
	}
	serde, props := rowFormatProperties(f)
	out.SerDe, out.Properties = serde, props
	return out
}

// rowFormatProperties gives the SerDe class ("" for the default) and its properties as the metastore keeps them.
func rowFormatProperties(f *ast.RowFormat) (string, map[string]string) {
	props := map[string]string{}
	if f.SerDe != nil {
		for _, p := range f.SerDeProperties {
			if p.Value != nil {
				props[p.Key.Value] = p.Value.Value
			}
		}
		return f.SerDe.Value, props
	}
	set := func(s *ast.StringLit, keys ...string) {
		if s == nil {
			return
		}
		for _, k := range keys {
			props[k] = s.Value
		}
	}
	set(f.Fields, "field.delim", "serialization.format")
	set(f.Escaped, "escape.delim")
	set(f.CollectionItems, "collection.delim")
	set(f.MapKeys, "mapkey.delim")
	set(f.Lines, "line.delim")
	set(f.NullDefined, "serialization.null.format")
	return "", props
}

// sample applies TABLESAMPLE to a scan.
func (b *builder) sample(f *ast.Sample, s *source, t *catalog.Table) error {
	scan := s.rels[0].scan
	sm := &plan.Sample{}
	number := func(n *ast.NumberLit) (float64, error) {
		v, err := strconv.ParseFloat(n.Text, 64)
		if err != nil {
			return 0, sqlerr.At(sqlerr.InvalidNumericalConstant, n.Position())
		}
		return v, nil
	}
	switch f.Kind {
	case ast.SampleBucket:
		bucket, err := number(f.Value)
		if err != nil {
			return err
		}
		outOf, err := number(f.OutOf)
		if err != nil {
			return err
		}
		sm.Bucket, sm.OutOf = int(bucket), int(outOf)
		if sm.Bucket > sm.OutOf {
			return sqlerr.CodedSemanticf(sqlerr.BucketedNumeratorBiggerDenominator, "%s %s",
				sqlerr.Text(sqlerr.BucketedNumeratorBiggerDenominator), t.Name)
		}
		blk := b.newBlock(nil)
		blk.scope.rels = s.rels
		if sm.On, err = blk.exprs(0).list(f.On, nil); err != nil {
			return err
		}
		if len(f.On) == 0 {
			if t.Buckets.Count == 0 {
				return sqlerr.CodedSemanticf(sqlerr.NonBucketedTable, "%s %s", sqlerr.Text(sqlerr.NonBucketedTable), t.Name)
			}
			for _, name := range t.Buckets.Columns {
				if c := s.rels[0].find(name); c != nil {
					sm.On = append(sm.On, plan.NewColumnRef(c.col))
				}
			}
		}
	case ast.SamplePercent:
		if err := b.combining(f.Value, "Percentage"); err != nil {
			return err
		}
		v, err := number(f.Value)
		if err != nil {
			return err
		}
		if v < 0 || v > 100 {
			return sqlerr.Semanticf("%s", generated(f.Value, "Sampling percentage should be between 0 and 100"))
		}
		sm.Percent = v
	case ast.SampleRows:
		v, err := number(f.Value)
		if err != nil {
			return err
		}
		sm.Rows = int64(v)
	case ast.SampleBytes:
		if err := b.combining(f.Value, "Total Length"); err != nil {
			return err
		}
		v, err := byteLength(f.Value)
		if err != nil {
			return err
		}
		sm.Bytes = v
	default:
		return sqlerr.Semanticf("unsupported sample %s", f.Kind)
	}
	scan.Sample = sm
	return nil
}

// combining checks that the session asks for the input format that can sample by size, as Hive demands.
func (b *builder) combining(at *ast.NumberLit, what string) error {
	const formats = "org.apache.hadoop.hive.ql.io."
	key, format := "hive.tez.input.format", formats+"HiveInputFormat"
	if e := b.a.env.Conf.Get("hive.execution.engine"); e != "" && e != "tez" {
		key, format = "hive.input.format", formats+"CombineHiveInputFormat"
	}
	if v := b.a.env.Conf.Get(key); v != "" {
		format = v
	}
	if format != formats+"CombineHiveInputFormat" {
		return sqlerr.Semanticf("%s", generated(at, what+" sampling is not supported in "+format))
	}
	return nil
}

// byteLength reads 10b, 10k, 10m or 10g.
func byteLength(n *ast.NumberLit) (int64, error) {
	text := n.Text
	shift := 0
	if l := len(text); l > 0 {
		switch text[l-1] {
		case 'b', 'B':
			text = text[:l-1]
		case 'k', 'K':
			text, shift = text[:l-1], 10
		case 'm', 'M':
			text, shift = text[:l-1], 20
		case 'g', 'G':
			text, shift = text[:l-1], 30
		}
	}
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("reading the sample size: %w", sqlerr.At(sqlerr.InvalidNumericalConstant, n.Position()))
	}
	return v << shift, nil
}
