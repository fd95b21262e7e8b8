package table

import (
	"context"
	"fmt"
	"sync"

	"skep/engine/acid"
	"skep/engine/format"
	"skep/engine/memory"
)

// eventful is the format of a unit of a table whose rows have keys.
func (u *unit) eventful() (format.Eventful, error) {
	f, ok := u.format.(format.Eventful)
	if !ok {
		return nil, fmt.Errorf("the format %T has no rows with keys", u.format)
	}
	return f, nil
}

// open starts reading a split.
func (u *unit) open(ctx context.Context, s unitSplit, options *format.ReadOptions) (format.Reader, error) {
	if s.acid == nil {
		return u.format.OpenSplit(ctx, s.split, options)
	}
	f, err := u.eventful()
	if err != nil {
		return nil, err
	}
	deleted, err := u.deletes.read(ctx, u, f, s.acid.Deletes)
	if err != nil {
		return nil, err
	}
	return acid.Open(ctx, f, s.split, options, s.acid, u.ids, deleted, u.keys)
}

// deletes are the deleted rows of a unit, read when its first split is opened. They count to the query until it ends.
type deletes struct {
	memory *memory.Pool
	mu     sync.Mutex
	keys   *acid.Keys // nil: not read yet
}

func (d *deletes) read(ctx context.Context, u *unit, f format.Eventful, files []acid.DeleteFile) (*acid.Keys, error) {
	if len(files) == 0 {
		return nil, nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.keys != nil {
		return d.keys, nil
	}
	var account *memory.Account
	if d.memory != nil {
		account = d.memory.NewAccount("deleted rows", false)
	}
	keys, err := acid.ReadDeletes(ctx, f, u.options, files, u.ids, account)
	if err != nil {
		if account != nil {
			account.Close()
		}
		return nil, err
	}
	d.keys = keys
	return keys, nil
}
