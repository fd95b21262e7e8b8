package ddl

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/sqlerr"
	"skep/metastore"
	"skep/metastore/model"
)

// privilegeObject is what a GRANT or REVOKE is on, as messages name it too.
type privilegeObject struct {
	db, table string // table is empty for a database
}

func (o privilegeObject) String() string {
	if o.table == "" {
		return "Object [type=DATABASE, name=" + o.db + "]"
	}
	return "Object [type=TABLE_OR_VIEW, name=" + o.db + "." + o.table + "]"
}

// object resolves the object of GRANT and REVOKE. A partition stands for its table: there are no privileges on less.
func (env *Env) object(ctx context.Context, n *ast.PrivilegeObject) (privilegeObject, error) {
	var o privilegeObject
	switch {
	case n == nil:
		return o, env.failed(errors.New("privileges are granted and revoked ON something"))
	case n.Kind == ast.ObjectURI || n.Kind == ast.ObjectServer:
		return o, sqlerr.Semanticf("Hive authorization does not support the URI or SERVER objects")
	case n.Kind == ast.ObjectDatabase:
		return privilegeObject{db: strings.ToLower(n.Name.Name)}, nil
	}
	o.db, o.table = env.tableName(n.Table)
	_, err := env.Store.Table(ctx, o.db, o.table)
	if model.KindOf(err) == model.NoSuchObject {
		return o, sqlerr.New(sqlerr.InvalidTable, o.db+"."+o.table).WithCause(err)
	}
	return o, err
}

// expandedAll is the order in which Hive takes the privileges of ALL.
var expandedAll = []string{"DELETE", "INSERT", "UPDATE", "SELECT"}

// privilegeNames checks privileges and expands ALL.
func privilegeNames(list []*ast.Privilege) ([]string, error) {
	var out []string
	add := func(name string) {
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	for _, p := range list {
		if len(p.Columns) > 0 {
			var cols []string
			for _, c := range p.Columns {
				cols = append(cols, strings.ToLower(c.Name))
			}
			return nil, errors.New("Privilege with columns are not currently supported with sql standard authorization:" + //nolint:staticcheck // Hive's text
				"Privilege [name=" + p.Name + ", columns=[" + strings.Join(cols, ", ") + "]]")
		}
		switch {
		case p.Name == "ALL":
			for _, name := range expandedAll {
				add(name)
			}
		case slices.Contains(model.PrivilegeNames, p.Name):
			add(p.Name)
		default:
			return nil, errors.New("Unsupported privilege type " + p.Name) //nolint:staticcheck // Hive's text
		}
	}
	return out, nil
}

func (env *Env) grant(ctx context.Context, s *ast.Grant) (*Task, error) {
	o, err := env.object(ctx, s.Object)
	if err != nil {
		return nil, err
	}
	return env.running(func(ctx context.Context) error {
		to, err := principals(s.To)
		if err != nil {
			return err
		}
		names, err := privilegeNames(s.Privileges)
		if err != nil {
			return err
		}
		if o.table == "" {
			if _, err := env.Store.Database(ctx, o.db); model.KindOf(err) == model.NoSuchObject {
				return errors.New("Error getting object from metastore for " + o.String()) //nolint:staticcheck // Hive's text
			}
		}
		if err := env.mayGrant(ctx, o, names); err != nil {
			return err
		}
		err = env.Store.Update(ctx, func(tx metastore.Tx) error {
			for _, p := range to {
				for _, name := range names {
					err := tx.GrantPrivilege(ctx, model.Privilege{
						Database: o.db, Table: o.table, Principal: p, Name: name, GrantOption: s.WithGrant, Grantor: env.user(),
					})
					if err != nil {
						return err
					}
				}
			}
			return nil
		})
		return prefixed("Error granting privileges: ", gotException(err))
	})
}

// mayGrant checks that the user may grant privileges on an object: as admin, or by having them with the option to do so.
func (env *Env) mayGrant(ctx context.Context, o privilegeObject, names []string) error {
	roles, err := env.currentRoles(ctx)
	if err != nil || isAdmin(roles) {
		return err
	}
	own, err := env.Store.Privileges(ctx, metastore.PrivilegeQuery{Database: o.db, Table: o.table})
	if err != nil {
		return err
	}
	var missing []string
	for _, name := range names {
		if !slices.ContainsFunc(own, func(p model.Privilege) bool {
			_, role := roles[p.Principal.Name]
			return p.Name == name && p.GrantOption && (p.Principal == env.user() || p.Principal.Kind == model.RolePrincipal && role)
		}) {
			missing = append(missing, name+" with grant")
		}
	}
	if len(missing) == 0 {
		return nil
	}
	slices.Sort(missing)
	return fmt.Errorf("Permission denied: %s does not have following privileges for operation GRANT_PRIVILEGE [[%s] on %s]", //nolint:staticcheck // Hive's text
		principalText(env.user()), strings.Join(missing, ", "), o)
}

// revoke takes privileges away that the user has granted.
func (env *Env) revoke(ctx context.Context, s *ast.Revoke) (*Task, error) {
	o, err := env.object(ctx, s.Object)
	if err != nil {
		return nil, err
	}
	return env.running(func(ctx context.Context) error {
		from, err := principals(s.From)
		if err != nil {
			return err
		}
		names, err := privilegeNames(s.Privileges)
		if err != nil {
			return err
		}
		return env.Store.Update(ctx, func(tx metastore.Tx) error {
			var missing strings.Builder
			for _, p := range from {
				there, err := tx.Privileges(ctx, metastore.PrivilegeQuery{Principal: &p, Database: o.db, Table: o.table})
				if err != nil {
					return err
				}
				for _, name := range names {
					k := slices.IndexFunc(there, func(x model.Privilege) bool { return x.Name == name && x.Grantor == env.user() })
					if k < 0 {
						fmt.Fprintf(&missing, "Cannot find privilege Privilege [name=%s, columns=null] for %s on %s granted by %s\n",
							name, principalText(p), o, env.Session.UserName())
						continue
					}
					if s.GrantOptionFor && !there[k].GrantOption {
						return fmt.Errorf("Error revoking privileges: User %s does not have grant option with privilege %s", p.Name, name) //nolint:staticcheck // Hive's text
					}
					if err := tx.RevokePrivilege(ctx, there[k], s.GrantOptionFor); err != nil {
						return err
					}
				}
			}
			if missing.Len() > 0 {
				return errors.New(missing.String())
			}
			return nil
		})
	})
}
