-- What a distance of a RANGE frame is compared with: the integer part of a difference of decimals, whole seconds of timestamps.
create table u (k decimal(10,2), w decimal(30,2), t timestamp, d double);
insert into u values (50, 50, '2020-01-01 00:00:00', 50), (100, 100, '2020-01-01 00:00:00.5', 100), (150.5, 150.5, '2020-01-01 00:00:10.7', 150.5), (200, 200, '2020-01-01 00:00:20.1', 200), (300.99, 300.99, '2020-01-01 00:00:30.2', 300.99), (null, null, null, null);
select k, count(*) over (order by k range between 200 preceding and 100 preceding), count(*) over (order by k range between 50 preceding and 100 following), count(*) over (order by k range between 100 following and unbounded following) from u order by k;
select w, count(*) over (order by w range between 200 preceding and 100 preceding), count(*) over (order by w desc range between 50 preceding and 100 following), count(*) over (order by w range between 0 preceding and current row) from u order by w;
select t, count(*) over (order by t range between 20 preceding and 10 preceding), count(*) over (order by t range between 10 preceding and 9 following) from u order by t;
select d, count(*) over (order by d range between 200 preceding and 100 preceding), count(*) over (order by d range between 50 preceding and 100 following) from u order by d;
