package ddl

import (
	"context"
	"errors"
	"maps"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/sqlerr"
	"skep/metastore"
	"skep/metastore/model"
	"skep/metastore/warehouse"
)

func (env *Env) use(s *ast.Use) (*Task, error) {
	return done(func(ctx context.Context) error { return env.Session.Use(ctx, s.Name.Name) }), nil
}

func (env *Env) createDatabase(ctx context.Context, s *ast.CreateDatabase) (*Task, error) {
	if s.Remote {
		return nil, env.failed(env.remoteDatabase(ctx, s))
	}
	name := strings.ToLower(s.Name.Name)
	d := &model.Database{
		Name: name, Comment: text(s.Comment), Owner: env.Session.UserName(), OwnerType: "USER",
		Parameters: properties(s.Properties),
	}
	if s.Location != nil {
		d.Location = env.databasePath(s.Location.Value)
	} else {
		d.Location = warehouse.DatabaseLocation(env.Session.Conf().Get("hive.metastore.warehouse.dir"), name)
	}
	return done(func(ctx context.Context) error {
		if _, err := env.Store.Database(ctx, name); err == nil {
			if s.IfNotExists {
				return nil
			}
			return env.execution(sqlerr.DatabaseAlreadyExists, sqlerr.Text(sqlerr.DatabaseAlreadyExists, name))
		}
		if err := env.Files.MkdirAll(ctx, d.Location); err != nil {
			return env.failed(err)
		}
		return env.update(ctx, func(tx metastore.Tx) error { return tx.CreateDatabase(ctx, d) })
	}), nil
}

// databasePath makes a location absolute; a relative one is taken to be below the warehouse.
func (env *Env) databasePath(path string) string {
	if !strings.HasPrefix(path, "/") && !strings.Contains(path, ":") {
		path = strings.TrimSuffix(env.Session.Conf().Get("hive.metastore.warehouse.dir"), "/") + "/" + path
	}
	return absolute(path)
}

func (env *Env) alterDatabase(ctx context.Context, s *ast.AlterDatabase) (*Task, error) {
	if _, err := env.database(ctx, s.Name.Name); err != nil {
		return nil, err
	}
	if s.ManagedLocation != nil {
		return nil, sqlerr.Semanticf("ALTER DATABASE SET MANAGEDLOCATION is not supported: managed tables lie in the database's location")
	}
	return done(func(ctx context.Context) error {
		return env.update(ctx, func(tx metastore.Tx) error {
			d, err := tx.Database(ctx, s.Name.Name)
			if err != nil {
				return err
			}
			switch {
			case s.Owner != nil:
				d.Owner, d.OwnerType = s.Owner.Name.Name, string(s.Owner.Kind)
			case s.Location != nil:
				d.Location = env.databasePath(s.Location.Value)
			default:
				if d.Parameters == nil {
					d.Parameters = map[string]string{}
				}
				maps.Copy(d.Parameters, properties(s.Properties))
			}
			return tx.AlterDatabase(ctx, d)
		})
	}), nil
}

func (env *Env) dropDatabase(ctx context.Context, s *ast.DropDatabase) (*Task, error) {
	name := strings.ToLower(s.Name.Name)
	cascade := s.Behavior == "CASCADE"
	if _, err := env.database(ctx, name); err != nil {
		if sqlerr.CodeOf(err) == sqlerr.DatabaseNotExists && s.IfExists {
			return nothing, nil
		}
		return nil, err
	}
	if name == model.DefaultDatabase {
		return nil, env.failed(errors.New("MetaException(message:Can not drop default database in catalog hive)"))
	}
	return done(func(ctx context.Context) error {
		d, err := env.Store.Database(ctx, name)
		if err != nil {
			return env.failed(err)
		}
		paths, prune, err := env.databasePaths(ctx, d)
		if err != nil {
			return env.failed(err)
		}
		err = env.Warehouse.Remove(ctx, paths, prune, func(ctx context.Context, tx metastore.Tx) error {
			return tx.DropDatabase(ctx, name, cascade)
		})
		if err != nil {
			return env.failed(err)
		}
		if strings.EqualFold(env.Session.Database(), name) {
			return env.Session.Use(ctx, model.DefaultDatabase)
		}
		return nil
	}), nil
}

// databasePaths lists the directories that go when the database goes: those of its tables, and its own. In the warehouse that goes
// with all it holds but files of external tables; elsewhere only once it is empty, because a directory that the database was given
// may have a life of its own: unlike Hive's, dropping a database whose LOCATION is /tmp does not empty /tmp.
func (env *Env) databasePaths(ctx context.Context, d *model.Database) (paths, prune []string, err error) {
	below := strings.TrimSuffix(d.Location, "/") + "/"
	var inside, outside []string
	keep := !strings.HasPrefix(below, strings.TrimSuffix(env.Session.Conf().Get("hive.metastore.warehouse.dir"), "/")+"/")
	q := metastore.TableQuery{MatchDatabase: func(n string) bool { return n == d.Name }}
	err = env.Store.ScanTables(ctx, q, func(t *model.Table) error {
		keep = keep || !t.IsView() && !env.ownsFiles(t) && strings.HasPrefix(t.Location, below)
		own, err := env.tablePaths(ctx, t)
		for _, p := range own {
			if strings.HasPrefix(p, below) {
				inside = append(inside, p)
			} else {
				outside = append(outside, p)
			}
		}
		return err
	})
	if keep {
		return append(inside, outside...), []string{d.Location}, err
	}
	return append(outside, d.Location), nil, err
}
