package model

import "time"

// TransactionState is the state of a transaction that the metastore remembers. Committed ones it does not.
type TransactionState string

// The states of transactions.
const (
	TransactionOpen    TransactionState = "OPEN"
	TransactionAborted TransactionState = "ABORTED"
)

// Transaction is a transaction over transactional tables.
type Transaction struct {
	ID    int64
	State TransactionState
	// Owner is who may go on with it in a later process; empty: it ends with this one.
	Owner              string
	User, Host         string
	Started, Heartbeat time.Time
}

// CompactionKind is what a compaction makes: of deltas one delta (minor) or of everything a base (major).
type CompactionKind string

// The kinds of compactions.
const (
	MajorCompaction CompactionKind = "MAJOR"
	MinorCompaction CompactionKind = "MINOR"
)

// CompactionState is how far a compaction has come, in Hive's words.
type CompactionState string

// The states of compactions. What a compaction replaces goes when it is committed, so nothing ever waits for cleaning.
const (
	CompactionInitiated CompactionState = "initiated"
	CompactionWorking   CompactionState = "working"
	CompactionSucceeded CompactionState = "succeeded"
	CompactionFailed    CompactionState = "failed"
	CompactionRefused   CompactionState = "refused"
)

// Compaction is an entry of the compaction queue, or of its history.
type Compaction struct {
	ID                 int64
	TableID            int64
	Database, Table    string
	Partition          string // its name; empty for an unpartitioned table
	Kind               CompactionKind
	State              CompactionState
	Properties         map[string]string // of ALTER TABLE … COMPACT … WITH OVERWRITE TBLPROPERTIES
	Pool, Initiator    string
	Enqueued           time.Time
	Started, Ended     time.Time // zero: not yet
	Worker             string
	HighWriteID, TxnID int64
	Message            string // of a failure
}
