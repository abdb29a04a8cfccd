// Package supergraph keeps watch over the federated graph that an account is part of. The account registers
// the other subgraphs; from then on a schema comes into force only if all of them compose.
//
// Composing is left to a composer, a program beside this one (see [Composer]): the specification of
// Apollo Federation is what its composers do, and they are written in JavaScript.
package supergraph

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/audit"
	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
)

var (
	// ErrInvalid says that a subgraph cannot be registered as asked; the text says why.
	ErrInvalid = errors.New("supergraph: invalid subgraph")
	// ErrNotFound says that the account has no such subgraph.
	ErrNotFound = errors.New("supergraph: no such subgraph")
	// ErrComposer says that nobody can tell whether subgraphs compose: there is no composer, or it
	// did not answer.
	ErrComposer = errors.New("supergraph: no answer from a composer")
)

// FailedError says that the subgraphs do not compose, in the composer's words.
type FailedError struct{ Messages []string }

func (e *FailedError) Error() string {
	return fmt.Sprintf("supergraph: the subgraphs do not compose: %d errors", len(e.Messages))
}

// Own is the name of the account's own subgraph.
const Own = "profilegraph"

// The limits of what an account may register.
const (
	maxSubgraphs = 50
	maxSDL       = 1 << 20 // bytes
)

// Subgraph is another service's part of the graph.
type Subgraph struct {
	Name    string
	URL     string // where the router finds it
	SDL     string
	Author  string
	Changed time.Time

	required map[string][]string // see required
}

type record struct {
	URL     string    `bson:"url"`
	SDL     string    `bson:"sdl"`
	Author  string    `bson:"author"`
	Changed time.Time `bson:"changed"`

	Required map[string][]string `bson:"required"`
}

func space(id tenant.ID) storage.Space {
	return storage.Space{Account: id, Collection: storage.Schemas, Part: "subgraph"} // entities begin with a capital
}

// Graphs are the federated graphs of all accounts.
type Graphs struct {
	store    storage.Store
	record   auth.Recorder
	composer *Composer
	sdl      func(ctx context.Context, id tenant.ID) (string, error)
	changed  func(ctx context.Context, id tenant.ID) error
	address  string
	now      func() time.Time
}

// Options configure Graphs.
type Options struct {
	Store    storage.Store
	Record   auth.Recorder
	Composer *Composer // nil: there is none, and nothing can be registered
	// SDL returns the federated schema of an account that is in force.
	SDL func(ctx context.Context, id tenant.ID) (string, error)
	// Changed is told that what [Graphs.Required] returns for an account may be another from now on.
	Changed func(ctx context.Context, id tenant.ID) error
	// Address is where routers find this server.
	Address string
	Now     func() time.Time
}

// New returns the graphs of a store.
func New(o Options) *Graphs {
	return &Graphs{o.Store, o.Record, o.Composer, o.SDL, o.Changed, o.Address, o.Now}
}

var validName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,63}$`)

// Put registers a subgraph of p's account, or puts a new schema in the place of its old one. If check is set it is
// refused with a *[FailedError] where it does not compose with the others; then nothing has changed.
func (g *Graphs) Put(ctx context.Context, p *auth.Principal, s Subgraph, check bool) (Subgraph, error) {
	if err := p.Check(auth.Schema); err != nil {
		return s, err
	}
	if err := validate(s); err != nil {
		return s, err
	}
	if g.composer == nil {
		return s, fmt.Errorf("%w: none is configured", ErrComposer)
	}
	own, others, err := g.around(ctx, p.Account, s.Name)
	if err != nil {
		return s, err
	}
	if slices.ContainsFunc(others, func(one Subgraph) bool { return strings.EqualFold(one.Name, s.Name) }) {
		return s, fmt.Errorf("%w: another one has this name, but for the case of letters", ErrInvalid)
	}
	if len(others) >= maxSubgraphs {
		return s, fmt.Errorf("%w: an account has at most %d subgraphs", ErrInvalid, maxSubgraphs)
	}
	if check {
		if err := g.compose(ctx, own, append(others, s)); err != nil {
			return s, err
		}
	}
	if s.required, err = required(s.SDL); err != nil {
		return s, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	s.Author, s.Changed = p.Actor, g.now().UTC().Truncate(time.Millisecond)
	body, err := bson.Marshal(record{s.URL, s.SDL, s.Author, s.Changed, s.required})
	if err != nil {
		return s, fmt.Errorf("supergraph: encode: %w", err)
	}
	if err := g.note(ctx, p, "PutSubgraph", s.Name); err != nil {
		return s, err
	}
	next := storage.Record{ID: s.Name, Rev: rand.Text(), Body: body}
	old, err := g.write(ctx, p.Account, next)
	if err != nil {
		return s, err
	}
	if err := g.changed(ctx, p.Account); err != nil {
		return s, err
	}
	if !check {
		return s, nil
	}
	return s, g.stand(ctx, p, s, own, others, next.Rev, old)
}

// write writes a subgraph's record and returns the one that it took the place of, which is empty where there was none.
func (g *Graphs) write(ctx context.Context, id tenant.ID, next storage.Record) (storage.Record, error) {
	for {
		old, err := g.store.Get(ctx, space(id), next.ID)
		switch {
		case err == nil:
			err = g.store.Replace(ctx, space(id), next, old.Rev)
		case errors.Is(err, storage.ErrNotFound):
			err = g.store.Insert(ctx, space(id), next)
		}
		if errors.Is(err, storage.ErrConflict) || errors.Is(err, storage.ErrExists) || errors.Is(err, storage.ErrNotFound) {
			continue // somebody else was faster; the last one counts
		}
		if err != nil {
			return old, fmt.Errorf("supergraph: put: %w", err)
		}
		return old, nil
	}
}

// standTimeout is how long a registration may take to see whether it stands.
const standTimeout = time.Minute

// stand takes a registered subgraph back if it does not compose with what came into force while it was composed
// with own and others. What comes into force from now on is composed with it.
func (g *Graphs) stand(ctx context.Context, p *auth.Principal, s Subgraph, own string, others []Subgraph, rev string, old storage.Record) error {
	// It is registered: who asked for it may have gone.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), standTimeout)
	defer cancel()
	ownNow, othersNow, err := g.around(ctx, p.Account, s.Name)
	same := func(a, b Subgraph) bool { return a.Name == b.Name && a.URL == b.URL && a.SDL == b.SDL }
	if err == nil && ownNow == own && slices.EqualFunc(othersNow, others, same) {
		return nil
	}
	if err == nil {
		err = g.compose(ctx, ownNow, append(othersNow, s))
	}
	if err == nil {
		return nil
	}
	action, back := "RemoveSubgraph", func() error { return g.store.Delete(ctx, space(p.Account), s.Name, rev) }
	if old.ID != "" {
		old.Rev = rand.Text()
		action, back = "PutSubgraph", func() error { return g.store.Replace(ctx, space(p.Account), old, rev) }
	}
	if noted := g.note(ctx, p, action, s.Name); noted != nil {
		return errors.Join(err, noted)
	}
	// In the place of what another has put there since, nothing is put.
	if undone := back(); undone != nil && !errors.Is(undone, storage.ErrConflict) && !errors.Is(undone, storage.ErrNotFound) {
		return fmt.Errorf("supergraph: take back: %w", undone)
	}
	return errors.Join(err, g.changed(ctx, p.Account))
}

// around returns what a subgraph of an account must compose with: the account's own schema, and the others.
func (g *Graphs) around(ctx context.Context, id tenant.ID, name string) (own string, others []Subgraph, err error) {
	if own, err = g.sdl(ctx, id); err != nil {
		return "", nil, err
	}
	all, err := g.list(ctx, id)
	return own, slices.DeleteFunc(all, func(one Subgraph) bool { return one.Name == name }), err
}

func validate(s Subgraph) error {
	u, err := url.Parse(s.URL)
	switch {
	case !validName.MatchString(s.Name):
		return fmt.Errorf("%w: a name is 1 to 64 letters, digits, hyphens and underscores, and begins with a letter", ErrInvalid)
	case strings.EqualFold(s.Name, Own):
		return fmt.Errorf("%w: %s is the name of the account's own subgraph", ErrInvalid, Own)
	case err != nil, u.Host == "", u.Scheme != "https" && u.Scheme != "http", len(s.URL) > 2048:
		return fmt.Errorf("%w: url is the http or https address at which the router finds the subgraph", ErrInvalid)
	case strings.TrimSpace(s.SDL) == "", len(s.SDL) > maxSDL, !utf8.ValidString(s.SDL):
		return fmt.Errorf("%w: sdl is the subgraph's schema, at most 1 MiB", ErrInvalid)
	}
	return nil
}

// List returns the subgraphs of p's account, by name.
func (g *Graphs) List(ctx context.Context, p *auth.Principal) ([]Subgraph, error) {
	if err := p.Check(auth.Schema); err != nil { // their addresses are not for everybody who reads
		return nil, err
	}
	return g.list(ctx, p.Account)
}

// Remove forgets a subgraph of p's account. Whether the rest composes is not asked.
func (g *Graphs) Remove(ctx context.Context, p *auth.Principal, name string) error {
	if err := p.Check(auth.Schema); err != nil {
		return err
	}
	if !validName.MatchString(name) {
		return ErrNotFound
	}
	if _, err := g.store.Get(ctx, space(p.Account), name); errors.Is(err, storage.ErrNotFound) {
		return ErrNotFound
	} else if err != nil {
		return fmt.Errorf("supergraph: remove: %w", err)
	}
	if err := g.note(ctx, p, "RemoveSubgraph", name); err != nil {
		return err
	}
	if err := g.store.Delete(ctx, space(p.Account), name, ""); err != nil && !errors.Is(err, storage.ErrNotFound) {
		return fmt.Errorf("supergraph: remove: %w", err)
	}
	return g.changed(ctx, p.Account)
}

// Check tells whether a schema that an account is to get composes with the other subgraphs: nil where it
// does, and where there are none, a *[FailedError] where it does not. Any other error means that nobody
// can tell. The schema is asked for only if it is needed.
func (g *Graphs) Check(ctx context.Context, id tenant.ID, sdl func() string) error {
	others, err := g.list(ctx, id)
	if err != nil || len(others) == 0 {
		return err
	}
	return g.compose(ctx, sdl(), others)
}

func (g *Graphs) compose(ctx context.Context, own string, others []Subgraph) error {
	if g.composer == nil {
		return fmt.Errorf("%w: none is configured", ErrComposer)
	}
	list := append([]Subgraph{{Name: Own, URL: cmp.Or(g.address, "http://localhost") + "/graphql", SDL: own}}, others...)
	messages, err := g.composer.compose(ctx, list)
	if err != nil {
		return err
	}
	if len(messages) > 0 {
		return &FailedError{messages}
	}
	return nil
}

func (g *Graphs) list(ctx context.Context, id tenant.ID) ([]Subgraph, error) {
	found, err := g.store.Scan(ctx, space(id), storage.Page{Limit: 2 * maxSubgraphs})
	if err != nil {
		return nil, fmt.Errorf("supergraph: list: %w", err)
	}
	list := make([]Subgraph, len(found))
	for i, r := range found {
		var rec record
		if err := bson.Unmarshal(r.Body, &rec); err != nil {
			return nil, fmt.Errorf("supergraph: subgraph %q cannot be read: %w", r.ID, err)
		}
		list[i] = Subgraph{r.ID, rec.URL, rec.SDL, rec.Author, rec.Changed.UTC(), rec.Required}
	}
	return list, nil
}

func (g *Graphs) note(ctx context.Context, p *auth.Principal, action, name string) error {
	_, err := g.record.Append(ctx, audit.Entry{Account: p.Account, Actor: p.Actor, Action: action, Outcome: audit.Allowed, Details: map[string]string{"subgraph": name}})
	if err != nil {
		return fmt.Errorf("supergraph: %s: %w", action, err)
	}
	return nil
}
