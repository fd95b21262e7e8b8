package query

import (
	"fmt"

	"skep/dialect/sqlerr"
)

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
	return sqlerr.Execution(2, "org.apache.hadoop.hive.ql.exec.tez.TezTask", fmt.Sprint(err)).WithCause(err)
}
