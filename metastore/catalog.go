// Package metastore defines the catalog: what is known about databases, tables, partitions, functions and their
// statistics. Package store implements it on an embedded database; a client of a remote Hive metastore can implement it
// as well.
package metastore

import (
	"context"

	"skep/dialect/catalog"
	"skep/metastore/model"
	"skep/metastore/partition"
)

// Reader looks things up. Names are matched without regard to case. A missing object is a *model.Error of kind
// NoSuchObject. Returned objects belong to the caller, except storage descriptors, which are shared and immutable.
type Reader interface {
	Database(ctx context.Context, name string) (*model.Database, error)
	// Databases lists the databases that match (nil: all), by name.
	Databases(ctx context.Context, match func(name string) bool) ([]*model.Database, error)

	Table(ctx context.Context, database, name string) (*model.Table, error)
	// TableNames lists the tables of one database that match, by name; of the given types, or all if none are given.
	TableNames(ctx context.Context, database string, match func(name string) bool, types ...model.TableType) ([]string, error)
	// ScanTables calls visit for every table that q selects, ordered by database and name, with one pass over the catalog:
	// the way to list tables or columns in bulk. An error of visit ends the scan and is returned.
	ScanTables(ctx context.Context, q TableQuery, visit func(*model.Table) error) error

	Partition(ctx context.Context, database, table string, values []string) (*model.Partition, error)
	// Partitions returns the selected partitions, ordered by name.
	Partitions(ctx context.Context, database, table string, q PartitionQuery) ([]*model.Partition, error)
	// PartitionNames returns the names of the selected partitions, in order.
	PartitionNames(ctx context.Context, database, table string, q PartitionQuery) ([]string, error)

	// ColumnStatistics returns what is known of the given columns (none given: all) of the whole table.
	ColumnStatistics(ctx context.Context, database, table string, columns ...string) ([]model.ColumnStatistics, error)
	// PartitionStatistics does so for partitions, by name; partitions and columns without statistics are left out.
	PartitionStatistics(ctx context.Context, database, table string, partitions []string, columns ...string) ([]model.PartitionStatistics, error)

	Function(ctx context.Context, database, name string) (*model.Function, error)
	Functions(ctx context.Context, database string, match func(name string) bool) ([]*model.Function, error)
	Constraints(ctx context.Context, database, table string) ([]model.Constraint, error)
	// HasConstraint reports whether a constraint of any table has the name.
	HasConstraint(ctx context.Context, name string) (bool, error)

	// Materialization tells what a materialized view holds.
	Materialization(ctx context.Context, database, view string) (*model.Materialization, error)
	// MaterializedViewsOf names the materialized views that read a table, as database.view, the oldest first.
	MaterializedViewsOf(ctx context.Context, database, table string) ([]string, error)

	// Roles lists all roles by name.
	Roles(ctx context.Context) ([]*model.Role, error)
	// RoleGrants lists who belongs to which role, by role and principal.
	RoleGrants(ctx context.Context, q RoleGrantQuery) ([]model.RoleGrant, error)
	// Privileges lists privileges, those on databases first, by object, principal and name. Of an object that does not exist
	// there are none.
	Privileges(ctx context.Context, q PrivilegeQuery) ([]model.Privilege, error)

	// WriteIDs returns the write ids of a transactional table that are valid now, by the table's id.
	WriteIDs(ctx context.Context, tableID int64) (*catalog.WriteIDs, error)
	// Transactions lists the transactions that are open and the last ones that were aborted, by id.
	Transactions(ctx context.Context) ([]model.Transaction, error)
	// Compactions lists the queue of compactions and its history, oldest first.
	Compactions(ctx context.Context) ([]model.Compaction, error)

	// Records lists the records of a kind, the oldest first.
	Records(ctx context.Context, kind model.RecordKind) ([]model.Record, error)

	// Intents returns the journal of changes under way, oldest first.
	Intents(ctx context.Context) ([]model.Intent, error)
}

// TableQuery selects tables for ScanTables.
type TableQuery struct {
	MatchDatabase func(name string) bool // nil: all
	MatchTable    func(name string) bool // nil: all
	Types         []model.TableType      // empty: all
}

// RoleGrantQuery selects grants of roles. The zero value selects all; what is set is combined with AND.
type RoleGrantQuery struct {
	Role      string
	Principal *model.Principal
}

// PrivilegeQuery selects privileges. The zero value selects all; what is set is combined with AND.
type PrivilegeQuery struct {
	Principal *model.Principal
	Database  string // of the object
	Table     string // empty with Database: the database itself
}

// PartitionQuery selects partitions of a table. The zero value selects all; what is set is combined with AND.
type PartitionQuery struct {
	Filter partition.Filter
	Names  []string // exact partition names; names that do not exist are left out
	Limit  int      // 0: no limit
	// WithoutParameters leaves Partition.Parameters nil, for callers that want locations only.
	WithoutParameters bool
}

// Tx is a transaction. It sees its own changes. It is valid, and may be used by one goroutine, until the function it was
// given to returns.
type Tx interface {
	Reader

	CreateDatabase(ctx context.Context, d *model.Database) error
	AlterDatabase(ctx context.Context, d *model.Database) error
	// DropDatabase fails with InvalidOperation when the database has tables or functions, unless cascade.
	DropDatabase(ctx context.Context, name string, cascade bool) error

	CreateTable(ctx context.Context, t *model.Table) error
	// SetMaterialization notes what a materialized view holds; its sources must exist.
	SetMaterialization(ctx context.Context, database, view string, m *model.Materialization) error
	// AlterTable replaces the table called name; t may bear another name or database, which renames it. Partitions keep
	// their own columns and storage. Partition keys may change type and comment, not number or name.
	AlterTable(ctx context.Context, database, name string, t *model.Table) error
	// DropTable fails with InUse when materialized views read the table.
	DropTable(ctx context.Context, database, name string) error

	// AddPartitions adds partitions; with ifNotExists those that exist are skipped, otherwise they are an error. It returns
	// how many were added.
	AddPartitions(ctx context.Context, database, table string, parts []*model.Partition, ifNotExists bool) (int, error)
	// AlterPartitions replaces existing partitions, found by their values.
	AlterPartitions(ctx context.Context, database, table string, parts []*model.Partition) error
	// RenamePartition gives the partition with the given values the values, location and everything else of p.
	RenamePartition(ctx context.Context, database, table string, values []string, p *model.Partition) error
	// DropPartitions drops by name; a name that does not exist is an error.
	DropPartitions(ctx context.Context, database, table string, names []string) error
	// ExchangePartitions moves the named partitions to another table of the same columns and keys. newLocations gives their
	// new location, in order. It fails when the destination has one of them.
	ExchangePartitions(ctx context.Context, fromDatabase, fromTable, toDatabase, toTable string, names, newLocations []string) error

	// SetColumnStatistics stores statistics of the table, or of the partition when its name is not empty, replacing those of
	// the same columns.
	SetColumnStatistics(ctx context.Context, database, table, partitionName string, stats []model.ColumnStatistics) error
	// DeleteColumnStatistics forgets statistics of the table or partition; without columns, of all.
	DeleteColumnStatistics(ctx context.Context, database, table, partitionName string, columns ...string) error

	CreateFunction(ctx context.Context, f *model.Function) error
	AlterFunction(ctx context.Context, database, name string, f *model.Function) error
	DropFunction(ctx context.Context, database, name string) error
	AddConstraints(ctx context.Context, database, table string, cs []model.Constraint) error
	DropConstraint(ctx context.Context, database, table, name string) error

	CreateRole(ctx context.Context, r *model.Role) error
	// DropRole drops a role with its members and privileges; it is no error if there is none.
	DropRole(ctx context.Context, name string) error
	// GrantRole fails when the principal has the role already.
	GrantRole(ctx context.Context, g model.RoleGrant) error
	// RevokeRole takes a role, or only the option to grant it, from a principal, who need not have it.
	RevokeRole(ctx context.Context, role string, p model.Principal, optionOnly bool) error
	// GrantPrivilege fails when the principal has the privilege already by the same grantor.
	GrantPrivilege(ctx context.Context, p model.Privilege) error
	// RevokePrivilege takes a privilege that a grantor has given, or only the option to grant it.
	RevokePrivilege(ctx context.Context, p model.Privilege, optionOnly bool) error

	// OpenTransaction opens a transaction and returns its id; t.ID and t.State are ignored.
	OpenTransaction(ctx context.Context, t model.Transaction) (int64, error)
	// AllocateWriteID gives a transaction the next write id of a table, by the table's id.
	AllocateWriteID(ctx context.Context, txn, tableID int64) (int64, error)
	// SeedWriteIDs makes later write ids of a table exceed high.
	SeedWriteIDs(ctx context.Context, tableID, high int64) error
	// CommitTransaction ends a transaction; what it wrote is valid from then on. One that is not open is an InvalidOperation.
	CommitTransaction(ctx context.Context, txn int64) error
	// AbortTransaction ends an open transaction that has left no files behind. It reports whether it was open.
	AbortTransaction(ctx context.Context, txn int64) (bool, error)
	// PutCompaction changes an entry of the compaction queue or, when its ID is 0, adds one and sets the ID.
	PutCompaction(ctx context.Context, c *model.Compaction) error
	// DeleteCompactions removes entries of the queue by id.
	DeleteCompactions(ctx context.Context, ids ...int64) error

	// PutRecord adds a record, or replaces the one of its ID; DeleteRecord drops it.
	PutRecord(ctx context.Context, x model.Record) error
	DeleteRecord(ctx context.Context, x model.Record) error

	// PutIntent writes or replaces a journal record; DeleteIntent removes it.
	PutIntent(ctx context.Context, i model.Intent) error
	DeleteIntent(ctx context.Context, id string) error
}

// Catalog is a metastore. It is safe for concurrent use; a change is visible to readers as a whole or not at all.
type Catalog interface {
	Reader
	// View runs fn on a snapshot: all its lookups see one state, that at the time of the first.
	View(ctx context.Context, fn func(r Reader) error) error
	// Update runs fn in a transaction, which is durable when Update returns nil and leaves no trace when it returns an
	// error. Transactions run one at a time, so fn must not wait for anything but the catalog.
	Update(ctx context.Context, fn func(tx Tx) error) error
	// UpdateNoSync is Update without waiting for the disk: the change survives the process, but a loss of power before the
	// next Update may undo it. It is for changes whose loss does no harm.
	UpdateNoSync(ctx context.Context, fn func(tx Tx) error) error
	Close() error
}

// PartitionChanges is the catalog side of an insert into a partitioned or unpartitioned table.
type PartitionChanges struct {
	Add   []*model.Partition
	Alter []*model.Partition
	// TableParameters are set on the table; a nil map leaves the table alone. An empty value removes the parameter.
	TableParameters map[string]string
}

// CommitPartitions applies changes to one table within a transaction.
func CommitPartitions(ctx context.Context, tx Tx, database, table string, c PartitionChanges) error {
	if len(c.Add) > 0 {
		if _, err := tx.AddPartitions(ctx, database, table, c.Add, false); err != nil {
			return err
		}
	}
	if len(c.Alter) > 0 {
		if err := tx.AlterPartitions(ctx, database, table, c.Alter); err != nil {
			return err
		}
	}
	if c.TableParameters == nil {
		return nil
	}
	t, err := tx.Table(ctx, database, table)
	if err != nil {
		return err
	}
	if t.Parameters == nil {
		t.Parameters = map[string]string{}
	}
	for k, v := range c.TableParameters {
		if v == "" {
			delete(t.Parameters, k)
			continue
		}
		t.Parameters[k] = v
	}
	return tx.AlterTable(ctx, database, table, t)
}
