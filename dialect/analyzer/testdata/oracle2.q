create table t1 (a int, b string, c decimal(10,2), d double, big bigint, dt date, ts timestamp, st struct<x:int,y:string>, arr array<int>, m map<string,int>, ch char(5), vc varchar(10));

create table t2 (a int, b string, e int);

create table pt (a int, b string) partitioned by (ds string, hr int);

names select t1 from t1;
----
ERROR SemanticException [Error 10002]: Line 1:7 Invalid column reference 't1': (possible column names are: a, b, c, d, big, dt, ts, st, arr, m, ch, vc)

names select a as x, x+1 from t1;
----
ERROR SemanticException [Error 10004]: Line 1:15 Invalid table alias or column reference 'x': (possible column names are: a, b, c, d, big, dt, ts, st, arr, m, ch, vc)

names select a from t1 order by a+b;
----
Result: a int

names select a x from t1 order by t1.a;
----
Result: x int

names select a x from t1 order by x+1;
----
Result: x int

names select a+1 x from t1 order by a;
----
Result: x int

names select a, b from t1 order by 1, b desc nulls last;
----
Result: a int, b string

names select * from t1 order by 2;
----
Result: t1.a int, t1.b string, t1.c decimal(10,2), t1.d double, t1.big bigint, t1.dt date, t1.ts timestamp, t1.st struct<x:int,y:string>, t1.arr array<int>, t1.m map<string,int>, t1.ch char(5), t1.vc varchar(10)

names select count(*) from t1 order by a;
----
ERROR SemanticException [Error 10004]: Line 1:33 Invalid table alias or column reference 'a': (possible column names are: _c0)

names select a, count(*) from t1 group by a order by b;
----
ERROR SemanticException [Error 10004]: Line 1:47 Invalid table alias or column reference 'b': (possible column names are: a, _c1)

names select a, count(*) from t1 group by a order by count(distinct b);
----
Result: a int, _c1 bigint

names select distinct a+1 from t1 order by a+1;
----
Result: _c0 int

names select distinct a x from t1 order by x;
----
Result: x int

names select a from t1 group by a order by max(b);
----
Result: a int

names select a from t1 union all select a from t2 order by b;
----
ERROR SemanticException [Error 10004]: Line 1:53 Invalid table alias or column reference 'b': (possible column names are: a)

names select a x from t1 union all select a from t2 order by x;
----
Result: x int

names select max(a) from t1 where b in ('x') having max(a) > 1 order by 1;
----
Result: _c0 int

names select a, sum(c) over (partition by b) from t1 group by a;
----
ERROR SemanticException Failed to breakup Windowing invocations into Groups. At least 1 group must only depend on input columns. Also check for circular dependencies.
Underlying error: org.apache.hadoop.hive.ql.parse.SemanticException: Line 1:36 Expression not in GROUP BY key 'b'

names select sum(a) over (partition by b), count(*) from t1;
----
ERROR SemanticException Failed to breakup Windowing invocations into Groups. At least 1 group must only depend on input columns. Also check for circular dependencies.
Underlying error: org.apache.hadoop.hive.ql.parse.SemanticException: Line 1:33 Expression not in GROUP BY key 'b'

names select rank() over (partition by a order by count(*)) from t1 group by a;
----
Result: rank_window_0 int

names select first_value(a) over (order by b), last_value(a, true) over (order by b), ntile(4) over (order by b), lag(a, 1, 0) over (order by b) from t1;
----
Result: first_value_window_0 int, last_value_window_1 int, ntile_window_2 int, lag_window_3 int

names select sum(a) over (order by b rows between 2 following and 1 following) from t1;
----
ERROR SemanticException Failed to breakup Windowing invocations into Groups. At least 1 group must only depend on input columns. Also check for circular dependencies.
Underlying error: Window range invalid, start boundary is greater than end boundary: window(type=ROWS, start=2 FOLLOWING, end=1 FOLLOWING)

names select sum(a) over (order by b rows 2 preceding) from t1;
----
Result: sum_window_0 bigint

names select sum(a) over (rows between current row and unbounded following) from t1;
----
Result: sum_window_0 bigint

names select max(count(*)) from t1;
----
ERROR SemanticException [Error 10128]: Line 1:11 Not yet supported place for UDAF 'count'

names select sum(rank() over (order by a)) from t1;
----
ERROR SemanticException [Error 10002]: Line 1:33 Invalid column reference 'a': (possible column names are: a, b, c, d, big, dt, ts, st, arr, m, ch, vc)

names select rank() over (order by sum(a) over ()) from t1;
----
Result: rank_window_0 int

names select a from t1 group by rank() over (order by a);
----
ERROR SemanticException [Error 10002]: Line 1:48 Invalid column reference 'a': (possible column names are: a, b, c, d, big, dt, ts, st, arr, m, ch, vc)

names select explode(arr) as x from t1 where a > 1;
----
Result: x int

names select a from t1 lateral view explode(arr) x as a;
----
ERROR SemanticException Column a Found in more than One Tables/Subqueries

names select x.a, t1.a from t1 lateral view explode(arr) x as a;
----
Result: x.a int, t1.a int

names select * from t1 lateral view explode(nope) x as a;
----
ERROR SemanticException [Error 10004]: Line 1:38 Invalid table alias or column reference 'nope': (possible column names are: a, b, c, d, big, dt, ts, st, arr, m, ch, vc)

names select * from t1 lateral view upper(b) x as a;
----
ERROR SemanticException 1:39 AS clause has an invalid number of aliases. Error encountered near token 'x'

names select upper(explode(arr)) from t1;
----
ERROR SemanticException [Error 10081]: UDTF's are not supported outside the SELECT clause, nor nested in expressions

names select * from t1 t join t2 on t1.a = t2.a;
----
ERROR SemanticException [Error 10009]: Line 1:30 Invalid table alias 't1'

names select * from t1 join t2;
----
Result: t1.a int, t1.b string, t1.c decimal(10,2), t1.d double, t1.big bigint, t1.dt date, t1.ts timestamp, t1.st struct<x:int,y:string>, t1.arr array<int>, t1.m map<string,int>, t1.ch char(5), t1.vc varchar(10), t2.a int, t2.b string, t2.e int

names select * from t1 join t2 on t1.a > t2.a;
----
Result: t1.a int, t1.b string, t1.c decimal(10,2), t1.d double, t1.big bigint, t1.dt date, t1.ts timestamp, t1.st struct<x:int,y:string>, t1.arr array<int>, t1.m map<string,int>, t1.ch char(5), t1.vc varchar(10), t2.a int, t2.b string, t2.e int

names select * from t1 left join t2 on t1.a = t2.a or t2.b = 'x';
----
Result: t1.a int, t1.b string, t1.c decimal(10,2), t1.d double, t1.big bigint, t1.dt date, t1.ts timestamp, t1.st struct<x:int,y:string>, t1.arr array<int>, t1.m map<string,int>, t1.ch char(5), t1.vc varchar(10), t2.a int, t2.b string, t2.e int

names select * from (select a from t1) x join (select a from t2) x on x.a = x.a;
----
ERROR SemanticException [Error 10008]: Line 1:59 Ambiguous table alias 'x'

names select x.* from (select * from t1 join t2 on t1.a=t2.a) x;
----
Result: x.a int, x.b string, x.c decimal(10,2), x.d double, x.big bigint, x.dt date, x.ts timestamp, x.st struct<x:int,y:string>, x.arr array<int>, x.m map<string,int>, x.ch char(5), x.vc varchar(10), x._col12 int, x._col13 string, x.e int

names select x.a from (select * from t1 join t2 on t1.a=t2.a) x;
----
ERROR SemanticException [Error 10007]: Ambiguous column reference a in x

names select x.e from (select t1.*, t2.e from t1 join t2 on t1.a=t2.a) x;
----
Result: x.e int

names with a as (select 1 x), a as (select 2 x) select * from a;
----
ERROR SemanticException [Error 10008]: Line 1:24 Ambiguous table alias 'a'

names with a as (select * from a) select * from a;
----
ERROR SemanticException Recursive cte a detected (cycle: a -> a).

names with a as (select 1 x), b as (select x+1 y from a) select * from b;
----
Result: b.y int

names with t1 as (select 'cte' v) select * from t1;
----
Result: t1.v string

names select * from t1 intersect select * from t1;
----
Result: a int, b string, c decimal(10,2), d double, big bigint, dt date, ts timestamp, st struct<x:int,y:string>, arr array<int>, m map<string,int>, ch char(5), vc varchar(10)

names select a from t1 intersect select e from t2;
----
Result: a int

names select a, b from t1 except select a, b from t2;
----
Result: a int, b string

names select a from t1 minus select a from t2;
----
Result: a int

names select a from t1 intersect all select a from t2;
----
Result: a int

names select 1 union all select 'a';
----
ERROR SemanticException Schema of both sides of union should match: Column _c0 is of type int on first table and type string on second table. Cannot tell the position of null AST.

names select 1 union all select 2.5;
----
Result: _c0 decimal(11,1)

names select 1 union all select null;
----
Result: _c0 int

names select null union all select 1;
----
Result: _c0 int

names select cast('a' as char(3)) union all select cast('b' as char(5));
----
Result: _c0 char(5)

names select cast('a' as char(3)) union all select cast('b' as varchar(5));
----
Result: _c0 string

names select date '2020-01-01' union all select timestamp '2020-01-01 00:00:00';
----
Result: _c0 timestamp

names select a in (1,2,null), a not in (1,2) from t1;
----
Result: _c0 boolean, _c1 boolean

names select 1 in ('1', 2), '1' in (1,2), 1 in (1.0, 2.5), null in (1);
----
Result: _c0 boolean, _c1 boolean, _c2 boolean, _c3 boolean

names select case when true then 1 else 'a' end, case 1 when '1' then 'y' end, if(true, 1, 2.5), if(null, 1, 'a'), coalesce(null, 1, 2.5), nvl(1, 'a');
----
Result: _c0 string, _c1 string, _c2 decimal(11,1), _c3 string, _c4 decimal(11,1), _c5 string

names select nullif(1, 2), greatest(1, 2.5), least('a', 'b'), array(1, 2.5), array(1, 'a'), map('a', 1, 'b', 2.5), struct(1, 'a'), named_struct('x', 1);
----
Result: _c0 int, _c1 decimal(11,1), _c2 string, _c3 array<decimal(11,1)>, _c4 array<string>, _c5 map<string,decimal(11,1)>, _c6 struct<col1:int,col2:string>, _c7 struct<x:int>

names select 1 = '1', 1.5 = '1.5', 1 = true, 'a' = true, 1 < 1.5, date '2020-01-01' = '2020-01-01', cast('a' as char(3)) = 'a  ', 1L = 1.0;
----
ERROR SemanticException [Error 10014]: Line 1:16 Wrong arguments ''1.5'': Unsafe compares between different types are disabled for safety reasons. If you know what you are doing, please set hive.strict.checks.type.safety to false and make sure that hive.mapred.mode is not set to 'strict' to proceed. Note that you may get errors or incorrect results if you make a mistake while using some of the unsafe features.

names select 1 between 0 and '2', 'b' between 'a' and 'c', null between 1 and 2;
----
Result: _c0 boolean, _c1 boolean, _c2 boolean

names select a between b and d from t1;
----
Result: _c0 boolean

names select 1 + '1', 1 + 1.0, 1.0 + 1D, 1Y + 1Y, 1Y + 1S, '1' + '1', 5 / 2, 5.0 / 2, 5 div 2, 7 % 2.5, -1.5, +'1', ~1Y;
----
Result: _c0 double, _c1 decimal(2,0), _c2 double, _c3 tinyint, _c4 smallint, _c5 double, _c6 double, _c7 decimal(7,6), _c8 bigint, _c9 decimal(2,1), _c10 decimal(2,1), _c11 string, _c12 tinyint

names select 1 is null, null is not null, true is true, null is not true, 1 is distinct from 2, null <=> null;
----
Result: _c0 boolean, _c1 boolean, _c2 boolean, _c3 boolean, _c4 boolean, _c5 boolean

names select 'a' like 'a%', 'a' rlike 'a', 'a' regexp 'b', 'a' not like 'b', 'a' like any ('a', 'b'), 'a' like all ('a');
----
Result: _c0 boolean, _c1 boolean, _c2 boolean, _c3 boolean, _c4 boolean, _c5 boolean

names select not true, !false, not null, true and null, false or null, 1 and 2;
----
Result: _c0 boolean, _c1 boolean, _c2 boolean, _c3 boolean, _c4 boolean, _c5 boolean

names select arr[0], m['a'], st.x from t1;
----
Result: _c0 int, _c1 int, x int

names select arr[1+1], m[b] from t1;
----
Result: _c0 int, _c1 int

names select cast(a as string), cast(b as int), cast(c as decimal(5,1)), cast(ts as date), cast('2020-01-01' as date), cast(a as boolean), cast(b as varchar(3)), cast(b as char(3)), cast(b as binary) from t1;
----
Result: a string, b int, c decimal(5,1), ts date, _c4 date, _c5 boolean, _c6 varchar(3), _c7 char(3), _c8 binary

names select cast(arr as string) from t1;
----
ERROR SemanticException Line 0:-1 Wrong arguments 'arr': The function STRING takes only primitive types

names select cast(dt as int) from t1;
----
ERROR SemanticException Line 0:-1 Wrong arguments 'dt': Casting DATE/TIMESTAMP types to NUMERIC is prohibited (hive.strict.timestamp.conversion)

names select cast(a as date) from t1;
----
ERROR SemanticException [Error 10016]: Line 1:12 Argument type mismatch 'a': todate only takes DATE_GROUP, STRING_GROUP, VOID_GROUP types as 1st argument, got INT

names select dt + 1 from t1;
----
Result: _c0 date

names select dt - dt, ts - ts, ts - dt from t1;
----
Result: _c0 interval_day_time, _c1 interval_day_time, _c2 interval_day_time

names select ts + interval 1 month, dt + interval 1 day, interval 1 day + interval 2 hour, interval 1 month + interval 1 year from t1;
----
Result: _c0 timestamp, _c1 timestamp, _c2 interval_day_time, _c3 interval_year_month

names select dt > ts, dt = b, ts = b, dt = 1 from t1;
----
Result: _c0 boolean, _c1 boolean, _c2 boolean, _c3 boolean

names select sum(b), avg(a), avg(c), sum(c), max(b), min(dt), stddev(a), variance(c), collect_set(a), collect_list(b), percentile(a, 0.5), corr(a, d), count(distinct a, b), approx_distinct(a) from t1;
----
Result: _c0 double, _c1 double, _c2 decimal(14,6), _c3 decimal(20,2), _c4 string, _c5 date, _c6 double, _c7 double, _c8 array<int>, _c9 array<string>, _c10 double, _c11 double, _c12 bigint, _c13 bigint

names select sum(dt) from t1;
----
ERROR UDFArgumentTypeException Only numeric or string type arguments are accepted but date is passed.

names select avg(b), sum(d), sum(vc) from t1;
----
Result: _c0 double, _c1 double, _c2 double

names select count(a, b) from t1;
----
ERROR UDFArgumentException DISTINCT keyword must be specified

names select count() from t1;
----
ERROR UDFArgumentException Argument expected

names select sum(a, b) from t1;
----
ERROR UDFArgumentTypeException Exactly one argument is expected.

names select sum(*) from t1;
----
ERROR UDFArgumentTypeException Exactly one argument is expected.

names select upper(distinct b) from t1;
----
ERROR SemanticException 1:7 Distinct keyword is not support in current context. Error encountered near token 'b'

names select max(distinct a), sum(distinct a) from t1;
----
Result: _c0 int, _c1 bigint

names select date_add(dt, 1), datediff(dt, '2020-01-01'), year(dt), extract(year from ts), floor(c), floor(ts to day), round(c, 1), concat(a, b), concat_ws(',', b), substr(b, 1, 2), length(b), current_date, current_timestamp(), unix_timestamp('2020-01-01') from t1;
----
Result: _c0 date, _c1 int, _c2 int, _c3 int, _c4 decimal(9,0), _c5 timestamp, _c6 decimal(10,1), _c7 string, _c8 string, _c9 string, _c10 int, _c11 date, _c12 timestamp, _c13 bigint

names select `a` from t1 where `t1`.`a` = 1;
----
Result: a int

names select "a", 'b' from t1;
----
Result: _c0 string, _c1 string

names select a.* from t1;
----
ERROR SemanticException [Error 10009]: Line 1:7 Invalid table alias 'a'

names select b.x from t1;
----
ERROR SemanticException [Error 10042]: Line 1:7 . Operator is only supported on struct or list of struct types 'x'

names select distinct a, b from t1 group by a, b, c;
----
Result: a int, b string

names select a, b, grouping__id from t1 group by a, b;
----
ERROR SemanticException [Error 10025]: Line 1:13 Expression not in GROUP BY key 'grouping__id'

names select a, b, count(*) from t1 group by rollup (a, b) having grouping(a) = 0;
----
Result: a int, b string, _c2 bigint

names select a, b from t1 group by a, b with cube order by grouping__id;
----
Result: a int, b string

names select count(*) from t1 group by a grouping sets (a, ());
----
Result: _c0 bigint

names select a, b, sum(c) from t1 group by a, b, a+1 grouping sets ((a, b), (a+1));
----
Result: a int, b string, _c2 decimal(20,2)

names select sum(c) from t1 group by 'x', a;
----
Result: _c0 decimal(20,2)

names select * from t1 tablesample(bucket 5 out of 4 on a);
----
ERROR SemanticException [Error 10061]: Numerator should not be bigger than denominator in sample clause for table t1

names select * from t1 tablesample(bucket 1 out of 4);
----
ERROR SemanticException [Error 10060]: Sampling expression needed for non-bucketed table t1

names select * from t1 tablesample(200 percent);
----
ERROR SemanticException 1:29 Percentage sampling is not supported in org.apache.hadoop.hive.ql.io.HiveInputFormat. Error encountered near token '200'

names select a from t1 limit 0;
----
Result: a int

names select a from t1 limit 5, 10;
----
Result: a int

names select a from t1 limit 10 offset 5;
----
Result: a int

names select transform(a, b) using 'cat' as (x, y) from t1;
----
Result: x string, y string

names select transform(a, b) using 'cat' from t1;
----
Result: key string, value string

names select transform(a, b) using 'cat' as (x, x) from t1;
----
ERROR SemanticException [Error 10074]: Column alias already exists: x

names select input__file__name, block__offset__inside__file from t1 limit 1;
----
Result: input__file__name string, block__offset__inside__file bigint

names select * from (select a x, b from t1) q where x > 1;
----
Result: q.x int, q.b string

names select q.* from t1 q;
----
Result: q.a int, q.b string, q.c decimal(10,2), q.d double, q.big bigint, q.dt date, q.ts timestamp, q.st struct<x:int,y:string>, q.arr array<int>, q.m map<string,int>, q.ch char(5), q.vc varchar(10)

names select current_database(), current_user() is null, version() is null;
----
Result: _c0 string, _c1 boolean, _c2 boolean

names select named_struct('x', 1).x, struct(1,2).col1, array(1,2)[0], map('k', 2)['k'];
----
Result: x int, col1 int, _c2 int, _c3 int

names select a from t1 where a = 1 group by a having a > 0 order by a limit 1;
----
Result: a int

names select 1 from t1 group by a;
----
Result: _c0 int

names select t.x.y from (select named_struct('y', 1) x) t;
----
Result: y int

names select t1.a.b from t1;
----
ERROR SemanticException [Error 10042]: Line 1:7 . Operator is only supported on struct or list of struct types 'b'

names select sum(x) over () from (select a x from t1) q qualify sum(x) over () > 1;
----
Result: _c0 bigint

names select a from t1 where (select 1) = 1;
----
Result: a int

names select a from t1 group by a having count(*) > (select 1);
----
Result: a int

names select (select 1), (select max(a) from t2), exists (select 1 from t2) from t1;
----
Result: _c0 int, _c1 int, _c2 boolean

names select a from t1 order by (select 1);
----
ERROR CalciteSubquerySemanticException [Error 10249]: Unsupported SubQuery Expression  Currently SubQuery expressions are only allowed as Where and Having Clause predicates

names select sum((select 1)) from t1;
----
ERROR CalciteSubquerySemanticException [Error 10249]: Unsupported SubQuery Expression Invalid subquery. Subquery in UDAF is not allowed.

names select a from t1 group by (select 1);
----
ERROR CalciteSubquerySemanticException [Error 10249]: Unsupported SubQuery Expression  Currently SubQuery expressions are only allowed as Where and Having Clause predicates
