// Package qfile runs data-driven SQL files. A case is two files side by side:
// name.q holds the statements, name.q.out what a real Hive answered to each.
// The expected side is only ever written by the recorder (command qtest with
// -record against a Hive endpoint), never by hand and never by the product.
//
// # Statements (name.q)
//
// Statements end with ';'. Comments are -- to the end of the line and /* */.
// A line "--! directive" applies to the statement that follows it:
//
//	--! ordered       compare rows in order (default for a statement with a top-level ORDER BY and for all but queries)
//	--! sort          compare rows as a multiset (default for queries without a top-level ORDER BY)
//	--! any           the statement must succeed; its rows are not compared
//	--! fails         the statement must fail; code and text of the error are not compared
//	--! mask REGEXP   matches are replaced by '#' on both sides; may be given several times
//
// ${TMP} in a statement is a scratch directory of the run that the server can
// write to; ${DB} is the database made for the file, which is dropped at its end.
//
// # Expectations (name.q.out)
//
// Each statement is echoed with "> " before each of its lines, followed by
//
//	ok                               no result set
//	error CODE SQLSTATE MESSAGE      refused; message "*" when it is a run-time error whose text is not portable
//	: name type<TAB>name type        a result set: its columns, then its rows as
//	| cell<TAB>cell                  with \N for NULL and \t \n \r \\ escaped
//
// and an empty line.
package qfile
