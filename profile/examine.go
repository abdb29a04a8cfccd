package profile

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
	"github.com/profilegraph/profilegraph/vault"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

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
	shown         map[string]bool // places at which something would be disclosed
	failing       map[string]bool // ids
	lowered       []string        // places that the current schema protects, where the next one lowers protection
}

func (s *Service) examination(id tenant.ID, current, next *schema.Entity, findings []schema.Finding, blind bool) *examination {
	x := &examination{Examination: schema.Examine(findings), blind: blind, s: s, account: id, current: current, next: next,
		seen: map[string]bool{}, shown: map[string]bool{}, failing: map[string]bool{}}
	if x.Lowered {
		for path, f := range current.Fields() {
			if f.Sensitive {
				x.lowered = append(x.lowered, path)
			}
		}
	}
	return x
}

func (x *examination) result() schema.Examined {
	x.found.Failing, x.found.Disclosed = len(x.failing), slices.Sorted(maps.Keys(x.shown))
	return x.found
}

func (x *examination) examine(ctx context.Context, list []storage.Record) error {
	for _, r := range list {
		x.found.Checked++
		var c content
		if err := c.decode(r.Body); err != nil {
			return err
		}
		if x.Orphaned && int(c.Schema) < x.next.Version {
			x.failing[r.ID] = true
			x.found.Orphaned++
		}
		in := c.stored()
		x.disclosed(r.ID, in)
		if !x.All && !holdsAny(in, x.Added) {
			continue
		}
		doc, err := x.s.open(ctx, x.account, x.current, r)
		if err != nil {
			return err
		}
		lacking, invalid := x.judge(doc)
		x.next.Type.Prune(doc)
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

// disclosed notes what the next schema would disclose of a document, or of a version of it: what it holds
// under names that would be declared in clear, and whatever is sealed where that schema shows it in
// clear. What the current schema protects in so many words is for another rule to tell of.
func (x *examination) disclosed(id string, in bsoncore.Value) {
	found := func(place string) { x.shown[place], x.failing[id] = true, true }
	for _, path := range x.Disclosed {
		if holds(in, path) {
			found(path)
		}
	}
	if !x.Sealed {
		return
	}
	vault.Exposed(x.next, in.Data, func(_, path, place string) {
		if !slices.ContainsFunc(x.lowered, func(l string) bool { return below(path, l) || below(place, l) || below(l, path) }) {
			found(place)
		}
	})
}

// judge tells whether a document lacks what the next schema requires, and whether it is not valid
// for other reasons.
func (x *examination) judge(doc map[string]any) (lacking, invalid bool) {
	if !x.blind {
		x.next.Type.Prune(doc)
		for _, v := range x.next.Validate(doc) {
			if x.Lacks(v) {
				lacking = true
			} else if v.Rule != "required" || !slices.ContainsFunc(x.current.Validate(doc), v.Same) { // it may have lacked all along
				invalid = true
			}
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
	doc = b.object(doc, x.current.Type, spot{})
	before := x.current.Validate(doc) // the stand-ins' fault
	broken := func(place string) bool {
		return slices.ContainsFunc(before, func(v schema.Violation) bool { return v.Path == place })
	}
	for _, path := range x.Narrowed {
		invalid = invalid || slices.ContainsFunc(b.hidden, func(h spot) bool {
			return (below(h.path, path) || below(path, h.path)) && (h.path != path || broken(h.place))
		})
		invalid = invalid || slices.ContainsFunc(b.left, func(l spot) bool { return below(l.path, path) || below(path, l.path) })
	}
	for _, path := range x.Required { // what is left out may lack it
		lacking = lacking || slices.ContainsFunc(b.inside, func(l string) bool { return l != path && below(path, l) })
	}
	x.next.Type.Prune(doc)
	for _, v := range x.next.Validate(doc) {
		switch {
		case x.Lacks(v):
			lacking = lacking || !slices.ContainsFunc(b.left, func(l spot) bool { return l.place == v.Path })
		case !slices.ContainsFunc(before, v.Same):
			invalid = true
		}
	}
	return lacking, invalid
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
	if len(x.Disclosed) == 0 && !x.Sealed {
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
			var c content
			if err := c.decode(r.Body); err != nil {
				return err
			}
			x.disclosed(document, c.stored())
		}
		return nil
	})
	if errors.Is(err, errBeyond) {
		return nil
	}
	return err
}

// stored returns the document, sealed as it is.
func (c *content) stored() bsoncore.Value {
	return bsoncore.Value{Type: bsoncore.TypeEmbeddedDocument, Data: c.Doc}
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
