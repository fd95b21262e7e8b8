//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"skep/test/hs2"
)

// transactional are the tables that TestCrossReadTransactions writes. p is a partition key where there is one.
var transactional = []struct{ name, keys, compaction string }{
	{name: "plain"},
	{name: "bucketed", keys: "clustered by (id) into 3 buckets"},
	{name: "partitioned", keys: "partitioned by (p int)"},
	{name: "minor", compaction: "minor"},
	{name: "major", compaction: "major"},
}

// TestCrossReadTransactions lets Hive read, and go on to change, transactional tables that skep wrote, and skep read those then.
func TestCrossReadTransactions(t *testing.T) {
	// Hive's sessions take their manager of transactions when they are opened.
	settings := map[string]string{"hive.support.concurrency": "true", "hive.txn.manager": "org.apache.hadoop.hive.ql.lockmgr.DbTxnManager"}
	x := &crossRead{t: t, name: "hive", peer: peer(t, "hive", "hive4/start.sh", settings), dir: t.TempDir()}
	var err error
	if x.skep, err = hs2.Dial(t.Context(), hs2.Options{Addr: address, Conf: settings}); err != nil {
		t.Fatal(err)
	}
	defer x.skep.Close()
	x.sources()
	managed := filepath.Join(x.dir, "managed")
	x.must(t, x.peer, "drop database if exists skep_transactions cascade")
	x.must(t, x.peer, fmt.Sprintf("create database skep_transactions location 'file://%s' managedlocation 'file://%s'", filepath.Join(x.dir, "external"), managed))
	t.Cleanup(func() {
		if _, err := x.peer.Exec(context.Background(), "drop database skep_transactions cascade"); err != nil {
			t.Error(err)
		}
	})
	for _, c := range transactional {
		t.Run(c.name, func(t *testing.T) { x.transactions(t, c.name, c.keys, c.compaction, filepath.Join(managed, c.name)) })
	}
}

// transactions has skep write a table in four transactions, Hive three more, and compares what they see after each.
func (x *crossRead) transactions(t *testing.T, name, keys, compaction, hiveDir string) {
	p, columns := "", everyType
	if strings.HasPrefix(keys, "partitioned") {
		p = ", id % 2"
	}
	create := func(c *hs2.Client, table, location string) {
		x.must(t, c, fmt.Sprintf("create table %s (%s) %s stored as orc %s tblproperties ('transactional'='true')", table, columns, keys, location))
	}
	mine, dir := "acid_"+name, filepath.Join(x.dir, "skep_"+name)
	create(x.skep, mine, fmt.Sprintf("location 'file://%s'", dir))
	x.must(t, x.skep, fmt.Sprintf("insert into %s select *%s from every_src", mine, p))
	x.must(t, x.skep, fmt.Sprintf("insert into %s select *%s from every_src where id in (1, 3)", mine, p))
	x.must(t, x.skep, fmt.Sprintf("update %s set st = concat('new ', id), ai = array(id) where id in (2, 3)", mine))
	x.must(t, x.skep, fmt.Sprintf("delete from %s where id = 5", mine))
	if compaction != "" {
		for _, part := range x.parts(t, mine, p) {
			x.must(t, x.skep, fmt.Sprintf("alter table %s %s compact '%s' and wait", mine, part, compaction))
		}
	}
	// Hive's table has write ids for all that is in the files that it gets.
	theirs := "skep_transactions." + name
	create(x.peer, theirs, "")
	for range 4 {
		x.must(t, x.peer, fmt.Sprintf("insert into %s select *%s from skep_crossread.every_src where id in (1, 2)", theirs, p))
	}
	if err := os.RemoveAll(hiveDir); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(hiveDir, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	x.sameTable(t, mine, theirs)
	x.must(t, x.peer, fmt.Sprintf("delete from %s where id = 1", theirs))
	x.must(t, x.peer, fmt.Sprintf("update %s set st = 'hive', ma = map('k', id) where id = 4", theirs))
	x.must(t, x.peer, fmt.Sprintf("insert into %s select *%s from skep_crossread.every_src where id > 4", theirs, p))
	copied := "hive_" + name
	create(x.skep, copied, fmt.Sprintf("location 'file://%s'", hiveDir))
	x.must(t, x.skep, "msck repair table "+copied)
	x.sameTable(t, copied, theirs)
}

// parts are the partition clauses of a table; an empty one for the table.
func (x *crossRead) parts(t *testing.T, table, p string) []string {
	if p == "" {
		return []string{""}
	}
	var out []string
	for _, r := range x.must(t, x.skep, "show partitions "+table).Rows {
		out = append(out, "partition ("+r[0].Text+")")
	}
	return out
}

// sameTable compares the rows, and their keys, of a table of each engine.
func (x *crossRead) sameTable(t *testing.T, mine, theirs string) {
	t.Helper()
	for _, query := range []string{
		"select * from %s order by id, st", "select row__id.writeid, row__id.bucketid, row__id.rowid, id, st from %s order by 1, 2, 3, 4",
		"select count(*), sum(id) from %s where id > 1",
	} {
		x.compare(t, fmt.Sprintf(query, theirs), x.must(t, x.skep, fmt.Sprintf(query, mine)), x.must(t, x.peer, fmt.Sprintf(query, theirs)), true)
	}
}
