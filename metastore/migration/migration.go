// Package migration brings the schema of an embedded database up to date: the metastore's, or another one's (Run).
package migration

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

//go:embed *.sql
var files embed.FS

// step is one numbered migration.
type step struct {
	version int
	name    string
	text    string
}

func steps(dir fs.FS) ([]step, error) {
	names, err := fs.Glob(dir, "*.sql")
	if err != nil {
		return nil, err
	}
	var out []step
	for i, name := range names { // Glob sorts
		number, _, _ := strings.Cut(name, "_")
		version, err := strconv.Atoi(number)
		if err != nil || version != i+1 {
			return nil, fmt.Errorf("migration %s: expected number %d", name, i+1)
		}
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, err
		}
		out = append(out, step{version, name, string(text)})
	}
	return out, nil
}

// Apply runs the migrations that the database has not seen, each in a transaction of its own. The version is kept in
// SQLite's user_version. A database newer than this program is refused. db must have a single connection.
func Apply(ctx context.Context, db *sql.DB) error { return Run(ctx, db, "metastore", files) }

// Run is Apply for the database called what, with the migrations of the directory dir: files NNNN_name.sql, numbered from 1.
func Run(ctx context.Context, db *sql.DB, what string, dir fs.FS) error {
	all, err := steps(dir)
	if err != nil {
		return err
	}
	var version int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return fmt.Errorf("read the version of the %s schema: %w", what, err)
	}
	if version > len(all) {
		return fmt.Errorf("%s schema version %d is newer than this program's %d", what, version, len(all))
	}
	for _, s := range all[version:] {
		if err := s.run(ctx, db); err != nil {
			return fmt.Errorf("%s migration %s: %w", what, s.name, err)
		}
	}
	return nil
}

func (s step) run(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // a no-op after Commit
	if _, err := tx.ExecContext(ctx, s.text); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "PRAGMA user_version = "+strconv.Itoa(s.version)); err != nil {
		return err
	}
	return tx.Commit()
}
