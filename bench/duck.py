"""The DuckDB side of bench: reads one JSON object a line, {"sql": …, "fetch": bool}, answers {"ms": …, "rows": n, "data": [[…]], "error": …}."""
import json
import sys
import time

import duckdb

connection = duckdb.connect(sys.argv[1] if len(sys.argv) > 1 else ":memory:")
print(json.dumps({"version": duckdb.__version__}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    answer = {}
    start = time.perf_counter()
    try:
        rows = connection.execute(request["sql"]).fetchall()
        answer["ms"] = (time.perf_counter() - start) * 1000
        answer["rows"] = len(rows)
        if request.get("fetch"):
            answer["data"] = [[None if v is None else str(v) for v in row] for row in rows]
    except Exception as error:  # reported to the caller, which counts it
        answer["error"] = str(error)
    print(json.dumps(answer), flush=True)
