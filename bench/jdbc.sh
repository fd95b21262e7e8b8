#!/bin/bash
# Connect time, `select 1` latency and fetch rate through Hive's JDBC driver against bin/skep, started here over the data of `make bench`.
# usage: jdbc.sh [N=200] [SQL]
set -euo pipefail
cd "$(dirname "$0")/.."
build=${SKEP_BUILD:-build}; peer=${SKEP_SHARED:-../shared}/peers/jdbcbench/run.sh
[ -x "$peer" ] || { echo "SKIPPED: no JDBC benchmark at $peer (set SKEP_SHARED)"; exit 0; }
port=${PORT:-10190}
bin/skep server --port "$port" --ui-port 0 --data "$build/bench-sf${SF:-1}" > "$build/jdbc-server.log" 2>&1 & server=$!
trap 'kill $server; wait $server || true' EXIT
for _ in $(seq 100); do (echo > "/dev/tcp/127.0.0.1/$port") 2> /dev/null && break; sleep 0.1; done
"$peer" "jdbc:hive2://127.0.0.1:$port/default;auth=noSasl" "${1:-200}" "${2:-select * from tpcds_${SF:-1}_parquet.store_returns}"
