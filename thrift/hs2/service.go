package hs2

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/apache/thrift/lib/go/thrift"
	"github.com/beltran/gohive/hiveserver"
	"github.com/hashicorp/go-hclog"

	"skep/thrift/operation"
	"skep/thrift/session"
	"skep/thrift/tcli"
	"skep/thrift/transport"
)

// service answers the calls of all connections.
type service struct {
	log        hclog.Logger
	sessions   *session.Manager
	operations *operation.Manager
	// settings that concern the server as a whole, not one session
	keepSessions bool
}

// client is one connection.
type client struct {
	conn *transport.Conn

	mu     sync.Mutex
	opened []tcli.HandleID // sessions opened here and not closed here
}

func (c *client) forget(id tcli.HandleID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.opened = slices.DeleteFunc(c.opened, func(o tcli.HandleID) bool { return o == id })
}

type result = thrift.TStruct

// Settings the service reads of sessions.
const (
	defaultFetchSize = "hive.server2.thrift.resultset.default.fetch.size"
	maxFetchSize     = "hive.server2.thrift.resultset.max.fetch.size"
	nullsLast        = "hive.default.nulls.last"
)

// methods is the dispatch table.
func (s *service) methods() map[string]tcli.Method[*client] {
	return map[string]tcli.Method[*client]{
		"OpenSession": tcli.Handle(func(ctx context.Context, c *client, a *hiveserver.TCLIServiceOpenSessionArgs) result {
			return &hiveserver.TCLIServiceOpenSessionResult{Success: s.openSession(ctx, c, a.Req)}
		}),
		"CloseSession": tcli.Handle(func(_ context.Context, c *client, a *hiveserver.TCLIServiceCloseSessionArgs) result {
			return &hiveserver.TCLIServiceCloseSessionResult{Success: s.closeSession(c, a.Req)}
		}),
		"GetInfo": tcli.Handle(func(_ context.Context, _ *client, a *hiveserver.TCLIServiceGetInfoArgs) result {
			return &hiveserver.TCLIServiceGetInfoResult{Success: s.getInfo(a.Req)}
		}),
		"ExecuteStatement": tcli.Handle(func(ctx context.Context, c *client, a *hiveserver.TCLIServiceExecuteStatementArgs) result {
			return &hiveserver.TCLIServiceExecuteStatementResult{Success: s.execute(ctx, c, a.Req)}
		}),
		"GetOperationStatus": tcli.Handle(func(ctx context.Context, _ *client, a *hiveserver.TCLIServiceGetOperationStatusArgs) result {
			return &hiveserver.TCLIServiceGetOperationStatusResult{Success: s.operationStatus(ctx, a.Req)}
		}),
		"CancelOperation": tcli.Handle(func(_ context.Context, _ *client, a *hiveserver.TCLIServiceCancelOperationArgs) result {
			return &hiveserver.TCLIServiceCancelOperationResult{Success: &hiveserver.TCancelOperationResp{Status: s.cancel(a.Req)}}
		}),
		"CloseOperation": tcli.Handle(func(_ context.Context, _ *client, a *hiveserver.TCLIServiceCloseOperationArgs) result {
			return &hiveserver.TCLIServiceCloseOperationResult{Success: &hiveserver.TCloseOperationResp{Status: s.closeOperation(a.Req)}}
		}),
		"GetResultSetMetadata": tcli.Handle(func(_ context.Context, _ *client, a *hiveserver.TCLIServiceGetResultSetMetadataArgs) result {
			return &hiveserver.TCLIServiceGetResultSetMetadataResult{Success: s.resultSetMetadata(a.Req)}
		}),
		"FetchResults": tcli.Handle(func(ctx context.Context, c *client, a *hiveserver.TCLIServiceFetchResultsArgs) result {
			return s.fetchResults(ctx, c, a.Req)
		}),
		"GetQueryId": tcli.Handle(func(_ context.Context, _ *client, a *hiveserver.TCLIServiceGetQueryIdArgs) result {
			return &hiveserver.TCLIServiceGetQueryIdResult{Success: &hiveserver.TGetQueryIdResp{QueryId: s.queryID(a.Req)}}
		}),
		"SetClientInfo": tcli.Handle(func(_ context.Context, _ *client, a *hiveserver.TCLIServiceSetClientInfoArgs) result {
			return &hiveserver.TCLIServiceSetClientInfoResult{Success: &hiveserver.TSetClientInfoResp{Status: s.setClientInfo(a.Req)}}
		}),
		"GetDelegationToken": tcli.Handle(func(context.Context, *client, *hiveserver.TCLIServiceGetDelegationTokenArgs) result {
			return &hiveserver.TCLIServiceGetDelegationTokenResult{Success: &hiveserver.TGetDelegationTokenResp{Status: noTokens()}}
		}),
		"CancelDelegationToken": tcli.Handle(func(context.Context, *client, *hiveserver.TCLIServiceCancelDelegationTokenArgs) result {
			return &hiveserver.TCLIServiceCancelDelegationTokenResult{Success: &hiveserver.TCancelDelegationTokenResp{Status: noTokens()}}
		}),
		"RenewDelegationToken": tcli.Handle(func(context.Context, *client, *hiveserver.TCLIServiceRenewDelegationTokenArgs) result {
			return &hiveserver.TCLIServiceRenewDelegationTokenResult{Success: &hiveserver.TRenewDelegationTokenResp{Status: noTokens()}}
		}),
		"UploadData":        tcli.Handle(noTransfer),
		"DownloadData":      tcli.Handle(noTransfer),
		"GetTypeInfo":       tcli.Handle(s.getTypeInfo),
		"GetCatalogs":       tcli.Handle(s.getCatalogs),
		"GetSchemas":        tcli.Handle(s.getSchemas),
		"GetTables":         tcli.Handle(s.getTables),
		"GetTableTypes":     tcli.Handle(s.getTableTypes),
		"GetColumns":        tcli.Handle(s.getColumns),
		"GetFunctions":      tcli.Handle(s.getFunctions),
		"GetPrimaryKeys":    tcli.Handle(s.getPrimaryKeys),
		"GetCrossReference": tcli.Handle(s.getCrossReference),
	}
}

func noTokens() *hiveserver.TStatus {
	return tcli.Status(tcli.Errorf("Delegation token only supported over remote client with kerberos authentication"))
}

// noTransfer answers UploadData and DownloadData; the handle is required even then.
func noTransfer(context.Context, *client, *tcli.TransferArgs) result {
	var none tcli.HandleID
	return &tcli.TransferResult{
		Status: tcli.Status(tcli.Errorf("unimplemented exception")),
		Handle: &hiveserver.TOperationHandle{OperationId: none.Thrift(), OperationType: hiveserver.TOperationType_UNKNOWN},
	}
}

func (s *service) openSession(ctx context.Context, c *client, req *hiveserver.TOpenSessionReq) *hiveserver.TOpenSessionResp {
	user := c.conn.User()
	if user == "" {
		user = req.GetUsername()
	}
	opened, err := s.sessions.Open(ctx, session.OpenRequest{
		Protocol: req.ClientProtocol, User: user, Address: c.conn.RemoteAddr(), Configuration: req.Configuration,
	})
	if err != nil {
		s.log.Warn("open session failed", "user", user, "address", c.conn.RemoteAddr(), "error", err)
		return &hiveserver.TOpenSessionResp{Status: tcli.Status(err), ServerProtocolVersion: min(req.ClientProtocol, session.ServerProtocol)}
	}
	c.mu.Lock()
	c.opened = append(c.opened, opened.ID())
	c.mu.Unlock()
	// Drivers of Hive 3 fail on an absent map.
	conf := map[string]string{defaultFetchSize: strconv.Itoa(min(setting(opened, defaultFetchSize, 1000), setting(opened, maxFetchSize, 10000)))}
	if v := opened.Conf(nullsLast); v != "" {
		conf[nullsLast] = v
	}
	return &hiveserver.TOpenSessionResp{
		Status: tcli.Status(nil), ServerProtocolVersion: opened.Protocol(), SessionHandle: opened.Handle(), Configuration: conf,
	}
}

// setting reads a positive number of a session's settings.
func setting(s *session.Session, key string, otherwise int) int {
	if n, err := strconv.Atoi(s.Conf(key)); err == nil && n > 0 {
		return n
	}
	return otherwise
}

func (s *service) closeSession(c *client, req *hiveserver.TCloseSessionReq) *hiveserver.TCloseSessionResp {
	var id tcli.HandleID
	if h := req.GetSessionHandle(); h != nil {
		id = tcli.HandleIDOf(h.SessionId)
	}
	err := s.sessions.Close(id)
	c.forget(id)
	return &hiveserver.TCloseSessionResp{Status: tcli.Status(err)}
}

// disconnected closes the sessions a connection leaves behind.
func (s *service) disconnected(c *client) {
	if s.keepSessions {
		return
	}
	c.mu.Lock()
	left := c.opened
	c.opened = nil
	c.mu.Unlock()
	for _, id := range left {
		// A session may have been closed over another connection or by its idle timeout.
		if err := s.sessions.Close(id); err != nil {
			s.log.Debug("close session of a lost connection", "session", id, "error", err)
		}
	}
}

func (s *service) execute(ctx context.Context, c *client, req *hiveserver.TExecuteStatementReq) *hiveserver.TExecuteStatementResp {
	own, err := s.sessions.Get(req.SessionHandle)
	if err != nil {
		return &hiveserver.TExecuteStatementResp{Status: tcli.Status(err)}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if !req.RunAsync {
		// The call may take hours: a client that goes away takes its statement with it.
		defer c.conn.WatchDisconnect(cancel)()
	}
	o, err := s.operations.Execute(ctx, own, operation.ExecuteRequest{
		SQL: req.Statement, Overlay: req.ConfOverlay, Async: req.RunAsync, Timeout: time.Duration(req.QueryTimeout) * time.Second,
	})
	if err != nil {
		s.log.Info("statement failed", "session", own.ID(), "error", err)
		return &hiveserver.TExecuteStatementResp{Status: tcli.Status(err)}
	}
	return &hiveserver.TExecuteStatementResp{Status: tcli.Status(nil), OperationHandle: o.Handle()}
}

func (s *service) operationStatus(ctx context.Context, req *hiveserver.TGetOperationStatusReq) *hiveserver.TGetOperationStatusResp {
	o, err := s.operations.Get(req.OperationHandle)
	if err != nil {
		return &hiveserver.TGetOperationStatusResp{Status: tcli.Status(err)}
	}
	progress := req.GetGetProgressUpdate() && !strings.EqualFold(o.Owner().Conf("hive.server2.in.place.progress"), "false")
	return o.Status(ctx, progress, s.operations.LongPoll())
}

func (s *service) cancel(req *hiveserver.TCancelOperationReq) *hiveserver.TStatus {
	o, err := s.operations.Get(req.OperationHandle)
	if err == nil {
		o.Cancel()
	}
	return tcli.Status(err)
}

func (s *service) closeOperation(req *hiveserver.TCloseOperationReq) *hiveserver.TStatus {
	o, err := s.operations.Get(req.OperationHandle)
	if err == nil {
		err = s.operations.Close(o.ID())
	}
	return tcli.Status(err)
}

func (s *service) resultSetMetadata(req *hiveserver.TGetResultSetMetadataReq) *hiveserver.TGetResultSetMetadataResp {
	o, err := s.operations.Get(req.OperationHandle)
	if err != nil {
		return &hiveserver.TGetResultSetMetadataResp{Status: tcli.Status(err)}
	}
	schema, err := o.Schema()
	return &hiveserver.TGetResultSetMetadataResp{Status: tcli.Status(err), Schema: schema}
}

func (s *service) queryID(req *hiveserver.TGetQueryIdReq) string {
	if o, err := s.operations.Get(req.OperationHandle); err == nil {
		return o.QueryID()
	}
	return ""
}

// applicationName is the client property that becomes the variable of workload management.
const (
	applicationName = "ApplicationName"
	applicationVar  = "wmapp"
)

func (s *service) setClientInfo(req *hiveserver.TSetClientInfoReq) *hiveserver.TStatus {
	own, err := s.sessions.Get(req.SessionHandle)
	if err != nil {
		return tcli.Status(err)
	}
	if name, ok := req.Configuration[applicationName]; ok {
		own.Backend().SetHiveVar(applicationVar, name)
	}
	s.log.Info("client information", "session", own.ID(), "properties", req.Configuration)
	return tcli.Status(nil)
}
