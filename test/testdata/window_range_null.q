-- RANGE frames of rows with a NULL order key.
create table w (g int, k int, d date, v int);
insert into w values (1, null, null, 1), (1, null, null, 2), (1, 10, date '2020-01-10', 4), (1, 20, date '2020-01-20', 8), (1, 25, date '2020-01-25', 16), (1, 60, date '2020-03-01', 32), (2, null, null, 64), (2, 5, date '2020-01-05', 128);
select g, k, v, sum(v) over (partition by g order by k range 10 preceding), sum(v) over (partition by g order by k range between 10 preceding and 10 following) from w order by g, k, v;
select g, k, v, sum(v) over (partition by g order by k range between 10 preceding and 5 preceding), sum(v) over (partition by g order by k range between 5 following and 10 following) from w order by g, k, v;
select g, k, v, sum(v) over (partition by g order by k range between 5 following and unbounded following), sum(v) over (partition by g order by k range between unbounded preceding and 5 following) from w order by g, k, v;
select g, k, v, sum(v) over (partition by g order by k desc range between 10 preceding and 5 preceding), sum(v) over (partition by g order by k desc range between 5 following and unbounded following) from w order by g, k, v;
select g, k, v, sum(v) over (partition by g order by k nulls first range between 10 preceding and 5 preceding), sum(v) over (partition by g order by k nulls first range between 5 following and unbounded following) from w order by g, k, v;
select g, d, v, sum(v) over (partition by g order by d range between 10 preceding and 5 preceding), sum(v) over (partition by g order by d range between unbounded preceding and 5 preceding) from w order by g, d, v;
select count(distinct g, k), count(distinct k), count(distinct g), count(distinct k, g) from w;
select g, count(distinct k, v), count(distinct k) from w group by g order by g;
