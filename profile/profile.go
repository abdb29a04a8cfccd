// Package profile keeps documents: it reads them masked, looks them up, saves them as versions,
// ends their life and clears away what hung on them. Profiles, prospects, addresses and whatever an
// account defines are all the same to it: documents of an entity.
//
// How a document is stored:
//
//   - The newest version is one record, written by insert-if-absent and compare-and-set.
//   - Before a version is replaced it is copied among the old versions, so whatever is there was the
//     newest once. The copy is idempotent.
//   - A unique value is held by a claim, a record whose id is the value's keyed hash. Claims are
//     taken before the document is written and released after. A claim whose document does not hold
//     the value is void, once it is older than any write could take.
//
// What a crash leaves between two steps is cleared away by [Service.Mend]. Unused claims and old
// versions of a document that is gone are not visible until then; documents that it owned are, unless its time
// to live ended it.
//
// A document that is missing, expired, another account's or out of the principal's reach is absent:
// no answer tells which.
package profile

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/profilegraph/profilegraph/audit"
	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
	"github.com/profilegraph/profilegraph/vault"
)

var (
	// ErrNotFound says that a document to be changed is absent.
	ErrNotFound = errors.New("profile: no such document")
	// ErrOwnerNotFound says that the owner of a document to be created is absent.
	ErrOwnerNotFound = errors.New("profile: no such owner")
	// ErrExists says that the owner has its one document of the entity already.
	ErrExists = errors.New("profile: the owner has one already")
	// ErrPromoted says that a prospect has become a profile already, with other values than those given.
	ErrPromoted = errors.New("profile: promoted already")
	// ErrTTL says that a time to live is out of range.
	ErrTTL = fmt.Errorf("profile: a time to live is 1 to %d days", maxTTLDays)
	// ErrCursor says that a cursor is none of ours.
	ErrCursor = errors.New("profile: invalid cursor")
	// ErrStaysMasked says that a document was written and is shown masked, since the disclosure that
	// was asked for could not be put on the record.
	ErrStaysMasked = errors.New("profile: written, but not disclosed")
	// ErrTooLarge says that a document has grown too large to be stored.
	ErrTooLarge = errors.New("profile: document too large")
)

// InvalidError says which rules of the schema a document breaks.
type InvalidError struct{ Violations []schema.Violation }

func (e *InvalidError) Error() string {
	return fmt.Sprintf("profile: the document breaks %d rules of its schema", len(e.Violations))
}

// VersionError says that a document is not at the expected version.
type VersionError struct{ Current string }

func (e *VersionError) Error() string { return "profile: the document is at another version" }

// NotUniqueError says that another document has the value of a unique field.
type NotUniqueError struct{ Field *schema.Field }

func (e *NotUniqueError) Error() string {
	return fmt.Sprintf("profile: another document has this %s", e.Field.Property)
}

const maxTTLDays = 36_500

// Document is one version of a document as everybody with leave to read may see it.
type Document struct {
	ID      string // empty where a document is absent
	Owner   string // id of the owner, or empty
	Version string
	Author  string
	Created time.Time
	Updated time.Time
	Expires time.Time // zero: never
	Masked  []string  // paths of masked fields, see vault.Mask
	Body    bson.Raw  // the wanted fields in stored form, undefined in place of values that cannot be read
	// Fault, unless nil, is why there are values that cannot be read: they were damaged, or moved here from
	// elsewhere. Body is nil where that is all of them, and Version empty where nothing can be read at all.
	Fault  error
	Cursor string // the document's place in the list it came in
	// Kept, unless nil, is a place for what a reader makes of all the fields above but Cursor: who
	// shows them again hands it out again.
	Kept *atomic.Value
}

// Page is a stretch of a list.
type Page struct {
	Documents []Document
	More      bool // whether there are documents behind it
}

// Change is one difference between two versions.
type Change struct {
	Path     string // GraphQL names joined by '.'
	Kind     string // ADDED, REMOVED or CHANGED
	From, To any    // JSON values, masked; nil when absent
}

// View says what is to be seen of documents.
type View struct {
	// Fields are the wanted top-level fields.
	Fields schema.FieldSet
	// Sensitive are the paths of the sensitive fields among them (see graph.Read): a shopper's own
	// are shown in clear.
	Sensitive []string
	// Unmask are those paths that are to be shown in clear, by the reason given.
	Unmask []Unmask
	// Outcome, unless nil, learns what else there is to say.
	Outcome *Outcome
}

// Unmask asks for fields in clear.
type Unmask struct {
	auth.Reason
	Fields []string
}

// Outcome is what there is to say beside the documents.
type Outcome struct {
	// Receipts prove that the disclosures are on the record.
	Receipts []audit.Receipt
	// Refused is why the fields stayed masked: a *auth.RefusedError, or after a write, which stands
	// nevertheless, whatever kept the disclosure off the record.
	Refused error
	// Warnings tell of values written that look like personal data in the wrong place.
	Warnings []Warning
}

// Options say what a Service works with.
type Options struct {
	Store storage.Store
	Vault *vault.Vault
	Auth  *auth.Authorizer
	Now   func() time.Time
	Log   *slog.Logger
	// Suspected, unless nil, counts values that look like personal data in the wrong place, by kind.
	Suspected func(kind string)
	// MissesPerSecond is how many values a credential may look up in vain, in the long run; 100 when
	// zero. Ten seconds' worth may come at once.
	MissesPerSecond float64
	// Held, unless nil, reports whether a data subject is on legal hold.
	Held func(ctx context.Context, account tenant.ID, subject string) (bool, error)
	// Wake, unless nil, is called when there is something for AdvanceRotations to do.
	Wake func()
}

// Service is the door to all documents.
type Service struct {
	store     storage.Store
	vault     *vault.Vault
	auth      *auth.Authorizer
	now       func() time.Time
	log       *slog.Logger
	suspected func(kind string)
	wake      func()
	onHold    func(context.Context, tenant.ID, string) (bool, error)
	misses    missLimits
	memo      *memo
	memory    sync.Pool // of *storage.Memory
}

// New returns the service.
func New(o Options) *Service {
	if o.Suspected == nil {
		o.Suspected = func(string) {}
	}
	if o.Wake == nil {
		o.Wake = func() {}
	}
	if o.Held == nil {
		o.Held = func(context.Context, tenant.ID, string) (bool, error) { return false, nil }
	}
	return &Service{memo: newMemo(), memory: sync.Pool{New: func() any { return new(storage.Memory) }}, misses: newMissLimits(cmp.Or(o.MissesPerSecond, 100)), wake: o.Wake, onHold: o.Held, store: o.Store, vault: o.Vault, auth: o.Auth, now: o.Now, log: o.Log, suspected: o.Suspected}
}

// claimGrace is how long a claim without its document is honoured: longer than a write may take,
// which doors bound by their deadlines.
const claimGrace = 2 * time.Minute

// A promotion looks this often, with pauses, whether another one of the same prospect is through.
const (
	promotionLooks = 50
	promotionPause = 20 * time.Millisecond
)

func documents(id tenant.ID, e *schema.Entity) storage.Space {
	return storage.Space{Account: id, Collection: storage.Documents, Part: e.Name}
}

func versions(id tenant.ID, e *schema.Entity) storage.Space {
	return storage.Space{Account: id, Collection: storage.Versions, Part: e.Name}
}

func claims(id tenant.ID, e *schema.Entity) storage.Space {
	return storage.Space{Account: id, Collection: storage.Claims, Part: e.Name}
}

// content is what the body of a document's record holds.
type content struct {
	Version string
	Number  int32 // counts the document's versions from 1
	Schema  int32 // version of the schema that it was written under
	Author  string
	Created time.Time
	Updated time.Time
	// Promoted says that the document was made of a prospect.
	Promoted bool
	// Reserved is when a promotion of this prospect began; zero: it is not known of any.
	Reserved time.Time
	// Bound says that the document ends with its owner, and would end at Ends (zero: never) by itself.
	Bound bool
	Ends  time.Time
	Doc   bson.Raw
}

func (c *content) encode() bson.Raw {
	at, b := bsoncore.AppendDocumentStart(make([]byte, 0, len(c.Doc)+160))
	b = bsoncore.AppendStringElement(b, "version", c.Version)
	b = bsoncore.AppendInt32Element(b, "number", c.Number)
	b = bsoncore.AppendInt32Element(b, "schema", c.Schema)
	b = bsoncore.AppendStringElement(b, "author", c.Author)
	b = bsoncore.AppendDateTimeElement(b, "created", c.Created.UnixMilli())
	b = bsoncore.AppendDateTimeElement(b, "updated", c.Updated.UnixMilli())
	if c.Promoted {
		b = bsoncore.AppendBooleanElement(b, "promoted", true)
	}
	if !c.Reserved.IsZero() {
		b = bsoncore.AppendDateTimeElement(b, "reserved", c.Reserved.UnixMilli())
	}
	if c.Bound && c.Ends.IsZero() {
		b = bsoncore.AppendNullElement(b, "ends")
	} else if c.Bound {
		b = bsoncore.AppendDateTimeElement(b, "ends", c.Ends.UnixMilli())
	}
	b = bsoncore.AppendDocumentElement(b, "doc", bsoncore.Document(c.Doc))
	b, err := bsoncore.AppendDocumentEnd(b, at)
	if err != nil {
		panic("profile: impossible: a document that was started cannot be ended")
	}
	return b
}

// decode reads a body in one pass over its members.
func (c *content) decode(body bson.Raw) error {
	_, rest, ok := bsoncore.ReadLength(body)
	if !ok {
		return errContent
	}
	for len(rest) > 1 {
		end := bytes.IndexByte(rest[1:], 0) + 1
		if end == 0 {
			return errContent
		}
		key := rest[1:end]
		var v bsoncore.Value
		if v, rest, ok = bsoncore.ReadValue(rest[end+1:], bsoncore.Type(rest[0])); !ok {
			return errContent
		}
		fits := true
		switch string(key) {
		case "version":
			c.Version, fits = v.StringValueOK()
		case "number":
			c.Number, fits = v.Int32OK()
		case "schema":
			c.Schema, fits = v.Int32OK()
		case "author":
			c.Author, fits = v.StringValueOK()
		case "created":
			c.Created, fits = date(v)
		case "updated":
			c.Updated, fits = date(v)
		case "promoted":
			c.Promoted, fits = v.BooleanOK()
		case "reserved":
			c.Reserved, fits = date(v)
		case "ends":
			if c.Bound = true; v.Type != bsoncore.TypeNull {
				c.Ends, fits = date(v)
			}
		case "doc":
			c.Doc, fits = bson.Raw(v.Data), v.Type == bsoncore.TypeEmbeddedDocument
		}
		if !fits {
			return errContent
		}
	}
	if c.Version == "" || c.Doc == nil {
		return errContent
	}
	return nil
}

func date(v bsoncore.Value) (time.Time, bool) {
	ms, ok := v.DateTimeOK()
	return time.UnixMilli(ms).UTC(), ok
}

var errContent = fmt.Errorf("%w: the stored document cannot be read", vault.ErrCorrupt)

// kept is a document as it is stored, with its content decoded. It is zero where there is none to show.
type kept struct {
	*storage.Record
	content
	broken error // why there is no Doc, and if it has no Version, nothing else either
}

// decoded is a record with what can be read of it.
func decoded(id tenant.ID, e *schema.Entity, r *storage.Record) kept {
	k := kept{Record: r}
	if err := k.decode(r.Body); err != nil {
		k.Doc, k.broken = nil, fmt.Errorf("profile: read %s/%s/%s: %w", id, e.Name, r.ID, err)
		if k.Version == "" || k.Number == 0 || k.Created.IsZero() || k.Updated.IsZero() {
			k.content = content{}
		}
	}
	return k
}

// place says where a record's document is sealed.
func place(id tenant.ID, e *schema.Entity, r *storage.Record) vault.Place {
	return vault.Place{Account: id, Subject: root(e, r), Entity: e.Name, ID: r.ID}
}

// placed is place for a document that is stored already.
func (c *content) placed(id tenant.ID, e *schema.Entity, r *storage.Record) vault.Place {
	at := place(id, e, r)
	at.Lowered = c.lowered(e)
	return at
}

// lowered reports whether protection was lowered since the document was written: by a document that was
// written under a schema since then, though it was replaced by now, nobody was asked.
func (c *content) lowered(e *schema.Entity) bool { return int(c.Schema) < e.Lowered }

// clear returns a document's content as JSON, for the server's own work.
func (s *Service) clear(ctx context.Context, id tenant.ID, e *schema.Entity, r storage.Record, sealed bson.Raw) (map[string]any, error) {
	raw, err := s.vault.Open(ctx, place(id, e, &r), sealed)
	if err != nil {
		return nil, err
	}
	doc, err := e.Decode(raw)
	if err != nil {
		return nil, fmt.Errorf("profile: read %s/%s/%s: %w: %w", id, e.Name, r.ID, vault.ErrCorrupt, err)
	}
	return doc, nil
}

// show returns records as p may see them; what is out of p's reach, and absent records, are zero.
func (s *Service) show(ctx context.Context, p *auth.Principal, e *schema.Entity, found []storage.Record, v View, pinned bool) ([]Document, error) {
	if !p.Confined() && len(v.Unmask) == 0 {
		return s.masked(ctx, p, e, found, v.Fields)
	}
	list := within(p, e, found)
	grant, err := s.grant(ctx, p, e, list, v, pinned)
	if err != nil {
		return nil, err
	}
	return s.present(ctx, p, e, list, v, grant)
}

// masked shows records to whoever sees nothing in clear.
func (s *Service) masked(ctx context.Context, p *auth.Principal, e *schema.Entity, found []storage.Record, want schema.FieldSet) ([]Document, error) {
	docs := make([]Document, len(found))
	var masker *vault.Masker
	now := s.now()
	for i := range found {
		r := &found[i]
		if r.ID == "" || !p.Reaches(root(e, r)) {
			continue
		}
		if known := s.memo.find(p.Account, e, r, want, now); known != nil {
			docs[i] = *known
			continue
		}
		if masker == nil {
			masker = s.vault.Masker(ctx, nil, e, want)
			defer masker.Close()
		}
		if err := s.mask(p.Account, e, r, want, masker, &docs[i]); err != nil {
			return nil, err
		}
	}
	return docs, nil
}

// mask masks a document, and remembers how it is shown.
func (s *Service) mask(id tenant.ID, e *schema.Entity, r *storage.Record, want schema.FieldSet, masker *vault.Masker, d *Document) (err error) {
	k := decoded(id, e, r)
	if *d, err = s.document(id, e, &k, masker); err == nil && d.Fault == nil {
		s.memo.add(id, e, r, want, masker.Lease(), d)
	}
	return err
}

// showWritten is show for a document that was just written: it is shown masked when the wish to
// see it in clear fails, because the write stands.
func (s *Service) showWritten(ctx context.Context, p *auth.Principal, e *schema.Entity, r storage.Record, v View) (Document, error) {
	list := within(p, e, []storage.Record{r})
	grant, err := s.grant(ctx, p, e, list, v, false)
	if err != nil {
		s.log.WarnContext(ctx, "a document that was written is shown masked", "account", p.Account, "entity", e.Name, "error", err)
		if v.Outcome != nil {
			v.Outcome.Refused = ErrStaysMasked
		}
	}
	docs, err := s.present(ctx, p, e, list, v, grant)
	if err != nil {
		return Document{}, err
	}
	return docs[0], nil
}

// within decodes those records that p may read; the others are zero.
func within(p *auth.Principal, e *schema.Entity, found []storage.Record) []kept {
	list := make([]kept, len(found))
	for i := range found {
		if r := &found[i]; r.ID != "" && p.Reaches(root(e, r)) {
			list[i] = decoded(p.Account, e, r)
		}
	}
	return list
}

// grants is leave to see what any of its grants covers.
type grants []auth.Grant

func (g grants) Covers(account tenant.ID, entity, id, path string) bool {
	return slices.ContainsFunc(g, func(one auth.Grant) bool { return one.Covers(account, entity, id, path) })
}

// grant asks for leave to show documents as v wishes. A refusal is told by v; an error means that
// nothing may be shown in clear because the record could not be written.
func (s *Service) grant(ctx context.Context, p *auth.Principal, e *schema.Entity, list []kept, v View, pinned bool) (grants, error) {
	wishes := v.Unmask
	if p.Confined() { // a shopper sees the own data, and says no reason
		wishes = nil
		if len(v.Sensitive) > 0 {
			wishes = []Unmask{{Fields: v.Sensitive}}
		}
	}
	var all grants
	for _, wish := range wishes {
		var asked []auth.Disclosure
		for i := range list {
			if k := &list[i]; k.Record != nil && k.broken == nil {
				asked = append(asked, auth.Disclosure{Entity: e.Name, ID: k.ID, Subject: root(e, k.Record), Version: k.Version, Pinned: pinned, Fields: wish.Fields})
			}
		}
		if len(asked) == 0 {
			return nil, nil
		}
		g, err := s.auth.Grant(ctx, p, asked, wish.Reason)
		if refused := (*auth.RefusedError)(nil); errors.As(err, &refused) {
			if v.Outcome != nil {
				v.Outcome.Refused = err
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, g)
		if v.Outcome != nil {
			v.Outcome.Receipts = append(v.Outcome.Receipts, g.Receipts...)
		}
	}
	return all, nil
}

// present shows the documents of a list of records.
func (s *Service) present(ctx context.Context, p *auth.Principal, e *schema.Entity, list []kept, v View, grant grants) ([]Document, error) {
	docs := make([]Document, len(list))
	var covers vault.Grant
	if len(grant) > 0 {
		covers = grant
	}
	masker := s.vault.Masker(ctx, covers, e, v.Fields)
	defer masker.Close()
	for i := range list {
		k := &list[i]
		if k.Record == nil {
			continue
		}
		var err error
		if docs[i], err = s.document(p.Account, e, k, masker); err != nil {
			return nil, err
		}
	}
	return docs, nil
}

// document shows one document. An error is one of the whole account.
func (s *Service) document(id tenant.ID, e *schema.Entity, k *kept, masker *vault.Masker) (Document, error) {
	d := Document{ID: k.ID, Owner: k.Owner, Version: k.Version, Author: k.Author, Created: k.Created, Updated: k.Updated,
		Expires: k.Expires, Cursor: k.ID, Fault: k.broken}
	if d.Fault != nil {
		return d, nil
	}
	var err error
	d.Body, d.Masked, err = masker.Mask(k.placed(id, e, k.Record), k.Doc)
	d.Fault = masker.Fault()
	return d, err
}

// root returns the id that decides who reaches a document.
func root(e *schema.Entity, r *storage.Record) string {
	if e.Owner != "" {
		return r.Owner
	}
	return r.ID
}
