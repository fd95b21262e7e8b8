package ddl

import (
	"context"
	"errors"

	"skep/dialect/ast"
	"skep/dialect/sqlerr"
)

// showServer answers the SHOW statements about the server: settings, roles, locks, transactions. Of what this server does
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
		return env.showConnectors(), nil
	case ast.ShowResourcePlans, ast.ShowResourcePlan:
		return env.showResourcePlans(s), nil
	case ast.ShowRoles:
		return env.showRoles(), nil
	case ast.ShowCurrentRoles:
		return env.showCurrentRoles(), nil
	case ast.ShowRoleGrant:
		return env.showRoleGrant(s), nil
	case ast.ShowPrincipals:
		return env.showPrincipals(s), nil
	case ast.ShowGrant:
		return env.showGrant(s), nil
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

// server answers statements about roles and privileges, and about transactions and locks, which this server has not.
func (env *Env) server(ctx context.Context, stmt ast.Statement) (*Task, error) {
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
	case *ast.CreateConnector:
		return env.createConnector(s)
	case *ast.AlterConnector:
		return env.alterConnector(ctx, s)
	case *ast.DropConnector:
		return env.dropConnector(ctx, s)
	case *ast.DescribeConnector:
		return env.describeConnector(ctx, s)
	case *ast.CreateResourcePlan:
		return env.createResourcePlan(s)
	case *ast.AlterResourcePlan:
		return env.alterResourcePlan(s)
	case *ast.DropResourcePlan:
		return env.dropResourcePlan(s)
	case *ast.PoolChange:
		return env.changePool(s)
	case *ast.TriggerChange:
		return env.changeTrigger(s)
	case *ast.MappingChange:
		return env.changeMapping(s)
	case *ast.SetRole:
		return env.setRole(s)
	case *ast.CreateRole:
		return env.createRole(s)
	case *ast.DropRole:
		return env.dropRole(s)
	case *ast.GrantRole:
		return env.grantRole(s)
	case *ast.RevokeRole:
		return env.revokeRole(s)
	case *ast.Grant:
		return env.grant(ctx, s)
	case *ast.Revoke:
		return env.revoke(ctx, s)
	}
	return nil, nil
}

// notInHive is Hive's refusal of statements that its grammar has and its execution has not.
func notInHive(what string) (*Task, error) {
	return nil, sqlerr.Plain("IllegalStateException", what+" is not supported yet.")
}
