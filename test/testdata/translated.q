-- Hive 4 makes tables without transactions external ones that own their files.
create table t (a int, b string) stored as orc;
insert into t values (1,'x');
alter table t concatenate;
--! mask \d{4,}|file:\S+|'\d+'
show create table t;
alter table t rename to t2;
select * from t2;
truncate table t2;
select count(*) from t2;
create table tl like t2;
--! mask \d{4,}|file:\S+|'\d+'
show create table tl;
create external table te (a int);
create table tel like te;
--! mask \d{4,}|file:\S+|'\d+'
show create table tel;
alter table t2 set tblproperties('EXTERNAL'='FALSE');
--! mask \d{4,}|file:\S+|'\d+'|root|hive_test_user
show create table t2;
create table tc as select 1 a;
--! mask \d{4,}|file:\S+|'\d+'
show create table tc;
create table tk (a int not null, b int primary key disable novalidate, c int check (c > 0) enable);
insert into tk values (1, 1, 1);
insert into tk values (1, 1, -1);
alter table tk add constraint k2 check (a > 0) enable;
create table tp (a int) partitioned by (p int);
insert into tp partition (p=1) values (1);
alter table tp rename to tp2;
select * from tp2;
drop table tp2;
create table tp2 (a int) partitioned by (p int);
msck repair table tp2;
select * from tp2;
