// Package local is the exchange that keeps outputs with the worker that wrote them: in memory while they are small, else in files, read by
// the same process directly and by others over HTTP.
package local

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"skep/shuffle"
	"skep/shuffle/fetch"
	"skep/shuffle/reader"
	"skep/shuffle/store"
)

// Options configures an Exchange.
type Options struct {
	Store store.Options
	// Location is the address (http://host:port) at which others read the outputs, by way of Handler, or "" when all readers are in this
	// process.
	Location string
	// Served says that Location is a separate shuffle server, which has the same directories and outlives this process. Outputs are then
	// kept in files only.
	Served bool
	// Token is what readers have to show, here and elsewhere.
	Token  string
	Client fetch.ClientOptions
	// InFlight bounds the bytes that a reader has on the way (48 MB).
	InFlight int64
}

// Exchange implements shuffle.Exchange.
type Exchange struct {
	opts   Options
	store  *store.Store
	client *fetch.Client

	mu      sync.Mutex
	readers map[*tracked]struct{}
	closed  bool
}

var _ shuffle.Exchange = &Exchange{}

// Open returns an exchange on a store of its own.
func Open(o Options) (*Exchange, error) {
	if o.Served {
		o.Store.Memory = 0
	}
	o.Store.Location = o.Location
	o.Store.Encode = o.Store.Encode || o.Location != ""
	s, err := store.Open(o.Store)
	if err != nil {
		return nil, err
	}
	o.Client.Token = o.Token
	return &Exchange{opts: o, store: s, client: fetch.NewClient(o.Client), readers: map[*tracked]struct{}{}}, nil
}

// Handler serves the outputs to other processes; Location is where it is to be mounted, below /shuffle/.
func (e *Exchange) Handler() http.Handler { return &fetch.Handler{Store: e.store, Token: e.opts.Token} }

// Store returns the exchange's store.
func (e *Exchange) Store() *store.Store { return e.store }

// Held lists the outputs of a job that are here, for a worker that reports to a new coordinator.
func (e *Exchange) Held(job string) []*shuffle.Output {
	return e.store.Held(job)
}

// OpenWriter implements shuffle.Exchange.
func (e *Exchange) OpenWriter(ctx context.Context, spec shuffle.WriterSpec) (shuffle.Writer, error) {
	w, err := e.store.NewWriter(ctx, spec)
	if err != nil {
		return nil, err
	}
	return w, nil
}

func (e *Exchange) isLocal(location string) bool { return location == e.opts.Location }

var errClosed = errors.New("the exchange is closed")

// OpenReader implements shuffle.Exchange.
func (e *Exchange) OpenReader(_ context.Context, spec shuffle.ReaderSpec) (shuffle.Reader, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, errClosed
	}
	r, err := reader.Open(spec, reader.Sources{Store: e.store, Local: e.isLocal, Client: e.client, InFlight: e.opts.InFlight})
	if err != nil {
		return nil, err
	}
	t := &tracked{r, e}
	e.readers[t] = struct{}{}
	return t, nil
}

// tracked is a reader that its exchange knows of, so that closing the exchange ends it.
type tracked struct {
	*reader.Reader
	exchange *Exchange
}

func (t *tracked) Close() error {
	t.exchange.mu.Lock()
	delete(t.exchange.readers, t)
	t.exchange.mu.Unlock()
	return t.Reader.Close()
}

// MapSizes implements shuffle.Exchange.
func (e *Exchange) MapSizes(ctx context.Context, m *shuffle.Manifest, partition int) ([]int64, error) {
	out := make([]int64, len(m.Entries))
	remote := map[int32][]int{}
	for i, entry := range m.Entries {
		if entry.Location == shuffle.Nowhere {
			continue
		}
		location := m.Locations[entry.Location]
		if !e.isLocal(location) {
			remote[entry.Location] = append(remote[entry.Location], i)
			continue
		}
		n, err := fetch.Size(e.store, m.Attempt(i), entry.Check, partition)
		if err != nil {
			return nil, fetch.Fault(err, m.Attempt(i), location)
		}
		out[i] = n
	}
	for at, numbers := range remote {
		for len(numbers) > 0 {
			some := numbers[:min(len(numbers), fetch.MaxMaps)]
			numbers = numbers[len(some):]
			if err := e.remoteSizes(ctx, m, m.Locations[at], some, partition, out); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func (e *Exchange) remoteSizes(ctx context.Context, m *shuffle.Manifest, location string, numbers []int, partition int, out []int64) error {
	q := &fetch.SizesRequest{Job: m.Stage.Job, Stage: m.Stage.Stage, Partition: partition}
	for _, i := range numbers {
		q.Maps = append(q.Maps, fetch.MapOf(m.Entries[i]))
	}
	got, err := e.client.Sizes(ctx, location, q)
	if err != nil {
		return err
	}
	for k, i := range numbers {
		if k >= len(got.Bytes) {
			kind := shuffle.ParseFetchKind(got.Kind)
			if kind == 0 {
				kind = shuffle.Corrupt
			}
			return &shuffle.FetchError{Kind: kind, Attempt: m.Attempt(i), Location: location, Partition: partition, Err: errors.New(got.Fault)}
		}
		out[i] = got.Bytes[k]
	}
	return nil
}

// Release implements shuffle.Exchange: it drops what is here. Other workers are to be told by whoever schedules.
func (e *Exchange) Release(ctx context.Context, job string, stages ...int) error {
	err := e.store.Release(job, stages...)
	if e.opts.Served {
		err = errors.Join(err, e.client.Release(ctx, e.opts.Location, &fetch.ReleaseRequest{Job: job, Stages: stages}))
	}
	return err
}

// Capabilities implements shuffle.Exchange.
func (e *Exchange) Capabilities() shuffle.Capabilities {
	return shuffle.Capabilities{SurvivesWorker: e.opts.Served, Merges: e.opts.Store.MergeFiles > 0}
}

// Close implements shuffle.Exchange. It ends all readers and writers.
func (e *Exchange) Close() error {
	e.mu.Lock()
	e.closed = true
	var open []*tracked
	for t := range e.readers {
		open = append(open, t)
	}
	e.mu.Unlock()
	var errs []error
	for _, t := range open {
		errs = append(errs, t.Close())
	}
	errs = append(errs, e.store.Close())
	e.client.Close()
	return errors.Join(errs...)
}
