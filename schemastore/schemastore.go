// Package schemastore keeps every version of every account's schemas and knows which are in force.
//
// One record per account, the head, names the version in force of each entity that is not built in.
// A version is a record of its own, written before the head names it and never changed. So one
// compare-and-set publishes, and a publish that died half-way leaves a record that nothing names.
package schemastore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/singleflight"

	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
)

var (
	// ErrNotFound says that the account has no such entity, or the entity no such version.
	ErrNotFound = errors.New("schemastore: no such schema")
	// ErrRule says that a rule to be allowed does not exist.
	ErrRule = errors.New("schemastore: allow names a rule that does not exist")
	// ErrAfter says that a place to go on behind is none.
	ErrAfter = errors.New("schemastore: after is not what a page before gave as next")
	// ErrNote says that a note is too long.
	ErrNote = errors.New("schemastore: a note is at most 2,000 characters")
)

// ConflictError says that the version in force is not the one that a change was made for.
type ConflictError struct {
	Entity  string
	Current int             // the version in force
	Changes []schema.Change // from the expected version to the one in force
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("schemastore: the current version of %s is %d", e.Entity, e.Current)
}

// BreakingError says that a schema breaks rules that the request did not allow.
type BreakingError struct {
	Findings []schema.Finding // those that stand in the way
	Warnings []schema.Warning
}

func (e *BreakingError) Error() string {
	return fmt.Sprintf("schemastore: the schema breaks %d rules", len(e.Findings))
}

// Documents is what a publish needs to know of the documents stored under the schema before.
type Documents interface {
	// Examine reads the documents stored under current, and reports what stands in the way of next, as
	// far as the findings need it. Blind, it looks at no protected value: whoever may not see values could
	// else try out constraints until one tells what they are. What they leave open stands in the way.
	Examine(ctx context.Context, account tenant.ID, current, next *schema.Entity, findings []schema.Finding, blind bool) (schema.Examined, error)
	// ExaminePage is Examine for the documents behind the one with the id after, at most limit; it
	// returns the id of the last, or "" when there are no more.
	ExaminePage(ctx context.Context, account tenant.ID, current, next *schema.Entity, findings []schema.Finding, blind bool, after string, limit int) (schema.Examined, string, error)
	// Count returns how many documents there are, unless they are too many to be counted.
	Count(ctx context.Context, account tenant.ID, e *schema.Entity) (n int, known bool, err error)
	// Reindex makes every stored document findable by the keys of next. It may run more than once.
	Reindex(ctx context.Context, account tenant.ID, current, next *schema.Entity) error
	// Reseal seals in stored documents, old versions included, what e calls sensitive.
	Reseal(ctx context.Context, account tenant.ID, e *schema.Entity) error
}

// Publication is a version that is about to come into force.
type Publication[E any] struct {
	Entity string
	Number int
	Engine E // what the account's schemas are compiled into with it
	// Reference is how [Store.Published] knows it.
	Reference string
}

// Outbox tells those who want to know of publishes.
type Outbox[E any] interface {
	// Add keeps, durably, that a version is about to come into force. Whether it did, Published tells.
	Add(ctx context.Context, account tenant.ID, p Publication[E]) error
	// Wake says that something that was added has come into force.
	Wake()
}

// Snapshot is an account's schemas at one time, with what was compiled from them. It is immutable.
type Snapshot[E any] struct {
	Set    *schema.Set
	Engine E
	rev    string // revision of the head; empty when there is none: all schemas are the built-in ones
}

// Store is the schema store. E is what a set of schemas is compiled into.
type Store[E any] struct {
	store   storage.Store
	docs    Documents
	record  auth.Recorder
	compile func(context.Context, tenant.ID, *schema.Set) (E, error)
	check   func(E) error
	outbox  Outbox[E] // nil: nobody wants to know
	gate    func(context.Context, tenant.ID, E) error
	now     func() time.Time
	log     *slog.Logger

	warm    *lru.Cache[tenant.ID, *account[E]]
	loading singleflight.Group
	grace   grace
	shared  bool
}

// account is an account in use.
type account[E any] struct {
	current atomic.Pointer[Snapshot[E]]
	checked atomic.Int64 // when the head was last seen to be current, Unix nanoseconds

	// swap orders changes of current: a look at the head that began before a publish must not
	// undo it.
	swap sync.Mutex
}

// How long a snapshot is used without a look at the head. Between the two the look happens beside
// the requests, after the second before them; so a publish by another process is seen within 2 s.
const (
	refreshAfter = 1 * time.Second
	staleAfter   = 2 * time.Second
)

// Options configure a Store.
type Options[E any] struct {
	Store     storage.Store
	Documents Documents
	// Record is told of every change before it takes effect.
	Record auth.Recorder
	// Compile compiles an account's schemas. What else it depends on may change: see [Store.Renew].
	Compile func(ctx context.Context, account tenant.ID, set *schema.Set) (E, error)
	// Check is the last judgement on what is to be published; nil: there is none.
	Check func(E) error
	// Gate may refuse a schema that is about to come into force; nil: nothing does. What does not compose
	// with other subgraphs is refused with a *[supergraph.FailedError].
	Gate func(ctx context.Context, account tenant.ID, engine E) error
	// Outbox is told of every publish; nil: there is none.
	Outbox Outbox[E]
	Now    func() time.Time
	Log    *slog.Logger
	// Accounts is how many accounts are kept compiled; 1,000 when zero.
	Accounts int
	// Shared says that other processes use the store too.
	Shared bool
}

// New returns a schema store.
func New[E any](o Options[E]) (*Store[E], error) {
	if o.Check == nil {
		o.Check = func(E) error { return nil }
	}
	if o.Gate == nil {
		o.Gate = func(context.Context, tenant.ID, E) error { return nil }
	}
	if o.Accounts == 0 {
		o.Accounts = 1_000
	}
	warm, err := lru.New[tenant.ID, *account[E]](o.Accounts)
	if err != nil {
		return nil, fmt.Errorf("schemastore: %w", err)
	}
	return &Store[E]{store: o.Store, docs: o.Documents, record: o.Record, compile: o.Compile, check: o.Check, outbox: o.Outbox, gate: o.Gate, now: o.Now, log: o.Log, warm: warm, shared: o.Shared}, nil
}

// Hold is for requests that write documents: a publish may have to look at all that is written on the schemas
// before. Hold before [Store.Current], and end it when all is written.
func (s *Store[E]) Hold() Hold { return s.grace.hold() }

// Current returns the account's schemas in force. What it returns stays as it is: a request keeps
// the snapshot that it began with.
func (s *Store[E]) Current(ctx context.Context, id tenant.ID) (*Snapshot[E], error) {
	if a, ok := s.warm.Get(id); ok {
		if snap := a.current.Load(); snap != nil {
			age := time.Duration(s.now().UnixNano() - a.checked.Load())
			if age < refreshAfter {
				return snap, nil
			}
			if age < staleAfter {
				s.loading.DoChan(string(id), func() (any, error) {
					ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
					defer cancel()
					return s.refresh(ctx, id)
				})
				return snap, nil
			}
		}
	}
	return s.fresh(ctx, id)
}

// fresh looks at the head, once for all who ask at the same time.
func (s *Store[E]) fresh(ctx context.Context, id tenant.ID) (*Snapshot[E], error) {
	done := s.loading.DoChan(string(id), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		return s.refresh(ctx, id)
	})
	select {
	case r := <-done:
		if r.Err != nil {
			return nil, r.Err
		}
		return r.Val.(*Snapshot[E]), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *Store[E]) refresh(ctx context.Context, id tenant.ID) (*Snapshot[E], error) {
	a, ok := s.warm.Get(id)
	if !ok {
		a = &account[E]{}
		if known, found, _ := s.warm.PeekOrAdd(id, a); found {
			a = known
		}
	}
	asked := s.now()
	before := a.current.Load()
	head, rev, err := s.head(ctx, id)
	if err != nil {
		return nil, err
	}
	if before != nil && before.rev == rev {
		a.checked.Store(asked.UnixNano())
		return before, nil
	}
	set, err := s.load(ctx, id, head)
	if err != nil {
		return nil, err
	}
	engine, err := s.compile(ctx, id, set)
	if err != nil {
		return nil, fmt.Errorf("schemastore: compile: %w", err)
	}
	a.swap.Lock()
	defer a.swap.Unlock()
	if a.current.Load() == before {
		a.current.Store(&Snapshot[E]{Set: set, Engine: engine, rev: rev})
		a.checked.Store(asked.UnixNano())
	}
	return a.current.Load(), nil
}

// Renew makes every process compile an account's schemas again, as it does after a publish; this one has
// done so when Renew returns.
func (s *Store[E]) Renew(ctx context.Context, id tenant.ID) error {
	for {
		h, rev, err := s.head(ctx, id)
		if err != nil {
			return err
		}
		_, err = s.turn(ctx, id, h, rev)
		if errors.Is(err, storage.ErrConflict) || errors.Is(err, storage.ErrExists) {
			continue
		}
		if err == nil {
			_, err = s.refresh(ctx, id)
		}
		return err
	}
}

// install makes a published snapshot current in this process.
func (s *Store[E]) install(id tenant.ID, snap *Snapshot[E]) {
	a := &account[E]{}
	if known, found, _ := s.warm.PeekOrAdd(id, a); found {
		a = known
	}
	a.swap.Lock()
	defer a.swap.Unlock()
	a.current.Store(snap)
	a.checked.Store(s.now().UnixNano())
}

// Version is one version of an entity's schema.
type Version struct {
	Entity  *schema.Entity
	Number  int
	Current bool
	Author  string    // empty for the built-in schema
	Created time.Time // zero for the built-in schema
	Note    string
	Changes []schema.Change // since the version before
	// Warnings are remarks of the parser, given only by the publish that made the version.
	Warnings []schema.Warning
}

// headRecord is the one record that says what is in force.
type headRecord struct {
	// Entities names the record of the version in force, for each entity that has one.
	Entities map[string]string `bson:"entities"`
}

type versionRecord struct {
	Number   int       `bson:"number"`
	Previous string    `bson:"previous,omitempty"` // record of the version before
	Author   string    `bson:"author"`
	Created  time.Time `bson:"created"`
	Note     string    `bson:"note,omitempty"`
	Allow    []string  `bson:"allow,omitempty"`
	Lowered  int       `bson:"lowered,omitempty"` // see schema.Entity
	Source   string    `bson:"source"`
}

const headID = "head"

func headSpace(id tenant.ID) storage.Space {
	return storage.Space{Account: id, Collection: storage.Schemas}
}

func versionSpace(id tenant.ID, entity string) storage.Space {
	return storage.Space{Account: id, Collection: storage.Schemas, Part: entity}
}

// head returns the account's head and its revision; both empty when nothing was ever published.
func (s *Store[E]) head(ctx context.Context, id tenant.ID) (headRecord, string, error) {
	rec, err := s.store.Get(ctx, headSpace(id), headID)
	if errors.Is(err, storage.ErrNotFound) {
		return headRecord{Entities: map[string]string{}}, "", nil
	}
	if err != nil {
		return headRecord{}, "", fmt.Errorf("schemastore: read: %w", err)
	}
	var h headRecord
	if err := bson.Unmarshal(rec.Body, &h); err != nil {
		return headRecord{}, "", fmt.Errorf("schemastore: head cannot be read: %w", err)
	}
	return h, rec.Rev, nil
}

// load parses the schemas that a head names, and adds the built-in ones that it does not.
func (s *Store[E]) load(ctx context.Context, id tenant.ID, h headRecord) (*schema.Set, error) {
	entities := slices.DeleteFunc(schema.Defaults(), func(e *schema.Entity) bool { return h.Entities[e.Name] != "" })
	for _, name := range slices.Sorted(maps.Keys(h.Entities)) {
		e, _, err := s.version(ctx, id, name, h.Entities[name])
		if err != nil {
			return nil, err
		}
		entities = append(entities, e)
	}
	set, err := schema.NewSet(entities)
	if err != nil {
		return nil, fmt.Errorf("schemastore: stored schemas: %w", err)
	}
	return set, nil
}

// version reads one version by the id of its record.
func (s *Store[E]) version(ctx context.Context, id tenant.ID, entity, record string) (*schema.Entity, versionRecord, error) {
	rec, err := s.store.Get(ctx, versionSpace(id, entity), record)
	if err != nil {
		return nil, versionRecord{}, fmt.Errorf("schemastore: read %s version: %w", entity, err)
	}
	var v versionRecord
	if err := bson.Unmarshal(rec.Body, &v); err != nil {
		return nil, v, fmt.Errorf("schemastore: version of %s cannot be read: %w", entity, err)
	}
	e, _, err := schema.Parse(entity, []byte(v.Source), schema.Limits{})
	if err != nil {
		return nil, v, fmt.Errorf("schemastore: stored version %d of %s: %w", v.Number, entity, err)
	}
	e.Version, e.Lowered = v.Number, v.Lowered
	return e, v, nil
}

// Published reports whether a publication came into force, now or once, by its reference.
func (s *Store[E]) Published(ctx context.Context, id tenant.ID, reference string) (bool, error) {
	entity, record, ok := strings.Cut(reference, "/")
	if !ok {
		return false, nil
	}
	h, _, err := s.head(ctx, id)
	if err != nil {
		return false, err
	}
	for at := h.Entities[entity]; at != ""; {
		if at == record {
			return true, nil
		}
		rec, err := s.store.Get(ctx, versionSpace(id, entity), at)
		if err != nil {
			return false, fmt.Errorf("schemastore: read %s version: %w", entity, err)
		}
		var v versionRecord
		if err := bson.Unmarshal(rec.Body, &v); err != nil {
			return false, fmt.Errorf("schemastore: version of %s cannot be read: %w", entity, err)
		}
		at = v.Previous
	}
	return false, nil
}

func builtin(entity string) *schema.Entity {
	for _, e := range schema.Defaults() {
		if e.Name == entity {
			return e
		}
	}
	return nil
}

// Get returns a version of an entity's schema; number nil means the one in force. Whoever may read
// documents or publish schemas may read schemas.
func (s *Store[E]) Get(ctx context.Context, p *auth.Principal, entity string, number *int) (Version, error) {
	if err := mayRead(p); err != nil {
		return Version{}, err
	}
	return s.get(ctx, p.Account, entity, number)
}

func mayRead(p *auth.Principal) error {
	if p.May(auth.Schema) {
		return nil
	}
	return p.Check(auth.Read)
}

func (s *Store[E]) get(ctx context.Context, id tenant.ID, entity string, number *int) (Version, error) {
	var found Version
	err := s.walk(ctx, id, entity, func(v Version) bool {
		if number == nil || v.Number == *number {
			found = v
			return false
		}
		return true
	})
	if err == nil && found.Entity == nil {
		err = ErrNotFound
	}
	return found, err
}

// History returns versions newest first, those before the number before (zero: from the newest), at most limit.
func (s *Store[E]) History(ctx context.Context, p *auth.Principal, entity string, before, limit int) ([]Version, error) {
	if err := mayRead(p); err != nil {
		return nil, err
	}
	var list []Version
	err := s.walk(ctx, p.Account, entity, func(v Version) bool {
		if before == 0 || v.Number < before {
			list = append(list, v)
		}
		return len(list) < limit
	})
	return list, err
}

// walk goes from the version in force back to the first, until visit says to stop.
func (s *Store[E]) walk(ctx context.Context, id tenant.ID, entity string, visit func(Version) bool) error {
	h, _, err := s.head(ctx, id)
	if err != nil {
		return err
	}
	record, base := h.Entities[entity], builtin(entity)
	if record == "" && base == nil {
		return ErrNotFound
	}
	current := true
	var e *schema.Entity
	var v versionRecord
	if record != "" {
		if e, v, err = s.version(ctx, id, entity, record); err != nil {
			return err
		}
	}
	for e != nil {
		older, before := base, versionRecord{}
		if v.Previous != "" {
			if older, before, err = s.version(ctx, id, entity, v.Previous); err != nil {
				return err
			}
		}
		one := Version{Entity: e, Number: v.Number, Current: current, Author: v.Author, Created: v.Created.UTC(), Note: v.Note}
		if older != nil {
			one.Changes = schema.Diff(older, e)
		}
		if !visit(one) {
			return nil
		}
		current = false
		if e, v = older, before; v.Source == "" { // older is the built-in schema, or there is none
			break
		}
	}
	if base != nil {
		visit(Version{Entity: base, Current: current})
	}
	return nil
}

func encode(v any) (bson.Raw, error) {
	body, err := bson.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("schemastore: encode: %w", err)
	}
	return body, nil
}

func newRecordID(number int) string { return fmt.Sprintf("%08d-%s", number, rand.Text()[:10]) }
