package randomsql

import "regexp"

// defects are wrong answers of Hive 4.0.1 that are not imitated, by what their
// statements have in common.
var defects = []struct {
	pattern *regexp.Regexp
	reason  string
}{}

// Defect is the reason why a statement may be answered otherwise than by Hive,
// or "".
func Defect(sql string) string {
	for _, d := range defects {
		if d.pattern.MatchString(sql) {
			return d.reason
		}
	}
	return ""
}
