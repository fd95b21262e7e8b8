package local

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"skep/shuffle"
	"skep/shuffle/format"
	"skep/shuffle/spool"
)

// FuzzReader reads any bytes as a file, and as a block in a file that is otherwise whole. There must be rows or an error.
func FuzzReader(f *testing.F) {
	dir := f.TempDir()
	m := small(f, dir, 1)
	path := files(f, dir)[0]
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	a := m.outputs[0].Attempt
	x, err := format.ReadIndex(bytes.NewReader(whole), int64(len(whole)), a)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[x.Partitions[0].Offset+format.FrameHeader : x.Partitions[1].Offset])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		read := func(content []byte) {
			x, err := format.ReadIndex(bytes.NewReader(content), int64(len(content)), a)
			if err != nil {
				return
			}
			folder := t.TempDir()
			e, err := spool.Open(spool.Options{Folder: folder})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			to := filepath.Join(folder, "j", "1", filepath.Base(path))
			if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(to, content, 0o600); err != nil {
				t.Fatal(err)
			}
			again := *m
			again.outputs = []*shuffle.Output{x.Output(m.outputs[0].Location)}
			again.outputs[0].Location = "file://" + folder
			again.partitions = len(x.Partitions)
			if err := again.read(e); err != nil && shuffle.KindOf(err) == 0 {
				t.Fatal(err)
			}
		}
		read(data)
		content := format.AppendHeader(nil, a)
		at := len(content)
		content = append(format.BeginFrame(content), data...)
		format.EndFrame(content[at:], format.Frame{Fingerprint: a.Fingerprint(), Rows: 13})
		made := format.Index{Attempt: a, Schema: format.Schema(m.types), Partitions: []format.Partition{{Bytes: int64(len(content) - at), Frames: 1, Rows: 13}}}
		read(made.Append(content))
	})
}
