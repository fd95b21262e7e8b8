-- EXPORT TABLE and IMPORT: dumps of tables and partitions, and what an existing table must be like.
create external table d1 (dep_id int comment 'department "id" ü') row format delimited fields terminated by ',' location '${TMP}/ei_d1' tblproperties ('creator'='me');
insert into d1 values (1), (2);
export table d1 to '${TMP}/ei_dump/d1';
create external table p1 (id int, name string, m map<string,array<int>>) comment 'parts' partitioned by (c string comment 'x', s int) stored as orc location '${TMP}/ei_p1';
insert into p1 partition (c='a b', s=1) select 1, 'n', map('k', array(1, 2));
insert into p1 partition (c='in/d', s=2) select 2, 'm', map('k', array(3));
alter table p1 add columns (extra double);
insert into p1 partition (c='x', s=3) select 3, 'o', map('l', array(4)), 2.5;
export table p1 to '${TMP}/ei_dump/p1';
export table p1 partition (c='a b') to '${TMP}/ei_dump/p1_ab';
export table p1 partition (s=2, c='in/d') to '${TMP}/ei_dump/p1_ind';
export table p1 partition (c='nosuch') to '${TMP}/ei_dump/p1_none';
export table p1 partition (nocol='z') to '${TMP}/ei_dump/p1_nocol';
export table d1 partition (nocol='z') to '${TMP}/ei_dump/d1_nocol';
export table nosuch to '${TMP}/ei_dump/nosuch';
create view v1 as select dep_id from d1;
export table v1 to '${TMP}/ei_dump/v1';
export table d1 to 's4://x/y';
import table e1 from '${TMP}/ei_dump/nosuch';
import table e1 from 's4://x/y';
import table nosuchdb.e1 from '${TMP}/ei_dump/d1';
-- an external table over the files of the dump
import external table e1 from '${TMP}/ei_dump/d1';
select * from e1 order by dep_id;
describe e1;
show tblproperties e1 ('creator');
-- copies
import external table e2 from '${TMP}/ei_dump/d1' location '${TMP}/ei_e2';
select * from e2 order by dep_id;
import external table e2 from '${TMP}/ei_dump/d1' location '${TMP}/ei_e2';
import table e2 from '${TMP}/ei_dump/d1';
import table e3 from '${TMP}/ei_dump/p1' location '${TMP}/ei_e3';
show partitions e3;
select * from e3 order by id;
describe e3 partition (c='a b', s=1);
describe e3 partition (c='x', s=3);
import table e3 from '${TMP}/ei_dump/p1';
import table e3 from '${TMP}/ei_dump/d1';
-- partitions one by one
import table e4 partition (c='a b') from '${TMP}/ei_dump/p1' location '${TMP}/ei_e4';
import table e4 partition (c='nosuch', s=1) from '${TMP}/ei_dump/p1' location '${TMP}/ei_e4';
import table e4 partition (c='x', s) from '${TMP}/ei_dump/p1' location '${TMP}/ei_e4';
import table e4 partition (s=1, c='a b') from '${TMP}/ei_dump/p1' location '${TMP}/ei_e4';
import table e4 partition (c='a b', s=1) from '${TMP}/ei_dump/p1' location '${TMP}/ei_e4';
import table e4 partition (c='in/d', s=2) from '${TMP}/ei_dump/p1_ind' location '${TMP}/ei_e4';
import table e4 partition (c='x', s=3) from '${TMP}/ei_dump/p1' location '${TMP}/ei_e4';
show partitions e4;
select * from e4 order by id;
import external table e5 from '${TMP}/ei_dump/p1_ab';
show partitions e5;
select * from e5;
-- existing tables
create external table c1 (dep_id int comment 'other') row format delimited fields terminated by ',' location '${TMP}/ei_c1';
import table c1 from '${TMP}/ei_dump/d1' location '${TMP}/ei_c9';
import table c1 from '${TMP}/ei_dump/d1';
select * from c1 order by dep_id;
import table c1 from '${TMP}/ei_dump/d1';
create external table c2 (dep_id bigint) row format delimited fields terminated by ',' location '${TMP}/ei_c2';
import table c2 from '${TMP}/ei_dump/d1';
create external table c3 (dep_id int) stored as rcfile location '${TMP}/ei_c3';
import table c3 from '${TMP}/ei_dump/d1';
create external table c4 (dep_id int) row format delimited fields terminated by '|' location '${TMP}/ei_c4';
import table c4 from '${TMP}/ei_dump/d1';
create external table c5 (dep_id int) clustered by (dep_id) into 2 buckets row format delimited fields terminated by ',' location '${TMP}/ei_c5';
import table c5 from '${TMP}/ei_dump/d1';
create external table c6 (dep_id int) row format serde 'org.apache.hadoop.hive.serde2.OpenCSVSerde' location '${TMP}/ei_c6';
import table c6 from '${TMP}/ei_dump/d1';
create external table c7 (dep_id int) partitioned by (p string) row format delimited fields terminated by ',' location '${TMP}/ei_c7';
import table c7 from '${TMP}/ei_dump/d1';
import table c7 partition (p='1') from '${TMP}/ei_dump/d1';
import table v1 from '${TMP}/ei_dump/d1';
-- a dump is written again
insert overwrite table d1 values (3);
export table d1 to '${TMP}/ei_dump/d1';
select * from e1 order by dep_id;
create external table empty_parts (a int) partitioned by (p string) location '${TMP}/ei_empty';
--! mask file:/[^\t]*/ei_
--! mask owner:.*
show table extended like empty_parts;
