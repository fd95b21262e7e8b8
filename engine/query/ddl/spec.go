package ddl

import (
	"context"
	"fmt"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/javaregex"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
	"skep/metastore"
	"skep/metastore/model"
	"skep/metastore/partition"
)

// spec is a PARTITION clause: values of some or all partition keys, in the order written.
type spec []specValue

type specValue struct {
	key   string
	value string // as the metastore keeps it
	given bool   // false: a key without value
}

// validationFailure is the exception with which Hive rejects a partition clause.
const validationFailure = "ValidationFailureSemanticException"

// String gives a spec as messages show it.
func (s spec) String() string {
	var b strings.Builder
	for i, v := range s {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(v.key + "=" + orNullIf(v.value, !v.given))
	}
	return "{" + b.String() + "}"
}

func orNullIf(s string, null bool) string {
	if null {
		return "null"
	}
	return s
}

// values gives the values in the order of the table's keys; ok is false when one is missing.
func (s spec) values(t *model.Table) (values []string, ok bool) {
	values = make([]string, len(t.PartitionKeys))
	for i, k := range t.PartitionKeys {
		found := false
		for _, v := range s {
			if v.key == k.Name && v.given {
				values[i], found = v.value, true
			}
		}
		if !found {
			return nil, false
		}
	}
	return values, true
}

// filter selects the partitions that have the spec's values; nil selects all.
func (s spec) filter(t *model.Table) partition.Filter {
	var and partition.And
	for _, v := range s {
		for _, k := range t.PartitionKeys {
			if k.Name != v.key || !v.given {
				continue
			}
			value := partition.TypeOf(k.Type).Parse(v.value)
			if value.Kind == partition.Null {
				and = append(and, partition.IsNull{Key: k.Name})
			} else {
				and = append(and, partition.Comparison{Key: k.Name, Op: partition.Equal, Value: value})
			}
		}
	}
	if len(and) == 0 {
		return nil
	}
	return and
}

// spec checks a PARTITION clause against the table and brings its values to their types; full demands all keys.
func (env *Env) spec(ctx context.Context, t *model.Table, p *ast.PartitionSpec, full bool) (spec, error) {
	s, err := env.rawSpec(ctx, p)
	if err != nil {
		return nil, err
	}
	name := t.Database + "." + t.Name
	if !t.IsPartitioned() {
		return nil, sqlerr.Plain(validationFailure, name+" table is not partitioned but partition spec exists: "+s.String())
	}
	for i, v := range s {
		key := keyOf(t, v.key)
		if key == nil {
			return nil, sqlerr.Plain(validationFailure, name+": Partition spec "+s.String()+" contains non-partition columns")
		}
		if !v.given {
			continue
		}
		if s[i].value, err = env.keyValue(ctx, key, p.Values[i].Value, v.value); err != nil {
			return nil, err
		}
	}
	if full && len(s) < len(t.PartitionKeys) {
		return nil, sqlerr.Plain(validationFailure, name+": partition spec "+s.String()+" doesn't contain all ("+
			formatInt(int64(len(t.PartitionKeys)))+") partition columns")
	}
	return s, nil
}

// rawSpec evaluates a PARTITION clause without looking at the table.
func (env *Env) rawSpec(ctx context.Context, p *ast.PartitionSpec) (spec, error) {
	var s spec
	for _, v := range p.Values {
		x := specValue{key: strings.ToLower(v.Name.Name), given: v.Value != nil}
		if v.Value != nil {
			text, null, err := env.Session.Const(ctx, v.Value, types.StringType)
			if err != nil {
				return nil, err
			}
			if x.value = text; null {
				x.value = partition.DefaultName
			}
		}
		s = append(s, x)
	}
	return s, nil
}

// keyValue gives the text under which a partition with that value of key is stored.
func (env *Env) keyValue(ctx context.Context, key *model.Column, e ast.Expr, text string) (string, error) {
	t, err := types.Parse(key.Type)
	if err != nil {
		return "", err
	}
	if t.IsString() || text == partition.DefaultName && !isNull(e) || !env.Session.Conf().Bool("hive.typecheck.on.insert") {
		return text, nil
	}
	value, null, err := env.Session.Const(ctx, e, t)
	if err != nil {
		return "", err
	}
	if null {
		from := types.StringType
		if got, err := env.Session.TypeOf(ctx, e, nil); err == nil && got != nil {
			from = got
		}
		return "", sqlerr.New(sqlerr.PartitionSpecTypeMismatch, key.Name, from.String(), key.Type)
	}
	if t.Kind == types.Decimal && strings.Contains(value, ".") {
		value = strings.TrimSuffix(strings.TrimRight(value, "0"), ".")
	}
	return value, nil
}

func isNull(e ast.Expr) bool {
	l, ok := e.(*ast.Literal)
	return ok && l.Kind == ast.LitNull
}

func keyOf(t *model.Table, name string) *model.Column {
	for i := range t.PartitionKeys {
		if t.PartitionKeys[i].Name == name {
			return &t.PartitionKeys[i]
		}
	}
	return nil
}

func keyNames(t *model.Table) []string {
	out := make([]string, len(t.PartitionKeys))
	for i, k := range t.PartitionKeys {
		out[i] = k.Name
	}
	return out
}

// partition finds the one partition of a full spec; the error is Hive's 10006.
func (env *Env) partition(ctx context.Context, t *model.Table, s spec) (*model.Partition, error) {
	values, ok := s.values(t)
	if !ok {
		return nil, sqlerr.New(sqlerr.InvalidPartition, s.String())
	}
	p, err := env.Store.Partition(ctx, t.Database, t.Name, values)
	if model.KindOf(err) == model.NoSuchObject {
		return nil, sqlerr.New(sqlerr.InvalidPartition, s.String()).WithCause(err)
	}
	return p, err
}

// partitions finds the partitions that a spec, full or partial, selects; none at all is Hive's 10006.
func (env *Env) partitions(ctx context.Context, t *model.Table, s spec) ([]*model.Partition, error) {
	list, err := env.Store.Partitions(ctx, t.Database, t.Name, metastore.PartitionQuery{Filter: s.filter(t)})
	if err == nil && len(list) == 0 {
		return nil, sqlerr.New(sqlerr.InvalidPartition, s.String())
	}
	return list, err
}

// PartitionValues checks a PARTITION clause of a statement other than DDL and returns the values it gives, by key.
func (env *Env) PartitionValues(ctx context.Context, t *model.Table, p *ast.PartitionSpec) (map[string]string, error) {
	s, err := env.spec(ctx, t, p, false)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, v := range s {
		if v.given {
			out[v.key] = v.value
		}
	}
	return out, nil
}

// PartitionFilter checks a PARTITION clause of a statement other than DDL and selects the partitions that have its values.
func (env *Env) PartitionFilter(ctx context.Context, t *model.Table, p *ast.PartitionSpec) (partition.Filter, error) {
	s, err := env.spec(ctx, t, p, false)
	if err != nil {
		return nil, err
	}
	return s.filter(t), nil
}

// reservedValues are the parts of partition values that Hive uses itself, besides the name of the default partition.
var reservedValues = []string{"__HIVE_DEFAULT_ZOOKEEPER_PARTITION__", "_INTERMEDIATE_ORIGINAL", "_INTERMEDIATE_ARCHIVED", "_INTERMEDIATE_EXTRACTED"}

// reserved rejects values that Hive uses itself.
func (env *Env) reserved(s spec) error {
	for _, v := range s {
		for _, r := range append([]string{env.Session.Conf().Get("hive.exec.default.partition.name")}, reservedValues...) {
			if v.given && strings.Contains(v.value, r) {
				return sqlerr.CodedSemanticf(sqlerr.ReservedPartVal, "%s (User value: %s Reserved substring: %s)", sqlerr.Text(sqlerr.ReservedPartVal), v.value, r)
			}
		}
	}
	return nil
}

// allowed checks the values against hive.metastore.partition.name.whitelist.pattern.
func (env *Env) allowed(s spec) error {
	source := env.Session.Conf().Get("hive.metastore.partition.name.whitelist.pattern")
	if source == "" {
		return nil
	}
	pattern, err := javaregex.CompileWhole(source, 0)
	if err != nil {
		return err
	}
	for _, v := range s {
		if !v.given {
			continue
		}
		if at, err := pattern.Find([]byte(v.value)); err != nil {
			return err
		} else if at == nil {
			return fmt.Errorf("Partition value '%s' contains a character not matched by whitelist pattern '%s'.  "+
				"(configure with metastore.partition.name.whitelist.pattern)", v.value, source)
		}
	}
	return nil
}
