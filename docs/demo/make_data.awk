# Sample sales of a small shop: 20,000 lines of  id|day|store|item|quantity|price , the same every time.
BEGIN {
  seed = 42
  split("apples,bread,coffee,dates,eggs,flour,grapes,honey", item, ",")
  for (i = 1; i <= 20000; i++) {
    day = 1 + rnd(28); month = 1 + rnd(6); s = 1 + rnd(4); n = 1 + rnd(8)
    quantity = rnd(50) == 0 ? "\\N" : 1 + rnd(9)
    printf "%d|2026-%02d-%02d|%d|%s|%s|%.2f\n", i, month, day, s, item[n], quantity, n * 1.25 + rnd(100) / 100
  }
}
function rnd(n) { seed = (seed * 16807) % 2147483647; return seed % n }
