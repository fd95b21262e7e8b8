package query

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/conf"
	"skep/dialect/sqlerr"
)

// commandError is an error of a command processor; clients see its text as it is.
func commandError(format string, args ...any) error {
	return &sqlerr.Error{Code: 1, SQLState: "42000", Msg: fmt.Sprintf(format, args...)}
}

// compileCommand prepares a statement of the server's command processors.
func (s *Session) compileCommand(st *Statement, c *ast.Command) error {
	st.command, st.kind = true, "command"
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
	case "dfs":
		return s.compileDFS(st, c.Args)
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
		if args == "" || args == "-v" {
			return st.setLines(s.settings(args == "-v"))
		}
		line, err := s.describeVariable(args)
		if err != nil {
			return err
		}
		return st.setLines([]string{line})
	}
	return nil
}

// settings lists "name=value" of the session's settings and variables; all adds defaults and the environment.
func (s *Session) settings(all bool) []string {
	var lines []string
	for k, v := range s.conf.All() {
		if slices.Contains(hiddenSettings, k) {
			continue
		}
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

// hiddenSettings are shown to nobody.
var hiddenSettings = []string{
	"javax.jdo.option.ConnectionPassword", "hive.server2.keystore.password", "hive.server2.webui.keystore.password", "fs.s3.awsAccessKeyId",
	"fs.s3.awsSecretAccessKey", "fs.s3n.awsSecretAccessKey", "fs.s3a.access.key", "fs.s3a.secret.key",
}

// describeVariable answers SET name.
func (s *Session) describeVariable(name string) (string, error) {
	space, rest, found := strings.Cut(name, ":")
	if found {
		if space == "metaconf" && metaSettingOf(name) == nil {
			return "", commandError("MetaException(message:Invalid configuration key %s)", rest)
		}
		what := map[string]string{
			"hivevar": "hive variable", "hiveconf": "hive configuration variable", "system": "system property",
			"env": "environmental variable", "metaconf": "hive meta variable",
		}[space]
		if what != "" {
			if v, ok := s.lookupVariable(name, s.conf); ok && !slices.Contains(hiddenSettings, rest) {
				return name + "=" + v, nil
			}
			return "", commandError("%s is undefined as %s", rest, article(what)+what)
		}
	}
	if slices.Contains(hiddenSettings, name) {
		return name + " is a hidden config", nil
	}
	if v, ok := s.conf.Lookup(name); ok {
		return name + "=" + v, nil
	}
	if v, ok := s.Variable(name); ok {
		return name + "=" + v, nil
	}
	return name + " is undefined", nil
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
		case "hiveconf":
			name = rest
		case "metaconf":
			m := metaSettingOf(name)
			if m == nil {
				return commandError("MetaException(message:Invalid configuration key %s)", rest)
			}
			name = m.name
		}
	}
	if err := s.checkSetting(name, value); err != nil {
		return err
	}
	if name == "skep.hive.version" && value != "3.1" && value != "4.0" {
		return commandError("'SET %s=%s' FAILED because %s expects 3.1 or 4.0", name, value, name)
	}
	s.conf.Set(name, value)
	return nil
}

// choices are the values that settings may have.
var choices = map[string][]string{
	"hive.exec.dynamic.partition.mode": {"strict", "nonstrict"},
	"hive.support.quoted.identifiers":  {"none", "column", "standard"},
	"hive.fetch.task.conversion":       {"none", "minimal", "more"},
	"hive.default.fileformat":          {"textfile", "sequencefile", "rcfile", "orc", "parquet"},
}

// fixedSettings cannot be changed by sessions.
var fixedSettings = []string{
	"hive.added.jars.path", "hive.added.files.path", "hive.added.archives.path", "hive.conf.internal.variable.list", "hive.users.in.admin.role",
	"hive.security.authenticator.manager", "hive.security.authorization.manager", "hive.security.metastore.authorization.manager",
	"hive.security.metastore.authenticator.manager", "hive.conf.hidden.list", "hive.conf.restricted.list",
	"_hive.local.session.path", "_hive.hdfs.session.path", "_hive.tmp_table_space",
}

// javaFloat is what Java reads as a floating-point number, but for hexadecimal ones.
var javaFloat = regexp.MustCompile(`^\s*[+-]?(NaN|Infinity|(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[fFdD]?)\s*$`)

// checkSetting rejects a value that a setting cannot have.
func (s *Session) checkSetting(name, value string) error {
	if slices.Contains(fixedSettings, name) || name == "hive.security.authorization.enabled" && !s.conf.Hive3() {
		return commandError("Cannot modify %s at runtime. It is in the list of parameters that can't be modified at runtime or is prefixed by a restricted variable", name)
	}
	if list, ok := choices[name]; ok && !slices.Contains(list, strings.ToLower(value)) {
		return commandError("'SET %s=%s' FAILED in validation : Invalid value.. expects one of [%s].", name, value, strings.Join(list, ", "))
	}
	if !s.conf.Bool("hive.conf.validation") {
		return nil
	}
	if !conf.Known(name) {
		return commandError("hive configuration %s does not exists.", name)
	}
	kind, fits := conf.KindOf(name), true
	switch kind {
	case "INT":
		_, err := strconv.ParseInt(value, 10, 32)
		fits = err == nil
	case "LONG":
		_, err := strconv.ParseInt(value, 10, 64)
		fits = err == nil
	case "FLOAT":
		fits = javaFloat.MatchString(value)
	}
	if !fits {
		return commandError("'SET %s=%s' FAILED because %s expects %s type value.", name, value, name, kind)
	}
	return nil
}

// reset executes RESET [-d] [name …]. Without names, what the server has a value for gets that again; settings of the
// session's own stay, as in Hive.
func (s *Session) reset(args []string) error {
	toDefault := len(args) > 0 && args[0] == "-d"
	if toDefault {
		if args = args[1:]; len(args) == 0 {
			return commandError("No variable name specified")
		}
	}
	if len(args) == 0 {
		for name := range s.conf.All() {
			s.unsetKnown(name)
		}
		return nil
	}
	for _, name := range args {
		def, ok := conf.New(nil).Lookup(name)
		if m := metaSettingOf(name); m != nil {
			name, def, ok = m.name, m.value, true
		}
		switch {
		case toDefault && !ok:
			return commandError("%s not found", name)
		case toDefault:
			s.conf.Set(name, def)
		default:
			s.unsetKnown(name)
		}
	}
	return nil
}

// unsetKnown takes back what the session has set when there is a value without it, if only in the code that asks for it: what only the
// session knows stays, as in Hive.
func (s *Session) unsetKnown(name string) {
	if _, ok := s.engine.conf.Lookup(name); ok || strings.HasPrefix(name, "skep.") {
		s.conf.Unset(name)
	}
}

// compileResource handles ADD, DELETE and LIST of JAR, FILE and ARCHIVE resources.
func (s *Session) compileResource(st *Statement, c *ast.Command) error {
	fields := strings.Fields(c.Args)
	kind := ""
	if len(fields) > 0 {
		kind = strings.TrimSuffix(strings.ToUpper(fields[0]), "S")
	}
	if kind != "FILE" && kind != "JAR" && kind != "ARCHIVE" {
		usage := "Usage: " + c.Name + " [FILE|JAR|ARCHIVE] <value> [<value>]*"
		if c.Name == "list" {
			usage = "Usage: list [FILE|JAR|ARCHIVE] [<value> [<value>]*]"
		}
		st.execute = func() error { return resourceError("%s", usage) }
		return nil
	}
	names := fields[1:]
	switch c.Name {
	case "add":
		st.execute = func() error {
			for _, path := range names {
				if _, err := os.Stat(strings.TrimPrefix(path, "file:")); err != nil {
					return resourceError("%s does not exist", path)
				}
			}
			for _, path := range names {
				s.addResource(kind, path)
			}
			return nil
		}
	case "delete":
		st.execute = func() error {
			s.deleteResources(kind, names)
			return nil
		}
	default:
		st.stringColumns("resource")
		st.execute = func() error {
			list := s.listResources(kind)
			if len(names) > 0 {
				list = slices.DeleteFunc(list, func(r string) bool { return !slices.Contains(names, r) })
			}
			return st.setLines(list)
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
