package compress

import (
	"bufio"
	"compress/bzip2"
	"io"
)

// newBzip2Reader reads concatenated bzip2 streams; an empty input is an empty file, as Hadoop has it.
func newBzip2Reader(r io.Reader) io.Reader {
	b := bufio.NewReader(r)
	if _, err := b.Peek(1); err == io.EOF {
		return b
	}
	return bzip2.NewReader(b)
}
