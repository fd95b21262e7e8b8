package parser

// Hive's parser looks ahead before it decides on a rule and gives up where no rule fits the words to come. The sets below
// tell which tokens make it give up where; they matter only for the place and wording of errors, as no valid statement
// has these tokens in these places. They were found by asking Hive 4.0.1.

// kindSet is a set of token kinds.
type kindSet [(int(lastKeyword) + 64) / 64]uint64

func newKindSet(kinds ...Kind) *kindSet {
	s := new(kindSet)
	for _, k := range kinds {
		s[k/64] |= 1 << (k % 64)
	}
	return s
}

func (s *kindSet) has(k Kind) bool { return s[k/64]&(1<<(k%64)) != 0 }

// notAfterExpr cannot stand behind an operand.
var notAfterExpr = newKindSet(
	tokString, tokNumber, tokIntegral, tokByteLength, tokCharsetName, tokHint, tokColon, tokSemicolon, tokLCurly,
	tokRCurly, tokTilde, tokQuestion, tokDollar, tokNumberLit, kwAll, kwAlter, kwAny, kwApplication, kwArray,
	kwAuthorization, kwBigint, kwBinary, kwBoolean, kwBoth, kwBy, kwCase, kwCast, kwChar, kwColumn, kwCommit,
	kwCompactId, kwConf, kwConstraint, kwConvert, kwCreate, kwCube, kwCurrent, kwCurrentDate, kwCurrentTimestamp,
	kwCursor, kwDatabase, kwDataconnector, kwDataconnectors, kwDate, kwDdl, kwDecimal, kwDelete, kwDescribe,
	kwDistinct, kwDouble, kwDrop, kwExchange, kwExists, kwExtended, kwExternal, kwExtract, kwFalse, kwFetch,
	kwFloat, kwFloor, kwFollowing, kwFor, kwForce, kwForeign, kwFunction, kwGrant, kwIf, kwImport, kwInt,
	kwInterval, kwInto, kwLeading, kwLess, kwLocal, kwMacro, kwMerge, kwMore, kwNone, kwNull, kwOf, kwOlder,
	kwOnly, kwOut, kwOuter, kwOver, kwPercent, kwPkfkJoin, kwPreceding, kwPrecision, kwPrepare, kwPreserve,
	kwPrimary, kwProcedure, kwReads, kwReal, kwReferences, kwRevoke, kwRollback, kwRollup, kwSet, kwSmallint,
	kwSome, kwStart, kwSync, kwTable, kwTablesample, kwThan, kwTime, kwTimestamp, kwTimestamplocaltz, kwTrailing,
	kwTransform, kwTrigger, kwTrue, kwTruncate, kwUnbounded, kwUnique, kwUniquejoin, kwUpdate, kwUser, kwValues,
	kwVarchar,
)

// notAfterItem can stand behind an operand but not behind an item of a select list.
var notAfterItem = newKindSet(
	tokRSquare, kwCross, kwElse, kwEnd, kwFull, kwGrouping, kwInner, kwJoin, kwLeft, kwOn, kwPartition, kwRange,
	kwRight, kwRow, kwRows, kwThen, kwTo, kwUsing, kwWhen, kwWith,
)

// notAfterIn cannot stand behind IN (..), in addition to notAfterExpr: predicates do not chain.
var notAfterIn = newKindSet(
	tokDot, tokLSquare, tokLessEq, tokLess, tokGreaterEq, tokGreater, tokPlus, tokMinus, tokStar, tokPercent,
	tokAmp, tokBar, tokCaret, tokLParen, tokSlash, tokConcat, kwBetween, kwDiv, kwIn, kwLike, kwNot, kwRegexp,
	kwRlike,
)

// afterArg are the only tokens behind a name that begins a function argument.
var afterArg = newKindSet(
	tokDot, tokComma, tokRParen, tokLSquare, tokEq, tokNotEq, tokLessEq, tokLess, tokGreaterEq, tokGreater,
	tokPlus, tokMinus, tokStar, tokPercent, tokAmp, tokBar, tokCaret, tokLParen, tokNullSafeEq, tokSlash,
	tokConcat, kwAnd, kwBetween, kwDiv, kwFrom, kwIgnore, kwIn, kwIs, kwLike, kwNot, kwOr, kwRecordwriter,
	kwRegexp, kwRespect, kwRlike, kwRow, kwUsing,
)

// notAfterTable cannot stand behind a table name.
var notAfterTable = newKindSet(
	tokNumber, tokIntegral, tokByteLength, tokCharsetName, tokHint, tokColon, tokSemicolon, tokLSquare,
	tokRSquare, tokLCurly, tokRCurly, tokEq, tokNotEq, tokLessEq, tokLess, tokGreaterEq, tokGreater, tokPlus,
	tokMinus, tokStar, tokPercent, tokAmp, tokTilde, tokBar, tokCaret, tokQuestion, tokDollar, tokNumberLit,
	tokNullSafeEq, tokSlash, tokConcat, kwAll, kwAlter, kwAnd, kwAny, kwApplication, kwArray, kwAuthorization,
	kwBetween, kwBigint, kwBinary, kwBoolean, kwBoth, kwBy, kwCase, kwCast, kwChar, kwColumn, kwCommit,
	kwCompactId, kwConf, kwConstraint, kwCube, kwCurrent, kwCurrentDate, kwCurrentTimestamp, kwCursor, kwDatabase,
	kwDataconnector, kwDataconnectors, kwDate, kwDdl, kwDecimal, kwDelete, kwDescribe, kwDistinct, kwDiv,
	kwDouble, kwElse, kwEnd, kwExists, kwExtended, kwExternal, kwExtract, kwFalse, kwFetch, kwFloat, kwFloor,
	kwFollowing, kwForeign, kwFunction, kwGrant, kwGrouping, kwImport, kwInt, kwInterval, kwIs, kwLeading, kwLess,
	kwLocal, kwMacro, kwMerge, kwMore, kwNone, kwNull, kwOf, kwOlder, kwOnly, kwOr, kwOut, kwOuter, kwOver,
	kwPercent, kwPkfkJoin, kwPreceding, kwPrecision, kwPrepare, kwPreserve, kwPrimary, kwProcedure, kwRange,
	kwReads, kwReal, kwReferences, kwRegexp, kwRevoke, kwRlike, kwRollback, kwRollup, kwRows, kwSmallint, kwSome,
	kwStart, kwTable, kwThan, kwThen, kwTime, kwTimestamp, kwTimestamplocaltz, kwTrailing, kwTransform, kwTrigger,
	kwTrue, kwTruncate, kwUnbounded, kwUnique, kwUniquejoin, kwUser, kwVarchar, kwWhen,
)

// notAfterSource cannot stand behind a table name in FROM, in addition to notAfterTable. ON, USING and PARTITION may
// do so behind the right side of a join.
var notAfterSource = newKindSet(
	tokString, kwConvert, kwCreate, kwDrop, kwExchange, kwForce, kwFrom, kwIf, kwIn, kwInto, kwLike, kwNot, kwRow,
	kwSet, kwSync, kwTo, kwUpdate, kwValues, kwWith,
)

// afterAlias are the only tokens behind a table alias written without AS.
var afterAlias = newKindSet(
	tokIdent, tokComma, tokRParen, tokEOF, tokLParen, kwAnti, kwCherryPick, kwCluster, kwCross, kwDistribute,
	kwExcept, kwFastForward, kwFull, kwGroup, kwHaving, kwInner, kwInsert, kwIntersect, kwJoin, kwLateral, kwLeft,
	kwLimit, kwMap, kwMinus, kwOn, kwOrder, kwOrphanFiles, kwPartition, kwQualify, kwReduce, kwRight, kwSelect,
	kwSort, kwUnion, kwUsing, kwWhere, kwWindow,
)
