package profile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
	"golang.org/x/sync/errgroup"

	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
	"github.com/profilegraph/profilegraph/vault"
)

// batch is how many records a pass over stored data reads at once.
const batch = 500

// each visits the records of a space in order of id.
func (s *Service) each(ctx context.Context, in storage.Space, visit func([]storage.Record) error) error {
	return s.eachFrom(ctx, in, "", visit)
}

// eachFrom visits the records of a space behind an id, in order of id.
func (s *Service) eachFrom(ctx context.Context, in storage.Space, after string, visit func([]storage.Record) error) error {
	for {
		list, err := s.store.Scan(ctx, in, storage.Page{After: after, Limit: batch})
		if err != nil {
			return fmt.Errorf("profile: scan: %w", err)
		}
		if len(list) > 0 {
			if err := visit(list); err != nil {
				return err
			}
			after = list[len(list)-1].ID
		}
		if len(list) < batch {
			return nil
		}
	}
}

// Examine reads the documents stored under one schema and counts those that stand in the way of
// another, of which the findings are. An old version with a value that would be disclosed counts against
// its document, since it would be shown too. Blind, no protected value is looked at: what it leaves open
// counts against its document.
func (s *Service) Examine(ctx context.Context, id tenant.ID, current, next *schema.Entity, findings []schema.Finding, blind bool) (schema.Examined, error) {
	x := s.examination(id, current, next, findings, blind)
	err := s.each(ctx, documents(id, current), func(list []storage.Record) error { return x.examine(ctx, list) })
	if err == nil {
		err = x.examineVersions(ctx, "", "")
	}
	return x.result(), err
}

// ExaminePage is Examine for the documents behind the one with the id after, at most limit. It returns
// the id of the last one, or "" when there are no more. That documents repeat a value is seen within the page only.
func (s *Service) ExaminePage(ctx context.Context, id tenant.ID, current, next *schema.Entity, findings []schema.Finding, blind bool, after string, limit int) (schema.Examined, string, error) {
	list, err := s.store.Scan(ctx, documents(id, current), storage.Page{After: after, Limit: limit})
	if err != nil {
		return schema.Examined{}, "", fmt.Errorf("profile: scan: %w", err)
	}
	if len(list) == 0 {
		return schema.Examined{}, "", nil
	}
	first, last := list[0].ID, list[len(list)-1].ID
	x := s.examination(id, current, next, findings, blind)
	if err := x.examine(ctx, list); err != nil {
		return schema.Examined{}, "", err
	}
	if err := x.examineVersions(ctx, first, last); err != nil {
		return schema.Examined{}, "", err
	}
	if len(list) < limit {
		last = ""
	}
	return x.result(), last, nil
}

// maxCounted bounds what is counted for the sake of showing how far a pass is.
const maxCounted = 200_000

// Count returns how many documents of an entity are stored; known is false when they are too many
// to be counted.
func (s *Service) Count(ctx context.Context, id tenant.ID, e *schema.Entity) (n int, known bool, err error) {
	errMany := errors.New("too many")
	err = s.each(ctx, documents(id, e), func(list []storage.Record) error {
		if n += len(list); n > maxCounted {
			return errMany
		}
		return nil
	})
	if errors.Is(err, errMany) {
		return 0, false, nil
	}
	return n, err == nil, err
}

// examination holds documents against a schema that is to come.
type examination struct {
	schema.Examination
	blind         bool // protected values are not looked at
	found         schema.Examined
	s             *Service
	account       tenant.ID
	current, next *schema.Entity
	seen          map[string]bool // unique entries
	shown         map[string]bool // ids of documents with something that would be disclosed
	failing       map[string]bool // ids
}

func (s *Service) examination(id tenant.ID, current, next *schema.Entity, findings []schema.Finding, blind bool) *examination {
	return &examination{Examination: schema.Examine(findings), blind: blind, s: s, account: id, current: current, next: next,
		seen: map[string]bool{}, shown: map[string]bool{}, failing: map[string]bool{}}
}

func (x *examination) result() schema.Examined {
	x.found.Failing, x.found.Disclosed = len(x.failing), len(x.shown)
	return x.found
}

func (x *examination) examine(ctx context.Context, list []storage.Record) error {
	for _, r := range list {
		x.found.Checked++
		in, err := stored(r)
		if err != nil {
			return err
		}
		if !x.All && !holdsAny(in, x.Added) {
			continue
		}
		if holdsAny(in, x.Disclosed) {
			x.shown[r.ID], x.failing[r.ID] = true, true
		}
		doc, err := x.s.open(ctx, x.account, x.current, r)
		if err != nil {
			return err
		}
		lacking, invalid := x.judge(doc)
		prune(doc, x.next.Type)
		keys, err := x.s.keys(ctx, x.account, x.next, doc)
		if unfit := (*InvalidError)(nil); errors.As(err, &unfit) {
			invalid = true
		} else if err != nil {
			return err
		}
		repeating := false
		for _, v := range keys.unique {
			repeating = repeating || x.seen[v.entry]
			x.seen[v.entry] = true
		}
		if lacking || invalid || repeating {
			x.failing[r.ID] = true
		}
		x.found.Lacking += count(lacking)
		x.found.Invalid += count(invalid)
		x.found.Repeating += count(repeating)
	}
	return nil
}

// judge tells whether a document lacks what the next schema requires, and whether it is not valid
// for other reasons.
func (x *examination) judge(doc map[string]any) (lacking, invalid bool) {
	if !x.blind {
		prune(doc, x.next.Type)
		for _, v := range x.next.Validate(doc) {
			lacking = lacking || v.Rule == "required"
			invalid = invalid || v.Rule != "required"
		}
		return lacking, invalid
	}
	for _, s := range standIns {
		l, i := x.judgeBlind(doc, s)
		lacking, invalid = lacking || l, invalid || i
	}
	return lacking, invalid
}

// judgeBlind is judge with something else in the place of what readers see masked. Where that does
// not tell, and a constraint has become narrower, the document counts as not valid.
func (x *examination) judgeBlind(doc map[string]any, s standIn) (lacking, invalid bool) {
	b := blindfold{standIn: s}
	doc = b.object(doc, x.current.Type, "")
	before := x.current.Validate(doc) // the stand-ins' fault
	broken := func(path string) bool {
		return slices.ContainsFunc(before, func(v schema.Violation) bool { return v.Path == path })
	}
	for _, path := range x.Narrowed {
		invalid = invalid || slices.ContainsFunc(b.hidden, func(h string) bool {
			return (below(h, path) || below(path, h)) && (h != path || broken(h))
		})
		invalid = invalid || slices.ContainsFunc(b.left, func(l string) bool { return below(l, path) || below(path, l) })
	}
	prune(doc, x.next.Type)
	for _, v := range x.next.Validate(doc) {
		switch {
		case v.Rule == "required":
			lacking = lacking || !slices.Contains(b.left, v.Path)
		case !slices.ContainsFunc(before, func(o schema.Violation) bool { return o.Path == v.Path && o.Rule == v.Rule }):
			invalid = true
		}
	}
	return lacking, invalid
}

// standIn is put in the place of values that are not to be looked at: of the same type, so that
// nothing but the type shows.
type standIn struct {
	text           string
	whole, decimal json.Number
	truth          bool
}

// What is allowed of all values is allowed of these two; hardly any other constraint allows both.
var standIns = []standIn{
	{"", "-2147483648", "-1073741823.75", false},
	{strings.Repeat("\u2007", 1_000), "2147483647", "1073741823.75", true},
}

// blindfold copies documents without the values that readers see masked. Nulls are no secret.
type blindfold struct {
	standIn
	hidden []string // paths of those that something else stands in for
	left   []string // paths of those that are left out
}

func (b *blindfold) object(object map[string]any, t *schema.Type, path string) map[string]any {
	kept := make(map[string]any, len(object))
	for name, value := range object {
		at := strings.TrimPrefix(path+"."+name, ".")
		var part any
		if i := slices.IndexFunc(t.Fields, func(f *schema.Field) bool { return f != t.Extra && f.Property == name }); i < 0 || t.Fields[i].Sensitive || t.Fields[i].PII {
			part = b.secret(value, at)
		} else {
			part = b.value(value, t.Fields[i].Type, at)
		}
		if part != nil || value == nil {
			kept[name] = part
		}
	}
	return kept
}

// value copies what is no secret itself, but may hold some. Nil: it is left out.
func (b *blindfold) value(value any, t *schema.Type, path string) any {
	switch v := value.(type) {
	case map[string]any:
		if t.Kind == schema.Object {
			return b.object(v, t, path)
		}
	case []any:
		if t.Kind == schema.List {
			kept := make([]any, len(v))
			for i, element := range v {
				kept[i] = b.value(element, t.Elem, path+"[]")
			}
			return kept
		}
	}
	if value == nil || t.Kind == schema.Scalar || t.Kind == schema.Enum {
		return value
	}
	b.left = append(b.left, path)
	return nil
}

func (b *blindfold) secret(value any, path string) any {
	switch v := value.(type) {
	case nil:
		return nil
	case string:
		value = b.text
	case bool:
		value = b.truth
	case json.Number:
		if value = b.whole; strings.ContainsAny(string(v), ".eE") {
			value = b.decimal
		}
	default:
		b.left = append(b.left, path)
		return nil
	}
	b.hidden = append(b.hidden, path)
	return value
}

// below reports whether a path is another or leads below it.
func below(path, other string) bool {
	rest, ok := strings.CutPrefix(path, other)
	return ok && (rest == "" || other == "" || rest[0] == '.' || rest[0] == '[')
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// examineVersions looks at the versions before the newest of all documents, or of those from one id to
// another. It comes after what is newest: that may become one of them meanwhile.
func (x *examination) examineVersions(ctx context.Context, from, to string) error {
	if len(x.Disclosed) == 0 {
		return nil
	}
	errBeyond := errors.New("beyond")
	// Versions have the ids of their documents, with more behind.
	err := x.s.eachFrom(ctx, versions(x.account, x.current), before(from), func(list []storage.Record) error {
		for _, r := range list {
			document, _, _ := strings.Cut(r.ID, "/")
			if to != "" && document > to {
				return errBeyond
			}
			in, err := stored(r)
			if err != nil {
				return err
			}
			if holdsAny(in, x.Disclosed) {
				x.shown[document], x.failing[document] = true, true
			}
		}
		return nil
	})
	if errors.Is(err, errBeyond) {
		return nil
	}
	return err
}

// stored returns what a record holds of its document, sealed as it is.
func stored(r storage.Record) (bsoncore.Value, error) {
	var c content
	err := c.decode(r.Body)
	return bsoncore.Value{Type: bsoncore.TypeEmbeddedDocument, Data: c.Doc}, err
}

func holdsAny(value bsoncore.Value, paths []string) bool {
	return slices.ContainsFunc(paths, func(path string) bool { return holds(value, path) })
}

// before returns a place shortly before an id.
func before(id string) string {
	if id == "" {
		return ""
	}
	return id[:len(id)-1]
}

// holds reports whether a stored value has something at a path.
func holds(value bsoncore.Value, path string) bool {
	switch value.Type {
	case bsoncore.TypeNull:
		return false
	case bsoncore.TypeBinary: // sealed as a whole: it may have anything in it
		return true
	case bsoncore.TypeArray:
		rest, ok := strings.CutPrefix(path, "[]")
		if ok {
			elements, err := value.Array().Values()
			return err != nil || slices.ContainsFunc(elements, func(v bsoncore.Value) bool { return holds(v, rest) })
		}
	case bsoncore.TypeEmbeddedDocument:
		if path == "" {
			return true
		}
		path = strings.TrimPrefix(path, ".")
		members, err := value.Document().Elements()
		return err != nil || slices.ContainsFunc(members, func(m bsoncore.Element) bool {
			// Names may hold dots themselves.
			rest, ok := strings.CutPrefix(path, m.Key())
			return ok && (rest == "" || rest[0] == '.' || rest[0] == '[') && holds(m.Value(), rest)
		})
	}
	return path == ""
}

// open returns the content of a document's record as JSON.
func (s *Service) open(ctx context.Context, id tenant.ID, e *schema.Entity, r storage.Record) (map[string]any, error) {
	var c content
	if err := c.decode(r.Body); err != nil {
		return nil, err
	}
	return s.clear(ctx, id, e, r, c.Doc)
}

// Reindex makes every stored document of an entity findable by the keys of next, and claims what
// next wants unique. It does nothing when current has those keys already.
func (s *Service) Reindex(ctx context.Context, id tenant.ID, current, next *schema.Entity) error {
	if sameKeys(current, next) {
		return nil
	}
	return s.reindex(ctx, id, next, untold)
}

func sameKeys(a, b *schema.Entity) bool {
	return slices.EqualFunc(a.Keys, b.Keys, func(x, y schema.Key) bool {
		return x.Unique == y.Unique && x.Field.Property == y.Field.Property && x.Field.Normalize == y.Field.Normalize
	})
}

func (s *Service) reindex(ctx context.Context, id tenant.ID, e *schema.Entity, through func(records int)) error {
	if len(e.Keys) == 0 {
		return nil
	}
	begin := newID()
	return s.each(ctx, documents(id, e), func(list []storage.Record) error {
		work, ctx := errgroup.WithContext(ctx)
		work.SetLimit(atOnce)
		for _, r := range list {
			if newer(r.ID, begin) {
				continue // else a pass would never end where documents are created faster than indexed
			}
			work.Go(func() error { return s.reindexOne(ctx, id, e, r) })
		}
		if err := work.Wait(); err != nil {
			return err
		}
		through(len(list))
		return nil
	})
}

// atOnce is how many documents a pass writes at the same time: stores write many almost as fast as one.
const atOnce = 32

func (s *Service) reindexOne(ctx context.Context, id tenant.ID, e *schema.Entity, r storage.Record) error {
	for {
		doc, err := s.open(ctx, id, e, r)
		if unreadable(err) {
			s.log.WarnContext(ctx, "a damaged document keeps the index entries that it has", "account", id, "entity", e.Name, "id", r.ID, "error", err)
			return nil
		}
		if err != nil {
			return err
		}
		keys, err := s.keys(ctx, id, e, doc)
		if invalid := (*InvalidError)(nil); errors.As(err, &invalid) {
			return nil // the value was written before it was a key, and cannot be looked up
		}
		if err != nil {
			return err
		}
		current := len(keys.entries) == len(r.Keys) && !slices.ContainsFunc(keys.entries, func(k string) bool { return !slices.Contains(r.Keys, k) })
		unclaimed, err := s.unclaimed(ctx, id, e, keys.unique)
		if err != nil {
			return err
		}
		if _, err := s.claim(ctx, id, e, r.ID, unclaimed); err != nil {
			if twice := (*NotUniqueError)(nil); !errors.As(err, &twice) {
				return err
			}
			// Documents that repeat a value were allowed to: they stay as they are.
		}
		if current {
			return nil
		}
		rev := r.Rev
		r.Rev, r.Keys = newVersion(0), keys.entries
		switch err := s.store.Replace(ctx, documents(id, e), r, rev); {
		case errors.Is(err, storage.ErrNotFound):
			return nil
		case errors.Is(err, storage.ErrConflict):
			found, err := s.records(ctx, id, e, []string{r.ID}, nil)
			if err != nil {
				return err
			}
			if r = found[0]; r.ID == "" {
				return nil
			}
		case err != nil:
			return fmt.Errorf("profile: index: %w", err)
		default:
			return nil
		}
	}
}

// Reseal brings the sealing of every stored document of an entity up to date, old versions included:
// what e calls sensitive is sealed, under the current key of its data subject. It goes on behind
// damaged documents, and fails in the end if there are any: their old keys must not be dropped.
func (s *Service) Reseal(ctx context.Context, id tenant.ID, e *schema.Entity) error {
	return s.reseal(ctx, id, e, untold)
}

// untold is for passes of which nobody is told how far they are.
func untold(int) {}

func (s *Service) reseal(ctx context.Context, id tenant.ID, e *schema.Entity, through func(records int)) error {
	damaged, changed := 0, false
	for _, in := range []storage.Space{documents(id, e), versions(id, e)} {
		err := s.each(ctx, in, func(list []storage.Record) error {
			for _, r := range list {
				at := vault.Place{Account: id, Entity: e.Name, Subject: r.Owner}
				at.ID, _, _ = strings.Cut(r.ID, "/")
				if e.Owner == "" {
					at.Subject = at.ID
				}
				sealed, err := s.resealOne(ctx, in, e, r, at)
				changed = changed || sealed
				if unreadable(err) {
					damaged++
					s.log.WarnContext(ctx, "a damaged document stays as it is", "account", id, "entity", e.Name, "id", r.ID, "error", err)
				} else if err != nil {
					return err
				}
			}
			through(len(list))
			return nil
		})
		if err != nil {
			return err
		}
	}
	// What was replaced may have held in clear what is sealed now.
	if store, ok := s.store.(storage.Scrubber); ok && changed {
		if err := store.Scrub(ctx); err != nil {
			return fmt.Errorf("profile: reseal: %w", err)
		}
	}
	if damaged > 0 {
		return fmt.Errorf("profile: reseal %s: %d documents or versions are damaged; profilegraph check names them", e.Name, damaged)
	}
	return nil
}

// unreadable reports whether an error is about one document, rather than about all.
func unreadable(err error) bool {
	return errors.Is(err, vault.ErrCorrupt) || errors.Is(err, vault.ErrShredded) || errors.Is(err, errContent)
}

// resealOne reports whether anything changed.
func (s *Service) resealOne(ctx context.Context, in storage.Space, e *schema.Entity, r storage.Record, at vault.Place) (bool, error) {
	for {
		var c content
		if err := c.decode(r.Body); err != nil {
			return false, err
		}
		doc, changed, err := s.vault.Reseal(ctx, at, e, c.Doc)
		if err != nil || !changed {
			return false, err
		}
		c.Doc = doc
		next, rev := r, r.Rev
		next.Rev, next.Body = newVersion(0), c.encode()
		switch err := s.store.Replace(ctx, in, next, rev); {
		case err == nil, errors.Is(err, storage.ErrNotFound):
			return true, nil
		case !errors.Is(err, storage.ErrConflict):
			return false, fmt.Errorf("profile: reseal: %w", err)
		}
		if r, err = s.store.Get(ctx, in, r.ID); errors.Is(err, storage.ErrNotFound) {
			return true, nil
		} else if err != nil {
			return false, fmt.Errorf("profile: reseal: %w", err)
		}
	}
}

// unclaimed returns those values that nobody has claimed.
func (s *Service) unclaimed(ctx context.Context, id tenant.ID, e *schema.Entity, values []claimed) ([]claimed, error) {
	if len(values) == 0 {
		return nil, nil
	}
	ids := make([]string, len(values))
	for i, v := range values {
		ids[i] = v.entry
	}
	found, err := s.store.GetMany(ctx, claims(id, e), ids, nil)
	if err != nil {
		return nil, fmt.Errorf("profile: read claims: %w", err)
	}
	var free []claimed
	for i, r := range found {
		if r.ID == "" {
			free = append(free, values[i])
		}
	}
	return free, nil
}

// Expire removes documents whose time to live is over, with their versions and what they own, and
// returns how many. Set gives the schemas of an account.
func (s *Service) Expire(ctx context.Context, set func(context.Context, tenant.ID) (*schema.Set, error)) (int, error) {
	removed := 0
	for {
		list, err := s.store.Expired(ctx, storage.Documents, batch)
		if err != nil {
			return removed, fmt.Errorf("profile: expired: %w", err)
		}
		for _, one := range list {
			schemas, err := set(ctx, one.Space.Account)
			if err != nil {
				return removed, err
			}
			e := schemas.Entity(one.Space.Part)
			if e == nil {
				e = &schema.Entity{Name: one.Space.Part}
			}
			err = s.remove(ctx, one.Space.Account, schemas, e, storage.Record{ID: one.ID, Rev: one.Rev})
			if errors.Is(err, storage.ErrNotFound) || errors.Is(err, storage.ErrConflict) {
				continue
			}
			if err != nil {
				return removed, fmt.Errorf("profile: expire: %w", err)
			}
			removed++
		}
		if len(list) < batch {
			return removed, nil
		}
	}
}

// Mend clears away what crashes and interrupted changes left of an account: documents whose owner
// is gone, old versions whose document is gone, claims that nothing stands behind; and it indexes
// and seals documents that a change of their schema passed over. It returns how many records it removed.
func (s *Service) Mend(ctx context.Context, id tenant.ID, set *schema.Set) (int, error) {
	removed := 0
	for _, e := range set.Entities {
		for _, step := range []func(context.Context, tenant.ID, *schema.Set, *schema.Entity) (int, error){
			s.mendDocuments, s.mendVersions, s.mendClaims} {
			n, err := step(ctx, id, set, e)
			removed += n
			if err != nil {
				return removed, err
			}
		}
		if err := errors.Join(s.reindex(ctx, id, e, untold), s.Reseal(ctx, id, e)); err != nil {
			return removed, err
		}
	}
	return removed, nil
}

// mendDocuments removes documents whose owner is gone.
func (s *Service) mendDocuments(ctx context.Context, id tenant.ID, set *schema.Set, e *schema.Entity) (removed int, err error) {
	if e.Owner == "" {
		return 0, nil
	}
	owner := set.Entity(e.Owner)
	err = s.each(ctx, documents(id, e), func(list []storage.Record) error {
		owners := make([]string, len(list))
		for i, r := range list {
			owners[i] = r.Owner
		}
		found, err := s.store.GetMany(ctx, documents(id, owner), owners, nil)
		if err != nil {
			return fmt.Errorf("profile: mend: %w", err)
		}
		for i, r := range list {
			if found[i].ID != "" {
				continue
			}
			err := s.remove(ctx, id, set, e, r)
			if errors.Is(err, storage.ErrNotFound) || errors.Is(err, storage.ErrConflict) {
				continue
			}
			if err != nil {
				return fmt.Errorf("profile: mend: %w", err)
			}
			removed++
		}
		return nil
	})
	return removed, err
}

// mendVersions removes old versions whose document is gone, or has made way for one of the same id.
func (s *Service) mendVersions(ctx context.Context, id tenant.ID, _ *schema.Set, e *schema.Entity) (removed int, err error) {
	err = s.each(ctx, versions(id, e), func(list []storage.Record) error {
		ids := make([]string, len(list))
		for i, r := range list {
			ids[i], _, _ = strings.Cut(r.ID, "/")
		}
		found, err := s.store.GetMany(ctx, documents(id, e), ids, nil)
		if err != nil {
			return fmt.Errorf("profile: mend: %w", err)
		}
		for i, r := range list {
			if found[i].ID != "" {
				var c content
				if err := c.decode(found[i].Body); err != nil {
					return err
				}
				if strings.HasPrefix(r.ID, oldPrefix(ids[i], c.Created)) {
					continue
				}
			}
			err := s.store.Delete(ctx, versions(id, e), r.ID, r.Rev)
			if err != nil && !errors.Is(err, storage.ErrNotFound) && !errors.Is(err, storage.ErrConflict) {
				return fmt.Errorf("profile: mend: %w", err)
			}
			removed++
		}
		return nil
	})
	return removed, err
}

// mendClaims removes claims that are void.
func (s *Service) mendClaims(ctx context.Context, id tenant.ID, _ *schema.Set, e *schema.Entity) (removed int, err error) {
	err = s.each(ctx, claims(id, e), func(list []storage.Record) error {
		for _, r := range list {
			var c claimRecord
			if err := bson.Unmarshal(r.Body, &c); err != nil {
				return fmt.Errorf("profile: claim cannot be read: %w", err)
			}
			valid, err := s.valid(ctx, id, e, r.ID, c)
			if err != nil {
				return err
			}
			if valid {
				continue
			}
			err = s.store.Delete(ctx, claims(id, e), r.ID, r.Rev)
			if err != nil && !errors.Is(err, storage.ErrNotFound) && !errors.Is(err, storage.ErrConflict) {
				return fmt.Errorf("profile: mend: %w", err)
			}
			removed++
		}
		return nil
	})
	return removed, err
}
