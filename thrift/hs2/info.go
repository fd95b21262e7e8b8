package hs2

import (
	"strings"

	"github.com/beltran/gohive/hiveserver"

	"skep/thrift/tcli"
)

// maxNameLength is the longest identifier the metastore takes.
const maxNameLength = 128

// getInfo describes the server. Tools choose their dialect by the product's name, and drivers parse the version. The value
// is a union that must be set even in an error, else the reply cannot be written.
func (s *service) getInfo(req *hiveserver.TGetInfoReq) *hiveserver.TGetInfoResp {
	own, err := s.sessions.Get(req.SessionHandle)
	if err != nil {
		return &hiveserver.TGetInfoResp{Status: tcli.Status(err), InfoValue: infoText("")}
	}
	var value *hiveserver.TGetInfoValue
	switch req.InfoType {
	case hiveserver.TGetInfoType_CLI_SERVER_NAME:
		value = infoText("Hive")
	case hiveserver.TGetInfoType_CLI_DBMS_NAME:
		value = infoText("Apache Hive")
	case hiveserver.TGetInfoType_CLI_DBMS_VER:
		value = infoText(hiveVersion(own.Conf("skep.hive.version")))
	case hiveserver.TGetInfoType_CLI_MAX_COLUMN_NAME_LEN, hiveserver.TGetInfoType_CLI_MAX_SCHEMA_NAME_LEN,
		hiveserver.TGetInfoType_CLI_MAX_TABLE_NAME_LEN:
		length := int64(maxNameLength)
		value = &hiveserver.TGetInfoValue{LenValue: &length}
	case hiveserver.TGetInfoType_CLI_ODBC_KEYWORDS:
		value = infoText(keywords)
	default:
		return &hiveserver.TGetInfoResp{
			Status: tcli.Status(tcli.Errorf("Unrecognized GetInfoType value: %s", req.InfoType)), InfoValue: infoText(""),
		}
	}
	return &hiveserver.TGetInfoResp{Status: tcli.Status(nil), InfoValue: value}
}

func infoText(s string) *hiveserver.TGetInfoValue { return &hiveserver.TGetInfoValue{StringValue: &s} }

// hiveVersion is the release of Hive that the session behaves like.
func hiveVersion(line string) string {
	if strings.HasPrefix(line, "3.") {
		return "3.1.3"
	}
	return "4.0.1"
}

// keywords are HiveQL's words that are not in the ODBC standard's list; beeline completes them.
const keywords = "ADMIN,AFTER,ANALYZE,ARCHIVE,BEFORE,BUCKET,BUCKETS,CASCADE,CHANGE,CLUSTER,CLUSTERED,CLUSTERSTATUS,COLLECTION,COLUMNS," +
	"COMMENT,COMPACT,COMPACTIONS,COMPUTE,CONCATENATE,CONF,CUBE,CURRENT_TIMESTAMP,CURSOR,DATA,DATABASE,DATABASES,DATETIME,DAY,DBPROPERTIES," +
	"DEFERRED,DELIMITED,DEPENDENCY,DIRECTORIES,DIRECTORY,DISABLE,DISTRIBUTE,ELEM_TYPE,ENABLE,ESCAPED,EXCHANGE,EXCLUSIVE,EXPLAIN,EXPORT," +
	"EXTENDED,FIELDS,FILE,FILEFORMAT,FIRST,FLOAT,FOLLOWING,FORMAT,FORMATTED,FUNCTION,FUNCTIONS,GROUPING,HOLD_DDLTIME,IDXPROPERTIES,IF," +
	"IGNORE,IMPORT,INDEX,INDEXES,INPATH,INPUTDRIVER,INPUTFORMAT,ITEMS,JAR,KEYS,KEY_TYPE,LATERAL,LESS,LIMIT,LINES,LOAD,LOCATION,LOCK,LOCKS," +
	"LOGICAL,LONG,MACRO,MAP,MAPJOIN,MATERIALIZED,METADATA,MINUS,MSCK,NOSCAN,NO_DROP,OFFLINE,OUTPUTDRIVER,OUTPUTFORMAT,OVER,OVERWRITE,OWNER," +
	"PARTITION,PARTITIONED,PARTITIONS,PERCENT,PLUS,PRECEDING,PRETTY,PRINCIPALS,PROTECTION,PURGE,RANGE,READ,READONLY,REBUILD,RECORDREADER," +
	"RECORDWRITER,REDUCE,REGEXP,RELOAD,RENAME,REPAIR,REPLACE,REPLICATION,RESTRICT,REWRITE,RLIKE,ROLE,ROLES,ROW,ROWS,SCHEMAS,SEMI,SERDE," +
	"SERDEPROPERTIES,SERVER,SETS,SHARED,SHOW,SHOW_DATABASE,SKEWED,SORT,SORTED,SSL,STATISTICS,STORED,STREAMTABLE,STRING,STRUCT,TABLES," +
	"TABLESAMPLE,TBLPROPERTIES,TEMPORARY,TERMINATED,TINYINT,TOUCH,TRANSACTIONS,TRANSFORM,TRUNCATE,UNARCHIVE,UNBOUNDED,UNDO,UNIONTYPE," +
	"UNIQUEJOIN,UNLOCK,UNSET,UNSIGNED,URI,USE,UTC,UTCTIMESTAMP,VALUE_TYPE,VIEW,WHILE,WINDOW"
