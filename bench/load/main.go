//go:build unix

// Load measures profilegraph over HTTP beside its peers, in one run on one machine.
//
// It starts every server itself, as a child process that is confined to one processor, fills
// profilegraph with profiles, and gives the peers the same data: floor a copy of the store, Mercurius
// the profiles as the API shows them. Then clients send requests over keep-alive connections, each its
// next one when the last is answered. Rounds are short and interleaved: in every round every peer has
// its turn, and what is printed is the median of the rounds, of ratios the median of each round's
// ratio. Processor time is that of the server's process alone, as Linux counts it.
//
// Run it through bench/run, which builds what it needs.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/profilegraph/profilegraph/bench"
)

type options struct {
	server, floor, mercurius string
	subgraph                 string
	mongodb                  string
	processor                int
	profiles, clients        int
	rounds, publishes        int
	turn                     time.Duration
	only                     string
}

func main() {
	var o options
	flag.StringVar(&o.server, "server", "", "the profilegraph `binary`")
	flag.StringVar(&o.floor, "floor", "", "the floor `binary`")
	flag.StringVar(&o.mercurius, "mercurius", "", "`folder` of Mercurius's server.mjs with its packages installed; without it, no Mercurius")
	flag.StringVar(&o.subgraph, "subgraph", "", "`folder` of the peers' subgraph with its packages installed; without it, none of them on MongoDB")
	flag.StringVar(&o.mongodb, "mongodb", "", "connection `string` of a MongoDB-compatible server to measure as well, in a database that is removed again")
	flag.IntVar(&o.processor, "processor", 0, "`number` of the processor that the servers run on")
	flag.IntVar(&o.profiles, "profiles", 1_000, "how many profiles are stored before it begins")
	flag.IntVar(&o.clients, "clients", 16, "connections")
	flag.IntVar(&o.rounds, "rounds", 5, "rounds")
	flag.IntVar(&o.publishes, "publishes", 20, "schemas that are published")
	flag.StringVar(&o.only, "only", "", "beginning of the `name` of the scenarios that are run")
	flag.DurationVar(&o.turn, "turn", time.Second, "how long a peer's turn in a round takes")
	flag.Parse()
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	if err := measure(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func measure(ctx context.Context, o options, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "profilegraph-bench-")
	if err != nil {
		return err
	}
	closing := []func() error{func() error { return os.RemoveAll(dir) }}
	defer func() {
		for _, f := range slices.Backward(closing) {
			err = errors.Join(err, f())
		}
	}()
	b := &run{options: o, dir: dir}

	embedded, err := b.profilegraph("profilegraph", "")
	if err != nil {
		return err
	}
	closing = append(closing, func() error { return embedded.Stop() }) // the server that is running then
	shown, err := b.fill(embedded)
	if err != nil {
		return err
	}
	floor, err := b.startFloor(embedded, shown)
	if err != nil {
		return err
	}
	closing = append(closing, floor.Stop)
	readers, queried, writers := []*peer{embedded, floor}, []*peer{embedded}, []*peer{embedded}
	if o.mercurius != "" {
		mercurius, err := b.startMercurius(embedded, shown)
		if err != nil {
			return err
		}
		closing = append(closing, mercurius.Stop)
		readers, queried = append(readers, mercurius), append(queried, mercurius)
	}
	told := &peer{Server: floor.Server, name: "bare net/http, told the id", path: "/", profiles: floor.profiles}
	recorded := &peer{Server: floor.Server, name: floor.name, path: "/recorded?", profiles: floor.profiles}
	federated := []comparison{{entitiesByID.name, b.each(entitiesByID, []*peer{embedded, floor})}, {entitiesByKey.name, b.each(entitiesByKey, []*peer{embedded})}}
	if o.mongodb != "" {
		uri, drop, err := bench.Database(o.mongodb)
		if err != nil {
			return err
		}
		closing = append(closing, drop)
		mongodb, err := b.profilegraph("profilegraph on MongoDB", uri)
		if err != nil {
			return err
		}
		closing = append(closing, mongodb.Stop)
		shown, err := b.fill(mongodb)
		if err != nil {
			return err
		}
		others, err := b.subgraphs(ctx, mongodb, uri, shown)
		for _, p := range others {
			closing = append(closing, p.Stop)
		}
		if err != nil {
			return err
		}
		if err := b.agree(append([]*peer{mongodb}, others[bareReads:]...), entitiesByID, entitiesByKey); err != nil {
			return err
		}
		federated = append(federated, comparison{entitiesByID.name + ", MongoDB", b.each(entitiesByID, append([]*peer{mongodb}, others...))},
			comparison{entitiesByKey.name + ", MongoDB", b.each(entitiesByKey, append([]*peer{mongodb}, others...))})
		readers, queried, writers = append(readers, mongodb), append(queried, mongodb), append(writers, mongodb)
	}
	if err := b.agree(queried, byID, byKey, list); err != nil {
		return err
	}

	fmt.Fprintf(out, "%d profiles, %d clients, medians of %d rounds of %v\n\n", o.profiles, o.clients, o.rounds, o.turn)
	if o.only == "" {
		for _, p := range writers {
			if err := b.publish(ctx, out, p); err != nil {
				return err
			}
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintln(out, "| | | requests/s | CPU us per request | CPU in use | first line, by requests/s | by CPU |\n| --- | --- | ---: | ---: | ---: | ---: | ---: |")
	for _, m := range append([]comparison{
		{"by id", b.each(byID, slices.Insert(readers, 2, told))},
		{"by key", b.each(byKey, queried)},
		{"list of 50", b.each(list, queried)},
		{"create", b.each(create, writers)},
		{"update", b.each(update, writers)},
		{"sealed", []contender{{"five of eight fields sealed", embedded, byID, b.clients}, {"nothing sealed, nothing masked", embedded, unsealed, b.clients}}},
		{"unmask", []contender{{fmt.Sprintf("%d clients", b.clients), embedded, unmask, b.clients}}},
		{"unmask, 1 client", []contender{{"profilegraph", embedded, unmask, 1}, {"bare net/http with a synced write", recorded, unmask, 1}}},
	}, federated...) {
		if !strings.HasPrefix(m.name, o.only) {
			continue
		}
		if err := b.compare(ctx, out, m.name, m.contenders); err != nil {
			return err
		}
	}
	return b.audited(ctx, out, embedded)
}

// comparison is of contenders with the first of them.
type comparison struct {
	name       string
	contenders []contender
}

// contender is what takes its turn in a comparison.
type contender struct {
	name    string
	peer    *peer
	of      scenario
	clients int
}

// each lets every peer contend in the same scenario.
func (b *run) each(of scenario, peers []*peer) []contender {
	list := make([]contender, len(peers))
	for i, p := range peers {
		list[i] = contender{p.name, p, of, b.clients}
	}
	return list
}

// audited compares the disclosures on the record with those that were answered. It kills the server
// first: an answer must be on the record before it is given.
func (b *run) audited(ctx context.Context, out io.Writer, p *peer) error {
	answered := b.unmasked.Load()
	if answered == 0 {
		return nil
	}
	var err error
	if err = p.Kill(); err != nil {
		return err
	}
	if p.Server, err = bench.StartProfilegraph(b.processor, b.server, b.folder(p.name), ""); err != nil {
		return err
	}
	record, err := p.Send(ctx, "GET", "/audit/export", nil)
	if err != nil {
		return err
	}
	entries := int64(bytes.Count(record, []byte("GetProfileUnmasked")))
	if entries != answered {
		return fmt.Errorf("%d disclosures were answered, %d are on the record", answered, entries)
	}
	_, err = fmt.Fprintf(out, "\n%d disclosures were answered; after kill -9 all of them are on the record, and no other.\n", answered)
	return err
}

// run is one run of the program.
type run struct {
	options
	dir    string
	serial atomic.Int64 // numbers the requests

	unmasked atomic.Int64 // answers that disclosed something
}

func (b *run) folder(name string) string {
	return filepath.Join(b.dir, strings.ReplaceAll(name, " ", "-"))
}

// profilegraph starts the server on a new store.
func (b *run) profilegraph(name, mongodb string) (*peer, error) {
	s, err := bench.StartProfilegraph(b.processor, b.server, b.folder(name), mongodb)
	if err != nil {
		return nil, err
	}
	return &peer{Server: s, name: name, crowded: mongodb != ""}, nil
}

// fill creates the profiles, and returns them as the API shows them.
func (b *run) fill(p *peer) ([]json.RawMessage, error) {
	p.profiles = make([]person, b.profiles)
	var next atomic.Int64
	err := parallel(p, b.clients, func(c *client) error {
		var scratch []byte
		for {
			n := int(next.Add(1)) - 1
			if n >= b.profiles {
				return nil
			}
			answer, body, err := create.request(c, p, scratch, n)
			if err != nil {
				return err
			}
			scratch = body
			var created struct {
				Data struct{ CreateProfile person }
			}
			if err := json.Unmarshal(answer, &created); err != nil {
				return err
			}
			p.profiles[n] = person{ID: created.Data.CreateProfile.ID, Email: fmt.Sprintf("shopper.%08d@shop.example", n)}
		}
	})
	if err != nil {
		return nil, err
	}
	b.serial.Store(int64(b.profiles))

	c, err := dial(p)
	if err != nil {
		return nil, err
	}
	defer c.close()
	if err := b.fillUnsealed(p, c); err != nil {
		return nil, err
	}
	// In the order of the list, so that a peer that holds them so gives the same answers.
	slices.SortFunc(p.profiles, func(x, y person) int { return strings.Compare(x.ID, y.ID) })
	shown := make([]json.RawMessage, len(p.profiles))
	for i, one := range p.profiles {
		answer, err := c.do("POST", "/graphql", p.Token, fmt.Appendf(nil, `{"query":"{ profile(id: \"%s\") { %s } }"}`, one.ID, eightFields))
		if err != nil {
			return nil, err
		}
		var got struct {
			Data struct{ Profile json.RawMessage }
		}
		if err := json.Unmarshal(answer, &got); err != nil {
			return nil, err
		}
		shown[i] = got.Data.Profile
	}
	return shown, nil
}

// fillUnsealed creates documents of the same values in an entity without a sensitive field.
func (b *run) fillUnsealed(p *peer, c *client) error {
	if _, err := p.Send(context.Background(), "PUT", "/schemas/Customer", bench.Unsealed()); err != nil {
		return err
	}
	for i := range p.profiles {
		answer, err := c.do("POST", "/graphql", p.Token, fmt.Appendf(nil, `{"query":"mutation { createCustomer(input: {`+
			`email: \"shopper.%08d@shop.example\", firstName: \"Maria\", lastName: \"Fernandez\", document: \"%011d\", documentType: \"cpf\", `+
			`cellPhone: \"+5511%09d\", birthdate: \"1985-06-17\", gender: \"female\", priceTable: \"gold\"}) { id } }"}`, i, i, i))
		if err != nil {
			return err
		}
		var created struct {
			Data struct{ CreateCustomer person }
		}
		if err := json.Unmarshal(answer, &created); err != nil {
			return err
		}
		if p.profiles[i].Customer = created.Data.CreateCustomer.ID; p.profiles[i].Customer == "" {
			return fmt.Errorf("%s: no document without a sensitive field: %.500s", p.name, answer)
		}
	}
	return nil
}

// startFloor starts floor on a copy of the server's store; the server is restarted meanwhile, since it
// alone may have its store open.
func (b *run) startFloor(server *peer, shown []json.RawMessage) (*peer, error) {
	folder := b.folder(server.name)
	if err := server.Stop(); err != nil {
		return nil, err
	}
	store, err := os.ReadFile(filepath.Join(folder, "profilegraph.db"))
	if err != nil {
		return nil, err
	}
	if server.Server, err = bench.StartProfilegraph(b.processor, b.server, folder, ""); err != nil {
		return nil, err
	}
	copied, answer := filepath.Join(b.dir, "floor.db"), filepath.Join(b.dir, "answer.json")
	err = errors.Join(os.WriteFile(copied, store, 0o600),
		os.WriteFile(answer, fmt.Appendf(nil, `{"data":{"profile":%s}}`, shown[0]), 0o600))
	if err != nil {
		return nil, err
	}
	entities, err := b.entitiesAnswer(shown)
	if err != nil {
		return nil, err
	}
	s, err := bench.Start(b.processor, nil, b.floor, copied, answer, entities)
	if err != nil {
		return nil, err
	}
	s.Token = server.Token
	return &peer{Server: s, name: "bare net/http", profiles: server.profiles}, nil
}

func (b *run) startMercurius(server *peer, shown []json.RawMessage) (*peer, error) {
	type known struct {
		Email string          `json:"email"`
		Node  json.RawMessage `json:"node"`
	}
	all := make([]known, len(shown))
	for i := range shown {
		all[i] = known{server.profiles[i].Email, shown[i]}
	}
	text, err := json.Marshal(all)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(b.dir, "profiles.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return nil, err
	}
	s, err := bench.Start(b.processor, []string{"NODE_ENV=production"}, "node", filepath.Join(b.mercurius, "server.mjs"), file)
	if err != nil {
		return nil, err
	}
	s.Token = server.Token
	return &peer{Server: s, name: "Mercurius + JIT", profiles: server.profiles}, nil
}

// agree makes sure that peers that hold the same profiles give the same answers to the same reads.
func (b *run) agree(peers []*peer, reads ...scenario) error {
	for _, s := range reads {
		var first any
		for _, p := range peers {
			var got any
			answer, err := p.Send(context.Background(), "POST", "/graphql", s.body(nil, p, 42))
			if err == nil {
				err = json.Unmarshal(answer, &got)
			}
			if err != nil {
				return fmt.Errorf("%s, %s: %w", p.name, s.name, err)
			}
			if first == nil {
				first = got
			} else if p.profiles[0] == peers[0].profiles[0] && !reflect.DeepEqual(got, first) {
				return fmt.Errorf("%s: %s answers otherwise than %s", s.name, p.name, peers[0].name)
			}
		}
	}
	return nil
}

// parallel runs f once for each client.
func parallel(p *peer, clients int, f func(*client) error) error {
	errs := make([]error, clients)
	var wait sync.WaitGroup
	for i := range errs {
		wait.Go(func() {
			c, err := dial(p)
			if err != nil {
				errs[i] = err
				return
			}
			errs[i] = errors.Join(f(c), c.close())
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

// figures are what a turn measures, or a median of several.
type figures struct {
	rate float64 // requests per second
	cpu  float64 // microseconds of processor time per request
	busy float64 // processors in use
}

// turnOf lets the clients of a contender send requests to its peer for a while.
func (b *run) turnOf(ctx context.Context, who contender, length time.Duration) (figures, error) {
	p := who.peer
	var requests atomic.Int64
	before, err := p.ProcessorTime()
	if err != nil {
		return figures{}, err
	}
	begin := time.Now()
	end := begin.Add(length)
	err = parallel(p, who.clients, func(c *client) error {
		done := 0
		defer func() { requests.Add(int64(done)) }()
		var scratch []byte
		for time.Now().Before(end) && ctx.Err() == nil {
			var err error
			if _, scratch, err = who.of.request(c, p, scratch, int(b.serial.Add(1))); err != nil {
				return err
			}
			done++
		}
		return ctx.Err()
	})
	took := time.Since(begin)
	if err != nil {
		return figures{}, err
	}
	after, err := p.ProcessorTime()
	if err != nil {
		return figures{}, err
	}
	if who.of.name == unmask.name && p.path == "" {
		b.unmasked.Add(requests.Load())
	}
	n := float64(requests.Load())
	return figures{rate: n / took.Seconds(), cpu: float64((after - before).Microseconds()) / n, busy: (after - before).Seconds() / took.Seconds()}, nil
}

// warmUp is how long a peer runs a scenario before it counts: a just-in-time compiler needs its time.
const warmUp = 3 * time.Second

// compare measures contenders, the first of which is the one that the others are compared with.
func (b *run) compare(ctx context.Context, out io.Writer, name string, contenders []contender) error {
	turns := make([][]figures, len(contenders))
	for _, who := range contenders {
		if _, err := b.turnOf(ctx, who, warmUp); err != nil {
			return err
		}
	}
	for round := range b.rounds {
		for i := range contenders {
			at := (round + i) % len(contenders) // nobody always follows the same one
			f, err := b.turnOf(ctx, contenders[at], b.turn)
			if err != nil {
				return err
			}
			turns[at] = append(turns[at], f)
		}
	}
	for i, who := range contenders {
		f := figures{
			rate: median(turns[i], func(n int) float64 { return turns[i][n].rate }),
			cpu:  median(turns[i], func(n int) float64 { return turns[i][n].cpu }),
			busy: median(turns[i], func(n int) float64 { return turns[i][n].busy }),
		}
		fmt.Fprintf(out, "| %s | %s | %.0f | %.1f | %.2f |", name, who.name, f.rate, f.cpu, f.busy)
		if i == 0 {
			fmt.Fprintln(out, " | |")
			continue
		}
		fmt.Fprintf(out, " %.2fx | %.2fx |\n",
			median(turns[i], func(n int) float64 { return turns[0][n].rate / turns[i][n].rate }),
			median(turns[i], func(n int) float64 { return turns[i][n].cpu / turns[0][n].cpu }))
	}
	return nil
}

// publish adds a fiftieth field to a schema of 49, again and again, and takes the time from the upload
// until the next request has been answered by means of the new field.
func (b *run) publish(ctx context.Context, out io.Writer, p *peer) error {
	original, err := p.Send(ctx, "GET", "/schemas/Profile", nil)
	if err != nil {
		return err
	}
	if _, err := p.Send(ctx, "PUT", "/schemas/Profile", bench.OwnFields()); err != nil {
		return err
	}
	base, err := p.Send(ctx, "GET", "/schemas/Profile", nil)
	if err != nil {
		return err
	}
	var took []time.Duration
	for i := range b.publishes {
		name := fmt.Sprintf("newest%d", i)
		begin := time.Now()
		if _, err := p.Send(ctx, "PUT", "/schemas/Profile", bench.OneField(name)); err != nil {
			return err
		}
		answer, err := p.Send(ctx, "POST", "/graphql", fmt.Appendf(nil, `{"query":"{ profile(id: \"%s\") { id %s } }"}`, p.profiles[0].ID, name))
		took = append(took, time.Since(begin))
		if err != nil {
			return err
		}
		if !strings.HasPrefix(string(answer), byID.answer) {
			return fmt.Errorf("%s: a field is not visible after its publish: %.500s", p.name, answer)
		}
		if _, err := p.Send(ctx, "PUT", "/schemas/Profile?mode=replace&allow=FIELD_NO_DELETE", base); err != nil {
			return err
		}
	}
	if _, err := p.Send(ctx, "PUT", "/schemas/Profile?mode=replace&allow=FIELD_NO_DELETE", original); err != nil {
		return err
	}
	slices.Sort(took)
	_, err = fmt.Fprintf(out, "%s: publish of 50 fields until the next request has seen them: median %.1f ms, longest of %d %.1f ms\n",
		p.name, took[len(took)/2].Seconds()*1e3, len(took), took[len(took)-1].Seconds()*1e3)
	return err
}

// median returns the median of what value gives for each element of turns.
func median(turns []figures, value func(n int) float64) float64 {
	all := make([]float64, len(turns))
	for n := range turns {
		all[n] = value(n)
	}
	slices.Sort(all)
	if n := len(all); n%2 == 0 {
		return (all[n/2-1] + all[n/2]) / 2
	}
	return all[len(all)/2]
}
