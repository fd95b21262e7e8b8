package ddl

import (
	"errors"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/storage"
	"skep/metastore/model"
)

// transactions reports whether the session has chosen a manager of transactions. Tables that need one can then be made and
// described; statements that would write them are refused.
func (env *Env) transactions() bool {
	conf := env.Session.Conf()
	return strings.HasSuffix(conf.Get("hive.txn.manager"), ".DbTxnManager") && conf.Bool("hive.support.concurrency")
}

// transactionalParameters brings the parameters about transactions to the spelling that everybody looks for. chosen tells whether it
// was said that the table is transactional, or that it is not.
func transactionalParameters(params map[string]string) (transactional, chosen bool) {
	for _, key := range []string{"transactional", "transactional_properties"} {
		for k, v := range params {
			if strings.EqualFold(k, key) {
				delete(params, k)
				params[key] = strings.ToLower(v)
			}
		}
	}
	v, chosen := params["transactional"]
	return v == "true", chosen
}

// asTransactional makes a table that CREATE TRANSACTIONAL TABLE or a setting wants to be transactional so: of the full kind where its
// format allows that.
func (env *Env) asTransactional(s *ast.CreateTable, t *model.Table) {
	conf := env.Session.Conf()
	full := !s.Temporary && conf.Bool("hive.create.as.acid") && env.transactions()
	only := !s.Temporary && conf.Bool("hive.create.as.insert.only")
	switch {
	case (full || s.Transactional) && t.Storage.InputFormat == storage.OrcInputFormat:
		t.Parameters["transactional"], t.Parameters["transactional_properties"] = "true", "default"
	case only || s.Transactional:
		t.Parameters["transactional"], t.Parameters["transactional_properties"] = "true", "insert_only"
	}
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
	if !insertOnly && len(t.Storage.SortColumns) > 0 {
		return errors.New("MetaException(message:Table " + name + " cannot support full ACID functionality since it is sorted.)")
	}
	if !insertOnly && t.Storage.InputFormat != storage.OrcInputFormat {
		return errors.New("MetaException(message:The table must be stored using an ACID compliant format (such as ORC): " + name + ")")
	}
	if !insertOnly {
		t.Parameters["transactional_properties"] = "default"
	}
	return nil
}

// becomesTransactional checks a change of a table's properties, old being those before, as Hive's TransactionalValidationListener does.
func becomesTransactional(old map[string]string, t *model.Table) error {
	is, _ := transactionalParameters(t.Parameters)
	was := strings.EqualFold(old["transactional"], "true")
	name := t.Database + "." + t.Name
	switch {
	case was && !is:
		return errors.New("TBLPROPERTIES with 'transactional'='true' cannot be unset: " + name)
	case was && t.Type == model.ManagedTable && strings.EqualFold(t.Parameters[model.ParamExternal], "TRUE"):
		return errors.New(name + " cannot be converted to external table as it is transactional table.")
	case was && !strings.EqualFold(old["transactional_properties"], t.Parameters["transactional_properties"]):
		return errors.New("TBLPROPERTIES with 'transactional_properties' cannot be altered after the table is created")
	case was || !is:
		return nil
	}
	full := t.Parameters["transactional_properties"] != "insert_only"
	switch {
	case full && t.Storage.InputFormat != storage.OrcInputFormat:
		return errors.New("The table must be stored using an ACID compliant format (such as ORC): " + name)
	case t.Type == model.ExternalTable:
		return errors.New(name + " cannot be declared transactional because it's an external table")
	case full && len(t.Storage.SortColumns) > 0:
		return errors.New("Table " + name + " cannot support full ACID functionality since it is sorted.")
	}
	if full {
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

// The property that tells tables which the metastore made external, and the one by which these own their files all the same.
const (
	translatedProperty = "TRANSLATED_TO_EXTERNAL"
	purgeProperty      = "external.table.purge"
)

// translate makes a managed table without transactions an external one that owns its files, as the metastore of Hive 4 does with every
// table that is made (MetastoreDefaultTransformer).
func translate(t *model.Table) {
	if t.Type != model.ManagedTable || strings.EqualFold(t.Parameters["transactional"], "true") || NonNative(t) {
		return
	}
	t.Type = model.ExternalTable
	delete(t.Parameters, "transactional")
	delete(t.Parameters, "transactional_properties")
	for _, p := range []string{model.ParamExternal, translatedProperty, purgeProperty} {
		t.Parameters[p] = "TRUE"
	}
}

// translated reports whether a table is external only by translate.
func translated(t *model.Table) bool {
	return t.Type == model.ExternalTable && strings.EqualFold(t.Parameters[translatedProperty], "TRUE")
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
