package model

// Kinds of principals.
const (
	UserPrincipal  = "USER"
	RolePrincipal  = "ROLE"
	GroupPrincipal = "GROUP"
)

// The roles that always exist: PublicRole is everybody's, AdminRole may manage roles.
const (
	PublicRole = "public"
	AdminRole  = "admin"
)

// Principal is who has a privilege or role. Names of roles are in lower case, those of users as they are.
type Principal struct {
	Kind string
	Name string
}

// Role is a named set of privileges.
type Role struct {
	Name       string
	Owner      string
	CreateTime int64
}

// RoleGrant says that a principal belongs to a role.
type RoleGrant struct {
	Role        string
	Principal   Principal
	GrantOption bool // may grant the role to others
	Grantor     Principal
	GrantTime   int64 // seconds since 1970; 0 on granting = now
}

// PrivilegeNames are the privileges there are; an owner has all of them.
var PrivilegeNames = []string{"SELECT", "INSERT", "UPDATE", "DELETE"}

// Privilege is what a principal may do to a table, or with an empty Table to a database.
type Privilege struct {
	Database    string
	Table       string
	Principal   Principal
	Name        string // one of PrivilegeNames
	GrantOption bool
	Grantor     Principal
	GrantTime   int64 // seconds since 1970; 0 on granting = now
}
