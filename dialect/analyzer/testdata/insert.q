create table t1 (a int, b string, c decimal(10,2), d double, big bigint, dt date, ts timestamp, st struct<x:int,y:string>, arr array<int>, m map<string,int>, ch char(5), vc varchar(10));

create table t2 (a int, b string, e int);

create table pt (a int, b string) partitioned by (ds string, hr int);

insert into t2 select 1, 'x', 2;
----
Insert into default.t2
  Project [a#4=_c0#1, b#5=_c1#2, e#6=_c2#3]
    Project [_c0#1=1, _c1#2="x", _c2#3=2]
      Values [] ()

insert into t2 select * from t1;
----
ERROR SemanticException [Error 10044]: Line 1:12 Cannot insert into target table because column number/types are different 't2': Table insclause-0 has 3 columns, but query has 12 columns.

insert overwrite table t2 select big, a, b from t1;
----
Insert overwrite default.t2
  Project [a#13=cast(big#5 as int), b#14=cast(a#1 as string), e#15=cast(b#2 as int)]
    Project [big#5, a#1, b#2]
      Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

insert into t2(e, b) values (1, 'x'), (2, default);
----
Insert into default.t2
  Project [a#3=null, b#4=col2#2, e#5=col1#1]
    Values [col1#1, col2#2] (1, "x"), (2, null)

insert into t2 values (1, 'x', 2), (3, 4, '5');
----
Insert into default.t2
  Project [a#4=col1#1, b#5=col2#2, e#6=cast(col3#3 as int)]
    Values [col1#1, col2#2, col3#3] (1, "x", "2"), (3, "4", "5")

insert into pt select 1, 'x', 'd', 3;
----
Insert into default.pt partition(ds, hr)
  Project [a#5=_c0#1, b#6=_c1#2, ds#7=_c2#3, hr#8=_c3#4]
    Project [_c0#1=1, _c1#2="x", _c2#3="d", _c3#4=3]
      Values [] ()

insert into pt partition (ds = '1', hr = 2) select a, b from t1;
----
Insert into default.pt partition(ds="1", hr="2")
  Project [a#13=a#1, b#14=b#2]
    Project [a#1, b#2]
      Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

insert into pt partition (ds = '1', hr) select a, b, e from t2;
----
Insert into default.pt partition(ds="1", hr)
  Project [a#4=a#1, b#5=b#2, hr#6=e#3]
    Project [a#1, b#2, e#3]
      Scan default.t2 [a#1, b#2, e#3]

insert overwrite table pt partition (ds = '1', hr = 2) if not exists select a, b from t1;
----
Insert overwrite default.pt partition(ds="1", hr="2") if not exists
  Project [a#13=a#1, b#14=b#2]
    Project [a#1, b#2]
      Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

insert into pt partition (ds, hr = '1') select 1, 'x';
----
ERROR SemanticException [Error 10094]: Line 1:26 Dynamic partition cannot be the parent of a static partition ''1''

insert into pt partition (ds = '1') select 1, 'x', 3;
----
ERROR SemanticException [Error 10006]: Line 1:26 Partition not found ''1''

insert into pt partition (ds = '1', hr = 2, zz = 3) select 1, 'x';
----
ERROR ValidationFailureSemanticException default.pt: Partition spec {zz=3, hr=2, ds=1} contains non-partition columns

insert into t2(a, zz) select 1, 2;
----
ERROR SemanticException 1:15 'zz' in insert schema specification is not found among regular columns of default.t2 nor dynamic partition columns.. Error encountered near token 'zz'

insert into t2(a, a) select 1, 2;
----
ERROR SemanticException 1:15 Duplicate column name detected in default.t2 table schema specification. Error encountered near token 'a'

insert into t2(a, e) select 1;
----
ERROR SemanticException 1:28 Expected 2 columns for insclause-0/default@t2; select produces 1 columns. Error encountered near token '1'

insert into t2 select array(1), 'a', 2;
----
ERROR NoMatchingMethodException No matching method for class org.apache.hadoop.hive.ql.udf.UDFToInteger with (array<int>). Possible choices: _FUNC_(bigint)  _FUNC_(boolean)  _FUNC_(decimal(38,18))  _FUNC_(double)  _FUNC_(float)  _FUNC_(smallint)  _FUNC_(string)  _FUNC_(struct<writeid:bigint,bucketid:int,rowid:bigint>)  _FUNC_(timestamp)  _FUNC_(tinyint)  _FUNC_(void)  

insert overwrite directory '/x' stored as orc select a, null from t1;
----
Insert overwrite directory "/x"
  Project [_col0#14=a#1, _col1#15=cast(_c1#13 as string)]
    Project [a#1, _c1#13=null]
      Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

insert overwrite local directory '/y' row format delimited fields terminated by ',' select a, b from t1;
----
Insert overwrite local directory "/y"
  Project [_col0#13=a#1, _col1#14=b#2]
    Project [a#1, b#2]
      Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

from t1 insert overwrite table t2 select a, b, 1 where a > 1 insert into pt partition (ds = 'x', hr = 1) select max(a), b group by b;
----
Insert overwrite default.t2
  Project [a#26=a#13, b#27=b#14, e#28=_c2#25]
    Project [a#13, b#14, _c2#25=1]
      Filter >(a#13, 1)
        SharedRef 1 _source [a#13, b#14, c#15, d#16, big#17, dt#18, ts#19, st#20, arr#21, m#22, ch#23, vc#24]
Insert into default.pt partition(ds="x", hr="1")
  Project [a#43=_c0#42, b#44=b#41]
    Project [_c0#42, b#41]
      Aggregate keys=[b#41=b#30] aggs=[max#42=max(a#29)]
        SharedRef 1 _source [a#29, b#30, c#31, d#32, big#33, dt#34, ts#35, st#36, arr#37, m#38, ch#39, vc#40]
Shared 1 _source:
  Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

from t1 insert overwrite table t2 select a, b, 1 insert overwrite table t2 select a, b, 2;
----
ERROR SemanticException [Error 10087]: The same output cannot be present multiple times:  t2

from (select a, b from t1) s insert into t2 select s.a, s.b, x.e lateral view explode(array(1)) x as e insert into pt partition (ds='x', hr=1) select *;
----
Insert into default.t2
  Project [a#16=a#13, b#17=b#14, e#18=e#15]
    Project [a#13, b#14, e#15]
      Generate explode(array(1)) -> [e#15]
        SharedRef 1 _source [a#13, b#14]
Insert into default.pt partition(ds="x", hr="1")
  Project [a#21=a#19, b#22=b#20]
    Project [a#19, b#20]
      SharedRef 1 _source [a#19, b#20]
Shared 1 _source:
  Project [a#1, b#2]
    Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

with q as (select a from t1) insert into t2 select a, 'x', a from q;
----
Insert into default.t2
  Project [a#16=a#13, b#17=_c1#14, e#18=a#15]
    Project [a#13, _c1#14="x", a#15=a#13]
      Project [a#13=a#1]
        Project [a#1]
          Scan default.t1 [a#1, b#2, c#3, d#4, big#5, dt#6, ts#7, st#8, arr#9, m#10, ch#11, vc#12]

set hive.exec.dynamic.partition.mode=strict;

insert into pt partition (ds, hr) select 1, 'x', 'a', 2;
----
ERROR SemanticException [Error 10096]: Line 1:26 Dynamic partition strict mode requires at least one static partition column. To turn this off set hive.exec.dynamic.partition.mode=nonstrict 'hr'
