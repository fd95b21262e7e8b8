#!/bin/bash
# Every statement of the conformance corpus through `skep parse --batch`: what Hive's parser accepts must be accepted, what it rejects rejected.
set -euo pipefail
cd "$(dirname "$0")/../.."
suite=$(realpath -m "${SKEP_SHARED:-../shared}/conformance"); out=$(realpath -m "${SKEP_BUILD:-build}")/parse.json
[ -d "$suite" ] || { echo "SKIPPED: no conformance suite at $suite (set SKEP_SHARED)"; exit 0; }
mkdir -p "$(dirname "$out")"
. test/conformance/suite.sh; suite=$(suite_view "$suite" "$(dirname "$out")/parse")
"${PYTHON:-python3}" "$suite/tools/qrun.py" parse --batch --cmd "./bin/skep parse --batch" --out "$out"
"${PYTHON:-python3}" - "$out" <<'P'
import json, sys
r = json.load(open(sys.argv[1]))
for kind in ('rejected_valid', 'accepted_invalid'):
    for e in r[kind][:20]:
        print('%s %s: %s %s' % (kind, e['at'], ' '.join(e['sql'].split())[:150], e.get('msg', '')[:150]))
sys.exit(1 if r['rejected_valid'] or r['accepted_invalid'] else 0)
P
