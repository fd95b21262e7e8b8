-- SET, RESET, resources and DFS.
set my.key=5;
set my.key;
set hivevar:a=1;
set hivevar:a;
set a;
set hiveconf:my.key;
set hiveconf:my.key=6;
set my.key;
set x = ${hivevar:a}2;
set x;
set no.such.key;
set hive.exec.parallel;
set hive.exec.parallel=true;
set hive.exec.parallel;
reset hive.exec.parallel;
set hive.exec.parallel;
set hive.exec.max.dynamic.partitions=abc;
set hive.exec.dynamic.partition.mode=foo;
set javax.jdo.option.ConnectionPassword;
reset -d my.key;
reset nosuch;
add file /no/such/file;
list files;
list nosuch;
select '${hivevar:a}', '${hiveconf:my.key}', '${nosuch}';
dfs -mkdir -p ${TMP}/cmd/sub;
create external table w (line string) location '${TMP}/cmd/data';
insert into w values ('one'), ('two');
dfs -cat ${TMP}/cmd/data/000000_0;
dfs -touchz ${TMP}/cmd/empty;
dfs -test -e ${TMP}/cmd/empty;
--! mask (-rw|drwx|/).*/
dfs -ls ${TMP}/cmd/data;
dfs -cp ${TMP}/cmd/data/000000_0 ${TMP}/cmd/copy;
dfs -cat ${TMP}/cmd/copy;
dfs -mv ${TMP}/cmd/copy ${TMP}/cmd/sub;
dfs -cat ${TMP}/cmd/sub/*;
--! mask /.*/
dfs -du ${TMP}/cmd/sub;
--! mask /.*/
dfs -count ${TMP}/cmd/sub;
--! mask /.*/
dfs -rm ${TMP}/cmd/sub/copy;
--! mask /.*/
dfs -rm -r ${TMP}/cmd;
reload;
set metaconf:hive.metastore.try.direct.sql;
set metaconf:metastore.try.direct.sql;
set metaconf:hive.metastore.client.socket.timeout=10;
set metaconf:hive.metastore.client.socket.timeout;
set metaconf:hive.metastore.warehouse.dir;
set metaconf:nosuch=1;
reset -d metaconf:hive.metastore.client.socket.timeout;
set own.setting=5;
reset own.setting;
set own.setting;
create table clustered (k int);
insert into clustered values (2), (null), (1);
select k from clustered cluster by k;
select k from clustered distribute by k sort by k;
