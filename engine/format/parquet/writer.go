package parquet

import (
	"errors"
	"io"

	"skep/engine/format"
)

// NewWriter is not available yet.
func (Format) NewWriter(io.Writer, *format.WriteOptions) (format.Writer, error) {
	return nil, errors.New("writing Parquet is not supported")
}
