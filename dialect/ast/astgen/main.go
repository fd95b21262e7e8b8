// Command astgen writes the tree helpers of package ast (Children, Clone, Equal, rewriting) from the node declarations:
// run `go generate ./dialect/ast`.
package main

import (
	"fmt"
	"os"
)

func main() {
	const dir = "."
	src, err := Generate(dir)
	if err == nil {
		err = os.WriteFile(OutputFile, src, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "astgen:", err)
		os.Exit(1)
	}
}
