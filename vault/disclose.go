package vault

import (
	"context"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/profilegraph/profilegraph/schema"
)

// unshown stands in a path where the name would of something that no field of the schema shows. Its own name is a client's,
// and may tell something.
const unshown = "*"

// Secrets returns the paths, as a [Grant] has them, of the fields in which a stored document has what is not for everybody:
// values that are sensitive, that are sealed though e shows them in clear, or that do not fit their types. What no field of
// e shows has "*" for its name. Nothing is opened.
func Secrets(e *schema.Entity, doc bson.Raw) ([]string, error) {
	var s secrets
	if err := s.object(doc, e.Type, "", 0); err != nil {
		return nil, fmt.Errorf("vault: secrets of a document of %s: %w", e.Name, err)
	}
	return s, nil
}

// Disclose returns a document with everything in it in clear, what no field of e shows too. The grant must cover all of
// its [Secrets].
func (v *Vault) Disclose(ctx context.Context, g Grant, at Place, e *schema.Entity, doc bson.Raw) (bson.Raw, error) {
	paths, err := Secrets(e, doc)
	if err != nil {
		return nil, at.explain("disclose", err)
	}
	for _, path := range paths {
		if g == nil || !g.Covers(at.Account, at.Entity, at.ID, path) {
			return nil, at.explain("disclose", fmt.Errorf("the grant does not cover %s", path))
		}
	}
	w := v.walk(ctx, at)
	defer w.done()
	out, err := w.appendObject(make([]byte, 0, len(doc)), doc)
	return out, at.explain("disclose", err)
}

// secrets are the paths found.
type secrets []string

func (s *secrets) add(path string) {
	if !slices.Contains(*s, path) {
		*s = append(*s, path)
	}
}

func (s *secrets) object(doc []byte, t *schema.Type, path string, depth int) error {
	members, next := over(doc, depth), 0
	for members.next() {
		if members.value.Type == bsoncore.TypeNull {
			continue
		}
		f := find(t.Fields, members.key, &next)
		if f == nil {
			f = t.Extra
		}
		switch {
		case f == nil:
			s.add(join(path, &schema.Field{Name: unshown}))
		case f.Sensitive:
			s.add(join(path, f))
		default:
			if err := s.value(members.value, f.Type, join(path, f), depth+1); err != nil {
				return err
			}
		}
	}
	return members.err
}

// value looks at a value that is not sensitive itself, and has type t.
func (s *secrets) value(v bsoncore.Value, t *schema.Type, path string, depth int) error {
	fits := v.Type == bsoncore.TypeNull
	switch {
	case flat(t) || isSealed(v):
		fits = !holdsSealed(v, depth)
	case v.Type == bsoncore.TypeEmbeddedDocument:
		if t.Kind == schema.Union {
			t = selected(t, v.Data)
		}
		if t != nil && t.Kind == schema.Object {
			return s.object(v.Data, t, path, depth)
		}
	case v.Type == bsoncore.TypeArray && t.Kind == schema.List:
		elements := over(v.Data, depth)
		for elements.next() {
			if err := s.value(elements.value, t.Elem, path, depth+1); err != nil {
				return err
			}
		}
		return elements.err
	}
	if !fits {
		s.add(path)
	}
	return nil
}
