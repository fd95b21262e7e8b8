// Command fakeserver serves the fake backend on a port, so that real clients can be tried against the Thrift front end alone.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/hashicorp/go-hclog"

	"skep/test/fakebackend"
	"skep/thrift/hs2"
)

func main() {
	address := flag.String("listen", "127.0.0.1:10000", "address to listen on")
	flag.Parse()
	if err := serve(*address); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(address string) error {
	server, err := hs2.Listen(hs2.Config{
		Address: address, Backend: fakebackend.New(), Log: hclog.New(&hclog.LoggerOptions{Name: "fake", Level: hclog.Info}),
	})
	if err != nil {
		return err
	}
	return server.Serve(context.Background())
}
