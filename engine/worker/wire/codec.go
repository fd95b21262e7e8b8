package wire

import (
	"errors"
	"fmt"

	"skep/dialect/plan/codec"
	"skep/dialect/sqlerr"
	"skep/engine/scheduler"
	"skep/engine/stage"
	"skep/engine/worker"
)

// The types of messages, as they are numbered on the wire.
const (
	tRegister = iota + 1
	tHeartbeat
	tReport
	tDraining
	tBlob
	tLaunch
	tCancel
	tAnswer
	tAcknowledge
	tReleaseStage
	tReleaseJob
	tReattach
	tWelcome
	tInputChanged
)

// Encode turns a message into bytes.
func Encode(m Message) ([]byte, error) {
	c := codec.NewWriter()
	kind := func(k int) { c.Int(&k) }
	switch m := m.(type) {
	case *Register:
		kind(tRegister)
		codeRegister(c, m)
	case *Heartbeat:
		kind(tHeartbeat)
		codeHeartbeat(c, m)
	case *Report:
		kind(tReport)
		codeReport(c, m.Report)
	case *Draining:
		kind(tDraining)
	case *Blob:
		kind(tBlob)
		codeBlob(c, m)
	case *Launch:
		kind(tLaunch)
		codeLaunch(c, m)
	case *Cancel:
		kind(tCancel)
		codeAttempt(c, &m.Attempt)
	case *Answer:
		kind(tAnswer)
		codeAttempt(c, &m.Attempt)
		c.Bool(&m.Granted)
	case *Acknowledge:
		kind(tAcknowledge)
		codeAttempt(c, &m.Attempt)
		c.Bool(&m.Keep)
	case *ReleaseStage:
		kind(tReleaseStage)
		codeReleaseStage(c, m)
	case *ReleaseJob:
		kind(tReleaseJob)
		number(c, &m.Job)
	case *Reattach:
		kind(tReattach)
	case *Welcome:
		kind(tWelcome)
	case *InputChanged:
		kind(tInputChanged)
		codeInputChanged(c, m)
	default:
		return nil, fmt.Errorf("encoding a message: it is a %T", m)
	}
	b, err := c.Bytes()
	if err != nil {
		return nil, fmt.Errorf("encoding a %T: %w", m, err)
	}
	return b, nil
}

// Decode reads what Encode returns.
func Decode(b []byte) (Message, error) {
	c := codec.NewReader(b)
	var kind int
	c.Int(&kind)
	var m Message
	switch kind {
	case tRegister:
		x := &Register{}
		codeRegister(c, x)
		m = x
	case tHeartbeat:
		x := &Heartbeat{}
		codeHeartbeat(c, x)
		m = x
	case tReport:
		x := &Report{&worker.Report{}}
		codeReport(c, x.Report)
		m = x
	case tDraining:
		m = &Draining{}
	case tBlob:
		x := &Blob{}
		codeBlob(c, x)
		m = x
	case tLaunch:
		x := &Launch{}
		codeLaunch(c, x)
		m = x
	case tCancel:
		x := &Cancel{}
		codeAttempt(c, &x.Attempt)
		m = x
	case tAnswer:
		x := &Answer{}
		codeAttempt(c, &x.Attempt)
		c.Bool(&x.Granted)
		m = x
	case tAcknowledge:
		x := &Acknowledge{}
		codeAttempt(c, &x.Attempt)
		c.Bool(&x.Keep)
		m = x
	case tReleaseStage:
		x := &ReleaseStage{}
		codeReleaseStage(c, x)
		m = x
	case tReleaseJob:
		x := &ReleaseJob{}
		number(c, &x.Job)
		m = x
	case tReattach:
		m = &Reattach{}
	case tWelcome:
		m = &Welcome{}
	case tInputChanged:
		x := &InputChanged{}
		codeInputChanged(c, x)
		m = x
	default:
		c.Fail(fmt.Errorf("message type %d", kind))
	}
	if err := c.End(); err != nil {
		return nil, fmt.Errorf("decoding a message: %w", err)
	}
	return m, nil
}

// number codes a whole number of any type.
func number[T ~int | ~int32 | ~int64 | ~uint8 | ~uint32 | ~uint64](c *codec.Coder, v *T) {
	x := uint64(*v)
	c.Uint(&x)
	if uint64(T(x)) != x {
		c.Fail(fmt.Errorf("number %d in a message", x))
	}
	if c.Reading() {
		*v = T(x)
	}
}

func hash(c *codec.Coder, h *Hash) { c.String((*string)(h)) }

func codeAttempt(c *codec.Coder, a *scheduler.AttemptID) {
	number(c, &a.Job)
	number(c, &a.Stage)
	number(c, &a.Epoch)
	number(c, &a.Task)
	number(c, &a.Attempt)
}

func codeRegister(c *codec.Coder, m *Register) {
	c.String(&m.Name)
	number(c, &m.Incarnation)
	c.Int(&m.Slots)
	c.Int64(&m.Memory)
	c.String(&m.Exchange)
	codec.List(c, &m.Held, func(r **worker.Report) {
		if c.Reading() {
			*r = &worker.Report{}
		}
		codeReport(c, *r)
	})
	codec.List(c, &m.Running, func(a *scheduler.AttemptID) { codeAttempt(c, a) })
	codec.List(c, &m.Waiting, func(a *scheduler.AttemptID) { codeAttempt(c, a) })
	if m.Name == "" || m.Slots < 1 || m.Memory < 0 {
		c.Fail(fmt.Errorf("a worker %q of %d slots and %d bytes", m.Name, m.Slots, m.Memory))
	}
}

func codeHeartbeat(c *codec.Coder, m *Heartbeat) {
	codec.List(c, &m.Progress, func(p *scheduler.Progress) {
		codeAttempt(c, &p.Attempt)
		c.Int64(&p.Bytes)
		c.Int64(&p.Rows)
		c.Int64(&p.Work)
	})
	for _, n := range m.Stats.Fields() {
		c.Int64(n)
	}
}

func codeOutput(c *codec.Coder, o *scheduler.Output) {
	c.Int64(&o.Bytes)
	c.Int64(&o.Rows)
	c.Blob(&o.Sizes)
	number(c, &o.Digest.Sum)
	number(c, &o.Digest.Xor)
}

func codeReport(c *codec.Coder, r *worker.Report) {
	number(c, &r.Kind)
	if r.Kind > worker.Missing {
		c.Fail(fmt.Errorf("a report of kind %d", r.Kind))
	}
	codeAttempt(c, &r.Attempt)
	codeOutput(c, &r.Output)
	c.Int64(&r.Rows)
	c.Blob(&r.Manifest)
	if some(c, r.Place != nil) {
		if c.Reading() {
			r.Place = &worker.Place{}
		}
		r.Place.Code(c)
	}
	codeWork(c, r)
	number(c, &r.Class)
	c.String(&r.Message)
	if some(c, r.Fetch != nil) {
		if c.Reading() {
			r.Fetch = &scheduler.FetchFail{Worker: scheduler.NoWorker}
		}
		codeAttempt(c, &r.Fetch.Producer)
		number(c, &r.Fetch.Kind)
	} else if r.Kind == worker.Missing {
		c.Fail(errors.New("a report of a missing output that names none"))
	}
	if r.Kind == worker.Failed {
		codeError(c, r)
	}
}

// codeWork codes what a task did.
func codeWork(c *codec.Coder, r *worker.Report) {
	if !some(c, r.Work != nil) {
		return
	}
	var b []byte
	if !c.Reading() {
		var err error
		if b, err = stage.EncodeReport(r.Work); err != nil {
			c.Fail(err)
		}
	}
	c.Blob(&b)
	if c.Reading() && c.Err() == nil {
		var err error
		if r.Work, err = stage.DecodeReport(b); err != nil {
			c.Fail(err)
		}
	}
}

// codeError codes what of an error users are to see: Hive's error where there is one, else the message alone.
func codeError(c *codec.Coder, r *worker.Report) {
	e, _ := sqlerr.As(r.Err)
	if !some(c, e != nil) {
		if c.Reading() {
			r.Err = errors.New(r.Message)
		}
		return
	}
	x := sqlerr.Error{}
	if e != nil {
		x = *e
	}
	code := int64(x.Code)
	c.Int64(&code)
	x.Code = sqlerr.Code(code)
	c.String(&x.SQLState)
	c.String(&x.Kind)
	c.Int(&x.Line)
	c.Int(&x.Col)
	c.String(&x.Token)
	c.String(&x.Msg)
	if c.Reading() {
		r.Err = &x
	}
}

// some codes whether there is something.
func some(c *codec.Coder, is bool) bool {
	c.Bool(&is)
	return is && c.Err() == nil
}

func codeBlob(c *codec.Coder, m *Blob) {
	number(c, &m.Job)
	hash(c, &m.Hash)
	c.Blob(&m.Bytes)
}

func codeLaunch(c *codec.Coder, m *Launch) {
	codeAttempt(c, &m.Attempt)
	c.String(&m.Job)
	hash(c, &m.Session)
	hash(c, &m.Fragment)
	hash(c, &m.Sink)
	c.Blob(&m.Task)
	codeInputs(c, &m.Manifests)
	c.Bool(&m.Commit)
	c.Bool(&m.Twice)
	c.Bool(&m.Verify)
	c.Int64(&m.Memory)
}

func codeInputs(c *codec.Coder, list *[]Input) {
	codec.List(c, list, func(i *Input) {
		c.Int(&i.Exchange)
		hash(c, &i.Manifest)
	})
}

func codeInputChanged(c *codec.Coder, m *InputChanged) {
	codeAttempt(c, &m.Attempt)
	codeInputs(c, &m.Manifests)
}

func codeReleaseStage(c *codec.Coder, m *ReleaseStage) {
	number(c, &m.Job)
	number(c, &m.Stage)
	number(c, &m.Epoch)
}
