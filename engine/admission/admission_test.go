package admission

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// admitAll lets in whoever may run and names them by what submit called them.
func admitAll(x *Core, names map[ID]string) string {
	var out []string
	for {
		id, ok := x.Next()
		if !ok {
			return strings.Join(out, " ")
		}
		out = append(out, names[id])
	}
}

// TestScripts plays lists of steps: "+name pool user [short] [mb]" submits, "-name" takes out, "!name" is refused as +name is
// submitted; after => come those admitted.
func TestScripts(t *testing.T) {
	for _, c := range []struct {
		name   string
		config Config
		steps  string
	}{
		{"no limit", Config{}, `+a - u => a; +b x u => b; +c - v => c`},
		{"order of arrival", Config{Pools: []Pool{{Name: "p", MaxRunning: 1}}}, `+a p u => a; +b p v =>; +c p u =>; -a => b; -b => c`},
		{"a waiting one leaves", Config{Pools: []Pool{{Name: "p", MaxRunning: 1}}}, `+a p u => a; +b p u =>; +c p u =>; -b =>; -a => c`},
		{"unknown pools are the default", Config{Pools: []Pool{{Name: "default", MaxRunning: 1}}}, `+a x u => a; +b y u =>; -a => b`},
		{"queue limit", Config{Pools: []Pool{{Name: "p", MaxRunning: 1, MaxQueued: 1}}}, `+a p u => a; +b p u =>; !c p u =>; -a => b; +d p u =>; !e p u =>`},
		{"no queue", Config{MaxRunning: 1, Pools: []Pool{{Name: "p", MaxQueued: 1}, {Name: "q"}}}, `+a q u => a; +b p u =>; !c p u =>`},
		{"per user", Config{Pools: []Pool{{Name: "p", PerUser: 1}}}, `+a p u => a; +b p u =>; +c p v => c; +d p u =>; -a => b; -b => d`},
		{"short lane", Config{MaxRunning: 1, ShortLane: 1}, `+a - u => a; +b - u =>; +s - u short => s; +t - u short =>; -s => t; -a => b`},
		{"short ones run in the normal lane first", Config{MaxRunning: 1, ShortLane: 1}, `+s - u short => s; +t - u short => t; +a - u =>; -t =>; -s => a`},
		{"memory", Config{Memory: 100 << 20}, `+a - u 60 => a; +b - u 60 =>; +c - u 10 =>; -a => b c`},
		{"a pool's memory", Config{Pools: []Pool{{Name: "p", Memory: 50 << 20}}}, `+a p u 40 => a; +b p u 40 =>; +c - u 40 => c; !d p u 60 =>; -a => b`},
		{"other pools pass one that lacks memory", Config{Memory: 100 << 20, Pools: []Pool{{Name: "p"}, {Name: "q"}}},
			`+a p u 60 => a; +b p u 60 =>; +c q u 10 => c`},
	} {
		t.Run(c.name, func(t *testing.T) {
			x, names, ids := NewCore(c.config), map[ID]string{}, map[string]ID{}
			for step := range strings.SplitSeq(c.steps, ";") {
				do, want, _ := strings.Cut(step, "=>")
				f := strings.Fields(do)
				name := f[0][1:]
				if f[0][0] == '-' {
					x.Leave(ids[name])
				} else {
					r := Request{Pool: f[1], User: f[2]}
					for _, o := range f[3:] {
						if o == "short" {
							r.Short = true
							continue
						}
						var mb int64
						if _, err := fmt.Sscan(o, &mb); err != nil {
							t.Fatal(err)
						}
						r.Memory = mb << 20
					}
					id, err := x.Submit(r)
					if refused := err != nil; refused != (f[0][0] == '!') {
						t.Fatalf("%s: %v", step, err)
					}
					ids[name], names[id] = id, name
				}
				if got := admitAll(x, names); got != strings.TrimSpace(want) {
					t.Fatalf("%s: admitted %q", step, got)
				}
			}
		})
	}
}

// TestFairness lets pools that always have statements waiting run them in virtual time, and counts.
func TestFairness(t *testing.T) {
	for _, c := range []struct {
		slots    int
		weights  []int
		duration []int // of the statements of each pool
	}{
		{1, []int{1, 1}, []int{1, 1}},
		{1, []int{3, 1}, []int{1, 1}},
		{4, []int{3, 1}, []int{5, 5}},
		{8, []int{1, 1}, []int{1, 9}},
		{12, []int{3, 2, 1}, []int{7, 3, 5}},
	} {
		t.Run(fmt.Sprint(c.slots, c.weights, c.duration), func(t *testing.T) {
			config := Config{MaxRunning: c.slots}
			for i, w := range c.weights {
				config.Pools = append(config.Pools, Pool{Name: fmt.Sprint("p", i), Weight: w})
			}
			x := NewCore(config)
			pools, ends := map[ID]int{}, map[int][]ID{}
			submit := func(p int) {
				id, err := x.Submit(Request{Pool: fmt.Sprint("p", p)})
				if err != nil {
					t.Fatal(err)
				}
				pools[id] = p
			}
			for p := range c.weights {
				for range 3 * c.slots {
					submit(p)
				}
			}
			const length = 3000
			used := make([]int, len(c.weights)) // slots times time
			for now := range length {
				for _, id := range ends[now] {
					x.Leave(id)
				}
				for {
					id, ok := x.Next()
					if !ok {
						break
					}
					p := pools[id]
					used[p] += c.duration[p]
					ends[now+c.duration[p]] = append(ends[now+c.duration[p]], id)
					submit(p)
				}
			}
			total, weights := 0, 0
			for p, w := range c.weights {
				total += used[p]
				weights += w
			}
			for p, w := range c.weights {
				want := total * w / weights
				if used[p] < want*93/100 || used[p] > want*107/100 {
					t.Errorf("pool %d used %d of %d, its share is %d", p, used[p], total, want)
				}
			}
		})
	}
}

// TestIdlePoolsSaveNothing: who was away gets no more than the share when it comes back.
func TestIdlePoolsSaveNothing(t *testing.T) {
	x := NewCore(Config{MaxRunning: 1, Pools: []Pool{{Name: "a"}, {Name: "b"}}})
	pools := map[ID]string{}
	submit := func(pool string) {
		id, _ := x.Submit(Request{Pool: pool})
		pools[id] = pool
	}
	var order strings.Builder
	serve := func(n int) {
		for range n {
			id, ok := x.Next()
			if !ok {
				t.Fatal("nothing is admitted")
			}
			order.WriteString(pools[id])
			x.Leave(id)
		}
	}
	for range 50 {
		submit("a")
	}
	serve(20)
	for range 10 {
		submit("b")
	}
	order.Reset()
	serve(10)
	if n := strings.Count(order.String(), "b"); n < 4 || n > 6 {
		t.Errorf("after an idle time: %s", order.String())
	}
}

// TestLargeOnesAreNotStarved: small statements pass one that waits for memory, but not for ever.
func TestLargeOnesAreNotStarved(t *testing.T) {
	x := NewCore(Config{Memory: 100, Pools: []Pool{{Name: "large"}, {Name: "small"}}})
	var running []ID
	submit := func(pool string, memory int64) ID {
		id, err := x.Submit(Request{Pool: pool, Memory: memory})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	for range 5 {
		submit("small", 20)
	}
	for id, ok := x.Next(); ok; id, ok = x.Next() {
		running = append(running, id)
	}
	large := submit("large", 80)
	for n := 0; ; n++ {
		if n > 10*patience {
			t.Fatal("the large statement waits for ever")
		}
		submit("small", 20)
		x.Leave(running[0])
		running = running[1:]
		for id, ok := x.Next(); ok; id, ok = x.Next() {
			if id == large {
				return
			}
			running = append(running, id)
		}
	}
}

// TestRandom checks after every step that limits hold and that nobody waits who could run.
func TestRandom(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		c := Config{MaxRunning: r.IntN(6), Memory: int64(r.IntN(3) * 100), ShortLane: r.IntN(3)}
		for i := range 1 + r.IntN(4) {
			c.Pools = append(c.Pools, Pool{
				Name: fmt.Sprint(i), Weight: r.IntN(4), MaxRunning: r.IntN(4), MaxQueued: r.IntN(6), PerUser: r.IntN(3), Memory: int64(r.IntN(3) * 60),
			})
		}
		x := NewCore(c)
		var open []ID
		for range 300 {
			if r.IntN(2) == 0 || len(open) == 0 {
				id, err := x.Submit(Request{Pool: fmt.Sprint(r.IntN(6)), User: fmt.Sprint(r.IntN(3)), Short: r.IntN(3) == 0, Memory: int64(r.IntN(50))})
				if err == nil {
					open = append(open, id)
				}
			} else {
				k := r.IntN(len(open))
				x.Leave(open[k])
				open = append(open[:k], open[k+1:]...)
			}
			for _, ok := x.Next(); ok; _, ok = x.Next() {
			}
			normal, short, memory := 0, 0, int64(0)
			for _, s := range x.byID {
				if s.admitted && s.lane {
					short++
				} else if s.admitted {
					normal++
				}
				if s.admitted {
					memory += s.request.Memory
				}
			}
			if c.MaxRunning > 0 && normal > c.MaxRunning || short > c.ShortLane || c.Memory > 0 && memory > c.Memory || normal != x.running || memory != x.memory {
				t.Fatalf("seed %d: %d run, %d in the short lane, %d bytes", seed, normal, short, memory)
			}
			for _, p := range x.pools {
				if p.MaxRunning > 0 && p.running > p.MaxRunning || p.Memory > 0 && p.memory > p.Memory || p.MaxQueued > 0 && len(p.queue) > p.MaxQueued {
					t.Fatalf("seed %d: pool %+v", seed, p)
				}
				for u, n := range p.users {
					if p.PerUser > 0 && n > p.PerUser {
						t.Fatalf("seed %d: user %s runs %d", seed, u, n)
					}
				}
			}
		}
		for _, id := range open {
			x.Leave(id)
			for _, ok := x.Next(); ok; _, ok = x.Next() {
			}
		}
		for _, p := range x.Pools() {
			if p.Running != 0 || p.Queued != 0 || p.Granted != 0 {
				t.Fatalf("seed %d: left over: %+v", seed, p)
			}
		}
	}
}

func TestController(t *testing.T) {
	c := NewController(Config{Pools: []Pool{{Name: "p", MaxRunning: 1, MaxQueued: 2}}})
	first, err := c.Submit(Request{Pool: "p"})
	if err != nil || first.Wait(t.Context()) != nil || !first.Admitted() {
		t.Fatal("the first one waits")
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	second, _ := c.Submit(Request{Pool: "p"})
	third, _ := c.Submit(Request{Pool: "p"})
	if p := third.Place(); p != (Place{"p", 2, 2}) {
		t.Errorf("the third one's place is %+v", p)
	}
	var full *FullError
	if _, err := c.Submit(Request{Pool: "p"}); !errors.As(err, &full) {
		t.Errorf("a full queue: %v", err)
	}
	reason := errors.New("cancelled")
	ended := make(chan error)
	go func() { ended <- second.Wait(ctx) }()
	cancel(reason)
	if err := <-ended; err != reason {
		t.Errorf("a cancelled one: %v", err)
	}
	second.Leave()
	if p := third.Place(); p.Position != 1 {
		t.Errorf("the third one's place is %+v", p)
	}
	go func() { ended <- third.Wait(t.Context()) }()
	first.Leave()
	first.Leave()
	if err := <-ended; err != nil || third.Place().Position != 0 {
		t.Errorf("the third one: %v, %+v", err, third.Place())
	}
	third.Leave()
}
