package ddl

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/sqlerr"
	"skep/dialect/storage"
	"skep/dialect/types"
	"skep/metastore"
	"skep/metastore/model"
	"skep/metastore/stats"
)

var describeColumns = []string{"col_name", "data_type", "comment"}

// is31 reports whether statements behave as in Hive 3.1.
func (env *Env) is31() bool { return env.Session.Conf().Hive3() }

func (env *Env) describeTable(ctx context.Context, s *ast.DescribeTable) (*Task, error) {
	db, _ := env.tableName(s.Table)
	if _, err := env.database(ctx, db); err != nil {
		return nil, err
	}
	t, err := env.qualifiedTable(ctx, s.Table)
	if err != nil {
		return nil, err
	}
	d := &description{env: env, t: t, formatted: s.Option == "FORMATTED", extended: s.Option == "EXTENDED"}
	if err := env.ownColumns(ctx, t); err != nil {
		return nil, err
	}
	if s.Partition != nil {
		if d.spec, err = env.spec(ctx, t, s.Partition, false); err != nil {
			return nil, d.noField("null")
		}
		if _, full := d.spec.values(t); !full {
			return nil, d.noField("null")
		}
		if d.part, err = env.partition(ctx, t, d.spec); err != nil {
			return nil, err
		}
	}
	if len(s.Column) > 0 {
		for _, c := range s.Column {
			d.path = append(d.path, c.Name)
		}
		return d.columnTask(ctx)
	}
	if env.asJSON() {
		return env.jsonTask(describeColumns, func(context.Context) (any, error) { return d.json(), nil }), nil
	}
	return reporting(describeColumns, d.write), nil
}

// dataColumns are the columns kept in files, with the comments that are shown.
func (d *description) dataColumns() []model.Column {
	columns := slices.Clone(d.storage().Columns)
	for i := range columns {
		columns[i].Comment, _ = storage.ShownComment(d.storage().SerDe.Library, columns[i].Comment, d.env.is31())
	}
	return columns
}

// json is the description as a JSON document, which tells little.
func (d *description) json() object {
	columns := d.dataColumns()
	if !d.formatted {
		columns = append(columns, d.t.PartitionKeys...)
	}
	o := object{{"columns", jsonColumns(columns)}}
	switch {
	case !d.extended:
	case d.part != nil:
		o = append(o, member{"partitionInfo", partitionText(d.t, d.part)})
	default:
		o = append(o, member{"tableInfo", tableText(d.t)})
	}
	return o
}

// description writes DESCRIBE of a table or partition.
type description struct {
	env                 *Env
	t                   *model.Table
	part                *model.Partition
	spec                spec
	path                []string
	formatted, extended bool
	materialized        *model.Materialization // what a materialized view holds
	outdated            string                 // whether that has changed since
}

// storage is the descriptor described: the partition's or the table's.
func (d *description) storage() *model.StorageDescriptor {
	if d.part != nil && !d.t.IsView() && d.part.Storage != nil {
		return d.part.Storage
	}
	return d.t.Storage
}

func (d *description) write(ctx context.Context, r *report) error {
	if err := d.aggregate(ctx); err != nil {
		return d.env.failed(err)
	}
	if err := d.freshness(ctx); err != nil {
		return d.env.failed(err)
	}
	columns := d.dataColumns()
	if d.formatted {
		if d.env.is31() {
			r.WriteString("# ")
			r.cells(describeColumns...)
		}
	} else {
		columns = append(columns, d.t.PartitionKeys...)
	}
	writeColumns(r, columns)
	if d.t.IsPartitioned() && d.env.Session.Conf().Bool("hive.display.partition.cols.separately") {
		r.title("Partition Information")
		r.WriteString("# ")
		r.cells(describeColumns...)
		writeColumns(r, d.t.PartitionKeys)
	}
	constraints, err := d.constraints(ctx)
	if err != nil {
		return d.env.failed(err)
	}
	if d.formatted {
		d.details(r)
		r.writeConstraints(d.t, constraints)
	}
	if d.extended {
		r.line("")
		if d.part != nil {
			r.line("Detailed Partition Information\t" + partitionText(d.t, d.part) + "\t")
		} else {
			r.line("Detailed Table Information\t" + escapeText(tableText(d.t)) + "\t")
		}
		r.summarizeConstraints(d.t, constraints)
	}
	return nil
}

// freshness looks up what a materialized view holds and whether its sources are still as they were.
func (d *description) freshness(ctx context.Context) (err error) {
	if d.t.Type != model.MaterializedView || !d.formatted {
		return nil
	}
	if d.materialized, err = d.env.Store.Materialization(ctx, d.t.Database, d.t.Name); err != nil {
		return err
	}
	outdated, known, err := d.env.Session.Outdated(ctx, d.materialized)
	if d.outdated = yesNo(outdated); !known {
		d.outdated = "Unknown"
	}
	return err
}

func (d *description) constraints(ctx context.Context) ([]model.Constraint, error) {
	if !d.formatted && !d.extended || d.env.Session.TemporaryTable(d.t.Database, d.t.Name) != nil {
		return nil, nil
	}
	return d.env.Store.Constraints(ctx, d.t.Database, d.t.Name)
}

func writeColumns(r *report, columns []model.Column) {
	for _, c := range columns {
		r.cells(c.Name, c.Type, c.Comment)
	}
}

// aggregate gives a partitioned table the sums of its partitions' statistics.
func (d *description) aggregate(ctx context.Context) error {
	if !d.formatted && !d.extended || d.part != nil || !d.t.IsPartitioned() {
		return nil
	}
	parts, err := d.env.Store.Partitions(ctx, d.t.Database, d.t.Name, metastore.PartitionQuery{})
	if err != nil {
		return err
	}
	params := maps.Clone(d.t.Parameters)
	if params == nil {
		params = map[string]string{}
	}
	counters := []string{model.ParamNumFiles, model.ParamNumRows, model.ParamRawDataSize, model.ParamTotalSize}
	sums := map[string]int64{}
	accurate := true
	for _, p := range parts {
		accurate = accurate && stats.Accurate(p.Parameters)
		for _, k := range counters {
			if n, err := strconv.ParseInt(p.Parameters[k], 10, 64); err == nil {
				sums[k] += n
			}
		}
	}
	params[model.ParamNumPartitions] = strconv.Itoa(len(parts))
	for _, k := range counters {
		params[k] = formatInt(sums[k])
	}
	delete(params, model.ParamStatsAccurate)
	if accurate {
		params[model.ParamStatsAccurate] = `{"BASIC_STATS":"true"}`
	}
	d.t.Parameters = params
	return nil
}

// details writes what FORMATTED adds to the columns.
func (d *description) details(r *report) {
	if d.part == nil {
		d.tableDetails(r)
		return
	}
	r.title("Detailed Partition Information")
	r.pair("Partition Value:", "["+strings.Join(d.part.Values, ", ")+"]")
	r.pair("Database:", d.t.Database)
	r.pair("Table:", d.t.Name)
	r.pair("CreateTime:", d.env.dateText(d.part.CreateTime))
	r.pair("LastAccessTime:", d.env.dateText(d.part.LastAccessTime))
	r.pair("Location:", d.part.Location)
	r.parameters("Partition Parameters:", d.part.Parameters, escapeASCII)
	if !d.t.IsView() {
		r.title("Storage Information")
		r.storage(d.storage(), d.env.warehouseDir())
	}
}

func (d *description) tableDetails(r *report) {
	t := d.t
	r.title("Detailed Table Information")
	r.pair("Database:", t.Database)
	r.pair("OwnerType:", orNull(t.OwnerType))
	r.pair("Owner:", orNull(t.Owner))
	r.pair("CreateTime:", d.env.dateText(t.CreateTime))
	r.pair("LastAccessTime:", d.env.dateText(t.LastAccessTime))
	r.pair("Retention:", formatInt(t.Retention))
	if !t.IsView() {
		r.pair("Location:", t.Location)
	}
	r.pair("Table Type:", string(t.Type))
	r.parameters("Table Parameters:", visible(t.Parameters), escapeText)
	r.title("Storage Information")
	r.storage(t.Storage, d.env.warehouseDir())
	if t.IsView() || t.Type == model.MaterializedView {
		if t.IsView() {
			r.title("View Information")
		} else {
			r.title("Materialized View Information")
		}
		r.pair("Original Query:", t.ViewOriginalText)
		r.pair("Expanded Query:", t.ViewExpandedText)
		if t.Type == model.MaterializedView {
			r.pair("Rewrite Enabled:", yesNo(t.RewriteEnabled))
			r.pair("Outdated for Rewriting:", d.outdated)
			if !d.env.is31() {
				r.sources(d.materialized)
			}
		}
	}
}

// visible removes the parameters that this server alone knows.
func visible(params map[string]string) map[string]string {
	out := maps.Clone(params)
	maps.DeleteFunc(out, func(k, _ string) bool { return strings.HasPrefix(k, "skep.") })
	return out
}

func yesNo(b bool) string {
	if b {
		return "Yes"
	}
	return "No"
}

// dateText is a time, in seconds, in Java's Date.toString.
func (env *Env) dateText(seconds int64) string {
	if seconds == 0 {
		return "UNKNOWN"
	}
	return env.clock(seconds).Format("Mon Jan 02 15:04:05 MST 2006")
}

func (r *report) parameters(title string, params map[string]string, escape func(string) string) {
	if len(params) == 0 {
		return
	}
	r.line(title)
	for _, k := range slices.Sorted(maps.Keys(params)) {
		if k == model.ParamErasureCodedFiles && params[k] == "0" {
			continue
		}
		r.WriteByte('\t')
		r.pair(k, escape(params[k]))
	}
}

// warehouseDir is the location of the warehouse, with its scheme.
func (env *Env) warehouseDir() string {
	return "file:" + strings.TrimSuffix(strings.TrimPrefix(env.Session.Conf().Get("hive.metastore.warehouse.dir"), "file:"), "/")
}

// storage writes a storage descriptor; warehouse is the directory of the warehouse.
func (r *report) storage(sd *model.StorageDescriptor, warehouse string) {
	r.pair("SerDe Library:", orNull(sd.SerDe.Library))
	r.pair("InputFormat:", orNull(sd.InputFormat))
	r.pair("OutputFormat:", orNull(sd.OutputFormat))
	r.pair("Compressed:", yesNo(sd.Compressed))
	r.pair("Num Buckets:", strconv.Itoa(sd.NumBuckets))
	r.pair("Bucket Columns:", "["+strings.Join(sd.BucketColumns, ", ")+"]")
	r.pair("Sort Columns:", sortText(sd.SortColumns))
	if sd.StoredAsSubDirectories {
		r.pair("Stored As SubDirectories:", "Yes")
	}
	if k := sd.Skew; len(k.Columns) > 0 {
		r.pair("Skewed Columns:", listText(slices.Sorted(slices.Values(k.Columns))))
		values := slices.Clone(k.Values)
		slices.SortFunc(values, slices.Compare)
		var texts []string
		for _, v := range values {
			texts = append(texts, listText(v))
		}
		if len(texts) > 0 {
			r.pair("Skewed Values:", listText(texts))
		}
		if len(k.Locations) > 0 {
			texts = nil
			for _, l := range k.Locations {
				texts = append(texts, listText(l.Values)+"="+l.Location)
			}
			r.pair("Skewed Value to Path:", "{"+strings.Join(texts, ", ")+"}")
			texts = nil // once more without the warehouse's directory, for tests of Hive's own
			for _, l := range k.Locations {
				texts = append(texts, listText(l.Values)+"="+strings.TrimPrefix(l.Location, warehouse))
			}
			r.pair("Skewed Value to Truncated Path:", "{"+strings.Join(texts, ", ")+"}")
		}
	}
	r.parameters("Storage Desc Params:", sd.SerDe.Parameters, escapeASCII)
}

func listText(list []string) string { return "[" + strings.Join(list, ", ") + "]" }

func sortText(cols []model.SortColumn) string {
	var texts []string
	for _, c := range cols {
		texts = append(texts, "Order(col:"+c.Column+", order:"+strconv.Itoa(c.Order)+")")
	}
	return listText(texts)
}

// columnTask prepares DESCRIBE table column: the type of a column or of a part of it, or with FORMATTED its statistics.
func (d *description) columnTask(ctx context.Context) (*Task, error) {
	c, err := d.column()
	if err != nil {
		return nil, err
	}
	if !d.formatted {
		return reporting(describeColumns, func(ctx context.Context, r *report) error {
			if t, err := types.Parse(c.Type); err == nil && t.Kind == types.Struct {
				for _, f := range t.Fields {
					r.cells(f.Name, f.Type.String(), c.Comment)
				}
			} else {
				r.cells(c.Name, c.Type, c.Comment)
			}
			r.accuracy(d.t.Parameters)
			return nil
		}), nil
	}
	columns := []string{"column_property", "value"}
	if d.env.is31() {
		columns = []string{"col_name", "data_type", "min", "max", "num_nulls", "distinct_count", "avg_col_len", "max_col_len", "num_trues", "num_falses", "bitvector", "comment"}
	}
	return reporting(columns, func(ctx context.Context, r *report) error {
		params, s, err := d.columnStatistics(ctx, c)
		if err != nil {
			return d.env.failed(err)
		}
		values := statisticsTexts(s, d.env.is31(), d.env.Session.Conf().Bool("hive.stats.fetch.bitvector"))
		names := []string{"min", "max", "num_nulls", "distinct_count", "avg_col_len", "max_col_len", "num_trues", "num_falses", "bit_vector"}
		if d.env.is31() {
			names[8] = "bitVector"
		}
		r.cells("col_name", c.Name)
		r.cells("data_type", c.Type)
		for i, n := range names {
			r.cells(n, values[i])
		}
		r.cells("comment", c.Comment)
		r.accuracy(params)
		return nil
	}), nil
}

// accuracy writes which statistics of the table are reliable.
func (r *report) accuracy(params map[string]string) {
	if v, ok := params[model.ParamStatsAccurate]; ok {
		r.pair(model.ParamStatsAccurate, escapeText(v))
	}
}

// column resolves the path of DESCRIBE table column.field.$elem$.
func (d *description) column() (model.Column, error) {
	name := strings.ToLower(d.path[0])
	if k := keyOf(d.t, name); k != nil && d.part == nil && d.formatted && len(d.path) == 1 {
		return *k, nil
	}
	for _, c := range d.storage().Columns {
		if c.Name != name {
			continue
		}
		t, err := types.Parse(c.Type)
		if err != nil {
			return model.Column{}, err
		}
		for _, step := range d.path[1:] {
			if t = stepInto(t, step); t == nil {
				return model.Column{}, d.env.failed(errors.New("Error in getting fields from serde.Unknown type for " + step))
			}
		}
		// the name as it is written
		return model.Column{Name: d.path[len(d.path)-1], Type: t.String(), Comment: storage.FromDeserializer}, nil
	}
	return model.Column{}, d.noField(name)
}

// noField is the complaint about a column that is not there, in the words of the table's SerDe.
func (d *description) noField(name string) error {
	switch d.storage().SerDe.Library {
	case storage.OrcSerDe, storage.ParquetSerDe:
		return d.env.failed(errors.New("Error in getting fields from serde.Invalid Field " + name))
	}
	var names []string
	for i, c := range d.storage().Columns {
		names = append(names, strconv.Itoa(i)+":"+c.Name)
	}
	return d.env.failed(errors.New("cannot find field " + name + " from " + listText(names)))
}

// stepInto gives the type of a part of a value of type t; nil when there is no such part.
func stepInto(t *types.Type, step string) *types.Type {
	switch {
	case t.Kind == types.Array && strings.EqualFold(step, "$elem$"):
		return t.Elem
	case t.Kind == types.Map && strings.EqualFold(step, "$key$"):
		return t.Key
	case t.Kind == types.Map && strings.EqualFold(step, "$value$"):
		return t.Elem
	case t.Kind == types.Struct:
		for _, f := range t.Fields {
			if strings.EqualFold(f.Name, step) {
				return f.Type
			}
		}
	}
	return nil
}

func (env *Env) describeDatabase(ctx context.Context, s *ast.DescribeDatabase) (*Task, error) {
	if _, err := env.database(ctx, s.Name.Name); err != nil {
		return nil, err
	}
	columns := []string{"db_name", "comment", "location", "managedlocation", "owner_name", "owner_type", "connector_name", "remote_dbname"}
	if env.is31() {
		columns = []string{"db_name", "comment", "location", "owner_name", "owner_type", "parameters"}
	} else if s.Extended {
		columns = append(columns, "parameters")
	}
	if env.asJSON() {
		return env.jsonTask(columns, func(ctx context.Context) (any, error) {
			d, err := env.database(ctx, s.Name.Name)
			if err != nil {
				return nil, err
			}
			return env.jsonDatabase(d, s.Extended), nil
		}), nil
	}
	return reporting(columns, func(ctx context.Context, r *report) error {
		d, err := env.database(ctx, s.Name.Name)
		if err != nil {
			return err
		}
		cells := []string{d.Name, escapeText(d.Comment), env.databaseLocation(d)}
		if !env.is31() {
			cells = append(cells, "", d.Owner, d.OwnerType, "", "")
		} else {
			cells = append(cells, d.Owner, d.OwnerType)
		}
		switch {
		case s.Extended && len(d.Parameters) > 0:
			cells = append(cells, propertiesText(d.Parameters))
		case s.Extended || env.is31():
			cells = append(cells, "")
		}
		r.line(strings.Join(cells, "\t"))
		return nil
	}), nil
}

// databaseLocation is the directory of a database as DESCRIBE shows it.
func (env *Env) databaseLocation(d *model.Database) string {
	if env.Session.Conf().Bool("hive.in.test") {
		return "location/in/test" // as Hive does for its own tests
	}
	return d.Location
}

// qualifiedTable is table with Hive's other form of the error, which names the database.
func (env *Env) qualifiedTable(ctx context.Context, n *ast.TableName) (*model.Table, error) {
	t, err := env.table(ctx, n)
	if sqlerr.CodeOf(err) == sqlerr.InvalidTable {
		db, name := env.tableName(n)
		return nil, sqlerr.New(sqlerr.InvalidTable, db+"."+name).WithCause(err)
	}
	return t, err
}
