package parquet

import (
	"bytes"
	"container/list"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"skep/engine/format"
)

// footer is a file's metadata with its schema as a tree. It is immutable.
type footer struct {
	*fileMeta
	root      *node
	writer    *time.Location // Hive's writer.time.zone; nil when absent
	hive      bool           // written by parquet-mr
	proleptic bool           // dates are proleptic Gregorian throughout
}

const magic = "PAR1"

// maxFooter bounds the footer's length.
const maxFooter = 1 << 30

func readFooter(input format.Input, rules *zoneRules) (*footer, error) {
	size := input.Size()
	if size < 12 {
		return nil, fmt.Errorf("a file of %d bytes is not Parquet", size)
	}
	// Most footers come with the first read.
	n := min(size, 64<<10)
	tail := make([]byte, n)
	if k, err := input.ReadAt(tail, size-n); int64(k) < n {
		return nil, fmt.Errorf("reading the footer: %w", noEOF(err))
	}
	switch string(tail[n-4:]) {
	case magic:
	case "PARE":
		return nil, fmt.Errorf("files with an encrypted footer are not supported")
	default:
		return nil, fmt.Errorf("the file does not end with %s", magic)
	}
	length := int64(binary.LittleEndian.Uint32(tail[n-8:]))
	if length > size-12 || length > maxFooter {
		return nil, fmt.Errorf("footer of %d bytes in a file of %d", length, size)
	}
	if length+8 > n {
		n = length + 8
		tail = make([]byte, n)
		if k, err := input.ReadAt(tail, size-n); int64(k) < n {
			return nil, fmt.Errorf("reading the footer: %w", noEOF(err))
		}
	}
	m, err := readFileMeta(bytes.Clone(tail[n-8-length : n-8]))
	if err != nil {
		return nil, fmt.Errorf("footer at offset %d: %w", size-8-length, err)
	}
	return newFooter(m, rules)
}

func noEOF(err error) error {
	if err == nil || err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func newFooter(m *fileMeta, rules *zoneRules) (*footer, error) {
	root, leaves, err := buildSchema(m.schema)
	if err != nil {
		return nil, err
	}
	for i := range m.groups {
		g := &m.groups[i]
		if len(g.columns) != len(leaves) || g.rows < 0 {
			return nil, fmt.Errorf("row group %d has %d columns and %d rows, the schema has %d columns", i, len(g.columns), g.rows, len(leaves))
		}
		for k := range g.columns {
			if v := g.columns[k].meta.values; v < g.rows || v > g.rows && leaves[k].maxRep == 0 {
				return nil, fmt.Errorf("row group %d has %d rows, its column %s %d values", i, g.rows, leaves[k].path(), v)
			}
		}
	}
	f := &footer{fileMeta: m, root: root, hive: strings.HasPrefix(m.createdBy, "parquet-mr"), proleptic: rules.proleptic}
	if zone, ok := m.keyValues[metaWriterZone]; ok {
		if f.writer, err = time.LoadLocation(zone); err != nil {
			return nil, fmt.Errorf("the file's %s %q: %w", metaWriterZone, zone, err)
		}
	}
	if s, ok := m.keyValues[metaProleptic]; ok {
		f.proleptic = strings.EqualFold(s, "true")
	}
	return f, nil
}

// Keys of Hive's file metadata.
const (
	metaWriterZone = "writer.time.zone"
	metaProleptic  = "writer.date.proleptic"
	metaLegacyZone = "writer.zone.conversion.legacy"
	metaModel      = "writer.model.name"
)

// int96Zone returns the zone whose local time Hive makes of INT96 timestamps, nil for UTC: the writer's when the file names it,
// the session's for other files of parquet-mr; files of other writers stay as they are when conversion is to be skipped.
func (f *footer) int96Zone(rules *zoneRules) *time.Location {
	zone := f.writer
	switch {
	case rules.skipConversion && !f.hive:
		return nil
	case zone == nil:
		zone = rules.local
	}
	if zone == time.UTC || zone != nil && (zone.String() == "UTC" || zone.String() == "Etc/UTC" || zone.String() == "Z") {
		return nil
	}
	return zone
}

// Cache keeps footers by path, size and modification time. It is safe for concurrent use.
type Cache struct {
	mu     sync.Mutex
	limit  int
	recent *list.List // of *cached, most recent first
	byKey  map[cacheKey]*list.Element
}

type cacheKey struct {
	path      string
	size      int64
	modified  int64
	proleptic bool
}

type cached struct {
	key    cacheKey
	footer *footer
}

// NewCache returns a cache of at most files footers.
func NewCache(files int) *Cache {
	return &Cache{limit: files, recent: list.New(), byKey: map[cacheKey]*list.Element{}}
}

func (c *Cache) get(k cacheKey) *footer {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.byKey[k]
	if e == nil {
		return nil
	}
	c.recent.MoveToFront(e)
	return e.Value.(*cached).footer
}

func (c *Cache) put(k cacheKey, f *footer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byKey[k] != nil {
		return
	}
	c.byKey[k] = c.recent.PushFront(&cached{k, f})
	if c.recent.Len() > c.limit {
		last := c.recent.Back()
		c.recent.Remove(last)
		delete(c.byKey, last.Value.(*cached).key)
	}
}

// open opens a file and gets its footer, from the cache when the file's modification time is known: from the split, or from
// an input that tells it.
func (f Format) open(ctx context.Context, path string, modified time.Time, opts *format.ReadOptions, rules *zoneRules) (format.Input, *footer, time.Time, error) {
	input, err := opts.Open.Open(ctx, path)
	if err != nil {
		return nil, nil, modified, err
	}
	if m, ok := input.(interface{ ModTime() time.Time }); ok && modified.IsZero() {
		modified = m.ModTime()
	}
	key := cacheKey{path, input.Size(), modified.UnixNano(), rules.proleptic}
	usable := f.Cache != nil && !modified.IsZero()
	if usable {
		if foot := f.Cache.get(key); foot != nil {
			return input, foot, modified, nil
		}
	}
	foot, err := readFooter(input, rules)
	if err != nil {
		input.Close()
		return nil, nil, modified, fmt.Errorf("Parquet file %s: %w", path, err)
	}
	if usable {
		f.Cache.put(key, foot)
	}
	return input, foot, modified, nil
}
