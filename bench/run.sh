#!/bin/bash
# Measures bin/skep against DuckDB over the Parquet files skep wrote. usage: run.sh [flags of ./bench]; SF=1 RUNS=3 ONLY=q1,q2 DOC=FILE (writes the tables there)
# Needs Python with venv and PyPI (DuckDB), Java and Maven (data generator); says what is missing and skips.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${SKEP_BUILD:-build}; shared=${SKEP_SHARED:-../shared}
[ -d "$shared/tpcds" ] || { echo "SKIPPED: no TPC-DS queries at $shared/tpcds (set SKEP_SHARED)"; exit 0; }
venv=${SKEP_VENV:-$build/venv}
"$venv/bin/python" -c 'import duckdb, pyarrow' 2>/dev/null || {
  echo "installing DuckDB and PyArrow into $venv"
  { ${PYTHON:-python3} -m venv "$venv" && "$venv/bin/pip" -q install 'duckdb==2.0.*' pyarrow; } || { echo "SKIPPED: DuckDB and PyArrow cannot be installed from PyPI"; exit 0; }
}
exec go run ./bench -sf "${SF:-1}" -runs "${RUNS:-3}" -python "$venv/bin/python" -doc "${DOC:-}" -only "${ONLY:-}" "$@"
