-- Values of static partitions without a check of types stay as they are written; a rename finds them so.
create table p (a int) partitioned by (d decimal(6,2), dt date);
set hive.stats.autogather=false;
set hive.stats.column.autogather=false;
set hive.typecheck.on.insert=false;
insert into p partition (d = 1000.01BD, dt = date '2015-4-13') select 1;
show partitions p;
set hive.typecheck.on.insert=true;
alter table p partition (d = '1000.01BD', dt = date '2015-4-13') rename to partition (d = 1000.01BD, dt = date '2015-04-13');
show partitions p;
