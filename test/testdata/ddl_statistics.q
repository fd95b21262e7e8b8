-- What CREATE, INSERT, ANALYZE and ALTER leave among the statistics; constraints; settings; JSON.
create external table s (a int, b string, c decimal(10,4), f float) location '${TMP}/s';
insert into s values (1,'x',234.79,45454.4), (2,'yy',null,null), (null,null,8,1.5);
analyze table s compute statistics for columns;
describe formatted s a;
describe formatted s b;
describe formatted s c;
describe formatted s f;
insert into s values (null,null,null,null);
describe formatted s a;
alter table s update statistics for column c set ('lowValue'='8.00', 'numDVs'='7');
describe formatted s c;
alter table s change b bb string;
--! mask (?i)(last_modified_by|last_modified_time|transient_lastDdlTime|CreateTime|LastAccessTime|Owner:|Database:|bucketing_version|Retention).*
--! mask \d{10}|(Mon|Tue|Wed|Thu|Fri|Sat|Sun) .*|root\s*|hive_test_user\s*|file:\S+
describe formatted s;
create external table d (n bigint, t string) location '${TMP}/d';
insert into d select x*7919-3000, concat('val_', x) from (select row_number() over () as x from (select explode(split(space(999), ' ')) as y) q) r;
analyze table d compute statistics for columns;
describe formatted d n;
describe formatted d t;
create external table w (a int, b string) partitioned by (p string) location '${TMP}/w';
alter table w add partition (p='1');
set hive.stats.autogather=false;
insert into w partition (p='2') values (1,'a');
--! mask (?i)(last_modified_by|last_modified_time|transient_lastDdlTime|CreateTime|LastAccessTime|Owner:|Database:|bucketing_version|Retention).*
--! mask \d{10}|(Mon|Tue|Wed|Thu|Fri|Sat|Sun) .*|root\s*|hive_test_user\s*|file:\S+
describe formatted w partition (p='2');
analyze table w partition (p='2') compute statistics noscan;
--! mask (?i)(last_modified_by|last_modified_time|transient_lastDdlTime|CreateTime|LastAccessTime|Owner:|Database:|bucketing_version|Retention).*
--! mask \d{10}|(Mon|Tue|Wed|Thu|Fri|Sat|Sun) .*|root\s*|hive_test_user\s*|file:\S+
describe formatted w partition (p='2');
set hive.stats.autogather=true;
alter table w add partition (p='__HIVE_DEFAULT_PARTITION__');
alter table w add partition (p='14_INTERMEDIATE_ORIGINAL');
set hive.ddl.output.format=json;
show partitions w;
describe w;
show tables like 's';
set hive.ddl.output.format=text;
set hive.display.partition.cols.separately=false;
describe w;
set hive.display.partition.cols.separately=true;
create table k1 (a int check (sum(a) > 5));
create table k2 (a int check (3=(select count(*) from t)));
create table k3 (a int default cast(3 as double));
create table k4 (i int, j double default cast(i as double));
create table k5 (a int check (a+1));
create table k6 (a int check (z > 1));
create table k7 (a string unique disable, constraint fk_k7 foreign key (a) references k7(a) disable);
create table k8 (a string) stored as inputformat 'org.apache.hadoop.mapred.TextInputFormat' outputformat 'java.lang.Void';
create table k9 (a datetime);
create external table o (a int) stored as orc location '${TMP}/o';
--! fails
alter table o set fileformat textfile;
set hive.map.aggr.hash.min.reduction=false;
set hive.exec.reducers.max=abc;
set hive.foo.bar=1;
set _hive.tmp_table_space=foo;
select 1bd;
select 10l;
select 2y;
set hive.groupby.skewindata=true;
select count(distinct a), count(distinct c) from s;
set hive.groupby.skewindata=false;
set hive.map.aggr=false;
select a, c, count(1) from s group by a, c with rollup;
set hive.map.aggr=true;
set hive.new.job.grouping.set.cardinality=2;
select a, c, count(distinct f) from s group by a, c with cube;
