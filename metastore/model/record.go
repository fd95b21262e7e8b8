package model

// RecordKind is a kind of things that the catalog keeps besides databases and what is in them.
type RecordKind string

// The kinds of records.
const (
	ResourcePlanRecord   RecordKind = "resource plan"
	ConnectorRecord      RecordKind = "connector"
	ScheduledQueryRecord RecordKind = "scheduled query"
)

// Record is one of them.
type Record struct {
	ID   int64 // given by the catalog; 0 of a new one
	Kind RecordKind
	Name string // in lower case, unique in its kind
	Body []byte // JSON
}
