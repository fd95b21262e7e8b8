//go:build e2e

package chaos

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// The killed worker next to Spark's killed executor, at the same time of day: four processes of one slot each, the same script, two
// stages of as many tasks, the second of which writes files.
func TestKilledWorkerNextToSpark(t *testing.T) {
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("PEERS_HOME"); dir != "" {
		home = dir
	} else {
		home = filepath.Join(home, ".cache", "peers")
	}
	python := filepath.Join(home, "spark", "py", "bin", "python")
	if _, err := os.Stat(python); err != nil {
		t.Skipf("no Spark: %v", err)
	}
	c := start(t, local, func(c *cluster) { c.slots = 1 })
	c.load()
	c.exec("create table target (k int, v int)")
	if err := c.run(insert, nil).err; err != nil { // the first one loads what the others find loaded
		t.Fatal(err)
	}
	healthy := c.run(insert, nil)
	if healthy.err != nil {
		t.Fatal(healthy.err)
	}
	o := c.run(insert, func(started time.Time) {
		after(started, healthy.time*3/4)
		c.workers[1].Signal(syscall.SIGKILL)
		<-c.workers[1].Ended
		// An executor is started again at once, so a worker is too.
		c.workers[1] = c.startWorker(1)
	})
	if o.err != nil {
		t.Fatal(o.err)
	}
	note("kill -9 one of 4 at 75 %, one slot each, next to Spark", "%.1f s, healthy %.1f s: %.2f; %d tasks run again",
		o.time.Seconds(), healthy.time.Seconds(), o.time.Seconds()/healthy.time.Seconds(), len(o.repeated()))

	cmd := exec.CommandContext(t.Context(), python, "spark_kill.py", t.TempDir(), strconv.Itoa(tasks), "0.4")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("Spark: %v\n%s", err, out)
	}
	var spark struct {
		Version         string
		Healthy, Killed float64
		Again           int
	}
	if err := json.Unmarshal(out, &spark); err != nil {
		t.Fatalf("Spark: %v\n%s", err, out)
	}
	note("the same, Spark "+spark.Version+" local-cluster[4,1,1024]", "%.1f s, healthy %.1f s: %.2f; %d tasks run again",
		spark.Killed, spark.Healthy, spark.Killed/spark.Healthy, spark.Again)
}
