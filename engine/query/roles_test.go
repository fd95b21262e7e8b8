package query

import (
	"strings"
	"testing"
)

// TestRolesOfSessions runs what one user allows another: the recorded cases have no two users.
func TestRolesOfSessions(t *testing.T) {
	e, err := Open(t.Context(), Config{
		DataDir: t.TempDir(), Threads: 1, Memory: 64 << 20, Settings: map[string]string{"hive.users.in.admin.role": "root, boss"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	sessions := map[string]*Session{}
	for _, user := range []string{"boss", "ann", "bob"} {
		if sessions[user], err = e.NewSession(t.Context(), SessionOptions{User: user}); err != nil {
			t.Fatal(err)
		}
	}
	run := func(user, sql string) (string, error) {
		st, err := sessions[user].Compile(t.Context(), Request{SQL: sql})
		if err != nil {
			return "", err
		}
		defer st.Close()
		if err := st.Run(t.Context()); err != nil || !st.HasResultSet() {
			return "", err
		}
		b, err := st.Result().Cursor().Next(1000)
		if b == nil || err != nil {
			return "", err
		}
		var rows []string
		for i := range b.Rows() {
			var cells []string
			for k, c := range b.Cols {
				if name := st.Columns()[k].Name; st.Columns()[k].Type.IsString() && name != "partition" && name != "column" {
					cells = append(cells, string(c.Bytes(i)))
				}
			}
			rows = append(rows, strings.Join(cells, " "))
		}
		return strings.Join(rows, "; "), nil
	}
	for i, step := range []struct{ user, sql, want, fails string }{
		{"ann", "create table t (a int)", "", ""},
		{"boss", "create role r", "", "not allowed to add roles"},
		{"boss", "show current roles", "public", ""},
		{"boss", "set role admin", "", ""},
		{"boss", "create role r", "", ""},
		{"boss", "create role s", "", ""},
		{"boss", "show roles", "admin; public; r; s", ""},
		{"boss", "grant s to role r", "", ""},
		{"boss", "grant r to role s", "", "no cycles allowed"},
		{"ann", "set role R", "", "ann doesn't belong to role R"},
		{"boss", "grant role R to user ann with admin option", "", ""},
		{"ann", "show current roles", "public; r; s", ""},
		{"ann", "grant r to user bob", "", ""},
		{"ann", "show principals r", "ann USER boss USER; bob USER ann USER", ""},
		{"bob", "show principals r", "", "not allowed get principals"},
		{"bob", "grant select on t to user carl", "", "Principal [name=bob, type=USER] does not have following privileges for operation GRANT_PRIVILEGE " +
			"[[SELECT with grant] on Object [type=TABLE_OR_VIEW, name=default.t]]"},
		{"ann", "grant select, insert on t to role s with grant option", "", ""},
		{"bob", "grant select on t to user carl", "", ""},
		{"bob", "set role none", "", ""},
		{"bob", "grant insert on t to user carl", "", "Permission denied"},
		{"bob", "set role s", "", ""},
		{"bob", "grant insert on t to user carl", "", ""},
		{"boss", "show grant user carl", "default t carl USER INSERT bob; default t carl USER SELECT bob", ""},
		{"ann", "revoke select on t from user carl", "", "granted by ann"},
		{"bob", "revoke select on t from user carl", "", ""},
		{"boss", "show grant user carl on table t", "default t carl USER INSERT bob", ""},
		{"boss", "revoke role r from user bob", "", ""},
		{"bob", "show current roles", "", ""}, // of the one that was chosen
		{"bob", "set role all", "", ""},
		{"bob", "show current roles", "public", ""},
		{"boss", "drop role s", "", ""},
		{"ann", "show role grant role r", "", ""},
		{"boss", "show grant on table t", "default t ann USER DELETE ann; default t ann USER INSERT ann; default t ann USER SELECT ann; " +
			"default t ann USER UPDATE ann; default t carl USER INSERT bob", ""},
		{"bob", "set hive.users.in.admin.role=bob", "", "Cannot modify"},
		{"bob", "set role admin", "", "bob doesn't belong to role admin"},
		{"bob", "set user.name=boss", "", ""},
		{"bob", "set role admin", "", "bob doesn't belong to role admin"},
	} {
		got, err := run(step.user, step.sql)
		if (err == nil) != (step.fails == "") || err != nil && !strings.Contains(err.Error(), step.fails) || got != step.want {
			t.Errorf("%d. %s: %s: %q, %v; want %q, %s", i, step.user, step.sql, got, err, step.want, step.fails)
		}
	}
}
