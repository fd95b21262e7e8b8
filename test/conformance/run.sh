#!/bin/bash
# Hive's recorded query tests against bin/skep: one server and one runner per shard, then a report of the causes of failure.
#   LIST=core-dev.txt  FILES="a.q b.q"  SLICE=0/8 (a fixed part of LIST)  SHARDS=2  MEMORY=1GB  LIMIT=30 (seconds a statement)
#   RECORD=1   write the files that pass to passing.txt; for a whole list also docs/CONFORMANCE.md          REQUIRE=1   fail when a file of passing.txt does not pass
# Results: $SKEP_BUILD/conformance/{report.txt,result-N.json,shardN/server.log}
set -euo pipefail
cd "$(dirname "$0")/../.."
suite=$(realpath -m "${SKEP_SHARED:-../shared}/conformance"); build=$(realpath -m "${SKEP_BUILD:-build}"); out=$build/conformance
here=$PWD/test/conformance; list=${LIST:-core-dev.txt}; shards=${SHARDS:-2}; base=${PORT:-10100}
[ -d "$suite" ] || { echo "SKIPPED: no conformance suite at $suite (set SKEP_SHARED)"; exit 0; }
venv=${SKEP_VENV:-$build/venv}
"$venv/bin/python" -c 'import thrift, TCLIService' 2>/dev/null || {
  echo "installing thrift and pyhive into $venv"
  { ${PYTHON:-python3} -m venv "$venv" && "$venv/bin/pip" -q install thrift pyhive; } || { echo "SKIPPED: thrift and pyhive cannot be installed from PyPI"; exit 0; }
}
mkdir -p "$out"; rm -rf "$out"/shard* "$out"/result-*.json
. "$here/suite.sh"; suite=$(suite_view "$suite" "$out")
names=$out/files.txt
if [ -n "${FILES:-}" ]; then tr ' ' '\n' <<< "$FILES" > "$names"
elif [ -n "${SLICE:-}" ]; then awk -v i="${SLICE%/*}" -v n="${SLICE#*/}" 'NR % n == i' "$suite/$list" > "$names"
else cp "$suite/$list" "$names"; chmod u+w "$names"; fi
stop() { for i in $(seq 0 $((shards - 1))); do "$here/serve.sh" stop "$out/shard$i" || true; done; }
trap stop EXIT
# One shard: a runner over its part of the list. When it gives up because the server no longer answers, the server is started again and the
# runner goes on with the files it did not reach.
shard() {
  local i=$1 dir=$out/shard$1 round restart
  restart="CONF='$here' '$here/serve.sh' restart '$dir' $((base + i)) ${MEMORY:-1GB}"
  mkdir -p "$dir/tmp"; sort -u "$names" | awk -v i="$i" -v n="$shards" 'NR % n == i' > "$dir/left.txt"
  for round in 0 1 2 3 4 5 6 7 8 9; do
    [ -s "$dir/left.txt" ] || return 0
    bash -c "$restart"
    "$venv/bin/python" "$suite/tools/qrun.py" run --port $((base + i)) --list "$dir/left.txt" --out "$out/result-$i-$round.json" --tmp "$dir/tmp" \
      --limit "${LIMIT:-30}" --file-limit "${FILE_LIMIT:-300}" --reconnect-wait 30 --restart-cmd "$restart" --clean-warehouse \
      --session-conf skep.hive.version=3.1 >> "$dir/run.log" 2>&1 || echo "shard $i: the runner gave up (status $?), see $dir/run.log"
    [ ! -e "$out/result-$i-$round.json" ] || "$venv/bin/python" "$here/report.py" --left "$dir/left.txt" "$out/result-$i-$round.json"
  done
  [ ! -s "$dir/left.txt" ] || { echo "shard $i: $(wc -l < "$dir/left.txt") files never ran"; return 1; }
}
shards_running=()
for i in $(seq 0 $((shards - 1))); do shard "$i" & shards_running+=($!); done
failed=0
for pid in "${shards_running[@]}"; do wait "$pid" || failed=1; done
args=(--out "$out/report.txt" --passing "$here/passing.txt")
[ -n "${RECORD:-}" ] && args+=(--record)
[ -n "${RECORD:-}" ] && [ -z "${FILES:-}${SLICE:-}" ] && args+=(--doc "$here/../../docs/CONFORMANCE.md" --catalog "$suite/catalog.json" --reasons "$here/reasons.tsv")
[ -n "${REQUIRE:-}" ] && args+=(--require)
"$venv/bin/python" "$here/report.py" "${args[@]}" "$out"/result-*.json || failed=1
echo "server starts: $(cat "$out"/shard*/starts | wc -l) for $shards shards; report: $out/report.txt"
exit $failed
