#!/bin/bash
# usage: [CONF=folder of a hive-site.xml] serve.sh restart DIR PORT MEMORY | serve.sh stop DIR      one bin/skep per DIR, as Hive's suite was recorded: TZ=US/Pacific
# The server works in DIR/cwd: relative LOCATIONs of the statements end there.
set -euo pipefail
action=$1 dir=$2
stop() {
  [ -f "$dir/pid" ] || return 0
  pid=$(cat "$dir/pid"); rm -f "$dir/pid"
  kill "$pid" 2> /dev/null || return 0
  for _ in $(seq 50); do kill -0 "$pid" 2> /dev/null || return 0; sleep 0.1; done
  kill -9 "$pid" 2> /dev/null || true
}
stop
[ "$action" = stop ] && exit 0
port=$3 memory=$4
date >> "$dir/starts"
skep=$(realpath bin/skep); dir=$(realpath "$dir"); mkdir -p "$dir/cwd"; cd "$dir/cwd"
TZ=${TZ:-US/Pacific} setsid "$skep" server --port "$port" --ui-port 0 --data "$dir/data" --memory "$memory" ${CONF:+--conf "$CONF"} --threads "${THREADS:-2}" >> "$dir/server.log" 2>&1 < /dev/null &
echo $! > "$dir/pid"
for _ in $(seq 300); do
  (echo > "/dev/tcp/127.0.0.1/$port") 2> /dev/null && exit 0
  kill -0 "$(cat "$dir/pid")" 2> /dev/null || { echo "the server ended:"; tail -5 "$dir/server.log"; exit 1; }
  sleep 0.1
done
echo "the server did not open port $port"; exit 1
