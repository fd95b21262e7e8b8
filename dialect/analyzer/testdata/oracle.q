create table t1 (a int, b string, c decimal(10,2), d double, big bigint, dt date, ts timestamp, st struct<x:int,y:string>, arr array<int>, m map<string,int>, ch char(5), vc varchar(10));

create table t2 (a int, b string, e int);

create table pt (a int, b string) partitioned by (ds string, hr int);

names select x from t1;
----
ERROR SemanticException [Error 10004]: Line 1:7 Invalid table alias or column reference 'x': (possible column names are: a, b, c, d, big, dt, ts, st, arr, m, ch, vc)

names select x+1 from t1;
----
ERROR SemanticException [Error 10004]: Line 1:7 Invalid table alias or column reference 'x': (possible column names are: a, b, c, d, big, dt, ts, st, arr, m, ch, vc)

names select t1.x from t1;
----
ERROR SemanticException [Error 10002]: Line 1:10 Invalid column reference 'x'

names select t3.x from t1;
----
ERROR SemanticException [Error 10004]: Line 1:7 Invalid table alias or column reference 't3': (possible column names are: a, b, c, d, big, dt, ts, st, arr, m, ch, vc)

names select a from t1, t2;
----
ERROR SemanticException Column a Found in more than One Tables/Subqueries

names select b from t1 group by a;
----
ERROR SemanticException [Error 10025]: Line 1:7 Expression not in GROUP BY key 'b'

names select b+1 from t1 group by a;
----
ERROR SemanticException [Error 10025]: Line 1:7 Expression not in GROUP BY key '1'

names select a, count(*) from t1;
----
ERROR SemanticException [Error 10025]: Line 1:7 Expression not in GROUP BY key 'a'

names select foo(a) from t1;
----
ERROR SemanticException [Error 10011]: Invalid function foo

names select sum(sum(a)) from t1;
----
ERROR SemanticException [Error 10128]: Line 1:11 Not yet supported place for UDAF 'sum'

names select a from t1 where sum(a) > 1;
----
ERROR SemanticException [Error 10128]: Line 1:23 Not yet supported place for UDAF 'sum'

names select a from t1 where rank() over (order by a) > 1;
----
ERROR SemanticException [Error 10002]: Line 1:45 Invalid column reference 'a': (possible column names are: a, b, c, d, big, dt, ts, st, arr, m, ch, vc)

names select a from nosuch;
----
ERROR SemanticException [Error 10001]: Line 1:14 Table not found 'nosuch'

names select a from nodb.nosuch;
----
ERROR SemanticException [Error 10001]: Line 1:14 Table not found 'nosuch'

names select * from (select a, a from t1) q;
----
Result: q.a int, q._col1 int

names select q.a from (select a, a from t1) q;
----
ERROR SemanticException [Error 10007]: Ambiguous column reference a in q

names select a from t1 order by 3;
----
ERROR SemanticException [Error 10221]: Invalid position alias in Order By
 Position alias: 3 does not exist
The Select List is indexed from 1 to 1

names select a from t1 order by zzz;
----
ERROR SemanticException [Error 10004]: Line 1:26 Invalid table alias or column reference 'zzz': (possible column names are: a)

names select concat() from t1;
----
Result: _c0 string

names select a = b from t1;
----
Result: _c0 boolean

names select big = b from t1;
----
ERROR SemanticException [Error 10014]: Line 1:7 Wrong arguments 'b': Unsafe compares between different types are disabled for safety reasons. If you know what you are doing, please set hive.strict.checks.type.safety to false and make sure that hive.mapred.mode is not set to 'strict' to proceed. Note that you may get errors or incorrect results if you make a mistake while using some of the unsafe features.

names select big = '10' from t1;
----
ERROR SemanticException [Error 10014]: Line 1:7 Wrong arguments ''10'': Unsafe compares between different types are disabled for safety reasons. If you know what you are doing, please set hive.strict.checks.type.safety to false and make sure that hive.mapred.mode is not set to 'strict' to proceed. Note that you may get errors or incorrect results if you make a mistake while using some of the unsafe features.

names select c = '10' from t1;
----
ERROR SemanticException [Error 10014]: Line 1:7 Wrong arguments ''10'': Unsafe compares between different types are disabled for safety reasons. If you know what you are doing, please set hive.strict.checks.type.safety to false and make sure that hive.mapred.mode is not set to 'strict' to proceed. Note that you may get errors or incorrect results if you make a mistake while using some of the unsafe features.

names select case when a then 1 else 'x' end from t1;
----
ERROR SemanticException [Error 10016]: Line 1:17 Argument type mismatch 'a': "boolean" is expected after WHEN, but "int" is found

names select case when a=1 then 1 else array(1) end from t1;
----
ERROR SemanticException [Error 10016]: Line 1:33 Argument type mismatch '1': The expression after ELSE should have the same type as those after THEN: "int" is expected but "array<int>" is found

names select if(a=1, 1, array(1)) from t1;
----
ERROR SemanticException [Error 10016]: Line 1:18 Argument type mismatch '1': The second and the third arguments of function IF should have the same type, but they are different: "int" and "array<int>"

names select a in (1, 'x') from t1;
----
Result: _c0 boolean

names select a in (select a, b from t2) from t1;
----
ERROR CalciteSubquerySemanticException Line 1:30 Invalid SubQuery expression 'b' in definition of SubQuery sq_1 [
a in (select a, b from t2)
] used as sq_1 at Line 0:-1: SubQuery can contain only 1 item in Select List.

names select * from t1 where a in (select a, b from t2);
----
ERROR CalciteSubquerySemanticException Line 1:46 Invalid SubQuery expression 'b' in definition of SubQuery sq_1 [
a in (select a, b from t2)
] used as sq_1 at Line 0:-1: SubQuery can contain only 1 item in Select List.

names select * from t1 where a = (select a from t2 where t2.b = t1.b);
----
Result: t1.a int, t1.b string, t1.c decimal(10,2), t1.d double, t1.big bigint, t1.dt date, t1.ts timestamp, t1.st struct<x:int,y:string>, t1.arr array<int>, t1.m map<string,int>, t1.ch char(5), t1.vc varchar(10)

names select * from t1 where exists (select a from t2);
----
Result: t1.a int, t1.b string, t1.c decimal(10,2), t1.d double, t1.big bigint, t1.dt date, t1.ts timestamp, t1.st struct<x:int,y:string>, t1.arr array<int>, t1.m map<string,int>, t1.ch char(5), t1.vc varchar(10)

names select a from t1 union all select b from t1;
----
ERROR SemanticException 1:41 Schema of both sides of union should match: Column a is of type int on first table and type string on second table. Error encountered near token 't1'

names select a, b from t1 union all select b from t1;
----
ERROR SemanticException Schema of both sides of union should match.

names select explode(arr), a from t1;
----
ERROR SemanticException 1:21 Only a single expression in the SELECT clause is supported with UDTF's. Error encountered near token 'a'

names select explode(arr)+1 from t1;
----
ERROR SemanticException [Error 10081]: UDTF's are not supported outside the SELECT clause, nor nested in expressions

names select explode(a) from t1;
----
ERROR UDFArgumentException explode() takes an array or a map as a parameter

names select explode(arr) as (x,y) from t1;
----
ERROR SemanticException [Error 10083]: The number of aliases supplied in the AS clause does not match the number of columns output by the UDTF expected 1 aliases but got 2

names select * from t1 lateral view explode(m) tt as x;
----
ERROR SemanticException [Error 10083]: The number of aliases supplied in the AS clause does not match the number of columns output by the UDTF expected 2 aliases but got 1

names select st.z from t1;
----
ERROR RuntimeException cannot find field z(lowercase form: z) in [x, y]

names select a.z from t1;
----
ERROR SemanticException [Error 10042]: Line 1:7 . Operator is only supported on struct or list of struct types 'z'

names select arr.x from t1;
----
ERROR SemanticException [Error 10042]: Line 1:7 . Operator is only supported on struct or list of struct types 'x'

names select arr['x'] from t1;
----
ERROR SemanticException 1:7 Not proper type for index of ARRAY. Currently, only integer type is supported. Error encountered near token ''x''

names select a[1] from t1;
----
ERROR SemanticException [Error 10033]: Line 1:7 [] not valid on non-collection types '1': int

names select date '2020-99-99';
----
ERROR SemanticException Unable to convert time literal '2020-99-99' to time value.

names select interval 'x' day;
----
ERROR NumberFormatException For input string: "x"

names select 99999999999999999999999999999999999999999999;
----
Result: _c0 double

names select a from t1 t, t2 t;
----
ERROR SemanticException [Error 10008]: Line 1:23 Ambiguous table alias 't'

names select * from t1 where a;
----
Result: t1.a int, t1.b string, t1.c decimal(10,2), t1.d double, t1.big bigint, t1.dt date, t1.ts timestamp, t1.st struct<x:int,y:string>, t1.arr array<int>, t1.m map<string,int>, t1.ch char(5), t1.vc varchar(10)

names select a from t1 having a > 1;
----
ERROR SemanticException HAVING specified without GROUP BY

names select count(*) from t1 having a > 1;
----
ERROR SemanticException HAVING specified without GROUP BY

names select a, rank() over () from t1;
----
Result: a int, rank_window_0 int

names select row_number() from t1;
----
ERROR SemanticException org.apache.hadoop.hive.ql.metadata.HiveException: Only COMPLETE mode supported for row_number function

names select sum(a) over (order by a, b range between 1 preceding and current row) from t1;
----
ERROR SemanticException Range value based Window Frame can have only 1 Sort Key

names select sum(a) over (order by b range between 1 preceding and current row) from t1;
----
Result: sum_window_0 bigint

names select sum(a) over w from t1;
----
ERROR SemanticException Window Spec=[Name='w'] refers to an unknown source

names select not a from t1;
----
Result: _c0 boolean

names select -b from t1;
----
Result: _c0 double

names select a and b from t1;
----
Result: _c0 boolean

names select distinct a from t1 group by a;
----
Result: a int

names select distinct a, count(*) from t1 group by a;
----
Result: a int, _c1 bigint

names select distinct a from t1 order by b;
----
ERROR SemanticException [Error 10004]: Line 1:35 Invalid table alias or column reference 'b': (possible column names are: a)

names select grouping(a) from t1;
----
ERROR SemanticException [Error 10015]: Line 1:7 Arguments length mismatch 'a': grouping() requires at least 2 argument, got 1

names select a, grouping(b) from t1 group by a;
----
ERROR RuntimeException [Error 10409]: Expression in GROUPING function not present in GROUP BY

names select a from t1 group by a, b grouping sets ((a, c));
----
ERROR SemanticException 1:50 [Error 10213]: Grouping sets expression is not in GROUP BY key. Error encountered near token 'c'

names select a from t1 group by 1;
----
ERROR SemanticException [Error 10025]: Line 1:7 Expression not in GROUP BY key 'a'

names select * from t1 group by a;
----
ERROR SemanticException [Error 10025]: Expression not in GROUP BY key b

names select big = d from t1;
----
ERROR SemanticException [Error 10014]: Line 1:7 Wrong arguments 'd': Unsafe compares between different types are disabled for safety reasons. If you know what you are doing, please set hive.strict.checks.type.safety to false and make sure that hive.mapred.mode is not set to 'strict' to proceed. Note that you may get errors or incorrect results if you make a mistake while using some of the unsafe features.

names select big = 1.5D from t1;
----
ERROR SemanticException [Error 10014]: Line 1:7 Wrong arguments '1.5D': Unsafe compares between different types are disabled for safety reasons. If you know what you are doing, please set hive.strict.checks.type.safety to false and make sure that hive.mapred.mode is not set to 'strict' to proceed. Note that you may get errors or incorrect results if you make a mistake while using some of the unsafe features.

names select big between '1' and '2' from t1;
----
Result: _c0 boolean

names select big in ('1','2') from t1;
----
Result: _c0 boolean

names select a, a from t1;
----
Result: a int, a_1 int

names select a, t1.a, b as a from t1;
----
Result: a int, t1.a int, a_1 string

names select * from t1 x join t2 y on x.a = y.a;
----
Result: x.a int, x.b string, x.c decimal(10,2), x.d double, x.big bigint, x.dt date, x.ts timestamp, x.st struct<x:int,y:string>, x.arr array<int>, x.m map<string,int>, x.ch char(5), x.vc varchar(10), y.a int, y.b string, y.e int

names select x.*, y.b from t1 x join t2 y on x.a = y.a;
----
Result: x.a int, x.b string, x.c decimal(10,2), x.d double, x.big bigint, x.dt date, x.ts timestamp, x.st struct<x:int,y:string>, x.arr array<int>, x.m map<string,int>, x.ch char(5), x.vc varchar(10), y.b string

names select a from t1 union all select e from t2;
----
Result: a int

names select a as q from t1 union all select e from t2;
----
Result: q int

names select * from (select a from t1 union all select e from t2) u;
----
Result: u.a int

names select a+1, count(*), sum(a) over () from t1 group by a;
----
Result: _c0 int, _c1 bigint, sum_window_0 bigint

names with q as (select a, b from t1) select * from q;
----
Result: q.a int, q.b string

names with q as (select a, b from t1) select q.a, b from q;
----
Result: q.a int, b string

names select 1;
----
Result: _c0 int

names select 1 as x, 'y';
----
Result: x int, _c1 string

names select * from (values (1,'a'),(2,'b')) v;
----
Result: v.col1 int, v.col2 string

names values (1,'a');
----
Result: col1 int, col2 string

names select a from t1 order by b;
----
Result: a int

names select a+1 x, a from t1 order by x, b;
----
Result: x int, a int

names select t1.a from t1 order by t1.b;
----
Result: t1.a int

names select a, count(*) c from t1 group by a order by c;
----
Result: a int, c bigint

names select a, count(*) c from t1 group by a order by count(*);
----
Result: a int, c bigint

names select a, count(*) c from t1 group by a order by sum(d);
----
Result: a int, c bigint

names select a from t1 group by a having count(*) > 1;
----
Result: a int

names select a, sum(d) as b from t1 group by a having b > 1;
----
Result: a int, b double

names select a, sum(d) as s from t1 group by a having s > 1;
----
Result: a int, s double

names select a+1 as k, count(*) from t1 group by a+1;
----
Result: k int, _c1 bigint

names select a+1 as k, count(*) from t1 group by k;
----
ERROR SemanticException [Error 10004]: Line 1:43 Invalid table alias or column reference 'k': (possible column names are: a, b, c, d, big, dt, ts, st, arr, m, ch, vc)

names select a from t1 where k > 1;
----
ERROR SemanticException [Error 10004]: Line 1:23 Invalid table alias or column reference 'k': (possible column names are: a, b, c, d, big, dt, ts, st, arr, m, ch, vc)

names select b as a, a as b from t1 order by a;
----
Result: a string, b int

names select st.x, st from t1;
----
Result: x int, st struct<x:int,y:string>

names select t1.st.x from t1;
----
Result: x int

names select analyzer.t1.a from analyzer.t1;
----
ERROR SemanticException [Error 10001]: Line 1:26 Table not found 't1'

names select default.t1.a from analyzer.t1;
----
ERROR SemanticException [Error 10001]: Line 1:25 Table not found 't1'

names select * from analyzer.t1;
----
ERROR SemanticException [Error 10001]: Line 1:14 Table not found 't1'

names select `a`, A, T1.A from t1;
----
Result: a int, a_1 int, t1.a int

names select distinct * from t1;
----
Result: t1.a int, t1.b string, t1.c decimal(10,2), t1.d double, t1.big bigint, t1.dt date, t1.ts timestamp, t1.st struct<x:int,y:string>, t1.arr array<int>, t1.m map<string,int>, t1.ch char(5), t1.vc varchar(10)

names select explode(arr) from t1;
----
Result: col int

names select explode(m) from t1;
----
Result: key string, value int

names select explode(arr) x from t1;
----
Result: x int

names select posexplode(arr) from t1;
----
Result: pos int, val int

names select inline(array(struct(1,'a'))) from t1;
----
Result: col1 int, col2 string

names select stack(2, 1,'a',2,'b') from t1;
----
Result: col0 int, col1 string

names select t.* from t1 lateral view explode(arr) t;
----
Result: t.col int

names select * from t1 lateral view explode(arr) t as z;
----
Result: t1.a int, t1.b string, t1.c decimal(10,2), t1.d double, t1.big bigint, t1.dt date, t1.ts timestamp, t1.st struct<x:int,y:string>, t1.arr array<int>, t1.m map<string,int>, t1.ch char(5), t1.vc varchar(10), t.z int

names select z.* from t1 lateral view explode(arr) t as z;
----
ERROR SemanticException [Error 10009]: Line 1:7 Invalid table alias 'z'

names select json_tuple('{}','a','b');
----
Result: c0 string, c1 string

names select sum(a) over (partition by b) s, avg(a) over w from t1 window w as (order by a);
----
Result: s bigint, avg_window_1 double

names select count(distinct a) over (partition by b), lead(a) over (order by b), row_number() over (order by b)  from t1;
----
Result: _c0 bigint, lead_window_1 int, row_number_window_2 int

names select a, grouping__id from t1 group by a with rollup;
----
Result: a int, grouping__id bigint

names select grouping__id, grouping(a), grouping(a,b) from t1 group by a, b with cube;
----
Result: grouping__id bigint, _c1 bigint, _c2 bigint

names select a, b, count(*) from t1 group by a,b grouping sets ((a),(b),());
----
Result: a int, b string, _c2 bigint

names select a from t1 group by a grouping sets (());
----
ERROR SemanticException [Error 10211]: Empty grouping sets not allowed

names select (select max(e) from t2) from t1;
----
Result: _c0 int

names select a, (select max(e) from t2 where t2.b=t1.b) from t1;
----
Result: a int, _c1 int

names select a, (select e from t2 where t2.b=t1.b) from t1;
----
Result: a int, _c1 int

names select a in (select a from t2) from t1;
----
Result: _c0 boolean

names select case when exists (select 1 from t2 where t2.a=t1.a) then 1 else 0 end from t1;
----
Result: _c0 int

names select * from t1 where a in (select e from t2) or b = 'x';
----
Result: t1.a int, t1.b string, t1.c decimal(10,2), t1.d double, t1.big bigint, t1.dt date, t1.ts timestamp, t1.st struct<x:int,y:string>, t1.arr array<int>, t1.m map<string,int>, t1.ch char(5), t1.vc varchar(10)

names select * from t1 where a > any (select e from t2);
----
Result: t1.a int, t1.b string, t1.c decimal(10,2), t1.d double, t1.big bigint, t1.dt date, t1.ts timestamp, t1.st struct<x:int,y:string>, t1.arr array<int>, t1.m map<string,int>, t1.ch char(5), t1.vc varchar(10)

names select * from t1 where a >= all (select e from t2);
----
Result: t1.a int, t1.b string, t1.c decimal(10,2), t1.d double, t1.big bigint, t1.dt date, t1.ts timestamp, t1.st struct<x:int,y:string>, t1.arr array<int>, t1.m map<string,int>, t1.ch char(5), t1.vc varchar(10)

names select * from t1 where (a,b) in (select a,b from t2);
----
ERROR CalciteSubquerySemanticException Line 1:49 Invalid SubQuery expression 'b' in definition of SubQuery sq_1 [
(a,b) in (select a,b from t2)
] used as sq_1 at Line 0:-1: SubQuery can contain only 1 item in Select List.

names select * from t1 where (a,b) in ((1,'x'),(2,'y'));
----
Result: t1.a int, t1.b string, t1.c decimal(10,2), t1.d double, t1.big bigint, t1.dt date, t1.ts timestamp, t1.st struct<x:int,y:string>, t1.arr array<int>, t1.m map<string,int>, t1.ch char(5), t1.vc varchar(10)

names select * from t1 join t2 on t1.a in (select e from t2);
----
ERROR CalciteSubquerySemanticException 1:28 Unsupported SubQuery Expression Currently SubQuery expressions are only allowed as Where and Having Clause predicates. Error encountered near token 'select'

names select * from t1 join t2 using (a,b);
----
Result: t1.a int, t1.b string, t1.c decimal(10,2), t1.d double, t1.big bigint, t1.dt date, t1.ts timestamp, t1.st struct<x:int,y:string>, t1.arr array<int>, t1.m map<string,int>, t1.ch char(5), t1.vc varchar(10), t2.e int

names select a, b, t1.d, e from t1 join t2 using (a);
----
ERROR SemanticException Column b Found in more than One Tables/Subqueries

names select t1.a from t1 join t2 using (a);
----
Result: t1.a int

names select * from t1 left join t2 using (a);
----
Result: t1.a int, t1.b string, t1.c decimal(10,2), t1.d double, t1.big bigint, t1.dt date, t1.ts timestamp, t1.st struct<x:int,y:string>, t1.arr array<int>, t1.m map<string,int>, t1.ch char(5), t1.vc varchar(10), t2.b string, t2.e int

names select * from t1 left semi join t2 on t1.a=t2.a;
----
Result: t1.a int, t1.b string, t1.c decimal(10,2), t1.d double, t1.big bigint, t1.dt date, t1.ts timestamp, t1.st struct<x:int,y:string>, t1.arr array<int>, t1.m map<string,int>, t1.ch char(5), t1.vc varchar(10)

names select t2.a from t1 left semi join t2 on t1.a=t2.a;
----
ERROR SemanticException [Error 10004]: Line 1:7 Invalid table alias or column reference 't2': (possible column names are: a, b, c, d, big, dt, ts, st, arr, m, ch, vc)

names select * from t1 left anti join t2 on t1.a=t2.a;
----
Result: t1.a int, t1.b string, t1.c decimal(10,2), t1.d double, t1.big bigint, t1.dt date, t1.ts timestamp, t1.st struct<x:int,y:string>, t1.arr array<int>, t1.m map<string,int>, t1.ch char(5), t1.vc varchar(10)

names select count(*) from t1 having count(*) > 1;
----
Result: _c0 bigint

names select max(a) from t1 group by b order by max(a) desc limit 3;
----
Result: _c0 int

names select a, rank() over (order by sum(d)) r from t1 group by a order by r;
----
Result: a int, r int

names select a from t1 sort by b;
----
ERROR SemanticException [Error 10004]: Line 1:25 Invalid table alias or column reference 'b': (possible column names are: a)

names select a from t1 distribute by b;
----
ERROR SemanticException [Error 10004]: Line 1:31 Invalid table alias or column reference 'b': (possible column names are: a)

names select max(st) from t1;
----
Result: _c0 struct<x:int,y:string>

names select max(arr) from t1;
----
Result: _c0 array<int>

names select count(*) over () from t1 where a in (select e from t2 where t2.b = t1.b);
----
Result: count_window_0 bigint

names select cast('1' as decimal(10,2)), null, true, cast(null as int);
----
Result: _c0 decimal(10,2), _c1 void, _c2 boolean, _c3 int

names select a || 'x', a | 1, 7 / 2, 7 div 2, 7 % 2, -a, ~a, !true from t1;
----
Result: _c0 string, _c1 int, _c2 double, _c3 bigint, _c4 int, _c5 int, _c6 int, _c7 boolean

names select t1.a, t1.a from t1;
----
Result: t1.a int, t1.a_1 int

names select t1.a, t1.a, a, a, a from t1;
----
Result: t1.a int, t1.a_1 int, a int, a_1 int, a_2 int

names select a as x, b as x, c as x from t1;
----
Result: x int, x_1 string, x_2 decimal(10,2)

names select sum(a) over () + 1, rank() over (order by a) from t1;
----
Result: _c0 bigint, rank_window_1 int

names select t1.a from t1 union all select e from t2;
----
Result: a int

names select a, a from t1 union all select e, a from t2;
----
Result: a int, _col1 int

names select count(*) x from t1 group by x;
----
ERROR SemanticException [Error 10004]: Line 1:35 Invalid table alias or column reference 'x': (possible column names are: a, b, c, d, big, dt, ts, st, arr, m, ch, vc)

names select *, a from t1;
----
Result: t1.a int, t1.b string, t1.c decimal(10,2), t1.d double, t1.big bigint, t1.dt date, t1.ts timestamp, t1.st struct<x:int,y:string>, t1.arr array<int>, t1.m map<string,int>, t1.ch char(5), t1.vc varchar(10), a int

names select a+1 as a_1, a, a from t1;
----
Result: a_1 int, a int, a_2 int

names select t.a from (select t1.a, t2.a as a2 from t1 join t2 on t1.a=t2.a) t;
----
Result: t.a int

names select a from (select a, a from t1) q;
----
ERROR SemanticException [Error 10007]: Ambiguous column reference a in q

names select row_number() over () from t1;
----
Result: row_number_window_0 int

names select lead(a) from t1;
----
ERROR SemanticException [Error 10247]: Missing over clause for function :  lead

names select a from t1 where a = (select max(e), min(e) from t2);
----
ERROR CalciteSubquerySemanticException Line 1:55 Invalid SubQuery expression 'e' in definition of SubQuery sq_1 [
(select max(e), min(e) from t2)
] used as sq_1 at Line 0:-1: SubQuery can contain only 1 item in Select List.

names select a from t1 where a = (select e from t2 group by e);
----
Result: a int

names select a from t1 where a in (select e from t2 where t2.b > t1.b);
----
Result: a int

names select a from t1 where a = (select count(*) from t2 where t2.b > t1.b);
----
Result: a int

names select a from t1 group by a having a in (select e from t2 where t2.a = t1.a);
----
Result: a int

names select a, count(*) from t1 group by a having count(*) > (select count(*) from t2 where t2.a = t1.a);
----
Result: a int, _c1 bigint

names select a from t1 where exists (select 1 from t2 where t2.e = t1.nope);
----
ERROR CalciteSubquerySemanticException [Error 10002]: Line 1:64 Invalid column reference 'nope'

names select a from t1 where a between 'x' and 'y';
----
Result: a int

names select a from t1 where a in ('x', 2);
----
Result: a int

names select a from t1 where ts > '2020-01-01' and dt = '2020-01-01' and dt < ts;
----
Result: a int

names select a from t1 where st = named_struct('x',1,'y','a');
----
Result: a int

names select a from t1 where m = map('a',1);
----
Result: a int

names select a from t1 where arr = array(1);
----
Result: a int

names select a from t1 where a = arr;
----
ERROR SemanticException [Error 10014]: Line 1:23 Wrong arguments 'arr': Type mismatch in EQUAL(PRIMITIVE,LIST)

names select a from t1 order by m;
----
Result: a int

names select m from t1 group by m;
----
Result: m map<string,int>

names select distinct m from t1;
----
Result: m map<string,int>

names select a from t1 join t2 on t1.a = t2.a where t1.zz = 1;
----
ERROR SemanticException [Error 10002]: Line 1:49 Invalid column reference 'zz'

names select t1.a from t1 join t2 on t1.zz = t2.a;
----
ERROR SemanticException [Error 10002]: Line 1:34 Invalid column reference 'zz'

names select t1.a from t1 join t2 on zz = t2.a;
----
ERROR SemanticException [Error 10009]: Line 1:31 Invalid table alias 'zz'

names select * from t1 x join t1 x;
----
ERROR SemanticException [Error 10008]: Line 1:27 Ambiguous table alias 'x'

names select * from (select a+1 from t1) q;
----
Result: q._c0 int

names select `_c0` from (select a+1 from t1) q;
----
Result: _c0 int

names select q.`_c0` from (select a+1 from t1) q;
----
Result: q._c0 int

names select * from v2;
----
ERROR SemanticException [Error 10001]: Line 1:14 Table not found 'v2'
