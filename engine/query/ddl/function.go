package ddl

import (
	"context"
	"maps"
	"slices"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/catalog"
	"skep/dialect/function"
	"skep/dialect/sqlerr"
	"skep/metastore"
	"skep/metastore/model"
)

func (env *Env) describeFunction(s *ast.DescribeFunction) (*Task, error) {
	name := s.Name.Name.Name
	if s.Name.DB != nil {
		name = s.Name.DB.Name + "." + name
	}
	return reporting([]string{"tab_name"}, func(ctx context.Context, r *report) error {
		if class := env.Session.FunctionClass(name); class != "" {
			builtin, _ := function.OfClass(class)
			describeBuiltin(r, s, name, builtin, "TEMPORARY", append(function.Synonyms(builtin), builtin))
			return nil
		}
		if _, ok := function.Known(name, env.is31()); !ok {
			return env.describeUser(ctx, r, s, name)
		}
		describeBuiltin(r, s, name, name, "BUILTIN", function.Synonyms(name))
		return nil
	}), nil
}

// describeBuiltin describes a built-in function under a name of its own or one that a user gave it.
func describeBuiltin(r *report, s *ast.DescribeFunction, name, builtin, kind string, synonyms []string) {
	f, ok := function.Lookup(builtin)
	if !ok {
		return
	}
	if f.Short == "" {
		r.line("There is no documentation for function '" + name + "'")
	} else {
		r.line(strings.Replace(strings.ReplaceAll(f.Short, "_FUNC_", name), ": ", " - ", 1))
	}
	if !s.Extended {
		return
	}
	if len(synonyms) > 0 {
		slices.Sort(synonyms)
		r.line("Synonyms: " + strings.Join(synonyms, ", "))
	}
	if f.Extended != "" {
		r.line(strings.ReplaceAll(f.Extended, "_FUNC_", name))
	}
	if class := function.HiveClass(builtin); class != "" {
		r.line("Function class:" + class)
	}
	r.line("Function type:" + kind)
}

// describeUser describes a function of the metastore.
func (env *Env) describeUser(ctx context.Context, r *report, s *ast.DescribeFunction, name string) error {
	if env.Session.HasMacro(name) {
		r.line("There is no documentation for function '" + name + "'")
		if s.Extended {
			r.line("Function class:org.apache.hadoop.hive.ql.udf.generic.GenericUDFMacro")
			r.line("Function type:TEMPORARY")
		}
		return nil
	}
	db, fn := env.functionName(s.Name)
	f, err := env.Store.Function(ctx, db, fn)
	if model.KindOf(err) == model.NoSuchObject {
		r.line("Function '" + name + "' does not exist.")
		return nil
	}
	if err != nil {
		return env.failed(err)
	}
	if builtin, ok := function.OfClass(f.Class); ok {
		describeBuiltin(r, s, name, builtin, "PERSISTENT", append(function.Synonyms(builtin), builtin, db+"."+fn))
		return nil
	}
	r.line("There is no documentation for function '" + name + "'")
	if s.Extended {
		r.line("Function class:" + f.Class)
		r.line("Function type:PERSISTENT")
		for _, x := range f.Resources {
			r.line("Resource:" + x.URI)
		}
	}
	return nil
}

func (env *Env) functionName(n *ast.FunctionName) (db, name string) {
	db = env.Session.Database()
	if n.DB != nil {
		db = strings.ToLower(n.DB.Name)
	}
	return db, strings.ToLower(n.Name.Name)
}

// functionFailure is the failure of a statement about functions.
func (env *Env) functionFailure(msg string) error {
	class := env.taskClass()
	if env.is31() {
		class = "org.apache.hadoop.hive.ql.exec.FunctionTask"
	}
	return sqlerr.Execution(1, class, msg)
}

// createFunction notes a permanent function of Java code in the metastore, where Hive sessions can use it. This server
// cannot run it: calls are refused when they are compiled.
func (env *Env) createFunction(ctx context.Context, s *ast.CreateFunction) (*Task, error) {
	if s.Temporary {
		if s.Name.DB != nil {
			return nil, sqlerr.Semanticf("Temporary function cannot be created with a qualified name.")
		}
		if _, ok := function.OfClass(s.Class.Value); ok {
			return done(func(context.Context) error {
				env.Session.SetFunction(s.Name.Name.Name, s.Class.Value)
				return nil
			}), nil
		}
		return nil, sqlerr.Semanticf("temporary functions of Java code are not supported: the class %s cannot be run", s.Class.Value)
	}
	db, name := env.functionName(s.Name)
	if _, err := env.database(ctx, db); err != nil {
		return nil, err
	}
	f := &model.Function{Database: db, Name: name, Class: s.Class.Value, Owner: env.Session.UserName(), OwnerType: "USER", CreateTime: env.Now.Unix()}
	for _, r := range s.Resources {
		f.Resources = append(f.Resources, model.FunctionResource{Kind: r.Kind, URI: r.URI.Value})
	}
	return done(func(ctx context.Context) error {
		err := env.Store.Update(ctx, func(tx metastore.Tx) error { return tx.CreateFunction(ctx, f) })
		if model.KindOf(err) == model.AlreadyExists {
			return env.functionFailure("AlreadyExistsException(message:Function " + name + " already exists)")
		}
		return env.failed(err)
	}), nil
}

func (env *Env) dropFunction(ctx context.Context, s *ast.DropFunction) (*Task, error) {
	db, name := env.functionName(s.Name)
	if s.Temporary && s.Name.DB == nil && env.Session.FunctionClass(name) != "" {
		return done(func(context.Context) error {
			env.Session.SetFunction(name, "")
			return nil
		}), nil
	}
	if _, builtin := function.Lookup(name); builtin && s.Name.DB == nil {
		return nil, sqlerr.New(sqlerr.DropNativeFunction, name)
	}
	if s.Temporary {
		if env.missingIsFine(s.IfExists) {
			return nothing, nil
		}
		return nil, sqlerr.New(sqlerr.InvalidFunction, name)
	}
	_, err := env.Store.Function(ctx, db, name)
	if model.KindOf(err) == model.NoSuchObject {
		if env.missingIsFine(s.IfExists) {
			return nothing, nil
		}
		return nil, sqlerr.New(sqlerr.InvalidFunction, db+"."+name)
	}
	if err != nil {
		return nil, err
	}
	return done(func(ctx context.Context) error {
		return env.update(ctx, func(tx metastore.Tx) error { return tx.DropFunction(ctx, db, name) })
	}), nil
}

// checkMacro refuses aggregates and table functions, which a macro cannot be made of.
func checkMacro(body ast.Node) (err error) {
	ast.Inspect(body, func(n ast.Node) bool {
		c, ok := n.(*ast.Call)
		if !ok || err != nil || c.Over != nil || c.Name.DB != nil {
			return err == nil
		}
		f, ok := function.Lookup(strings.ToLower(c.Name.Name.Name))
		switch {
		case !ok || f.Kind&function.Scalar != 0:
		case f.Kind&function.Table != 0:
			err = sqlerr.New(sqlerr.UDTFInvalidLocation)
		case f.Kind&function.Aggregate != 0:
			err = sqlerr.At(sqlerr.UDAFInvalidLocation, c.Name.Position())
		}
		return err == nil
	})
	return err
}

func (env *Env) createMacro(s *ast.CreateMacro) (*Task, error) {
	m := &catalog.Macro{Name: strings.ToLower(s.Name.Name), Body: s.BodySpan.Text(env.SQL)}
	seen := map[string]bool{}
	for _, p := range s.Params {
		t, err := TypeOf(p.Type)
		if err != nil {
			return nil, err
		}
		name := strings.ToLower(p.Name.Name)
		if seen[name] {
			return nil, sqlerr.Semanticf("At least one parameter name was used more than once %s", listText(paramNames(s)))
		}
		seen[name] = true
		m.Params = append(m.Params, catalog.Column{Name: name, Type: t})
	}
	if used := columnNames(s.Body); !slices.Equal(used, slices.Sorted(maps.Keys(seen))) {
		return nil, sqlerr.Semanticf("Expected columns %s but found %s", listText(slices.Sorted(maps.Keys(seen))), listText(used))
	}
	if err := checkMacro(s.Body); err != nil {
		return nil, err
	}
	return done(func(context.Context) error {
		env.Session.SetMacro(m.Name, m)
		return nil
	}), nil
}

// columnNames lists the columns that an expression names, in order of name.
func columnNames(e ast.Expr) []string {
	names := map[string]bool{}
	ast.Inspect(e, func(n ast.Node) bool {
		if c, ok := n.(*ast.ColumnRef); ok {
			names[strings.ToLower(c.Name.Name)] = true
		}
		return true
	})
	return slices.Sorted(maps.Keys(names))
}

func paramNames(s *ast.CreateMacro) []string {
	var names []string
	for _, p := range s.Params {
		names = append(names, strings.ToLower(p.Name.Name))
	}
	return names
}

func (env *Env) dropMacro(s *ast.DropMacro) (*Task, error) {
	name := strings.ToLower(s.Name.Name)
	if !env.Session.HasMacro(name) {
		if env.missingIsFine(s.IfExists) {
			return nothing, nil
		}
		return nil, sqlerr.New(sqlerr.InvalidFunction, s.Name.Name)
	}
	return done(func(context.Context) error {
		env.Session.SetMacro(name, nil)
		return nil
	}), nil
}
