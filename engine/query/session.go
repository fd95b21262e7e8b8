package query

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"skep/dialect/analyzer"
	"skep/dialect/catalog"
	"skep/dialect/conf"
	"skep/dialect/plan"
	"skep/dialect/types"
	"skep/engine/expr"
	"skep/engine/script"
	"skep/engine/session"
	"skep/metastore"
	"skep/metastore/model"
)

// temporaryParam marks the description of a temporary table, which no metastore knows.
const temporaryParam = "skep.temporary"

// SessionOptions are what a client asks of a new session.
type SessionOptions struct {
	ID       string // "" = a new one
	User     string
	Database string            // "" = default
	Conf     map[string]string // settings
	Vars     map[string]string // hivevar
}

// Session is one client's state: settings, variables, current database, temporary objects. Its methods are safe for
// concurrent use; statements of one session may run at the same time.
type Session struct {
	ID     string
	User   string
	engine *Engine
	conf   *conf.Conf

	mu             sync.Mutex
	db             string
	vars           map[string]string
	temps          map[string]*model.Table             // by "db.name"
	tempStatistics map[string][]model.ColumnStatistics // of temporary tables
	role           string                              // see Role
	macros         map[string]*catalog.Macro
	functions      map[string]string // classes of temporary functions
	prepared       map[string]prepared
	// resources are the files added by ADD FILE, JAR and ARCHIVE, by kind.
	resources map[string][]string
}

// NewSession opens a session. It fails when the database does not exist.
func (e *Engine) NewSession(ctx context.Context, o SessionOptions) (*Session, error) {
	s := &Session{
		ID: uuid.NewString(), User: o.User, engine: e, conf: conf.New(e.conf), db: model.DefaultDatabase,
		vars: map[string]string{}, temps: map[string]*model.Table{}, macros: map[string]*catalog.Macro{}, functions: map[string]string{},
		prepared:  map[string]prepared{},
		resources: map[string][]string{},
	}
	if o.ID != "" {
		s.ID = o.ID
	}
	if s.User == "" {
		s.User = "anonymous"
	}
	maps.Copy(s.vars, o.Vars)
	for k, v := range o.Conf {
		s.conf.Set(k, v)
	}
	s.conf.Set("hive.session.id", s.ID)
	if o.Database != "" {
		if err := s.use(ctx, o.Database); err != nil {
			return nil, err
		}
	}
	e.sessions.Add(1)
	return s, nil
}

// Catalog returns the metastore.
func (s *Session) Catalog() metastore.Catalog { return s.engine.store }

// ScratchDir is the directory of the session's temporary tables.
func (s *Session) ScratchDir() string { return filepath.Join(s.engine.scratch, "session-"+s.ID) }

// Conf returns the session's settings.
func (s *Session) Conf() *conf.Conf { return s.conf }

// Database returns the current database.
func (s *Session) Database() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.db
}

func (s *Session) use(ctx context.Context, db string) error {
	db = strings.ToLower(db)
	if _, err := s.engine.store.Database(ctx, db); err != nil && db != informationSchema {
		if model.KindOf(err) == model.NoSuchObject {
			return databaseMissing(db)
		}
		return err
	}
	s.mu.Lock()
	s.db = db
	s.mu.Unlock()
	return nil
}

// Close drops the session's temporary tables. Running statements must have been closed before.
func (s *Session) Close() error {
	s.engine.sessions.Add(-1)
	s.mu.Lock()
	s.temps = map[string]*model.Table{}
	s.mu.Unlock()
	if err := os.RemoveAll(s.ScratchDir()); err != nil {
		return fmt.Errorf("removing the session's scratch directory: %w", err)
	}
	return nil
}

// table finds a temporary table or one of the metastore.
func (s *Session) table(ctx context.Context, db, name string) (*model.Table, error) {
	return s.lookup(ctx, s.engine.store, db, name)
}

// lookup is table on a given state of the metastore.
func (s *Session) lookup(ctx context.Context, r metastore.Reader, db, name string) (*model.Table, error) {
	s.mu.Lock()
	t := s.temps[db+"."+name]
	s.mu.Unlock()
	if t != nil {
		return t.Clone(), nil
	}
	t, err := r.Table(ctx, db, name)
	if model.KindOf(err) == model.NoSuchObject {
		if system, serr := systemTable(ctx, r, db, name); system != nil || serr != nil {
			return system, serr
		}
	}
	return t, err
}

// Role returns the role chosen by SET ROLE, "none", or empty for all.
func (s *Session) Role() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.role
}

// SetRole chooses a role.
func (s *Session) SetRole(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.role = name
}

// TemporaryTable returns the session's temporary table of that name, or nil.
func (s *Session) TemporaryTable(db, name string) *model.Table {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.temps[db+"."+name]
}

// PutTemporaryTable makes t a temporary table of the session, replacing one of the same name.
func (s *Session) PutTemporaryTable(t *model.Table) {
	if t.ID == 0 && strings.EqualFold(t.Parameters["transactional"], "true") {
		t.ID = s.engine.temporaryID.Add(-1) // for its write ids
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t.Parameters[temporaryParam] = "true"
	s.temps[t.Database+"."+t.Name] = t
}

// DropTemporaryTable forgets a temporary table; its files are the caller's business.
func (s *Session) DropTemporaryTable(db, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.temps, db+"."+name)
	delete(s.tempStatistics, db+"."+name)
}

// TemporaryStatistics returns what is known of the columns of a temporary table.
func (s *Session) TemporaryStatistics(db, name string) []model.ColumnStatistics {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.tempStatistics[db+"."+name])
}

// SetTemporaryStatistics replaces what is known of some columns of a temporary table.
func (s *Session) SetTemporaryStatistics(db, name string, columns []model.ColumnStatistics) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.Clone(s.tempStatistics[db+"."+name])
	for _, c := range columns {
		list = slices.DeleteFunc(list, func(o model.ColumnStatistics) bool { return o.Column == c.Column })
		list = append(list, c)
	}
	if s.tempStatistics == nil {
		s.tempStatistics = map[string][]model.ColumnStatistics{}
	}
	s.tempStatistics[db+"."+name] = list
}

// TemporaryTables lists the temporary tables of a database.
func (s *Session) TemporaryTables(db string) []*model.Table {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*model.Table
	for _, t := range s.temps {
		if t.Database == db {
			out = append(out, t)
		}
	}
	return out
}

func (s *Session) macro(name string) *catalog.Macro {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.macros[strings.ToLower(name)]
}

// HasMacro reports whether there is a temporary macro of that name.
func (s *Session) HasMacro(name string) bool { return s.macro(name) != nil }

// MacroNames lists the temporary macros.
func (s *Session) MacroNames() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.macros))
}

// SetMacro defines a temporary macro; nil removes it.
func (s *Session) SetMacro(name string, m *catalog.Macro) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m == nil {
		delete(s.macros, strings.ToLower(name))
		return
	}
	s.macros[strings.ToLower(name)] = m
}

// Variable returns a hivevar.
func (s *Session) Variable(name string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.vars[name]
	return v, ok
}

// Variables returns all hivevars.
func (s *Session) Variables() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.vars)
}

// SetVariable sets a hivevar.
func (s *Session) SetVariable(name, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.vars[name] = value
}

// surroundings is what a statement of the session that started at now runs in.
func (s *Session) surroundings(c *conf.Conf, now time.Time, queryID string) *session.Session {
	return &session.Session{
		Conf: c, Now: now, User: s.User, Database: s.Database(), QueryID: queryID,
		Files: slices.Concat(s.listResources("FILE"), s.listResources("ARCHIVE")),
	}
}

// exprEnv is what expressions of a statement started at now may depend on.
func (s *Session) exprEnv(c *conf.Conf, now time.Time, queryID string) *expr.Env {
	return s.surroundings(c, now, queryID).Expr()
}

func (st *Statement) surroundings() *session.Session {
	s := st.session.surroundings(st.conf, st.now, st.queryID)
	s.Vectorized = st.vectorized
	return s
}

func (st *Statement) scripts(dir string) *script.Scripts {
	return &script.Scripts{Session: st.surroundings(), Formats: st.session.engine.formats, Dir: dir, Logf: st.log.Logf}
}

// folder evaluates constant expressions for the analyzer and the optimizer.
type folder struct{ env *expr.Env }

var _ analyzer.Folder = folder{}

// Fold implements analyzer.Folder: it evaluates a constant expression. A folded zero of Hive 4 has no sign: its optimizer keeps numbers as decimals.
func (f folder) Fold(e plan.Expr) (types.Datum, error) {
	v, err := expr.Fold(f.env, e)
	if v.F == 0 && !f.env.Hive3() {
		v.F = 0
	}
	return v, err
}

// castText casts text to t with the session's rules.
func (s *Session) castText(text string, t *types.Type) (types.Datum, error) {
	lit := &plan.Literal{Value: types.Datum{S: text}, T: types.StringType}
	return expr.Fold(s.exprEnv(s.conf, time.Now(), ""), &plan.Call{Func: "cast", Args: []plan.Expr{lit}, T: t})
}

// castToText gives the text of a value, as CAST(… AS STRING) does.
func (s *Session) castToText(d types.Datum, t *types.Type) (string, error) {
	out, err := expr.Fold(s.exprEnv(s.conf, time.Now(), ""), &plan.Call{
		Func: "cast", Args: []plan.Expr{&plan.Literal{Value: d, T: t}}, T: types.StringType,
	})
	return out.S, err
}
