package ddl

import (
	"errors"
	"strings"

	"skep/dialect/storage"
	"skep/metastore/model"
)

// transactions reports whether the session has chosen a manager of transactions. Tables that need one can then be made and
// described; statements that would write them are refused.
func (env *Env) transactions() bool {
	conf := env.Session.Conf()
	return strings.HasSuffix(conf.Get("hive.txn.manager"), ".DbTxnManager") && conf.Bool("hive.support.concurrency")
}

// validTransactional checks a table that is to be transactional, as Hive's TransactionalValidationListener does, and notes the kind
// of transactions.
func validTransactional(t *model.Table) error {
	if t.Parameters["transactional"] != "true" {
		return nil
	}
	name := t.Database + "." + t.Name
	if t.Type == model.ExternalTable {
		return errors.New("MetaException(message:" + name + " cannot be declared transactional because it's an external table)")
	}
	insertOnly := strings.EqualFold(t.Parameters["transactional_properties"], "insert_only")
	if !insertOnly && t.Storage.InputFormat != storage.OrcInputFormat {
		return errors.New("MetaException(message:The table must be stored using an ACID compliant format (such as ORC): " + name + ")")
	}
	if !insertOnly {
		t.Parameters["transactional_properties"] = "default"
	}
	return nil
}

// validTableName reports whether Hive lets a table have a name. Special characters are up to a setting.
func (env *Env) validTableName(name string) bool {
	special := !strings.EqualFold(env.Session.Conf().Get("hive.support.special.characters.tablename"), "false")
	for _, c := range name {
		letter := c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z'
		if !letter && (!special || c >= 0x7f || c < ' ' || c == '.') {
			return false
		}
	}
	return name != ""
}

// strictManaged says why a table may not be when hive.strict.managed.tables demands transactions of managed tables; "" when it
// may.
func (env *Env) strictManaged(t *model.Table) string {
	conf := env.Session.Conf()
	if !conf.Bool("hive.strict.managed.tables") && !conf.Bool("metastore.strict.managed.tables") {
		return ""
	}
	if t.Type != model.ManagedTable || strings.EqualFold(t.Parameters["transactional"], "true") {
		return ""
	}
	return "Table " + t.Database + "." + t.Name + " failed strict managed table checks due to the following reason: " +
		"Table is marked as a managed table but is not transactional."
}
