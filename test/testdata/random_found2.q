-- More of what random statements (test/randomsql) brought up against a live Hive 4.0.1.
create table g1 (id int, k int, s string, c char(4), dt date, x double, b boolean) partitioned by (p string);
set hive.exec.dynamic.partition.mode=nonstrict;
insert into g1 partition (p) values (1, 1, 'a', 'a', '2020-01-01', 1.5, true, 'a'), (2, 2, 'b', 'b', null, 'NaN', false, 'b'), (3, null, 'ab', 'ab', null, 1e10, null, 'a');
-- A column that is constant within a partition is not within a join.
select t1.id, t2.id, t1.p like t2.p, t1.p not like t2.p, instr(t1.p, t2.p), concat(t1.p, t2.p), replace(t1.p, t2.p, 'x'), t1.p rlike t2.p from g1 t1 join g1 t2 on year(t1.dt) <=> month(t2.dt);
select t1.id, t2.id from g1 t1, g1 t2 where t1.p like t2.p;
-- The text between two casts of a number is left out.
select id, cast(cast(x as string) as bigint), cast(cast(id + 300 as string) as tinyint), cast(cast(id * 0 as string) as boolean), cast(cast(k as string) as int) from g1;
select cast(cast(id as string) as date) from g1;
select nullif(cast(1 as smallint), 1.5D), nullif(k, 1.5), nullif(cast(k as double), 1), nullif(cast(k as tinyint), 257), nullif(s, cast('a' as char(3))) from g1;
select nullif(s, 10) from g1;
select add_months(date '9999-12-31', 1), date_add(date '9999-12-31', 1), last_day(date '9999-12-31'), next_day(date '9999-12-31', 'MO');
select id from g1 where k not in (cast('a' as char(3)));
select id from g1 where k not in ('a');
-- Names of what is simplified to a column, also over no rows.
select coalesce(dt, dt) from g1 where false;
select cast(dt as string) from g1 where false;
select if(b, if(b, c, c), c) from g1;
select if(b, c, c) from g1 where '10' rlike '^a';
select cast(cast(x as string) as tinyint) from g1;
select g1.k, cast(k as boolean), cast(cast(k as string) as tinyint), cast(cast(dt as char(9)) as date) from g1 where id = 1;
select cast(cast(k as string) as tinyint), k from g1 where id = 1;
