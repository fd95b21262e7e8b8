"""Walks through a script of statements with PyHive or impyla; see script.tsv for the steps. Exits with 1 when one fails.

usage: client.py pyhive|impyla HOST PORT nosasl|plain SCRIPT
"""
import datetime
import sys
import threading
import time

failures = 0


def check(ok, step, detail):
    global failures
    if not ok:
        failures += 1
        print("FAIL %s: %s" % (step, detail))


def connect(library, host, port, mode):
    if library == "pyhive":
        from pyhive import hive

        if mode == "nosasl":
            return hive.connect(host, port, username="ann", auth="NOSASL")
        return hive.connect(host, port, username="ann", auth="NONE")
    from impala.dbapi import connect as impala

    if mode == "nosasl":
        return impala(host, port, user="ann", auth_mechanism="NOSASL")
    return impala(host, port, user="ann", password="secret", auth_mechanism="PLAIN")


def text(value):
    """A cell as Hive prints it."""
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ").rstrip("0") if value.microsecond else value.isoformat(" ")
    return str(value)


def cancel(library, connection, sql):
    cursor = connection.cursor()
    start = time.time()
    if library == "pyhive":
        cursor.execute(sql, async_=True)
        time.sleep(1)
        cursor.cancel()
        from TCLIService.ttypes import TOperationState

        state = cursor.poll().operationState
        check(state == TOperationState.CANCELED_STATE, sql, "state %d" % state)
    else:
        cursor.execute_async(sql)
        time.sleep(1)
        check(cursor.is_executing(), sql, "it is not running")
        cursor.cancel_operation(reset_state=False)
        check(not cursor.is_executing(), sql, "it is still running")
    check(time.time() - start < 30, sql, "the cancel took %.1f s" % (time.time() - start))
    cursor.close()


def main():
    library, host, port, mode, path = sys.argv[1:]
    connection = connect(library, host, int(port), mode)
    cursor = connection.cursor()
    lines = open(path, encoding="utf-8").read().split("\n")
    steps, i = 0, 0
    while i < len(lines):
        f = lines[i].split("\t")
        i += 1
        if f[0] in ("exec", "query", "error", "cancel"):
            steps += 1
        try:
            if f[0] == "exec":
                cursor.execute(f[1])
            elif f[0] == "query":
                want = []
                while lines[i].startswith("row\t"):
                    want.append(lines[i].split("\t")[1:])
                    i += 1
                if library == "impyla" and "interval" in f[1]:
                    continue  # it has no such types
                cursor.execute(f[1])
                got = [[text(v) for v in row] for row in cursor.fetchall()]
                check(got == want, f[1], "%s instead of %s" % (got, want))
            elif f[0] == "error":
                try:
                    cursor.execute(f[4])
                    check(False, f[4], "no error")
                except Exception as e:  # each library has its own
                    check(f[3] in str(e), f[4], str(e))
            elif f[0] == "cancel":
                cancel(library, connection, f[1])
        except Exception as e:
            check(False, f, "%s: %s" % (type(e).__name__, e))
    if library == "impyla":
        cursor.get_tables(database_name="default")
        cursor.fetchall()
        cursor.get_databases()
        check(["default"] in [list(r)[:1] for r in cursor.fetchall()], "get_databases", "no default")
    cursor.close()
    connection.close()
    print("%d steps, %d failed" % (steps, failures))
    sys.exit(1 if failures else 0)


main()
