#!/bin/bash
# Starts bin/skep on a port of its own over generated sample data, runs demo.hql through the Thrift port, prints the rows and stops.
# usage: run.sh [PORT=10099]
set -euo pipefail
cd "$(dirname "$0")/../.."
port=${1:-10099}; home=$(mktemp -d)
stop() { [ -z "${server:-}" ] || { kill "$server" 2> /dev/null && wait "$server" || true; }; rm -rf "$home"; }
trap stop EXIT
mkdir "$home/sales"; awk -f docs/demo/make_data.awk > "$home/sales/sales.txt"
bin/skep server --port "$port" --ui-port 0 --data "$home/data" > "$home/server.log" 2>&1 & server=$!
for _ in $(seq 100); do
  (echo > "/dev/tcp/127.0.0.1/$port") 2> /dev/null && break
  kill -0 "$server" 2> /dev/null || { cat "$home/server.log"; exit 1; }
  sleep 0.1
done
sed "s#\${hivevar:data}#file://$home/sales#" docs/demo/demo.hql > "$home/demo.hql"
echo "== docs/demo/demo.hql over $(wc -l < "$home/sales/sales.txt") lines of text, through the Thrift port"
bin/skep sql -u "jdbc:hive2://127.0.0.1:$port/default" -f "$home/demo.hql"
cat <<TEXT

== That was a server with an embedded metastore and a local warehouse, now stopped. To keep one:
  bin/skep server                                                     port 10000, data in ./skep-data
  beeline -u 'jdbc:hive2://localhost:10000/default' -n \$USER          any Hive 2, 3 or 4 beeline
  bin/skep sql -e 'show databases'                                    the built-in client
Next: README.md (how to connect each client), docs/ARCHITECTURE.md (how a query runs).
TEXT
