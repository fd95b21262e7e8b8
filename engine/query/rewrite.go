package query

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"skep/dialect/ast"
	"skep/engine/format"
	"skep/engine/format/orc"
	"skep/engine/format/rcfile"
	"skep/engine/session"
	"skep/metastore"
	"skep/metastore/model"
	"skep/metastore/stats"
	"skep/metastore/warehouse"
)

// compileTruncateColumns prepares TRUNCATE TABLE … COLUMNS: RCFiles are written anew without the values of the columns.
func (st *Statement) compileTruncateColumns(ctx context.Context, n *ast.TruncateTable) error {
	t, p, columns, err := st.ddlEnv().CheckTruncateColumns(ctx, n)
	if err != nil {
		return err
	}
	r := &rewriting{st: st, table: t, partition: p, null: columns, note: stats.Forget}
	st.task = func(ctx context.Context) error { return failed(r.run(ctx)) }
	return nil
}

// rewriting writes the RCFiles or ORC files of a table or partition anew, group by group and stripe by stripe as they are stored.
type rewriting struct {
	st        *Statement
	table     *model.Table
	partition *model.Partition // nil: the table
	null      []int            // columns whose values go
	join      bool             // the files of a directory become one
	stripes   bool             // the files are ORC's, which say how many rows they hold
	rows      stats.Rows       // of them
	unknown   bool             // rows counts not all of them
	note      func(params map[string]string) error
}

// run writes the files to a staging directory and exchanges them for the old.
func (r *rewriting) run(ctx context.Context) error {
	e, location := r.st.session.engine, r.table.Location
	if r.partition != nil {
		location = r.partition.Location
	}
	location = strings.TrimSuffix(location, "/")
	snapshot, err := e.warehouse.Snapshot(ctx, nil)
	if err != nil {
		return err
	}
	defer snapshot.Release(context.WithoutCancel(ctx))
	staging, err := e.warehouse.Stage(ctx, location)
	if err != nil {
		return err
	}
	target := warehouse.Target{Location: location, Overwrite: true}
	if target.Files, err = r.files(ctx, r.st.scans(snapshot), location, staging.Dir()); err != nil {
		return errors.Join(err, staging.Abort(context.WithoutCancel(ctx)))
	}
	return e.warehouse.Commit(ctx, warehouse.Change{Staging: staging, Targets: []warehouse.Target{target},
		Catalog: func(ctx context.Context, tx metastore.Tx, contents []warehouse.Contents) error {
			return r.record(ctx, tx, stats.Files{Files: contents[0].Files, Bytes: contents[0].Bytes})
		}})
}

// files writes the new files below dir and lists what there is to be moved: files, and directories of them.
func (r *rewriting) files(ctx context.Context, s *scans, location, dir string) ([]string, error) {
	files, err := s.list(ctx, location, true)
	if err != nil {
		return nil, err
	}
	var sources [][]string // of each new file
	of := map[string]int{} // by directory
	for _, f := range files {
		at, ok := of[path.Dir(f.Path)]
		if !ok || !r.join {
			at = len(sources)
			sources = append(sources, nil)
		}
		of[path.Dir(f.Path)] = at
		sources[at] = append(sources[at], f.Path)
	}
	var out []string
	for _, from := range sources {
		for len(from) > 0 {
			name := strings.TrimPrefix(from[0], location+"/")
			rest, err := r.write(ctx, snapshotFiles{s}, from, dir+"/"+name)
			if err != nil {
				return nil, err
			}
			top, _, _ := strings.Cut(name, "/")
			if full := dir + "/" + top; !slices.Contains(out, full) {
				out = append(out, full)
			}
			from = rest
		}
	}
	return out, nil
}

// write writes files as one and returns those that are to be written after it.
func (r *rewriting) write(ctx context.Context, open format.Opener, from []string, to string) (rest []string, err error) {
	out, err := r.st.session.engine.files.Create(ctx, to)
	if err != nil {
		return nil, fmt.Errorf("creating %s: %w", to, err)
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if !r.stripes {
		_, err = rcfile.Copy(ctx, open, from, out, r.null)
		return nil, err
	}
	s, different, err := orc.Join(ctx, open, from, out, session.Format(r.st.conf))
	r.rows.Rows += s.Rows
	r.rows.Raw += s.RawBytes
	if len(different) < len(from) || err != nil {
		return different, err
	}
	r.unknown = true // a file whose writer left out statistics stays as it is, as in Hive
	return from[1:], copyFile(ctx, open, from[0], out)
}

func copyFile(ctx context.Context, open format.Opener, from string, out io.Writer) error {
	in, err := open.Open(ctx, from)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, io.NewSectionReader(in, 0, in.Size()))
	return errors.Join(err, in.Close())
}

// snapshotFiles opens files of a statement's snapshot.
type snapshotFiles struct{ scans *scans }

// Open implements format.Opener.
func (f snapshotFiles) Open(ctx context.Context, path string) (format.Input, error) {
	return f.scans.File(ctx, path)
}

// record brings the parameters of the table or partition up to date.
func (r *rewriting) record(ctx context.Context, tx metastore.Tx, files stats.Files) error {
	note := func(params map[string]string) error {
		delete(params, model.ParamLastDDLTime)
		if r.stripes && !r.unknown {
			return stats.Replace(params, files, r.rows, nil)
		}
		stats.SetFiles(params, files)
		return r.note(params)
	}
	if r.partition != nil {
		p := r.partition.Clone()
		if p.Parameters == nil {
			p.Parameters = map[string]string{}
		}
		if err := note(p.Parameters); err != nil {
			return err
		}
		return tx.AlterPartitions(ctx, r.table.Database, r.table.Name, []*model.Partition{p})
	}
	if r.st.session.TemporaryTable(r.table.Database, r.table.Name) != nil {
		t := r.table.Clone()
		if err := note(t.Parameters); err != nil {
			return err
		}
		r.st.session.PutTemporaryTable(t)
		return nil
	}
	t, err := tx.Table(ctx, r.table.Database, r.table.Name)
	if err != nil {
		return err
	}
	if err := note(t.Parameters); err != nil {
		return err
	}
	return tx.AlterTable(ctx, t.Database, t.Name, t)
}
