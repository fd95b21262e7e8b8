//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/beltran/gohive"
)

func TestGohive(t *testing.T) {
	host, portText, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		t.Fatal(err)
	}
	for _, mode := range modes() {
		t.Run(mode, func(t *testing.T) {
			auth := map[string]string{"nosasl": "NOSASL", "plain": "NONE"}[mode]
			conf := gohive.NewConnectConfiguration()
			conf.Username, conf.Password = "ann", "secret"
			conn, err := gohive.Connect(host, port, auth, conf)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			g := &gohiveRun{t: t, conn: conn, ctx: ctx}
			g.walk(strings.ReplaceAll(script, "{db}", "e2e_gohive_"+mode))
		})
	}
}

type gohiveRun struct {
	t    *testing.T
	conn *gohive.Connection
	ctx  context.Context
}

func (g *gohiveRun) walk(script string) {
	lines := strings.Split(script, "\n")
	cursor := g.conn.Cursor()
	defer cursor.Close()
	for i := 0; i < len(lines); i++ {
		f := strings.Split(lines[i], "\t")
		switch f[0] {
		case "exec":
			if cursor.Exec(g.ctx, f[1]); cursor.Err != nil {
				g.t.Errorf("%s: %v", f[1], cursor.Err)
			}
		case "query":
			var want []string
			for strings.HasPrefix(lines[i+1], "row\t") {
				i++
				want = append(want, strings.TrimPrefix(lines[i], "row\t"))
			}
			if strings.Contains(f[1], "interval") {
				continue // gohive has no such types and shows NULL
			}
			if got := g.query(cursor, f[1]); strings.Join(got, "\n") != strings.Join(want, "\n") {
				g.t.Errorf("%s: %q instead of %q", f[1], got, want)
			}
		case "error":
			if cursor.Exec(g.ctx, f[4]); cursor.Err == nil || !strings.Contains(cursor.Err.Error(), f[3]) {
				g.t.Errorf("%s: %v", f[4], cursor.Err)
			}
		case "cancel":
			g.cancel(f[1])
		}
	}
}

func (g *gohiveRun) query(cursor *gohive.Cursor, sql string) []string {
	if cursor.Exec(g.ctx, sql); cursor.Err != nil {
		g.t.Errorf("%s: %v", sql, cursor.Err)
		return nil
	}
	names := cursor.Description()
	var rows []string
	for cursor.HasMore(g.ctx) {
		row := cursor.RowMap(g.ctx)
		if cursor.Err != nil {
			g.t.Errorf("%s: %v", sql, cursor.Err)
			return rows
		}
		cells := make([]string, len(names))
		for i, n := range names {
			cells[i] = cell(row[n[0]])
		}
		rows = append(rows, strings.Join(cells, "\t"))
	}
	return rows
}

// cell is a value of gohive's as Hive prints it.
func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return `\N`
	case []byte:
		return string(v)
	case float64:
		text, err := json.Marshal(v)
		if err != nil {
			return err.Error()
		}
		return string(text)
	}
	return fmt.Sprint(v)
}

func (g *gohiveRun) cancel(sql string) {
	cursor := g.conn.Cursor()
	defer cursor.Close()
	if cursor.Execute(g.ctx, sql, true); cursor.Err != nil {
		g.t.Errorf("%s: %v", sql, cursor.Err)
		return
	}
	time.Sleep(time.Second)
	if cursor.Cancel(); cursor.Err != nil {
		g.t.Errorf("cancel: %v", cursor.Err)
	}
	if status := cursor.Poll(false); status == nil || status.GetOperationState().String() != "CANCELED_STATE" {
		g.t.Errorf("after the cancel: %v", status)
	}
}
