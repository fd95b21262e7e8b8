package ast

// PrincipalKind is USER, GROUP or ROLE.
type PrincipalKind string

// The kinds of principals.
const (
	UserPrincipal  PrincipalKind = "USER"
	GroupPrincipal PrincipalKind = "GROUP"
	RolePrincipal  PrincipalKind = "ROLE"
)

// Principal is USER|GROUP|ROLE name.
type Principal struct {
	Pos
	Kind PrincipalKind
	Name *Ident
}

// Privilege is one privilege with optional columns.
type Privilege struct {
	Pos
	Name    string // upper-case keyword: ALL, ALTER, UPDATE, CREATE, DROP, LOCK, SELECT, SHOW_DATABASE, INSERT, DELETE
	Columns []*Ident
}

// PrivilegeObjectKind is the kind of object a privilege is on.
type PrivilegeObjectKind string

// The kinds of privilege objects.
const (
	ObjectTable    PrivilegeObjectKind = "TABLE"
	ObjectDatabase PrivilegeObjectKind = "DATABASE"
	ObjectURI      PrivilegeObjectKind = "URI"
	ObjectServer   PrivilegeObjectKind = "SERVER"
	ObjectAll      PrivilegeObjectKind = "ALL" // SHOW GRANT ON ALL
)

// PrivilegeObject is the object of GRANT, REVOKE and SHOW GRANT.
type PrivilegeObject struct {
	Pos
	Kind      PrivilegeObjectKind
	Table     *TableName
	Columns   []*Ident // SHOW GRANT ... ON t (cols)
	Partition *PartitionSpec
	Name      *Ident // database or server
	URI       *StringLit
}

// Grant is GRANT privileges.
type Grant struct {
	Pos
	Privileges []*Privilege
	Object     *PrivilegeObject
	To         []*Principal
	WithGrant  bool
}

// Revoke is REVOKE privileges.
type Revoke struct {
	Pos
	GrantOptionFor bool
	Privileges     []*Privilege
	Object         *PrivilegeObject
	From           []*Principal
}

// GrantRole is GRANT [ROLE] roles TO principals.
type GrantRole struct {
	Pos
	Roles     []*Ident
	To        []*Principal
	WithAdmin bool
}

// RevokeRole is REVOKE [ROLE] roles FROM principals.
type RevokeRole struct {
	Pos
	AdminOptionFor bool
	Roles          []*Ident
	From           []*Principal
}

// CreateRole is CREATE ROLE.
type CreateRole struct {
	Pos
	Name *Ident
}

// DropRole is DROP ROLE.
type DropRole struct {
	Pos
	Name *Ident
}

// SetRole is SET ROLE name|ALL|NONE; ALL and NONE are kept as unquoted names.
type SetRole struct {
	Pos
	Name *Ident
}

// LockTable is LOCK TABLE t [PARTITION] SHARED|EXCLUSIVE.
type LockTable struct {
	Pos
	Target    *TableOrPartition
	Exclusive bool
}

// UnlockTable is UNLOCK TABLE.
type UnlockTable struct {
	Pos
	Target *TableOrPartition
}

// LockDatabase is LOCK DATABASE.
type LockDatabase struct {
	Pos
	Name      *Ident
	Exclusive bool
}

// UnlockDatabase is UNLOCK DATABASE.
type UnlockDatabase struct {
	Pos
	Name *Ident
}

// StartTransaction is START TRANSACTION; modes are "ISOLATION LEVEL SNAPSHOT", "READ ONLY", "READ WRITE".
type StartTransaction struct {
	Pos
	Modes []string
}

// Commit is COMMIT [WORK].
type Commit struct {
	Pos
}

// Rollback is ROLLBACK [WORK].
type Rollback struct {
	Pos
}

// SetAutoCommit is SET AUTOCOMMIT TRUE|FALSE.
type SetAutoCommit struct {
	Pos
	On bool
}

// AbortTransactions is ABORT TRANSACTIONS ids, and in 4.0 ABORT COMPACTIONS ids.
type AbortTransactions struct {
	Pos
	Compactions bool
	IDs         []*NumberLit
}

// KillQuery is KILL QUERY 'id' ...
type KillQuery struct {
	Pos
	IDs []*StringLit
}

// ReplPolicy is the db[.tables] of a REPL statement.
type ReplPolicy struct {
	Pos
	DB      *Ident
	Table   *Ident     // 3.1: db.table
	Include *StringLit // 4.0: db.'include'.'exclude'
	Exclude *StringLit
}

// ReplDump is REPL DUMP.
type ReplDump struct {
	Pos
	Source  *ReplPolicy
	Replace *ReplPolicy // 4.0
	From    *NumberLit  // 3.1: event range
	To      *NumberLit
	Limit   *NumberLit
	Config  []*Property
}

// ReplLoad is REPL LOAD: `REPL LOAD [db] FROM 'path'` in 3.1, `REPL LOAD source [INTO db]` in 4.0.
type ReplLoad struct {
	Pos
	Source *ReplPolicy
	Path   *StringLit
	Into   *Ident
	Config []*Property
}

// ReplStatus is REPL STATUS.
type ReplStatus struct {
	Pos
	Source *ReplPolicy
	Config []*Property
}

func (*Grant) statement()             {}
func (*Revoke) statement()            {}
func (*GrantRole) statement()         {}
func (*RevokeRole) statement()        {}
func (*CreateRole) statement()        {}
func (*DropRole) statement()          {}
func (*SetRole) statement()           {}
func (*LockTable) statement()         {}
func (*UnlockTable) statement()       {}
func (*LockDatabase) statement()      {}
func (*UnlockDatabase) statement()    {}
func (*StartTransaction) statement()  {}
func (*Commit) statement()            {}
func (*Rollback) statement()          {}
func (*SetAutoCommit) statement()     {}
func (*AbortTransactions) statement() {}
func (*KillQuery) statement()         {}
func (*ReplDump) statement()          {}
func (*ReplLoad) statement()          {}
func (*ReplStatus) statement()        {}
