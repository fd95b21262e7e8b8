-- Casts that Hive refuses, with what it would take, and dates as numbers, which are NULL when the session allows them.
select cast(interval '1' day as boolean);
select cast(interval '1' day as int);
select cast(cast('a' as binary) as tinyint);
select cast(array(1) as bigint);
select cast(date '2011-01-01' as decimal);
set hive.strict.timestamp.conversion=false;
select cast(date '2011-01-01' as boolean), cast(date '2011-01-01' as tinyint), cast(date '2011-01-01' as smallint), cast(date '2011-01-01' as int), cast(date '2011-01-01' as bigint), cast(date '2011-01-01' as float), cast(date '2011-01-01' as double);
create table dated (d date);
insert into dated values ('2011-01-01'), (null);
select cast(d as boolean), cast(d as tinyint), cast(d as int), cast(d as bigint), cast(d as float), cast(d as double) from dated;
