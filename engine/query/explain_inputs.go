package query

import (
	"encoding/json"
	"maps"
	"slices"

	"skep/dialect/catalog"
	"skep/dialect/plan"
	"skep/metastore/partition"
)

// dependencies is the answer of EXPLAIN DEPENDENCY: the tables and partitions that plans read.
type dependencies struct {
	Tables     []dependencyTable     `json:"input_tables"`
	Partitions []dependencyPartition `json:"input_partitions"`
}

type dependencyTable struct {
	Name string `json:"tablename"`
	Type string `json:"tabletype"`
}

type dependencyPartition struct {
	Name string `json:"partitionName"`
}

// dependencyText is Hive's JSON of what the plans read, ordered by names.
func dependencyText(roots []plan.Node) (string, error) {
	tables, parts := map[string]*catalog.Table{}, map[string]bool{}
	for _, root := range roots {
		scansOf(root, func(s *plan.Scan) {
			if s.Table == nil {
				return
			}
			name := s.Table.DB + "@" + s.Table.Name
			tables[name] = s.Table
			var keys []string
			for _, k := range s.Table.PartitionKeys {
				keys = append(keys, k.Name)
			}
			for _, p := range s.Partitions {
				parts[name+"@"+partition.Name(keys, p.Names)] = true
			}
		})
	}
	d := dependencies{Tables: []dependencyTable{}, Partitions: []dependencyPartition{}}
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		kind := "MANAGED_TABLE"
		if tables[name].Kind == catalog.External {
			kind = "EXTERNAL_TABLE"
		}
		d.Tables = append(d.Tables, dependencyTable{name, kind})
	}
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		d.Partitions = append(d.Partitions, dependencyPartition{name})
	}
	text, err := json.Marshal(d)
	return string(text), err
}

func scansOf(n plan.Node, f func(*plan.Scan)) {
	if s, ok := n.(*plan.Scan); ok {
		f(s)
	}
	for _, input := range n.Inputs() {
		scansOf(input, f)
	}
}
