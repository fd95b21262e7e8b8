#!/bin/bash
# Execution in stages against the same plans without, and the shuffle next to Spark's. usage: exec.sh [flags of ./bench/exec]; SF=1 RUNS=1 ONLY=q1,q2 DOC=FILE
# (replaces its table of figures). Needs the TPC-DS queries and data; Spark 4 (PySpark and Java 17) for its part; says what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
shared=${SKEP_SHARED:-../shared}
[ -d "$shared/tpcds" ] || { echo "SKIPPED: no TPC-DS queries at $shared/tpcds (set SKEP_SHARED)"; exit 0; }
exec go run ./bench/exec -sf "${SF:-1}" -runs "${RUNS:-1}" -only "${ONLY:-}" -doc "${DOC:-}" "$@"
