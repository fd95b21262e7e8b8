-- What several inserts in one statement leave among the statistics, names that tables cannot have, constraints of one name.
create external table s (key string, value string) location '${TMP}/fs_s';
insert into s values ('484','val_484'),('51','val_51'),('1','a'),('2','b');
create external table mi (key string, value string) partitioned by (part string) location '${TMP}/fs_mi';
from s insert overwrite table mi partition (part='1') select key, value insert overwrite table mi partition (part='2') select value, key where key > '2';
--! mask (?i)(last_modified_by|last_modified_time|transient_lastDdlTime|CreateTime|LastAccessTime|Owner:|Database:|bucketing_version|Retention).*
--! mask \d{10}|(Mon|Tue|Wed|Thu|Fri|Sat|Sun) .*|root\s*|hive_test_user\s*|file:\S+
describe formatted mi partition (part='1');
--! mask (?i)(last_modified_by|last_modified_time|transient_lastDdlTime|CreateTime|LastAccessTime|Owner:|Database:|bucketing_version|Retention).*
--! mask \d{10}|(Mon|Tue|Wed|Thu|Fri|Sat|Sun) .*|root\s*|hive_test_user\s*|file:\S+
describe formatted mi partition (part='2');
create external table mj (key string) location '${TMP}/fs_mj';
from s insert overwrite table mi partition (part='1') select key, value insert overwrite table mj select key;
--! mask (?i)(last_modified_by|last_modified_time|transient_lastDdlTime|CreateTime|LastAccessTime|Owner:|Database:|bucketing_version|Retention).*
--! mask \d{10}|(Mon|Tue|Wed|Thu|Fri|Sat|Sun) .*|root\s*|hive_test_user\s*|file:\S+
describe formatted mi partition (part='1');
--! mask (?i)(last_modified_by|last_modified_time|transient_lastDdlTime|CreateTime|LastAccessTime|Owner:|Database:|bucketing_version|Retention).*
--! mask \d{10}|(Mon|Tue|Wed|Thu|Fri|Sat|Sun) .*|root\s*|hive_test_user\s*|file:\S+
describe formatted mj;
create table `sé` (a int);
create view y1 as select *, '12', 1+1 from s;
describe y1;
select * from y1 order by `_c2`, key limit 1;
select * from y1 order by `_c1`;
create external table stx (c struct<A:string,`end`:struct<`from`:int>>, m map<string,struct<Xx:int>>) location '${TMP}/fs_stx';
create view y2 as select c.A, c.`end`.`from` f, stx.c.a as `select`, m['x'].xx, c.`end` from stx;
show create table y2;
describe y2;
select * from y2;
set hive.support.concurrency=false;
set hive.txn.manager=org.apache.hadoop.hive.ql.lockmgr.DummyTxnManager;
create table acid1 (a int) stored as orc tblproperties ('transactional'='true');
