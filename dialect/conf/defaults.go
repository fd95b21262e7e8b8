package conf

// defaults are Hive's defaults of the properties that Skep reads or that clients ask for.
var defaults = map[string]string{
	"skep.hive.version":                                     "4.0",
	"hive.mapred.mode":                                      "",
	"hive.strict.checks.orderby.no.limit":                   "false",
	"hive.strict.checks.no.partition.filter":                "false",
	"hive.strict.checks.type.safety":                        "true",
	"hive.strict.checks.cartesian.product":                  "false",
	"hive.strict.checks.bucketing":                          "true",
	"hive.exec.dynamic.partition":                           "true",
	"hive.exec.dynamic.partition.mode":                      "nonstrict",
	"hive.exec.max.dynamic.partitions":                      "1000",
	"hive.exec.max.dynamic.partitions.pernode":              "100",
	"hive.exec.max.created.files":                           "100000",
	"hive.exec.default.partition.name":                      "__HIVE_DEFAULT_PARTITION__",
	"hive.groupby.position.alias":                           "false",
	"hive.orderby.position.alias":                           "true",
	"hive.groupby.orderby.position.alias":                   "false",
	"hive.support.quoted.identifiers":                       "column",
	"hive.resultset.use.unique.column.names":                "true",
	"hive.default.fileformat":                               "TextFile",
	"hive.default.fileformat.managed":                       "none",
	"hive.default.rcfile.serde":                             "org.apache.hadoop.hive.serde2.columnar.LazyBinaryColumnarSerDe",
	"hive.int.timestamp.conversion.in.seconds":              "false",
	"hive.local.time.zone":                                  "LOCAL",
	"hive.new.job.grouping.set.cardinality":                 "30",
	"hive.typecheck.on.insert":                              "true",
	"hive.lazysimple.extended_boolean_literal":              "false",
	"hive.variable.substitute":                              "true",
	"hive.variable.substitute.depth":                        "40",
	"hive.exec.drop.ignorenonexistent":                      "true",
	"hive.cli.print.header":                                 "false",
	"hive.remove.orderby.in.subquery":                       "true",
	"hive.stats.autogather":                                 "true",
	"hive.stats.column.autogather":                          "true",
	"hive.fileformat.check":                                 "true",
	"hive.insert.into.external.tables":                      "true",
	"hive.exec.compress.output":                             "false",
	"hive.server2.thrift.resultset.default.fetch.size":      "1000",
	"hive.server2.thrift.resultset.max.fetch.size":          "10000",
	"hive.metastore.disallow.incompatible.col.type.changes": "true",
}

// defaults31 are the defaults that differ in Hive 3.1.
var defaults31 = map[string]string{
	"hive.exec.dynamic.partition.mode": "strict",
}
