package text

import (
	"context"
	"fmt"
	"io"

	"skep/engine/compress"
	"skep/engine/format"
)

// Splits divides a plain file by bytes, without its header and footer lines; a compressed file is one split.
func (Lines) Splits(ctx context.Context, path string, opts *format.ReadOptions, target int64) ([]format.Split, error) {
	input, err := opts.Open.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer input.Close()
	size := input.Size()
	whole := format.Split{Path: path, FileSize: size, Length: size, Rows: -1}
	if size == 0 {
		return nil, nil
	}
	if compress.ByPath(path) != compress.None {
		return []format.Split{whole}, nil
	}
	start, end, err := dataRange(input, path, opts)
	if err != nil {
		return nil, err
	}
	var out []format.Split
	target = max(target, 1<<16)
	for start < end {
		s := whole
		s.Start, s.Length = start, target
		if end-start < target+target/10 { // no tiny last split
			s.Length = end - start
		}
		out = append(out, s)
		start += s.Length
	}
	return out, nil
}

// dataRange returns where the lines between header and footer start and end.
func dataRange(input format.Input, path string, opts *format.ReadOptions) (start, end int64, err error) {
	header, footer, err := skippedLines(opts.Properties)
	if err != nil {
		return 0, 0, fmt.Errorf("dividing text file %s: %w", path, err)
	}
	end = input.Size()
	if header > 0 {
		s := source{path: path, input: input}
		for range header {
			more, err := s.skipLine()
			if err != nil {
				return 0, 0, err
			}
			if !more {
				return end, end, nil
			}
		}
		start = s.base + int64(s.pos)
	}
	if footer > 0 {
		if end, err = footerOffset(input, footer); err != nil {
			return 0, 0, fmt.Errorf("reading the footer lines of %s: %w", path, err)
		}
	}
	return start, end, nil
}

// footerOffset returns where the last lines of a plain file start.
func footerOffset(input format.Input, lines int) (int64, error) {
	size := input.Size()
	for span := int64(64 << 10); ; span *= 4 {
		span = min(span, size)
		tail := make([]byte, span)
		if _, err := input.ReadAt(tail, size-span); err != nil && err != io.EOF {
			return 0, err
		}
		if at := footerStart(tail, lines); at > 0 || span == size {
			return size - span + int64(at), nil
		}
	}
}
