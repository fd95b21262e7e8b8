package ddl

import (
	"context"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/sqlerr"
	"skep/metastore"
	"skep/metastore/model"
)

func (env *Env) use(s *ast.Use) (*Task, error) {
	return done(func(ctx context.Context) error { return env.Session.Use(ctx, s.Name.Name) }), nil
}

func (env *Env) createDatabase(ctx context.Context, s *ast.CreateDatabase) (*Task, error) {
	name := strings.ToLower(s.Name.Name)
	d := &model.Database{
		Name: name, Comment: text(s.Comment), Location: text(s.Location), Owner: env.Session.UserName(), OwnerType: "USER",
		Parameters: properties(s.Properties),
	}
	if d.Location == "" {
		d.Location = env.warehouseDir() + "/" + name + ".db"
	}
	return done(func(ctx context.Context) error {
		if _, err := env.Store.Database(ctx, name); err == nil {
			if s.IfNotExists {
				return nil
			}
			return sqlerr.Execution(env.returnCode(), env.taskClass(), "Database "+name+" already exists")
		}
		if err := env.Files.MkdirAll(ctx, d.Location); err != nil {
			return env.failed(err)
		}
		return env.update(ctx, func(tx metastore.Tx) error { return tx.CreateDatabase(ctx, d) })
	}), nil
}

func (env *Env) warehouseDir() string {
	return strings.TrimSuffix(env.Session.Conf().Get("hive.metastore.warehouse.dir"), "/")
}

func (env *Env) dropDatabase(ctx context.Context, s *ast.DropDatabase) (*Task, error) {
	name := strings.ToLower(s.Name.Name)
	cascade := s.Behavior == "CASCADE"
	return done(func(ctx context.Context) error {
		d, err := env.Store.Database(ctx, name)
		if model.KindOf(err) == model.NoSuchObject {
			if s.IfExists || env.Session.Conf().Bool("hive.exec.drop.ignorenonexistent") && env.Session.Conf().HiveVersion() == "3.1" {
				return nil
			}
			return sqlerr.Execution(env.returnCode(), env.taskClass(), "Database does not exist: "+name)
		}
		if err != nil {
			return env.failed(err)
		}
		var managed []string
		err = env.Store.ScanTables(ctx, metastore.TableQuery{MatchDatabase: func(n string) bool { return n == name }}, func(t *model.Table) error {
			if t.Type == model.ManagedTable && t.Location != "" {
				managed = append(managed, t.Location)
			}
			return nil
		})
		if err != nil {
			return env.failed(err)
		}
		if err := env.update(ctx, func(tx metastore.Tx) error { return tx.DropDatabase(ctx, name, cascade) }); err != nil {
			return err
		}
		if strings.EqualFold(env.Session.Database(), name) {
			if err := env.Session.Use(ctx, model.DefaultDatabase); err != nil {
				return err
			}
		}
		for _, dir := range append(managed, d.Location) {
			if err := env.Files.RemoveAll(ctx, dir); err != nil {
				return env.failed(err)
			}
		}
		return nil
	}), nil
}
