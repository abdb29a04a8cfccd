package schema

import (
	"encoding/json"
	"regexp"
)

// Federation says how an entity or a field stands in a federated graph, in the terms of Apollo
// Federation: the keyword x-federation.
type Federation struct {
	Tags         []string
	Inaccessible bool
	Shareable    bool
	Access
	Cost *int // weight; nil: the composer's own

	// Of a field:
	From  string // the subgraph that it is taken over from, or empty
	Label string // of the rollout of that, or empty
	NoKey bool   // other subgraphs do not refer to documents by it, though it is unique

	// Of an entity:
	SensitiveAccess Access // to each of its sensitive fields
	PIIAccess       Access // to each that is pii, where it says more
	ListSize        bool   // its lists say how long they may be
}

// Access says whom a gateway lets ask. It is asked before us and decides nothing here.
type Access struct {
	Authenticated bool
	Scopes        [][]string // any of these combinations
	Policies      [][]string
}

var (
	federationTag    = regexp.MustCompile(`^[_A-Za-z][_0-9A-Za-z/-]{0,127}$`)
	federationName   = regexp.MustCompile(`^[_0-9A-Za-z][_0-9A-Za-z.:/-]{0,127}$`)
	federationLabel  = regexp.MustCompile(`^([A-Za-z][_0-9A-Za-z.:/-]{0,127}|percent\((100|[1-9]?[0-9])(\.[0-9]{1,8})?\))$`)
	federationPolicy = regexp.MustCompile(`^[ -~]{1,128}$`)
)

const maxFederationList = 50

// checkFederation looks into the value of x-federation at ptr.
func (t *tree) checkFederation(at string, o *object, top bool) {
	readFederation(o, top, func(member, must string) {
		t.problem(at+"/"+member, "x-federation", "write it so", "%s", must)
	})
}

// readFederation reads the value of x-federation, and tells problem of members that are wrong.
func readFederation(o *object, top bool, problem func(member, must string)) *Federation {
	f := &Federation{}
	r := federationReader{problem}
	for _, key := range o.keys {
		v, name := o.vals[key], escapeToken(key)
		known := true
		switch name {
		case "tags":
			f.Tags = r.list(name, v, federationTag, "must be an array of names of tags")
		case "inaccessible":
			f.Inaccessible = r.flag(name, v)
		case "shareable":
			f.Shareable = r.flag(name, v)
		case "cost":
			f.Cost = r.cost(name, v)
		case "override":
			known = !top && r.override(f, name, v)
		case "key":
			r.flag(name, v)
			f.NoKey = v == any(false)
			known = !top
		case "listSize":
			f.ListSize = r.flag(name, v)
			known = top
		case "sensitive", "pii":
			into := &f.SensitiveAccess
			if name == "pii" {
				into = &f.PIIAccess
			}
			within, ok := v.(*object)
			if known = top; known && !ok {
				r.problem(name, "must be an object with any of authenticated, requiresScopes and policy")
			}
			for i := 0; known && ok && i < len(within.keys); i++ {
				inner := escapeToken(within.keys[i])
				if !r.access(into, inner, name+"/"+inner, within.vals[within.keys[i]]) {
					r.problem(name+"/"+inner, "is none of authenticated, requiresScopes and policy")
				}
			}
		default:
			known = r.access(&f.Access, name, name, v)
		}
		if !known && top {
			problem(name, "is none of tags, inaccessible, shareable, authenticated, requiresScopes, policy, cost, sensitive, pii and listSize, which may be said of an entity")
		} else if !known {
			problem(name, "is none of tags, inaccessible, shareable, authenticated, requiresScopes, policy, cost, override and key, which may be said of a property")
		}
	}
	return f
}

type federationReader struct{ problem func(member, must string) }

// access reads a member that is about access, and reports whether it is one.
func (r federationReader) access(a *Access, name, at string, v any) bool {
	switch name {
	case "authenticated":
		a.Authenticated = r.flag(at, v)
	case "requiresScopes":
		a.Scopes = r.lists(at, v)
	case "policy":
		a.Policies = r.lists(at, v)
	default:
		return false
	}
	return true
}

func (r federationReader) flag(at string, v any) bool {
	on, ok := v.(bool)
	if !ok {
		r.problem(at, "must be true or false, without quotes")
	}
	return on
}

func (r federationReader) list(at string, v any, form *regexp.Regexp, must string) []string {
	given, ok := v.([]any)
	list := make([]string, len(given))
	for i, one := range given {
		s, isString := one.(string)
		ok = ok && isString && form.MatchString(s)
		list[i] = s
	}
	if !ok || len(list) > maxFederationList {
		r.problem(at, must)
		return nil
	}
	return list
}

func (r federationReader) lists(at string, v any) [][]string {
	// An empty combination would let everybody ask.
	const must = "must be an array of arrays of strings, none of them empty: any of these combinations will do"
	given, ok := v.([]any)
	if !ok || len(given) == 0 || len(given) > maxFederationList {
		r.problem(at, must)
		return nil
	}
	lists := make([][]string, len(given))
	for i, one := range given {
		if lists[i] = r.list(at, one, federationPolicy, must); len(lists[i]) == 0 {
			r.problem(at, must)
			return nil
		}
	}
	return lists
}

func (r federationReader) cost(at string, v any) *int {
	n, ok := v.(json.Number)
	weight, whole := int64(0), false
	if ok {
		weight, whole = integral(n)
	}
	if !whole || weight < 0 || weight > 1_000_000 {
		r.problem(at, "must be a whole number, at least 0")
		return nil
	}
	w := int(weight)
	return &w
}

// override reads where a field is taken over from.
func (r federationReader) override(f *Federation, at string, v any) bool {
	const must = `must be an object with from, the name of a subgraph, and perhaps label, for instance "percent(10)"`
	o, ok := v.(*object)
	if !ok {
		r.problem(at, must)
		return true
	}
	f.From, f.Label = o.str("from"), o.str("label")
	members := 0
	if o.has("label") {
		members++
		ok = federationLabel.MatchString(f.Label)
	}
	if !ok || len(o.keys) != members+1 || !federationName.MatchString(f.From) {
		r.problem(at, must)
	}
	return true
}
