package ddl

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/types"
	"skep/metastore"
	"skep/metastore/model"
)

// grantTypes are the types of columns about grants that are no strings.
var grantTypes = map[string]*types.Type{"grant_option": types.BooleanType, "grant_time": types.BigIntType}

// rows is a task with a result set whose rows are found out when it runs.
func (env *Env) rows(columns []string, run func(ctx context.Context) ([][]string, error)) *Task {
	return &Task{Columns: columns, Types: grantTypes, Run: func(ctx context.Context) ([][]*string, error) {
		rows, err := run(ctx)
		if err != nil {
			return nil, env.failed(err)
		}
		var out [][]*string
		for _, r := range rows {
			cells := make([]*string, len(r))
			for i := range r {
				cells[i] = &r[i]
			}
			out = append(out, cells)
		}
		return out, nil
	}}
}

// grantTime is a time in milliseconds, or what Hive's tests show for any.
func (env *Env) grantTime(seconds int64) string {
	if env.Session.Conf().Bool("hive.in.test") {
		return "-1"
	}
	return formatInt(seconds * 1000)
}

func (env *Env) showRoles() *Task {
	return lines("role", func(ctx context.Context) ([]string, error) {
		if err := env.adminsOnly(ctx, "to list roles"); err != nil {
			return nil, env.failed(err)
		}
		roles, err := env.Store.Roles(ctx)
		var out []string
		for _, r := range roles {
			out = append(out, r.Name)
		}
		return out, env.failed(err)
	})
}

func (env *Env) showCurrentRoles() *Task {
	return lines("role", func(ctx context.Context) ([]string, error) {
		roles, err := env.currentRoles(ctx)
		if err != nil {
			return nil, env.failed(err)
		}
		out := make([]string, 0, len(roles))
		for name := range roles {
			out = append(out, name)
		}
		slices.Sort(out)
		return out, nil
	})
}

// mayShow refuses to show a principal's roles and privileges to others than itself, its members and admins.
func (env *Env) mayShow(ctx context.Context, p model.Principal) error {
	roles, err := env.currentRoles(ctx)
	if err != nil || isAdmin(roles) {
		return err
	}
	user := env.Session.UserName()
	if p.Kind == model.UserPrincipal {
		if p.Name == user {
			return nil
		}
		return errors.New("User : " + user + " is not allowed check privileges of another user : " + p.Name + ". " + adminOnly) //nolint:staticcheck // Hive's text
	}
	all, err := env.memberships(ctx, user)
	if err != nil {
		return err
	}
	if _, ok := all[p.Name]; ok {
		return nil
	}
	return errors.New("User : " + user + " is not allowed check privileges of a role it does not belong to : " + p.Name + ". " + adminOnly) //nolint:staticcheck // Hive's text
}

func (env *Env) showRoleGrant(s *ast.Show) *Task {
	return env.rows([]string{"role", "grant_option", "grant_time", "grantor"}, func(ctx context.Context) ([][]string, error) {
		ps, err := principals([]*ast.Principal{s.Principal})
		if err != nil {
			return nil, err
		}
		if err := env.mayShow(ctx, ps[0]); err != nil {
			return nil, prefixed("Error getting role grant information for user "+ps[0].Name+": ", err)
		}
		grants, err := env.grantsOf(ctx, ps[0])
		var out [][]string
		for _, g := range grants {
			out = append(out, []string{g.Role, strconv.FormatBool(g.GrantOption), env.grantTime(g.GrantTime), g.Grantor.Name})
		}
		return out, err
	})
}

func (env *Env) showPrincipals(s *ast.Show) *Task {
	columns := []string{"principal_name", "principal_type", "grant_option", "grantor", "grantor_type", "grant_time"}
	return env.rows(columns, func(ctx context.Context) ([][]string, error) {
		role := strings.ToLower(s.Name.Name)
		if err := env.adminsOnly(ctx, "get principals in a role", role); err != nil {
			return nil, err
		}
		grants, err := env.Store.RoleGrants(ctx, metastore.RoleGrantQuery{Role: role})
		if err != nil {
			return nil, err
		}
		if role == model.AdminRole {
			for _, user := range env.Admins {
				grants = slices.DeleteFunc(grants, func(g model.RoleGrant) bool {
					return g.Principal.Name == user && g.Principal.Kind == model.UserPrincipal
				})
				g, err := env.adminGrant(ctx, user)
				if err != nil {
					return nil, err
				}
				grants = append(grants, g)
			}
			slices.SortFunc(grants, func(a, b model.RoleGrant) int { return strings.Compare(a.Principal.Name, b.Principal.Name) })
		}
		var out [][]string
		for _, g := range grants {
			out = append(out, []string{g.Principal.Name, g.Principal.Kind, strconv.FormatBool(g.GrantOption), g.Grantor.Name, g.Grantor.Kind, env.grantTime(g.GrantTime)})
		}
		return out, nil
	})
}

func (env *Env) showGrant(s *ast.Show) *Task {
	columns := []string{"database", "table", "partition", "column", "principal_name", "principal_type", "privilege", "grant_option", "grant_time", "grantor"}
	return env.rows(columns, func(ctx context.Context) ([][]string, error) {
		var q metastore.PrivilegeQuery
		if s.Principal != nil {
			ps, err := principals([]*ast.Principal{s.Principal})
			if err != nil {
				return nil, err
			}
			if err := env.mayShow(ctx, ps[0]); err != nil {
				return nil, prefixed("Error showing privileges: ", err)
			}
			q.Principal = &ps[0]
		} else {
			roles, err := env.currentRoles(ctx)
			if err != nil {
				return nil, err
			}
			if !isAdmin(roles) {
				return nil, errors.New("Error showing privileges: User : " + env.Session.UserName() + //nolint:staticcheck // Hive's text
					" has to specify a user name or role in the show grant. " + adminOnly)
			}
		}
		if o := s.Object; o != nil {
			switch {
			case o.Table != nil:
				q.Database, q.Table = env.tableName(o.Table)
			case o.Name != nil:
				q.Database = strings.ToLower(o.Name.Name)
			}
		}
		list, err := env.Store.Privileges(ctx, q)
		var out [][]string
		for _, p := range list {
			out = append(out, []string{p.Database, p.Table, "", "", p.Principal.Name, p.Principal.Kind, p.Name,
				strconv.FormatBool(p.GrantOption), env.grantTime(p.GrantTime), p.Grantor.Name})
		}
		return out, err
	})
}
