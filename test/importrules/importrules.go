// Package importrules states which packages of the product may import which,
// and checks it. The layering is that of docs/ARCHITECTURE.md: arrows point
// downwards only, so that a layer can be understood, tested and replaced
// without those above it.
package importrules

import (
	"fmt"
	"slices"
	"strings"
)

// Package is what the check needs of `go list -json`.
type Package struct {
	ImportPath string
	Standard   bool
	Imports    []string // of the non-test files
}

// rule is a row of the table: packages it speaks of, and what they may import
// of ours besides packages matched by the same row. Patterns are relative to
// the module; a trailing "/..." matches the package and everything below it.
type rule struct {
	packages string // space-separated patterns
	allow    string // space-separated patterns
	stdOnly  bool   // no third-party modules: these packages must stay easy to vendor, read and port
}

// Layers of the engine, bottom up. Each may use those above it in this list.
const (
	engineBase  = "engine/vector/... engine/kernel/... engine/simd engine/decimal engine/calendar engine/charset engine/strictmath engine/memory engine/xpath engine/compress/... engine/block engine/filesystem/..."
	engineParts = "engine/expr/... engine/function/... engine/aggregate/... engine/colstats/... engine/sketch/... engine/hashtable/... engine/sort/... engine/spill/... engine/format/... engine/tablesink/... engine/acid/..."
	engineRun   = "engine/operator/... engine/pipeline/... engine/physical/... engine/profile/..."
	enginePlan  = "engine/planner/... engine/stage/... engine/session engine/table engine/script engine/coordinator/... engine/scheduler/... engine/worker/..."
	dialectLeaf = "dialect/types dialect/ast/... dialect/sqlerr dialect/conf"
	engineSees  = "dialect/types dialect/plan/... dialect/function/... dialect/sqlerr dialect/javaregex"
)

// rules is ordered: the first row that matches a package judges it.
var rules = []rule{
	{packages: "test/...", allow: "..."},
	{packages: "bench/...", allow: "..."},
	{packages: "cmd/...", allow: "cmd/... thrift/... dialect/... metastore/... engine/... shuffle/... auth/... dualrun/... web/... docs/..."},

	// The dialect knows tables by the interface dialect/catalog, never by engine or metastore.
	{packages: dialectLeaf, allow: "", stdOnly: true},
	{packages: "dialect/...", allow: "dialect/..."},

	// The engine sees plans, types, function signatures and errors of the dialect; engine/query alone compiles SQL.
	{packages: "engine/query/...", allow: "engine/... dialect/... metastore/... shuffle/..."},
	{packages: "engine/metrics/... engine/admission/... engine/cron", allow: ""},
	{packages: "engine/history/...", allow: engineBase + " metastore/migration"},
	{packages: "engine/vector/... engine/kernel/... engine/decimal engine/simd", allow: "dialect/types dialect/sqlerr", stdOnly: true},
	{packages: engineBase, allow: engineBase + " dialect/types dialect/sqlerr"},
	{packages: "engine/hashtable/... engine/sort/...", allow: engineBase + " " + engineParts + " " + engineSees, stdOnly: true},
	// What a statement sees of a transactional table comes with the description of the table.
	{packages: "engine/acid", allow: engineBase + " " + engineParts + " " + engineSees + " dialect/catalog"},
	{packages: engineParts, allow: engineBase + " " + engineSees},
	{packages: engineRun, allow: engineBase + " " + engineParts + " " + engineSees},
	{packages: enginePlan, allow: engineBase + " " + engineParts + " " + engineRun + " " + engineSees + " dialect/catalog dialect/conf dialect/storage shuffle/..."},

	// The shuffle moves batches and knows nothing of plans; columns become bytes in engine/block, as in spilled files.
	{packages: "shuffle/...", allow: engineBase + " dialect/types"},
	{packages: "auth/...", allow: ""},

	// The metastore gets file access through an interface that cmd fills.
	{packages: "metastore/client/... metastore/service/...", allow: "metastore/... dialect/types dialect/catalog dialect/sqlerr thrift/hms/..."},
	{packages: "metastore/...", allow: "dialect/types dialect/catalog dialect/sqlerr"},

	{packages: "thrift/tcli/... thrift/hms/...", allow: ""},
	// The adapter between the front end and the engine in one process.
	{packages: "thrift/embedded", allow: "thrift/backend engine/query/... engine/vector/... dialect/types dialect/function dialect/sqlerr metastore/..."},
	{packages: "thrift/...", allow: "auth/sasl engine/query/... engine/vector/... engine/decimal dialect/types dialect/sqlerr dialect/conf"},
	{packages: "dualrun/...", allow: "thrift/tcli/... thrift/client/... dialect/types dialect/sqlerr"},
	{packages: "web/...", allow: "engine/query/... engine/history"},
}

// generatedThrift are the packages of generated Thrift code, ours and gohive's.
// Their types must not spread: only the packages that speak the protocol use them.
var generatedThrift = []string{"thrift/tcli/...", "thrift/hms/..."}

const (
	generatedForeign = "github.com/beltran/gohive"
	mayUseGenerated  = "thrift/... metastore/client/... metastore/service/... dualrun/runner/... test/... bench/..."
)

// Check returns one message per forbidden import, sorted. pkgs are all
// packages of the module and the packages they import.
func Check(module string, pkgs []Package) []string {
	standard := map[string]bool{"C": true, "unsafe": true}
	for _, p := range pkgs {
		if p.Standard {
			standard[p.ImportPath] = true
		}
	}
	var problems []string
	for _, p := range pkgs {
		from, ours := inModule(module, p.ImportPath)
		if !ours {
			continue
		}
		row := slices.IndexFunc(rules, func(r rule) bool { return matchAny(r.packages, from) })
		if row < 0 {
			problems = append(problems, fmt.Sprintf("%s: no rule speaks of this package; place it in a layer (test/importrules)", from))
			continue
		}
		r := rules[row]
		for _, imp := range p.Imports {
			to, ours := inModule(module, imp)
			switch {
			case ours && !matchAny(r.allow, to) && !matchAny(r.packages, to):
				problems = append(problems, fmt.Sprintf("%s must not import %s; it may import: %s", from, to, orNothing(r.allow)))
			case ours && matchAny(strings.Join(generatedThrift, " "), to) && !matchAny(mayUseGenerated, from):
				problems = append(problems, fmt.Sprintf("%s must not import generated Thrift code (%s)", from, to))
			case !ours && strings.HasPrefix(imp, generatedForeign) && !matchAny(mayUseGenerated, from):
				problems = append(problems, fmt.Sprintf("%s must not import generated Thrift code (%s)", from, imp))
			case !ours && imp == "C":
				problems = append(problems, fmt.Sprintf("%s uses cgo; the product is built without it", from))
			case !ours && r.stdOnly && !standard[imp]:
				problems = append(problems, fmt.Sprintf("%s must import the standard library only, not %s", from, imp))
			}
		}
	}
	slices.Sort(problems)
	return problems
}

func orNothing(s string) string {
	if s == "" {
		return "nothing of ours"
	}
	return s
}

// inModule cuts the module path off an import path.
func inModule(module, path string) (rel string, ours bool) {
	if path == module {
		return "", true
	}
	return strings.CutPrefix(path, module+"/")
}

func matchAny(patterns, path string) bool {
	return slices.ContainsFunc(strings.Fields(patterns), func(p string) bool {
		if p == "..." {
			return true
		}
		if base, tree := strings.CutSuffix(p, "/..."); tree {
			return path == base || strings.HasPrefix(path, base+"/")
		}
		return path == p
	})
}
