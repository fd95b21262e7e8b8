-- RANGE frames with a distance over text: other values are out of reach.
create table w (g string, s string, v int);
insert into w values ('x','a',1),('x','a',2),('x','b',3),('x','c',4),('x','d',6),('y','b',7),('y','a',8);
select g, s, v, sum(v) over (partition by g order by s range between 2 preceding and 2 following), sum(v) over (partition by g order by s range between 1 preceding and current row), sum(v) over (partition by g order by s range between current row and 1 following), sum(v) over (partition by g order by s range between unbounded preceding and 1 following) from w order by g, s, v;
select g, s, v, count(v) over (partition by g order by s desc range between 2 preceding and unbounded following) from w order by g, s, v;
