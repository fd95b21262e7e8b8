package ddl

import (
	"context"

	"skep/dialect/ast"
	"skep/dialect/sqlerr"
)

// showServer answers the SHOW statements about the server: settings, locks, transactions, roles. Of what this server does
// not have there is nothing to show.
func (env *Env) showServer(ctx context.Context, s *ast.Show) (*Task, error) {
	switch s.Kind {
	case ast.ShowConf:
		return env.showConf(s)
	case ast.ShowLocks:
		return env.showLocks(ctx, s)
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
		return lines("role", func(context.Context) ([]string, error) { return []string{"admin", "public"}, nil }), nil
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
		return nil, sqlerr.Semanticf("invalid configuration name %s", s.Key.Value)
	}
	return reporting([]string{"default", "type", "desc"}, func(_ context.Context, r *report) error {
		r.line(value + "\tSTRING\t")
		return nil
	}), nil
}

func (env *Env) showLocks(ctx context.Context, s *ast.Show) (*Task, error) {
	if s.Table != nil {
		if _, err := env.table(ctx, s.Table); err != nil {
			return nil, err
		}
	}
	if s.Database != nil {
		if _, err := env.database(ctx, s.Database.Name); err != nil {
			return nil, err
		}
	}
	return empty("tab_name", "mode"), nil
}
