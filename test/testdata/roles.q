-- Roles and privileges of a user who does not act as admin: what is refused, and what an owner may do.
-- Hive has its own process for the user here, so that names differ.
create external table t (a int) location '${TMP}/ro_t';
create external table pt (a int) partitioned by (p string) location '${TMP}/ro_pt';
alter table pt add partition (p='1');
show current roles;
create role r1;
show roles;
drop role r1;
grant role r1 to user u1;
grant role r1 to role r2 with admin option;
grant r1 to group g1;
revoke role r1 from user u1;
revoke admin option for r1 from user u1;
show role grant user u1;
show role grant role r1;
show principals r1;
set role r1;
set role none;
show current roles;
set role public;
show current roles;
set role all;
show current roles;
grant select on table t to user u1;
grant select on t to user u1;
grant select, insert on t to role public;
grant select on table pt partition (p='1') to user u2;
grant select on nosuch to user u1;
grant select(a) on table t to user u1;
grant select on t to role nosuch;
grant select on t to group g;
grant create on t to user u1;
grant alter on table t to user u1;
grant select on database nosuch to user u1;
grant select on uri '/x' to user u1;
grant select on server s to user u1;
--! mask [0-9]{13}
--! mask root|hive_test_user
show grant role public on table t;
show grant user u1 on table t;
show grant role r1;
show grant on table t;
show grant;
show grant group g on table t;
revoke select on table t from user u1;
revoke select on table t from user u1;
revoke grant option for insert on table t from role public;
revoke all on table t from role public;
revoke insert on table t from role public;
revoke select on table nosuch from user u1;
show grant role public on table nosuch;
--! mask [0-9]{13}
--! mask root|hive_test_user
show grant role public on table t;
drop table t;
