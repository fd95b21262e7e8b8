create table t1 (a int, b string, c decimal(10,2), d double, big bigint, dt date, ts timestamp, st struct<x:int,y:string>, arr array<int>, m map<string,int>, ch char(5), vc varchar(10));

create table t2 (a int, b string, e int);

create table pt (a int, b string) partitioned by (ds string, hr int);

create view v1 as select a, t1.b as bb, count(*) c from t1 where a > 1 group by a, b;
----
select `t1`.`a`, `t1`.`b` as `bb`, count(*) `c` from `default`.`t1` where `t1`.`a` > 1 group by `t1`.`a`, `t1`.`b`

create view v2 (x, y) as select t1.a, e from t1 join t2 using (a);
----
SELECT `a` AS `x`, `e` AS `y` FROM (select `t1`.`a`, `t2`.`e` from `default`.`t1` join `default`.`t2` using (`a`)) `v2`

create view v3 as select * from t2 x;
----
select `x`.`a`, `x`.`b`, `x`.`e` from `default`.`t2` `x`

create view v4 as select x.*, `a`+1 from t2 x where exists (select 1 from t1 where t1.a = x.a);
----
select `x`.`a`, `x`.`b`, `x`.`e`, `x`.`a`+1 from `default`.`t2` `x` where exists (select 1 from `default`.`t1` where `t1`.`a` = `x`.`a`)

create view v5 as with q as (select a from t1) select q.a from q;
----
with q as (select `t1`.`a` from `default`.`t1`) select `q`.`a` from q

create view v6 as select a, b as a from t1;
----
ERROR SemanticException [Error 10036]: Duplicate column name: a

select * from v2;
----
Result: v2.x int, v2.y int
Project [x#16, y#17]
  Project [x#16=x#1, y#17=y#15]
    Project [x#1, y#15]
      Project [a#1, e#15]
        InnerJoin where =(a#1, a#13)
          Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]
          Scan default.t2 [a#13, b#14, e#15]

select v.bb, c from v1 v;
----
Result: v.bb string, c bigint
Project [bb#17, c#18]
  Project [a#16=a#13, bb#17=bb#14, c#18=c#15]
    Project [a#13, bb#14, c#15]
      Aggregate keys=[a#13=a#1, b#14=b#2] aggs=[count#15=count(*)]
        Filter >(a#1, 1)
          Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

select * from v4;
----
Result: v4.a int, v4.b string, v4.e int, v4._c3 int
Project [a#18, b#19, e#20, _c3#21]
  Project [a#18=a#1, b#19=b#2, e#20=e#3, _c3#21=_c3#17]
    Project [a#1, b#2, e#3, _c3#17=+(a#1, 1)]
      SemiJoin where =(a#4, a#1)
        Scan default.t2 x [a#1, b#2, e#3]
        Scan default.t1 [a#4, b#5, c#6, d#7, big#8, dt#9, ts#10, st#11, arr#12, m#13, ch#14, vc#15]

insert into v1 select 1;
----
ERROR SemanticException [Error 10090]: A view cannot be used as target table for LOAD or INSERT

create temporary macro plus_one(x int) x + 1;

select plus_one(a), plus_one('3') from t1;
----
Result: _c0 int, _c1 int
Project [_c0#15=+(a#1, 1), _c1#16=+(cast("3" as int), 1)]
  Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

select plus_one(a, 1) from t1;
----
ERROR SemanticException [Error 10015]: Line 1:7 Arguments length mismatch '1': The macro plus_one accepts exactly 1 arguments.

create table ctas as select a, a, a + 1, b x from t1;
----
Result: a int, a_1 int, _c2 int, x string

create table ctas as select a, null from t1;
----
ERROR SemanticException [Error 10305]: CREATE-TABLE-AS-SELECT creates a VOID type, please use CAST to specify the type, near field:  _c1
