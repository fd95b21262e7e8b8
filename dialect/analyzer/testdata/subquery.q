create table t1 (a int, b string, c decimal(10,2), d double, big bigint, dt date, ts timestamp, st struct<x:int,y:string>, arr array<int>, m map<string,int>, ch char(5), vc varchar(10));

create table t2 (a int, b string, e int);

create table pt (a int, b string) partitioned by (ds string, hr int);

select a from t1 where a in (select e from t2);
----
Result: a int
Project [a#1]
  SemiJoin where =(a#1, e#15)
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
    Project [e#15]
      Scan default.t2 [a#13, b#14, e#15]

select a from t1 where a not in (select e from t2);
----
Result: a int
Project [a#1]
  NullAwareAntiJoin where =(a#1, e#15)
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
    Project [e#15]
      Scan default.t2 [a#13, b#14, e#15]

select a from t1 where exists (select 1 from t2 where t2.a = t1.a);
----
Result: a int
Project [a#1]
  SemiJoin where =(a#13, a#1)
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
    Scan default.t2 [a#13, b#14, e#15]

select a from t1 where not exists (select 1 from t2 where t2.a = t1.a and t2.e > t1.d);
----
Result: a int
Project [a#1]
  AntiJoin where and(=(a#13, a#1), >(cast(e#15 as double), d#4))
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
    Scan default.t2 [a#13, b#14, e#15]

select a from t1 where a not in (select e from t2 where t2.b = t1.b);
----
Result: a int
Project [a#1]
  AntiJoin where and(=(b#14, b#2), or(=(a#1, e#15), isnull(a#1), isnull(e#15)))
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
    Project [e#15, b#14]
      Scan default.t2 [a#13, b#14, e#15]

select a from t1 where a in (select e from t2 where t2.b = t1.b and t2.e < 10);
----
Result: a int
Project [a#1]
  SemiJoin where and(=(b#14, b#2), =(a#1, e#15))
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
    Project [e#15, b#14]
      Filter <(e#15, 10)
        Scan default.t2 [a#13, b#14, e#15]

select a from t1 where a in (select e from t2) or b = 'x';
----
Result: a int
Project [a#1]
  Filter or(_mark#16, =(b#2, "x"))
    MarkJoin -> _mark#16 where =(a#1, e#15)
      Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
      Project [e#15]
        Scan default.t2 [a#13, b#14, e#15]

select a, a in (select e from t2) from t1;
----
Result: a int, _c1 boolean
Project [a#1, _c1#16=_mark#17]
  MarkJoin -> _mark#17 null-aware where =(a#1, e#15)
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
    Project [e#15]
      Scan default.t2 [a#13, b#14, e#15]

select a, a in (select e from t2 where t2.b = t1.b) from t1;
----
Result: a int, _c1 boolean
Project [a#1, _c1#16=_mark#17]
  MarkJoin -> _mark#17 null-aware where and(istrue(=(b#14, b#2)), =(a#1, e#15))
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
    Project [e#15, b#14]
      Scan default.t2 [a#13, b#14, e#15]

select a, not exists (select 1 from t2 where t2.b = t1.b) x from t1;
----
Result: a int, x boolean
Project [a#1, x#17=not(_mark#18)]
  MarkJoin -> _mark#18 where =(b#14, b#2)
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
    Scan default.t2 [a#13, b#14, e#15]

select a from t1 where a > (select max(e) from t2);
----
Result: a int
Project [a#1]
  Filter >(a#1, _c0#16)
    InnerJoin
      Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
      Project [_c0#16]
        Aggregate keys=[] aggs=[max#16=max(e#15)]
          Scan default.t2 [a#13, b#14, e#15]

select a from t1 where a = (select count(*) from t2 where t2.b = t1.b);
----
Result: a int
Project [a#1]
  Filter =(cast(a#1 as bigint), coalesce(count#16, 0))
    LeftJoin where =(b#2, _key#17)
      Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
      Aggregate keys=[_key#17=b#14] aggs=[count#16=count(*)]
        Scan default.t2 [a#13, b#14, e#15]

select a, (select count(*) + 1 from t2 where t2.b = t1.b having count(*) > 1) from t1;
----
Result: a int, _c1 bigint
Project [a#1, _c1#18=if(>(coalesce(count#16, 0), 1), +(coalesce(count#16, 0), 1), null)]
  LeftJoin where =(b#2, _key#19)
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
    Aggregate keys=[_key#19=b#14] aggs=[count#16=count(*)]
      Scan default.t2 [a#13, b#14, e#15]

select a, (select e from t2 where t2.b = t1.b) from t1;
----
Result: a int, _c1 int
Project [a#1, _c1#16=e#15]
  SingleJoin where =(b#14, b#2)
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
    Project [e#15, b#14]
      Scan default.t2 [a#13, b#14, e#15]

select a from t1 where d > (select avg(e) from t2 where t2.a < t1.a);
----
Result: a int
Project [a#1]
  Filter >(d#4, _c0#16)
    SingleJoin where <=>(a#1, a#32)
      Project [a#1=a#33, b#2=b#34, c#3=c#35, d#4=d#36, big#5=big#37, dt#6=dt#38, ts#7=ts#39, st#8=st#40, arr#9=arr#41, m#10=m#42, ch#11=ch#43, vc#12=vc#44]
        SharedRef 1 _outer [a#33, b#34, c#35, d#36, big#37, dt#38, ts#39, st#40, arr#41, m#42, ch#43, vc#44]
      Project [_c0#16, a#32]
        Project [avg#16, a#32]
          LeftJoin where <=>(a#32, a#31)
            SharedRef 2 _domain [a#32]
            Aggregate keys=[a#31=a#30] aggs=[avg#16=avg(cast(e#15 as bigint))]
              Filter <(a#13, a#30)
                InnerJoin
                  SharedRef 2 _domain [a#30]
                  Scan default.t2 [a#13, b#14, e#15]
Shared 1 _outer:
  Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
Shared 2 _domain:
  Aggregate keys=[a#29=a#17] aggs=[]
    SharedRef 1 _outer [a#17, b#18, c#19, d#20, big#21, dt#22, ts#23, st#24, arr#25, m#26, ch#27, vc#28]

select a from t1 where a in (select e from t2 where t2.b = t1.b order by e limit 2);
----
Result: a int
Project [a#1]
  SemiJoin where and(<=>(b#2, b#29), =(a#1, e#15))
    Project [a#1=a#31, b#2=b#32, c#3=c#33, d#4=d#34, big#5=big#35, dt#6=dt#36, ts#7=ts#37, st#8=st#38, arr#9=arr#39, m#10=m#40, ch#11=ch#41, vc#12=vc#42]
      SharedRef 1 _outer [a#31, b#32, c#33, d#34, big#35, dt#36, ts#37, st#38, arr#39, m#40, ch#41, vc#42]
    Filter <=(cast(_row#30 as bigint), 2)
      Window _row#30=row_number() rows unbounded preceding..unbounded following partition by b#29 order by e#15
        Project [e#15, b#29]
          Filter =(b#14, b#29)
            InnerJoin
              SharedRef 2 _domain [b#29]
              Scan default.t2 [a#13, b#14, e#15]
Shared 1 _outer:
  Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
Shared 2 _domain:
  Aggregate keys=[b#28=b#17] aggs=[]
    SharedRef 1 _outer [a#16, b#17, c#18, d#19, big#20, dt#21, ts#22, st#23, arr#24, m#25, ch#26, vc#27]

select a from t1 where exists (select 1 from t2 where t2.a = t1.a limit 1);
----
Result: a int
Project [a#1]
  SemiJoin where =(a#13, a#1)
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
    Scan default.t2 [a#13, b#14, e#15]

select a from t1 where a in (select count(*) from t2 where t2.b = t1.b);
----
Result: a int
Project [a#1]
  Filter =(cast(a#1 as bigint), coalesce(count#16, 0))
    LeftJoin where =(b#2, _key#17)
      Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
      Aggregate keys=[_key#17=b#14] aggs=[count#16=count(*)]
        Scan default.t2 [a#13, b#14, e#15]

select a from t1 where a in (select e from t2 where t2.a = t1.a union all select a from t2 x where x.b = t1.b);
----
Result: a int
Project [a#1]
  SemiJoin where and(<=>(a#1, a#34), <=>(b#2, b#35), =(a#1, e#19))
    Project [a#1=a#40, b#2=b#41, c#3=c#42, d#4=d#43, big#5=big#44, dt#6=dt#45, ts#7=ts#46, st#8=st#47, arr#9=arr#48, m#10=m#49, ch#11=ch#50, vc#12=vc#51]
      SharedRef 1 _outer [a#40, b#41, c#42, d#43, big#44, dt#45, ts#46, st#47, arr#48, m#49, ch#50, vc#51]
    Union [e#19, a#34, b#35]
      Project [e#15, a#36, b#37]
        Filter =(a#13, a#36)
          InnerJoin
            SharedRef 2 _domain [a#36, b#37]
            Scan default.t2 [a#13, b#14, e#15]
      Project [a#16, a#38, b#39]
        Filter =(b#17, b#39)
          InnerJoin
            SharedRef 2 _domain [a#38, b#39]
            Scan default.t2 x [a#16, b#17, e#18]
Shared 1 _outer:
  Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
Shared 2 _domain:
  Aggregate keys=[a#32=a#20, b#33=b#21] aggs=[]
    SharedRef 1 _outer [a#20, b#21, c#22, d#23, big#24, dt#25, ts#26, st#27, arr#28, m#29, ch#30, vc#31]

select a from t1 where a > any (select e from t2);
----
Result: a int
Project [a#1]
  SemiJoin where >(a#1, e#15)
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
    Project [e#15]
      Scan default.t2 [a#13, b#14, e#15]

select a from t1 where a >= all (select e from t2);
----
Result: a int
Project [a#1]
  AntiJoin where or(<(a#1, e#15), isnull(a#1), isnull(e#15))
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
    Project [e#15]
      Scan default.t2 [a#13, b#14, e#15]

select a from t1 where not (a >= all (select e from t2));
----
Result: a int
Project [a#1]
  SemiJoin where <(a#1, e#15)
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
    Project [e#15]
      Scan default.t2 [a#13, b#14, e#15]

select a, count(*) from t1 group by a having count(*) > (select count(*) from t2 where t2.a = t1.a);
----
Result: a int, _c1 bigint
Project [a#13, _c1#14]
  Filter >(count#14, coalesce(count#18, 0))
    LeftJoin where =(a#13, _key#19)
      Aggregate keys=[a#13=a#1] aggs=[count#14=count(*)]
        Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
      Aggregate keys=[_key#19=a#15] aggs=[count#18=count(*)]
        Scan default.t2 [a#15, b#16, e#17]

select b, max(a) from t1 group by b having exists (select 1 from t2 where t2.e = max(t1.a));
----
Result: b string, _c1 int
Project [b#13, _c1#14]
  SemiJoin where =(e#17, max#14)
    Aggregate keys=[b#13=b#2] aggs=[max#14=max(a#1)]
      Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
    Scan default.t2 [a#15, b#16, e#17]

select a from t1 where exists (select 1 from t2 where t2.a = t1.a and exists (select 1 from t2 x where x.e = t2.e and x.b = t1.b));
----
Result: a int
Project [a#1]
  SemiJoin where and(<=>(a#1, a#35), <=>(b#2, b#36))
    Project [a#1=a#39, b#2=b#40, c#3=c#41, d#4=d#42, big#5=big#43, dt#6=dt#44, ts#7=ts#45, st#8=st#46, arr#9=arr#47, m#10=m#48, ch#11=ch#49, vc#12=vc#50]
      SharedRef 1 _outer [a#39, b#40, c#41, d#42, big#43, dt#44, ts#45, st#46, arr#47, m#48, ch#49, vc#50]
    Filter =(a#13, a#35)
      SemiJoin where and(<=>(a#35, a#37), <=>(b#36, b#38), =(e#18, e#15))
        InnerJoin
          SharedRef 2 _domain [a#35, b#36]
          Scan default.t2 [a#13, b#14, e#15]
        Filter =(b#17, b#38)
          InnerJoin
            SharedRef 2 _domain [a#37, b#38]
            Scan default.t2 x [a#16, b#17, e#18]
Shared 1 _outer:
  Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
Shared 2 _domain:
  Aggregate keys=[a#33=a#21, b#34=b#22] aggs=[]
    SharedRef 1 _outer [a#21, b#22, c#23, d#24, big#25, dt#26, ts#27, st#28, arr#29, m#30, ch#31, vc#32]

select case when (select max(e) from t2) between 1 and 5 then 'x' else 'y' end from t1;
----
Result: _c0 string
Project [_c0#17=case(and(>=(_c0#16, 1), <=(_c0#16, 5)), "x", "y")]
  InnerJoin
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
    Project [_c0#16]
      Aggregate keys=[] aggs=[max#16=max(e#15)]
        Scan default.t2 [a#13, b#14, e#15]

select a from t1 where exists (select t2.b from t2 where t2.a = t1.a group by t2.b);
----
Result: a int
Project [a#1]
  SemiJoin where =(a#13, a#1)
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
    Scan default.t2 [a#13, b#14, e#15]

select a from t1 where a in (select max(e) from t2 where t2.a = t1.a group by t2.b);
----
Result: a int
Project [a#1]
  SemiJoin where and(=(a#13, a#1), =(a#1, _c0#17))
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
    Project [_c0#17, a#13]
      Aggregate keys=[b#16=b#14, a#13] aggs=[max#17=max(e#15)]
        Scan default.t2 [a#13, b#14, e#15]

select a from t1 where exists (select count(*) from t2 where t2.a = t1.a);
----
Result: a int
Project [a#1]
  Filter true
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

select a, (select sum(x.e) from t2 x where (x.a = t1.a and x.b = 'p') or (x.a = t1.a and x.b = 'q')) from t1;
----
Result: a int, _c1 bigint
Project [a#1, _c1#17=sum#16]
  LeftJoin where =(a#1, _key#18)
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
    Aggregate keys=[_key#18=a#13] aggs=[sum#16=sum(cast(e#15 as bigint))]
      Filter or(=(b#14, "p"), =(b#14, "q"))
        Scan default.t2 x [a#13, b#14, e#15]

select a from t1 where a in (select rank() over (order by e) from t2 where t2.b = t1.b);
----
Result: a int
Project [a#1]
  SemiJoin where and(<=>(b#2, b#30), =(a#1, _c0#16))
    Project [a#1=a#31, b#2=b#32, c#3=c#33, d#4=d#34, big#5=big#35, dt#6=dt#36, ts#7=ts#37, st#8=st#38, arr#9=arr#39, m#10=m#40, ch#11=ch#41, vc#12=vc#42]
      SharedRef 1 _outer [a#31, b#32, c#33, d#34, big#35, dt#36, ts#37, st#38, arr#39, m#40, ch#41, vc#42]
    Project [_c0#16, b#30]
      Window rank_window_0#16=rank() rows unbounded preceding..unbounded following partition by b#30 order by e#15
        Filter =(b#14, b#30)
          InnerJoin
            SharedRef 2 _domain [b#30]
            Scan default.t2 [a#13, b#14, e#15]
Shared 1 _outer:
  Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
Shared 2 _domain:
  Aggregate keys=[b#29=b#18] aggs=[]
    SharedRef 1 _outer [a#17, b#18, c#19, d#20, big#21, dt#22, ts#23, st#24, arr#25, m#26, ch#27, vc#28]

select a from t1 where exists (select 1 from t2 where t2.a = t1.a and t2.e > (select max(x.e) from t2 x where x.a < t2.a));
----
Result: a int
Project [a#1]
  SemiJoin where =(a#13, a#1)
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
    Filter >(e#15, _c0#19)
      SingleJoin where <=>(a#13, a#27)
        Project [a#13=a#28, b#14=b#29, e#15=e#30]
          SharedRef 1 _outer [a#28, b#29, e#30]
        Project [_c0#19, a#27]
          Project [max#19, a#27]
            LeftJoin where <=>(a#27, a#26)
              SharedRef 2 _domain [a#27]
              Aggregate keys=[a#26=a#25] aggs=[max#19=max(e#18)]
                Filter <(a#16, a#25)
                  InnerJoin
                    SharedRef 2 _domain [a#25]
                    Scan default.t2 x [a#16, b#17, e#18]
Shared 1 _outer:
  Scan default.t2 [a#13, b#14, e#15]
Shared 2 _domain:
  Aggregate keys=[a#24=a#21] aggs=[]
    SharedRef 1 _outer [a#21, b#22, e#23]

select a from t1 where exists (select 1 from t2 where t2.a > t1.a and t2.e > (select max(x.e) from t2 x where x.a < t2.a and x.b = t1.b));
----
Result: a int
Project [a#1]
  SemiJoin where and(<=>(a#1, a#45), <=>(b#2, b#46))
    Project [a#1=a#53, b#2=b#54, c#3=c#55, d#4=d#56, big#5=big#57, dt#6=dt#58, ts#7=ts#59, st#8=st#60, arr#9=arr#61, m#10=m#62, ch#11=ch#63, vc#12=vc#64]
      SharedRef 3 _outer [a#53, b#54, c#55, d#56, big#57, dt#58, ts#59, st#60, arr#61, m#62, ch#63, vc#64]
    Filter and(>(a#13, a#45), >(e#15, _c0#19))
      SingleJoin where and(<=>(a#45, a#47), <=>(b#46, b#48), <=>(a#13, a#27))
        InnerJoin
          SharedRef 4 _domain [a#45, b#46]
          Project [a#13=a#28, b#14=b#29, e#15=e#30]
            SharedRef 1 _outer [a#28, b#29, e#30]
        Project [_c0#19, a#27, a#47, b#48]
          Project [max#19, a#27, a#47, b#48]
            LeftJoin where and(<=>(a#47, a#51), <=>(b#48, b#52), <=>(a#27, a#26))
              InnerJoin
                SharedRef 4 _domain [a#47, b#48]
                SharedRef 2 _domain [a#27]
              Aggregate keys=[a#51=a#49, b#52=b#50, a#26=a#25] aggs=[max#19=max(e#18)]
                Filter and(<(a#16, a#25), =(b#17, b#50))
                  InnerJoin
                    SharedRef 4 _domain [a#49, b#50]
                    InnerJoin
                      SharedRef 2 _domain [a#25]
                      Scan default.t2 x [a#16, b#17, e#18]
Shared 3 _outer:
  Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
Shared 4 _domain:
  Aggregate keys=[a#43=a#31, b#44=b#32] aggs=[]
    SharedRef 3 _outer [a#31, b#32, c#33, d#34, big#35, dt#36, ts#37, st#38, arr#39, m#40, ch#41, vc#42]
Shared 1 _outer:
  Scan default.t2 [a#13, b#14, e#15]
Shared 2 _domain:
  Aggregate keys=[a#24=a#21] aggs=[]
    SharedRef 1 _outer [a#21, b#22, e#23]

select a, (select max(e) from t2 where t2.a = t1.a) m, count(*) from t1 group by a order by m;
----
Result: a int, m int, _c2 bigint
Sort m#19
  Project [a#13, m#19=max#17, _c2#18]
    LeftJoin where =(a#13, _key#20)
      Aggregate keys=[a#13=a#1] aggs=[count#18=count(*)]
        Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
      Aggregate keys=[_key#20=a#14] aggs=[max#17=max(e#16)]
        Scan default.t2 [a#14, b#15, e#16]
