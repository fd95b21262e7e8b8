package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"skep/dialect/parser"
	"skep/dialect/parser/batch"
)

type parseCommand struct {
	Batch bool   `help:"Read NUL-terminated statements from standard input and answer one line each."`
	Level string `enum:"3.1,4.0" default:"3.1" help:"The Hive version whose grammar decides where the two disagree. What passes at 3.1 passes on servers of both levels."`
}

// Run checks one statement from standard input, or many with --batch.
func (c *parseCommand) Run() error {
	opts := parser.Options{Version: parser.V31}
	if c.Level == "4.0" {
		opts.Version = parser.V40
	}
	if c.Batch {
		return batch.ParseBatch(os.Stdin, os.Stdout, opts)
	}
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return fmt.Errorf("reading standard input: %w", err)
	}
	if _, err := parser.Parse(string(text), opts); err != nil {
		return errors.New("FAILED: " + err.Error())
	}
	fmt.Println("ok")
	return nil
}
