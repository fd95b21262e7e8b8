package query

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/sqlerr"
	"skep/engine/filesystem"
	"skep/metastore/warehouse"
)

// eximPath resolves the directory of an EXPORT or IMPORT to a location. Relative paths are below the server's home directory,
// in Hive's test mode below the property test.tmp.dir.
func (st *Statement) eximPath(raw string) (string, error) {
	scheme, p := "file", raw
	if i := strings.Index(raw, ":"); i > 0 && !strings.Contains(raw[:i], "/") {
		scheme, p = raw[:i], raw[i+1:]
		if rest, ok := strings.CutPrefix(p, "//"); ok {
			_, rest, _ = strings.Cut(rest, "/")
			p = "/" + rest
		}
	}
	if scheme != "file" && scheme != "pfile" {
		return "", sqlerr.CodedSemanticf(sqlerr.IOError, `%s: No FileSystem for scheme "%s"`, sqlerr.Text(sqlerr.IOError), scheme)
	}
	allowed := st.conf.Get("hive.exim.uri.scheme.whitelist")
	if !slices.Contains(strings.Split(allowed, ","), scheme) {
		return "", sqlerr.New(sqlerr.InvalidPath, "only the following file systems accepted for export/import : "+allowed)
	}
	if !strings.HasPrefix(p, "/") {
		user, _ := systemProperty("user.name")
		home := "/user/" + user
		if dir, ok := st.conf.Lookup("system:test.tmp.dir"); ok && (st.conf.Bool("hive.test.mode") || st.conf.Bool("hive.exim.test.mode")) {
			home = dir
		}
		p = home + "/" + p
	}
	return "file:" + path.Clean(p), nil
}

// directory lists the visible entries of a directory as a table's reader sees it: a snapshot, or what is there now.
type directory func(ctx context.Context, dir string) ([]fs.FileInfo, error)

// present lists what is there now.
func (st *Statement) present(ctx context.Context, dir string) ([]fs.FileInfo, error) {
	entries, err := st.session.engine.files.List(ctx, dir)
	return slices.DeleteFunc(entries, func(e fs.FileInfo) bool { return warehouse.IsHidden(e.Name()) }), err
}

// copyTree copies the visible entries of a directory, with those of the directories below it, and returns the copies of its
// own entries. open opens a file. A directory that does not exist has none.
func (st *Statement) copyTree(ctx context.Context, list directory, open func(path string) (filesystem.File, error), from, to string) ([]string, error) {
	entries, err := list(ctx, from)
	if err != nil {
		if isMissing(err) {
			return nil, nil
		}
		return nil, err
	}
	var out []string
	for _, e := range entries {
		source, copied := strings.TrimSuffix(from, "/")+"/"+e.Name(), to+"/"+e.Name()
		if e.IsDir() {
			if err := st.session.engine.files.MkdirAll(ctx, copied); err != nil {
				return nil, err
			}
			_, err = st.copyTree(ctx, list, open, source, copied)
		} else {
			err = st.copyOpened(ctx, func() (filesystem.File, error) { return open(source) }, copied)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, copied)
	}
	return out, nil
}

func (st *Statement) copyOpened(ctx context.Context, open func() (filesystem.File, error), to string) error {
	in, err := open()
	if err != nil {
		return err
	}
	out, err := st.session.engine.files.Create(ctx, to)
	if err != nil {
		return errors.Join(err, in.Close())
	}
	bytes := io.NewSectionReader(in, 0, in.Size())
	_, err = io.Copy(out, readerFunc(func(p []byte) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return bytes.Read(p)
	}))
	return errors.Join(err, out.Close(), in.Close())
}

// eximTarget is the table that an EXPORT or IMPORT names; db is that of the session when none is written.
func (st *Statement) eximTarget(n *ast.TableOrPartition) (db, name string) {
	db = st.session.Database()
	if n.Table.DB != nil {
		db = lower(n.Table.DB.Name)
	}
	return db, lower(n.Table.Name.Name)
}
