package query

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"skep/dialect/sqlerr"
)

// dfs is one run of the DFS command: Hadoop's file system shell, on this server's files.
type dfs struct {
	session *Session
	options map[string]bool
	args    []string
	lines   []string
}

// dfsCommand is a command of the shell.
type dfsCommand struct {
	options string // its one-letter options
	args    int    // least number of arguments
	run     func(d *dfs) error
}

var dfsCommands = map[string]dfsCommand{
	"-ls":            {"RdhC", 0, (*dfs).list},
	"-mkdir":         {"p", 1, (*dfs).mkdir},
	"-rm":            {"rRf", 1, (*dfs).remove},
	"-rmr":           {"rRf", 1, func(d *dfs) error { d.options["r"] = true; return d.remove() }},
	"-rmdir":         {"", 1, func(d *dfs) error { return d.each(os.Remove) }},
	"-cat":           {"", 1, (*dfs).cat},
	"-text":          {"", 1, (*dfs).cat},
	"-head":          {"", 1, func(d *dfs) error { return d.part(0) }},
	"-tail":          {"", 1, func(d *dfs) error { return d.part(-endBytes) }},
	"-put":           {"fp", 2, func(d *dfs) error { return d.transfer(copyTree) }},
	"-copyFromLocal": {"fp", 2, func(d *dfs) error { return d.transfer(copyTree) }},
	"-get":           {"fp", 2, func(d *dfs) error { return d.transfer(copyTree) }},
	"-copyToLocal":   {"fp", 2, func(d *dfs) error { return d.transfer(copyTree) }},
	"-cp":            {"fp", 2, func(d *dfs) error { return d.transfer(copyTree) }},
	"-mv":            {"", 2, func(d *dfs) error { return d.transfer(d.rename) }},
	"-moveFromLocal": {"", 2, func(d *dfs) error { return d.transfer(d.rename) }},
	"-touchz":        {"", 1, func(d *dfs) error { return d.each(touch) }},
	"-touch":         {"", 1, func(d *dfs) error { return d.each(touch) }},
	"-test":          {"edfszrw", 1, (*dfs).test},
	"-du":            {"shv", 0, (*dfs).usage},
	"-count":         {"qh", 1, (*dfs).count},
	"-chmod":         {"R", 2, (*dfs).chmod},
}

// resourceError is an error of a command that carries no SQLSTATE.
func resourceError(format string, args ...any) error {
	return &sqlerr.Error{Code: 1, Msg: fmt.Sprintf(format, args...)}
}

// compileDFS prepares DFS.
func (s *Session) compileDFS(st *Statement, text string) error {
	st.stringColumns("DFS Output")
	st.execute = func() error {
		words := strings.Fields(text)
		if len(words) == 0 {
			return &sqlerr.Error{Code: -1, Msg: "Usage: dfs -command [arguments]"}
		}
		c, ok := dfsCommands[words[0]]
		if !ok {
			return &sqlerr.Error{Code: -1, Msg: words[0] + ": Unknown command"}
		}
		d := &dfs{session: s, options: map[string]bool{}}
		for _, w := range words[1:] {
			w = strings.Trim(w, `'"`)
			switch {
			case w == "-skipTrash":
			case len(w) > 1 && w[0] == '-' && strings.Trim(w[1:], c.options) == "":
				for _, o := range w[1:] {
					d.options[string(o)] = true
				}
			case len(w) > 1 && w[0] == '-' && len(d.args) == 0:
				return &sqlerr.Error{Code: -1, Msg: words[0] + ": Illegal option " + w}
			default:
				d.args = append(d.args, w)
			}
		}
		if len(d.args) < c.args {
			return &sqlerr.Error{Code: -1, Msg: words[0] + ": Not enough arguments: expected " + strconv.Itoa(c.args) + " but got " + strconv.Itoa(len(d.args))}
		}
		if err := c.run(d); err != nil {
			return resourceError("%s: %s", strings.TrimPrefix(words[0], "-"), describePathError(err))
		}
		return st.setLines(d.lines)
	}
	return nil
}

// describePathError words a file system error as the shell does.
func describePathError(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		if errors.Is(err, fs.ErrNotExist) {
			return "`" + p.Path + "': No such file or directory"
		}
		return "`" + p.Path + "': " + p.Err.Error()
	}
	return err.Error()
}

// local resolves a path of the shell.
func (d *dfs) local(path string) string {
	path = strings.TrimPrefix(path, "file:")
	if strings.HasPrefix(path, "//") {
		path = "/" + strings.TrimLeft(path, "/")
	}
	if !filepath.IsAbs(path) {
		path = "/user/" + d.session.User + "/" + path
	}
	return filepath.Clean(path)
}

// expand resolves the arguments, with wild cards; one that matches nothing is an error.
func (d *dfs) expand(args []string) ([]string, error) {
	var out []string
	for _, a := range args {
		matches, err := filepath.Glob(d.local(a))
		if err != nil {
			return nil, err
		}
		if len(matches) == 0 {
			return nil, &fs.PathError{Op: "stat", Path: a, Err: fs.ErrNotExist}
		}
		out = append(out, matches...)
	}
	return out, nil
}

// each applies f to each path as it is written, without wild cards.
func (d *dfs) each(f func(path string) error) error {
	for _, a := range d.args {
		if err := f(d.local(a)); err != nil {
			return err
		}
	}
	return nil
}

func (d *dfs) mkdir() error {
	return d.each(func(p string) error {
		if d.options["p"] {
			return os.MkdirAll(p, 0o755)
		}
		return os.Mkdir(p, 0o755)
	})
}

func (d *dfs) list() error {
	if len(d.args) == 0 {
		d.args = []string{"."}
	}
	paths, err := d.expand(d.args)
	if err != nil {
		return err
	}
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			return err
		}
		if !info.IsDir() || d.options["d"] {
			d.print([]string{p}, []fs.FileInfo{info})
			continue
		}
		if err := d.listDirectory(p); err != nil {
			return err
		}
	}
	return nil
}

func (d *dfs) listDirectory(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var paths []string
	var infos []fs.FileInfo
	for _, e := range entries {
		info, err := os.Stat(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		paths, infos = append(paths, filepath.Join(dir, e.Name())), append(infos, info)
	}
	if !d.options["R"] {
		if len(paths) > 0 {
			d.lines = append(d.lines, fmt.Sprintf("Found %d items", len(paths)))
		}
		d.print(paths, infos)
		return nil
	}
	for i, p := range paths {
		d.print([]string{p}, []fs.FileInfo{infos[i]})
		if infos[i].IsDir() {
			if err := d.listDirectory(p); err != nil {
				return err
			}
		}
	}
	return nil
}

// print writes lines of -ls.
func (d *dfs) print(paths []string, infos []fs.FileInfo) {
	owners, groups := make([]string, len(infos)), make([]string, len(infos))
	ownerWidth, groupWidth, sizeWidth := 0, 0, 10
	for i, info := range infos {
		owners[i], groups[i] = owner(info)
		ownerWidth, groupWidth = max(ownerWidth, len(owners[i])), max(groupWidth, len(groups[i]))
		sizeWidth = max(sizeWidth, len(strconv.FormatInt(info.Size(), 10)))
	}
	for i, info := range infos {
		mode, replication, size := "-", "1", info.Size()
		if info.IsDir() {
			mode, replication, size = "d", "-", 0
		}
		d.lines = append(d.lines, fmt.Sprintf("%s%s %3s %-*s %-*s %*d %s %s", mode, info.Mode().Perm().String()[1:], replication,
			ownerWidth, owners[i], groupWidth, groups[i], sizeWidth, size, info.ModTime().Format("2006-01-02 15:04"), paths[i]))
	}
}

// owner names the owner and group of a file.
func owner(info fs.FileInfo) (name, group string) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "", ""
	}
	name, group = strconv.Itoa(int(st.Uid)), strconv.Itoa(int(st.Gid))
	if u, err := user.LookupId(name); err == nil {
		name = u.Username
	}
	if g, err := user.LookupGroupId(group); err == nil {
		group = g.Name
	}
	return name, group
}

func (d *dfs) remove() error {
	for _, a := range d.args {
		paths, err := d.expand([]string{a})
		if err != nil {
			if d.options["f"] && errors.Is(err, fs.ErrNotExist) {
				continue
			}
			return err
		}
		for _, p := range paths {
			info, err := os.Lstat(p)
			if err != nil {
				return err
			}
			if info.IsDir() && !d.options["r"] && !d.options["R"] {
				return &fs.PathError{Op: "rm", Path: p, Err: errors.New("Is a directory")} //nolint:staticcheck // Hadoop's text
			}
			if err := d.session.engine.local.CheckRemovable(p); err != nil {
				return err
			}
			if err := os.RemoveAll(p); err != nil {
				return err
			}
			d.lines = append(d.lines, "Deleted "+a)
		}
	}
	return nil
}

// maxCat bounds what -cat returns.
const maxCat = 64 << 20

func (d *dfs) cat() error {
	paths, err := d.expand(d.args)
	if err != nil {
		return err
	}
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			return err
		}
		if info.Size() > maxCat {
			return fmt.Errorf("`%s': more than %d bytes", p, maxCat)
		}
		content, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		d.show(content)
	}
	return nil
}

// endBytes is how much of a file head and tail show.
const endBytes = 1 << 10

// part shows endBytes of the files from an offset on, which counts from the end when it is negative.
func (d *dfs) part(from int64) error {
	paths, err := d.expand(d.args)
	if err != nil {
		return err
	}
	for _, p := range paths {
		if err := d.partOf(p, from); err != nil {
			return err
		}
	}
	return nil
}

func (d *dfs) partOf(path string, from int64) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if from < 0 {
		info, err := f.Stat()
		if err != nil {
			return err
		}
		from = max(info.Size()+from, 0)
	}
	content, err := io.ReadAll(io.NewSectionReader(f, from, endBytes))
	if err != nil {
		return err
	}
	d.show(content)
	return nil
}

// show adds the lines of a text.
func (d *dfs) show(content []byte) {
	if text := strings.TrimSuffix(string(content), "\n"); text != "" {
		d.lines = append(d.lines, strings.Split(text, "\n")...)
	}
}

// rename moves a file or directory that is not, and does not hold, the server's own.
func (d *dfs) rename(from, to string) error {
	if err := d.session.engine.local.CheckRemovable(from); err != nil {
		return err
	}
	return os.Rename(from, to)
}

// transfer copies or moves sources to the last argument, into it when it is a directory.
func (d *dfs) transfer(do func(from, to string) error) error {
	last := len(d.args) - 1
	paths, err := d.expand(d.args[:last])
	if err != nil {
		return err
	}
	target := d.local(d.args[last])
	info, err := os.Stat(target)
	into := err == nil && info.IsDir()
	if !into && len(paths) > 1 {
		return &fs.PathError{Op: "copy", Path: d.args[last], Err: errors.New("No such file or directory")} //nolint:staticcheck // Hadoop's text
	}
	for _, p := range paths {
		to := target
		if into {
			to = filepath.Join(target, filepath.Base(p))
		}
		if _, err := os.Stat(to); err == nil {
			if !d.options["f"] {
				return &fs.PathError{Op: "copy", Path: to, Err: errors.New("File exists")} //nolint:staticcheck // Hadoop's text
			}
			if err := d.session.engine.local.CheckRemovable(to); err != nil {
				return err
			}
			if err := os.RemoveAll(to); err != nil {
				return err
			}
		}
		if err := do(p, to); err != nil {
			return err
		}
	}
	return nil
}

// copyTree copies a file or directory.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := to + strings.TrimPrefix(p, from)
		if e.IsDir() {
			return os.Mkdir(target, 0o755)
		}
		in, err := os.Open(p)
		if err != nil {
			return err
		}
		out, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return errors.Join(err, in.Close())
		}
		_, err = io.Copy(out, in)
		return errors.Join(err, out.Close(), in.Close())
	})
}

func touch(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	return f.Close()
}

// test is -test: it fails when the condition does not hold.
func (d *dfs) test() error {
	info, err := os.Stat(d.local(d.args[0]))
	holds := err == nil
	for o := range d.options {
		switch o {
		case "d":
			holds = holds && info.IsDir()
		case "f":
			holds = holds && !info.IsDir()
		case "s":
			holds = holds && info.Size() > 0
		case "z":
			holds = holds && info.Size() == 0
		}
	}
	if !holds {
		return errors.New("the condition does not hold for `" + d.args[0] + "'")
	}
	return nil
}

// size sums up a file or directory.
func size(path string) (dirs, files, bytes int64, err error) {
	err = filepath.WalkDir(path, func(_ string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			dirs++
			return nil
		}
		info, err := e.Info()
		if err == nil {
			files, bytes = files+1, bytes+info.Size()
		}
		return err
	})
	return dirs, files, bytes, err
}

func (d *dfs) usage() error {
	if len(d.args) == 0 {
		d.args = []string{"."}
	}
	paths, err := d.expand(d.args)
	if err != nil {
		return err
	}
	var shown []string
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			return err
		}
		if !info.IsDir() || d.options["s"] {
			shown = append(shown, p)
			continue
		}
		entries, err := os.ReadDir(p)
		if err != nil {
			return err
		}
		for _, e := range entries {
			shown = append(shown, filepath.Join(p, e.Name()))
		}
	}
	texts, width := make([]string, len(shown)), 0
	for i, p := range shown {
		_, _, n, err := size(p)
		if err != nil {
			return err
		}
		texts[i] = strconv.FormatInt(n, 10)
		width = max(width, len(texts[i]))
	}
	for i, p := range shown {
		d.lines = append(d.lines, fmt.Sprintf("%-*s  %-*s  %s", width, texts[i], width, texts[i], p))
	}
	return nil
}

func (d *dfs) count() error {
	paths, err := d.expand(d.args)
	if err != nil {
		return err
	}
	for _, p := range paths {
		dirs, files, bytes, err := size(p)
		if err != nil {
			return err
		}
		d.lines = append(d.lines, fmt.Sprintf("%12d %12d %18d %s", dirs, files, bytes, p))
	}
	return nil
}

func (d *dfs) chmod() error {
	mode, err := strconv.ParseUint(d.args[0], 8, 12)
	if err != nil {
		return fmt.Errorf("mode '%s' does not match the expected pattern", d.args[0])
	}
	paths, err := d.expand(d.args[1:])
	if err != nil {
		return err
	}
	for _, p := range slices.Clone(paths) {
		err := filepath.WalkDir(p, func(path string, e fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if path != p && !d.options["R"] {
				return fs.SkipDir
			}
			return os.Chmod(path, fs.FileMode(mode))
		})
		if err != nil {
			return err
		}
	}
	return nil
}
