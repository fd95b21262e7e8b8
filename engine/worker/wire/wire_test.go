package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"testing"
	"time"

	"google.golang.org/grpc"

	"skep/dialect/sqlerr"
	"skep/engine/scheduler"
	"skep/engine/worker"
)

var (
	attempt = scheduler.AttemptID{Job: 1 << 40, Stage: 3, Epoch: 2, Task: 19999, Attempt: 2<<16 | 1}
	output  = scheduler.Output{Bytes: 1 << 33, Rows: 7, Sizes: []byte{0, 1, 255}, Digest: scheduler.Digest{Sum: 1<<64 - 1, Xor: 5}}
)

// messages has each type of message, with values that differ from the zero value.
var messages = []Message{
	&Register{
		Name: "w1", Incarnation: 1 << 62, Slots: 2, Memory: 1 << 31, Exchange: "local",
		Held:    []*worker.Report{{Kind: worker.Finished, Attempt: attempt, Output: output, Place: &worker.Place{Location: "http://h:1", Check: 1<<32 - 1, Partitions: 3}}},
		Running: []scheduler.AttemptID{attempt, {}}, Waiting: []scheduler.AttemptID{attempt},
	},
	&Heartbeat{Progress: []scheduler.Progress{{Attempt: attempt, Bytes: 1, Rows: 2, Work: 3}}, Stats: worker.Stats{Attempts: 1, Memory: 1 << 40, Refetches: 9}},
	&Report{&worker.Report{Kind: worker.CommitRequested, Attempt: attempt, Output: output, Manifest: []byte("files")}},
	&Report{&worker.Report{
		Kind: worker.Failed, Attempt: attempt, Class: scheduler.FetchFailed, Message: "lost",
		Fetch: &scheduler.FetchFail{Producer: attempt, Worker: scheduler.NoWorker, Kind: scheduler.Corrupt}, Err: errors.New("lost"),
	}},
	&Report{&worker.Report{
		Kind: worker.Missing, Attempt: attempt, Fetch: &scheduler.FetchFail{Producer: attempt, Worker: scheduler.NoWorker, Kind: scheduler.Missing},
	}},
	&Report{&worker.Report{Kind: worker.Failed, Attempt: attempt, Message: "m", Err: sqlerr.New(sqlerr.InvalidTable, "t")}},
	&Draining{},
	&Blob{Job: 4, Hash: "\x00\xff", Bytes: []byte{0, 1, 2}},
	&Launch{
		Attempt: attempt, Job: "j4-q", Session: "s", Fragment: "f", Sink: "k", Task: []byte("task"), Manifests: []Input{{Exchange: 1, Manifest: "m"}},
		Commit: true, Twice: true, Verify: true, Memory: 1 << 20,
	},
	&InputChanged{Attempt: attempt, Manifests: []Input{{Exchange: 1, Manifest: "m"}, {Exchange: 3, Manifest: "n"}}},
	&Cancel{Attempt: attempt},
	&Answer{Attempt: attempt, Granted: true},
	&Acknowledge{Attempt: attempt, Keep: true},
	&ReleaseStage{Job: 4, Stage: 1, Epoch: 9},
	&ReleaseJob{Job: 4},
	&Reattach{},
	&Welcome{},
}

func TestMessagesAreReadAsWritten(t *testing.T) {
	for _, m := range messages {
		b, err := Encode(m)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(b)
		if err != nil {
			t.Fatalf("%T: %v", m, err)
		}
		if !reflect.DeepEqual(m, got) {
			t.Errorf("wrote %+v, read %+v", m, got)
		}
		for i := range b {
			if got, err := Decode(b[:i]); err == nil {
				t.Fatalf("%d of %d bytes of a %T were read as %+v", i, len(b), m, got)
			}
		}
	}
}

func TestErrorsOfHiveStayThat(t *testing.T) {
	want := sqlerr.Execution(2, sqlerr.TezTask, "cannot cast")
	b, err := Encode(&Report{&worker.Report{Kind: worker.Failed, Err: fmt.Errorf("task 1: %w", want), Message: "m"}})
	if err != nil {
		t.Fatal(err)
	}
	m, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	got, ok := sqlerr.As(m.(*Report).Err)
	if !ok || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v became %+v", want, got)
	}
}

func FuzzDecode(f *testing.F) {
	for _, m := range messages {
		b, err := Encode(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Decode(b)
		if err != nil {
			return
		}
		if _, err := Encode(m); err != nil {
			t.Errorf("%+v was read and cannot be written: %v", m, err)
		}
	})
}

// serve starts a server that echoes messages.
func serve(t *testing.T, s Security) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g, err := NewServer(s, func(_ context.Context, stream *Stream) error {
		for {
			m, err := stream.Receive()
			if err != nil {
				return nil
			}
			if err := stream.Send(m); err != nil {
				return err
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- g.Serve(l) }()
	t.Cleanup(func() {
		g.Stop()
		if err := <-done; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func echo(t *testing.T, address string, s Security, m Message) (Message, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	c, err := NewClient(address, s)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	stream, err := c.Attach(ctx)
	if err != nil {
		return nil, err
	}
	// What is sent on a stream that was refused ends with io.EOF; why it was refused comes with what is received.
	if err := stream.Send(m); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return stream.Receive()
}

func TestStreamsCarryLargeMessages(t *testing.T) {
	at := serve(t, Security{Token: "secret"})
	m := &Blob{Job: 1, Hash: "h", Bytes: make([]byte, 20<<20)}
	got, err := echo(t, at, Security{Token: "secret"}, m)
	if err != nil || !reflect.DeepEqual(got, Message(m)) {
		t.Errorf("a message of %d bytes did not come back: %v", len(m.Bytes), err)
	}
}

func TestWrongTokensAreRefused(t *testing.T) {
	at := serve(t, Security{Token: "secret"})
	for _, token := range []string{"", "secre", "secret2"} {
		if _, err := echo(t, at, Security{Token: token}, &Welcome{}); !Refused(err) {
			t.Errorf("token %q: %v", token, err)
		}
	}
	if _, err := NewServer(Security{}, nil); err == nil {
		t.Error("a server without a token was started")
	}
}
