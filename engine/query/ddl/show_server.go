package ddl

import (
	"context"
	"errors"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/sqlerr"
)

// showServer answers the SHOW statements about the server: settings, locks, transactions, roles. Of what this server does
// not have there is nothing to show.
func (env *Env) showServer(s *ast.Show) (*Task, error) {
	switch s.Kind {
	case ast.ShowConf:
		return env.showConf(s)
	case ast.ShowLocks:
		return env.noLocks("show Locks LockManager not specified")
	case ast.ShowTransactions:
		return empty("txnid", "state", "startedtime", "lastheartbeattime", "user", "host"), nil
	case ast.ShowCompactions:
		return empty("compactionid", "dbname", "tabname", "partname", "type", "state", "workerhost", "workerid", "enqueuetime",
			"starttime", "duration", "hadoopjobid", "errormessage", "initiatorhost", "initiatorid", "poolname", "txnid", "nexttxnid",
			"committime", "hightestwriteid"), nil
	case ast.ShowConnectors:
		return empty("connector_name"), nil
	case ast.ShowResourcePlans:
		return empty("rp_name", "status", "query_parallelism"), nil
	case ast.ShowRoles:
		return lines("role", func(context.Context) ([]string, error) { return []string{"public"}, nil }), nil
	case ast.ShowCurrentRoles:
		return lines("role", func(context.Context) ([]string, error) { return []string{"public"}, nil }), nil
	case ast.ShowRoleGrant:
		return empty("role", "grant_option", "grant_time", "grantor"), nil
	case ast.ShowPrincipals:
		return empty("principal_name", "principal_type", "grant_option", "grantor", "grantor_type", "grant_time"), nil
	case ast.ShowGrant:
		return empty("database", "table", "partition", "column", "principal_name", "principal_type", "privilege", "grant_option", "grant_time", "grantor"), nil
	}
	return nil, sqlerr.Semanticf("SHOW %s is not supported yet", s.Kind)
}

// empty is a task with a result set without rows.
func empty(columns ...string) *Task {
	return &Task{Columns: columns, Run: func(context.Context) ([][]*string, error) { return nil, nil }}
}

func (env *Env) showConf(s *ast.Show) (*Task, error) {
	value, ok := env.Session.Conf().Lookup(s.Key.Value)
	if !ok {
		return nil, env.failed(errors.New("invalid configuration name " + s.Key.Value))
	}
	return reporting([]string{"default", "type", "desc"}, func(_ context.Context, r *report) error {
		r.line(value + "\tSTRING\t")
		return nil
	}), nil
}

// noLocks is Hive's answer to statements about locks when hive.support.concurrency is off, as it is here: statements see
// one state of the warehouse without locking it.
func (env *Env) noLocks(msg string) (*Task, error) { return nil, env.failed(errors.New(msg)) }

// server answers statements about transactions, locks and privileges, none of which this server has.
func (env *Env) server(stmt ast.Statement) (*Task, error) {
	switch s := stmt.(type) {
	case *ast.LockTable, *ast.UnlockTable, *ast.LockDatabase, *ast.UnlockDatabase:
		return env.noLocks("LockManager cannot be acquired")
	case *ast.StartTransaction:
		return notInHive("START_TRANSACTION")
	case *ast.Commit:
		return notInHive("COMMIT")
	case *ast.Rollback:
		return notInHive("ROLLBACK")
	case *ast.SetAutoCommit:
		return notInHive("SET_AUTOCOMMIT")
	case *ast.AbortTransactions:
		return nil, sqlerr.Semanticf("there are no transactions to abort")
	case *ast.Update, *ast.Delete, *ast.Merge:
		return nil, sqlerr.New(sqlerr.ACIDOpOnNonacidTxnmgr)
	case *ast.KillQuery:
		return nil, sqlerr.Semanticf("KILL QUERY is not supported yet")
	case *ast.SetRole:
		switch strings.ToUpper(s.Name.Name) {
		case "ALL", "NONE", "PUBLIC":
			return nothing, nil
		}
		return nil, env.failed(errors.New(env.Session.UserName() + " doesn't belong to role " + s.Name.Name))
	case *ast.CreateRole, *ast.DropRole, *ast.GrantRole, *ast.RevokeRole, *ast.Grant, *ast.Revoke:
		return nil, sqlerr.Semanticf("this server does not manage roles and privileges")
	}
	return nil, nil
}

// notInHive is Hive's refusal of statements that its grammar has and its execution has not.
func notInHive(what string) (*Task, error) {
	return nil, sqlerr.Plain("IllegalStateException", what+" is not supported yet.")
}
