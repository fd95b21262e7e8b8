// Command fakeserver serves the fake backend on a port, so that real clients can be tried against the Thrift front end alone.
package main

import (
	"flag"
	"fmt"
	"net"
	"os"

	"github.com/hashicorp/go-hclog"

	"skep/auth/sasl"
	"skep/test/fakebackend"
	"skep/thrift/hs2"
	"skep/thrift/transport"
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
	config := hs2.DefaultConfig(fakebackend.New(), hclog.New(&hclog.LoggerOptions{Name: "fake", Level: hclog.Info}))
	config.Transport.Mechanisms = map[string]func() transport.Authenticator{
		"PLAIN": func() transport.Authenticator { return sasl.NewPlain(sasl.AcceptAny) },
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	return hs2.New(config).Serve(l)
}
