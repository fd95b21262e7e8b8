package ddl

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"skep/dialect/ast"
	"skep/dialect/sqlerr"
	"skep/metastore"
	"skep/metastore/model"
	"skep/metastore/warehouse"
)

// The properties in which a materialized view keeps the columns of its CLUSTERED, DISTRIBUTED and SORTED ON clauses, and for
// how long its rows may stand for those of its sources.
const (
	distributeColumns = "materializedview.distribute.columns"
	sortColumns       = "materializedview.sort.columns"
	timeWindow        = "rewriting.time.window"
)

// Organization is how the rows of a materialized view lie: the columns by which they are divided and sorted.
type Organization struct{ Distribute, Sort []string }

// OrganizationOf returns the organization that a materialized view was created with.
func OrganizationOf(v *model.Table) (o Organization, err error) {
	for key, list := range map[string]*[]string{distributeColumns: &o.Distribute, sortColumns: &o.Sort} {
		if text := v.Parameters[key]; text != "" {
			err = errors.Join(err, json.Unmarshal([]byte(text), list))
		}
	}
	return o, err
}

// MaterializedViewTaken reports whether the name of a new materialized view is in use, which is an error without IF NOT EXISTS.
func (env *Env) MaterializedViewTaken(ctx context.Context, s *ast.CreateMaterializedView) (bool, error) {
	db, name := env.tableName(s.Name)
	if _, err := env.database(ctx, db); err != nil {
		return false, err
	}
	taken, err := env.exists(ctx, db, name, false)
	if taken && !s.IfNotExists {
		err = sqlerr.Semanticf("org.apache.hadoop.hive.ql.parse.SemanticException: %s", sqlerr.Text(sqlerr.TableAlreadyExists, db+"."+name))
	}
	return taken, err
}

// NewMaterializedView describes the materialized view that s creates: over the query with the given texts and columns, of which
// keys become partition keys.
func (env *Env) NewMaterializedView(ctx context.Context, s *ast.CreateMaterializedView, original, expanded string, columns, keys []model.Column) (*model.Table, error) {
	db, name := env.tableName(s.Name)
	d, err := env.database(ctx, db)
	if err != nil {
		return nil, err
	}
	if len(s.PartitionTransforms) > 0 {
		return nil, sqlerr.Semanticf("Partition transforms are only supported by Iceberg storage handler")
	}
	v := &model.Table{
		Database: db, Name: name, Type: model.MaterializedView, Owner: env.Session.UserName(), OwnerType: "USER", CreateTime: env.Now.Unix(),
		PartitionKeys: keys, Parameters: properties(s.Properties), ViewOriginalText: original, ViewExpandedText: expanded,
		RewriteEnabled: !s.DisableRewrite,
	}
	v.Parameters[model.ParamBucketingVersion] = "2"
	if s.Comment != nil {
		v.Parameters[model.ParamComment] = s.Comment.Value
	}
	if err := env.organize(s, v, columns); err != nil {
		return nil, err
	}
	c := env.Session.Conf()
	if v.Storage, err = env.storageFor(c.Get("hive.materializedview.fileformat"), s.RowFormat, s.FileFormat); err != nil {
		return nil, err
	}
	v.Storage.Columns, v.Storage.NumBuckets = columns, -1
	v.Storage.SerDe.Parameters = map[string]string{} // of a row format Hive takes the SerDe and its properties alone
	switch {
	case s.RowFormat != nil && s.RowFormat.SerDe != nil:
		v.Storage.SerDe.Parameters = properties(s.RowFormat.SerDeProperties)
	case s.FileFormat == nil:
		v.Storage.SerDe.Library = c.Get("hive.materializedview.serde")
	}
	if err := env.transactionalView(v); err != nil {
		return nil, err
	}
	if v.Location = warehouse.TableLocation(d, name); s.Location != nil {
		v.Location = absolute(s.Location.Value)
	}
	return v, nil
}

// transactionalView checks and completes the properties of a materialized view that is itself to be transactional.
func (env *Env) transactionalView(v *model.Table) error {
	if !strings.EqualFold(v.Parameters["transactional"], "true") {
		return nil
	}
	v.Parameters["transactional"] = "true"
	if !env.transactions() {
		return sqlerr.CodedSemanticf(sqlerr.TxnmgrNotACID, "%s. Failed command: %s", sqlerr.Text(sqlerr.TxnmgrNotACID, v.Database, v.Name), env.SQL)
	}
	return env.failed(validTransactional(v))
}

// organize notes CLUSTERED, DISTRIBUTED and SORTED ON among the properties.
func (env *Env) organize(s *ast.CreateMaterializedView, v *model.Table, columns []model.Column) error {
	distribute, sorted := lowerNames(s.DistributedOn), lowerNames(s.SortedOn)
	if s.ClusteredOn != nil {
		distribute = lowerNames(s.ClusteredOn)
		sorted = distribute
	}
	for _, k := range s.PartitionedOn {
		key := strings.ToLower(k.Name)
		for clause, names := range map[string][]string{"distribute": distribute, "sort": sorted} {
			if slices.Contains(names, key) && (clause == "distribute" || !slices.Contains(distribute, key)) {
				return sqlerr.Semanticf("Same column cannot be present in partition and cluster/%s clause. Column name: %s", clause, key)
			}
		}
	}
	for _, names := range [][]string{sorted, distribute} {
		if slices.ContainsFunc(names, func(n string) bool { return !hasColumn(columns, n) }) {
			var have []string
			for _, c := range columns {
				have = append(have, c.Name)
			}
			return sqlerr.Semanticf("Table declaration contains cluster/sort columns that are not present in query result schema. "+
				"Query columns: [%s]. Organization columns: [%s]", strings.Join(have, ", "), strings.Join(names, ", "))
		}
	}
	for key, names := range map[string][]string{distributeColumns: distribute, sortColumns: sorted} {
		if len(names) == 0 {
			continue
		}
		text, err := json.Marshal(names)
		if err != nil {
			return err
		}
		v.Parameters[key] = string(text)
	}
	return nil
}

func lowerNames(list []*ast.Ident) []string {
	var out []string
	for _, n := range list {
		out = append(out, strings.ToLower(n.Name))
	}
	return out
}

// alterMaterializedView prepares ENABLE and DISABLE REWRITE; the query driver rebuilds.
func (env *Env) alterMaterializedView(ctx context.Context, s *ast.AlterMaterializedView) (*Task, error) {
	if s.Action == "REBUILD" {
		return nil, nil
	}
	v, err := env.qualifiedTable(ctx, s.Name)
	if err != nil {
		return nil, err
	}
	enable := s.Action == "ENABLE REWRITE"
	if enable {
		m, err := env.Store.Materialization(ctx, v.Database, v.Name)
		if err != nil {
			return nil, env.failed(err)
		}
		if slices.ContainsFunc(m.Sources, func(o model.MaterializationSource) bool { return o.Snapshot == "" }) {
			return nil, ErrRewriteUnsafe()
		}
	}
	return done(func(ctx context.Context) error {
		return env.update(ctx, func(tx metastore.Tx) error {
			now, err := tx.Table(ctx, v.Database, v.Name)
			if err != nil || now.Type != model.MaterializedView {
				return err
			}
			now.RewriteEnabled = enable
			delete(now.Parameters, model.ParamLastDDLTime)
			return tx.AlterTable(ctx, v.Database, v.Name, now)
		})
	}), nil
}

// ErrRewriteUnsafe refuses queries to be answered by a materialized view of whose sources nobody could tell whether they have changed.
func ErrRewriteUnsafe() error {
	return sqlerr.Semanticf("Automatic rewriting for materialized view cannot be enabled if the materialized view uses non-transactional tables")
}

func (env *Env) showMaterializedViews(ctx context.Context, s *ast.Show) (*Task, error) {
	db, err := env.showDatabase(ctx, s)
	if err != nil {
		return nil, err
	}
	columns := []string{"mv_name", "rewrite_enabled", "mode", "incremental_rebuild"}
	if env.is31() {
		columns = columns[:3]
	}
	list := func(ctx context.Context) (views []*model.Table, incremental []string, err error) {
		q := metastore.TableQuery{
			MatchDatabase: func(n string) bool { return n == db }, MatchTable: env.pattern(s.Pattern), Types: []model.TableType{model.MaterializedView},
		}
		err = env.Store.ScanTables(ctx, q, func(t *model.Table) error { views = append(views, t); return nil })
		for _, v := range views {
			mode := "Not available"
			if v.RewriteEnabled {
				m, merr := env.Store.Materialization(ctx, v.Database, v.Name)
				if merr != nil {
					return nil, nil, merr
				}
				mode = m.Incremental
			}
			incremental = append(incremental, mode)
		}
		return views, incremental, err
	}
	return reporting(columns, func(ctx context.Context, r *report) error {
		views, incremental, err := list(ctx)
		if err != nil {
			return env.failed(err)
		}
		if env.is31() && len(views) > 0 {
			r.line("# MV Name\tRewriting Enabled\tMode")
		}
		for i, v := range views {
			r.line(strings.Join([]string{v.Name, yesNo(v.RewriteEnabled), refreshMode(v), incremental[i]}, "\t"))
		}
		return nil
	}), nil
}

// refreshMode tells when the rows of a materialized view are brought up to date, and how old they may be to answer queries.
func refreshMode(v *model.Table) string {
	const mode = "Manual refresh"
	window, ok := window(v.Parameters[timeWindow])
	switch {
	case !ok:
		return mode
	case window > 0:
		return mode + " (Valid for " + strconv.FormatInt(int64(window/time.Minute), 10) + "min)"
	case window == 0:
		return mode + " (Valid until source tables modified)"
	}
	return mode + " (Valid always)"
}

// window reads a time in Hive's units.
func window(text string) (time.Duration, bool) {
	text = strings.TrimSpace(text)
	i := strings.IndexFunc(text, func(c rune) bool { return c != '-' && (c < '0' || c > '9') })
	if i < 0 {
		i = len(text)
	}
	n, err := strconv.ParseInt(text[:i], 10, 32)
	if err != nil {
		return 0, false
	}
	unit, ok := timeUnits[strings.ToLower(strings.TrimSpace(text[i:]))]
	return time.Duration(n) * unit, ok
}

// timeUnits are the units of times in settings; without one a window is in minutes.
var timeUnits = map[string]time.Duration{
	"": time.Minute, "d": 24 * time.Hour, "day": 24 * time.Hour, "days": 24 * time.Hour, "h": time.Hour, "hour": time.Hour, "hours": time.Hour,
	"m": time.Minute, "min": time.Minute, "minute": time.Minute, "minutes": time.Minute,
	"s": time.Second, "sec": time.Second, "second": time.Second, "seconds": time.Second,
	"ms": time.Millisecond, "msec": time.Millisecond, "us": time.Microsecond, "usec": time.Microsecond, "ns": time.Nanosecond, "nsec": time.Nanosecond,
}

// sources writes what a materialized view has read.
func (r *report) sources(m *model.Materialization) {
	r.title("Materialized View Source table information")
	r.line("Table name\tSnapshot")
	for _, s := range m.Sources {
		snapshot := s.Snapshot
		if snapshot == "" {
			snapshot = "N/A"
		}
		r.line(s.Database + "." + s.Table + "\t" + snapshot)
	}
}
