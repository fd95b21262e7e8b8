package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"skep/metastore"
	"skep/metastore/model"
)

func (r *reader) Roles(ctx context.Context) ([]*model.Role, error) {
	q, done, err := r.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	var out []*model.Role
	err = q.rows(ctx, func(rs *sql.Rows) error {
		x := &model.Role{}
		out = append(out, x)
		return rs.Scan(&x.Name, &x.Owner, &x.CreateTime)
	}, "SELECT name, owner, create_time FROM role ORDER BY name")
	if err != nil {
		return nil, fmt.Errorf("list roles: %w", err)
	}
	return out, nil
}

func (r *reader) RoleGrants(ctx context.Context, x metastore.RoleGrantQuery) ([]model.RoleGrant, error) {
	q, done, err := r.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	text := `SELECT r.name, g.principal_kind, g.principal, g.grant_option, g.grantor_kind, g.grantor, g.grant_time
		FROM role_grant g JOIN role r ON r.id = g.role_id WHERE 1`
	var args []any
	if x.Role != "" {
		text, args = text+" AND r.name = ?", append(args, x.Role)
	}
	if x.Principal != nil {
		text, args = text+" AND g.principal_kind = ? AND g.principal = ?", append(args, x.Principal.Kind, x.Principal.Name)
	}
	var out []model.RoleGrant
	err = q.rows(ctx, func(rs *sql.Rows) error {
		var g model.RoleGrant
		err := rs.Scan(&g.Role, &g.Principal.Kind, &g.Principal.Name, &g.GrantOption, &g.Grantor.Kind, &g.Grantor.Name, &g.GrantTime)
		out = append(out, g)
		return err
	}, text+" ORDER BY r.name, g.principal, g.principal_kind", args...)
	if err != nil {
		return nil, fmt.Errorf("list grants of roles: %w", err)
	}
	return out, nil
}

func (r *reader) Privileges(ctx context.Context, x metastore.PrivilegeQuery) ([]model.Privilege, error) {
	q, done, err := r.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	text := `SELECT d.name, coalesce(t.name, ''), p.principal_kind, p.principal, p.name, p.grant_option, p.grantor_kind, p.grantor, p.grant_time
		FROM privilege p LEFT JOIN tbl t ON p.object_kind = 'TABLE' AND t.id = p.object_id
		JOIN database d ON d.id = CASE p.object_kind WHEN 'TABLE' THEN t.database_id ELSE p.object_id END WHERE 1`
	var args []any
	if x.Principal != nil {
		text, args = text+" AND p.principal_kind = ? AND p.principal = ?", append(args, x.Principal.Kind, x.Principal.Name)
	}
	if x.Database != "" {
		kind, id, err := q.object(ctx, x.Database, x.Table)
		if err != nil {
			if model.KindOf(err) == model.NoSuchObject {
				return nil, nil
			}
			return nil, err
		}
		text, args = text+" AND p.object_kind = ? AND p.object_id = ?", append(args, kind, id)
	}
	var out []model.Privilege
	err = q.rows(ctx, func(rs *sql.Rows) error {
		var p model.Privilege
		err := rs.Scan(&p.Database, &p.Table, &p.Principal.Kind, &p.Principal.Name, &p.Name, &p.GrantOption, &p.Grantor.Kind, &p.Grantor.Name, &p.GrantTime)
		out = append(out, p)
		return err
	}, text+" ORDER BY p.object_kind, 1, 2, p.principal, p.principal_kind DESC, p.name, p.grantor", args...)
	if err != nil {
		return nil, fmt.Errorf("list privileges: %w", err)
	}
	return out, nil
}

// object finds what privileges are on.
func (q *session) object(ctx context.Context, database, table string) (kind string, id int64, err error) {
	if table == "" {
		d, err := q.database(ctx, database)
		if err != nil {
			return "", 0, err
		}
		return "DATABASE", d.id, nil
	}
	t, err := q.table(ctx, database, table)
	if err != nil {
		return "", 0, err
	}
	return "TABLE", t.t.ID, nil
}

func (q *session) role(ctx context.Context, name string) (id int64, err error) {
	found, err := q.row(ctx, []any{&id}, "SELECT id FROM role WHERE name = ?", name)
	if err != nil {
		return 0, fmt.Errorf("look up role %s: %w", name, err)
	}
	if !found {
		return 0, model.Errorf(model.NoSuchObject, model.RoleObject, name, "%s role can not be found.", name)
	}
	return id, nil
}

// checkPrincipal makes sure that a role which is to have something exists; of users nothing is known here.
func (q *session) checkPrincipal(ctx context.Context, p model.Principal) error {
	if p.Kind != model.RolePrincipal {
		return nil
	}
	_, err := q.role(ctx, p.Name)
	if model.KindOf(err) == model.NoSuchObject {
		return model.Errorf(model.NoSuchObject, model.RoleObject, p.Name, "Role %s does not exist", p.Name)
	}
	return err
}

func (t *transaction) CreateRole(ctx context.Context, r *model.Role) error {
	n, err := t.q.execCount(ctx, "INSERT INTO role (name, owner, create_time) VALUES (?,?,?) ON CONFLICT DO NOTHING",
		strings.ToLower(r.Name), r.Owner, t.timeOr(r.CreateTime))
	if err != nil {
		return fmt.Errorf("create role %s: %w", r.Name, err)
	}
	if n == 0 {
		return model.Errorf(model.InvalidObject, model.RoleObject, r.Name, "Role %s already exists.", r.Name)
	}
	return nil
}

func (t *transaction) DropRole(ctx context.Context, name string) error {
	if err := t.q.exec(ctx, "DELETE FROM role WHERE name = ?", name); err != nil {
		return fmt.Errorf("drop role %s: %w", name, err)
	}
	return nil
}

func (t *transaction) GrantRole(ctx context.Context, g model.RoleGrant) error {
	id, err := t.q.role(ctx, g.Role)
	if err != nil {
		return err
	}
	if err := t.q.checkPrincipal(ctx, g.Principal); err != nil {
		return err
	}
	n, err := t.q.execCount(ctx, `INSERT INTO role_grant (role_id, principal_kind, principal, grant_option, grantor_kind, grantor, grant_time)
		VALUES (?,?,?,?,?,?,?) ON CONFLICT DO NOTHING`,
		id, g.Principal.Kind, g.Principal.Name, g.GrantOption, g.Grantor.Kind, g.Grantor.Name, t.timeOr(g.GrantTime))
	if err != nil {
		return fmt.Errorf("grant role %s: %w", g.Role, err)
	}
	if n == 0 {
		return model.Errorf(model.InvalidObject, model.RoleObject, g.Role, "Principal %s already has the role %s", g.Principal.Name, g.Role)
	}
	return nil
}

func (t *transaction) RevokeRole(ctx context.Context, role string, p model.Principal, optionOnly bool) error {
	id, err := t.q.role(ctx, role)
	if err != nil {
		return err
	}
	text := "DELETE FROM role_grant"
	if optionOnly {
		text = "UPDATE role_grant SET grant_option = 0"
	}
	if err := t.q.exec(ctx, text+" WHERE role_id = ? AND principal_kind = ? AND principal = ?", id, p.Kind, p.Name); err != nil {
		return fmt.Errorf("revoke role %s: %w", role, err)
	}
	return nil
}

func (t *transaction) GrantPrivilege(ctx context.Context, p model.Privilege) error {
	kind, id, err := t.q.object(ctx, p.Database, p.Table)
	if err != nil {
		return err
	}
	if err := t.q.checkPrincipal(ctx, p.Principal); err != nil {
		return err
	}
	n, err := t.q.execCount(ctx, `INSERT INTO privilege (object_kind, object_id, principal_kind, principal, name, grantor_kind, grantor, grant_option, grant_time)
		VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING`,
		kind, id, p.Principal.Kind, p.Principal.Name, p.Name, p.Grantor.Kind, p.Grantor.Name, p.GrantOption, t.timeOr(p.GrantTime))
	if err != nil {
		return fmt.Errorf("grant %s: %w", p.Name, err)
	}
	if n == 0 {
		object := "database " + p.Database
		if p.Table != "" {
			object = "table [" + p.Database + "," + p.Table + "]"
		}
		return model.Errorf(model.InvalidObject, model.RoleObject, p.Name, "%s is already granted on %s by %s", p.Name, object, p.Grantor.Name)
	}
	return nil
}

func (t *transaction) RevokePrivilege(ctx context.Context, p model.Privilege, optionOnly bool) error {
	kind, id, err := t.q.object(ctx, p.Database, p.Table)
	if err != nil {
		return err
	}
	text := "DELETE FROM privilege"
	if optionOnly {
		text = "UPDATE privilege SET grant_option = 0"
	}
	err = t.q.exec(ctx, text+" WHERE object_kind = ? AND object_id = ? AND principal_kind = ? AND principal = ? AND name = ? AND grantor_kind = ? AND grantor = ?",
		kind, id, p.Principal.Kind, p.Principal.Name, p.Name, p.Grantor.Kind, p.Grantor.Name)
	if err != nil {
		return fmt.Errorf("revoke %s: %w", p.Name, err)
	}
	return nil
}

// ownerPrivileges gives the owner of a new table all privileges on it.
func (t *transaction) ownerPrivileges(ctx context.Context, tbl *model.Table) error {
	if tbl.Owner == "" || tbl.OwnerType != "" && tbl.OwnerType != model.UserPrincipal {
		return nil
	}
	owner := model.Principal{Kind: model.UserPrincipal, Name: tbl.Owner}
	for _, name := range model.PrivilegeNames {
		err := t.GrantPrivilege(ctx, model.Privilege{
			Database: tbl.Database, Table: tbl.Name, Principal: owner, Name: name, GrantOption: true, Grantor: owner, GrantTime: tbl.CreateTime,
		})
		if err != nil {
			return err
		}
	}
	return nil
}
