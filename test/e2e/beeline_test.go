//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestBeeline(t *testing.T) {
	need(t, "java", "mvn")
	for _, version := range []string{"3.1.3", "2.3.10"} {
		t.Run(version, func(t *testing.T) {
			dir := build(t, "beeline-"+version)
			once(t, dir, func() {
				pom := filepath.Join("java", "beeline-"+version+".xml")
				fetch(t, "mvn", "-q", "-B", "-f", pom, "dependency:copy-dependencies", "-DoutputDirectory="+dir)
			})
			for _, mode := range modes() {
				t.Run(mode, func(t *testing.T) {
					b := &beeline{t: t, jars: filepath.Join(dir, "*"), url: url(mode)}
					b.walk(strings.ReplaceAll(script, "{db}", "e2e_beeline_"+strings.ReplaceAll(version, ".", "_")+"_"+mode))
				})
			}
		})
	}
}

type beeline struct {
	t    *testing.T
	jars string
	url  string
}

func (b *beeline) command(ctx context.Context, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, "java", append([]string{"-cp", b.jars, "org.apache.hive.beeline.BeeLine", "-u", b.url, "-n", "ann", "-p", "secret",
		"--outputformat=tsv2", "--showHeader=false", "--nullemptystring=false"}, args...)...)
}

// run runs statements of a file.
func (b *beeline) run(statements string) (stdout, stderr string, code int) {
	b.t.Helper()
	path := filepath.Join(b.t.TempDir(), "script.sql")
	if err := os.WriteFile(path, []byte(statements), 0o644); err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(b.t.Context(), patience)
	defer cancel()
	cmd := b.command(ctx, "-f", path)
	var out, errors bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errors
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		b.t.Fatal(err)
	}
	return out.String(), errors.String(), cmd.ProcessState.ExitCode()
}

// walk runs the statements that succeed as one script, and each error as one of its own.
func (b *beeline) walk(script string) {
	lines := strings.Split(script, "\n")
	var good strings.Builder
	var want []string
	flush := func() {
		stdout, stderr, code := b.run(good.String())
		var got []string
		for line := range strings.SplitSeq(strings.TrimRight(stdout, "\n"), "\n") {
			// beeline repeats what it reads from a file
			if line != "" && !strings.HasPrefix(line, "0: jdbc:") && !strings.HasPrefix(line, ". . . ") {
				got = append(got, line)
			}
		}
		if code != 0 || strings.Join(got, "\n") != strings.Join(want, "\n") {
			b.t.Errorf("exit %d\n%s\ninstead of\n%s\n%s", code, strings.Join(got, "\n"), strings.Join(want, "\n"), last([]byte(stderr)))
		}
		good.Reset()
		want = nil
	}
	database := ""
	for _, line := range lines {
		f := strings.Split(line, "\t")
		switch f[0] {
		case "exec", "query":
			good.WriteString(f[1] + ";\n")
			if strings.HasPrefix(f[1], "use ") {
				database = f[1] + ";\n"
			}
		case "row":
			for i, c := range f[1:] {
				if c == `\N` {
					f[i+1] = "NULL"
				}
			}
			want = append(want, strings.Join(f[1:], "\t"))
		case "error":
			if good.Len() > 0 {
				flush()
			}
			_, stderr, code := b.run(database + f[4] + ";\nselect 'not reached';\n")
			if code == 0 || !strings.Contains(stderr, f[3]) || !strings.Contains(stderr, "(state="+f[2]+",code="+f[1]+")") {
				b.t.Errorf("%s: exit %d\n%s", f[4], code, last([]byte(stderr)))
			}
			good.WriteString(database)
		case "cancel":
			flush()
			b.cancel(database + f[1])
			good.WriteString(database)
		}
	}
	flush()
}

// cancel interrupts a running statement as Ctrl-C does.
func (b *beeline) cancel(statements string) {
	ctx, stop := context.WithTimeout(b.t.Context(), patience)
	defer stop()
	path := filepath.Join(b.t.TempDir(), "cancel.sql")
	if err := os.WriteFile(path, []byte(statements+";\n"), 0o644); err != nil {
		b.t.Fatal(err)
	}
	cmd := b.command(ctx, "-f", path)
	running := make(chan struct{}, 100)
	cmd.Stderr = &watcher{text: "Executing command", seen: running}
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	select {
	case <-running:
	case <-time.After(20 * time.Second): // a server may not log
	}
	time.Sleep(time.Second)
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		b.t.Error(err)
	}
	start := time.Now()
	err := cmd.Wait()
	if took := time.Since(start); took > 30*time.Second {
		b.t.Errorf("beeline ended %v after the interrupt: %v", took, err)
	}
}

// watcher tells when a text has been written.
type watcher struct {
	text string
	seen chan<- struct{}
	tail string
}

func (w *watcher) Write(p []byte) (int, error) {
	w.tail += string(p)
	if strings.Count(w.tail, w.text) >= 2 { // after that of "use"
		select {
		case w.seen <- struct{}{}:
		default:
		}
	}
	return len(p), nil
}
