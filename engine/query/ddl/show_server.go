package ddl

import (
	"context"
	"errors"

	"skep/dialect/ast"
	"skep/dialect/sqlerr"
)

// showServer answers the SHOW statements about the server: settings, roles, locks, transactions. Of what this server does
// not have there is nothing to show.
func (env *Env) showServer(ctx context.Context, s *ast.Show) (*Task, error) {
	switch s.Kind {
	case ast.ShowConf:
		return env.showConf(s)
	case ast.ShowLocks:
		return env.showLocks(ctx, s)
	case ast.ShowTransactions:
		return env.showTransactions(), nil
	case ast.ShowCompactions:
		return env.showCompactions(ctx, s)
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

// noLocks is Hive's answer to statements about locks that cannot be.
func (env *Env) noLocks(msg string) (*Task, error) { return nil, env.failed(errors.New(msg)) }

// server answers statements about roles and privileges, and about transactions and locks, which this server has not.
func (env *Env) server(ctx context.Context, stmt ast.Statement) (*Task, error) {
	switch s := stmt.(type) {
	case *ast.LockTable, *ast.UnlockTable, *ast.LockDatabase, *ast.UnlockDatabase:
		if env.transactions() {
			return env.noLocks("Current transaction manager does not support explicit lock requests.  Transaction manager:   " +
				env.Session.Conf().Get("hive.txn.manager"))
		}
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
		return env.abortTransactions(s)
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
