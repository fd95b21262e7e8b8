-- What random statements (test/randomsql) brought up against a live Hive 4.0.1.
create table f1 (id int, s string, vc varchar(8), dt date, ts timestamp, b boolean, t tinyint, m decimal(10,2));
insert into f1 values (1, 'a', 'b', '2020-01-01', '2020-01-01 10:00:00', true, 1, 1.5), (2, '10', '10', '2020-02-29', null, false, 2, -2.25), (3, null, null, null, '1999-12-31 23:59:59.5', null, null, null), (1, '2020-01-01', '2020-01-01', '2020-01-01', '2020-01-01 00:00:00', true, 127, 0);
-- Conversions of inserts are checked like casts.
create table f_bool (c boolean);
insert into f_bool select dt from f1;
insert into f_bool select ts from f1;
insert into f_bool select cast('1' as binary) from f1;
create table f_int (c int);
insert into f_int select ts from f1;
insert into f_int select dt from f1;
insert into f_int select interval '1' year from f1;
create table f_dec (c decimal(10,2));
insert into f_dec select dt from f1;
insert into f_dec select ts from f1 where id = 1;
select * from f_dec;
create table f_date (c date);
insert into f_date select id from f1;
insert into f_date select b from f1;
create table f_ts (c timestamp);
insert into f_ts select id from f1;
insert into f_ts select m from f1;
insert into f_ts select b from f1 where id = 1;
select * from f_ts;
create table f_bin (c binary);
insert into f_bin select id from f1;
insert into f_bin select dt from f1;
create table f_tz (c timestamp with local time zone);
insert into f_tz select id from f1;
create table f_part (a int) partitioned by (c boolean);
set hive.exec.dynamic.partition.mode=nonstrict;
insert into f_part partition (c) select 1, ts from f1;
set hive.strict.timestamp.conversion=false;
insert into f_int select ts from f1 where id = 1;
select * from f_int;
set hive.strict.timestamp.conversion=true;
-- Avro has no integers below int.
create table f_avro (a tinyint, b smallint, c varchar(3), e array<smallint>, j map<string,tinyint>, k struct<x:smallint>) partitioned by (p tinyint) stored as avro;
describe f_avro;
insert into f_avro partition (p = 1) select t, t, vc, array(1S), map('a', 1Y), named_struct('x', 1S) from f1 where id = 1;
select * from f_avro;
create table f_avro2 stored as avro as select id + 1 as x, s from f1;
describe f_avro2;
-- Names of columns that only replicate_rows gives.
select vc, id + 1 from f1 except all select vc, id from f1;
select vc, id + 1 from f1 intersect all select vc, id from f1;
select vc, id + 1, 5 from f1 union all select vc, id, 5 from f1 except all select vc, id, 5 from f1 order by vc;
select * from (select vc, id + 1 from f1 except all select vc, id from f1) x;
select vc, id + 1 from f1 except select vc, id from f1;
create table f_ctas as select vc, id + 1 from f1 except all select vc, id from f1;
describe f_ctas;
-- The functions of doubles keep NaN, and are NULL outside of what they are defined for.
select acos(2), asin(-2), acos(1), sqrt(-1), exp(cast('NaN' as double)), sin(cast('Infinity' as double)), sign(cast('NaN' as double)), ln(cast('NaN' as double)), width_bucket(cast('NaN' as double), 0, 10, 4), degrees(cast('NaN' as double)), sqrt(cast('NaN' as double)), log10(cast('NaN' as double));
select exp(cast(s as double) - cast('NaN' as double)), acos(cast(s as double)) from f1 where id = 2;
-- The function of BETWEEN looks at its bounds one after the other.
create table f_between (k int, a int, z int);
insert into f_between values (1, 3, null), (5, 3, null), (5, null, 3), (1, null, 3), (1, 3, 4), (3, 3, 4), (5, 3, 4), (null, 3, 4), (5, null, null);
select k, a, z, k between a and z, k not between a and z, not (k between a and z), not (k not between a and z), (k between a and z) is null, k not between 2 and null, k between null and 3 from f_between;
select * from f_between where k not between a and z;
select * from f_between where not (k between a and z);
select * from f_between where k between a and z;
select * from f_between where not (k not between a and z) or a is null;
select count(k not between a and z), count(k between a and z), sum(if(k not between a and z, 1, 0)) from f_between;
select x.k, y.k from f_between x left join f_between y on x.k not between y.a and y.z and x.a = y.a;
-- Names of what the planner simplifies to a column.
select coalesce(dt, dt) from f1 where id = 2;
select coalesce(null, dt) from f1 where id = 2;
select b in (true) from f1 where id = 2;
select b <> false from f1 where id = 2;
select true = b from f1 where id = 2;
select nvl(dt, dt) from f1 where id = 2;
select coalesce(dt, dt, ts) from f1 where id = 2;
