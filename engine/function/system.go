package function

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	"skep/engine/sketch"
	"skep/engine/vector"
)

// systemTable has the functions by which 4.0's views of its own metastore read what is kept there in coded form.
var systemTable = map[string]entry{
	"deserialize":            {build: deserialize, nulls: Aware, costly: true, fallible: true},
	"split_map_privs":        {build: splitPrivileges, nulls: Strict, costly: true, fallible: true},
	"ndv_compute_bit_vector": {build: sketchEstimate, nulls: Strict, costly: true, fallible: true},
}

// deserialize is deserialize(message, format): a message of the metastore's event log as text.
func deserialize(_ *Env, _ *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		return rows.Try(func(i int) error {
			if isNull(args[1], i) {
				return errorf("the format of a message is NULL")
			}
			if isNull(args[0], i) {
				return errorf("a message is NULL")
			}
			message, name := args[0].Bytes(i), string(args[1].Bytes(i))
			switch strings.ToLower(name) {
			case "json-0.2":
			case "gzip", "gzip(json-2.0)":
				text, err := unzip(message)
				if err != nil {
					return errorf("reading a message: %v", err)
				}
				message = text
			default:
				return errorf("java.lang.RuntimeException: compressionFormat: %s is not supported.", name)
			}
			out.SetString(i, string(message))
			return nil
		})
	}
}

// maxMessage bounds the length of an unpacked message.
const maxMessage = 1 << 28

func unzip(message []byte) ([]byte, error) {
	z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, bytes.NewReader(message)))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(z, maxMessage+1))
	if err == nil && len(text) > maxMessage {
		err = fmt.Errorf("it is longer than %d bytes", maxMessage)
	}
	return text, err
}

// splitPrivileges is split_map_privs(flags): the names of the privileges whose place holds a 1.
func splitPrivileges(_ *Env, _ *Call) Kernel {
	names := [...]string{"SELECT", "UPDATE", "CREATE", "DROP", "ALTER", "INDEX", "LOCK", "READ", "WRITE"}
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a := textsOf(args[0])
		return rows.Try(func(i int) error {
			start, k := out.startRun(), 0
			for flag := range bytes.SplitSeq(a.at(i), []byte(" ")) {
				if string(flag) == "1" {
					if k >= len(names) {
						return errorf("Index %d out of bounds for length %d", k, len(names))
					}
					appendText(out.Children[0], []byte(names[k]))
				}
				k++
			}
			out.endRun(i, start)
			return nil
		})
	}
}

// sketchEstimate is ndv_compute_bit_vector(sketch): the number of different values that a sketch of statistics has seen.
func sketchEstimate(_ *Env, _ *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a := textsOf(args[0])
		return rows.Try(func(i int) error {
			b := a.at(i)
			if len(b) == 0 {
				out.Null(i)
				return nil
			}
			n, ok := sketch.SerializedEstimate(b)
			if !ok {
				return errorf("The input stream is not a HyperLogLog stream.")
			}
			out.I64[i] = n
			return nil
		})
	}
}
