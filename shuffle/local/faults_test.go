package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"skep/dialect/types"
	"skep/shuffle"
	"skep/shuffle/spool"
	"skep/shuffle/store"
)

// read reads everything and returns the first error.
func (m *modelled) read(e shuffle.Exchange) error {
	rd, err := e.OpenReader(context.Background(), shuffle.ReaderSpec{
		Manifest: m.manifest(), Slices: []shuffle.Slice{{Partitions: shuffle.Range{To: m.partitions}}}, Types: m.types})
	if err != nil {
		return err
	}
	defer rd.Close()
	for {
		b, err := rd.Next(context.Background())
		if b == nil || err != nil {
			return err
		}
	}
}

// files lists what is below a directory.
func files(t testing.TB, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// small writes outputs of a few rows to a spool in dir.
func small(t testing.TB, dir string, tasks int) *modelled {
	t.Helper()
	e, err := spool.Open(spool.Options{Folder: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	r := rand.New(rand.NewSource(1))
	m := &modelled{stage: shuffle.StageID{Job: "j", Stage: 1}, types: parseTypes(t, "int", "string"), partitions: 3}
	for task := range tasks {
		m.write(t, r, e, task, 1, 40)
	}
	return m
}

// spoiled reads what is in dir by a process that knows nothing of it yet.
func (m *modelled) spoiled(t testing.TB, dir string) shuffle.FetchKind {
	t.Helper()
	e, err := spool.Open(spool.Options{Folder: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	err = m.read(e)
	if err == nil {
		return 0
	}
	if shuffle.KindOf(err) == 0 {
		t.Fatalf("not a FetchError: %v", err)
	}
	return shuffle.KindOf(err)
}

func TestEveryDamagedByteIsFound(t *testing.T) {
	dir := t.TempDir()
	m := small(t, dir, 1)
	path := files(t, dir)[0]
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if kind := m.spoiled(t, dir); kind != 0 {
		t.Fatalf("the whole file is %v", kind)
	}
	replace := func(what string, content []byte) {
		t.Helper()
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if kind := m.spoiled(t, dir); kind != shuffle.Corrupt && kind != shuffle.Stale {
			t.Errorf("%s: kind %v", what, kind)
		}
	}
	for i := range whole {
		b := append([]byte(nil), whole...)
		b[i] ^= 1 << (i % 8)
		replace(fmt.Sprintf("bit of byte %d of %d", i, len(b)), b)
	}
	for n := range whole {
		replace(fmt.Sprintf("cut at %d of %d", n, len(whole)), whole[:n])
	}
	replace("a byte more", append(append([]byte(nil), whole...), 0))
	replace("twice", append(append([]byte(nil), whole...), whole...))
}

func TestFilesOfOthersAreFound(t *testing.T) {
	dir := t.TempDir()
	m := small(t, dir, 2)
	list := files(t, dir)
	a, b := list[0], list[1]
	swap := func(x, y string) {
		for _, pair := range [][2]string{{x, x + "-"}, {y, x}, {x + "-", y}} {
			if err := os.Rename(pair[0], pair[1]); err != nil {
				t.Fatal(err)
			}
		}
	}
	swap(a, b)
	if kind := m.spoiled(t, dir); kind != shuffle.Stale && kind != shuffle.Corrupt {
		t.Errorf("swapped files: %v", kind)
	}
	swap(a, b)
	if kind := m.spoiled(t, dir); kind != 0 {
		t.Fatalf("swapped back: %v", kind)
	}
	// The same attempt again with other rows: whole, but not what the manifest means.
	again := small(t, t.TempDir(), 1)
	e, err := spool.Open(spool.Options{Folder: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	r := rand.New(rand.NewSource(99))
	for written := false; !written; {
		again.write(t, r, e, 0, 1, 40)
		written = again.outputs[len(again.outputs)-1].Attempt == m.outputs[0].Attempt
	}
	if kind := m.spoiled(t, dir); kind != shuffle.Stale {
		t.Errorf("rewritten output: %v", kind)
	}
	// A manifest of another epoch.
	m.outputs[0].Attempt.Epoch++
	if kind := m.spoiled(t, dir); kind != shuffle.Missing {
		t.Errorf("output of an epoch that has not run: %v", kind)
	}
	m.outputs[0].Attempt.Epoch--
	for _, f := range files(t, dir) {
		if err := os.Remove(f); err != nil {
			t.Fatal(err)
		}
	}
	if kind := m.spoiled(t, dir); kind != shuffle.Missing {
		t.Errorf("removed files: %v", kind)
	}
}

// proxy passes requests on to a server, and spoils answers.
type proxy struct {
	*httptest.Server
	spoil atomic.Int64 // answers still to be spoilt
	how   func(w http.ResponseWriter, body []byte)
}

func newProxy(t *testing.T, to string, how func(http.ResponseWriter, []byte)) *proxy {
	p := &proxy{how: how}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q, err := http.NewRequest(r.Method, to+r.URL.RequestURI(), r.Body)
		if err != nil {
			panic(err)
		}
		q.Header = r.Header
		resp, err := http.DefaultClient.Do(q)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		if p.spoil.Add(-1) >= 0 {
			p.how(w, body)
			return
		}
		w.WriteHeader(resp.StatusCode)
		_, _ = w.Write(body)
	}))
	t.Cleanup(p.Close)
	return p
}

func TestNetworkFaults(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	server := serve(t, Options{Store: store.Options{Dirs: []string{t.TempDir()}}})
	m := &modelled{stage: shuffle.StageID{Job: "j", Stage: 1}, types: parseTypes(t, "bigint", "string"), partitions: 3}
	for task := range 3 {
		m.write(t, r, server, task, 3, 400)
	}
	whole := m.outputs
	for _, c := range []struct {
		name  string
		times int64
		how   func(w http.ResponseWriter, body []byte)
		want  shuffle.FetchKind
	}{
		{"a bit on the way", 1, func(w http.ResponseWriter, b []byte) { b[len(b)/2] ^= 4; _, _ = w.Write(b) }, 0},
		{"bits on the way again and again", 1000, func(w http.ResponseWriter, b []byte) { b[len(b)/2] ^= 4; _, _ = w.Write(b) }, shuffle.Corrupt},
		{"an answer cut short", 2, func(w http.ResponseWriter, b []byte) {
			_, _ = w.Write(b[:len(b)/2])
			panic(http.ErrAbortHandler)
		}, 0},
		{"a busy server", 2, func(w http.ResponseWriter, _ []byte) {
			w.Header().Del("Content-Length")
			w.WriteHeader(http.StatusServiceUnavailable)
		}, 0},
		{"a broken server", 1000, func(w http.ResponseWriter, _ []byte) {
			w.Header().Del("Content-Length")
			w.WriteHeader(http.StatusInternalServerError)
		}, shuffle.Unreachable},
		{"something else at the address", 1000, func(w http.ResponseWriter, _ []byte) {
			w.Header().Del("Content-Length")
			_, _ = w.Write([]byte("<html>hello</html>"))
		}, shuffle.Unreachable},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newProxy(t, server.opts.Location, c.how)
			p.spoil.Store(c.times)
			other := open(t, Options{Token: "secret"})
			m.outputs = nil
			for _, o := range whole {
				o := *o
				o.Location = p.URL
				m.outputs = append(m.outputs, &o)
			}
			if c.want == 0 {
				m.check(t, other, shuffle.Slice{Partitions: shuffle.Range{To: 3}})
				return
			}
			if err := m.read(other); shuffle.KindOf(err) != c.want {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
	m.outputs = whole
	t.Run("a wrong token", func(t *testing.T) {
		if err := m.read(open(t, Options{Token: "guess"})); shuffle.KindOf(err) != shuffle.Refused {
			t.Error(err)
		}
		if err := m.read(open(t, Options{})); shuffle.KindOf(err) != shuffle.Refused {
			t.Error(err)
		}
	})
	t.Run("nobody there", func(t *testing.T) {
		gone := httptest.NewServer(http.NotFoundHandler())
		gone.Close()
		m.outputs = []*shuffle.Output{{Attempt: whole[0].Attempt, Location: gone.URL}}
		err := m.read(open(t, Options{Token: "secret"}))
		if shuffle.KindOf(err) != shuffle.Unreachable || !strings.Contains(err.Error(), gone.URL) {
			t.Error(err)
		}
		m.outputs = whole
	})
	t.Run("damage on the server's disk", func(t *testing.T) {
		path := files(t, server.Store().Dirs().Paths()[0])[1]
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		b[len(b)/2] ^= 1
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, e := range []*Exchange{server, open(t, Options{Token: "secret"})} {
			var f *shuffle.FetchError
			if err := m.read(e); !errors.As(err, &f) || f.Kind != shuffle.Corrupt || f.Attempt.Task != 1 {
				t.Errorf("%v, want task 1's output corrupt", err)
			}
		}
	})
	t.Run("released", func(t *testing.T) {
		if err := server.Release(context.Background(), "j", 1); err != nil {
			t.Fatal(err)
		}
		for _, e := range []*Exchange{server, open(t, Options{Token: "secret"})} {
			if err := m.read(e); shuffle.KindOf(err) != shuffle.Missing {
				t.Error(err)
			}
			if _, err := e.MapSizes(context.Background(), m.manifest(), 0); shuffle.KindOf(err) != shuffle.Missing {
				t.Error(err)
			}
		}
	})
}

// fullDisk makes files below some directories fail once they have got a number of bytes.
type fullDisk struct {
	dirs []string
	room atomic.Int64
	err  error
}

type limitedFile struct {
	store.File
	disk *fullDisk
}

func (f *limitedFile) Write(p []byte) (int, error) {
	if f.disk.room.Add(-int64(len(p))) < 0 {
		return 0, &fs.PathError{Op: "write", Path: "file", Err: f.disk.err}
	}
	return f.File.Write(p)
}

func (d *fullDisk) create(path string) (store.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	for _, dir := range d.dirs {
		if strings.HasPrefix(path, dir) {
			return &limitedFile{f, d}, nil
		}
	}
	return f, nil
}

func TestFullDisks(t *testing.T) {
	for _, c := range []struct {
		name   string
		full   int // directories
		budget int64
		err    error
	}{
		{"first directory full", 1, 0, syscall.ENOSPC},
		{"first directory full while spilling", 1, 64 << 10, syscall.ENOSPC},
		{"first directory bad", 1, 0, syscall.EIO},
		{"both full", 2, 0, syscall.ENOSPC},
		{"both full while spilling", 2, 64 << 10, syscall.ENOSPC},
		{"both bad", 2, 0, syscall.EIO},
	} {
		t.Run(c.name, func(t *testing.T) {
			dirs := []string{t.TempDir(), t.TempDir()}
			disk := &fullDisk{dirs: dirs[:c.full], err: c.err}
			disk.room.Store(30 << 10)
			now := time.Unix(0, 0)
			e := open(t, Options{Store: store.Options{Dirs: dirs, Budget: c.budget, Create: disk.create, Now: func() time.Time { return now }}})
			r := rand.New(rand.NewSource(1))
			m := &modelled{stage: shuffle.StageID{Job: "j", Stage: 1}, types: parseTypes(t, "bigint", "string"), partitions: 3}
			if c.full == 1 {
				for task := range 4 {
					m.write(t, r, e, task, 10, 1000)
				}
				if got := e.Store().Dirs().Excluded(); len(got) != 1 || got[0] != dirs[0] {
					t.Errorf("left out: %v", got)
				}
				m.checkAll(t, r, e)
				now = now.Add(time.Hour)
				if got := e.Store().Dirs().Excluded(); len(got) != 0 {
					t.Errorf("an hour later %v is left out", got)
				}
				if left := files(t, dirs[0]); len(left) != 0 {
					t.Errorf("left in the full directory: %v", left)
				}
				return
			}
			err := writeRows(e, shuffle.AttemptID{StageID: m.stage}, m.types, 20)
			var d *shuffle.DiskError
			if !errors.As(err, &d) || d.Full != (c.err == syscall.ENOSPC) || !errors.Is(err, c.err) {
				t.Errorf("%v, want a DiskError", err)
			}
			for _, dir := range dirs {
				if left := files(t, dir); len(left) != 0 {
					t.Errorf("left behind: %v", left)
				}
			}
		})
	}
}

// writeRows writes an output of three partitions.
func writeRows(e shuffle.Exchange, a shuffle.AttemptID, ts []*types.Type, batches int) error {
	w, err := e.OpenWriter(context.Background(), shuffle.WriterSpec{Attempt: a, Partitions: 3, Types: ts})
	if err != nil {
		return err
	}
	r := rand.New(rand.NewSource(1))
	for range batches {
		if err := w.Write(someRows(r, ts, 1000)); err != nil {
			return errors.Join(err, w.Abort())
		}
	}
	_, err = w.Commit(context.Background())
	return err
}

// openFiles counts the process's descriptors of files below a directory, unlinked ones included.
func openFiles(t testing.TB, dir string) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("no /proc here")
	}
	n := 0
	for _, f := range list {
		if to, err := os.Readlink("/proc/self/fd/" + f.Name()); err == nil && strings.HasPrefix(to, dir) {
			n++
		}
	}
	return n
}

// settle waits until there are no more goroutines than before; idle connections of tests are closed.
func settle(t testing.TB, before int) {
	t.Helper()
	for range 200 {
		http.DefaultClient.CloseIdleConnections()
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	buf := make([]byte, 1<<16)
	t.Errorf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
}

func TestNothingLeaks(t *testing.T) {
	dir := t.TempDir()
	ts := parseTypes(t, "bigint", "string")
	before := runtime.NumGoroutine()
	func() {
		server := httptest.NewUnstartedServer(nil)
		o := Options{Location: "http://" + server.Listener.Addr().String(), Token: "t", Client: fastRetries,
			Store: store.Options{Dirs: []string{dir}, Budget: 64 << 10, MergeFiles: 2}}
		e, err := Open(o)
		if err != nil {
			t.Fatal(err)
		}
		server.Config.Handler = e.Handler()
		server.Start()
		defer server.Close()
		o.Location, o.Store = "", store.Options{}
		reading, err := Open(o)
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewSource(1))
		id := func(task int) shuffle.AttemptID {
			return shuffle.AttemptID{StageID: shuffle.StageID{Job: "j", Stage: 1}, Task: task}
		}
		m := &modelled{stage: id(0).StageID, types: ts, partitions: 3}
		for task := range 4 {
			m.write(t, r, e, task, 10, 2000)
		}
		// Writers that are aborted, cancelled, or released under way.
		ctx, cancel := context.WithCancel(context.Background())
		var writers []shuffle.Writer
		for task := range 6 {
			w, err := e.OpenWriter(ctx, shuffle.WriterSpec{Attempt: id(100 + task), Partitions: 3, Types: ts})
			if err != nil {
				t.Fatal(err)
			}
			for range 10 {
				if err := w.Write(someRows(r, ts, 2000)); err != nil {
					t.Fatal(err)
				}
			}
			writers = append(writers, w)
		}
		if openFiles(t, dir) == 0 {
			t.Error("the writers have no runs; the test shows nothing")
		}
		if err := errors.Join(writers[0].Abort(), writers[0].Abort(), writers[1].Abort()); err != nil {
			t.Error(err)
		}
		cancel()
		if err := writers[2].Write(someRows(r, ts, 10)); !errors.Is(err, context.Canceled) {
			t.Errorf("writing after cancelling: %v", err)
		}
		if _, err := writers[3].Commit(context.Background()); !errors.Is(err, context.Canceled) {
			t.Errorf("committing after cancelling: %v", err)
		}
		// Readers that are closed early, here and over HTTP.
		for _, x := range []*Exchange{e, reading} {
			rd, err := x.OpenReader(context.Background(), shuffle.ReaderSpec{Manifest: m.manifest(), Types: ts,
				Slices: []shuffle.Slice{{Partitions: shuffle.Range{To: 3}}}})
			if err != nil {
				t.Fatal(err)
			}
			if b, err := rd.Next(context.Background()); b == nil || err != nil {
				t.Fatal(b, err)
			}
			if err := errors.Join(rd.Close(), rd.Close()); err != nil {
				t.Error(err)
			}
			if b, err := rd.Next(context.Background()); b != nil {
				t.Errorf("rows after closing: %v", err)
			}
		}
		if err := e.Release(context.Background(), "j"); err != nil {
			t.Fatal(err)
		}
		if err := writers[4].Write(someRows(r, ts, 10)); !errors.Is(err, shuffle.ErrReleased) {
			t.Errorf("writing after releasing: %v", err)
		}
		if _, err := writers[5].Commit(context.Background()); !errors.Is(err, shuffle.ErrReleased) {
			t.Errorf("committing after releasing: %v", err)
		}
		if _, err := e.OpenWriter(context.Background(), shuffle.WriterSpec{Attempt: id(9), Partitions: 3, Types: ts}); !errors.Is(err, shuffle.ErrReleased) {
			t.Errorf("opening after releasing: %v", err)
		}
		e.Store().Merged()
		if left := files(t, dir); len(left) != 0 {
			t.Errorf("left behind: %v", left)
		}
		// A reader that waits for a place that does not answer.
		silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // only then the server notices that the client goes
			<-r.Context().Done()
		}))
		m.outputs[0].Location = silent.URL
		rd, err := reading.OpenReader(context.Background(), shuffle.ReaderSpec{Manifest: m.manifest(), Types: ts,
			Slices: []shuffle.Slice{{Partitions: shuffle.Range{To: 3}}}})
		if err != nil {
			t.Fatal(err)
		}
		waiting, stop := context.WithTimeout(context.Background(), 20*time.Millisecond)
		if b, err := rd.Next(waiting); b != nil || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v %v, want a timeout", b, err)
		}
		stop()
		if err := errors.Join(reading.Close(), e.Close()); err != nil {
			t.Error(err)
		}
		silent.Close()
	}()
	settle(t, before)
	if n := openFiles(t, dir); n != 0 {
		t.Errorf("%d files are open", n)
	}
}
