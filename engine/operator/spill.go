package operator

import (
	"errors"
	"sync"

	"skep/dialect/types"
	"skep/engine/spill"
)

// spillFiles are the spill files of one operator, closed together.
type spillFiles struct {
	res *Resources

	mu    sync.Mutex
	files []*spill.File
}

// create makes a file for rows of the given types.
func (s *spillFiles) create(ts []*types.Type) (*spill.File, error) {
	f, err := spill.Create(s.res.SpillDir, ts)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files = append(s.files, f)
	return f, nil
}

// close gives up all files.
func (s *spillFiles) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, f := range s.files {
		s.res.Pool.AddSpilled(f.Bytes())
		errs = append(errs, f.Close())
	}
	s.files = nil
	return errors.Join(errs...)
}
