package ddl

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"skep/dialect/ast"
	"skep/dialect/sqlerr"
	"skep/metastore"
	"skep/metastore/model"
	"skep/metastore/partition"
	"skep/metastore/txn"
)

// listing is a task of rows, which Hive 3.1 begins with a row of titles.
func (env *Env) listing(columns []string, titles string, rows func(ctx context.Context, add func(cells ...string)) error) *Task {
	return &Task{Columns: columns, Run: func(ctx context.Context) ([][]*string, error) {
		var out [][]*string
		add := func(cells ...string) {
			row := make([]*string, len(columns))
			for i := range cells {
				row[i] = &cells[i]
			}
			out = append(out, row)
		}
		if env.is31() {
			add(strings.Split(titles, "\t")...)
		}
		err := rows(ctx, add)
		return out, err
	}}
}

func millis(t time.Time) string { return formatInt(t.UnixMilli()) }

// showTransactions lists the transactions that are open or were aborted.
func (env *Env) showTransactions() *Task {
	return env.listing([]string{"txnid", "state", "startedtime", "lastheartbeattime", "user", "host"},
		"Transaction ID\tTransaction State\tStarted Time\tLast Heartbeat Time\tUser\tHostname",
		func(ctx context.Context, add func(...string)) error {
			all, err := env.Store.Transactions(ctx)
			for _, t := range all {
				add(formatInt(t.ID), string(t.State), millis(t.Started), millis(t.Heartbeat), t.User, t.Host)
			}
			return err
		})
}

// showLocks lists the locks on what s names.
func (env *Env) showLocks(ctx context.Context, s *ast.Show) (*Task, error) {
	if !env.transactions() {
		return env.noLocks("show Locks LockManager not specified")
	}
	db, table, part := "", "", ""
	if s.Database != nil {
		db = strings.ToLower(s.Database.Name)
	}
	if s.Table != nil {
		db, table = env.tableName(s.Table)
		if s.Partition != nil {
			t, err := env.table(ctx, s.Table)
			if err != nil {
				return nil, err
			}
			sp, err := env.spec(ctx, t, s.Partition, false)
			if err != nil {
				return nil, err
			}
			if values, full := sp.values(t); full {
				part = partition.Name(keyNames(t), values)
			}
		}
	}
	columns := []string{"lockid", "database", "table", "partition", "lock_state", "blocked_by", "lock_type", "transaction_id", "last_heartbeat",
		"acquired_at", "user", "hostname", "agent_info"}
	return env.listing(columns,
		"Lock ID\tDatabase\tTable\tPartition\tState\tBlocked By\tType\tTransaction ID\tLast Heartbeat\tAcquired At\tUser\tHostname\tAgent Info",
		func(_ context.Context, add func(...string)) error {
			null := func(s string) string {
				if s == "" {
					return "NULL"
				}
				return s
			}
			for _, l := range env.Txns.Locks() {
				for i, c := range l.Components {
					if db != "" && c.Database != db || table != "" && c.Table != table || part != "" && c.Partition != part {
						continue
					}
					state, blocked, acquired, id := "ACQUIRED", strings.Repeat(" ", 12), "NULL", "NULL"
					if l.Acquired.IsZero() {
						state, blocked = "WAITING", formatInt(l.BlockedBy)+".1"
					} else {
						acquired = millis(l.Acquired)
					}
					if l.Txn != 0 {
						id = formatInt(l.Txn)
					}
					add(fmt.Sprintf("%d.%d", l.ID, i+1), c.Database, null(c.Table), null(c.Partition), state, blocked, c.Mode.String(), id,
						millis(l.Asked), acquired, l.User, l.Host, null(l.QueryID))
				}
			}
			return nil
		}), nil
}

// showCompactions lists the queue of compactions and its history.
func (env *Env) showCompactions(ctx context.Context, s *ast.Show) (*Task, error) {
	const none = " --- "
	text := func(v string) string {
		if v == "" {
			return none
		}
		return v
	}
	cells := func(c model.Compaction) []string {
		started, duration := none, none
		if !c.Started.IsZero() {
			if started = millis(c.Started); !c.Ended.IsZero() {
				duration = formatInt(c.Ended.Sub(c.Started).Milliseconds())
			}
		}
		if env.is31() {
			return []string{formatInt(c.ID), c.Database, c.Table, text(c.Partition), string(c.Kind), string(c.State), text(c.Worker), started, duration, none}
		}
		host, worker, _ := strings.Cut(c.Worker, "-")
		initiator, by, _ := strings.Cut(c.Initiator, "-")
		id := func(n int64) string {
			if n == 0 {
				return none
			}
			return formatInt(n)
		}
		return []string{formatInt(c.ID), c.Database, c.Table, text(c.Partition), string(c.Kind), string(c.State), text(host), text(worker),
			millis(c.Enqueued), started, duration, none, text(c.Message), text(initiator), text(by), c.Pool, id(c.TxnID), "0", none, id(c.HighWriteID)}
	}
	keep, err := env.compactionFilter(s)
	if err != nil {
		return nil, err
	}
	columns := []string{"compactionid", "dbname", "tabname", "partname", "type", "state", "workerhost", "workerid", "enqueuetime",
		"starttime", "duration", "hadoopjobid", "errormessage", "initiatorhost", "initiatorid", "poolname", "txnid", "nexttxnid", "committime",
		"hightestwriteid"}
	if env.is31() {
		columns = []string{"compactionid", "dbname", "tabname", "partname", "type", "state", "workerid", "starttime", "duration", "hadoopjobid"}
	}
	return env.listing(columns, "CompactionId\tDatabase\tTable\tPartition\tType\tState\tWorker\tStart Time\tDuration(ms)\tHadoopJobId",
		func(ctx context.Context, add func(...string)) error {
			all, err := env.Store.Compactions(ctx)
			for i := len(all) - 1; i >= 0; i-- { // the latest first
				if keep(all[i]) {
					add(cells(all[i])...)
				}
			}
			return err
		}), nil
}

// compactionFilter is the condition of SHOW COMPACTIONS.
func (env *Env) compactionFilter(s *ast.Show) (func(model.Compaction) bool, error) {
	db, table, id := "", "", int64(0)
	if s.Database != nil {
		db = strings.ToLower(s.Database.Name)
	}
	if s.Table != nil {
		db, table = env.tableName(s.Table)
	}
	if s.ID != nil {
		var err error
		if id, err = strconv.ParseInt(s.ID.Text, 10, 64); err != nil {
			return nil, fmt.Errorf("the id of a compaction: %w", err)
		}
	}
	return func(c model.Compaction) bool {
		for _, o := range s.Options {
			v := o.Value.Value
			switch strings.ToUpper(o.Key.Value) {
			case "POOL":
				if c.Pool != v {
					return false
				}
			case "TYPE":
				if !strings.EqualFold(string(c.Kind), v) {
					return false
				}
			case "STATUS":
				if !strings.EqualFold(string(c.State), v) {
					return false
				}
			}
		}
		return (db == "" || c.Database == db) && (table == "" || c.Table == table) && (id == 0 || c.ID == id)
	}, nil
}

// abortTransactions is ABORT TRANSACTIONS. Statements whose transactions are aborted fail when they want to commit.
func (env *Env) abortTransactions(s *ast.AbortTransactions) (*Task, error) {
	var ids []int64
	for _, n := range s.IDs {
		id, err := strconv.ParseInt(n.Text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("the id of a transaction: %w", err)
		}
		ids = append(ids, id)
	}
	if !env.transactions() {
		return nil, sqlerr.New(sqlerr.TxnmgrNotACID, "", "")
	}
	if s.Compactions {
		return done(func(ctx context.Context) error {
			return env.update(ctx, func(tx metastore.Tx) error {
				all, err := tx.Compactions(ctx)
				if err != nil {
					return err
				}
				for _, c := range all {
					for _, id := range ids {
						if c.ID != id || c.State != model.CompactionInitiated {
							continue
						}
						c.State, c.Ended = model.CompactionRefused, env.Now
						if err := tx.PutCompaction(ctx, &c); err != nil {
							return err
						}
					}
				}
				return nil
			})
		}), nil
	}
	return done(func(ctx context.Context) error { return env.failed(env.Txns.Abort(ctx, ids...)) }), nil
}

// compact is ALTER TABLE … COMPACT: an entry of the queue.
func (a *alteration) compact(x *ast.AlterCompact) (*Task, error) {
	env, t := a.env, a.t
	if !strings.EqualFold(t.Parameters["transactional"], "true") {
		return nil, env.execution(sqlerr.NonacidCompactionNotSupported, sqlerr.Text(sqlerr.NonacidCompactionNotSupported, t.Database, t.Name))
	}
	kind := model.MajorCompaction
	if x.Type != nil {
		switch kind = model.CompactionKind(strings.ToUpper(x.Type.Value)); kind {
		case model.MajorCompaction, model.MinorCompaction:
		case "REBALANCE":
			return nil, sqlerr.Semanticf("compactions of the type REBALANCE are not supported")
		default:
			return nil, sqlerr.New(sqlerr.InvalidCompactionType)
		}
	}
	if t.IsPartitioned() && a.spec == nil && env.is31() {
		return nil, env.execution(sqlerr.NoCompactionPartition, sqlerr.Text(sqlerr.NoCompactionPartition))
	}
	if a.spec != nil && len(a.parts) > 1 {
		return nil, env.execution(sqlerr.TooManyCompactionPartitions, sqlerr.Text(sqlerr.TooManyCompactionPartitions))
	}
	c := model.Compaction{
		TableID: t.ID, Database: t.Database, Table: t.Name, Kind: kind, State: model.CompactionInitiated, Properties: properties(x.Properties),
		Pool: "default", Initiator: env.Txns.Host() + "-manual", Enqueued: env.Now,
	}
	if x.Pool != nil {
		c.Pool = x.Pool.Value
	}
	return done(func(ctx context.Context) error {
		parts := []string{""}
		switch {
		case a.spec != nil:
			parts[0] = partitionName(t, a.parts[0])
		case t.IsPartitioned():
			var err error
			if parts, err = env.Store.PartitionNames(ctx, t.Database, t.Name, metastore.PartitionQuery{}); err != nil {
				return env.failed(err)
			}
		}
		ids, err := txn.Enqueue(ctx, env.Store, c, parts)
		if err == nil && x.Wait {
			err = env.awaitCompactions(ctx, ids)
		}
		return env.failed(err)
	}), nil
}

// awaitCompactions waits until compactions have ended, however they did, but not longer than hive.compactor.wait.timeout.
func (env *Env) awaitCompactions(ctx context.Context, ids []int64) error {
	const byDefault, poll = 300_000, 20 * time.Millisecond
	limit := time.Duration(env.Session.Conf().Int("hive.compactor.wait.timeout", byDefault)) * time.Millisecond
	timeout := time.NewTimer(limit)
	defer timeout.Stop()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		queue, err := env.Store.Compactions(ctx)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(queue, func(c model.Compaction) bool {
			return slices.Contains(ids, c.ID) && (c.State == model.CompactionInitiated || c.State == model.CompactionWorking)
		}) {
			return nil
		}
		select {
		case <-tick.C:
		case <-timeout.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
