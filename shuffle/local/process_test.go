package local

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"strings"
	"testing"

	"skep/shuffle"
	"skep/shuffle/store"
)

// processModel is what the worker process writes; parent and child draw the same rows.
func processModel(t testing.TB) (*modelled, *rand.Rand) {
	return &modelled{stage: shuffle.StageID{Job: "j", Stage: 1}, types: parseTypes(t, "bigint", "string"), partitions: 5}, rand.New(rand.NewSource(12))
}

const processTasks = 3

// TestWorkerProcess is the worker process of the test below.
func TestWorkerProcess(t *testing.T) {
	dirs := os.Getenv("SHUFFLE_WORKER_DIRS")
	if dirs == "" {
		t.Skip("only as a process of another test")
	}
	e, err := Open(Options{Store: store.Options{Dirs: strings.Split(dirs, ","), Budget: 64 << 10}, Location: os.Getenv("SHUFFLE_WORKER_KEEPER"), Served: true})
	if err != nil {
		t.Fatal(err)
	}
	m, r := processModel(t)
	for task := range processTasks {
		m.write(t, r, e, task, 4, 2000)
	}
	// One more is under way, with runs on disk.
	w, err := e.OpenWriter(context.Background(), shuffle.WriterSpec{Attempt: shuffle.AttemptID{StageID: m.stage, Task: 99}, Partitions: 5, Types: m.types})
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if err := w.Write(someRows(r, m.types, 2000)); err != nil {
			t.Fatal(err)
		}
	}
	text, err := json.Marshal(m.outputs)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("outputs %s\n", text)
	select {} // until it is killed
}

// TestOutputsOutliveAKilledProcess kills a worker process and reads what it had committed from the server that keeps its directories.
func TestOutputsOutliveAKilledProcess(t *testing.T) {
	dirs := []string{t.TempDir(), t.TempDir()}
	keeper := serve(t, Options{Store: store.Options{Dirs: dirs}})
	cmd := exec.Command(os.Args[0], "-test.run=^TestWorkerProcess$")
	cmd.Env = append(os.Environ(), "SHUFFLE_WORKER_DIRS="+strings.Join(dirs, ","), "SHUFFLE_WORKER_KEEPER="+keeper.opts.Location)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// What the child draws is drawn here too, into a store that is not looked at.
	m, r := processModel(t)
	scratch := open(t, Options{Store: store.Options{Memory: 1 << 30}})
	for task := range processTasks {
		m.write(t, r, scratch, task, 4, 2000)
	}
	var outputs []*shuffle.Output
	in := bufio.NewScanner(out)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		if text, ok := strings.CutPrefix(in.Text(), "outputs "); ok {
			if err := json.Unmarshal([]byte(text), &outputs); err != nil {
				t.Error(err)
			}
			break
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // "signal: killed"
	if len(outputs) != processTasks {
		t.Fatalf("the worker process reported %d outputs", len(outputs))
	}
	for i, o := range outputs {
		for p, x := range o.Partitions {
			if want := m.outputs[i].Partitions[p]; x.Digest != want.Digest || x.Rows != want.Rows {
				t.Errorf("task %d partition %d: %+v, want %+v", i, p, x, want)
			}
		}
	}
	m.outputs = outputs
	m.checkAll(t, r, open(t, Options{Token: "secret"}))
	if held := keeper.Held("j"); len(held) != processTasks {
		t.Errorf("%d outputs held, want those that were committed", len(held))
	}
	if err := keeper.Release(context.Background(), "j"); err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		if left := files(t, dir); len(left) != 0 {
			t.Errorf("left behind: %v", left)
		}
	}
}
