package ddl

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/sqlerr"
	"skep/metastore"
	"skep/metastore/model"
)

// connector describes a source of data elsewhere. It is kept and shown; no database can be made of one here.
type connector struct {
	Type, URL, Comment string
	Owner, OwnerType   string
	Properties         map[string]string
}

// connector finds a connector and its record.
func (env *Env) connector(ctx context.Context, r metastore.Reader, name *ast.Ident) (*connector, model.Record, error) {
	list, err := r.Records(ctx, model.ConnectorRecord)
	if err != nil {
		return nil, model.Record{}, err
	}
	i := slices.IndexFunc(list, func(x model.Record) bool { return x.Name == strings.ToLower(name.Name) })
	if i < 0 {
		return nil, model.Record{}, sqlerr.New(sqlerr.DataconnectorNotExists, strings.ToLower(name.Name))
	}
	c := &connector{}
	if err := json.Unmarshal(list[i].Body, c); err != nil {
		return nil, list[i], fmt.Errorf("connector %s: %w", list[i].Name, err)
	}
	return c, list[i], nil
}

func putConnector(ctx context.Context, tx metastore.Tx, x model.Record, c *connector) error {
	var err error
	if x.Body, err = json.Marshal(c); err != nil {
		return err
	}
	return tx.PutRecord(ctx, x)
}

// checkURL refuses URLs without a scheme.
func (env *Env) checkURL(url string) error {
	if scheme, _, ok := strings.Cut(url, ":"); !ok || scheme == "" {
		e := *sqlerr.Execution(env.returnCode(), env.taskClass(), "Invalid path "+url)
		e.SQLState = "42000"
		return &e
	}
	return nil
}

func (env *Env) createConnector(s *ast.CreateConnector) (*Task, error) {
	c := &connector{
		Type: text(s.Type), URL: text(s.URL), Comment: text(s.Comment), Owner: env.Session.UserName(), OwnerType: "USER", Properties: properties(s.Properties),
	}
	name := strings.ToLower(s.Name.Name)
	return done(func(ctx context.Context) error {
		if err := env.checkURL(c.URL); err != nil {
			return err
		}
		return env.update(ctx, func(tx metastore.Tx) error {
			switch _, _, err := env.connector(ctx, tx, s.Name); {
			case sqlerr.CodeOf(err) == sqlerr.DataconnectorNotExists:
				return putConnector(ctx, tx, model.Record{Kind: model.ConnectorRecord, Name: name}, c)
			case err != nil || s.IfNotExists:
				return err
			}
			return env.execution(sqlerr.DataconnectorAlreadyExists, sqlerr.Text(sqlerr.DataconnectorAlreadyExists, name))
		})
	}), nil
}

func (env *Env) alterConnector(ctx context.Context, s *ast.AlterConnector) (*Task, error) {
	if _, _, err := env.connector(ctx, env.Store, s.Name); err != nil {
		return nil, err
	}
	return done(func(ctx context.Context) error {
		if s.URL != nil {
			if err := env.checkURL(s.URL.Value); err != nil {
				return err
			}
		}
		return env.update(ctx, func(tx metastore.Tx) error {
			c, x, err := env.connector(ctx, tx, s.Name)
			if err != nil {
				return err
			}
			switch {
			case s.URL != nil:
				c.URL = s.URL.Value
			case s.Owner != nil:
				c.Owner, c.OwnerType = s.Owner.Name.Name, string(s.Owner.Kind)
			default:
				maps.Copy(c.Properties, properties(s.Properties))
			}
			return putConnector(ctx, tx, x, c)
		})
	}), nil
}

func (env *Env) dropConnector(ctx context.Context, s *ast.DropConnector) (*Task, error) {
	if _, _, err := env.connector(ctx, env.Store, s.Name); err != nil {
		if sqlerr.CodeOf(err) == sqlerr.DataconnectorNotExists && s.IfExists {
			return nothing, nil
		}
		return nil, err
	}
	return done(func(ctx context.Context) error {
		return env.update(ctx, func(tx metastore.Tx) error {
			_, x, err := env.connector(ctx, tx, s.Name)
			if err != nil {
				return err
			}
			return tx.DeleteRecord(ctx, x)
		})
	}), nil
}

func (env *Env) showConnectors() *Task {
	return lines("connector_name", func(ctx context.Context) ([]string, error) {
		list, err := env.Store.Records(ctx, model.ConnectorRecord)
		var names []string
		for _, x := range list {
			names = append(names, x.Name)
		}
		slices.Sort(names)
		return names, env.failed(err)
	})
}

func (env *Env) describeConnector(ctx context.Context, s *ast.DescribeConnector) (*Task, error) {
	c, x, err := env.connector(ctx, env.Store, s.Name)
	if err != nil {
		return nil, err
	}
	columns := []string{"name", "type", "url", "owner_name", "owner_type", "comment"}
	if s.Extended {
		columns = append(columns, "parameters")
	}
	return reporting(columns, func(_ context.Context, r *report) error {
		cells := []string{x.Name, c.Type, c.URL, c.Owner, c.OwnerType, escapeText(c.Comment)}
		if s.Extended {
			parameters := ""
			if len(c.Properties) > 0 {
				parameters = propertiesText(c.Properties)
			}
			cells = append(cells, parameters)
		}
		r.line(strings.Join(cells, "\t"))
		return nil
	}), nil
}

// propertiesText is a map as Java writes it, sorted.
func propertiesText(m map[string]string) string {
	var list []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		list = append(list, k+"="+m[k])
	}
	return "{" + strings.Join(list, ", ") + "}"
}

// remoteDatabase refuses CREATE REMOTE DATABASE.
func (env *Env) remoteDatabase(ctx context.Context, s *ast.CreateDatabase) error {
	if s.Connector != nil {
		if _, _, err := env.connector(ctx, env.Store, s.Connector); err != nil {
			return err
		}
	}
	return errors.New("remote databases are not supported: their tables would be read by JDBC drivers of Java")
}
