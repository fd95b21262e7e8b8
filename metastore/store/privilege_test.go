package store

import (
	"errors"
	"fmt"
	"reflect"
	"testing"

	"skep/metastore"
	"skep/metastore/model"
)

func user(name string) model.Principal { return model.Principal{Kind: model.UserPrincipal, Name: name} }

func role(name string) model.Principal { return model.Principal{Kind: model.RolePrincipal, Name: name} }

// privileges lists what p has as "db.table name by grantor", with "+" for the option to grant.
func privileges(t *testing.T, s *Store, p model.Principal) []string {
	t.Helper()
	list, err := s.Privileges(ctx, metastore.PrivilegeQuery{Principal: &p})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, x := range list {
		out = append(out, fmt.Sprintf("%s.%s %s by %s", x.Database, x.Table, x.Name, x.Grantor.Name)+map[bool]string{true: "+"}[x.GrantOption])
	}
	return out
}

func same(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func TestPrivilegesFollowTheirObjects(t *testing.T) {
	s := open(t)
	grant := func(p model.Principal, db, table, name string) func(tx metastore.Tx) error {
		return func(tx metastore.Tx) error {
			return tx.GrantPrivilege(ctx, model.Privilege{Database: db, Table: table, Principal: p, Name: name, Grantor: user("me")})
		}
	}
	update(t, s, func(tx metastore.Tx) error {
		return errors.Join(
			tx.CreateDatabase(ctx, &model.Database{Name: "d", Location: "/wh/d.db"}), tx.CreateTable(ctx, testTable("t")),
			tx.CreateRole(ctx, &model.Role{Name: "r", Owner: "me"}),
			grant(user("ann"), "default", "t", "SELECT")(tx), grant(role("r"), "default", "t", "INSERT")(tx), grant(role("r"), "d", "", "SELECT")(tx),
		)
	})
	same(t, "the owner", privileges(t, s, user("me")), "default.t DELETE by me+", "default.t INSERT by me+", "default.t SELECT by me+", "default.t UPDATE by me+")
	same(t, "ann", privileges(t, s, user("ann")), "default.t SELECT by me")
	same(t, "the role", privileges(t, s, role("r")), "d. SELECT by me", "default.t INSERT by me")
	refuse(t, s, model.InvalidObject, grant(user("ann"), "default", "t", "SELECT"))
	refuse(t, s, model.NoSuchObject, grant(role("nosuch"), "default", "t", "SELECT"))
	refuse(t, s, model.NoSuchObject, grant(user("ann"), "default", "nosuch", "SELECT"))
	if err := s.Update(ctx, func(tx metastore.Tx) error {
		return errors.Join(grant(user("bob"), "default", "t", "SELECT")(tx), errors.New("no"))
	}); err == nil || len(privileges(t, s, user("bob"))) > 0 {
		t.Errorf("a change that failed (%v) left %q", err, privileges(t, s, user("bob")))
	}

	update(t, s, func(tx metastore.Tx) error {
		renamed := testTable("u")
		renamed.Database = "d"
		return tx.AlterTable(ctx, "default", "t", renamed)
	})
	same(t, "ann after the rename", privileges(t, s, user("ann")), "d.u SELECT by me")
	update(t, s, func(tx metastore.Tx) error {
		p := model.Privilege{Database: "d", Table: "u", Principal: user("me"), Name: "SELECT", Grantor: user("me")}
		q := p
		q.Name = "DELETE"
		return errors.Join(tx.RevokePrivilege(ctx, p, true), tx.RevokePrivilege(ctx, q, false))
	})
	same(t, "the owner after revoking", privileges(t, s, user("me")), "d.u INSERT by me+", "d.u SELECT by me", "d.u UPDATE by me+")
	update(t, s, func(tx metastore.Tx) error { return tx.DropRole(ctx, "r") })
	same(t, "a role that is gone", privileges(t, s, role("r")))
	update(t, s, func(tx metastore.Tx) error { return grant(user("ann"), "d", "", "SELECT")(tx) })
	update(t, s, func(tx metastore.Tx) error { return tx.DropDatabase(ctx, "d", true) })
	if left, err := s.Privileges(ctx, metastore.PrivilegeQuery{}); err != nil || len(left) > 0 {
		t.Errorf("left of what was dropped: %v, %v", left, err)
	}
}

func TestRoles(t *testing.T) {
	s := open(t)
	update(t, s, func(tx metastore.Tx) error {
		return errors.Join(
			tx.CreateRole(ctx, &model.Role{Name: "R1"}), tx.CreateRole(ctx, &model.Role{Name: "r2"}),
			tx.GrantRole(ctx, model.RoleGrant{Role: "r1", Principal: user("ann"), GrantOption: true, Grantor: user("me")}),
			tx.GrantRole(ctx, model.RoleGrant{Role: "r1", Principal: role("r2"), Grantor: user("me")}),
		)
	})
	roles, err := s.Roles(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range roles {
		names = append(names, r.Name)
	}
	same(t, "roles", names, "admin", "public", "r1", "r2")
	refuse(t, s, model.InvalidObject, func(tx metastore.Tx) error { return tx.CreateRole(ctx, &model.Role{Name: "r1"}) })
	refuse(t, s, model.InvalidObject, func(tx metastore.Tx) error {
		return tx.GrantRole(ctx, model.RoleGrant{Role: "r1", Principal: user("ann")})
	})
	refuse(t, s, model.NoSuchObject, func(tx metastore.Tx) error {
		return tx.GrantRole(ctx, model.RoleGrant{Role: "no", Principal: user("ann")})
	})
	refuse(t, s, model.NoSuchObject, func(tx metastore.Tx) error {
		return tx.GrantRole(ctx, model.RoleGrant{Role: "r1", Principal: role("no")})
	})
	members := func(q metastore.RoleGrantQuery) (out []string) {
		grants, err := s.RoleGrants(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range grants {
			out = append(out, fmt.Sprintf("%s to %s %s %v at %d", g.Role, g.Principal.Kind, g.Principal.Name, g.GrantOption, g.GrantTime))
		}
		return out
	}
	same(t, "members", members(metastore.RoleGrantQuery{Role: "r1"}), "r1 to USER ann true at 1000", "r1 to ROLE r2 false at 1000")
	update(t, s, func(tx metastore.Tx) error { return tx.RevokeRole(ctx, "r1", user("ann"), true) })
	ann := user("ann")
	same(t, "ann", members(metastore.RoleGrantQuery{Principal: &ann}), "r1 to USER ann false at 1000")
	update(t, s, func(tx metastore.Tx) error {
		return errors.Join(tx.RevokeRole(ctx, "r1", ann, false), tx.RevokeRole(ctx, "r1", ann, false), tx.DropRole(ctx, "r2"))
	})
	same(t, "nobody", members(metastore.RoleGrantQuery{}))
}
