-- Names in windows: behind HAVING they may be aliases of aggregates and columns of the select list; what is unknown, Hive finds when it
-- sorts windows into groups, other than in aggregates.
create table ab (a int, b int);
insert into ab values (1, 2), (1, 2), (1, 3), (2, 4), (20, -100), (-1000, 100), (4, 5), (3, 7), (8, 9);
select a, max(b) m, rank() over (partition by a order by m) from ab group by a having max(b) > 0 order by a;
select a as x, max(b) m, rank() over (order by m desc, x) from ab group by a having max(b) > 0 order by x;
select a, max(b) + 1 m, rank() over (order by m) from ab group by a having max(b) > 0 order by a;
select a, max(b) m, rank() over (order by m) from ab group by a order by a;
select rank() over (order by nope) from ab;
select a, rank() over (order by b) from ab group by a;
select a, sum(nope) over (order by a) from ab;
select a, sum(b) over (order by a) from ab group by a;
select a, sum(x.b) over (order by a) from ab group by a;
select a, rank() over (order by ab.b) from ab group by a;
select a, rank() over (order by a + b) from ab group by a;
select lead(nope) over (order by a) from ab;
select a, rank() over (order by max(nope)) from ab group by a;
select rank() over (order by a, x.b) from ab;
