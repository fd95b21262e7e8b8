// Package tablesink writes the rows of a query as the files of a table or directory: one file per worker and target
// partition, in a staging directory, with the statistics that a commit records. It moves nothing into place.
package tablesink

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"sync"

	"skep/dialect/sqlerr"
	"skep/engine/acid"
	"skep/engine/colstats"
	"skep/engine/format"
	"skep/engine/vector"
)

// MaxOpen bounds the files a worker keeps open. Rows of further partitions wait in memory; when these are too many, the least recently
// used files are finished in favour of theirs, and later rows of their partitions start other files.
const MaxOpen = 64

// maxWorkers bounds the number of workers of a sink; it keeps their file numbers apart.
const maxWorkers = 1000

// Spec says what to write where. It is data alone, so that a worker elsewhere can be told (EncodeSpec); what it takes to carry it
// out is in Env.
type Spec struct {
	InputFormat, SerDe string          // Hive's classes of the target's storage
	Columns            []format.Column // the data columns
	Properties         map[string]string
	// Dir is the staging directory: files go to Dir/<partition>/<file>.
	Dir string
	// Keys names the partition keys of the target. Static are the values of the first of them; the values of the others are the last
	// columns of each batch, strings, after the data columns.
	Keys, Static []string
	// DefaultPartition is the key value that NULL and the empty string are written under.
	DefaultPartition string
	// MaxPartitions is the number of partitions at which a sink stops the statement; 0 = no limit. PartitionLimit is the limit that
	// the error names.
	MaxPartitions, PartitionLimit int
	// Extension is appended to file names (".gz").
	Extension string
	// Statistics asks for column statistics.
	Statistics bool
	// Task and Tasks number the files of several sinks that write one target: this is sink Task of Tasks (0: the only one).
	Task, Tasks int
	// Buckets > 0 says that the last column of each batch (after the keys), an int column, numbers the file of each row. Bucketed
	// rows must arrive in one worker, clustered by partition and bucket.
	Buckets int
	// ByFile gives the rows of each input file a file: the last column of the batch, a string, names it. Buckets must be 0 and
	// the rows must arrive in one worker.
	ByFile bool
	// Lists names the columns of list bucketing: the rows of each tuple of ListValues are in a directory of their own, all others in
	// one more. The values of the columns are given once more, as strings, after the keys.
	Lists      []string
	ListValues [][]string
	// Events makes the files those of events of a transaction. Of deletes the batches have one column, keys of rows as ROW__ID, in place of
	// the data columns; Buckets must be 0, and all deletes of rows of one bucket of a partition must go to one sink.
	Events Events
}

// Events says which events a transaction writes.
type Events struct {
	Kind      format.EventKind
	WriteID   int64
	Statement int // of the transaction
}

// defaultList is the directory of the rows without a listed tuple, once for each column of it.
const defaultList = "HIVE_DEFAULT_LIST_BUCKETING_DIR_NAME"

// extra is the number of columns of a batch behind the data columns.
func (s *Spec) extra() int {
	n := s.dynamic() + len(s.Lists)
	if s.Buckets > 0 || s.ByFile {
		n++
	}
	return n
}

// dynamic is the number of partition keys whose values come with the rows.
func (s *Spec) dynamic() int { return len(s.Keys) - len(s.Static) }

// Env is what a process gives sinks of any Spec.
type Env struct {
	// Format returns the implementation of a storage.
	Format func(inputFormat, serde string) (format.Format, error)
	// Session are the settings of the session that formats depend on.
	Session format.Session
	// Create opens a new file for writing, making directories as needed.
	Create func(path string) (io.WriteCloser, error)
	// PartitionName is the directory of a partition below the target's.
	PartitionName func(keys, values []string) string
}

// File is a finished file, relative to Spec.Dir.
type File struct {
	Path        string
	Rows, Bytes int64
}

// Output is what was written for one partition ("" = the target itself, also where all keys are static).
type Output struct {
	Partition string
	Values    []string // of all partition keys
	Files     []File
	Rows      int64
	Bytes     int64
	RawBytes  int64
	Columns   []*colstats.Column // nil without Statistics
}

// Merge adds what another sink wrote for the same partition. o belongs to m from then on.
func (m *Output) Merge(o *Output) {
	m.Files = append(m.Files, o.Files...)
	m.Rows += o.Rows
	m.Bytes += o.Bytes
	m.RawBytes += o.RawBytes
	for i, c := range m.Columns {
		c.Merge(o.Columns[i])
	}
}

// Sink collects the outputs of its workers.
type Sink struct {
	spec    Spec
	env     Env
	format  format.Format
	options format.WriteOptions

	mu      sync.Mutex
	workers []*Worker
	outputs map[string]*Output
	files   map[*Output]int        // files of events started
	deletes map[*Output]*acid.Keys // of workers that were closed
}

// New returns a sink. The caller removes the staging directory when it gives up.
func New(spec Spec, env Env) (*Sink, error) {
	f, err := env.Format(spec.InputFormat, spec.SerDe)
	if err != nil {
		return nil, err
	}
	if spec.Events.Kind == format.Deletes {
		spec.Statistics = false // there are no columns
	}
	if _, ok := f.(format.Eventful); !ok && spec.Events.Kind != format.NoEvents {
		return nil, fmt.Errorf("the format %T has no files of transactions", f)
	}
	return &Sink{
		spec: spec, env: env, format: f, outputs: map[string]*Output{}, files: map[*Output]int{}, deletes: map[*Output]*acid.Keys{},
		options: format.WriteOptions{Schema: spec.Columns, Properties: spec.Properties, Session: env.Session, Events: spec.Events.Kind},
	}, nil
}

// Worker returns a writer for one goroutine.
func (s *Sink) Worker() *Worker {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := &Worker{sink: s, number: len(s.workers), inputs: map[string]int{}, targets: map[string]*target{}, places: map[place]*target{}}
	s.workers = append(s.workers, w)
	return w
}

// Close closes the files that workers left open because the query failed. It is called when no worker runs any more.
func (s *Sink) Close() error {
	var first error
	for _, w := range s.workers {
		if err := w.abort(); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// ForgetColumns leaves out the statistics of columns. It is called before rows come.
func (s *Sink) ForgetColumns() { s.spec.Statistics = false }

// Finish writes what was collected of all workers. It is called after they have been closed.
func (s *Sink) Finish() error {
	for _, o := range s.outputs {
		if keys := s.deletes[o]; keys != nil {
			if err := s.writeDeletes(o, keys); err != nil {
				return err
			}
		}
	}
	return nil
}

// Empty writes files without rows, one for each bucket, in place of outputs that no row came for. It is called after all workers
// have been closed, of a sink without dynamic keys.
func (s *Sink) Empty() error {
	w := s.Worker()
	values := make([]string, len(s.spec.Lists))
	for bucket := range max(s.spec.Buckets, 1) {
		w.key = append(w.key[:0], byte(bucket), byte(bucket>>8), byte(bucket>>16))
		t, err := w.target(values, bucket)
		if err != nil {
			return err
		}
		if err := w.openFile(t); err != nil {
			return err
		}
	}
	return w.Close()
}

// Outputs returns what was written, by partition. It is called after all workers have been closed.
func (s *Sink) Outputs() []*Output {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*Output
	for _, o := range s.outputs {
		slices.SortFunc(o.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b *Output) int { return strings.Compare(a.Partition, b.Partition) })
	return out
}

// output returns the entry of a partition, checking the limit.
func (s *Sink) output(name string, values []string) (*Output, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.outputs[name]
	if o != nil {
		return o, nil
	}
	if s.spec.dynamic() > 0 && s.spec.MaxPartitions > 0 && len(s.outputs) >= s.spec.MaxPartitions {
		return nil, s.spec.tooMany(len(s.outputs) + 1)
	}
	o = &Output{Partition: name, Values: values}
	s.outputs[name] = o
	return o, nil
}

// taskClass is the class that Hive names in the error.
const taskClass = "org.apache.hadoop.hive.ql.exec.tez.TezTask"

// tooMany is the error of a statement that is stopped while it writes far too many partitions.
func (s *Spec) tooMany(n int) error {
	return sqlerr.Execution(sqlerr.DynamicPartitionsTooManyPerNodeError, taskClass, fmt.Sprintf(
		"%s: number of dynamic partitions %d exceeds hive.exec.max.dynamic.partitions = %d",
		sqlerr.Text(sqlerr.DynamicPartitionsTooManyPerNodeError), n, s.PartitionLimit))
}

// Worker writes batches for one goroutine.
type Worker struct {
	sink    *Sink
	number  int
	inputs  map[string]int     // numbers of the input files, with Spec.ByFile
	targets map[string]*target // by key values
	places  map[place]*target  // the same targets by what they write
	open    []*target          // least recently used first
	all     []*target          // likewise, in the order in which they came
	held    int64              // bytes of rows that wait for a file
	key     []byte
	touched []*target
}

// place is a bucket of a directory of a partition.
type place struct {
	output *Output
	list   string
	bucket int
}

// target is one partition (and bucket) as a worker sees it.
type target struct {
	output *Output
	list   string // directory below the partition's
	bucket int
	file   *openFile
	stats  []*colstats.Column
	rows   []uint16 // rows of the current batch
	opened int      // files started so far
	// waiting are rows that wait for a file, of held bytes.
	waiting []*vector.Batch
	held    int64
	deletes *acid.Keys // instead of files
}

type openFile struct {
	path   string
	closer io.WriteCloser
	writer format.Writer
	keys   *newKeys // of the rows of a file of inserts; nil in others
}

// write appends rows to the file.
func (f *openFile) write(b *vector.Batch) error {
	if f.keys != nil {
		b = f.keys.add(b)
	}
	if err := f.writer.Write(b); err != nil {
		return fmt.Errorf("writing %s: %w", f.path, err)
	}
	return nil
}

// Push writes the selected rows of b. It keeps nothing of b.
func (w *Worker) Push(b *vector.Batch) error {
	if b.Rows() == 0 {
		return nil
	}
	spec := &w.sink.spec
	data := len(b.Cols) - spec.extra()
	if data == len(b.Cols) {
		t, err := w.target(nil, 0)
		if err != nil {
			return err
		}
		return w.write(t, &vector.Batch{N: b.N, Sel: b.Sel, Cols: b.Cols[:data]})
	}
	if err := w.route(b, data); err != nil {
		return err
	}
	for _, t := range w.touched {
		if err := w.write(t, &vector.Batch{N: b.N, Sel: t.rows, Cols: b.Cols[:data]}); err != nil {
			return err
		}
		t.rows = t.rows[:0]
	}
	w.touched = w.touched[:0]
	return nil
}

// route divides the rows of b among targets.
func (w *Worker) route(b *vector.Batch, data int) error {
	spec := &w.sink.spec
	keys := b.Cols[data : data+spec.dynamic()+len(spec.Lists)]
	n := b.Rows()
	for k := range n {
		row := k
		if b.Sel != nil {
			row = int(b.Sel[k])
		}
		w.key = w.key[:0]
		for _, v := range keys {
			if v.IsNull(row) {
				w.key = append(w.key, 0, 0)
			} else {
				w.key = append(w.key, 1)
				w.key = append(w.key, v.Bytes(row)...)
				w.key = append(w.key, 0)
			}
		}
		bucket := 0
		if spec.Buckets > 0 || spec.ByFile {
			bucket = w.part(b.Cols[len(b.Cols)-1], row)
			w.key = append(w.key, byte(bucket), byte(bucket>>8), byte(bucket>>16))
		}
		t := w.targets[string(w.key)]
		if t == nil {
			values := make([]string, len(keys))
			for i, v := range keys {
				if !v.IsNull(row) {
					values[i] = string(v.Bytes(row))
				}
			}
			var err error
			if t, err = w.target(values, bucket); err != nil {
				return err
			}
		}
		if len(t.rows) == 0 {
			w.touched = append(w.touched, t)
		}
		t.rows = append(t.rows, uint16(row))
	}
	return nil
}

// part numbers the file of a row: v is its bucket or the name of its input file.
func (w *Worker) part(v *vector.Vector, row int) int {
	if !w.sink.spec.ByFile {
		return int(v.Base().I64[v.At(row)])
	}
	name := v.Bytes(row)
	n, ok := w.inputs[string(name)]
	if !ok {
		n = len(w.inputs)
		w.inputs[string(name)] = n
	}
	return n
}

// list is the directory of a tuple of values of the columns of list bucketing.
func (s *Sink) list(values []string) string {
	if slices.ContainsFunc(s.spec.ListValues, func(x []string) bool { return slices.Equal(x, values) }) {
		return s.env.PartitionName(s.spec.Lists, values)
	}
	return strings.TrimSuffix(strings.Repeat(defaultList+"/", len(s.spec.Lists)), "/")
}

// target returns the target of a combination of values of the dynamic keys and of list bucketing ("" for NULL), which w.key spells.
func (w *Worker) target(dynamic []string, bucket int) (*target, error) {
	if t := w.targets[string(w.key)]; t != nil {
		return t, nil
	}
	spec := &w.sink.spec
	values := slices.Clone(spec.Static)
	for _, v := range dynamic[:spec.dynamic()] {
		if v == "" {
			v = spec.DefaultPartition
		}
		values = append(values, v)
	}
	name := ""
	if spec.dynamic() > 0 {
		name = w.sink.env.PartitionName(spec.Keys, values)
	}
	list := ""
	if len(spec.Lists) > 0 {
		list = w.sink.list(dynamic[spec.dynamic():])
	}
	o, err := w.sink.output(name, values)
	if err != nil {
		return nil, err
	}
	// NULL, the empty string and the default partition's name are different keys of one partition
	place := place{o, list, bucket}
	if t := w.places[place]; t != nil {
		w.targets[string(w.key)] = t
		return t, nil
	}
	t := &target{output: o, list: list, bucket: bucket}
	w.places[place] = t
	w.all = append(w.all, t)
	if spec.Statistics {
		for _, c := range spec.Columns {
			t.stats = append(t.stats, colstats.NewColumn(c.Type))
		}
	}
	w.targets[string(w.key)] = t
	return t, nil
}

func (w *Worker) write(t *target, b *vector.Batch) error {
	for i, s := range t.stats {
		s.Add(b.Cols[i], b.Sel, b.N)
	}
	switch {
	case w.sink.spec.Events.Kind == format.Deletes:
		return t.delete(b)
	case t.file == nil && (len(t.waiting) > 0 || len(w.open) >= MaxOpen):
		return w.wait(t, b)
	case t.file == nil:
		if err := w.openFile(t); err != nil {
			return err
		}
	case w.open[len(w.open)-1] != t:
		w.open = append(slices.DeleteFunc(w.open, func(x *target) bool { return x == t }), t)
	}
	return t.file.write(b)
}

func (w *Worker) openFile(t *target) error {
	if len(w.open) >= MaxOpen {
		if err := w.finish(w.open[0]); err != nil {
			return err
		}
	}
	spec := &w.sink.spec
	var keys *newKeys
	var err error
	// A worker that comes back to a finished file's target starts a further one; workers never share a number.
	name := fmt.Sprintf("%06d_0", (w.number+maxWorkers*t.opened)*max(spec.Tasks, 1)+spec.Task)
	if spec.Buckets > 0 || spec.ByFile {
		name = fmt.Sprintf("%06d_0", t.bucket)
		if t.opened > 0 {
			name += fmt.Sprintf("_copy_%d", t.opened)
		}
	}
	if spec.Events.Kind == format.Inserts {
		if name, keys, err = w.sink.eventFile(t); err != nil {
			return err
		}
	}
	t.opened++
	name = path.Join(t.output.Partition, t.list, name+spec.Extension)
	if t.file, err = w.sink.create(name); err != nil {
		return err
	}
	t.file.keys = keys
	w.open = append(w.open, t)
	return nil
}

// create starts a file.
func (s *Sink) create(name string) (*openFile, error) {
	full := s.spec.Dir + "/" + name
	c, err := s.env.Create(full)
	if err != nil {
		return nil, fmt.Errorf("creating %s: %w", full, err)
	}
	fw, err := s.format.NewWriter(c, &s.options)
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", full, joinClose(err, c))
	}
	return &openFile{path: name, closer: c, writer: fw}, nil
}

func joinClose(err error, c io.Closer) error {
	if cerr := c.Close(); cerr != nil {
		return fmt.Errorf("%w (and closing it: %w)", err, cerr)
	}
	return err
}

// finish completes the target's file and accounts for it.
func (w *Worker) finish(t *target) error {
	w.open = slices.DeleteFunc(w.open, func(x *target) bool { return x == t })
	f := t.file
	t.file = nil
	return w.sink.finish(t.output, f)
}

// finish completes a file of an output and accounts for it.
func (s *Sink) finish(o *Output, f *openFile) error {
	stats, err := f.writer.Close()
	if err != nil {
		return fmt.Errorf("finishing %s: %w", f.path, joinClose(err, f.closer))
	}
	if err := f.closer.Close(); err != nil {
		return fmt.Errorf("closing %s: %w", f.path, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o.Files = append(o.Files, File{Path: f.path, Rows: stats.Rows, Bytes: stats.Bytes})
	o.Rows += stats.Rows
	o.Bytes += stats.Bytes
	o.RawBytes += stats.RawBytes
	return nil
}

// Close finishes all files of the worker.
func (w *Worker) Close() error {
	for _, t := range w.all {
		if len(t.waiting) > 0 {
			if err := w.writeWaiting(t); err != nil {
				return err
			}
		}
	}
	for len(w.open) > 0 {
		if err := w.finish(w.open[0]); err != nil {
			return err
		}
	}
	w.sink.mu.Lock()
	defer w.sink.mu.Unlock()
	for _, t := range w.all {
		if t.deletes != nil {
			w.sink.takeDeletes(t)
		}
		if t.stats == nil {
			continue
		}
		if t.output.Columns == nil {
			t.output.Columns = t.stats
			continue
		}
		for i, c := range t.output.Columns {
			c.Merge(t.stats[i])
		}
	}
	return nil
}

// abort closes open files without finishing them.
func (w *Worker) abort() error {
	var first error
	for _, t := range w.open {
		if err := t.file.closer.Close(); err != nil && first == nil {
			first = fmt.Errorf("closing %s: %w", t.file.path, err)
		}
	}
	w.open = nil
	return first
}
