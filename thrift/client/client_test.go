package client_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"skep/test/fakebackend"
	"skep/thrift/client"
	"skep/thrift/hs2"
)

func serve(t *testing.T) (address string, backend *fakebackend.Backend) {
	t.Helper()
	backend = fakebackend.New()
	server, err := hs2.Listen(hs2.Config{Address: "127.0.0.1:0", Backend: backend})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(context.Background()) }()
	t.Cleanup(func() {
		if err := errors.Join(server.Close(), <-served); err != nil {
			t.Error(err)
		}
	})
	return server.Addr().String(), backend
}

func dial(t *testing.T, url string) *client.Client {
	t.Helper()
	o, err := client.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.Dial(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func TestStatements(t *testing.T) {
	address, backend := serve(t)
	for _, url := range []string{"jdbc:hive2://" + address + "/db;auth=noSasl?a=1#b=2", "jdbc:hive2://" + address + "/db;user=ann;password=x?a=1#b=2"} {
		c := dial(t, url)
		requests := backend.Requests()
		if r := requests[len(requests)-1]; r.Database != "db" || r.Conf["a"] != "1" || r.HiveVars["b"] != "2" {
			t.Errorf("session %+v", r)
		}
		s, err := c.Execute(t.Context(), "all types", client.Feedback{})
		if err != nil {
			t.Fatal(err)
		}
		columns, err := s.Columns(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if columns[7] != (client.Column{Name: "decimal7", Type: "decimal(10,2)"}) || columns[11].Type != "char(5)" {
			t.Errorf("columns %v", columns)
		}
		row, err := s.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if row[5].Text != "1.1" || row[6].Text != "2.5" || row[7].Text != "1.50" || row[18].Text != "[1,null,3]" {
			t.Errorf("row %v", row)
		}
		if row, err = s.Next(t.Context()); err != nil || !row[0].Null || !row[9].Null {
			t.Errorf("row %v, error %v", row, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestManyRows(t *testing.T) {
	address, _ := serve(t)
	s, err := dial(t, address+";auth=noSasl").Execute(t.Context(), "rows 25000 3", client.Feedback{})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for {
		row, err := s.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if row == nil {
			break
		}
		n++
	}
	if n != 25000 {
		t.Errorf("%d rows", n)
	}
}

func TestFeedback(t *testing.T) {
	address, _ := serve(t)
	var lines []string
	var last client.Progress
	s, err := dial(t, address).Execute(t.Context(), "sleep 700", client.Feedback{
		Log: func(line string) { lines = append(lines, line) }, Progress: func(p *client.Progress) { last = *p },
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.HasRows() || s.ModifiedRows() != -1 {
		t.Errorf("rows %v, %d modified", s.HasRows(), s.ModifiedRows())
	}
	if !slices.Contains(lines, "INFO  : Status: done") || lines[len(lines)-1] != "INFO  : OK" {
		t.Errorf("log %q", lines)
	}
	if last.Footer != "VERTICES: 01/02" || len(last.Rows) != 2 {
		t.Errorf("progress %+v", last)
	}
}

func TestErrorsAndCancel(t *testing.T) {
	address, _ := serve(t)
	c := dial(t, address)
	for sql, code := range map[string]int{"bad table": 10001, "fail run": 2} {
		_, err := c.Execute(t.Context(), sql, client.Feedback{})
		var e *client.Error
		if !errors.As(err, &e) || e.Code != code || !strings.Contains(e.Error(), "FAILED: ") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := c.Execute(ctx, "wait", client.Feedback{Log: func(string) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled statement: %v", err)
	}
	if _, err := c.Execute(t.Context(), "select 1", client.Feedback{}); err != nil {
		t.Error(err)
	}
	if _, err := client.Dial(t.Context(), client.Options{Address: address, User: "ann"}); err == nil || !strings.Contains(err.Error(), "Error validating the login") {
		t.Errorf("login without a password: %v", err)
	}
}

func TestParseURL(t *testing.T) {
	for _, c := range []struct{ url, address, database, problem string }{
		{"jdbc:hive2://h:1/d", "h:1", "d", ""},
		{"jdbc:hive2://h", "h:10000", "", ""},
		{"localhost:10005", "localhost:10005", "", ""},
		{"jdbc:hive2:///", "localhost:10000", "", ""},
		{"jdbc:hive2://[::1]:9/x;auth=noSasl", "[::1]:9", "x", ""},
		{"jdbc:hive2://a,b/", "", "", "service discovery"},
		{"jdbc:hive2://a/;transportMode=http", "", "", "transport mode"},
		{"jdbc:hive2://a/;ssl=true", "", "", "ssl"},
		{"jdbc:hive2://a/;novalue", "", "", "name=value"},
		{"jdbc:postgres://a", "", "", "only jdbc:hive2"},
	} {
		o, err := client.ParseURL(c.url)
		if c.problem != "" {
			if err == nil || !strings.Contains(err.Error(), c.problem) {
				t.Errorf("%s: error %v", c.url, err)
			}
			continue
		}
		if err != nil || o.Address != c.address || o.Database != c.database {
			t.Errorf("%s: %+v, %v", c.url, o, err)
		}
	}
}
