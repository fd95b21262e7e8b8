-- Results of jobs and of single rows: nested values, texts, years beyond 9999, texts with blanks as numbers, characters of two units.
create table e1 (k int, g string, v int, d decimal(8,2), x double, s string, dt date, ts timestamp, b boolean);
insert into e1 values
(1,'a',10,1.50,1.5,'one','2020-01-01','2020-01-01 10:00:00',true),
(2,'a',20,2.25,2.5,'two','2020-01-31','2020-01-31 23:59:59.5',false),
(3,'b',null,-3.10,-0.5,'three','2020-02-29','2020-02-29 00:00:00',null),
(4,'b',40,null,null,'','1999-12-31','1999-12-31 12:34:56.789',true),
(5,null,50,5.00,5e10,null,'2021-06-15','2021-06-15 06:07:08.123456',false),
(null,'c',60,6.66,6.0,'six',null,null,true),
(7,'c',60,7.00,0.1,'Seven','2020-01-01','2020-01-01 10:00:00',true),
(7,'c',-70,-7.00,-0.1,'seven ','2020-12-31',null,null),
(null,null,null,null,null,null,null,null,null),
(10,'a',10,1.50,1.5,'10','1970-01-01','1970-01-01 00:00:00',false);
create table e2 (k bigint, g string, w int, m decimal(12,4), s varchar(8), c char(6), dt date, ts timestamp);
insert into e2 values
(1,'a',1,1.5,'one','one','2020-01-01','2020-01-01 00:00:00'),
(1,'b',2,2.2500,'two','two','2020-01-31','2020-01-31 23:59:59.5'),
(2,'a',null,-3.1001,'three','three','2020-02-29','2020-02-29 00:00:00'),
(4,'c',4,null,'','','1999-12-31','1999-12-31 12:34:56.789'),
(null,'a',5,5,null,null,null,null),
(7,null,60,6.66,'Seven','Seven','2020-01-01','2020-01-01 10:00:00'),
(10,'d',-70,-7.00,'10','10','2020-12-31',null),
(11,'a',10,1.5,'seven ','seven ','1970-01-01','1970-01-01 00:00:00');
create table e3 (id int, a array<int>, m map<string,int>, st struct<p:int,q:string>, aa array<array<string>>, ast array<struct<z:int,y:double>>);
insert into e3 select 1, array(1,2,3), map('a',1,'b',2), named_struct('p',1,'q','x'), array(array('a','b'),array('c')), array(named_struct('z',1,'y',1.5D),named_struct('z',2,'y',2.5D));
insert into e3 select 2, array(5,cast(null as int)), map('k',cast(null as int)), named_struct('p',cast(null as int),'q','y'), array(array('d')), array(named_struct('z',3,'y',cast(null as double)));
insert into e3 select 3, array(7), map('a',7,'z',0), named_struct('p',3,'q',cast(null as string)), array(array('e','f','g')), array(named_struct('z',cast(null as int),'y',0.0D));
create table ev (id int, b boolean, t tinyint, s smallint, i int, l bigint, f float, d double, m decimal(10,2), w decimal(38,10), st string, vc varchar(10), ch char(10), bi binary, da date, ts timestamp);
insert into ev select 0, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null
union all select 1, true, 1Y, 1S, 1, 1L, cast(1.5 as float), 1.5D, 1.25, 1.0000000001, 'a', 'a', 'a', cast('a' as binary), date '2020-02-29', timestamp '2020-02-29 13:14:15.123456789'
union all select 2, false, 0Y, 0S, 0, 0L, cast(0 as float), 0D, 0, 0, '', '', '', cast('' as binary), date '1970-01-01', timestamp '1970-01-01 00:00:00'
union all select 3, true, 127Y, 32767S, 2147483647, 9223372036854775807, cast(3.4028235e38 as float), 1.7976931348623157e308, 99999999.99, 9999999999999999999999999999.9999999999, 'Ünïcödé 日本語 😀', 'Ünï😀', 'Ünï日', cast('Ünï' as binary), date '9999-12-31', timestamp '9999-12-31 23:59:59.999999999'
union all select 4, false, cast(-128 as tinyint), cast(-32768 as smallint), -2147483647 - 1, -9223372036854775807L - 1L, cast(-1.4e-45 as float), -4.9e-324, -99999999.99, -9999999999999999999999999999.9999999999, ' 12.50 ', ' 12 ', '  12', cast('zz' as binary), date '0001-01-01', timestamp '0001-01-01 00:00:00.5'
union all select 5, true, 10Y, 100S, 1000, 1000000L, cast(0.1 as float), 0.1D, 0.10, 0.1, '2020-03-08 02:30:00', '2020-03-08', '2020-03-08', cast('MTIz' as binary), date '1582-10-04', timestamp '1582-10-15 12:00:00'
union all select 6, true, cast(-7 as tinyint), cast(-77 as smallint), -777, -777777777777, cast(2147483648 as float), -123456789.987654321D, -2.5, -0.5, 'Hello, World-foo_bar 42', 'FooBar', 'Foo Bar', cast('Hello' as binary), date '1900-02-28', timestamp '2020-11-01 01:30:00.1'
union all select 7, false, 33Y, 3333S, 33333, 3333333333, cast(1e-10 as float), 2.5D, 2.5, 12345678901234567890.5, 'true', 'FALSE', 'no', cast('true' as binary), date '2000-12-31', timestamp '1969-12-31 23:59:59.999'
union all select 8, true, 65Y, 200S, 65536, 4294967296, cast(16777217 as float), 1e21D, 3.50, 0.0000000001, '1e3', '0x1F', '41', cast('41' as binary), date '2024-12-30', timestamp '2021-01-03 10:00:00';
create table tx (id int, s string, v varchar(10), c char(8));
insert into tx values (1,' 12','  12',' 12'),(2,'12 ','12 ','12 '),(3,'12.7','12.7','12.7'),(4,' 12.7 ',' 12.7 ',' 12.7'),(5,'1e2','1e2','1e2'),(6,'+5','+5','+5'),(7,'-','','x'),(8,'-0','.5','5.'),(9,'99999999999','128','-129'),(10,'0x1F','1_0','１２');
select cast(array('1','x') as array<int>);
select cast(array(1,2) as array<string>);
select cast(array(1,2) as array<int>);
select cast(1 as array<int>);
select cast(map('a',1) as map<string,bigint>);
select cast(named_struct('a',1) as struct<b:int>);
select cast(named_struct('a',1) as struct<a:string>);
select cast(null as map<string,int>), cast(null as struct<a:int,b:string>);
select cast('x' as map<int,string>);
select cast('x' as struct<a:int>);
select cast('1' as array<nosuch>);
select cast('1' as array<int>) from e1 limit 1;
select cast(a as array<int>) from e3 order by id;
select cast(m as string) from e3 order by id;
select cast(3 as struct<a:int);
select cast(1e300D as int), cast(1e300D as bigint), cast(-1e300D as tinyint), cast(99999999999.9 as bigint), cast(300 as tinyint), cast(300.7 as tinyint), cast(70000.7D as smallint);
select cast(cast(99999999999.5 as double) as int), cast(99999999999.5 + 1 as int), cast(-99999999999.5 as int), cast(-1e20D as int);
select cast(99999999999.5 as float), cast(99999999999999999999999999999999999 as bigint), cast(1e10 as tinyint), cast(1.5e10D as smallint), cast(1e20 as float);
select i, cast(99999999999.5 as int) from ev where id < 2;
select cast(99999999999.5 as int) from ev where id < 2 order by 1;
select cast(cast(3e9 as bigint) as int), cast(cast(1e19 as bigint) as int), cast(1e19 as boolean), cast(0.4 as boolean), cast(3e9 as tinyint), cast(cast('NaN' as double) as int);
select array('') from e3 order by id limit 1;
select array('',''), array(cast(null as string)), array(cast(null as string), null), array('', cast(null as string)) from e3 order by id limit 1;
select array(array('')), array(array('',''), array('')), array(array(cast(null as string))), array(array('a'), array('')) from e3 order by id limit 1;
select array(array(array(''))), array(array(array(cast(null as int))),array(array(1))) from e3 order by id limit 1;
select map('', ''), map('', 1), map('a', ''), map('a', cast(null as string)), map(cast(null as string), 1) from e3 order by id limit 1;
select map('a', array('')), map('a', array(cast(null as int))), map('a', map('', '')), map('a', named_struct('x','')) from e3 order by id limit 1;
select named_struct('x',''), named_struct('x',cast(null as int)), named_struct('x',cast(null as int),'y',cast(null as int)), named_struct('x','','y','') from e3 order by id limit 1;
select named_struct('x',array('')), named_struct('x',named_struct('y',cast(null as int))), named_struct('x',array(cast(null as int)),'y',2) from e3 order by id limit 1;
select array(named_struct('x','')), array(named_struct('x',cast(null as int))), array(named_struct('x','','y',1)), array(map('','')) from e3 order by id limit 1;
select array(cast(m['zz'] as string), '\\N'), array('\\N'), '\\N' from e3 order by id limit 1;
select map('a',1,'a',2), map('\u0003', '\u0002') from e3 order by id limit 1;
select array(cast(1.5 as float), cast('NaN' as float)), array(1e300D, cast('Infinity' as double)), array(true, null), array(cast(null as decimal(5,2)), 3.25) from e3 order by id limit 1;
select array(interval '1-2' year to month), array(interval '1 2:3:4' day to second) from e3 order by id limit 1;
select collect_list(s), collect_set(s) from e1 where s = '';
select collect_list(k), collect_set(k) from e1 where k is null;
select map(id, '') from e3 order by id limit 1;
select split('', ','), array() , map() from e3 order by id limit 1;
select split(s, ',') from e1 where s = '';
select split(s, ',') from e1 where s = '' limit 1;
select split(s, ',') from (select s from e1 where s = '') x;
select split(s, ','), c from e1 lateral view explode(array(1,2)) t as c where s = '';
select split(s, ',') from e1 where s = '' union all select array('');
select distinct split(s, ',') from e1 where s = '';
select split(s, ',') from e1 where s = '' and k in (select k from e2);
select split(s, ',') from e1 where s = '' and k = (select max(k) from e2 where k < 5);
select split(s, ','), row_number() over () from e1 where s = '';
select explode(array(array(''))) from e1 where s = '';
select array('') from (select 1) x;
with q as (select s from e1 where s = '') select split(s, ',') from q;
select array(''), count(*);
select array('') from e1 tablesample(1 rows);
select split(s, ',') from e1 where s = '' sort by k;
select split(s, ',') from e1 where s = '' distribute by k;
select split(s, ',') from (select * from e1 limit 4) x where s = '';
select split(s, ',') from (select * from e1 limit 4) x where s = '' limit 3;
select id, sin(w) is null, (w < 1.5D) is null, (w + 1D) is null, (w = d) is null, greatest(w, 1D) is null, coalesce(w, d) is null, if(b,w,d) is null, array(w,d)[0] is null, (w in (1D)) is null, (w between 1 and 2D) is null, cast(w as double) is null, cast(w as float) is null, sqrt(w) is null, round(w, 2) is null, cast(w as string) is null, (w = '1') is null, concat(w) is null, cast(w as bigint) is null, cast(w as decimal(38,18)) is null, w * d is null, exp(w) is null, log(w, 2) is null, pow(w,2) is null, cast(w as boolean) is null, w is true from ev where id = 3;
select id, cast(d as decimal(10,2)), cast(f as decimal(10,2)), cast(d as decimal(38,18)), cast(f as decimal(38,18)), cast(f as decimal(20,0)) from ev;
select cast(-4.9e-324 as decimal(10,2)), cast(1e-100 as decimal(10,2)), cast(1e-40 as decimal(10,2)), cast(1e-38 as decimal(38,38)), cast(1e-39 as decimal(38,38)), cast(cast(1e-45 as float) as decimal(5,2)), cast('4.9e-324' as decimal(10,2)), cast('1e-50' as decimal(10,2));
select id, format_number(i, 2), format_number(l, 1), format_number(f, 1), format_number(m, 1) from ev;
select mask_show_last_n(vc, null), mask_first_n(st, null), mask_last_n(ch, null), mask_show_first_n(st, cast(null as int)), mask(st, null, null, null) from ev where id < 7;
select mask(ch), mask_first_n(ch, 2), mask_last_n(ch, 2), mask_show_first_n(ch, 2), mask_show_last_n(ch, 2), mask_hash(ch), mask(vc), mask_first_n(vc, 2) from ev where id < 4;
select lower(ch), upper(ch), initcap(ch), reverse(ch), concat(ch), concat(ch, ch), trim(ch), substr(ch, 1, 2), lpad(ch, 3, 'x'), coalesce(ch), nvl(ch, ch), if(b, ch, ch), case when b then ch end, greatest(ch, ch), max(ch) over () from ev where id < 4;
select lower(ch), upper(ch), initcap(ch), concat(ch), concat(ch, ch), coalesce(ch), nvl(ch, ch), case when b then ch end, greatest(ch, ch), nullif(ch, 'a') from ev where id < 4;
select encode('', 'UTF-16'), encode('', 'UTF-16LE'), encode('a', 'UTF-16'), encode('ü', 'US-ASCII');
select decode(cast('ü' as binary), 'US-ASCII');
select decode(null, 'UTF-8');
select decode(cast(null as binary), 'nope');
select encode(cast(null as string), 'nope');
select encode(st, 'nope') from ev;
insert into tx values (1,' 12','  12',' 12'),(2,'12 ','12 ','12 '),(3,'12.7','12.7','12.7'),(4,' 12.7 ',' 12.7 ',' 12.7'),(5,'1e2','1e2','1e2'),(6,'+5','+5','+5'),(7,'-','','x'),(8,'-0','.5','5.'),(9,'99999999999','128','-129'),(10,'0x1F','1_0','１２');
select id, cast(s as int), cast(v as int), cast(c as int), cast(s as bigint), cast(v as tinyint), cast(c as smallint) from tx;
select id, cast(s as int), cast(v as int), cast(c as int), cast(s as bigint), cast(v as tinyint), cast(c as smallint) from tx order by id;
select id, cast(s as double), cast(v as float), cast(c as double), cast(s as decimal(10,2)), cast(v as decimal(5,1)), cast(c as decimal(10,0)) from tx;
select id, cast(s as double), cast(v as float), cast(c as double), cast(s as decimal(10,2)), cast(v as decimal(5,1)), cast(c as decimal(10,0)) from tx order by id;
select id, cast(s as boolean), cast(v as boolean), cast(c as boolean), cast(s as date), cast(v as timestamp) from tx order by id;
select id, s + 1, v * 2, s = 12, v in (12, 128), c between 1 and 20 from tx order by id;
select id, if(s is null, 0, cast(s as int)), case when cast(s as int) = 12 then 'y' else 'n' end from tx order by id;
select sum(cast(s as int)), count(cast(v as int)), max(cast(c as int)) from tx;
select cast(s as int) k, count(*) from tx group by cast(s as int) order by k;
select id from tx where cast(s as int) = 12 order by id;
select id from tx where cast(s as int) = 12;
insert into ti values (' 12 ', '12.7', ' 5', ' 1.5 ', ' 2.345 ', ' ', ' 2020-01-01 ', ' 2020-01-01 10:00:00 ', 'abcdef', 'abcdef');
insert into ti select s, s, v, v, c, c, s, s, s, s from tx;
insert into ti values (1.9, 2.5, 300, 1e300, 12345.678, 0, '2020-02-30', '2020-13-01 00:00:00', 12345, 1.5), (cast(1e10 as double), 1e30, -129, 'NaN', 'x', 'no', '2020-1-2', '2020-1-2 3:4', true, date '2020-01-01');
select * from ti order by a, b, c, d, e, f;
select round(9999999999999999999999999999.9999999999, -1), round(99.99, -1), round(99.99, -2), round(99.99, -3), round(95BD, -1), round(w, -1), round(w, -20), bround(w, -1) from ev where id in (3, 4);
select instr('', ''), instr('abc', ''), instr('', 'a'), locate('', ''), locate('', 'abc', 2), locate('', 'abc', 10), locate('a', 'abc', null), locate('abc','abcabc','x');
select id, instr(st, vc), instr(st, ''), locate('', st) from ev order by id;
select unix_timestamp(null);
select unix_timestamp(cast(null as string));
select add_months(null, 3);
select case when null then 1 end;
select case when null then 1 when true then 2 end;
select if(null, 1, 2);
