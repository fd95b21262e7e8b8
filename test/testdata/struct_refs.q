-- Elements of nested columns: rows without an element must not keep what an earlier batch stored.
create table c (id int, n array<struct<k:string,v:array<int>>>, m map<string,struct<a:string,b:array<string>>>);
insert into c select 1, array(named_struct('k', 'p', 'v', array(1, 2)), named_struct('k', 'q', 'v', array(3))), map('x', named_struct('a', 'one', 'b', array('u', 'v')));
insert into c select 2, array(named_struct('k', 'r', 'v', array(9))), map('y', named_struct('a', 'two', 'b', array('w')));
insert into c (id) values (3);
insert into c (id) values (4);
select id, n[0] kk, n[0].v[1], n.k from c order by id;
select id, n[1], n[1].k, n[5].v from c order by id;
select id, m['x'], m['x'].b, m['y'].a, m['zz'].b[0] from c order by id;
select n[0], count(*) from c group by n[0] order by n[0];
