-- What statements written against a real Hive brought up: untyped NULLs and complex types, last_value over whole partitions,
-- comments of tables whose SerDe knows the columns, statistics after TRUNCATE, ANALYZE and RENAME of partitions.
create table cx (a array<int>, s struct<x:int>, m map<string,int>, i int);
insert into cx select null, null, null, 1;
insert into cx select array(1), null, map('a', 1), 1;
insert into cx values (null, null, null, 1);
insert into cx (i) values (2);
insert into cx select array(), named_struct('x', 1), map(), 1;
insert into cx select case when 1 = 1 then null else array(1) end, if(1 = 2, named_struct('x', 1), null), if(false, map('a', 1), null), 3;
select * from cx;
select array(1) union all select null;
select null union all select map('a', 1);
select null union all select 1;
create table w (a int, b string, n int) stored as orc;
insert into w values (1, 'p', 1), (1, 'q', 2), (2, 'r', 3), (2, 's', 4), (null, 't', 5), (null, 'u', 6);
select a, last_value(b) over (partition by a order by n rows between unbounded preceding and unbounded following),
  rank() over (partition by a order by n) from w;
select a, last_value(b) over (partition by a order by n desc range between unbounded preceding and unbounded following) from w;
select a, last_value(b, true) over (order by n rows between unbounded preceding and unbounded following) from w;
select a, dense_rank() over (order by b), percent_rank() over (order by a),
  last_value(b) over (order by n rows between unbounded preceding and unbounded following) from w;
select a, last_value(b) over (partition by a order by n) from w;
create table j (a int comment 'c1', b string) partitioned by (p int comment 'pc') stored as jsonfile;
describe j;
describe formatted j a;
create table r (a string comment 'mine', b string) row format serde 'org.apache.hadoop.hive.serde2.RegexSerDe' with serdeproperties ('input.regex' = '(.)(.)');
describe r;
create table m (a int comment 'c1', b string) row format serde 'org.apache.hadoop.hive.serde2.MultiDelimitSerDe' with serdeproperties ('field.delim' = '||');
describe m;
create table o (a string comment 'x') row format serde 'org.apache.hadoop.hive.serde2.OpenCSVSerde';
describe o;
create table av (a int comment 'c1', b string) stored as avro;
describe av;
create table o1 (a int) stored as orc;
insert into o1 values (1), (2);
show tblproperties o1('rawDataSize');
analyze table o1 compute statistics;
show tblproperties o1('rawDataSize');
create table o2 (a int, d array<int>, m map<int,int>, s struct<x:int>) stored as orc;
insert into o2 select 1, array(1, 2), map(1, 2, 3, 4), named_struct('x', 1);
show tblproperties o2('rawDataSize');
analyze table o2 compute statistics;
show tblproperties o2('rawDataSize');
analyze table o2 compute statistics for columns a;
truncate table o2;
show tblproperties o2('COLUMN_STATS_ACCURATE');
create table p (a int) partitioned by (ds string) stored as orc;
insert into p partition (ds = '1') values (1);
alter table p partition (ds = '1') rename to partition (ds = '2');
--! mask (\d{10}|19\d|(Mon|Tue|Wed|Thu|Fri|Sat|Sun) .*|file:\S+) *
describe formatted p partition (ds = '2');
truncate table p;
--! mask (\d{10}|19\d|(Mon|Tue|Wed|Thu|Fri|Sat|Sun) .*|file:\S+) *
describe formatted p partition (ds = '2');
