package model

// Materialization tells what the rows of a materialized view are: the outcome of its query at some time.
type Materialization struct {
	Time int64 // of the last run of the query, milliseconds since 1970
	// Incremental says in Hive's words which changes of the sources a rebuild could add to the rows there are.
	Incremental string
	Sources     []MaterializationSource
}

// MaterializationSource is a table that the query of a materialized view has read.
type MaterializationSource struct {
	Database, Table string
	// Snapshot is the state in which it was read, as the list of its write ids; "" for a table without transactions.
	Snapshot string
}
