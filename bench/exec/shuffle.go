package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"

	"skep/test/tpcds"
)

// The shuffle is measured over so many rows of store_sales and so many partitions.
const shuffleRows, shufflePartitions = 400_000, 200

var (
	ownRate   = regexp.MustCompile(`StoreSales/(batches|files)/\d+\S*\s.*?([\d.]+) both-MB/cpu-s`)
	sparkRate = regexp.MustCompile(`MB/cpu-s=([\d.]+)`)
)

// shuffle compares what a core writes and reads with what one does in Spark, where there is one.
func (b *bench) shuffle(ctx context.Context) error {
	own := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", fmt.Sprintf("StoreSales/(batches|files)/%d$", shufflePartitions), "-benchtime", "5x", "./shuffle/local")
	own.Env = append(os.Environ(), "SKEP_TPCDS="+tpcds.Data(b.build))
	out, err := own.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	rates := map[string]float64{}
	for _, m := range ownRate.FindAllStringSubmatch(string(out), -1) {
		rates[m[1]], _ = strconv.ParseFloat(m[2], 64)
	}
	fmt.Printf("shuffle of %d rows, %d partitions, written and read: batches %.0f, files %.0f MB/s of a core\n",
		shuffleRows, shufflePartitions, rates["batches"], rates["files"])
	rate, why := b.spark(ctx)
	if why != "" {
		fmt.Println("SKIPPED: Spark's shuffle:", why)
		return nil
	}
	fmt.Printf("Spark's: %.0f MB/s of a core\n", rate)
	b.figure(fmt.Sprintf("shuffle of %d rows of `store_sales`, %d partitions, write and read, ÷ Spark per core", shuffleRows, shufflePartitions), "1.5",
		"%.1f (files: %.0f MB/s), %.1f (batches in memory: %.0f MB/s); Spark %.0f MB/s", rates["files"]/rate, rates["files"], rates["batches"]/rate, rates["batches"], rate)
	return nil
}

// spark returns the rate of Spark's shuffle, or why there is none.
func (b *bench) spark(ctx context.Context) (rate float64, why string) {
	python := os.Getenv("SKEP_SPARK_PYTHON")
	if python == "" {
		python = filepath.Join(os.Getenv("HOME"), ".cache/peers/spark/py/bin/python")
	}
	if err := exec.CommandContext(ctx, python, "-c", "import pyspark").Run(); err != nil {
		return 0, "no PySpark at " + python + " (set SKEP_SPARK_PYTHON)"
	}
	file := os.Getenv("SKEP_STORE_SALES")
	if file == "" {
		files, err := filepath.Glob(filepath.Join(b.data, "warehouse", tpcds.Database(b.scale, "parquet")+".db", "store_sales", "*"))
		if err != nil || len(files) == 0 {
			return 0, "no store_sales on Parquet (set SKEP_STORE_SALES)"
		}
		file = files[0]
	}
	file, err := filepath.Abs(file)
	if err != nil {
		return 0, err.Error()
	}
	out, err := exec.CommandContext(ctx, python, "bench/exec/spark_shuffle.py", file, strconv.Itoa(shuffleRows), strconv.Itoa(shufflePartitions), "5").Output()
	if err != nil {
		return 0, "it failed: " + err.Error()
	}
	for _, m := range sparkRate.FindAllStringSubmatch(string(out), -1) {
		rate, _ = strconv.ParseFloat(m[1], 64) // the last one is the best
	}
	if rate == 0 {
		return 0, "it gave no rate"
	}
	return rate, ""
}
