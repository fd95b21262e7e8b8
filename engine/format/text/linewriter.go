package text

import (
	"fmt"
	"io"
	"strings"

	"skep/engine/compress"
	"skep/engine/format"
	"skep/engine/format/record"
)

// OutputCodec returns the codec that the session asks output files to be compressed with; files carry its extension.
func OutputCodec(session *format.Session) (compress.Codec, error) {
	if session.Conf == nil || !strings.EqualFold(session.Conf("hive.exec.compress.output"), "true") {
		return compress.None, nil
	}
	for _, key := range []string{"mapreduce.output.fileoutputformat.compress.codec", "mapred.output.compression.codec"} {
		if class := session.Conf(key); class != "" {
			return compress.ByClass(class)
		}
	}
	return compress.Deflate, nil
}

// NewWriter implements record.Container: the file is compressed with OutputCodec.
func (Lines) NewWriter(w io.Writer, opts *format.WriteOptions) (record.Writer, error) {
	codec, err := OutputCodec(&opts.Session)
	if err != nil {
		return nil, fmt.Errorf("writing text: %w", err)
	}
	out := &lineWriter{file: countingWriter{w: w}}
	if out.stream, err = codec.NewWriter(&out.file); err != nil {
		return nil, fmt.Errorf("writing text: %w", err)
	}
	return out, nil
}

type lineWriter struct {
	file   countingWriter
	stream io.WriteCloser
}

type countingWriter struct {
	w io.Writer
	n int64
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

func (w *lineWriter) Write(buf []byte, _ []int) error {
	if _, err := w.stream.Write(buf); err != nil {
		return fmt.Errorf("writing text: %w", err)
	}
	return nil
}

func (w *lineWriter) Close() (int64, error) {
	if err := w.stream.Close(); err != nil {
		return 0, fmt.Errorf("finishing a text file: %w", err)
	}
	return w.file.n, nil
}
