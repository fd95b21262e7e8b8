package stage

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"skep/dialect/catalog"
	"skep/dialect/plan"
	"skep/dialect/plan/codec"
	"skep/engine/acid"
	"skep/shuffle"
)

// EncodeFragment turns a fragment into bytes.
func EncodeFragment(f *Fragment) ([]byte, error) {
	return codec.Encode("a fragment", f, codeFragment)
}

// DecodeFragment reads what EncodeFragment returns.
func DecodeFragment(b []byte) (*Fragment, error) {
	return codec.Decode("a fragment", b, codeFragment)
}

func codeFragment(c *codec.Coder, f *Fragment) {
	c.Node(&f.Root)
	c.Int(&f.Sink)
	some := f.Output != nil
	if c.Bool(&some); !some || c.Err() != nil {
		return
	}
	if f.Output == nil {
		f.Output = &Output{}
	}
	o, columns := f.Output, len(f.Root.Columns())
	codec.Enum(c, &o.Distribution, int(distributions))
	codec.List(c, &o.Keys, func(k *int) { c.Int(k) })
	codec.List(c, &o.Order, func(x *Order) {
		c.Bool(&x.Desc)
		c.Bool(&x.NullsFirst)
	})
	c.Int(&o.Bounds)
	c.Int(&o.Every)
	c.Int(&o.Width)
	c.Int(&o.Partitions)
	if o.Width < 0 || o.Width > columns || o.Partitions < 1 || o.Partitions > shuffle.MaxPartitions {
		c.Fail(fmt.Errorf("an output of %d of %d columns in %d partitions", o.Width, columns, o.Partitions))
	}
	if o.Every < 0 || o.Every > 0 && o.Partitions < 2 || o.Distribution == Range && (len(o.Keys) == 0 || len(o.Order) != len(o.Keys)) {
		c.Fail(fmt.Errorf("an output by %v of %d keys in %d orders, one row of %d sampled", o.Distribution, len(o.Keys), len(o.Order), o.Every))
	}
	for _, k := range o.Keys {
		if k < 0 || k >= columns {
			c.Fail(fmt.Errorf("key %d of %d columns", k, columns))
		}
	}
}

// EncodeTask turns a task into bytes.
func EncodeTask(t *Task) ([]byte, error) {
	c := codec.NewWriter()
	codeTask(c, t)
	b, err := c.Bytes()
	if err != nil {
		return nil, fmt.Errorf("encoding %v: %w", t.Attempt, err)
	}
	return b, nil
}

// DecodeTask reads what EncodeTask returns.
func DecodeTask(b []byte) (*Task, error) {
	return codec.Decode("a task", b, codeTask)
}

func codeTask(c *codec.Coder, t *Task) {
	codeStageID(c, &t.Attempt.StageID)
	c.Int(&t.Attempt.Task)
	c.Int(&t.Attempt.Attempt)
	c.Int(&t.Partitions)
	if err := t.Attempt.Check(); c.Err() == nil && err != nil {
		c.Fail(err)
	}
	codec.List(c, &t.Splits, func(s *[]Split) { codec.List(c, s, func(x *Split) { codeSplit(c, x) }) })
	type entry struct {
		exchange int
		input    Input
	}
	var entries []entry
	for _, x := range slices.Sorted(maps.Keys(t.Inputs)) {
		entries = append(entries, entry{x, t.Inputs[x]})
	}
	codec.List(c, &entries, func(e *entry) {
		c.Int(&e.exchange)
		if e.input.Manifest == nil { // reading
			e.input.Manifest = &shuffle.Manifest{}
		}
		codeManifest(c, e.input.Manifest)
		codec.List(c, &e.input.Slices, func(s *shuffle.Slice) {
			for _, r := range []*shuffle.Range{&s.Partitions, &s.Maps} {
				c.Int(&r.From)
				c.Int(&r.To)
			}
		})
	})
	if c.Reading() {
		t.Inputs = make(map[int]Input, len(entries))
		for _, e := range entries {
			t.Inputs[e.exchange] = e.input
		}
		if len(t.Inputs) != len(entries) {
			c.Fail(errors.New("an exchange is given twice"))
		}
	}
}

// EncodeManifest turns a manifest into bytes.
func EncodeManifest(m *shuffle.Manifest) ([]byte, error) {
	c := codec.NewWriter()
	codeManifest(c, m)
	b, err := c.Bytes()
	if err != nil {
		return nil, fmt.Errorf("encoding the manifest of %v: %w", m.Stage, err)
	}
	return b, nil
}

// DecodeManifest reads what EncodeManifest returns.
func DecodeManifest(b []byte) (*shuffle.Manifest, error) {
	return codec.Decode("a manifest", b, codeManifest)
}

func codeStageID(c *codec.Coder, s *shuffle.StageID) {
	c.String(&s.Job)
	c.Int(&s.Stage)
	c.Int(&s.Epoch)
}

func codeSplit(c *codec.Coder, s *Split) {
	c.Int(&s.Partition)
	c.String(&s.Path)
	c.String(&s.Now)
	c.Int64(&s.FileSize)
	c.Int64(&s.Start)
	c.Int64(&s.Length)
	c.Int64(&s.Rows)
	codeTime(c, &s.ModTime)
	transactional := s.Acid != nil
	if c.Bool(&transactional); !transactional || c.Err() != nil {
		return
	}
	if s.Acid == nil {
		s.Acid = &acid.Source{}
	}
	c.Bool(&s.Acid.Original)
	c.Int64(&s.Acid.WriteID)
	bucket := int64(s.Acid.Bucket)
	if c.Int64(&bucket); int64(int32(bucket)) != bucket {
		c.Fail(fmt.Errorf("bucket property %d", bucket))
	}
	if c.Reading() { // what is written is shared by tasks
		s.Acid.Bucket = int32(bucket)
	}
	c.Int64(&s.Acid.First)
	c.Bool(&s.Acid.Check)
	codec.List(c, &s.Acid.Deletes, func(d *acid.DeleteFile) {
		c.String(&d.Path)
		c.String(&d.Now)
		c.Int64(&d.Size)
		codeTime(c, &d.Modified)
		c.Bool(&d.Check)
	})
}

// codeTime codes a time of a file, which may be unknown.
func codeTime(c *codec.Coder, t *time.Time) {
	known := !t.IsZero()
	if c.Bool(&known); !known {
		return
	}
	seconds, nanos := t.Unix(), int64(t.Nanosecond())
	c.Int64(&seconds)
	c.Int64(&nanos)
	if c.Reading() {
		*t = time.Unix(seconds, nanos)
	}
}

func codeManifest(c *codec.Coder, m *shuffle.Manifest) {
	codeStageID(c, &m.Stage)
	c.Int(&m.Partitions)
	c.Strings(&m.Locations)
	codec.List(c, &m.Entries, func(e *shuffle.ManifestEntry) {
		for _, v := range []*int32{&e.Task, &e.Epoch, &e.Attempt, &e.Location} {
			x := int64(*v)
			c.Int64(&x)
			if int64(int32(x)) != x {
				c.Fail(fmt.Errorf("number %d in a manifest", x))
			}
			if c.Reading() { // what is written is shared by tasks
				*v = int32(x)
			}
		}
		check := uint64(e.Check)
		c.Uint(&check)
		if uint64(uint32(check)) != check {
			c.Fail(fmt.Errorf("checksum %x in a manifest", check))
		}
		if c.Reading() {
			e.Check = uint32(check)
		}
		if e.Location < shuffle.Nowhere || int(e.Location) >= len(m.Locations) {
			c.Fail(fmt.Errorf("location %d of %d in a manifest", e.Location, len(m.Locations)))
		}
	})
}

// lean returns the plan without what tasks do not need of tables: statistics, and columns of partitions that are those of the
// table. tables remembers what has been made of each table.
func lean(n plan.Node, tables map[*catalog.Table]*catalog.Table) plan.Node {
	if s, ok := n.(*plan.Scan); ok {
		t := tables[s.Table]
		if t == nil {
			c := *s.Table
			c.Stats = nil
			t = &c
			tables[s.Table] = t
		}
		l := *s
		l.Table, l.Partitions = t, slices.Clone(s.Partitions)
		for i, p := range s.Partitions {
			c := *p
			c.Stats = nil
			if slices.EqualFunc(p.Columns, t.Columns, func(a, b catalog.Column) bool { return a.Name == b.Name && a.Type.Equal(b.Type) }) {
				c.Columns = nil
			}
			l.Partitions[i] = &c
		}
		return &l
	}
	in := n.Inputs()
	out := make([]plan.Node, len(in))
	for i, x := range in {
		out[i] = lean(x, tables)
	}
	return plan.WithInputs(n, out)
}

// Verify checks that the bytes of a fragment are read as the fragment that they were made of.
func Verify(f *Fragment, b []byte) error {
	got, err := DecodeFragment(b)
	if err != nil {
		return err
	}
	again, err := EncodeFragment(got)
	if err != nil || !bytes.Equal(b, again) {
		return fmt.Errorf("a decoded fragment is encoded to other bytes (%w)", err)
	}
	twice, err := DecodeFragment(again)
	if err != nil {
		return err
	}
	// A fragment that holds a NaN is not even equal to itself.
	if !reflect.DeepEqual(f, got) && reflect.DeepEqual(got, twice) {
		return errors.New("a fragment changes when it is encoded and decoded")
	}
	return nil
}
