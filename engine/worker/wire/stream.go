package wire

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

const (
	service = "skep.Coordinator"
	attach  = "Attach"
	// maxMessage bounds a message: a registration that lists many outputs, a manifest of many files.
	maxMessage = 256 << 20
)

// raw passes messages on as the bytes that they are.
type raw struct{}

// Marshal implements encoding.Codec.
func (raw) Marshal(v any) ([]byte, error) { return *v.(*[]byte), nil }

// Unmarshal implements encoding.Codec. grpc uses its buffer again.
func (raw) Unmarshal(b []byte, v any) error {
	*v.(*[]byte) = append([]byte(nil), b...)
	return nil
}

// Name implements encoding.Codec.
func (raw) Name() string { return "skep" }

// Stream is one side of a connection. Send and Receive may be used at the same time, each by one goroutine.
type Stream struct {
	stream interface {
		SendMsg(m any) error
		RecvMsg(m any) error
	}
}

// Send sends a message.
func (s *Stream) Send(m Message) error {
	b, err := Encode(m)
	if err != nil {
		return err
	}
	return s.stream.SendMsg(&b)
}

// Receive returns the next message.
func (s *Stream) Receive() (Message, error) {
	var b []byte
	if err := s.stream.RecvMsg(&b); err != nil {
		return nil, err
	}
	return Decode(b)
}

// Security is how the two sides know each other: a shared token, and certificates if there are any.
type Security struct {
	Token string
	// Certificate, Key and CA are files in PEM form, for TLS in both directions; without them connections are in the clear.
	Certificate, Key, CA string
}

func (s *Security) tls() (*tls.Config, error) {
	if s.Certificate == "" && s.Key == "" && s.CA == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(s.Certificate, s.Key)
	if err != nil {
		return nil, fmt.Errorf("reading the certificate: %w", err)
	}
	pem, err := os.ReadFile(s.CA)
	if err != nil {
		return nil, fmt.Errorf("reading the certificate of the authority: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("there is no certificate in %s", s.CA)
	}
	return &tls.Config{
		Certificates: []tls.Certificate{pair}, RootCAs: pool, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS13,
	}, nil
}

// NewServer returns a server that gives each stream of a worker that may attach to serve.
func NewServer(s Security, serve func(ctx context.Context, stream *Stream) error) (*grpc.Server, error) {
	if s.Token == "" {
		return nil, errors.New("workers cannot attach without a token")
	}
	config, err := s.tls()
	if err != nil {
		return nil, err
	}
	options := []grpc.ServerOption{
		grpc.ForceServerCodec(raw{}), grpc.MaxRecvMsgSize(maxMessage), grpc.MaxSendMsgSize(maxMessage),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: 10 * time.Second, Timeout: 10 * time.Second}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: time.Second, PermitWithoutStream: true}),
	}
	if config != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(config)))
	}
	g := grpc.NewServer(options...)
	g.RegisterService(&grpc.ServiceDesc{ServiceName: service, HandlerType: (*any)(nil), Streams: []grpc.StreamDesc{{
		StreamName: attach, ServerStreams: true, ClientStreams: true,
		Handler: func(_ any, stream grpc.ServerStream) error {
			if !s.allowed(stream.Context()) {
				return status.Error(codes.Unauthenticated, "the token is wrong")
			}
			return serve(stream.Context(), &Stream{stream})
		},
	}}}, nil)
	return g, nil
}

// allowed compares digests of the tokens, so that the time taken says nothing of them.
func (s *Security) allowed(ctx context.Context) bool {
	md, _ := metadata.FromIncomingContext(ctx)
	values := md.Get("authorization")
	if len(values) != 1 {
		return false
	}
	token, ok := strings.CutPrefix(values[0], "Bearer ")
	got, want := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(s.Token))
	return ok && subtle.ConstantTimeCompare(got[:], want[:]) == 1
}

// Client opens streams to a coordinator.
type Client struct {
	conn  *grpc.ClientConn
	token string
}

// NewClient returns a client. It connects when a stream is opened.
func NewClient(address string, s Security) (*Client, error) {
	config, err := s.tls()
	if err != nil {
		return nil, err
	}
	creds := insecure.NewCredentials()
	if config != nil {
		creds = credentials.NewTLS(config)
	}
	conn, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(creds),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(raw{}), grpc.MaxCallRecvMsgSize(maxMessage), grpc.MaxCallSendMsgSize(maxMessage)),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 10 * time.Second, Timeout: 10 * time.Second}))
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", address, err)
	}
	return &Client{conn, s.Token}, nil
}

// Attach opens a stream, which ends with ctx.
func (c *Client) Attach(ctx context.Context) (*Stream, error) {
	c.conn.ResetConnectBackoff()
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+c.token)
	s, err := c.conn.NewStream(ctx, &grpc.StreamDesc{StreamName: attach, ServerStreams: true, ClientStreams: true}, "/"+service+"/"+attach)
	if err != nil {
		return nil, fmt.Errorf("attaching to the coordinator: %w", err)
	}
	return &Stream{s}, nil
}

// Close ends all streams.
func (c *Client) Close() error { return c.conn.Close() }

// Refused reports whether an error is the coordinator's word that the worker may not attach as it is.
func Refused(err error) bool {
	switch status.Code(err) {
	case codes.Unauthenticated, codes.FailedPrecondition:
		return true
	}
	return false
}

// Refusal is an error by which a coordinator turns a worker away.
func Refusal(text string) error { return status.Error(codes.FailedPrecondition, text) }
