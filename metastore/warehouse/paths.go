package warehouse

import (
	"fmt"
	"path"
	"strings"
	"unicode"

	"skep/metastore/model"
	"skep/metastore/partition"
)

// DatabaseLocation returns the default directory of a database in the warehouse directory root.
func DatabaseLocation(root, name string) string {
	root = strings.TrimRight(root, "/")
	if name = strings.ToLower(name); name == model.DefaultDatabase {
		return root
	}
	return root + "/" + name + ".db"
}

// TableLocation returns the default directory of a table of database d.
func TableLocation(d *model.Database, table string) string {
	return strings.TrimRight(d.Location, "/") + "/" + tableDirectory(strings.ToLower(table))
}

// tableDirectory is the name of a table's directory: characters that are special stand as -N-, N being their code.
func tableDirectory(table string) string {
	var b strings.Builder
	for _, c := range table {
		if c == '_' || unicode.IsLetter(c) || unicode.IsDigit(c) {
			b.WriteRune(c)
		} else {
			fmt.Fprintf(&b, "-%d-", c)
		}
	}
	return b.String()
}

// PartitionLocation returns the default directory of the partition with the given values.
func PartitionLocation(t *model.Table, values []string) string {
	keys := make([]string, len(t.PartitionKeys))
	for i, k := range t.PartitionKeys {
		keys[i] = k.Name
	}
	return strings.TrimRight(t.Location, "/") + "/" + partition.Name(keys, values)
}

// IsHidden reports whether readers of a table ignore files and directories of this name.
func IsHidden(name string) bool { return strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".") }

// FileName returns the name of the file that task number task writes: 000000_0, 000001_0, ...
func FileName(task int) string { return fmt.Sprintf("%06d_0", task) }

// CopyName returns the name under which a file called name is added when name is taken: Hive puts _copy_N before the
// extension.
func CopyName(name string, n int) string {
	base, extension := name, ""
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		base, extension = name[:i], name[i:]
	}
	return fmt.Sprintf("%s_copy_%d%s", base, n, extension)
}

// canonical returns one spelling for all paths of a file: local paths without scheme, no trailing slash.
func canonical(p string) string {
	scheme := ""
	if rest, ok := strings.CutPrefix(p, "file:"); ok {
		p = rest
		if strings.HasPrefix(p, "//") {
			_, after, _ := strings.Cut(p[2:], "/")
			p = "/" + after
		}
	} else if i := strings.Index(p, "://"); i > 0 {
		host, after, _ := strings.Cut(p[i+3:], "/")
		scheme, p = p[:i+3]+host, "/"+after
	}
	return scheme + path.Clean(p)
}

// parent returns the directory of a canonical path, "" for a root ("/", "hdfs://nn/").
func parent(p string) string {
	root := 0 // position of the slash that ends the root
	if i := strings.Index(p, "://"); i > 0 {
		root = i + 3 + strings.IndexByte(p[i+3:], '/')
	}
	switch i := strings.LastIndexByte(p, '/'); {
	case i < 0 || i == len(p)-1:
		return ""
	case i == root:
		return p[:i+1]
	default:
		return p[:i]
	}
}
