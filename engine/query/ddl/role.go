package ddl

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"skep/dialect/ast"
	"skep/metastore"
	"skep/metastore/model"
)

// adminOnly ends the refusals of what only the role admin may do.
const adminOnly = "User has to belong to ADMIN role and have it as current role, for this action."

const adminOption = " Otherwise, grantor need to have ADMIN OPTION on role being granted and have it as a current role for this action."

// reservedRoles cannot be created.
var reservedRoles = []string{"ALL", "DEFAULT", "NONE"}

// running is a task whose failures are those of Hive's DDL task.
func (env *Env) running(run func(ctx context.Context) error) (*Task, error) {
	return done(func(ctx context.Context) error { return env.failed(run(ctx)) }), nil
}

// memberships gives the roles of a user by name, with those that they belong to themselves, public always among them.
func (env *Env) memberships(ctx context.Context, user string) (map[string]model.RoleGrant, error) {
	out := map[string]model.RoleGrant{}
	var add func(grants []model.RoleGrant) error
	add = func(grants []model.RoleGrant) error {
		for _, g := range grants {
			if _, ok := out[g.Role]; ok {
				continue
			}
			out[g.Role] = g
			above, err := env.grantsOf(ctx, model.Principal{Kind: model.RolePrincipal, Name: g.Role})
			if err != nil {
				return err
			}
			if err := add(above); err != nil {
				return err
			}
		}
		return nil
	}
	grants, err := env.grantsOf(ctx, model.Principal{Kind: model.UserPrincipal, Name: user})
	if err == nil {
		err = add(grants)
	}
	return out, err
}

// grantsOf lists the roles granted to a principal itself, by name. Every user is in public; the server's settings put some
// into admin.
func (env *Env) grantsOf(ctx context.Context, p model.Principal) ([]model.RoleGrant, error) {
	grants, err := env.Store.RoleGrants(ctx, metastore.RoleGrantQuery{Principal: &p})
	if err != nil || p.Kind != model.UserPrincipal {
		return grants, err
	}
	grants = append(grants, model.RoleGrant{Role: model.PublicRole, Principal: p})
	if slices.Contains(env.Admins, p.Name) {
		grants = slices.DeleteFunc(grants, func(g model.RoleGrant) bool { return g.Role == model.AdminRole })
		g, err := env.adminGrant(ctx, p.Name)
		if err != nil {
			return nil, err
		}
		grants = append(grants, g)
	}
	slices.SortFunc(grants, func(a, b model.RoleGrant) int { return strings.Compare(a.Role, b.Role) })
	return grants, nil
}

// adminGrant is the membership in admin that the server's settings give a user.
func (env *Env) adminGrant(ctx context.Context, user string) (model.RoleGrant, error) {
	g := model.RoleGrant{
		Role: model.AdminRole, Principal: model.Principal{Kind: model.UserPrincipal, Name: user}, GrantOption: true,
		Grantor: model.Principal{Kind: model.RolePrincipal, Name: model.AdminRole},
	}
	roles, err := env.Store.Roles(ctx)
	for _, r := range roles {
		if r.Name == model.AdminRole {
			g.GrantTime = r.CreateTime
		}
	}
	return g, err
}

// currentRoles are the roles the session acts with: by default all of the user's but admin.
func (env *Env) currentRoles(ctx context.Context) (map[string]model.RoleGrant, error) {
	roles, err := env.memberships(ctx, env.Session.UserName())
	if err != nil {
		return nil, err
	}
	switch chosen := env.Session.Role(); chosen {
	case "":
		delete(roles, model.AdminRole)
	case "none":
		clear(roles)
	default:
		g, ok := roles[chosen]
		clear(roles)
		if ok {
			roles[chosen] = g
		}
	}
	return roles, nil
}

// ActsAsAdmin reports whether the session acts in the role admin.
func (env *Env) ActsAsAdmin(ctx context.Context) (bool, error) {
	roles, err := env.currentRoles(ctx)
	return isAdmin(roles), err
}

// isAdmin reports whether the session acts as admin; roles are its current ones.
func isAdmin(roles map[string]model.RoleGrant) bool {
	_, ok := roles[model.AdminRole]
	return ok
}

// adminsOnly refuses what the user may not do unless acting as admin or, for roles, with the option to grant all of them.
func (env *Env) adminsOnly(ctx context.Context, what string, roles ...string) error {
	current, err := env.currentRoles(ctx)
	if err != nil || isAdmin(current) {
		return err
	}
	msg := "Current user : " + env.Session.UserName() + " is not allowed " + what + ". " + adminOnly
	if len(roles) == 0 {
		return errors.New(msg)
	}
	for _, r := range roles {
		if !current[r].GrantOption {
			return errors.New(msg + adminOption)
		}
	}
	return nil
}

// gotException words an error of the catalog as Hive's metastore does.
func gotException(err error) error {
	if k := model.KindOf(err); k != 0 {
		return fmt.Errorf("Got exception: org.apache.hadoop.hive.metastore.api.%s %w", k, err) //nolint:staticcheck // Hive's text
	}
	return err
}

// principals resolves principals; groups have neither roles nor privileges.
func principals(list []*ast.Principal) ([]model.Principal, error) {
	var out []model.Principal
	for _, p := range list {
		m := model.Principal{Kind: string(p.Kind), Name: p.Name.Name}
		switch p.Kind {
		case ast.GroupPrincipal:
			return nil, errors.New("Invalid principal type in principal " + principalText(m)) //nolint:staticcheck // Hive's text
		case ast.RolePrincipal:
			m.Name = strings.ToLower(m.Name)
		}
		out = append(out, m)
	}
	return out, nil
}

func principalText(p model.Principal) string {
	return "Principal [name=" + p.Name + ", type=" + p.Kind + "]"
}

// user is the session's user as a grantor.
func (env *Env) user() model.Principal {
	return model.Principal{Kind: model.UserPrincipal, Name: env.Session.UserName()}
}

func (env *Env) createRole(s *ast.CreateRole) (*Task, error) {
	name := strings.ToLower(s.Name.Name)
	return env.running(func(ctx context.Context) error {
		if err := env.adminsOnly(ctx, "to add roles"); err != nil {
			return err
		}
		if slices.Contains(reservedRoles, strings.ToUpper(name)) {
			return errors.New("Role name cannot be one of the reserved roles: [" + strings.Join(reservedRoles, ", ") + "]") //nolint:staticcheck // Hive's text
		}
		if name == model.PublicRole {
			return errors.New("Error create role: public role implicitly exists. It can't be created.") //nolint:staticcheck // Hive's text
		}
		err := env.Store.Update(ctx, func(tx metastore.Tx) error {
			return tx.CreateRole(ctx, &model.Role{Name: name, Owner: env.Session.UserName()})
		})
		return prefixed("Error create role: ", gotException(err))
	})
}

func prefixed(prefix string, err error) error {
	if err == nil {
		return nil
	}
	return errors.New(prefix + err.Error())
}

func (env *Env) dropRole(s *ast.DropRole) (*Task, error) {
	name := strings.ToLower(s.Name.Name)
	return env.running(func(ctx context.Context) error {
		if err := env.adminsOnly(ctx, "to drop role"); err != nil {
			return err
		}
		if name == model.PublicRole || name == model.AdminRole {
			return errors.New("Error dropping role: public,admin roles can't be dropped.") //nolint:staticcheck // Hive's text
		}
		return env.Store.Update(ctx, func(tx metastore.Tx) error { return tx.DropRole(ctx, name) })
	})
}

func roleNames(list []*ast.Ident) []string {
	var out []string
	for _, r := range list {
		out = append(out, strings.ToLower(r.Name))
	}
	return out
}

func (env *Env) grantRole(s *ast.GrantRole) (*Task, error) {
	roles := roleNames(s.Roles)
	return env.running(func(ctx context.Context) error {
		to, err := principals(s.To)
		if err != nil {
			return err
		}
		if err := env.adminsOnly(ctx, "to grant role", roles...); err != nil {
			return err
		}
		err = env.Store.Update(ctx, func(tx metastore.Tx) error {
			for _, p := range to {
				for _, r := range roles {
					if err := grantable(ctx, tx, r, p); err != nil {
						return err
					}
					if err := tx.GrantRole(ctx, model.RoleGrant{Role: r, Principal: p, GrantOption: s.WithAdmin, Grantor: env.user()}); err != nil {
						return err
					}
				}
			}
			return nil
		})
		return prefixed("Error granting role: ", gotException(err))
	})
}

// grantable checks that a role can be granted to a principal without a cycle.
func grantable(ctx context.Context, r metastore.Reader, role string, p model.Principal) error {
	if role == model.PublicRole {
		return errors.New("No user can be added to public. Since all users implicitly belong to public role.") //nolint:staticcheck // Hive's text
	}
	if p.Kind != model.RolePrincipal {
		return nil
	}
	seen := map[string]bool{}
	for next := []string{role}; len(next) > 0; {
		name := next[0]
		next = next[1:]
		if name == p.Name {
			return fmt.Errorf("Cannot grant role %s to %s as %s already belongs to the role %s. (no cycles allowed)", p.Name, role, role, p.Name) //nolint:staticcheck // Hive's text
		}
		if seen[name] {
			continue
		}
		seen[name] = true
		above, err := r.RoleGrants(ctx, metastore.RoleGrantQuery{Principal: &model.Principal{Kind: model.RolePrincipal, Name: name}})
		if err != nil {
			return err
		}
		for _, g := range above {
			next = append(next, g.Role)
		}
	}
	return nil
}

func (env *Env) revokeRole(s *ast.RevokeRole) (*Task, error) {
	roles := roleNames(s.Roles)
	return env.running(func(ctx context.Context) error {
		from, err := principals(s.From)
		if err != nil {
			return err
		}
		if err := env.adminsOnly(ctx, "to revoke role", roles...); err != nil {
			return err
		}
		return env.Store.Update(ctx, func(tx metastore.Tx) error {
			for _, p := range from {
				for _, r := range roles {
					if err := revoke(ctx, tx, r, p, s.AdminOptionFor); err != nil {
						return prefixed("Error revoking roles for "+p.Name+" to role "+r+": ", gotException(err))
					}
				}
			}
			return nil
		})
	})
}

func revoke(ctx context.Context, tx metastore.Tx, role string, p model.Principal, optionOnly bool) error {
	if optionOnly {
		grants, err := tx.RoleGrants(ctx, metastore.RoleGrantQuery{Role: role, Principal: &p})
		if err != nil {
			return err
		}
		if len(grants) > 0 && !grants[0].GrantOption {
			return errors.New("User " + p.Name + " does not have grant option with role " + role) //nolint:staticcheck // Hive's text
		}
	}
	return tx.RevokeRole(ctx, role, p, optionOnly)
}

// setRole chooses the roles that the session acts with.
func (env *Env) setRole(s *ast.SetRole) (*Task, error) {
	name := strings.ToLower(s.Name.Name)
	return env.running(func(ctx context.Context) error {
		switch name {
		case "all":
			env.Session.SetRole("")
			return nil
		case "none":
			env.Session.SetRole(name)
			return nil
		}
		roles, err := env.memberships(ctx, env.Session.UserName())
		if err != nil {
			return err
		}
		if _, ok := roles[name]; !ok {
			return errors.New(env.Session.UserName() + " doesn't belong to role " + s.Name.Name)
		}
		env.Session.SetRole(name)
		return nil
	})
}
