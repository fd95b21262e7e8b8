package query

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/sqlerr"
)

// commandError is an error of a command processor; clients see its text as it is.
func commandError(format string, args ...any) error {
	return &sqlerr.Error{Code: 1, SQLState: "42000", Msg: fmt.Sprintf(format, args...)}
}

// compileCommand prepares a statement of the server's command processors.
func (s *Session) compileCommand(st *Statement, c *ast.Command) error {
	st.command = true
	switch c.Name {
	case "set":
		return s.compileSet(st, c.Args)
	case "reset":
		st.execute = func() error { return s.reset(strings.Fields(c.Args)) }
		return nil
	case "add", "delete", "list":
		return s.compileResource(st, c)
	case "reload":
		st.execute = func() error { return nil }
		return nil
	}
	return unsupported("command " + strings.ToUpper(c.Name))
}

var timeZone = regexp.MustCompile(`(?i)^time\s+zone\s+`)

func (s *Session) compileSet(st *Statement, args string) error {
	args = strings.TrimSpace(args)
	if m := timeZone.FindString(args); m != "" {
		args = "hive.local.time.zone=" + strings.Trim(strings.TrimSpace(args[len(m):]), `'"`)
	}
	if name, value, ok := strings.Cut(args, "="); ok {
		st.execute = func() error { return s.assign(strings.TrimSpace(name), strings.TrimSpace(value)) }
		return nil
	}
	st.stringColumns("set")
	st.execute = func() error {
		var lines []string
		switch args {
		case "", "-v":
			lines = s.settings(args == "-v")
		default:
			lines = []string{s.describeVariable(args)}
		}
		return st.setLines(lines)
	}
	return nil
}

// settings lists "name=value" of the session's settings and variables; all adds defaults and the environment.
func (s *Session) settings(all bool) []string {
	var lines []string
	for k, v := range s.conf.All() {
		lines = append(lines, k+"="+v)
	}
	for k, v := range s.Variables() {
		lines = append(lines, "hivevar:"+k+"="+v)
	}
	if all {
		for _, kv := range os.Environ() {
			lines = append(lines, "env:"+kv)
		}
	}
	slices.Sort(lines)
	return lines
}

// describeVariable answers SET name.
func (s *Session) describeVariable(name string) string {
	space, rest, found := strings.Cut(name, ":")
	if found {
		what := map[string]string{
			"hivevar": "hive variable", "hiveconf": "hive configuration variable", "system": "system property",
			"env": "environmental variable", "metaconf": "hive meta variable",
		}[space]
		if what != "" {
			if v, ok := s.lookupVariable(name, s.conf); ok {
				return name + "=" + v
			}
			if space == "system" {
				return rest + " is undefined as a " + what
			}
			return name + " is undefined as " + article(what) + what
		}
	}
	if v, ok := s.conf.Lookup(name); ok {
		return name + "=" + v
	}
	if v, ok := s.Variable(name); ok {
		return name + "=" + v
	}
	return name + " is undefined"
}

func article(noun string) string {
	if strings.HasPrefix(noun, "e") {
		return "an "
	}
	return "a "
}

// assign executes SET name=value.
func (s *Session) assign(name, value string) error {
	value, err := s.substitute(value, s.conf)
	if err != nil {
		return err
	}
	space, rest, found := strings.Cut(name, ":")
	if found {
		switch space {
		case "env":
			return commandError("env:* variables can not be set.")
		case "hivevar":
			s.SetVariable(rest, value)
			return nil
		case "system":
			s.conf.Set(name, value)
			return nil
		case "hiveconf", "metaconf":
			name = rest
		}
	}
	if name == "skep.hive.version" && value != "3.1" && value != "4.0" {
		return commandError("'SET %s=%s' FAILED because %s expects 3.1 or 4.0", name, value, name)
	}
	s.conf.Set(name, value)
	return nil
}

// reset executes RESET [-d] [name …].
func (s *Session) reset(args []string) error {
	if len(args) > 0 && args[0] == "-d" {
		args = args[1:]
	}
	if len(args) == 0 {
		s.conf.Clear()
		s.conf.Set("hive.session.id", s.ID)
		return nil
	}
	for _, name := range args {
		s.conf.Unset(name)
	}
	return nil
}

// compileResource handles ADD, DELETE and LIST of JAR, FILE and ARCHIVE resources.
func (s *Session) compileResource(st *Statement, c *ast.Command) error {
	fields := strings.Fields(c.Args)
	if len(fields) == 0 {
		return commandError("Usage: %s [FILE|JAR|ARCHIVE] <value> [<value>]*", c.Name)
	}
	kind := strings.TrimSuffix(strings.ToUpper(fields[0]), "S")
	if kind != "FILE" && kind != "JAR" && kind != "ARCHIVE" {
		return commandError("Usage: %s [FILE|JAR|ARCHIVE] <value> [<value>]*", c.Name)
	}
	switch c.Name {
	case "add":
		st.execute = func() error {
			for _, path := range fields[1:] {
				if _, err := os.Stat(strings.TrimPrefix(path, "file:")); err != nil {
					return commandError("%s does not exist", path)
				}
				s.addResource(kind, path)
			}
			return nil
		}
	case "delete":
		st.execute = func() error {
			s.deleteResources(kind, fields[1:])
			return nil
		}
	default:
		st.stringColumns("resource")
		st.execute = func() error {
			return st.setLines(s.listResources(kind))
		}
	}
	return nil
}

func (s *Session) addResource(kind, path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.resources[kind], path) {
		s.resources[kind] = append(s.resources[kind], path)
	}
}

func (s *Session) deleteResources(kind string, paths []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(paths) == 0 {
		delete(s.resources, kind)
		return
	}
	s.resources[kind] = slices.DeleteFunc(s.resources[kind], func(p string) bool { return slices.Contains(paths, p) })
}

func (s *Session) listResources(kind string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.resources[kind])
}
