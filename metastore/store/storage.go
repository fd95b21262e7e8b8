package store

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"sync"

	"skep/metastore/model"
)

// storageCache holds storage descriptors and column lists that committed transactions wrote. A writing transaction reads
// it but keeps what it finds beyond it to itself: if it rolls back, the ids it used are given out again.
type storageCache struct {
	mu          sync.Mutex
	descriptors map[int64]*model.StorageDescriptor
	columns     map[int64][]model.Column
}

// storageCacheSize bounds the cache in entries. Real catalogs have about one descriptor per table and schema change.
const storageCacheSize = 20000

func newStorageCache() *storageCache {
	return &storageCache{descriptors: map[int64]*model.StorageDescriptor{}, columns: map[int64][]model.Column{}}
}

func (c *storageCache) get(id int64) *model.StorageDescriptor {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.descriptors[id]
}

// put stores a descriptor and makes equal column lists one.
func (c *storageCache) put(id, columnsID int64, d *model.StorageDescriptor) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.descriptors) >= storageCacheSize {
		clear(c.descriptors)
		clear(c.columns)
	}
	if cols, ok := c.columns[columnsID]; ok {
		d.Columns = cols
	} else {
		c.columns[columnsID] = d.Columns
	}
	c.descriptors[id] = d
}

// descriptor returns the descriptor with the given id.
func (q *session) descriptor(ctx context.Context, id int64) (*model.StorageDescriptor, error) {
	if d := q.own[id]; d != nil {
		return d, nil
	}
	if d := q.store.storage.get(id); d != nil {
		return d, nil
	}
	var columnsID int64
	var body, columns []byte
	found, err := q.row(ctx, []any{&columnsID, &body, &columns},
		"SELECT s.column_list_id, s.body, c.body FROM storage s JOIN column_list c ON c.id = s.column_list_id WHERE s.id = ?", id)
	if err == nil && !found {
		err = fmt.Errorf("missing")
	}
	if err != nil {
		return nil, fmt.Errorf("storage descriptor %d: %w", id, err)
	}
	d := new(model.StorageDescriptor)
	if err := json.Unmarshal(body, d); err != nil {
		return nil, fmt.Errorf("storage descriptor %d: %w", id, err)
	}
	if err := json.Unmarshal(columns, &d.Columns); err != nil {
		return nil, fmt.Errorf("columns of storage descriptor %d: %w", id, err)
	}
	if q.own != nil {
		q.own[id] = d
	} else {
		q.store.storage.put(id, columnsID, d)
	}
	return d, nil
}

// intern stores a descriptor, unless an equal one exists, and returns its id.
func (q *session) intern(ctx context.Context, d *model.StorageDescriptor) (int64, error) {
	columns, err := json.Marshal(lowerColumns(d.Columns))
	if err != nil {
		return 0, err
	}
	columnsID, err := q.internRow(ctx, "SELECT id FROM column_list WHERE hash = ?",
		"INSERT INTO column_list (hash, body) VALUES (?, ?)", digest(columns), string(columns))
	if err != nil {
		return 0, fmt.Errorf("store columns: %w", err)
	}
	body, err := json.Marshal(d)
	if err != nil {
		return 0, err
	}
	id, err := q.internRow(ctx, "SELECT id FROM storage WHERE hash = ?",
		"INSERT INTO storage (hash, body, column_list_id) VALUES (?, ?, ?)", digest(columns, body), string(body), columnsID)
	if err != nil {
		return 0, fmt.Errorf("store storage descriptor: %w", err)
	}
	return id, nil
}

func (q *session) internRow(ctx context.Context, find, add string, hash []byte, values ...any) (id int64, err error) {
	found, err := q.row(ctx, []any{&id}, find, hash)
	if err != nil || found {
		return id, err
	}
	return q.insert(ctx, add, append([]any{hash}, values...)...)
}

func digest(parts ...[]byte) []byte {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// release deletes those of the given descriptors that nothing refers to any more, and their columns likewise.
func (q *session) release(ctx context.Context, ids map[int64]struct{}) error {
	for id := range ids {
		var columnsID int64
		found, err := q.row(ctx, []any{&columnsID}, `SELECT column_list_id FROM storage WHERE id = ?1
			AND NOT EXISTS (SELECT 1 FROM tbl WHERE storage_id = ?1) AND NOT EXISTS (SELECT 1 FROM part WHERE storage_id = ?1)`, id)
		if err != nil {
			return fmt.Errorf("release storage descriptor: %w", err)
		}
		if !found {
			continue
		}
		delete(q.own, id)
		if err := q.exec(ctx, "DELETE FROM storage WHERE id = ?", id); err != nil {
			return fmt.Errorf("release storage descriptor: %w", err)
		}
		if err := q.exec(ctx, `DELETE FROM column_list WHERE id = ?1
			AND NOT EXISTS (SELECT 1 FROM storage WHERE column_list_id = ?1)`, columnsID); err != nil {
			return fmt.Errorf("release columns: %w", err)
		}
	}
	return nil
}
