package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"skep/test/tpcds"
)

// benchCase is one measurement. duck is empty when both run the same text.
type benchCase struct {
	name      string
	sql, duck string
	before    []string // run on skep before each run, not timed
	check     bool     // compare the rows of the two engines, not only their number
	orc       *orcScan // the peer is not DuckDB but the C++ reader of ORC
}

// orcScan are columns of a table to be summed.
type orcScan struct {
	table   string
	columns []string
}

func (c benchCase) duckSQL() string {
	if c.duck != "" {
		return c.duck
	}
	return c.sql
}

// microCases measure single operators over the largest tables.
func microCases() []benchCase {
	var out []benchCase
	add := func(name, sql string) { out = append(out, benchCase{name: name, sql: sql, check: true}) }
	add("scan-int", "select sum(ss_item_sk), count(ss_customer_sk) from store_sales")
	add("scan-decimal", "select sum(ss_net_paid), min(ss_net_profit), max(ss_list_price) from store_sales")
	add("scan-string", "select count(*), max(length(c_email_address)), min(c_last_name) from customer")
	add("q6-like", `select sum(ss_ext_list_price * ss_sales_price) from store_sales
		where ss_sold_date_sk between 2451180 and 2451545 and ss_quantity < 24 and ss_ext_discount_amt between 5 and 500`)
	add("q1-like", `select ss_store_sk, sum(ss_quantity), sum(ss_ext_sales_price), sum(ss_ext_sales_price * (1 - ss_ext_discount_amt)),
		count(*), min(ss_list_price), max(ss_sales_price) from store_sales where ss_sold_date_sk <= 2452600 group by ss_store_sk`)
	add("agg-18k", "select count(*), sum(n), max(s) from (select ss_item_sk, count(*) n, sum(ss_quantity) s from store_sales group by ss_item_sk) t")
	add("agg-100k", "select count(*), sum(n), max(s) from (select ss_customer_sk, count(*) n, sum(ss_net_paid) s from store_sales group by ss_customer_sk) t")
	add("agg-240k", "select count(*), sum(n), max(s) from (select ss_ticket_number, count(*) n, sum(ss_net_paid) s from store_sales group by ss_ticket_number) t")
	add("agg-2-keys-2m", "select count(*), sum(n), max(s) from (select ss_customer_sk, ss_item_sk, count(*) n, sum(ss_quantity) s from store_sales group by ss_customer_sk, ss_item_sk) t")
	add("agg-strings", "select count(*), max(n) from (select c_first_name, c_last_name, count(*) n from customer group by c_first_name, c_last_name) t")
	add("agg-low-strings", "select cd_gender, cd_marital_status, cd_education_status, count(*), sum(cd_purchase_estimate) from customer_demographics group by cd_gender, cd_marital_status, cd_education_status")
	add("distinct", "select count(distinct ss_customer_sk), count(distinct ss_ticket_number) from store_sales")
	add("join-dimension", "select i_category, sum(ss_quantity), count(*) from store_sales join item on ss_item_sk = i_item_sk group by i_category")
	add("join-100k", "select count(*), sum(ss_quantity), max(c_birth_year) from store_sales join customer on ss_customer_sk = c_customer_sk")
	add("join-selective", "select count(*), sum(ss_net_paid) from store_sales join date_dim on ss_sold_date_sk = d_date_sk where d_year = 2000 and d_moy = 11")
	add("join-fact", "select count(*), sum(sr_return_quantity), sum(ss_quantity) from store_sales join store_returns on ss_ticket_number = sr_ticket_number and ss_item_sk = sr_item_sk")
	add("join-star", `select d_year, i_category, s_state, sum(ss_net_paid) from store_sales join date_dim on ss_sold_date_sk = d_date_sk
		join item on ss_item_sk = i_item_sk join store on ss_store_sk = s_store_sk where i_category is not null group by d_year, i_category, s_state`)
	add("semi-anti", `select count(*) from customer where exists (select 1 from store_sales where ss_customer_sk = c_customer_sk)
		and not exists (select 1 from store_returns where sr_customer_sk = c_customer_sk)`)
	add("top-n", "select ss_ticket_number, ss_item_sk, ss_net_paid from store_sales where ss_net_paid is not null order by ss_net_paid desc, ss_ticket_number, ss_item_sk limit 100")
	add("sort", "select sum(r) from (select row_number() over (order by inv_quantity_on_hand, inv_item_sk, inv_date_sk, inv_warehouse_sk) r, inv_item_sk from inventory) t where r <= 100000")
	add("window", "select count(*), sum(r) from (select rank() over (partition by ss_store_sk order by ss_net_profit desc, ss_ticket_number, ss_item_sk) r from store_sales) t where r <= 1000")
	add("like", "select count(*) from customer where c_email_address like '%ar%@%.com%'")
	add("case", `select sum(case when ss_quantity between 1 and 20 then ss_net_paid when ss_quantity between 21 and 40 then ss_net_profit else ss_list_price end) from store_sales`)
	return out
}

// orcCases sum columns of ORC tables; openORC makes the tables. The strings are char columns, whose length is without padding here and with
// it there, so that only the others are compared.
func orcCases() []benchCase {
	var out []benchCase
	for _, c := range []struct {
		name, table, sum string
		columns          []string
	}{
		{"orc-int", "orc_store_sales", "sum(%s)", []string{"ss_item_sk", "ss_customer_sk", "ss_ticket_number", "ss_quantity"}},
		{"orc-decimal", "orc_store_sales", "sum(%s)", []string{"ss_net_paid", "ss_net_profit", "ss_list_price"}},
		{"orc-string", "orc_customer", "sum(length(%s))", []string{"c_email_address", "c_last_name", "c_first_name"}},
		{"orc-dictionary", "orc_item", "sum(length(%s))", []string{"i_category", "i_brand", "i_item_desc"}},
	} {
		sums := make([]string, len(c.columns))
		for i, column := range c.columns {
			sums[i] = fmt.Sprintf(c.sum, column)
		}
		out = append(out, benchCase{name: c.name, sql: "select " + strings.Join(sums, ", ") + " from " + c.table, check: c.sum == "sum(%s)", orc: &orcScan{c.table, c.columns}})
	}
	return out
}

// openORC makes the tables of orcCases where they are missing.
func openORC(ctx context.Context, skep *skepEngine) error {
	for _, t := range []string{"store_sales", "customer", "item"} {
		if _, err := skep.client.Exec(ctx, fmt.Sprintf("create table if not exists orc_%s stored as orc as select * from %s", t, t)); err != nil {
			return fmt.Errorf("making the ORC table of %s: %w", t, err)
		}
	}
	return nil
}

// writeCases measure writing tables. DuckDB writes the same rows by COPY.
func writeCases(o options) []benchCase {
	var out []benchCase
	for _, t := range []string{"store_sales", "customer"} {
		file := filepath.Join(o.build, "bench-copy-"+t+".parquet")
		out = append(out, benchCase{name: "ctas-parquet-" + t, before: []string{"drop table if exists bench_copy"},
			sql:  "create table bench_copy stored as parquet as select * from " + t,
			duck: fmt.Sprintf("copy (select * from %s) to '%s' (format parquet, compression snappy)", t, file)})
		out = append(out, benchCase{name: "ctas-orc-" + t, before: []string{"drop table if exists bench_copy"},
			sql:  "create table bench_copy stored as orc as select * from " + t,
			duck: fmt.Sprintf("copy (select * from %s) to '%s' (format parquet, compression zstd)", t, file)})
	}
	return out
}

func tpcdsCases(queries []tpcds.Query) []benchCase {
	var out []benchCase
	for _, q := range queries {
		out = append(out, benchCase{name: q.Name, sql: q.SQL})
	}
	return out
}
