package shuffle

import (
	"context"
	"sync"
)

// Counted returns x with readers that tell count, once each when they are closed, what they have read. count is called from any goroutine.
func Counted(x Exchange, count func(ReaderStats)) Exchange { return counted{x, count} }

type counted struct {
	Exchange
	count func(ReaderStats)
}

// OpenReader implements Exchange.
func (x counted) OpenReader(ctx context.Context, spec ReaderSpec) (Reader, error) {
	r, err := x.Exchange.OpenReader(ctx, spec)
	if err != nil {
		return nil, err
	}
	return &countedReader{Reader: r, count: x.count}, nil
}

type countedReader struct {
	Reader
	count func(ReaderStats)
	once  sync.Once
}

// Close implements Reader.
func (r *countedReader) Close() error {
	r.once.Do(func() { r.count(r.Stats()) })
	return r.Reader.Close()
}
