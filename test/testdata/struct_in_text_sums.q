-- IN over structs: equality field by field with three-valued logic.
select (('a',null) in (('a','a'),(null,'bb'))) is null, ((cast(null as string),'bb') in (('a','a'),('x','y'))) is null, (('a','b') in (('a','a'),(null,'bb'))) is null, ((null,'bb') in ((null,'bb')));
select a, b, (a,b) in ((1,2),(3,null)) from (select stack(5, 1, 2, 3, 4, 4, 5, 1, cast(null as int), null, 2) as (a,b)) t;
select a from (select stack(5, 1, 2, 3, 4, 4, 5, 1, cast(null as int), null, 2) as (a,b)) t where (a,b) in ((1,2),(4,5),(3,null));
select a from (select stack(5, 1, 2, 3, 4, 4, 5, 1, cast(null as int), null, 2) as (a,b)) t where (a,b) not in ((1,2),(4,6));
-- No correlation without variance.
select corr(a,b), corr(b,a) from (select stack(3, 1.0, 1.0, 1.0, 2.0, 1.0, 3.0) as (a,b)) t;
-- Sums of text.
select sum(a), min(a), max(a) from (select explode(array('1','abc',null,'2.5')) as a) t;
select sum(a) from (select explode(array('x','abc')) as a) t;
select sum(a) from (select explode(array(cast(null as string), null)) as a) t;
select sum(cast(a as varchar(10))), sum(distinct a) from (select explode(array('1','abc',null,'2.5')) as a) t;
select k, sum(v) from (select stack(5, 'a', '1', 'b', 'x', 'a', 'y', 'c', cast(null as string), 'a', '0.5') as (k,v)) t group by k order by k;
select sum(a) over (order by a) from (select explode(array('1','abc',null,'2.5')) as a) t;
-- Aggregates of timestamps.
select stddev(a), avg(a), variance(a), sum(a) from (select cast('2011-01-01 00:00:00' as timestamp) as a union all select cast('2011-01-02 00:00:00' as timestamp)) t;
select sum(current_date);
-- Extremes of nested values.
select max(s), min(s) from (select named_struct('a',1,'b',cast(null as string)) s union all select named_struct('a',1,'b','x') union all select named_struct('a',0,'b','y')) t;
select max(a), min(a) from (select explode(array(array(1,2),array(1),array(3))) as a) t;
select k, max(named_struct('v', v, 'k', k)).v, min(named_struct('v', v)).v from (select stack(6, 'a', 3, 'b', 1, 'a', 5, 'c', 7, 'b', 9, 'a', 4) as (k,v)) t group by k order by k;
-- Months of intervals are those of the hybrid calendar, add_months is proleptic.
select date '1319-02-02' - interval '2-2' year to month, timestamp '1319-02-02 16:31:57.778' - interval '2-2' year to month, add_months('1319-02-02', -26);
select date '1300-03-31' - interval '1' month, date '1299-02-28' + interval '1' year, date '1582-10-20' - interval '1' month, date '1582-09-20' + interval '1' month;
-- Floats arrive as Java spells them.
select cast(-102936434 as float), cast(1.4E-45 as float), cast(2.2E-44 as float), cast(cast(-102936434 as float) as string);
-- Percentiles of text fractions.
select percentile(cast('1' as bigint), array()), percentile(cast('1' as bigint), array('0.5'));
