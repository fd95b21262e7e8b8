#!/bin/sh
# The demo: a server on its own data directory, a script through its Thrift port, the rows, and what to try next.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
port=${PORT:-10000}
data=$(mktemp -d "${TMPDIR:-/tmp}/skep-demo.XXXXXX")
"$root/bin/skep" server --port "$port" --ui-port 0 --data "$data" 2> "$data/server.log" &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null || true; rm -rf "$data"' EXIT INT TERM
"$root/bin/skep" sql -u "jdbc:hive2://127.0.0.1:$port/default" --wait 20s \
  --hivevar "DATA=file://$root/docs/demo/data" -f "$root/docs/demo/demo.hql" || { cat "$data/server.log" >&2; exit 1; }
cat <<TEXT

That was bin/skep over Thrift. Next:
  bin/skep server                                   a server on port 10000, everything under ./skep-data
  bin/skep sql -e 'select 1'                        one statement
  beeline -u jdbc:hive2://127.0.0.1:10000/default   any Hive client works: see README.md
TEXT
