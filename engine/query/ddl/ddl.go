// Package ddl compiles and runs the statements that concern metadata: databases, tables, partitions, views, SHOW and
// DESCRIBE. Compile does what Hive does at compile time (its errors reach the client before anything runs); the returned
// task does the rest.
package ddl

import (
	"context"
	"fmt"
	"strings"
	"time"

	"skep/dialect/ast"
	"skep/dialect/catalog"
	"skep/dialect/conf"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
	"skep/engine/filesystem"
	"skep/metastore"
	"skep/metastore/model"
	"skep/metastore/stats"
	"skep/metastore/txn"
	"skep/metastore/warehouse"
)

// Session is what the statements need of the session they run in.
type Session interface {
	Conf() *conf.Conf
	Database() string
	Use(ctx context.Context, db string) error
	UserName() string
	// Role is the role that SET ROLE chose: "none", or empty for all of the user's but admin.
	Role() string
	SetRole(name string)
	// ScratchDir is a directory of the session for the files of temporary tables; the session removes it.
	ScratchDir() string
	TemporaryTable(db, name string) *model.Table
	PutTemporaryTable(t *model.Table)
	DropTemporaryTable(db, name string)
	TemporaryTables(db string) []*model.Table
	TemporaryStatistics(db, name string) []model.ColumnStatistics
	SetMacro(name string, m *catalog.Macro)
	HasMacro(name string) bool
	MacroNames() []string
	// SetFunction makes a temporary function of a class of Hive's; "" removes it.
	SetFunction(name, class string)
	// FunctionClass returns the class of a temporary function, "" when there is none.
	FunctionClass(name string) string
	FunctionNames() []string
	// SystemTables lists the views of a database that is not in the catalog but part of the server; none for other names.
	SystemTables(ctx context.Context, db string) ([]*model.Table, error)
	// Table finds a temporary or permanent table.
	Table(ctx context.Context, db, name string) (*model.Table, error)
	// Const evaluates a constant expression cast to t and gives its text; null when it is NULL.
	Const(ctx context.Context, e ast.Expr, t *types.Type) (text string, null bool, err error)
	// TypeOf gives the type of an expression over columns; nil when it refers to something else.
	TypeOf(ctx context.Context, e ast.Expr, columns []model.Column) (*types.Type, error)
	// Outdated tells whether the sources of a materialized view have changed since its query was run, if that is known.
	Outdated(ctx context.Context, m *model.Materialization) (outdated, known bool, err error)
	// Describe gives a table as queries see it.
	Describe(ctx context.Context, m *model.Table) (*catalog.Table, error)
}

// Env is the surroundings of one statement.
type Env struct {
	Store     metastore.Catalog
	Files     filesystem.FileSystem
	Warehouse *warehouse.Warehouse
	Txns      *txn.Manager
	Session   Session
	SQL       string // the statement's text, for what is stored as written
	Now       time.Time
	Merger    stats.Merger
	Admins    []string // users who are in the role admin
}

// Task is a compiled statement. Columns name the columns of its result; nil means no result set. Run returns the rows as
// text; a nil cell is NULL.
type Task struct {
	Columns []string
	Types   map[string]*types.Type // of the columns that are no strings: bigint and boolean
	Run     func(ctx context.Context) ([][]*string, error)
}

// Compile compiles stmt; it returns nil when the statement is none of this package's.
func Compile(ctx context.Context, env *Env, stmt ast.Statement) (*Task, error) {
	task, err := env.compile(ctx, stmt)
	if e, ok := sqlerr.As(err); ok && e.Kind == sqlerr.ExecutionError {
		// what was found out early is still a failure of the execution to clients
		return done(func(context.Context) error { return err }), nil
	}
	return task, err
}

func (env *Env) compile(ctx context.Context, stmt ast.Statement) (*Task, error) {
	switch s := stmt.(type) {
	case *ast.Use:
		return env.use(s)
	case *ast.CreateDatabase:
		return env.createDatabase(ctx, s)
	case *ast.DropDatabase:
		return env.dropDatabase(ctx, s)
	case *ast.AlterDatabase:
		return env.alterDatabase(ctx, s)
	case *ast.CreateTable:
		return env.createTable(ctx, s)
	case *ast.DropTable:
		return env.dropTable(ctx, s)
	case *ast.Show:
		return env.show(ctx, s)
	case *ast.DescribeTable:
		return env.describeTable(ctx, s)
	case *ast.DescribeDatabase:
		return env.describeDatabase(ctx, s)
	case *ast.DescribeFunction:
		return env.describeFunction(s)
	case *ast.AlterTable:
		return env.alterTable(ctx, s)
	case *ast.AlterView:
		return env.alterView(ctx, s)
	case *ast.AlterMaterializedView:
		return env.alterMaterializedView(ctx, s)
	case *ast.DropView:
		return env.dropView(ctx, s)
	case *ast.TruncateTable:
		return env.truncate(ctx, s)
	case *ast.Msck:
		return env.msck(ctx, s)
	case *ast.CreateFunction:
		return env.createFunction(ctx, s)
	case *ast.DropFunction:
		return env.dropFunction(ctx, s)
	case *ast.ReloadFunctions:
		return nothing, nil
	case *ast.CreateMacro:
		return env.createMacro(s)
	case *ast.DropMacro:
		return env.dropMacro(s)
	}
	return env.server(ctx, stmt)
}

// taskClass is the class Hive 4 names in execution errors of DDL statements; 3.1 had another.
func (env *Env) taskClass() string {
	if env.Session.Conf().Hive3() {
		return "org.apache.hadoop.hive.ql.exec.DDLTask"
	}
	return "org.apache.hadoop.hive.ql.ddl.DDLTask"
}

// returnCode is what a failing DDL task returns.
func (env *Env) returnCode() sqlerr.Code {
	if env.Session.Conf().Hive3() {
		return 1
	}
	return 40000
}

// Failed is the error of a DDL statement that failed for a reason of its own.
func (env *Env) Failed(text string) error {
	return sqlerr.Execution(env.returnCode(), env.taskClass(), text)
}

// failed wraps an error of the catalog or the file system as Hive's DDL task failure.
func (env *Env) failed(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := sqlerr.As(err); ok {
		return err
	}
	msg := err.Error()
	if k := model.KindOf(err); k != 0 {
		msg = fmt.Sprintf("%s(message:%s)", k, msg)
	}
	return sqlerr.Execution(env.returnCode(), env.taskClass(), msg).WithCause(err)
}

// update runs fn in a transaction of the catalog.
func (env *Env) update(ctx context.Context, fn func(tx metastore.Tx) error) error {
	return env.failed(env.Store.Update(ctx, fn))
}

// tableName resolves a name to lower-case database and table.
func (env *Env) tableName(n *ast.TableName) (db, name string) {
	db = env.Session.Database()
	if n.DB != nil {
		db = strings.ToLower(n.DB.Name)
	}
	return db, strings.ToLower(n.Name.Name)
}

// table finds a temporary or permanent table; the error is Hive's 10001.
func (env *Env) table(ctx context.Context, n *ast.TableName) (*model.Table, error) {
	db, name := env.tableName(n)
	t, err := env.Session.Table(ctx, db, name)
	if model.KindOf(err) == model.NoSuchObject {
		written := n.Name.Name
		if n.DB != nil {
			written = n.DB.Name + "." + written
		}
		return nil, sqlerr.New(sqlerr.InvalidTable, written).WithCause(err)
	}
	return t, err
}

// database checks that a database exists; the error is Hive's 10072.
func (env *Env) database(ctx context.Context, name string) (*model.Database, error) {
	d, err := env.Store.Database(ctx, strings.ToLower(name))
	if model.KindOf(err) == model.NoSuchObject {
		if system, serr := env.Session.SystemTables(ctx, strings.ToLower(name)); len(system) > 0 || serr != nil {
			return &model.Database{Name: strings.ToLower(name), OwnerType: model.UserPrincipal}, serr
		}
		return nil, sqlerr.New(sqlerr.DatabaseNotExists, strings.ToLower(name)).WithCause(err)
	}
	return d, err
}

// done is a task without result set.
func done(run func(ctx context.Context) error) *Task {
	return &Task{Run: func(ctx context.Context) ([][]*string, error) { return nil, run(ctx) }}
}

func properties(list []*ast.Property) map[string]string {
	m := map[string]string{}
	for _, p := range list {
		v := ""
		if p.Value != nil {
			v = p.Value.Value
		}
		m[p.Key.Value] = v
	}
	return m
}

func text(s *ast.StringLit) string {
	if s == nil {
		return ""
	}
	return s.Value
}
