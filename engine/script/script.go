// Package script runs the programs of TRANSFORM: it gives each process its arguments, environment, working directory and the SerDes of
// its input and output.
package script

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"skep/dialect/plan"
	"skep/dialect/sqlerr"
	"skep/dialect/storage"
	"skep/engine/format"
	"skep/engine/format/record"
	"skep/engine/format/text"
	"skep/engine/operator"
	"skep/engine/session"
	"skep/engine/table"
)

// Scripts runs the scripts of one execution of a statement.
type Scripts struct {
	Session *session.Session
	Formats *table.Formats
	Dir     string // for working directories; whoever made it removes it after the execution
	// Logf receives what scripts say on standard error.
	Logf func(level, format string, args ...any)

	count atomic.Int64
}

// Prepare implements planner.Env.Script.
func (s *Scripts) Prepare(n *plan.Script) (func() (*operator.ScriptSpec, error), error) {
	args := splitCommand(n.Command)
	if len(args) == 0 {
		return nil, s.fail(operator.ScriptStart, fmt.Errorf("the command %q names no program", n.Command))
	}
	settings := session.Format(s.Session.Conf)
	input, output, err := s.serdes(n)
	if err != nil {
		return nil, err
	}
	write := &format.WriteOptions{Properties: scriptProperties(&n.InputFormat), Session: settings}
	for i, a := range n.Args {
		write.Schema = append(write.Schema, format.Column{Name: fmt.Sprintf("_col%d", i), Type: a.Type()})
	}
	read := &format.ReadOptions{Properties: scriptProperties(&n.OutputFormat), Session: settings}
	if n.KeyValue && n.OutputFormat.SerDe == "" && n.OutputFormat.Properties == nil {
		read.Properties["serialization.last.column.takes.rest"] = "true"
	}
	for i, c := range n.Outputs {
		read.Schema = append(read.Schema, format.Column{Name: fmt.Sprintf("_col%d", i), Type: c.Type})
		read.Projection = append(read.Projection, i)
	}
	return func() (*operator.ScriptSpec, error) {
		spec := &operator.ScriptSpec{
			Args: args, Env: s.environment(n), Terminator: "\n", Types: plan.Types(n.Outputs),
			Open:    func(r io.Reader) record.Reader { return text.NewLines(r, "the output of "+args[0]) },
			Stderr:  &scriptLog{logf: s.Logf, program: args[0]},
			Partial: s.Session.Conf.Bool("hive.exec.script.allow.partial.consumption"), Fail: s.fail,
		}
		var err error
		if spec.Input, err = input.NewSerializer(write); err != nil {
			return nil, err
		}
		if spec.Output, err = output.NewDeserializer(read); err != nil {
			return nil, err
		}
		spec.Dir, err = s.workingDirectory()
		spec.Args = findProgram(args, spec.Dir)
		return spec, err
	}, nil
}

// serdes returns the SerDes of a script's input and output. Where the statement names none, the input's nested and binary
// values are JSON.
func (s *Scripts) serdes(n *plan.Script) (input, output record.SerDe, err error) {
	input = text.SerDe{JSON: true}
	if f := n.InputFormat; f.SerDe != "" || f.Properties != nil {
		if input, err = s.Formats.SerDe(serdeOr(f.SerDe)); err != nil {
			return nil, nil, err
		}
	}
	output, err = s.Formats.SerDe(serdeOr(n.OutputFormat.SerDe))
	return input, output, err
}

func serdeOr(class string) string {
	if class == "" {
		return storage.LazySimpleSerDe
	}
	return class
}

// scriptProperties are the properties of one side of a script. Fields are divided by TAB unless the statement describes a
// delimited format, whose default is ^A.
func scriptProperties(f *plan.ScriptFormat) map[string]string {
	if f.SerDe == "" && f.Properties != nil {
		return table.Merged(f.Properties)
	}
	return table.Merged(map[string]string{"field.delim": "\t", "serialization.format": "9"}, f.Properties)
}

func (s *Scripts) fail(stage operator.ScriptStage, err error) error {
	code := map[operator.ScriptStage]sqlerr.Code{
		operator.ScriptStart: sqlerr.ScriptInitError, operator.ScriptPipe: sqlerr.ScriptIOError, operator.ScriptExit: sqlerr.ScriptClosingError,
	}[stage]
	msg := fmt.Sprintf("[Error %d]: %s %v", code, sqlerr.Text(code), err)
	return sqlerr.Execution(2, sqlerr.TezTask, msg).WithCause(err)
}

// splitCommand divides a command at blanks and quotes, as Hive does: a quoted part is an argument of its own.
func splitCommand(command string) []string {
	var args []string
	var quote rune
	start := 0
	end := func(at int) {
		if at > start {
			args = append(args, command[start:at])
		}
		start = at + 1
	}
	for i, c := range command {
		switch {
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
			end(i)
		case quote == 0 && c == ' ':
			end(i)
		case quote != 0 && c == quote:
			quote = 0
			end(i)
		}
	}
	end(len(command))
	return args
}

// findProgram replaces the name of a program in the working directory by its path; others are looked up as usual.
func findProgram(args []string, dir string) []string {
	path := filepath.Join(dir, args[0])
	if filepath.IsAbs(args[0]) {
		return args
	}
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return args
	}
	return append([]string{path}, args[1:]...)
}

// environment is what scripts find in their environment: the server's and the settings, with _ for what is neither letter
// nor digit, and a name for the operator that runs them, which is unique in the statement.
func (s *Scripts) environment(n *plan.Script) []string {
	env := os.Environ()
	hidden := map[string]bool{}
	list := s.Session.Conf.Get("hive.script.operator.env.blacklist")
	if list == "" {
		list = "hive.txn.valid.txns,hive.txn.tables.valid.writeids,hive.txn.valid.writeids,hive.script.operator.env.blacklist,hive.repl.current.table.write.id"
	}
	for name := range strings.SplitSeq(list, ",") {
		hidden[name] = true
	}
	add := func(name, value string) {
		env = append(env, strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
				return r
			}
			return '_'
		}, name)+"="+value)
	}
	for name, value := range s.Session.Conf.All() {
		if !hidden[name] && !strings.ContainsRune(value, 0) {
			add(name, value)
		}
	}
	add("hive.query.id", s.Session.QueryID)
	id := s.Session.Conf.Get("hive.script.operator.id.env.var")
	if id == "" {
		id = "HIVE_SCRIPT_OPERATOR_ID"
	}
	add(id, fmt.Sprintf("SCR_%d", n.Outputs[0].ID))
	return env
}

// workingDirectory makes a directory with copies of the files that the session has added.
func (s *Scripts) workingDirectory() (string, error) {
	dir := filepath.Join(s.Dir, fmt.Sprintf("script-%d", s.count.Add(1)))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("making the working directory of a script: %w", err)
	}
	for _, path := range s.Session.Files {
		path = strings.TrimPrefix(path, "file:")
		if err := copyFile(filepath.Join(dir, filepath.Base(path)), path); err != nil {
			return "", fmt.Errorf("copying the added file %s: %w", path, err)
		}
	}
	return dir, nil
}

// copyFile copies a file so that it can be executed.
func copyFile(to, from string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o700)
	if err != nil {
		return err
	}
	defer func() {
		if e := out.Close(); err == nil {
			err = e
		}
	}()
	_, err = io.Copy(out, in)
	return err
}

// scriptLog writes what a script says on standard error to the statement's log, line by line and up to a limit.
type scriptLog struct {
	logf    func(level, format string, args ...any)
	program string
	line    []byte
	total   int
}

// scriptLogBytes is how much of a script's standard error is logged, as hive.exec.script.maxerrsize has it.
const scriptLogBytes = 100000

// Write implements io.Writer.
func (l *scriptLog) Write(p []byte) (int, error) {
	n := len(p)
	if room := scriptLogBytes - l.total; len(p) > room {
		p = p[:max(room, 0)]
	}
	l.total += len(p)
	l.line = append(l.line, p...)
	for {
		i := bytes.IndexByte(l.line, '\n')
		if i < 0 {
			return n, nil
		}
		l.logf("INFO", "%s: %s", l.program, l.line[:i])
		l.line = l.line[i+1:]
	}
}
