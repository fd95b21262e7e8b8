package main

import (
	"context"
	"fmt"
	"strings"
)

// skew compares a join whose probe side has 30 % of its rows under one key with the same join over evenly spread keys. The tables
// have the same rows otherwise; both sides go through exchanges.
func (b *bench) skew(ctx context.Context) error {
	if _, err := b.embedded.Exec(ctx, "select count(*) from exec_skew.spread"); err != nil {
		for _, sql := range []string{
			"create database if not exists exec_skew",
			"create table exec_skew.few stored as parquet as select k, max(s) s from (select pmod(hash(ss_ticket_number, ss_item_sk), 500000) k, " +
				"concat('payload ', cast(ss_ticket_number as string)) s from store_sales) x group by k",
			"create table exec_skew.skewed stored as parquet as select if(ss_item_sk % 10 < 3, 7, pmod(hash(ss_ticket_number, ss_item_sk), 500000)) k, " +
				"ss_net_paid p, concat('a row of ', cast(ss_item_sk as string), ' in ', cast(ss_ticket_number as string)) s from store_sales",
			"create table exec_skew.spread stored as parquet as select pmod(hash(ss_ticket_number, ss_item_sk), 500000) k, " +
				"ss_net_paid p, concat('a row of ', cast(ss_item_sk as string), ' in ', cast(ss_ticket_number as string)) s from store_sales",
		} {
			if _, err := b.embedded.Exec(ctx, sql); err != nil {
				return fmt.Errorf("%s: %w", sql, err)
			}
		}
	}
	for _, s := range []string{"broadcast.bytes", "broadcast.actual.bytes", "filter.bytes"} {
		if _, err := b.staged.Exec(ctx, "set skep.execution."+s+"=-1"); err != nil {
			return err
		}
	}
	const join = "select count(*), sum(l.p), max(length(l.s) + length(r.s)) from exec_skew.%s l join exec_skew.few r on l.k = r.k"
	var costs [2]cost
	for range max(b.runs, 3) {
		for i, table := range []string{"spread", "skewed"} {
			c, err := b.measure(ctx, b.staged, fmt.Sprintf(join, table))
			if err != nil {
				return err
			}
			costs[i] = least(costs[i], c)
		}
	}
	fmt.Printf("join of evenly spread keys %.0f ms cpu, %.0f ms; 30 %% under one key %.0f ms cpu (%.2f), %.0f ms (%.2f)\n",
		millis(costs[0].cpu), millis(costs[0].wall), millis(costs[1].cpu), ratio(costs[1].cpu, costs[0].cpu), millis(costs[1].wall), ratio(costs[1].wall, costs[0].wall))
	b.figure("join with 30 % of rows under one key ÷ evenly spread (2.9 M rows with 0.5 M at SF1, both exchanged)", "1.5",
		"%.2f processor time, %.2f wall time", ratio(costs[1].cpu, costs[0].cpu), ratio(costs[1].wall, costs[0].wall))
	res, err := b.staged.Exec(ctx, "explain analyze "+fmt.Sprintf(join, "skewed"))
	if err != nil {
		return err
	}
	for _, row := range res.Rows {
		if strings.Contains(row[0].Text, ": tasks=") {
			fmt.Println(" ", row[0].Text)
		}
	}
	for _, s := range []string{"broadcast.bytes", "broadcast.actual.bytes", "filter.bytes"} {
		if _, err := b.staged.Exec(ctx, "reset skep.execution."+s); err != nil {
			return err
		}
	}
	return nil
}
