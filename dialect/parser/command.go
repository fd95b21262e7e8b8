package parser

import (
	"strings"

	"skep/dialect/ast"
)

// ParseCommand recognises the statements that Hive's command processors handle instead of the SQL grammar: SET, RESET, DFS,
// ADD, LIST, DELETE, RELOAD, COMPILE, CRYPTO and LLAP. It returns nil for everything else. Offer a statement to it
// before Parse. Comments in front of the command word are skipped; the rest of the text is left as it is.
func ParseCommand(sql string) *ast.Command {
	rest, offset := skipBlank(sql)
	trimmed := strings.TrimRight(rest, " \t\r\n;")
	if trimmed == "" {
		return nil
	}
	pos := positionAt(sql, offset)
	first, tail := cutWord(trimmed)
	second, _ := cutWord(tail)
	name, next := strings.ToLower(first), strings.ToLower(second)
	switch name {
	case "set":
		if next == "role" || next == "autocommit" {
			return nil
		}
	case "delete":
		if next == "from" {
			return nil
		}
	case "reload":
		if next == "function" || next == "functions" {
			return nil
		}
	case "reset", "dfs", "add", "list", "compile", "crypto", "llap":
		if next == "from" || next == "role" {
			return nil
		}
	default:
		return nil
	}
	pos.Token = first
	return &ast.Command{Pos: pos, Name: name, Args: strings.TrimSpace(tail)}
}

// cutWord splits off the first word.
func cutWord(s string) (word, rest string) {
	s = strings.TrimLeft(s, " \t\r\n")
	if i := strings.IndexAny(s, " \t\r\n"); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// skipBlank skips blanks, line comments and block comments (but not hints) in front of a statement.
func skipBlank(sql string) (rest string, offset int) {
	rest = sql
	for {
		rest = strings.TrimLeft(rest, " \t\r\n")
		switch {
		case strings.HasPrefix(rest, "--"):
			i := strings.IndexByte(rest, '\n')
			if i < 0 {
				i = len(rest) - 1
			}
			rest = rest[i+1:]
		case strings.HasPrefix(rest, "/*") && !strings.HasPrefix(rest, "/*+"):
			i := strings.Index(rest[2:], "*/")
			if i < 0 {
				return rest, len(sql) - len(rest)
			}
			rest = rest[i+4:]
		default:
			return rest, len(sql) - len(rest)
		}
	}
}

func positionAt(sql string, offset int) ast.Pos {
	before := sql[:offset]
	lineStart := strings.LastIndexByte(before, '\n') + 1
	l := lexer{src: sql, lineStart: lineStart}
	return ast.Pos{Offset: offset, Line: strings.Count(before, "\n") + 1, Col: int(l.column(offset))}
}
