package warehouse

import (
	"context"
	"io/fs"
)

// FileSystem is the access to files the warehouse needs; engine/filesystem documents the methods and has the
// implementations. Renames must be atomic: the commit protocol rests on it.
type FileSystem interface {
	Rename(ctx context.Context, from, to string) error
	List(ctx context.Context, dir string) ([]fs.FileInfo, error)
	Stat(ctx context.Context, path string) (fs.FileInfo, error)
	MkdirAll(ctx context.Context, dir string) error
	Remove(ctx context.Context, path string) error
	RemoveAll(ctx context.Context, path string) error
	Sync(ctx context.Context, path string) error
}
