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
	Batch bool `help:"Read NUL-terminated statements from standard input and answer one line each."`
}

// Run checks one statement from standard input, or many with --batch.
func (c *parseCommand) Run() error {
	if c.Batch {
		return batch.ParseBatch(os.Stdin, os.Stdout, parser.Options{})
	}
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return fmt.Errorf("reading standard input: %w", err)
	}
	if _, err := parser.Parse(string(text), parser.Options{}); err != nil {
		return errors.New("FAILED: " + err.Error())
	}
	fmt.Println("ok")
	return nil
}
