"""The killed worker, in Spark: four executors of one core, two stages of equal weight whose tasks pass rows through a script that sleeps,
the second of which writes files. Runs it twice, the second time with one executor killed (SIGKILL) when three quarters of the first
run's time have passed. usage: spark_kill.py DIR TASKS SECONDS"""
import json
import os
import shutil
import signal
import sys
import threading
import time

os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
import pyspark
from pyspark.sql import SparkSession

directory, tasks, seconds = sys.argv[1], int(sys.argv[2]), sys.argv[3]
spark = (SparkSession.builder.master("local-cluster[4,1,1024]").config("spark.ui.enabled", "false").config("spark.ui.showConsoleProgress", "false")
         .config("spark.sql.adaptive.enabled", "false").config("spark.sql.shuffle.partitions", str(tasks)).config("spark.driver.memory", "1g")
         .config("spark.executor.memory", "512m").config("spark.local.dir", directory + "/local").getOrCreate())
spark.sparkContext.setLogLevel("OFF")
spark.range(0, 96000, 1, tasks).selectExpr("cast(id % 1000 as int) k", "cast(id as int) v").createOrReplaceTempView("t")
script = f"""'sh -c "sleep {seconds}; cat"'"""
sql = f"""select transform (k, v) using {script} as (k int, v int) from (
  select transform (k, v) using {script} as (k int, v int) from t distribute by k) a"""


def children(pid):
    out = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children") as f:
            out += [int(x) for x in f.read().split()]
    return out


def executors():
    found, queue = [], [os.getpid()]
    while queue:
        for child in children(queue.pop()):
            queue.append(child)
            with open(f"/proc/{child}/cmdline") as f:
                if "CoarseGrainedExecutorBackend" in f.read():
                    found.append(child)
    return sorted(set(found))


def run():
    """Seconds that the query took, and how many tasks ended well in it."""
    store = spark.sparkContext._jsc.sc().statusStore()
    gateway = spark.sparkContext._gateway
    empty, quantiles = gateway.jvm.java.util.ArrayList(), gateway.new_array(gateway.jvm.double, 0)

    def done():
        stages = store.stageList(empty, False, False, quantiles, empty)
        return sum(stages.apply(i).numCompleteTasks() for i in range(stages.size()))
    before = done()
    started = time.time()
    spark.sql(sql).write.mode("overwrite").csv(directory + "/target")
    elapsed = time.time() - started
    time.sleep(1)  # the listeners of the store
    return elapsed, done() - before


def wait():
    while spark.sparkContext._jsc.sc().statusStore().executorList(True).size() < 5:  # the driver is one
        time.sleep(0.1)


wait()
run()
healthy, _ = run()
timer = threading.Timer(healthy * 3 / 4, lambda: os.kill(executors()[1], signal.SIGKILL))
timer.start()
killed, done = run()
rows = spark.read.csv(directory + "/target").count()
if rows != 96000:
    sys.exit(f"{rows} rows instead of 96000")
print(json.dumps({"version": spark.version, "healthy": healthy, "killed": killed, "again": done - 2 * tasks}), flush=True)
work = os.path.join(os.environ.get("SPARK_HOME") or os.path.dirname(pyspark.__file__), "work", spark.sparkContext.applicationId)
spark.stop()
shutil.rmtree(work, ignore_errors=True)
