-- DESCRIBE of tables, partitions, columns, views, databases and functions.
create external table t (a int comment 'the a', b string, c decimal(10,2), d array<struct<x:int,y:string>>, e map<string,bigint>, f struct<g:int,h:struct<i:date>>) comment 'a "quoted" comment' row format delimited fields terminated by '|' location '${TMP}/dt' tblproperties ('k'='v');
create external table p (x int, y varchar(10) comment 'why') partitioned by (ds string comment 'day', hr int) stored as parquet location '${TMP}/dp';
alter table p add partition (ds='2020-01-01', hr=1) partition (ds='2020-01-01', hr=2);
describe t;
describe p;
describe p partition (ds='2020-01-01', hr=2);
describe extended p partition (ds='2020-01-01', hr=9);
describe p partition (nosuch=1);
describe t a;
describe t f;
describe t f.h;
describe t f.h.i;
describe t d.$elem$;
describe t d.$elem$.y;
describe t e.$key$;
describe t e.$value$;
describe t nosuch;
describe t f.nosuch;
describe nosuch;
describe nosuchdb.t;
--! mask (?i)(last_modified_by|last_modified_time|transient_lastDdlTime|CreateTime|LastAccessTime|Owner:|Retention|COLUMN_STATS_ACCURATE|TRANSLATED_TO_EXTERNAL|external.table.purge|EXTERNAL ).*
--! mask (\d{10}|(Mon|Tue|Wed|Thu|Fri|Sat|Sun) .*|root|hive_test_user|file:\S+) *
describe formatted t;
--! mask (?i)(last_modified_by|last_modified_time|transient_lastDdlTime|CreateTime|LastAccessTime|Owner:|Retention|COLUMN_STATS_ACCURATE|TRANSLATED_TO_EXTERNAL|external.table.purge|EXTERNAL ).*
--! mask (\d{10}|(Mon|Tue|Wed|Thu|Fri|Sat|Sun) .*|root|hive_test_user|file:\S+) *
describe formatted p;
--! mask (?i)(last_modified_by|last_modified_time|transient_lastDdlTime|CreateTime|LastAccessTime|Owner:|Retention|COLUMN_STATS_ACCURATE|TRANSLATED_TO_EXTERNAL|external.table.purge|EXTERNAL ).*
--! mask (\d{10}|(Mon|Tue|Wed|Thu|Fri|Sat|Sun) .*|root|hive_test_user|file:\S+) *
describe formatted p partition (ds='2020-01-01', hr=1);
create external table b (a int, b string) clustered by (a) sorted by (b desc, a) into 4 buckets stored as orc location '${TMP}/db';
--! mask (?i)(last_modified_by|last_modified_time|transient_lastDdlTime|CreateTime|LastAccessTime|Owner:|Retention|COLUMN_STATS_ACCURATE|TRANSLATED_TO_EXTERNAL|external.table.purge|EXTERNAL ).*
--! mask (\d{10}|(Mon|Tue|Wed|Thu|Fri|Sat|Sun) .*|root|hive_test_user|file:\S+) *
describe formatted b;
create external table k (a int, b string) skewed by (a) on (1,5) location '${TMP}/dk';
--! mask (?i)(last_modified_by|last_modified_time|transient_lastDdlTime|CreateTime|LastAccessTime|Owner:|Retention|COLUMN_STATS_ACCURATE|TRANSLATED_TO_EXTERNAL|external.table.purge|EXTERNAL ).*
--! mask (\d{10}|(Mon|Tue|Wed|Thu|Fri|Sat|Sun) .*|root|hive_test_user|file:\S+) *
describe formatted k;
create view v (aa comment 'ca', bb) comment 'vc' tblproperties ('p'='q') as select a, b from t where a > 1;
describe v;
--! mask (?i)(last_modified_by|last_modified_time|transient_lastDdlTime|CreateTime|LastAccessTime|Owner:|Retention|COLUMN_STATS_ACCURATE|TRANSLATED_TO_EXTERNAL|external.table.purge|EXTERNAL ).*
--! mask (\d{10}|(Mon|Tue|Wed|Thu|Fri|Sat|Sun) .*|root|hive_test_user|file:\S+) *
describe formatted v;
create view pv partitioned on (b) as select a, b from t;
alter view pv add partition (b='x');
show partitions pv;
describe pv;
alter view pv drop partition (b='x');
show partitions pv;
create table pk (a int, b string, c int default 5, primary key (a) disable novalidate, constraint nn_b unique (b) disable novalidate rely);
--! mask (?i)(last_modified_by|last_modified_time|transient_lastDdlTime|CreateTime|LastAccessTime|Owner:|Retention|COLUMN_STATS_ACCURATE|TRANSLATED_TO_EXTERNAL|external.table.purge|EXTERNAL|Table Type).*
--! any
describe formatted pk;
describe formatted t nosuch;
describe function nosuch_function;
describe database nosuchdb;
