-- JOIN … USING: the columns that * and t.* give, and what their names mean.
create table e (empid int, deptno int, name string);
create table d (deptno int, name string, l int);
insert into e values (100, 10, 'b'), (101, 20, 's'), (102, null, 'x');
insert into d values (10, 's', 7), (30, 'b', 8), (20, null, 9);
--! sort
select * from e t join d using (deptno);
--! sort
select * from (select * from e where empid < 120) t join d using (deptno);
--! sort
select t.* from (select * from e where empid < 120) t join d using (deptno);
--! sort
select d.* from e t join d using (deptno);
--! sort
select t.*, d.* from e t right join d using (deptno);
--! sort
select t.*, d.* from e t full join d using (deptno);
--! sort
select * from d join e using (deptno);
--! sort
select * from d left join e using (name);
--! sort
select * from d right join e using (name);
--! sort
select * from d full join e using (name);
--! sort
select * from d join e using (name, deptno);
--! sort
select * from d join e using (deptno, name);
--! sort
select * from d left join e using (deptno, name);
--! sort
select * from (select * from d join e using (deptno)) q;
create view v as select * from e join d using (deptno);
describe v;
create table c as select * from (select empid, deptno from e) x join d using (deptno);
describe c;
