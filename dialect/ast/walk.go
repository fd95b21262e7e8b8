package ast

// Inspect calls f for n and, while f returns true, for the nodes below it, depth first in source order.
func Inspect(n Node, f func(Node) bool) {
	if n == nil || !f(n) {
		return
	}
	n.Children(func(c Node) { Inspect(c, f) })
}

// Rewrite replaces expressions in the tree below n, innermost first, by what f returns for them. The tree is changed in
// place; n itself is not offered to f. Clone first to keep the original.
func Rewrite(n Node, f func(Expr) Expr) { n.rewriteChildren(f) }

// RewriteExpr is Rewrite for an expression that is itself offered to f, last. A nil e stays nil.
func RewriteExpr(e Expr, f func(Expr) Expr) Expr {
	if e == nil {
		return nil
	}
	e.rewriteChildren(f)
	return f(e)
}
