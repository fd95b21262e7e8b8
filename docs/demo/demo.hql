-- External text tables over the sample files.
CREATE DATABASE IF NOT EXISTS shop;
USE shop;
CREATE EXTERNAL TABLE IF NOT EXISTS customers (id INT, name STRING, city STRING, since DATE)
  ROW FORMAT DELIMITED FIELDS TERMINATED BY '|' LOCATION '${hivevar:DATA}/customers';
CREATE EXTERNAL TABLE IF NOT EXISTS orders (id BIGINT, customer INT, item STRING, quantity INT, price DECIMAL(10,2), day DATE, tags ARRAY<STRING>)
  ROW FORMAT DELIMITED FIELDS TERMINATED BY '|' COLLECTION ITEMS TERMINATED BY ':' LOCATION '${hivevar:DATA}/orders';

-- A columnar copy, and a partitioned one.
CREATE TABLE orders_pq STORED AS PARQUET AS SELECT * FROM orders;
SET hive.exec.dynamic.partition.mode=nonstrict;
CREATE TABLE sales (id BIGINT, customer INT, amount DECIMAL(12,2)) PARTITIONED BY (month INT) STORED AS PARQUET;
INSERT OVERWRITE TABLE sales PARTITION (month)
  SELECT id, customer, quantity * price, month(day) FROM orders_pq;
SHOW PARTITIONS sales;

-- A join, an aggregation, a window function, a lateral view.
SELECT c.city, count(*) AS orders, sum(s.amount) AS revenue
  FROM sales s JOIN customers c ON s.customer = c.id
  WHERE s.month BETWEEN 2 AND 5
  GROUP BY c.city ORDER BY revenue DESC;
SELECT name, month, revenue, place FROM (
  SELECT c.name, s.month, sum(s.amount) AS revenue,
         rank() OVER (PARTITION BY s.month ORDER BY sum(s.amount) DESC) AS place
  FROM sales s JOIN customers c ON s.customer = c.id GROUP BY c.name, s.month) t
  WHERE place <= 2 ORDER BY month, place;
SELECT tag, count(*) AS n FROM orders LATERAL VIEW explode(tags) t AS tag WHERE tag <> '' GROUP BY tag ORDER BY n DESC, tag;
