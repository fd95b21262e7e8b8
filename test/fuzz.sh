#!/bin/bash
# Runs every fuzz target of the module for a while each. usage: fuzz.sh [FUZZTIME=10s]
set -euo pipefail
cd "$(dirname "$0")/.."
fuzztime=${1:-10s}; found=0
while IFS=: read -r file target; do
  found=$((found + 1))
  echo "== ./$(dirname "$file") $target"
  go test "./$(dirname "$file")" -run '^$' -fuzz "^$target\$" -fuzztime "$fuzztime"
done < <(git ls-files '*_test.go' | xargs -r grep -Ho '^func Fuzz[A-Za-z0-9_]*' | sed 's/:func /:/')
echo "$found fuzz targets"
