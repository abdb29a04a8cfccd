package profile

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/profilegraph/profilegraph/profile/detect"
	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/tenant"
)

// Warning says that a value, or the name of a property, looks like personal data in a field that is not
// declared sensitive.
type Warning struct {
	Path string // JSON property names and list indexes joined by '.'; * for a name that no schema declares
	Kind string // EMAIL, PHONE, CARD, IBAN, CPF, CNPJ, SSN or DNI
}

// suspects lists what looks like personal data in a value and is not declared to be.
func suspects(list []Warning, t *schema.Type, value any, path string) []Warning {
	switch v := value.(type) {
	case string:
		if t.Kind == schema.Scalar {
			list = suspected(list, v, path)
		}
	case json.Number:
		if t.Kind == schema.Scalar {
			list = suspected(list, whole(v), path)
		}
	case []any:
		elem := t
		if t.Kind == schema.List {
			elem = t.Elem
		}
		for i, one := range v {
			list = suspects(list, elem, one, fmt.Sprintf("%s.%d", path, i))
		}
	case map[string]any:
		if t.Kind == schema.Scalar {
			for name, inner := range v {
				list = suspects(suspected(list, name, path+".*"), t, inner, path+".*")
			}
			return list
		}
		fields, extra := fieldsOf(t, v)
		for _, f := range fields {
			if inner, ok := v[f.Property]; ok && !f.Sensitive && !f.PII {
				list = suspects(list, f.Type, inner, strings.TrimPrefix(path+"."+f.Property, "."))
			}
		}
		if extra != nil && !extra.Sensitive && !extra.PII {
			list = suspects(list, extra.Type, undeclared(v, fields), path)
		}
	}
	return list
}

func suspected(list []Warning, text, path string) []Warning {
	if kind := detect.Kind(text); kind != "" {
		list = append(list, Warning{strings.TrimPrefix(path, "."), kind})
	}
	return list
}

// whole returns the digits of a whole number, however it is written, or "".
func whole(n json.Number) string {
	s := n.String()
	if strings.Trim(s, "0123456789") == "" {
		return s
	}
	f, err := n.Float64()
	if err != nil || f != math.Trunc(f) || f < 0 || f >= 1e19 {
		return ""
	}
	return strconv.FormatFloat(f, 'f', 0, 64)
}

// fieldsOf returns the declared fields of an object, of a union those of the member that it is, and the
// field of what is not declared, or nil.
func fieldsOf(t *schema.Type, object map[string]any) (declared []*schema.Field, extra *schema.Field) {
	if t.Kind == schema.Union {
		tag, _ := object[t.Discriminator].(string)
		at := slices.IndexFunc(t.Members, func(m *schema.Type) bool { return slices.Contains(m.Tags, tag) })
		if at < 0 {
			return nil, nil
		}
		t = t.Members[at]
	}
	if t.Extra != nil {
		return t.Fields[:len(t.Fields)-1], t.Extra
	}
	return t.Fields, nil
}

// undeclared returns the members of an object that are none of the fields.
func undeclared(object map[string]any, fields []*schema.Field) map[string]any {
	rest := maps.Clone(object)
	for _, f := range fields {
		delete(rest, f.Property)
	}
	return rest
}

// inspect warns of what looks like personal data in the wrong place, or refuses it if the account
// says so.
func (s *Service) inspect(ctx context.Context, id tenant.ID, e *schema.Entity, doc map[string]any, v View) error {
	found := suspects(nil, e.Type, doc, "")
	if len(found) == 0 {
		return nil
	}
	for _, w := range found {
		s.suspected(w.Kind)
	}
	slices.SortFunc(found, func(a, b Warning) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Kind, b.Kind))
	})
	found = slices.Compact(found)
	refuse, err := s.auth.RefusesMisplaced(ctx, id)
	if err != nil {
		return err
	}
	if !refuse {
		if v.Outcome != nil {
			v.Outcome.Warnings = append(v.Outcome.Warnings, found...)
		}
		return nil
	}
	invalid := &InvalidError{}
	for _, w := range found {
		invalid.Violations = append(invalid.Violations, schema.Violation{Path: w.Path, Rule: "pii",
			Message: "looks like personal data (" + w.Kind + "), and the field is not declared sensitive"})
	}
	return invalid
}
