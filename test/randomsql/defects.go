package randomsql

import (
	"regexp"
	"strings"
)

// defects are wrong answers of Hive 4.0.1 that are not imitated, by what their
// statements have in common.
var defects = []struct {
	is     func(sql string) bool
	reason string
}{
	{matches(`(?s)lateral view.*(<=>|distinct from)`),
		"lateral views are planned without the cost-based planner, where <=> of a text that is no number or date is NULL"},
	{func(sql string) bool {
		return skips.MatchString(sql) && !strings.Contains(sql, "group by") && aggregated.MatchString(sql)
	},
		"an OFFSET over what is known to be one row is forgotten"},
	{matches(`(<=>|distinct from) \w+\.p\b|\.p (<=>|is )`),
		"partitions are pruned by null-safe comparisons with a NULL as if they were comparisons"},
}

var (
	skips      = regexp.MustCompile(`limit 2, 4|offset 2`)
	aggregated = regexp.MustCompile(`\b(max|min|sum|avg|count|var\w+|stddev\w+|corr|covar\w+|regr\w+|percentile|collect_\w+)\(`)
)

func matches(pattern string) func(string) bool { return regexp.MustCompile(pattern).MatchString }

// Defect is the reason why a statement may be answered otherwise than by Hive,
// or "".
func Defect(sql string) string {
	for _, d := range defects {
		if d.is(sql) {
			return d.reason
		}
	}
	return ""
}
