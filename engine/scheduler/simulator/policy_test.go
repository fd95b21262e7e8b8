package simulator

import (
	"fmt"
	"strings"
	"testing"
)

// TestPolicyTable measures the policies and holds the one in use to its goals.
func TestPolicyTable(t *testing.T) {
	const seeds = 5
	for _, c := range Cases() {
		line := []string{}
		for _, p := range Policies() {
			m := Compare(c, p, seeds)
			line = append(line, cell(p, m))
			if p.Name != "ours" {
				continue
			}
			switch {
			case c.Bound > 0 && m.Ratio > 1.05*c.Bound:
				t.Errorf("%s: %.3f × healthy, the goal is 1.05 × the bound of %.3f", c.Name, m.Ratio, c.Bound)
			case strings.Contains(c.Name, "single wave") && m.Ratio > 1.30:
				t.Errorf("%s: %.3f × healthy, the goal is 1.30", c.Name, m.Ratio)
			case c.Skew && m.Copies > 0:
				t.Errorf("%s: %.1f false copies", c.Name, m.Copies)
			}
		}
		t.Logf("%-42s bound %.2f  %s", c.Name, c.Bound, strings.Join(line, "  "))
	}
}

func cell(p Policy, m Measure) string {
	return fmt.Sprintf("%s %.2f (%.1f copies, %.1f%% waste)", p.Name, m.Ratio, m.Copies, 100*m.Waste)
}
