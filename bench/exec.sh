#!/bin/bash
# Execution in stages against the same plans without, and the shuffle next to Spark's. usage: exec.sh [flags of ./bench/exec]; SF=1 RUNS=1 ONLY=q1,q2
# Needs the TPC-DS queries and data; Spark 4 (PySpark and Java 17) for its part; says what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${SKEP_BUILD:-build}; shared=${SKEP_SHARED:-../shared}; sf=${SF:-1}
[ -d "$shared/tpcds" ] || { echo "SKIPPED: no TPC-DS queries at $shared/tpcds (set SKEP_SHARED)"; exit 0; }
go run ./bench/exec -sf "$sf" -runs "${RUNS:-1}" -only "${ONLY:-}" "$@"
python=${SKEP_SPARK_PYTHON:-$HOME/.cache/peers/spark/py/bin/python}
rows=400000 partitions=200
SKEP_TPCDS=${SKEP_TPCDS:-$build/tpcds} go test -run '^$' -bench "StoreSales/(batches|files)/$partitions\$" -benchtime 5x ./shuffle/local
file=${SKEP_STORE_SALES:-$(ls "$build"/bench-sf"$sf"/warehouse/tpcds_"$sf"_parquet.db/store_sales/* 2>/dev/null | head -1)}
if "$python" -c 'import pyspark' 2>/dev/null && [ -n "$file" ]; then
  "$python" bench/exec/spark_shuffle.py "$(realpath "$file")" $rows $partitions 5 2>/dev/null
else
  echo "SKIPPED: Spark's shuffle: no PySpark at $python (set SKEP_SPARK_PYTHON) or no store_sales on Parquet (set SKEP_STORE_SALES)"
fi
