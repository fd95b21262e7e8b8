package query

import (
	"fmt"
	"strconv"

	"skep/dialect/sqlerr"
)

// tezTask is the class that Hive names when a query fails while it runs; alerting rules look for it.
const tezTask = sqlerr.TezTask

func itoa(n int) string { return strconv.Itoa(n) }

// databaseMissing is Hive's error for an unknown database.
func databaseMissing(db string) error {
	return sqlerr.New(sqlerr.DatabaseNotExists, db)
}

// unsupported is the error for statements that are understood but not executed yet.
func unsupported(what string) error {
	return sqlerr.Semanticf("%s is not supported yet", what)
}

// failed wraps an execution failure as Hive's task error, unless it already is an error for the client.
func failed(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := sqlerr.As(err); ok {
		return err
	}
	return sqlerr.Execution(2, tezTask, fmt.Sprint(err)).WithCause(err)
}
