// Package spool is the exchange that puts outputs in a folder that all workers share (NFS, a mounted object store), so that they stay when
// their worker goes. Files are those of shuffle/store; each is written once and renamed when complete.
package spool

import (
	"context"
	"fmt"
	"path/filepath"

	"skep/shuffle"
	"skep/shuffle/fetch"
	"skep/shuffle/reader"
	"skep/shuffle/store"
)

// Options configures an Exchange.
type Options struct {
	// Folder is the shared folder. All workers have to know it by this path.
	Folder string
	// Scratch are local directories for temporary files; without any these are in Folder too.
	Scratch []string
	// Budget bounds what a writer holds before it writes temporary files (64 MB).
	Budget int64
}

// Exchange implements shuffle.Exchange.
type Exchange struct {
	store    *store.Store
	location string
}

var _ shuffle.Exchange = &Exchange{}

// Open returns an exchange on a shared folder, which is created if need be.
func Open(o Options) (*Exchange, error) {
	folder, err := filepath.Abs(o.Folder)
	if err != nil {
		return nil, fmt.Errorf("opening a spool: %w", err)
	}
	location := "file://" + folder
	s, err := store.Open(store.Options{Dirs: []string{folder}, RunDirs: o.Scratch, Budget: o.Budget, Location: location})
	if err != nil {
		return nil, fmt.Errorf("opening a spool: %w", err)
	}
	return &Exchange{s, location}, nil
}

// OpenWriter implements shuffle.Exchange.
func (e *Exchange) OpenWriter(ctx context.Context, spec shuffle.WriterSpec) (shuffle.Writer, error) {
	w, err := e.store.NewWriter(ctx, spec)
	if err != nil {
		return nil, err
	}
	return w, nil
}

// OpenReader implements shuffle.Exchange.
func (e *Exchange) OpenReader(_ context.Context, spec shuffle.ReaderSpec) (shuffle.Reader, error) {
	for _, l := range spec.Manifest.Locations {
		if l != e.location {
			return nil, fmt.Errorf("opening a shuffle reader: outputs are in %s, this spool is %s", l, e.location)
		}
	}
	return reader.Open(spec, reader.Sources{Store: e.store, Local: func(string) bool { return true }})
}

// MapSizes implements shuffle.Exchange.
func (e *Exchange) MapSizes(_ context.Context, m *shuffle.Manifest, partition int) ([]int64, error) {
	out := make([]int64, len(m.Entries))
	for i, entry := range m.Entries {
		if entry.Location == shuffle.Nowhere {
			continue
		}
		n, err := fetch.Size(e.store, m.Attempt(i), entry.Check, partition)
		if err != nil {
			return nil, fetch.Fault(err, m.Attempt(i), e.location)
		}
		out[i] = n
	}
	return out, nil
}

// Held lists the outputs of a job that are in the folder, whoever wrote them.
func (e *Exchange) Held(job string) []*shuffle.Output {
	return e.store.Held(job)
}

// Release implements shuffle.Exchange: it removes the outputs for all workers.
func (e *Exchange) Release(_ context.Context, job string, stages ...int) error {
	return e.store.Release(job, stages...)
}

// Capabilities implements shuffle.Exchange.
func (e *Exchange) Capabilities() shuffle.Capabilities {
	return shuffle.Capabilities{SurvivesWorker: true}
}

// Store returns the exchange's store.
func (e *Exchange) Store() *store.Store { return e.store }

// Close implements shuffle.Exchange. The folder stays as it is.
func (e *Exchange) Close() error { return e.store.Close() }
