package tablesink

import (
	"fmt"
	"path/filepath"

	"skep/dialect/plan/codec"
	"skep/engine/colstats"
	"skep/engine/format"
)

// EncodeSpec turns a spec into bytes.
func EncodeSpec(s *Spec) ([]byte, error) {
	return codec.Encode("the description of a write", s, codeSpec)
}

// DecodeSpec reads what EncodeSpec returns.
func DecodeSpec(b []byte) (*Spec, error) {
	return codec.Decode("the description of a write", b, codeSpec)
}

func codeSpec(c *codec.Coder, s *Spec) {
	c.String(&s.InputFormat)
	c.String(&s.SerDe)
	codec.List(c, &s.Columns, func(col *format.Column) {
		c.String(&col.Name)
		if c.Type(&col.Type); col.Type == nil {
			c.Fail(fmt.Errorf("column %s of a write has no type", col.Name))
		}
	})
	c.Map(&s.Properties)
	c.String(&s.Dir)
	c.Strings(&s.Keys)
	c.Strings(&s.Static)
	c.String(&s.DefaultPartition)
	c.Int(&s.MaxPartitions)
	c.Int(&s.PartitionLimit)
	c.String(&s.Extension)
	c.Bool(&s.Statistics)
	c.Int(&s.Task)
	c.Int(&s.Tasks)
	c.Int(&s.Buckets)
	c.Bool(&s.ByFile)
	c.Strings(&s.Lists)
	codec.List(c, &s.ListValues, c.Strings)
	codec.Enum(c, &s.Events.Kind, int(format.Deletes)+1)
	c.Int64(&s.Events.WriteID)
	c.Int(&s.Events.Statement)
	if s.dynamic() < 0 || s.Buckets < 0 || s.Task < 0 || s.Tasks < 0 || s.Task > 0 && s.Task >= s.Tasks {
		c.Fail(fmt.Errorf("a write of %d keys, %d of them static, into %d buckets by task %d of %d", len(s.Keys), len(s.Static), s.Buckets, s.Task, s.Tasks))
	}
}

// EncodeOutputs turns what a sink has written into bytes: the manifest by which a statement commits it.
func EncodeOutputs(outputs []*Output) ([]byte, error) {
	return codec.Encode("the manifest of a write", &outputs, codeOutputs)
}

// DecodeOutputs reads what EncodeOutputs returns.
func DecodeOutputs(b []byte) ([]*Output, error) {
	outputs, err := codec.Decode("the manifest of a write", b, codeOutputs)
	if err != nil {
		return nil, err
	}
	return *outputs, nil
}

func codeOutputs(c *codec.Coder, outputs *[]*Output) {
	codec.List(c, outputs, func(p **Output) {
		if c.Reading() {
			*p = &Output{}
		}
		o := *p
		c.String(&o.Partition)
		c.Strings(&o.Values)
		codec.List(c, &o.Files, func(f *File) {
			if c.String(&f.Path); !filepath.IsLocal(f.Path) {
				c.Fail(fmt.Errorf("the file %q in a manifest", f.Path))
			}
			count(c, &f.Rows, &f.Bytes)
		})
		count(c, &o.Rows, &o.Bytes, &o.RawBytes)
		codec.List(c, &o.Columns, func(s **colstats.Column) { colstats.Code(c, s) })
	})
}

func count(c *codec.Coder, numbers ...*int64) {
	for _, n := range numbers {
		if c.Int64(n); *n < 0 {
			c.Fail(fmt.Errorf("a count of %d in a manifest", *n))
		}
	}
}
