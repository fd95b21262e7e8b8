package main

import (
	"context"
	"fmt"
)

// skew compares a join whose probe side has 30 % of its rows under one key with the same join over evenly spread keys. Both tables
// have the same rows otherwise; neither side is small enough to be copied.
func (b *bench) skew(ctx context.Context) error {
	for _, sql := range []string{
		"create database if not exists exec_skew",
		"create table if not exists exec_skew.dim stored as parquet as select i_item_sk * 40 + n k, i_brand_id b from item lateral view explode(split(space(39), ' ')) e as x lateral view posexplode(split(space(39), ' ')) p as n, y where x = '' and n < 40 limit 0",
	} {
		if _, err := b.embedded.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}
