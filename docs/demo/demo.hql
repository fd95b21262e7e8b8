-- What a nightly batch does: external text in, a partitioned columnar table out, and reports over it.
create database if not exists demo;
use demo;
drop table if exists sales_text;
drop table if exists stores;
drop table if exists sales;

create external table sales_text (id bigint, day date, store int, item string, quantity int, price decimal(7,2))
row format delimited fields terminated by '|' location '${hivevar:data}';

create table stores (store int, city string) stored as orc;
insert into stores values (1, 'Rome'), (2, 'Oslo'), (3, 'Lima'), (4, null);

set hive.exec.dynamic.partition.mode=nonstrict;
create table sales (id bigint, day date, store int, item string, quantity int, price decimal(7,2))
partitioned by (month string) stored as parquet;
insert overwrite table sales partition (month)
select id, day, store, item, quantity, price, date_format(day, 'yyyy-MM') from sales_text;

show partitions sales;

select month, count(*) as sold, sum(quantity * price) as turnover, avg(price) as mean_price
from sales group by month order by month;

select coalesce(city, 'unknown') as city, item, turnover, place
from (select st.city, s.item, sum(s.quantity * s.price) as turnover,
             rank() over (partition by st.city order by sum(s.quantity * s.price) desc) as place
      from sales s join stores st on s.store = st.store
      where s.month between '2026-02' and '2026-04'
      group by st.city, s.item) ranked
where place <= 2 order by city, place;

select city, month, sum(quantity) as pieces
from sales s join stores st on s.store = st.store
where month in ('2026-01', '2026-02')
group by city, month with rollup order by city, month, pieces;
