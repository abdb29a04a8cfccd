package profile

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/profilegraph/profilegraph/schema"
)

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
	hidden []spot   // those that something else stands in for
	left   []spot   // those that are left out
	inside []string // paths of those of them that are objects or lists, in which something may lack
}

// spot is where a value of a document is: its path as of a change, which has "[]" for all elements of a list, and its
// place as of a violation, which has their indexes.
type spot struct{ path, place string }

func (s spot) member(name string) spot {
	return spot{strings.TrimPrefix(s.path+"."+name, "."), strings.TrimPrefix(s.place+"."+name, ".")}
}

func (s spot) element(i int) spot { return spot{s.path + "[]", s.place + "." + strconv.Itoa(i)} }

func (b *blindfold) object(object map[string]any, t *schema.Type, in spot) map[string]any {
	kept := make(map[string]any, len(object))
	for name, value := range object {
		at := in.member(name)
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
func (b *blindfold) value(value any, t *schema.Type, at spot) any {
	switch v := value.(type) {
	case map[string]any:
		if t.Kind == schema.Object {
			return b.object(v, t, at)
		}
	case []any:
		if t.Kind == schema.List {
			kept := make([]any, len(v))
			for i, element := range v {
				kept[i] = b.value(element, t.Elem, at.element(i))
			}
			return kept
		}
	}
	if value == nil || t.Kind == schema.Scalar || t.Kind == schema.Enum {
		return value
	}
	if _, object := value.(map[string]any); object && t.Kind == schema.Union { // all else does not fit its type
		b.inside = append(b.inside, at.path)
	}
	b.left = append(b.left, at)
	return nil
}

func (b *blindfold) secret(value any, at spot) any {
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
		b.left, b.inside = append(b.left, at), append(b.inside, at.path)
		return nil
	}
	b.hidden = append(b.hidden, at)
	return value
}

// below reports whether a path is another or leads below it.
func below(path, other string) bool {
	rest, ok := strings.CutPrefix(path, other)
	return ok && (rest == "" || other == "" || rest[0] == '.' || rest[0] == '[')
}
