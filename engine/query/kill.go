package query

import (
	"context"
	"os/user"

	"skep/dialect/ast"
)

// KilledError is the error of a statement that somebody ended by KILL QUERY.
type KilledError struct{ Message string }

func (e *KilledError) Error() string { return e.Message }

// killMessage is what clients of a killed statement read.
const killMessage = "User invoked KILL QUERY"

// compileKill prepares KILL QUERY. As in Hive, ids that no statement has are passed over, and an id may be a tag (hive.query.tag).
func (st *Statement) compileKill(n *ast.KillQuery) {
	st.task = func(ctx context.Context) error {
		all, err := st.mayKillAll(ctx)
		if err != nil {
			return err
		}
		for _, id := range n.IDs {
			if err := st.kill(id.Value, all); err != nil {
				return err
			}
		}
		return nil
	}
}

// mayKillAll reports whether the user may kill statements of others: who acts as admin, and who runs the server.
func (st *Statement) mayKillAll(ctx context.Context) (bool, error) {
	if u, err := user.Current(); err == nil && u.Username == st.session.User {
		return true, nil
	}
	return st.ddlEnv().ActsAsAdmin(ctx)
}

// kill ends the statement with a query id, or those with a tag.
func (st *Statement) kill(idOrTag string, all bool) error {
	e := st.session.engine
	e.runningMu.Lock()
	defer e.runningMu.Unlock()
	var byID, byTag []*Statement
	for _, o := range e.running {
		if o.queryID == idOrTag {
			byID = append(byID, o)
		}
		if o.conf.Get("hive.query.tag") == idOrTag {
			byTag = append(byTag, o)
		}
	}
	found, what := byID, "id"
	if found == nil {
		found, what = byTag, "tag"
	}
	killed := 0
	for _, o := range found {
		if all || o.session.User == st.session.User {
			o.cancel(&KilledError{killMessage})
			killed++
		}
	}
	if len(found) > 0 && killed == 0 {
		return st.ddlEnv().Failed("No privilege to kill query " + what)
	}
	return nil
}
