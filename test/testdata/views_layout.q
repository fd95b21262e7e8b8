-- The text that views keep, what list bucketing and UNION ALL leave as files, names of tables, functions of built-in classes.
create external table s (key string, value string) location '${TMP}/vl_s';
insert into s values ('484','val_484'),('51','val_51'),('103','val_103'),('484','x'),('1','a'),('2','b');
create view w1 as select cast(key as string), cast(value as string) as vv, upper(cast(key as string)) from s where cast(key as string) > 'a';
show create table w1;
describe w1;
create view w2 as select `key`, `value` as `v v`, upper(`key`) `U` from `s` `tt` where `value` > 'a' order by `key`;
show create table w2;
describe w2;
create view w3 as select key, count(*) c from s group by key order by key, c;
show create table w3;
create view w4 as select key k, value from s order by k, value;
show create table w4;
create view w5 as select t.* from (select `key` from s union all select value from s) t;
show create table w5;
create view w6 as select s.key, t.value from s left outer join (select * from s) as t using (key);
show create table w6;
create view w7 as select key, value from s distribute by key sort by value;
show create table w7;
create view w8 (a, b) as select key, value from s x;
show create table w8;
create view w10 as select key from s a where a.value in (select b.value from s b where b.key = a.key);
show create table w10;
create view w11 as select b.key, count(*) as c from s b group by b.key having exists (select a.key from s a where a.key = b.key and a.value > 'val_9');
show create table w11;
create view w12 as select x.key from s x, s as y cross join s z where x.key = y.key and y.key = z.key;
show create table w12;
create view w13 as select t.key from s t lateral view explode(array(1,2)) e as x where e.x > t.key;
show create table w13;
create view w14 as select key as `_c1`, '12' from s;
describe w14;
create view w15 as select '010', s.*, 121, t.*, 234 from s join (select key k1, value v1 from s) t on s.key = t.k1;
describe w15;
create external table st (c struct<A:string,B:string>, m map<string,struct<Xx:int>>) location '${TMP}/vl_st';
describe st;
describe st c;
describe st c.A;
create table st3 as select * from st;
describe st3;
create external table lb (key string, value string) skewed by (key) on ('484','51','103','999') stored as directories location '${TMP}/vl_lb';
insert overwrite table lb select key, value from s;
--! mask (?i)(last_modified_by|last_modified_time|transient_lastDdlTime|CreateTime|LastAccessTime|Owner:|Database:|bucketing_version|Retention).*
--! mask \d{10}|(Mon|Tue|Wed|Thu|Fri|Sat|Sun) .*|root\s*|hive_test_user\s*|file:\S+
describe formatted lb;
select * from lb order by key, value;
select value, regexp_extract(input__file__name, '[^/]*/[^/]*$', 0) from lb order by key, value;
insert into lb select key, value from s where key = '51';
--! mask (?i)(last_modified_by|last_modified_time|transient_lastDdlTime|CreateTime|LastAccessTime|Owner:|Database:|bucketing_version|Retention).*
--! mask \d{10}|(Mon|Tue|Wed|Thu|Fri|Sat|Sun) .*|root\s*|hive_test_user\s*|file:\S+
describe formatted lb;
select count(*) from lb where key = '51';
create external table lbp (key string, n int) partitioned by (ds string) skewed by (key, n) on (('484',7),('51',6)) stored as directories location '${TMP}/vl_lbp';
insert overwrite table lbp partition (ds) select key, length(value), if(key > '2', 'hi/gh', 'low') from s;
--! mask (?i)(last_modified_by|last_modified_time|transient_lastDdlTime|CreateTime|LastAccessTime|Owner:|Database:|bucketing_version|Retention).*
--! mask \d{10}|(Mon|Tue|Wed|Thu|Fri|Sat|Sun) .*|root\s*|hive_test_user\s*|file:\S+
describe formatted lbp partition (ds='hi/gh');
select ds, key, n, regexp_extract(input__file__name, '[^/]*/[^/]*/[^/]*$', 0) from lbp order by ds, key, n;
load data inpath '${TMP}/none' into table lb;
create external table u (key string, n bigint) location '${TMP}/vl_u';
insert overwrite table u select key, n from (select key, count(*) n from s group by key union all select value, 7 from s union all select max(key), 1 from s) t;
--! mask (?i)(last_modified_by|last_modified_time|transient_lastDdlTime|CreateTime|LastAccessTime|Owner:|Database:|bucketing_version|Retention).*
--! mask \d{10}|(Mon|Tue|Wed|Thu|Fri|Sat|Sun) .*|root\s*|hive_test_user\s*|file:\S+
describe formatted u;
select * from u order by key, n;
create table `s/c` (a int);
insert into `s/c` values (1);
select * from `s/c`;
select regexp_extract(input__file__name, '[^/]*/[^/]*$', 0) from `s/c`;
create table `s-c` (a int);
show tables 's%c';
create temporary function mysum as 'org.apache.hadoop.hive.ql.udf.generic.GenericUDAFSum';
create temporary function myascii as 'org.apache.hadoop.hive.ql.udf.UDFAscii';
select mysum(x), myascii('a') from (select 1 as x) t;
select x, mysum(x) over (order by x) from (select explode(array(1,2,3)) as x) t;
drop temporary function myascii;
select myascii('a');
create temporary function upper as 'org.apache.hadoop.hive.ql.udf.UDFAscii';
select upper('a');
drop temporary function upper;
select upper('a');
create function fascii as 'org.apache.hadoop.hive.ql.udf.UDFAscii';
select fascii('a');
drop function fascii;
create table rc (key string, value string) stored as rcfile;
insert into rc select * from s;
truncate table rc columns (nosuch);
truncate table s columns (key);
truncate table rc columns (value);
select * from rc order by key;
set hive.map.aggr.hash.percentmemory=0.5f;
set hive.map.aggr.hash.percentmemory=abc;
