package ast

// Command is a statement handled by the server's command processors rather than by the SQL grammar. Its text is not
// tokenised by SQL rules.
type Command struct {
	Pos
	// Name is the lower-case command: "set", "reset", "dfs", "add", "list", "delete", "reload", "compile", "llap",
	// "crypto".
	Name string
	// Args is the text after the command word, trimmed.
	Args string
}

func (*Command) statement() {}
