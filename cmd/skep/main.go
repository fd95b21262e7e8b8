// Command skep is the whole of Skep in one binary: the server, a command-line client and tools. This package is wiring only.
package main

import (
	"os"

	"github.com/alecthomas/kong"

	_ "time/tzdata" // time zones work on machines without a zone database
)

// version is what the server reports of itself; the build may set it.
var version = "0.1.0"

type commands struct {
	Server        serverCommand        `cmd:"" help:"Run the server: Thrift front end, metastore and engine in one process."`
	Worker        workerCommand        `cmd:"" help:"Run tasks of a server's queries."`
	SQL           sqlCommand           `cmd:"" name:"sql" help:"Run statements against a server."`
	Parse         parseCommand         `cmd:"" help:"Check the syntax of statements."`
	ShuffleServer shuffleServerCommand `cmd:"" help:"Serve the shuffle outputs of this machine's workers, so that they outlive them."`
}

func main() {
	var c commands
	ctx := kong.Parse(&c, kong.Name("skep"), kong.Description("A Hive-compatible batch SQL server."), kong.UsageOnError())
	if err := ctx.Run(); err != nil {
		_, _ = os.Stderr.WriteString("skep: " + err.Error() + "\n")
		os.Exit(1)
	}
}
