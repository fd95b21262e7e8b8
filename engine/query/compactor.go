package query

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"sync"
	"time"

	"skep/dialect/catalog"
	"skep/engine/acid"
	"skep/engine/format"
	"skep/engine/session"
	"skep/engine/table"
	"skep/metastore"
	"skep/metastore/model"
	"skep/metastore/stats"
	"skep/metastore/txn"
	"skep/metastore/warehouse"
)

// compactorWorkers is the setting that says how many compactions run at a time. As in Hive none do unless it is set.
const compactorWorkers = "hive.compactor.worker.threads"

// compactorUser is who the transactions of compactions belong to.
const compactorUser = "compactor"

// compactionPoll is how often the queue of compactions is looked at.
const compactionPoll = 500 * time.Millisecond

// compactor carries out the compactions that wait in the metastore's queue.
type compactor struct {
	engine *Engine
	stop   context.CancelFunc
	ended  sync.WaitGroup
	mu     sync.Mutex // taking an entry of the queue
}

// startCompactor starts the workers that the server's settings ask for; nil without any. Compactions that an earlier process had begun
// have changed nothing and are begun again.
func (e *Engine) startCompactor(ctx context.Context) (*compactor, error) {
	n := int(e.conf.Int(compactorWorkers, 0))
	if n <= 0 {
		return nil, nil
	}
	all, err := e.store.Compactions(ctx)
	if err != nil {
		return nil, err
	}
	for _, x := range all {
		if x.State != model.CompactionWorking {
			continue
		}
		x.State = model.CompactionInitiated
		if err := e.store.Update(ctx, func(tx metastore.Tx) error { return tx.PutCompaction(ctx, &x) }); err != nil {
			return nil, err
		}
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	c := &compactor{engine: e, stop: stop}
	for i := range n {
		c.ended.Add(1)
		go func() {
			defer c.ended.Done()
			c.work(ctx, "worker-"+strconv.Itoa(i))
		}()
	}
	return c, nil
}

// close ends the workers; what they are at comes to nothing.
func (c *compactor) close() {
	if c != nil {
		c.stop()
		c.ended.Wait()
	}
}

func (c *compactor) work(ctx context.Context, name string) {
	tick := time.NewTicker(compactionPoll)
	defer tick.Stop()
	for {
		for {
			x, err := c.take(ctx, name)
			if err == nil && x != nil {
				err = c.compact(ctx, x)
			}
			if err != nil && ctx.Err() == nil {
				c.engine.log.Error("compaction", "error", err)
			}
			if err != nil || x == nil {
				break
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// take takes the compaction that waits longest out of the queue; nil when none does.
func (c *compactor) take(ctx context.Context, name string) (*model.Compaction, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	all, err := c.engine.store.Compactions(ctx)
	if err != nil {
		return nil, err
	}
	for _, x := range all {
		if x.State != model.CompactionInitiated {
			continue
		}
		x.State, x.Started, x.Worker = model.CompactionWorking, time.Now(), name
		return &x, c.engine.store.UpdateNoSync(ctx, func(tx metastore.Tx) error { return tx.PutCompaction(ctx, &x) })
	}
	return nil, nil
}

// compact carries a compaction out and notes how it has ended.
func (c *compactor) compact(ctx context.Context, x *model.Compaction) error {
	e := c.engine
	t, err := e.txns.Begin(ctx, txn.Begin{User: compactorUser})
	if err != nil {
		return err
	}
	x.TxnID = t.ID
	done, err := e.compact(ctx, x, t.ID)
	if done {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	err = errors.Join(err, e.txns.Abort(ctx, t.ID))
	x.Ended, x.State = time.Now(), model.CompactionSucceeded
	if err != nil {
		x.State, x.Message = model.CompactionFailed, err.Error()
	}
	return errors.Join(err, e.store.UpdateNoSync(ctx, func(tx metastore.Tx) error { return tx.PutCompaction(ctx, x) }))
}

// compact compacts a table or partition in the transaction id. done says that this was committed, with the entry of the queue; without it
// there was nothing to do, or an error.
func (e *Engine) compact(ctx context.Context, x *model.Compaction, id int64) (done bool, err error) {
	// Whoever takes all rows away waits until they have been written anew, or they would come back.
	lock, err := e.txns.Lock(ctx, txn.Request{
		Txn: id, User: compactorUser, Components: []txn.Component{{Database: x.Database, Table: x.Table, Partition: x.Partition, Mode: txn.SharedRead}},
	})
	if err != nil {
		return false, err
	}
	defer lock.Release()
	j := &compaction{engine: e, entry: x, txn: id}
	snapshot, err := e.warehouse.Snapshot(ctx, func(r metastore.Reader) error { return j.find(ctx, r) })
	if err != nil {
		return false, err
	}
	defer snapshot.Release(context.WithoutCancel(ctx))
	ids := acid.CompactorIDs(j.ids)
	x.HighWriteID = ids.High
	state, err := acid.ReadState(ctx, snapshot, j.location, acid.Snapshot{WriteIDs: ids})
	if err != nil {
		return false, err
	}
	run := acid.Compaction{Major: x.Kind == model.MajorCompaction, Txn: id, State: state}
	if !run.Needed() {
		return false, nil
	}
	if j.staging, err = e.warehouse.Stage(ctx, j.location); err != nil {
		return false, err
	}
	change := warehouse.Change{Staging: j.staging, Targets: []warehouse.Target{{Location: j.location}}, Catalog: j.record}
	if insertOnly(j.table.Parameters) {
		err = j.gather(&run, &change)
	} else {
		err = j.rewrite(ctx, snapshot, &run, &change)
	}
	if err != nil {
		return false, errors.Join(err, j.staging.Abort(context.WithoutCancel(ctx)))
	}
	if err := e.warehouse.Commit(ctx, change); err != nil {
		return false, err
	}
	return true, nil
}

// compaction is a compaction under way.
type compaction struct {
	engine    *Engine
	entry     *model.Compaction
	txn       int64
	table     *model.Table
	partition *model.Partition // nil: the table
	location  string
	ids       *catalog.WriteIDs
	staging   *warehouse.Staging
}

// find looks up what is to be compacted.
func (j *compaction) find(ctx context.Context, r metastore.Reader) (err error) {
	x := j.entry
	if j.table, err = r.Table(ctx, x.Database, x.Table); err != nil {
		return err
	}
	if j.table.ID != x.TableID {
		return fmt.Errorf("table %s.%s is another one than when its compaction was asked for", x.Database, x.Table)
	}
	j.location = j.table.Location
	if x.Partition != "" {
		parts, err := r.Partitions(ctx, x.Database, x.Table, metastore.PartitionQuery{Names: []string{x.Partition}})
		if err != nil {
			return err
		}
		if len(parts) != 1 {
			return fmt.Errorf("table %s.%s has no partition %s", x.Database, x.Table, x.Partition)
		}
		j.partition, j.location = parts[0], parts[0].Location
	}
	j.ids, err = r.WriteIDs(ctx, j.table.ID)
	return err
}

// rewrite writes the rows into new directories in the staging directory.
func (j *compaction) rewrite(ctx context.Context, snapshot *warehouse.Snapshot, run *acid.Compaction, change *warehouse.Change) error {
	e := j.engine
	columns, err := dataColumns(j.table.Storage)
	if err != nil {
		return err
	}
	f, err := e.formats.Find(j.table.Storage.InputFormat, j.table.Storage.SerDe.Library)
	if err != nil {
		return err
	}
	events, ok := f.(format.Eventful)
	if !ok {
		return fmt.Errorf("tables of the format %T have no rows with keys", f)
	}
	account := e.pool.NewAccount("deleted rows of a compaction", false)
	defer account.Close()
	schema, s := table.Columns(columns), session.Format(e.conf)
	run.Format, run.Memory = events, account
	run.Read = &format.ReadOptions{Open: compactedFiles{e, snapshot}, Schema: schema, Session: s}
	for i := range schema {
		run.Read.Projection = append(run.Read.Projection, i)
	}
	run.Write = &format.WriteOptions{
		Schema: schema, Properties: table.Merged(j.table.Parameters, j.table.Storage.SerDe.Parameters, j.entry.Properties), Session: s,
	}
	dir := j.staging.Dir()
	run.Create = func(name string) (io.WriteCloser, error) { return e.files.Create(ctx, dir+"/"+name) }
	out, err := run.Run(ctx)
	if err != nil {
		return fmt.Errorf("%s.%s: %w", j.table.Database, j.table.Name, err)
	}
	for _, d := range out.Directories {
		change.Targets[0].Files = append(change.Targets[0].Files, dir+"/"+d.String())
	}
	change.Remove = out.Replaced
	return nil
}

// gather moves the files of an insert-only table, whose rows have no keys, into one directory.
func (j *compaction) gather(run *acid.Compaction, change *warehouse.Change) error {
	name, files := run.Gather()
	taken := map[string]bool{}
	for _, f := range files {
		base := path.Base(f.Path)
		to := base
		for n := 1; taken[to]; n++ {
			to = warehouse.CopyName(base, n)
		}
		taken[to] = true
		change.Moves = append(change.Moves, warehouse.Move{From: f.Path, To: j.location + "/" + name.String() + "/" + to})
	}
	change.Remove = run.State.Obsolete
	for _, d := range run.Directories() {
		change.Prune = append(change.Prune, d.Path)
	}
	return nil
}

// record notes the new files and the end of the transaction. The table must still be there.
func (j *compaction) record(ctx context.Context, tx metastore.Tx, contents []warehouse.Contents) error {
	now := *j
	if err := now.find(ctx, tx); err != nil {
		return err
	}
	if now.location != j.location {
		return fmt.Errorf("%s.%s was moved while it was compacted", j.table.Database, j.table.Name)
	}
	files := stats.Files{Files: contents[0].Files, Bytes: contents[0].Bytes}
	if p := now.partition; p != nil {
		p = p.Clone()
		if p.Parameters == nil {
			p.Parameters = map[string]string{}
		}
		stats.SetFiles(p.Parameters, files)
		if err := tx.AlterPartitions(ctx, j.table.Database, j.table.Name, []*model.Partition{p}); err != nil {
			return err
		}
	} else {
		t := now.table.Clone()
		stats.SetFiles(t.Parameters, files)
		if err := tx.AlterTable(ctx, t.Database, t.Name, t); err != nil {
			return err
		}
	}
	if err := txn.Commit(ctx, tx, j.txn); err != nil {
		return err
	}
	x := *j.entry
	x.State, x.Ended = model.CompactionSucceeded, time.Now()
	return tx.PutCompaction(ctx, &x)
}

// compactedFiles opens files of a snapshot.
type compactedFiles struct {
	engine   *Engine
	snapshot *warehouse.Snapshot
}

// Open implements format.Opener.
func (f compactedFiles) Open(ctx context.Context, path string) (in format.Input, err error) {
	err = f.snapshot.Open(path, func(now string) error {
		in, err = f.engine.files.Open(ctx, now)
		return err
	})
	return in, err
}
