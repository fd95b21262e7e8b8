-- Connectors, which are kept and shown. Names are unique to this file: they belong to no database.
create connector sk_c1 type 'mysql' url 'jdbc:mysql://localhost:3306' comment 'co' with dcproperties ('a'='b');
create connector if not exists sk_c1 type 'mysql' url 'jdbc:x';
create connector if not exists sk_c1 type 'mysql' url 'x';
create connector sk_c1 type 'mysql' url 'jdbc:x';
create connector sk_c2 type 'nope' url 'jdbc:x';
create connector SK_C3 type 'derby' url 'jdbc:x';
create connector sk_c4 type 'derby' url 'x';
create connector sk_c4 url 'jdbc:x';
create connector sk_c4 type 'mysql';
--! mask root|hive_test_user
describe connector sk_c1;
--! mask root|hive_test_user
describe connector extended sk_c1;
--! mask root|hive_test_user
describe connector extended sk_c3;
describe connector sk_nope;
alter connector sk_c1 set dcproperties ('x'='y');
alter connector sk_c1 set dcproperties ('x'='z', 'a'='c');
alter connector sk_c1 set url 'jdbc:foo';
alter connector sk_c1 set url 'foo';
alter connector sk_c1 set owner role r1;
alter connector sk_nope set url 'jdbc:foo';
describe connector extended sk_c1;
show connectors like 'sk%';
create remote database ${DB}_r using sk_nope;
create database sk_r using sk_c1;
drop connector sk_nope;
drop connector if exists sk_nope;
drop connector sk_c1;
describe connector sk_c1;
drop connector sk_c2;
drop connector sk_c3;
