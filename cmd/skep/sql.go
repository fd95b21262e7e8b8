package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"skep/dialect/parser"
	"skep/thrift/client"
)

type sqlCommand struct {
	URL     string            `short:"u" help:"JDBC URL of the server." default:"jdbc:hive2://127.0.0.1:10000/default"`
	Execute []string          `short:"e" help:"Statements to run." sep:"none"`
	File    string            `short:"f" help:"File of statements; - is standard input." type:"existingfile" optional:""`
	User    string            `short:"n" help:"User name."`
	HiveVar map[string]string `name:"hivevar" help:"Variable for $${hivevar:name}." mapsep:"none"`
	Wait    time.Duration     `help:"How long to wait for the server to come up."`
	Force   bool              `help:"Go on after a statement that fails."`
	Quiet   bool              `help:"Rows only: no statements, no counts."`
}

// Run executes the statements in order in one session. Rows go to standard output, everything else to standard error.
func (c *sqlCommand) Run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	text, err := c.text()
	if err != nil {
		return err
	}
	o, err := client.ParseURL(c.URL)
	if err != nil {
		return err
	}
	if c.User != "" {
		o.User = c.User
	}
	for k, v := range c.HiveVar {
		o.HiveVars[k] = v
	}
	conn, err := c.dial(ctx, o)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(os.Stdout, 1<<16)
	var failed error
	for _, s := range parser.Split(text) {
		if err := c.statement(ctx, conn, s, out); err != nil {
			err = fmt.Errorf("Error: %w", err) // as beeline prints it
			if failed = errors.Join(failed, err); !c.Force || ctx.Err() != nil {
				break
			}
			fmt.Fprintln(os.Stderr, err)
		}
	}
	return errors.Join(failed, out.Flush(), conn.Close())
}

func (c *sqlCommand) text() (string, error) {
	switch {
	case len(c.Execute) > 0:
		return strings.Join(c.Execute, ";\n"), nil
	case c.File != "":
		b, err := os.ReadFile(c.File)
		return string(b), err
	}
	b, err := io.ReadAll(os.Stdin)
	return string(b), err
}

// dial connects, trying again while the server does not listen yet and there is time to wait.
func (c *sqlCommand) dial(ctx context.Context, o client.Options) (*client.Client, error) {
	deadline := time.Now().Add(c.Wait)
	for {
		conn, err := client.Dial(ctx, o)
		var refused *net.OpError
		if err == nil || !errors.As(err, &refused) || time.Now().After(deadline) {
			return conn, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (c *sqlCommand) statement(ctx context.Context, conn *client.Client, sql string, out *bufio.Writer) error {
	if !c.Quiet {
		fmt.Fprintf(os.Stderr, "\n> %s\n", strings.ReplaceAll(strings.TrimSpace(sql), "\n", "\n> "))
	}
	start := time.Now()
	s, err := conn.Execute(ctx, sql, client.Feedback{})
	if err != nil {
		return err
	}
	rows := 0
	for s.HasRows() {
		row, err := s.Next(ctx)
		if err != nil {
			return errors.Join(err, s.Close())
		}
		if row == nil {
			break
		}
		rows++
		for i, v := range row {
			if i > 0 {
				_ = out.WriteByte('\t') // Flush reports errors
			}
			if v.Null {
				v.Text = "NULL"
			}
			_, _ = out.WriteString(v.Text)
		}
		_ = out.WriteByte('\n')
	}
	if err := out.Flush(); err != nil {
		return errors.Join(err, s.Close())
	}
	if !c.Quiet {
		what := fmt.Sprintf("%d rows", rows)
		if !s.HasRows() {
			what = "OK"
			if n := s.ModifiedRows(); n >= 0 {
				what = fmt.Sprintf("%d rows written", n)
			}
		}
		fmt.Fprintf(os.Stderr, "(%s, %s)\n", what, time.Since(start).Round(time.Millisecond))
	}
	return s.Close()
}
