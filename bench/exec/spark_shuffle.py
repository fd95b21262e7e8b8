"""Spark's shuffle of store_sales: rows in memory are divided by customer, written and read. Prints MB per second of processor time of
the tasks, values counted as 8 bytes; what it takes to hand on the rows without a shuffle is subtracted. usage: spark_shuffle.py FILE.parquet ROWS PARTITIONS RUNS"""
import os
import sys

os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
from pyspark.sql import SparkSession

path, rows, partitions, runs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
spark = (SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").config("spark.ui.showConsoleProgress", "false").config("spark.driver.memory", "4g")
         .config("spark.sql.adaptive.enabled", "false").config("spark.sql.shuffle.partitions", str(partitions)).getOrCreate())
spark.sparkContext.setLogLevel("ERROR")
cached = spark.read.parquet(path).limit(rows).repartition(4).cache()
n = cached.count()
store = spark.sparkContext._jsc.sc().statusStore()


def cpu(action):
    """Processor time in seconds of the tasks of an action."""
    empty = spark.sparkContext._jvm.java.util.ArrayList()
    gateway = spark.sparkContext._gateway
    quantiles = gateway.new_array(gateway.jvm.double, 0)
    def stages():
        found = store.stageList(empty, False, False, quantiles, empty)
        return {found.apply(i).stageId(): found.apply(i).executorCpuTime() for i in range(found.size())}
    before = stages()
    action()
    return sum(t for s, t in stages().items() if s not in before) / 1e9


def drain(frame):
    frame.write.format("noop").mode("overwrite").save()


best = None
for _ in range(runs):
    plain = cpu(lambda: drain(cached))
    both = cpu(lambda: drain(cached.repartition(partitions, "ss_customer_sk")))
    best = both - plain if best is None else min(best, both - plain)
    print(f"spark {spark.version} rows={n} partitions={partitions} MB/cpu-s={n * 23 * 8 / 1e6 / best:.0f} (best so far)", flush=True)
spark.stop()
