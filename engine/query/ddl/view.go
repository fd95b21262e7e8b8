package ddl

import (
	"context"
	"strconv"

	"skep/dialect/ast"
	"skep/dialect/sqlerr"
	"skep/metastore"
	"skep/metastore/model"
)

// CreateView prepares CREATE VIEW of an analysed query: its text as written, the text with resolved names, its columns.
func (env *Env) CreateView(ctx context.Context, s *ast.CreateView, original, expanded string, columns []model.Column) (*Task, error) {
	db, name := env.tableName(s.Name)
	if _, err := env.database(ctx, db); err != nil {
		return nil, err
	}
	old, err := env.Store.Table(ctx, db, name)
	if err != nil && model.KindOf(err) != model.NoSuchObject {
		return nil, err
	}
	if err == nil {
		switch {
		case s.IfNotExists:
			return done(func(context.Context) error { return nil }), nil
		case !s.OrReplace:
			return nil, sqlerr.New(sqlerr.TableAlreadyExists, db+"."+name)
		case !old.IsView():
			return nil, sqlerr.Semanticf("The following is an existing table, not a view: %s.%s", db, name)
		}
	} else {
		old = nil
	}
	sd, err := env.storageOf(nil, nil, false)
	if err != nil {
		return nil, err
	}
	sd.Columns = columns
	v := &model.Table{
		Database: db, Name: name, Type: model.VirtualView, Owner: env.Session.UserName(), OwnerType: "USER", CreateTime: env.Now.Unix(),
		Storage: sd, Parameters: properties(s.Properties), ViewOriginalText: original, ViewExpandedText: expanded,
	}
	if s.Comment != nil {
		v.Parameters[model.ParamComment] = s.Comment.Value
	}
	v.Parameters[model.ParamLastDDLTime] = strconv.FormatInt(env.Now.Unix(), 10)
	return done(func(ctx context.Context) error {
		return env.update(ctx, func(tx metastore.Tx) error {
			if old != nil {
				return tx.AlterTable(ctx, db, name, v)
			}
			return tx.CreateTable(ctx, v)
		})
	}), nil
}
