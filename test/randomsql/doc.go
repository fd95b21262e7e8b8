// Package randomsql writes random HQL over a few small tables, for comparing
// two endpoints: a real Hive and the product, or the product with itself under
// other settings, formats and memory.
//
// A Generator follows from its seed: the same seed gives the same statements.
// A statement is a tree of Nodes, so that Shrink can take a difference apart:
// it leaves out clauses and list items and puts simpler nodes in the place of
// complicated ones for as long as the difference remains.
//
// Statements are made so that their answer does not depend on the order of
// rows: LIMIT stands over a total order, functions of windows that look at
// single rows have one, and collected arrays are sorted. Differences that are
// defects of Hive are listed in defects.go with their reasons.
package randomsql
