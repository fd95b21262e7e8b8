// Package store is the embedded metastore: a metastore.Catalog on SQLite.
//
// One process owns a store at a time (a lock file beside the database says so); within it any number of sessions may read
// while one transaction writes. Readers work on WAL snapshots and never wait for the writer. Commits are fsynced
// (synchronous=FULL), because package warehouse renames files on the strength of a committed journal record.
//
// The only thing cached in memory is storage descriptors and column lists by id. Their rows are written once, never
// changed, and their ids never given out again, so the cache cannot be stale.
package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"skep/metastore"
	"skep/metastore/migration"
	"skep/metastore/model"
)

// Options configures Open.
type Options struct {
	// Path is the database file; its directory is created.
	Path string
	// WarehouseDir is the location the default database gets when the store is created.
	WarehouseDir string
	// NoSync leaves it to the operating system when commits reach the disk: they survive the process, not a loss of power.
	NoSync bool
	// Now gives the time for create times and transient_lastDdlTime; nil: time.Now.
	Now func() time.Time
}

// Store is an open metastore. It implements metastore.Catalog.
type Store struct {
	reader
	lock  *os.File
	reads *pool
	// writes has a single connection: waiting for it is waiting for one's turn to write.
	writes  *pool
	storage *storageCache
	now     func() time.Time

	syncLevel syncLevel
}

var _ metastore.Catalog = (*Store)(nil)

// Open opens or creates the store. It fails when another process has it open.
func Open(ctx context.Context, o Options) (_ *Store, err error) {
	path, err := filepath.Abs(o.Path)
	if err != nil {
		return nil, fmt.Errorf("open metastore %s: %w", o.Path, err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("open metastore %s: %w", path, err)
		}
	}()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, err
	}
	s := &Store{lock: lock, storage: newStorageCache(), now: o.Now}
	if s.now == nil {
		s.now = time.Now
	}
	s.reader.begin = s.beginRead
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	s.syncLevel = syncFull
	if o.NoSync {
		s.syncLevel = syncOff
	}
	if s.writes, err = openPool(path, 1, ""); err != nil {
		return nil, err
	}
	if err := migration.Apply(ctx, s.writes.db); err != nil {
		return nil, err
	}
	if err := forgetTemporaryTables(ctx, s.writes.db); err != nil {
		return nil, err
	}
	if s.reads, err = openPool(path, 2*runtime.GOMAXPROCS(0)+2, "&_pragma=query_only(1)"); err != nil {
		return nil, err
	}
	return s, s.createDefaultDatabase(ctx, o.WarehouseDir)
}

func (s *Store) createDefaultDatabase(ctx context.Context, location string) error {
	return s.Update(ctx, func(tx metastore.Tx) error {
		_, err := tx.Database(ctx, model.DefaultDatabase)
		if model.KindOf(err) != model.NoSuchObject {
			return err
		}
		return tx.CreateDatabase(ctx, &model.Database{
			Name: model.DefaultDatabase, Comment: "Default Hive database", Location: location,
			Owner: "public", OwnerType: "ROLE",
		})
	})
}

// Close closes the store. No call may be under way.
func (s *Store) Close() error {
	var errs []error
	for _, p := range []*pool{s.reads, s.writes} {
		if p != nil {
			errs = append(errs, p.close())
		}
	}
	errs = append(errs, s.lock.Close()) // releases the lock
	return errors.Join(errs...)
}

// View implements metastore.Catalog.
func (s *Store) View(ctx context.Context, fn func(metastore.Reader) error) error {
	q, done, err := s.beginRead(ctx)
	if err != nil {
		return err
	}
	defer done()
	return fn(&reader{begin: q.again})
}

// Update implements metastore.Catalog.
func (s *Store) Update(ctx context.Context, fn func(metastore.Tx) error) error {
	return s.update(ctx, s.syncLevel, fn)
}

// UpdateNoSync implements metastore.Catalog.
func (s *Store) UpdateNoSync(ctx context.Context, fn func(metastore.Tx) error) error {
	return s.update(ctx, min(s.syncLevel, syncNormal), fn)
}

func (s *Store) update(ctx context.Context, level syncLevel, fn func(metastore.Tx) error) (err error) {
	c, err := s.writes.acquire(ctx)
	if err != nil {
		return fmt.Errorf("begin metastore transaction: %w", err)
	}
	committed := false
	defer func() {
		if !committed { // also when fn panics
			err = errors.Join(err, c.rollback())
		}
		s.writes.release(c)
	}()
	q := &session{store: s, conn: c, own: map[int64]*model.StorageDescriptor{}}
	err = c.setSync(ctx, level)
	if err == nil {
		err = q.exec(ctx, "BEGIN IMMEDIATE")
	}
	if err != nil {
		return fmt.Errorf("begin metastore transaction: %w", err)
	}
	if err := fn(&transaction{reader: reader{begin: q.again}, q: q}); err != nil {
		return err
	}
	// a cancelled COMMIT would leave it open whether the change happened
	if err := q.exec(context.WithoutCancel(ctx), "COMMIT"); err != nil {
		return fmt.Errorf("commit metastore transaction: %w", err)
	}
	committed = true
	return nil
}

func (s *Store) beginRead(ctx context.Context) (*session, func(), error) {
	c, err := s.reads.acquire(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("begin metastore lookup: %w", err)
	}
	done := func() {
		// rolling back a read cannot lose anything; a connection that fails to is not used again
		_ = c.rollback()
		s.reads.release(c)
	}
	q := &session{store: s, conn: c}
	if err := q.exec(ctx, "BEGIN"); err != nil {
		done()
		return nil, nil, fmt.Errorf("begin metastore lookup: %w", err)
	}
	return q, done, nil
}
