-- SHOW in all its forms.
create external table t1 (a int comment 'the a', b string, c struct<f:int>) comment 'it\'s; a "table"' location '${TMP}/s1' tblproperties ('z'='1', 'a'='x\ty');
create external table p1 (x int) partitioned by (ds string comment 'day', hr int) stored as orc location '${TMP}/sp1';
create view v1 as select a, b from t1;
alter table p1 add partition (ds='2020-01-01', hr=1) partition (ds='2020-01-01', hr=2) partition (ds='2020-01-02', hr=11) partition (ds='a b/c', hr=1);
show tables;
show tables like '%1';
show tables like 't_';
show tables like 'T*';
show tables in nosuchdb;
show tables where table_type = 'VIRTUAL_VIEW';
show extended tables like 'v%';
show views;
show views like 'z%';
show views in nosuchdb;
show columns in t1;
show sorted columns in p1;
show columns in t1 'a|b';
show columns in t1 like 'b*';
show columns in nosuch;
show partitions p1;
show partitions p1 partition (ds='2020-01-01');
show partitions p1 partition (hr='01');
show partitions p1 partition (nosuch=1);
show partitions p1 where hr > 1;
show partitions p1 where ds = '2020-01-01' and hr in (1, 2) order by hr desc limit 1;
show partitions p1 where ds between '2020-01-01' and '2020-01-02' or hr = 1 order by hr desc, ds;
show partitions p1 limit 2;
show partitions t1;
show partitions v1;
show partitions nosuch;
--! mask file:\S+|'\d+'
show create table t1;
--! mask file:\S+|'\d+'
show create table ${DB}.p1;
show create table v1;
show create table nosuch;
create external table s1 (a int) row format delimited fields terminated by '\t' escaped by '\\' collection items terminated by ',' null defined as 'N;' location '${TMP}/ss1';
--! mask file:\S+|'\d+'
show create table s1;
create external table b1 (a int, b string) clustered by (a) sorted by (b desc) into 4 buckets location '${TMP}/sb1';
--! mask file:\S+|'\d+'
show create table b1;
create external table k1 (a int, b string) skewed by (a, b) on ((1,'x'), (2,'y')) stored as directories location '${TMP}/sk1';
--! mask file:\S+|'\d+'
show create table k1;
show tblproperties t1 ('z');
show tblproperties t1 ('nosuch');
show tblproperties nosuch;
show databases like 'nosuch%';
show create database nosuchdb;
--! mask (file:|lastAccessTime:|lastUpdateTime:|owner:).*
show table extended like 't1';
--! mask (file:|lastAccessTime:|lastUpdateTime:|owner:).*
show table extended like 'p1' partition (ds='2020-01-01', hr=1);
show table extended like 'nosuch';
show functions like 'date%';
show functions like 'nosuch%';
set hive.support.concurrency=false;
set hive.txn.manager=org.apache.hadoop.hive.ql.lockmgr.DummyTxnManager;
show locks;
show current roles;
lock table t1 shared;
show conf 'no.such.setting';
start transaction;
commit;
