#!/bin/bash
# The .q files of test/testdata through the Thrift port of a fresh bin/skep. usage: thrift.sh [file.q …]
set -euo pipefail
cd "$(dirname "$0")/../.."
dir=$(mktemp -d); port=${PORT:-10180}
trap './test/conformance/serve.sh stop "$dir"; rm -rf "$dir"' EXIT
TZ=UTC ./test/conformance/serve.sh restart "$dir" "$port" "${MEMORY:-1GB}"
[ $# -gt 0 ] || set -- test/testdata/*.q
go run ./test/qfile/qtest -addr "127.0.0.1:$port" -tmp "$dir" "$@"
