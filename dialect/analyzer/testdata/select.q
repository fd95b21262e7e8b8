create table t1 (a int, b string, c decimal(10,2), d double, big bigint, dt date, ts timestamp, st struct<x:int,y:string>, arr array<int>, m map<string,int>, ch char(5), vc varchar(10));

create table t2 (a int, b string, e int);

create table pt (a int, b string) partitioned by (ds string, hr int);

select 1, 'a', null, 1.10, 0.001, 1e3, 10L, true, -5, 2147483648, -2147483648, 9223372036854775808;
----
Result: _c0 int, _c1 string, _c2 void, _c3 decimal(2,1), _c4 decimal(3,3), _c5 double, _c6 bigint, _c7 boolean, _c8 int, _c9 bigint, _c10 bigint, _c11 decimal(19,0)
Project [_c0#1=1, _c1#2="a", _c2#3=null, _c3#4=1.1:decimal(2,1), _c4#5=0.001:decimal(3,3), _c5#6=1000, _c6#7=10, _c7#8=true, _c8#9=-5, _c9#10=2147483648, _c10#11=-2147483648, _c11#12=9223372036854775808:decimal(19,0)]
  Values [] ()

select a + 1, a + 1.5, a / 2, a % 3, b + 1, -d from t1 where a > 1 and b = 'x' or not c is null;
----
Result: _c0 int, _c1 decimal(12,1), _c2 double, _c3 int, _c4 double, _c5 double
Project [_c0#13=+(a#1, 1), _c1#14=+(cast(a#1 as decimal(10,0)), 1.5:decimal(2,1)), _c2#15=/(cast(a#1 as double), 2), _c3#16=%(a#1, 3), _c4#17=+(cast(b#2 as double), 1), _c5#18=negative(d#4)]
  Filter or(and(>(a#1, 1), =(b#2, "x")), not(isnull(c#3)))
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

select a from t1 where a = '5' and big in (1, 2) and a between 1 and 2.5 and ch = 'abc' and vc = 'toolongtext for it';
----
Result: a int
Project [a#1]
  Filter and(=(a#1, 5), in(big#5, 1, 2), and(>=(cast(a#1 as decimal(11,1)), 1.0:decimal(11,1)), <=(cast(a#1 as decimal(11,1)), 2.5:decimal(11,1))), =(ch#11, "abc"), =(cast(vc#12 as string), "toolongtext for it"))
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

select a from t1 where a in (1, '2', 2.5, 'x', null);
----
Result: a int
Project [a#1]
  Filter in(a#1, 1, 2, null)
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

select a from t1 where (a, b) in ((1, 'x'), (2, 'y'));
----
Result: a int
Project [a#1]
  Filter in(struct(a#1, b#2), struct(1, "x"), struct(2, "y"))
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

select case a when 1 then 'x' when '2' then 'y' end, case when a > 1 then 1 else 2.5 end, if(a > 1, a, big), coalesce(a, d, 1) from t1;
----
Result: _c0 string, _c1 decimal(11,1), _c2 bigint, _c3 double
Project [_c0#13=case(=(a#1, 1), "x", =(a#1, 2), "y"), _c1#14=case(>(a#1, 1), 1.0:decimal(11,1), 2.5:decimal(11,1)), _c2#15=if(>(a#1, 1), cast(a#1 as bigint), big#5), _c3#16=coalesce(cast(a#1 as double), d#4, 1)]
  Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

select * from t1 x join t2 y on x.a = y.a and x.d > 1;
----
Result: x.a int, x.b string, x.c decimal(10,2), x.d double, x.big bigint, x.dt date, x.ts timestamp, x.st struct<x:int,y:string>, x.arr array<int>, x.m map<string,int>, x.ch char(5), x.vc varchar(10), y.a int, y.b string, y.e int
Project [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12, a#13, b#14, e#15]
  InnerJoin where and(=(a#1, a#13), >(d#4, 1))
    Scan default.t1 x [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
    Scan default.t2 y [a#13, b#14, e#15]

select * from t2 left join pt on t2.a = pt.a and pt.ds = '1';
----
Result: t2.a int, t2.b string, t2.e int, pt.a int, pt.b string, pt.ds string, pt.hr int
Project [a#1, b#2, e#3, a#4, b#5, ds#6, hr#7]
  LeftJoin where and(=(a#1, a#4), =(ds#6, "1"))
    Scan default.t2 [a#1, b#2, e#3]
    Scan default.pt [a#4, b#5, ds#6, hr#7]

select a, b, t2.e from t1 join t2 using (a, b);
----
Result: a int, b string, t2.e int
Project [a#1, b#2, e#15]
  InnerJoin where and(=(a#1, a#13), =(b#2, b#14))
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
    Scan default.t2 [a#13, b#14, e#15]

select a, t2.e from t1 full join t2 using (a) order by a;
----
Result: a int, t2.e int
Sort a#16
  Project [a#16, e#15]
    Project [a#16=coalesce(a#1, a#13), a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12, a#13, b#14, e#15]
      FullJoin where =(a#1, a#13)
        Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
        Scan default.t2 [a#13, b#14, e#15]

select t1.a from t1 left semi join t2 on t1.a = t2.a;
----
Result: t1.a int
Project [a#1]
  SemiJoin where =(a#1, a#13)
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
    Scan default.t2 [a#13, b#14, e#15]

select distinct a, b from t1 order by b desc, a limit 5;
----
Result: a int, b string
Sort b#2 desc nulls first, a#1 limit=5
  Aggregate keys=[a#1, b#2] aggs=[]
    Project [a#1, b#2]
      Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

select a, count(*), count(distinct b), sum(c), avg(d) from t1 group by a having sum(c) > 10 order by 2 desc limit 3 offset 1;
----
Result: a int, _c1 bigint, _c2 bigint, _c3 decimal(20,2), _c4 double
Sort _c1#14 desc nulls first limit=3 offset=1
  Project [a#13, _c1#14, _c2#15, _c3#16, _c4#17]
    Filter >(sum#16, 10.00:decimal(20,2))
      Aggregate keys=[a#13=a#1] aggs=[count#14=count(*), count#15=count(distinct b#2), sum#16=sum(c#3), avg#17=avg(d#4)]
        Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

select a + 1, max(b) from t1 group by a + 1 order by a + 1;
----
Result: _c0 int, _c1 string
Sort _c0#13
  Project [_c0#13, _c1#14]
    Aggregate keys=[_k0#13=+(a#1, 1)] aggs=[max#14=max(b#2)]
      Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

select b, a, grouping__id, grouping(a), grouping(a, b), count(*) from t1 group by a, b with rollup;
----
Result: b string, a int, grouping__id bigint, _c3 bigint, _c4 bigint, _c5 bigint
Project [b#14, a#13, grouping__id#15, _c3#17=&(shiftright(grouping__id#15, 1), 1), _c4#18=+(*(&(shiftright(grouping__id#15, 1), 1), 2), &(shiftright(grouping__id#15, 0), 1)), _c5#16]
  Aggregate keys=[a#13=a#1, b#14=b#2] sets=(0,1)(0)() id=grouping__id#15 aggs=[count#16=count(*)]
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

select a, b, count(*) from t1 group by cube (a, b);
----
Result: a int, b string, _c2 bigint
Project [a#13, b#14, _c2#15]
  Aggregate keys=[a#13=a#1, b#14=b#2] sets=(0,1)(0)(1)() aggs=[count#15=count(*)]
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

select a, b, count(*) from t1 group by a, b grouping sets ((a, b), b, ());
----
Result: a int, b string, _c2 bigint
Project [a#13, b#14, _c2#15]
  Aggregate keys=[a#13=a#1, b#14=b#2] sets=(0,1)(1)() aggs=[count#15=count(*)]
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

select a, sum(c) over (partition by b order by a), rank() over (partition by b order by a), lead(a, 2) over w, sum(d) over (order by a rows between 1 preceding and 2 following), avg(d) over (order by dt range between 3 preceding and current row), count(*) over () from t1 window w as (partition by b order by d desc);
----
Result: a int, _c1 decimal(20,2), _c2 int, _c3 int, _c4 double, _c5 double, count_window_5 bigint
Project [a#1, _c1#13, _c2#14, _c3#15, _c4#16, _c5#17, _c6#18]
  Window count_window_5#18=count() rows unbounded preceding..unbounded following
    Window avg_window_4#17=avg(d#4) range 3 preceding..current row order by dt#6
      Window sum_window_3#16=sum(d#4) rows 1 preceding..2 following order by a#1
        Window lead_window_2#15=lead(a#1, 2) rows unbounded preceding..unbounded following partition by b#2 order by d#4 desc nulls first
          Window sum_window_0#13=sum(c#3) range unbounded preceding..current row, rank_window_1#14=rank() rows unbounded preceding..unbounded following partition by b#2 order by a#1
            Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

select b, sum(a) s, rank() over (order by sum(a) desc) r from t1 group by b order by r, s;
----
Result: b string, s bigint, r int
Sort r#15, s#14
  Project [b#13, s#14, r#15]
    Window rank_window_0#15=rank() rows unbounded preceding..unbounded following order by sum#14 desc nulls first
      Aggregate keys=[b#13=b#2] aggs=[sum#14=sum(cast(a#1 as bigint))]
        Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

select a from t1 sort by a;
----
Result: a int
SortPartial a#1
  Project [a#1]
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

select a, b from t1 distribute by a sort by b desc;
----
Result: a int, b string
SortPartial b#2 desc nulls first
  Distribute a#1
    Project [a#1, b#2]
      Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

select a from t1 cluster by a;
----
Result: a int
SortPartial a#1 nulls first
  Distribute a#1
    Project [a#1]
      Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

select a from t1 order by b, d + 1;
----
Result: a int
Project [a#1]
  Sort _s#13, _s#14
    Project [a#1, _s#13=b#2, _s#14=+(d#4, 1)]
      Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

select x from (select a x, b from t1 order by b) t;
----
Result: x int
Project [x#1]
  Project [x#1, b#2]
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

select x from (select a x, b from t1 order by b limit 3) t;
----
Result: x int
Project [x#1]
  Sort b#2 limit=3
    Project [x#1, b#2]
      Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

with q as (select a, b from t1) select * from q;
----
Result: q.a int, q.b string
Project [a#13, b#14]
  Project [a#13=a#1, b#14=b#2]
    Project [a#1, b#2]
      Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

with q as (select a, b from t1), r as (select max(a) m from q) select q.a, r.m from q, r where q.a = r.m;
----
Result: q.a int, r.m int
Project [a#13, m#18]
  Filter =(a#13, m#18)
    InnerJoin
      SharedRef 1 q [a#13, b#14]
      Project [m#18=m#17]
        Project [m#17]
          Aggregate keys=[] aggs=[max#17=max(a#15)]
            SharedRef 1 q [a#15, b#16]
Shared 1 q:
  Project [a#1, b#2]
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

select a from t1 union all select e from t2 union all select big from t1;
----
Result: a bigint
Union [a#28]
  Project [a#29=cast(a#1 as bigint)]
    Project [a#1]
      Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
  Project [e#30=cast(e#15 as bigint)]
    Project [e#15]
      Scan default.t2 [a#13, b#14, e#15]
  Project [big#20]
    Scan default.t1 [a#16, b#17, c#18, d#19, big#20, dt#21, ts#22, st#23, arr#24, m#25, ch#26, vc#27]

select a, b from t1 union select a, b from t2 order by a limit 2;
----
Result: a int, b string
Sort a#16 limit=2
  Aggregate keys=[a#16, b#17] aggs=[]
    Union [a#16, b#17]
      Project [a#1, b#2]
        Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
      Project [a#13, b#14]
        Scan default.t2 [a#13, b#14, e#15]

select a, b from t1 intersect select a, b from t2;
----
Result: a int, b string
Project [a#22, b#23]
  Filter and(>(_n0#25, 0), >(_n1#27, 0))
    Aggregate keys=[a#22=a#16, b#23=b#17] aggs=[_n0#25=sum(_m0#24), _n1#27=sum(_m1#26)]
      Union [a#16, b#17, _m0#24, _m1#26]
        Project [a#1, b#2, _m0#18=1, _m1#19=0]
          Project [a#1, b#2]
            Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
        Project [a#13, b#14, _m0#20=0, _m1#21=1]
          Project [a#13, b#14]
            Scan default.t2 [a#13, b#14, e#15]

select a, b from t1 except all select a, b from t2;
----
Result: a int, b string
Project [a#22, b#23]
  Generate replicate_rows(_times#28) -> [_r#29]
    Filter >(_times#28, 0)
      Project [a#22, b#23, _times#28=-(_n0#25, _n1#27)]
        Aggregate keys=[a#22=a#16, b#23=b#17] aggs=[_n0#25=sum(_m0#24), _n1#27=sum(_m1#26)]
          Union [a#16, b#17, _m0#24, _m1#26]
            Project [a#1, b#2, _m0#18=1, _m1#19=0]
              Project [a#1, b#2]
                Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
            Project [a#13, b#14, _m0#20=0, _m1#21=1]
              Project [a#13, b#14]
                Scan default.t2 [a#13, b#14, e#15]

select a from t1 union all (select e from t2 order by e limit 1);
----
Result: a int
Union [a#16]
  Project [a#1]
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
  Sort e#15 limit=1
    Project [e#15]
      Scan default.t2 [a#13, b#14, e#15]

select st.x, arr[0], m['k'], size(arr), t1.st.y from t1;
----
Result: x int, _c1 int, _c2 int, _c3 int, y string
Project [x#13=field(st#8, 0), _c1#14=index(arr#9, 0), _c2#15=index(m#10, "k"), _c3#16=size(arr#9), y#17=field(st#8, 1)]
  Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

select * from t2 lateral view explode(array(a, e)) x as v lateral view outer posexplode(array(v)) y as p, q where v > 1;
----
Result: t2.a int, t2.b string, t2.e int, x.v int, y.p int, y.q int
Project [a#1, b#2, e#3, v#4, p#5, q#6]
  Filter >(v#4, 1)
    Generate outer posexplode(array(v#4)) -> [p#5, q#6]
      Generate explode(array(a#1, e#3)) -> [v#4]
        Scan default.t2 [a#1, b#2, e#3]

select explode(map('a', 1)) as (k, v) from t2;
----
Result: k string, v int
Project [k#4, v#5]
  Generate explode(map("a", 1)) -> [k#4, v#5]
    Scan default.t2 [a#1, b#2, e#3]

select stack(2, 1, 'a', 2, 'b') as (n, s);
----
Result: n int, s string
Project [n#1, s#2]
  Generate stack(2, 1, "a", 2, "b") -> [n#1, s#2]
    Values [] ()

select transform(a, b) using 'cat' as (x int, y) from t1;
----
Result: x int, y string
Script "cat"(a#1, b#2) -> [x#13, y#14]
  Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

select transform(a, b) using 'cat' from t1;
----
Result: key string, value string
Script "cat"(a#1, b#2) -> [key#13, value#14]
  Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

select input__file__name, block__offset__inside__file, a from t1;
----
Result: input__file__name string, block__offset__inside__file bigint, a int
Project [input__file__name#13, block__offset__inside__file#14, a#1]
  Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12, input__file__name#13, block__offset__inside__file#14]

select * from t1 tablesample(bucket 1 out of 4 on a) s;
----
Result: s.a int, s.b string, s.c decimal(10,2), s.d double, s.big bigint, s.dt date, s.ts timestamp, s.st struct<x:int,y:string>, s.arr array<int>, s.m map<string,int>, s.ch char(5), s.vc varchar(10)
Project [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
  Scan default.t1 s [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12] sample=bucket 1 out of 4 on [a#1]

select * from t2 tablesample(10 percent);
----
ERROR SemanticException 1:29 Percentage sampling is not supported in org.apache.hadoop.hive.ql.io.HiveInputFormat. Error encountered near token '10'

values (1, 'a'), (2.5, null);
----
Result: col1 decimal(11,1), col2 string
Values [col1#1, col2#2] (1.0:decimal(11,1), "a"), (2.5:decimal(11,1), null)

select date '2020-01-31' + interval 1 month, dt - interval '2' day, ts + interval '1 2:3:4.5' day to second, dt - date '2020-01-01', interval (a) day from t1;
----
Result: _c0 date, _c1 timestamp, _c2 timestamp, _c3 interval_day_time, _c4 interval_day_time
Project [_c0#13=+(18292, 1), _c1#14=-(cast(dt#6 as timestamp), {false 0 0 {172800 0}  []}:interval_day_time), _c2#15=+(ts#7, {false 0 0 {93784 500000000}  []}:interval_day_time), _c3#16=-(dt#6, 18262), _c4#17=internal_interval("day", cast(a#1 as string))]
  Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

select current_date, current_timestamp, current_user(), current_database();
----
Result: _c0 date, _c1 timestamp, _c2 string, _c3 string
Project [_c0#1=19783, _c1#2={false 0 0 {1709296215 0}  []}:timestamp, _c2#3="tester", _c3#4="default"]
  Values [] ()

select a from t1 where dt = '2020-01-01' and ts > '2020-01-01 10:00:00' and dt < ts;
----
Result: a int
Project [a#1]
  Filter and(=(dt#6, 18262), >(ts#7, {false 0 0 {1577872800 0}  []}:timestamp), <(cast(dt#6 as timestamp), ts#7))
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

select a from t1 where a <=> e and a is distinct from 3;
----
ERROR SemanticException [Error 10004]: Line 1:29 Invalid table alias or column reference 'e': (possible column names are: a, b, c, d, big, dt, ts, st, arr, m, ch, vc)

select count(a, b), count(distinct a, b) from t1;
----
ERROR UDFArgumentException DISTINCT keyword must be specified

select a from t1 where b like 'x%' and b not like any ('a%', 'b%') and b rlike '^x';
----
Result: a int
Project [a#1]
  Filter and(like(b#2, "x%"), not(likeany(b#2, "a%", "b%")), rlike(b#2, "^x"))
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

select * from (select a, a, b from t1) t;
----
Result: t.a int, t._col1 int, t.b string
Project [a#1, _col1#13, b#2]
  Project [a#1, a#13=a#1, b#2]
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

select hash(*) from t2;
----
Result: _c0 int
Project [_c0#4=hash(a#1, b#2, e#3)]
  Scan default.t2 [a#1, b#2, e#3]

select a, b from t2 where a;
----
Result: a int, b string
Project [a#1, b#2]
  Filter cast(a#1 as boolean)
    Scan default.t2 [a#1, b#2, e#3]
