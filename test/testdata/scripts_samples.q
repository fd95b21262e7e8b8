-- TRANSFORM in its forms, TABLESAMPLE by buckets and rows, virtual columns, partitions whose columns and formats differ.
create table raw (k int, l string);
insert into raw values (1, 'plain'), (2, 'x y'), (3, null), (4, ''), (5, 'é');
--! sort
select transform (k, l) using 'cat' as (a, b) from raw;
--! sort
select transform (k, l) using 'cat' as (a int, b int) from raw;
--! sort
select transform (l) using '/bin/cat' from raw;
--! sort
select transform (k, l, k) using 'cat' from raw where k < 3;
--! sort
select transform (*) using 'cat' as (a, b, c) from raw;
select transform (k) using 'sh -c "sort -rn; echo end"' as (a) from raw;
select transform (k) using "sh -c 'sort -rn; echo end'" as (a) from raw;
select transform (k) using 'awk {s+=$1}END{print(s)}' as (a int) from raw;
select transform (k) using 'sh -c "cat >/dev/null; echo none"' as (a) from raw where k > 100;
--! fails
select transform (k) using 'sh -c "cat >/dev/null; exit 7"' as (a) from raw;
--! fails
select transform (k) using 'nosuchcommand' as (a) from raw;
select transform (array(1,2), named_struct('a','x','b',cast(null as string)), map('k', 1.5), cast('bin' as binary), date '2020-01-02', 1.50) using 'cat' as (a,b,c,d,e,f) from raw where k = 1;
select transform (array(1,cast(null as int)), map('k', 1), 'a,b', cast('bin' as binary)) row format delimited fields terminated by ',' collection items terminated by ':' using 'cat' as (a,b,c,d,e,f,g) row format delimited fields terminated by ',' from raw where k = 1;
--! sort
select transform (k, l) row format delimited fields terminated by ',' null defined as 'NIL' using 'cat' as (a, b) row format delimited fields terminated by ',' null defined as 'NIL' from raw;
--! sort
select transform (k, l) row format delimited fields terminated by ',' null defined as 'NIL' using 'cat' as (a, b) from raw;
--! sort
select transform (k, l) row format serde 'org.apache.hadoop.hive.serde2.JsonSerDe' using 'cat' as (a) from raw;
select transform (k, l) using 'cat -n' as (n int, a int, b string) from (select k, l from raw cluster by k) t;
from (select k, l from raw distribute by k sort by k desc) t reduce k, l using 'cat' as a, b;
select count(*), sum(a) from (select transform (k) using 'cat' as (a int) from raw) t where a > 2;
create table scripted (a int, b string);
insert overwrite table scripted select transform (k, l) using 'cat' as (a int, b string) from raw;
select * from scripted order by a;
create table s (k int, v string);
insert into s values (1,'a'), (2,'b'), (3,'c');
insert into s values (4,'d'), (5,'e'), (6,null), (7,'g');
select k, block__offset__inside__file from s order by k;
select * from s tablesample (0 rows);
select count(*) from s tablesample (3 rows);
select count(*) from s tablesample (300 rows);
select k from s tablesample (bucket 1 out of 3 on k) order by k;
select k from s tablesample (bucket 2 out of 3 on v) order by k;
select k from s tablesample (bucket 2 out of 3 on k, v) order by k;
select k from s tablesample (bucket 2 out of 3 on k + 1) order by k;
select k from s tablesample (bucket 1 out of 3 on k) t where t.k > 3 order by k;
select count(*) <= 7 from s tablesample (bucket 2 out of 3 on rand());
select k from s tablesample (bucket 1 out of 3);
select k from s tablesample (bucket 5 out of 3 on k);
select count(*) from s tablesample (10 percent);
select count(*) from s tablesample (10b);
select row__id from s where k = 1;
create table p (a int, b string) partitioned by (d int);
insert into p partition (d=1) values (1, '10'), (2, 'x'), (3, null), (4, '2.5');
alter table p add columns (c int);
alter table p change a a bigint;
alter table p change b b varchar(1);
insert into p partition (d=2) values (5, '20', 7);
insert into p partition (d=1) values (6, '30', 8);
select * from p order by a;
select * from p where c is null order by a;
select * from p where c = 8;
select * from p where a = 2 and b = 'x';
select count(*) from p where a > 3;
alter table p partition (d=1) add columns (c int);
select * from p order by a;
create table q (a int, b string) partitioned by (d int) row format delimited fields terminated by ',';
insert into q partition (d=1) values (1, 'one');
alter table q set fileformat orc;
insert into q partition (d=2) values (2, 'two');
select * from q order by a;
select a, d from q where b > 'o' order by a;
alter table q change b bb string;
alter table q add columns (z double);
insert into q partition (d=5) values (5, 'five', 1.5);
select * from q order by a;
select a from q where bb = 'two' or z > 1 order by a;
