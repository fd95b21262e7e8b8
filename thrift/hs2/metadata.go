package hs2

import (
	"context"

	"github.com/beltran/gohive/hiveserver"

	"skep/thrift/operation"
	"skep/thrift/session"
	"skep/thrift/tcli"
)

// inSession runs a metadata call and returns the two fields that all their replies have.
func (s *service) inSession(h *hiveserver.TSessionHandle, call func(*session.Session) (*operation.Operation, error)) (*hiveserver.TStatus, *hiveserver.TOperationHandle) {
	own, err := s.sessions.Get(h)
	if err != nil {
		return tcli.Status(err), nil
	}
	o, err := call(own)
	if err != nil {
		s.log.Info("metadata call failed", "session", own.ID(), "error", err)
		return tcli.Status(err), nil
	}
	return tcli.Status(nil), o.Handle()
}

// pattern converts the generated pattern types.
func pattern[P ~string](p *P) *string {
	if p == nil {
		return nil
	}
	s := string(*p)
	return &s
}

func (s *service) getTypeInfo(ctx context.Context, _ *client, a *hiveserver.TCLIServiceGetTypeInfoArgs) result {
	status, handle := s.inSession(a.Req.SessionHandle, func(own *session.Session) (*operation.Operation, error) {
		return s.operations.TypeInfo(ctx, own)
	})
	return &hiveserver.TCLIServiceGetTypeInfoResult{Success: &hiveserver.TGetTypeInfoResp{Status: status, OperationHandle: handle}}
}

func (s *service) getCatalogs(ctx context.Context, _ *client, a *hiveserver.TCLIServiceGetCatalogsArgs) result {
	status, handle := s.inSession(a.Req.SessionHandle, func(own *session.Session) (*operation.Operation, error) {
		return s.operations.Catalogs(ctx, own)
	})
	return &hiveserver.TCLIServiceGetCatalogsResult{Success: &hiveserver.TGetCatalogsResp{Status: status, OperationHandle: handle}}
}

func (s *service) getSchemas(ctx context.Context, _ *client, a *hiveserver.TCLIServiceGetSchemasArgs) result {
	status, handle := s.inSession(a.Req.SessionHandle, func(own *session.Session) (*operation.Operation, error) {
		return s.operations.Schemas(ctx, own, pattern(a.Req.SchemaName))
	})
	return &hiveserver.TCLIServiceGetSchemasResult{Success: &hiveserver.TGetSchemasResp{Status: status, OperationHandle: handle}}
}

func (s *service) getTables(ctx context.Context, _ *client, a *hiveserver.TCLIServiceGetTablesArgs) result {
	status, handle := s.inSession(a.Req.SessionHandle, func(own *session.Session) (*operation.Operation, error) {
		return s.operations.Tables(ctx, own, pattern(a.Req.SchemaName), pattern(a.Req.TableName), a.Req.TableTypes)
	})
	return &hiveserver.TCLIServiceGetTablesResult{Success: &hiveserver.TGetTablesResp{Status: status, OperationHandle: handle}}
}

func (s *service) getTableTypes(ctx context.Context, _ *client, a *hiveserver.TCLIServiceGetTableTypesArgs) result {
	status, handle := s.inSession(a.Req.SessionHandle, func(own *session.Session) (*operation.Operation, error) {
		return s.operations.TableTypes(ctx, own)
	})
	return &hiveserver.TCLIServiceGetTableTypesResult{Success: &hiveserver.TGetTableTypesResp{Status: status, OperationHandle: handle}}
}

func (s *service) getColumns(ctx context.Context, _ *client, a *hiveserver.TCLIServiceGetColumnsArgs) result {
	status, handle := s.inSession(a.Req.SessionHandle, func(own *session.Session) (*operation.Operation, error) {
		return s.operations.Columns(ctx, own, pattern(a.Req.SchemaName), pattern(a.Req.TableName), pattern(a.Req.ColumnName))
	})
	return &hiveserver.TCLIServiceGetColumnsResult{Success: &hiveserver.TGetColumnsResp{Status: status, OperationHandle: handle}}
}

func (s *service) getFunctions(ctx context.Context, _ *client, a *hiveserver.TCLIServiceGetFunctionsArgs) result {
	status, handle := s.inSession(a.Req.SessionHandle, func(own *session.Session) (*operation.Operation, error) {
		return s.operations.Functions(ctx, own, pattern(a.Req.CatalogName), pattern(a.Req.SchemaName), pattern(&a.Req.FunctionName))
	})
	return &hiveserver.TCLIServiceGetFunctionsResult{Success: &hiveserver.TGetFunctionsResp{Status: status, OperationHandle: handle}}
}

func (s *service) getPrimaryKeys(ctx context.Context, _ *client, a *hiveserver.TCLIServiceGetPrimaryKeysArgs) result {
	status, handle := s.inSession(a.Req.SessionHandle, func(own *session.Session) (*operation.Operation, error) {
		return s.operations.PrimaryKeys(ctx, own, pattern(a.Req.SchemaName), pattern(a.Req.TableName))
	})
	return &hiveserver.TCLIServiceGetPrimaryKeysResult{Success: &hiveserver.TGetPrimaryKeysResp{Status: status, OperationHandle: handle}}
}

func (s *service) getCrossReference(ctx context.Context, _ *client, a *hiveserver.TCLIServiceGetCrossReferenceArgs) result {
	status, handle := s.inSession(a.Req.SessionHandle, func(own *session.Session) (*operation.Operation, error) {
		return s.operations.CrossReference(ctx, own, operation.Reference{
			ParentSchema: pattern(a.Req.ParentSchemaName), ParentTable: pattern(a.Req.ParentTableName),
			ForeignSchema: pattern(a.Req.ForeignSchemaName), ForeignTable: pattern(a.Req.ForeignTableName),
		})
	})
	return &hiveserver.TCLIServiceGetCrossReferenceResult{Success: &hiveserver.TGetCrossReferenceResp{Status: status, OperationHandle: handle}}
}
