-- One statement per paragraph. Every statement must survive parse, print, parse unchanged.
select 1

select a, t.b as x, t.*, db.t.*, * from db.t t where a = 1 and not b <> 2 or c is not null

SELECT a + b * c - d / e % f, (a + b) * c, a - (b - c), -(-a), - -1, ~a, +a, a || b || c, a & b | c ^ d, a div b

select (a = b) = c, a = (b = c), (a < b) < c, not (not a), not a and not (b or c), (a and b) is null, (a is null) is null, -a is null

select a <=> b, a != b, a == b, a is distinct from b, a is not distinct from b, a is true, a is not false

select a between 1 and 2, a not between b + 1 and c, x in (1, 2), x not in ('a'), (a in (1)) in (2), x in (select y from z)

select a like 'x%', a not like 'y\_', a rlike 'b', a regexp 'c', a like any ('a', 'b'), a not like all ('c')

select exists (select 1 from t), not exists (select 1), (select max(x) from u) + 1, ((select 1)), ((select 1) + 2) * 3

select x from t where y in ((select 1), 2) and (select 1) = 2 and (a, b) in (select 1, 2)

select x from t where ((select count(*) from u where u.a = t.a) > 0)

select 'it''s', 'a\'b', "d\"q", 'tab\tnl\nback\\slash', 'oct\101', 'u\u00e9', '100\%', 'a' 'b' "c", _utf8 'x', _latin1 0xAB

select 1, 1L, 1S, 1Y, 1.5, 1., 1e3, 1.5e-3, 1.5D, 10BD, 1.5BD, null, true, FALSE, 9999999999999999999999

select date '2020-01-01', timestamp '2020-01-01 00:00:00', timestamplocaltz '2020-01-01 00:00:00 UTC', current_date, current_timestamp(), current_timestamp

select interval '1-2' year to month, interval '1 2:3:4.5' day to second, interval '3' day, interval 2 months, 3 days, (4) hours, interval (a + 1) minutes

select case a when 1 then 'x' when 2 then 'y' else 'z' end, case when a then b end, if(a, b, c), cast(a as decimal(10,2)), cast('1' as double precision), cast(b as varchar(5))

select extract(year from d), extract(dayofweek from d), floor(x), floor(d to month), count(*), count(distinct a, b), f(), db.f(x), map('a', 1)['a'], array(1, 2)[0].f.g, s.a.b.c.d

select sum(x) over (), rank() over (partition by a, b order by c desc nulls last, d asc nulls first), sum(x) over w, avg(x) over (w rows between 2 preceding and current row), min(x) over (distribute by a sort by b range unbounded preceding), max(x) over (cluster by a), f(x) over (order by y rows between unbounded preceding and 3 following) from t window w as (partition by a), v as (w order by z)

select lag(x) ignore nulls over (order by y), percentile_cont(0.5) within group (order by x desc)

select distinct a from t group by a having count(*) > 1 order by a, 2 desc limit 10

select a, b from t group by a, b with rollup

select a, b from t group by rollup(a, b)

select a, b from t group by cube(a, b) order by grouping(a)

select a, b, grouping__id from t group by a, b grouping sets ((a, b), a, (), (b))

select count(*) from t group by ()

select * from t cluster by a

select * from t cluster by (a, b)

select * from t distribute by (a + b) * 2, c sort by d desc, e limit 5, 10

select * from t distribute by a sort by (b, c desc) limit 10 offset 5

select /*+ MAPJOIN(a, b), STREAMTABLE(c) */ * from a join b on a.x = b.x

select * from a join b on a.x = b.x left outer join c using (x, y) right join d on true full outer join e on a.z = e.z cross join f left semi join g on a.x = g.x and g.y > 1, h

select * from (a join b on a.x = b.x) join (select 1 as y) c

select * from ((select 1 as x) a join (select 2 as y) b)

select * from (select 1 union all select 2) u, ((select 3) union (select 4)) v

select * from (with q as (select 1) select * from q) z

select * from t tablesample (bucket 3 out of 32 on rand()) s, u tablesample (10 percent), v tablesample (5 rows), w tablesample (10M)

select * from t lateral view explode(a) e as x lateral view outer posexplode(b) f as p, v

select * from t lateral view json_tuple(a, 'x') j

select t.x from table(values (1, 'a'), (2, 'b')) as t(x, y)

select * from noop(on noop(on t partition by a order by b) partition by a order by b) p

select * from matchpath(on t distribute by a sort by b arg1('x'), arg2(b > 1), arg3(expr)) m

select transform(a, b) row format delimited fields terminated by '\t' using 'cat' as (x int, y string) row format serde 'S' with serdeproperties ('a' = 'b') from t

select transform(*) using 'cat' from t

from (from t map a, b using 'm.py' as k, v cluster by k) m reduce m.k, m.v using 'r.py' as r1, r2

select 1 union all select 2 union select 3 intersect select 4 except all select 5 minus select 6 order by 1 limit 3

(select 1 limit 1) union all (select 2 order by 1)

with a as (select 1), b as (select * from a) select * from a, b

from t select a, b where a > 1 order by b

from src insert overwrite table a partition (ds = '1', hr) select x where x > 1 insert into table b select y group by y insert overwrite local directory '/x' row format delimited fields terminated by ',' stored as textfile select z

from src insert into a select explode(x) lateral view explode(y) t as z

from a unionjoin select 1

from uniquejoin preserve a x (x.k), b (b.k), preserve c (c.k, c.l) select x.k

insert into t values (1, 'a'), (2, default)

insert into table t (a, b) select 1, 2

insert overwrite table t partition (p = 1) if not exists select * from u

insert overwrite directory '/d' stored as orc select 1

with q as (select 1) insert into t select * from q

update t set a = 1, b = b + 1, c = default where d = 2

delete from t where a in (select b from u)

merge into t as a using (select * from s) b on a.k = b.k when matched and b.x = 1 then delete when matched then update set v = b.v when not matched then insert values (b.k, b.v)

load data local inpath '/x' overwrite into table t partition (a = 1)

load data inpath '/x' into table t inputformat 'f' serde 's'

export table t partition (a = 1) to '/x' for metadata replication('id')

import external table t from '/x' location '/y'

create table if not exists db.t (a int comment 'x', b array<struct<c:int comment 'y',d:map<string,uniontype<int,string>>>>, c decimal(10,2), d char(3), e timestamp with local time zone, f double) comment 'z' partitioned by (p string) clustered by (a, b) sorted by (a desc, b) into 4 buckets skewed by (a, b) on ((1, 2), (3, 4)) stored as directories row format delimited fields terminated by ',' escaped by '\\' collection items terminated by ':' map keys terminated by '#' lines terminated by '\n' null defined as 'N' stored as orc location '/l' tblproperties ('k' = 'v', 'k2' = 'v2')

create temporary table t (a int) row format serde 'S' with serdeproperties ('x' = 'y') stored as inputformat 'i' outputformat 'o'

create external table t (a int) stored by 'H' with serdeproperties ('x' = 'y')

create table t as with q as (select 1 as a) select * from q

create table t like db.u location '/x'

create table t (a int primary key disable novalidate rely, b int not null enable, c int default 5, d int check (d > 1), e string default current_user(), f int constraint fk references u(x) disable, constraint pk primary key (a, b) disable novalidate, unique (c) disable, foreign key (d) references u (x) disable novalidate norely, check (a > b))

drop table if exists t purge

truncate table t partition (a = 1) columns (b, c)

alter table t rename to db.u

alter table t add if not exists partition (a = 1) location '/x' partition (a = 2)

alter table t drop if exists partition (a > 1, b <> 'x'), partition (a = 2) purge

alter table t partition (a = 1) rename to partition (a = 2)

alter table t add columns (a int comment 'x', b string) cascade

alter table t replace columns (a int)

alter table t change column a b int comment 'x' after c restrict

alter table t change a a string first

alter table t set tblproperties ('a' = 'b')

alter table t unset tblproperties if exists ('a', 'b')

alter table t set serde 'S' with serdeproperties ('a' = 'b')

alter table t partition (p = 1) set serdeproperties ('a' = 'b')

alter table t set fileformat inputformat 'i' outputformat 'o' serde 's'

alter table t partition (a = 1) set fileformat orc

alter table t set location '/x'

alter table t touch partition (a = 1)

alter table t archive partition (a = 1)

alter table t partition (a = 1) concatenate

alter table t compact 'major' and wait with overwrite tblproperties ('a' = 'b')

alter table t clustered by (a) sorted by (b) into 4 buckets

alter table t not clustered

alter table t into 3 buckets

alter table t skewed by (a) on (1, 2)

alter table t not skewed

alter table t not stored as directories

alter table t set skewed location (1 = '/a', (2, 3) = '/b')

alter table t exchange partition (a = 1) with table u

alter table t add constraint c primary key (a) disable novalidate

alter table t drop constraint c

alter table t update statistics for column a set ('x' = '1')

alter table t partition column (a int)

alter table t set owner user u

alter table t update columns cascade

create or replace view v (a comment 'x', b) comment 'c' partitioned on (b) tblproperties ('a' = 'b') as select 1, 2

alter view v as select 1

alter view v set tblproperties ('a' = 'b')

drop view if exists v

create materialized view if not exists v disable rewrite comment 'c' partitioned on (a) stored as orc as select 1

alter materialized view v rebuild

drop materialized view v

create database if not exists d comment 'c' location '/x' with dbproperties ('a' = 'b')

drop database if exists d cascade

alter database d set dbproperties ('a' = 'b')

alter database d set owner role r

use d

create temporary function f as 'cls' using jar 'a', file 'b'

drop function if exists db.f

reload function

create temporary macro m(x int, y string) x + length(y)

drop temporary macro if exists m

show databases like 'a*'

show tables in d 'x*'

show columns from t in d like 'a'

show functions like 'a*'

show partitions t partition (a = 1)

show create table d.t

show table extended in d like 'x' partition (a = 1)

show tblproperties t ('a')

show locks t partition (a = 1) extended

show compactions

show transactions

show conf 'a'

show grant user u on table t

show role grant user u

show principals r

show current roles

describe formatted d.t partition (a = 1) c.$elem$.x

describe database extended d

describe function extended `abs`

describe function +

analyze table t partition (a = 1, b) compute statistics for columns a, b

analyze table t compute statistics noscan

analyze table t cache metadata

msck repair table t add partitions

explain extended select 1

explain vectorization only detail select 1

explain formatted insert into t select 1

grant select (a, b), insert on table t to user u, role r with grant option

revoke grant option for all on database d from group g

grant role a, b to user u with admin option

revoke admin option for role a from user u

create role r

set role all

lock table t partition (a = 1) exclusive

unlock database d

start transaction isolation level snapshot, read only

commit work

rollback

set autocommit false

abort transactions 1 2 3

kill query 'a' 'b'

repl dump d from 1 to 2 limit 3 with ('a' = 'b')

repl status d

create resource plan p with query_parallelism = 3, default pool = a.b

alter resource plan p enable activate with replace

replace active resource plan with p

create pool p.a.b with alloc_fraction = 0.5, query_parallelism = 2, scheduling_policy = 'fair'

create trigger p.t when x > 10 do move to a.b

alter trigger p.t add to pool a

create user mapping 'u' in p to a with order 1

enable workload management

prepare q from select * from t where a = ? limit ?

execute q using 1, 'a'

create scheduled query s cron '0 0 * * *' executed as 'u' enable defined as insert into t select 1

alter scheduled query s execute

alter table t execute expire_snapshots('2020-01-01')

alter table t create branch b for system_version as of 5 retain 3 days with snapshot retention 5 snapshots 2 hours

alter table t create or replace tag g for tag as of v1

create table t (a int) partitioned by spec (a, year(b), bucket(4, c), truncate(3, d)) stored by iceberg

select * from t for system_time as of '2020-01-01' x

select a from t qualify row_number() over (order by a) = 1

select x from t where a > all (select b from u) and a = any (select c from v)
