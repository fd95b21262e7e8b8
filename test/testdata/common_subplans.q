-- Subqueries that are written several times: equal, equal up to columns, filters or names, in every kind of place.
create table f (k1 int, k2 int, v int, w decimal(7,2), s string);
insert into f values (1, 1, 10, 1.50, 'a'), (1, 2, 20, 2.50, 'b'), (1, 2, null, 3.25, null), (2, 1, 5, null, 'a'), (2, 3, 7, 4.00, 'c'), (3, 3, 7, 0.75, 'c'), (null, 1, 1, 9.99, 'n'), (null, null, 2, 1.00, 'a');
create table d (k int, name string);
insert into d values (1, 'one'), (2, 'two'), (2, 'zwei'), (4, 'four'), (null, 'none');
-- the same aggregation, with other calls, and with other names
select a.k1, a.s, b.m from (select k1, sum(v) s from f group by k1) a join (select k1, max(w) m from f group by k1) b on a.k1 = b.k1 order by a.k1;
select a.x, b.y from (select k1 x, count(*) n from f group by k1) a join (select k1 y, count(*) m from f t group by k1) b on a.n = b.m order by a.x, b.y;
select (select max(v) from f where k1 = 1), (select min(w) from f where k1 = 1), (select count(*) from f where k1 = 1), (select max(v) from f where k1 = 2);
-- keys in another order, an expression as the key, distinct calls
select a.k1, a.k2, a.n, b.n from (select k1, k2, count(*) n from f group by k1, k2) a join (select k2, k1, count(*) n from f group by k2, k1) b on a.k1 = b.k1 and a.k2 = b.k2 order by a.k1, a.k2;
select a.p, a.c, b.c from (select k1 + k2 p, count(distinct s) c from f group by k1 + k2) a left join (select k1 + k2 p, count(s) c from f group by k1 + k2) b on a.p = b.p order by a.p;
-- filters on one of them only, outside and inside
select a.k1, b.k1, a.n from (select k1, count(*) n from f group by k1) a join (select k1, count(*) n from f where v > 1 group by k1) b on a.n = b.n order by a.k1, b.k1;
select a.k1, b.k1, a.n from (select k1, count(*) n from f group by k1) a join (select k1, count(*) n from f group by k1) b on a.n = b.n where a.k1 < 3 order by a.k1, b.k1;
select a.k1, a.n, b.n from (select k1, count(*) n from f group by k1 having count(*) > 1) a full join (select k1, count(*) n from f group by k1) b on a.k1 = b.k1 order by a.k1, b.n;
-- joins
select v from f join d on k2 = k where name like 't%' union all select v from f join d on k2 = k where name like 't%' order by v;
select t.k1, t.name, u.c from (select k1, name, v from f left join d on k1 = k) t join (select k1, count(name) c from f left join d on k1 = k group by k1) u on t.k1 = u.k1 order by t.k1, t.name, u.c;
select * from d where k in (select k1 from f join d on k1 = k group by k1 having count(*) > 2) or k not in (select k1 from f join d on k1 = k group by k1 having count(*) > 2) order by k, name;
-- set operations and table expressions
select k1 from (select k1, count(*) n from f group by k1) a intersect select k1 from (select k1, count(*) n from f group by k1) b where n > 1 order by k1;
with t as (select k1, sum(v) s from f group by k1), u as (select k1, sum(v) s from f group by k1) select t.k1, u.s from t join u on t.k1 = u.k1 join (select k1, sum(v) s from f group by k1) x on x.k1 = t.k1 order by t.k1;
with t as (select k1, sum(v) s from f group by k1) select a.k1, b.s, c.s from t a join t b on a.k1 = b.k1 left join (select k1, sum(v) s from f group by k1) c on c.s = a.s order by a.k1;
-- grouping sets and windows
select a.k1, a.k2, a.n, b.n from (select k1, k2, count(*) n from f group by k1, k2 with rollup) a join (select k1, k2, sum(v) n from f group by k1, k2 with rollup) b on a.k1 <=> b.k1 and a.k2 <=> b.k2 where a.k1 is not null and a.k2 is not null order by a.k1, a.k2, a.n, b.n;
select a.v, a.r, b.c from (select k1, v, rank() over (partition by k1 order by v) r from f) a join (select k1, v, count(*) over (partition by k1 order by v) c from f) b on a.k1 = b.k1 and a.v = b.v order by a.v, a.r, b.c;
-- lateral views
select a.x, b.n from (select k1, x from f lateral view explode(array(v, k2)) e as x) a join (select x, count(*) n from f lateral view explode(array(v, k2)) e as x group by x) b on a.x = b.x order by a.x, b.n;
-- scalar subqueries: none, one, several rows, whether their value is needed or not
select k1, v from f where v = (select max(v) from f where k1 = 7) order by k1;
select name from d where k = (select k1 from f where v = 20) order by name;
select name, (select k1 from f where v = 999) x from d order by name;
--! fails
select name from d where k = (select k1 from f where k2 = 1);
select count(*) from f where v > (select min(v) from f where k1 = 2) and v < (select max(v) from f where k1 = 1);
-- several targets
create table t1 (k int, n bigint);
create table t2 (k int, n bigint);
from (select k1, count(*) n from f group by k1) a insert overwrite table t1 select k1, n where n > 1 insert overwrite table t2 select a.k1, b.n join (select k1, count(*) n from f group by k1) b on a.k1 = b.k1;
select * from t1 order by k;
insert overwrite table t2 select a.k1, b.n from (select k1, count(*) n from f group by k1) a join (select k1, count(*) n from f group by k1) b on a.k1 = b.k1;
select * from t2 order by k;
