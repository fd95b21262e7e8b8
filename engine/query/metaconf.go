package query

import "strings"

// metaSetting is a setting of the metastore that a session may ask for and change by SET metaconf:name. It is kept among the session's
// settings under its name.
type metaSetting struct {
	name  string
	value string // by default
}

const metaSpace = "metaconf:"

// metaSettingOf finds the setting that "metaconf:name" stands for, by either of Hive's two names; nil for other texts.
func metaSettingOf(name string) *metaSetting {
	name, ok := strings.CutPrefix(name, metaSpace)
	if !ok {
		return nil
	}
	switch short := strings.TrimPrefix(name, "hive."); short {
	case "metastore.try.direct.sql", "metastore.try.direct.sql.ddl", "metastore.client.capability.check", "metastore.disallow.incompatible.col.type.changes":
		return &metaSetting{"hive." + short, "true"}
	case "metastore.client.socket.timeout":
		return &metaSetting{"hive." + short, "600s"}
	case "metastore.partition.name.whitelist.pattern":
		return &metaSetting{"hive." + short, ""}
	case "metastore.partition.order.expr":
		return &metaSetting{"hive." + short, `"PART_NAME" asc`}
	case "metastore.expression.proxy":
		return &metaSetting{"hive." + short, "org.apache.hadoop.hive.ql.optimizer.ppr.PartitionExpressionForMetastore"}
	}
	return nil
}
