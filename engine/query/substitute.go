package query

import (
	"fmt"
	"os"
	"os/user"
	"regexp"
	"strings"

	"skep/dialect/conf"
)

var variable = regexp.MustCompile(`\$\{[^\}\$ ]+\}`)

// substitute replaces ${hivevar:x}, ${hiveconf:x}, ${system:x}, ${env:x} and ${x} (a hivevar, else a setting) in a statement,
// repeatedly, since values may refer to further variables. Unknown variables stay as they are.
func (s *Session) substitute(sql string, c *conf.Conf) (string, error) {
	if !c.Bool("hive.variable.substitute") {
		return sql, nil
	}
	depth := int(c.Int("hive.variable.substitute.depth", 40))
	for range depth + 1 {
		changed := false
		sql = variable.ReplaceAllStringFunc(sql, func(m string) string {
			if v, ok := s.lookupVariable(m[2:len(m)-1], c); ok {
				changed = changed || v != m
				return v
			}
			return m
		})
		if !changed {
			return sql, nil
		}
	}
	return "", fmt.Errorf("Variable substitution depth is too large %d expression %s", depth, sql) //nolint:staticcheck // Hive's text
}

// lookupVariable resolves a name with an optional namespace.
func (s *Session) lookupVariable(name string, c *conf.Conf) (string, bool) {
	space, rest, found := strings.Cut(name, ":")
	if !found {
		if v, ok := s.Variable(name); ok {
			return v, true
		}
		return c.Lookup(name)
	}
	switch space {
	case "hivevar":
		return s.Variable(rest)
	case "hiveconf":
		return c.Lookup(rest)
	case "system":
		if v, ok := c.Lookup("system:" + rest); ok {
			return v, true
		}
		return systemProperty(rest)
	case "env":
		return os.LookupEnv(rest)
	case "metaconf":
		m := metaSettingOf(name)
		if m == nil {
			return "", false
		}
		if v, ok := c.Lookup(m.name); ok {
			return v, true
		}
		return m.value, true
	}
	return "", false
}

// systemProperty gives those properties of the Java machine that scripts use.
func systemProperty(name string) (string, bool) {
	switch name {
	case "user.name":
		u, err := user.Current()
		if err != nil {
			return "", false
		}
		return u.Username, true
	case "user.home":
		home, err := os.UserHomeDir()
		return home, err == nil
	case "user.dir":
		dir, err := os.Getwd()
		return dir, err == nil
	case "java.io.tmpdir":
		return os.TempDir(), true
	case "file.separator":
		return "/", true
	case "path.separator":
		return ":", true
	case "line.separator":
		return "\n", true
	case "os.name":
		return "Linux", true
	}
	return "", false
}
