"""The peers' side of bench: reads one JSON object a line, {"sql": …, "fetch": bool} for DuckDB or {"orc": directory, "columns": […]} for the
C++ reader of ORC in PyArrow, answers {"ms": …, "rows": n, "data": [[…]], "error": …}."""
import concurrent.futures
import glob
import json
import sys
import time

import duckdb


def scan_orc(directory, columns, threads):
    """The sums of columns (of lengths, for strings) over the ORC files of a directory, a stripe at a time on each thread."""
    import pyarrow.compute
    import pyarrow.orc

    paths = sorted(glob.glob(directory + "/*"))

    def scan(part):
        sums = [0] * len(columns)
        for path in paths:
            file = pyarrow.orc.ORCFile(path)
            for stripe in range(part, file.nstripes, threads):
                batch = file.read_stripe(stripe, columns=columns)
                for i, name in enumerate(columns):
                    column = batch.column(name)
                    if pyarrow.types.is_string(column.type):
                        column = pyarrow.compute.utf8_length(column)
                    sums[i] += pyarrow.compute.sum(column).as_py() or 0
        return sums

    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        return [[str(sum(column)) for column in zip(*pool.map(scan, range(threads)))]]


connection = duckdb.connect(sys.argv[1] if len(sys.argv) > 1 else ":memory:")
print(json.dumps({"version": duckdb.__version__}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    answer = {}
    start = time.perf_counter()
    try:
        if "orc" in request:
            rows = scan_orc(request["orc"], request["columns"], request["threads"])
        else:
            rows = connection.execute(request["sql"]).fetchall()
        answer["ms"] = (time.perf_counter() - start) * 1000
        answer["rows"] = len(rows)
        if request.get("fetch"):
            answer["data"] = [[None if v is None else str(v) for v in row] for row in rows]
    except Exception as error:  # reported to the caller, which counts it
        answer["error"] = str(error)
    print(json.dumps(answer), flush=True)
