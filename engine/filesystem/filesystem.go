// Package filesystem is the engine's access to files. Paths are plain ("/x") or URIs ("file:///x", "hdfs://nn/x");
// implementations are the sub-packages.
package filesystem

import (
	"context"
	"io"
	"io/fs"
)

// File is an open file for random reads. ReadAt may be called concurrently.
type File interface {
	io.ReaderAt
	io.Closer
	// Size is the length in bytes when the file was opened.
	Size() int64
}

// FileSystem is what storage must offer. Missing files are reported so that errors.Is(err, fs.ErrNotExist) holds, existing
// ones likewise with fs.ErrExist. Implementations are safe for concurrent use.
type FileSystem interface {
	Open(ctx context.Context, path string) (File, error)
	// Create makes a new file and the directories above it. It fails when the file exists.
	Create(ctx context.Context, path string) (io.WriteCloser, error)
	// Rename moves a file or directory atomically. It fails when the new name exists and does not make directories.
	Rename(ctx context.Context, from, to string) error
	// List returns the entries of a directory, ordered by name.
	List(ctx context.Context, dir string) ([]fs.FileInfo, error)
	Stat(ctx context.Context, path string) (fs.FileInfo, error)
	// MkdirAll makes a directory and those above it; it is no error if it exists.
	MkdirAll(ctx context.Context, dir string) error
	// Remove removes a file or an empty directory.
	Remove(ctx context.Context, path string) error
	// RemoveAll removes a file or directory with all it holds; it is no error if there is none.
	RemoveAll(ctx context.Context, path string) error
	// Sync makes a file's content, or the names in a directory, survive a loss of power.
	Sync(ctx context.Context, path string) error
}
