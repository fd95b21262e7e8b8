-- Percentiles WITHIN GROUP: ascending, descending, by group, of NULLs only, several fractions.
create table pw (g int, i int, d double);
insert into pw values (1,1,1.5),(1,2,2.5),(1,3,null),(1,4,4.5),(2,10,1.0),(2,null,null),(3,null,null);
select percentile_cont(0.4) within group (order by i), percentile_disc(0.4) within group (order by i) from pw;
select g, percentile_cont(0.4) within group (order by i desc), percentile_disc(0.4) within group (order by i desc), percentile_cont(0.4) within group (order by d), percentile_disc(0.4) within group (order by d desc) from pw group by g order by g;
select percentile_cont(i, 0.4), percentile_disc(i, 0.4) from pw;
select percentile_cont(array(0.4, 0.5)) within group (order by i) from pw;
select percentile_disc(0.0) within group (order by i), percentile_disc(1.0) within group (order by i desc), percentile_cont(0.0) within group (order by i desc) from pw;
select g, percentile_cont(0.5) within group (order by i + d) from pw group by g order by g;
