package graph

import (
	"bytes"
	"encoding/json"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// variable is a variable that an operation declares.
type variable struct {
	name string
	typ  *inputType
	at   location
	// def is the default, to be coerced; unset{} if there is none.
	def any
}

func (e *Engine) variables(list ast.VariableDefinitionList) []variable {
	out := make([]variable, len(list))
	for i, d := range list {
		v := variable{name: d.Variable, typ: e.inputType(d.Type), at: at(d.Position), def: unset{}}
		if d.DefaultValue != nil {
			v.def = literal(d.DefaultValue, nil)
		}
		out[i] = v
	}
	return out
}

// represents reports whether a variable is for representations.
func (t *inputType) represents() bool {
	return t.elem != nil && t.elem.shape != nil && t.elem.shape.Name == anyType
}

// coerceVariables fills values with what the request gives for the variables. Errors name the
// variable and the place within it, never a value.
func coerceVariables(list []variable, given json.RawMessage, values []any) ([]any, gqlerror.List) {
	members, err := decodeVariables(given, len(list) == 1 && list[0].typ.represents())
	if err != nil {
		return values, gqlerror.List{badInput(location{}, "The variables are not a JSON object.")}
	}
	var errs gqlerror.List
	for i := range list {
		v := &list[i]
		in, ok := members.get(v.name)
		if !ok {
			in = v.def
		}
		if in == any(unset{}) {
			if v.typ.nonNull {
				errs = append(errs, badInput(v.at, "Variable $"+v.name+" is required."))
			}
			values = append(values, in)
			continue
		}
		var c coercion
		values = append(values, c.value(v.typ, in))
		if c.problem != "" {
			errs = append(errs, badInput(v.at, c.message("Variable $"+v.name)))
		}
	}
	return values, errs
}

func badInput(at location, message string) *gqlerror.Error {
	err := &gqlerror.Error{Message: message, Extensions: map[string]any{"code": codeBadInput}}
	if at.line > 0 {
		err.Locations = []gqlerror.Location{{Line: at.line, Column: at.column}}
	}
	return err
}

// members are the members of a JSON object.
type members struct {
	all   map[string]any
	name  string // of the only member, where all is nil
	value any
}

func (m members) get(name string) (any, bool) {
	if m.all == nil {
		return m.value, m.name == name && name != ""
	}
	v, ok := m.all[name]
	return v, ok
}

// decodeVariables decodes a JSON object. Most requests have the id of a document, the size of a page or
// a gateway's representations as their only variable, which needs no decoder.
func decodeVariables(b json.RawMessage, represent bool) (members, error) {
	if len(b) == 0 {
		return members{}, nil
	}
	if m, ok := only(b, represent); ok {
		return m, nil
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var m members
	return m, d.Decode(&m.all)
}

// only recognises {"name":"value"} without escapes, {"name":50}, and lists of objects of such strings.
// It is content with less than valid UTF-8, which the transport has ruled out.
func only(b []byte, represent bool) (m members, ok bool) {
	b = bytes.TrimSpace(b)
	if len(b) < 2 || b[0] != '{' || b[len(b)-1] != '}' {
		return m, false
	}
	m.name, b, ok = plainString(bytes.TrimSpace(b[1 : len(b)-1]))
	if b = bytes.TrimSpace(b); !ok || len(b) == 0 || b[0] != ':' {
		return m, false
	}
	b = bytes.TrimSpace(b[1:])
	if isCount(b) {
		m.value = json.Number(b)
		return m, true
	}
	if represent && len(b) > 0 && b[0] == '[' {
		m.value, b, ok = plainObjects(b)
		return m, ok && len(b) == 0
	}
	m.value, b, ok = plainString(b)
	return m, ok && len(b) == 0
}

// plainObject is a JSON object all of whose values are strings without escapes.
type plainObject []plainMember

type plainMember struct {
	name  string
	value any // a string, which so need not be put into an interface again
}

// plainObjects splits a JSON list of such objects off the beginning of b. They are much alike: what an
// object has in common with the one before is not kept twice.
func plainObjects(b []byte) (list []any, rest []byte, ok bool) {
	list = make([]any, 0, 16)
	var all, before plainObject
	for mark := byte('['); ; mark = ',' {
		if len(b) == 0 || b[0] != mark {
			return list, bytes.TrimSpace(b[min(1, len(b)):]), len(b) > 0 && b[0] == ']' && mark == ','
		}
		if b = bytes.TrimSpace(b[1:]); len(b) == 0 || b[0] != '{' {
			return nil, nil, false
		}
		first := len(all)
		for mark := byte('{'); len(b) > 0 && b[0] == mark; mark = ',' {
			var like plainMember
			if n := len(all) - first; n < len(before) {
				like = before[n]
			}
			var one plainMember
			if one.name, b, ok = plainText(bytes.TrimSpace(b[1:]), like.name); !ok {
				return nil, nil, false
			}
			if b = bytes.TrimSpace(b); len(b) == 0 || b[0] != ':' {
				return nil, nil, false
			}
			same, _ := like.value.(string)
			var text string
			if text, b, ok = plainText(bytes.TrimSpace(b[1:]), same); !ok {
				return nil, nil, false
			}
			if one.value = like.value; text != same || one.value == nil {
				one.value = text
			}
			all = append(all, one)
			b = bytes.TrimSpace(b)
		}
		if len(b) == 0 || b[0] != '}' {
			return nil, nil, false
		}
		before = all[first:len(all):len(all)]
		list = append(list, before)
		b = bytes.TrimSpace(b[1:])
	}
}

// memberOf returns the member of a decoded JSON object.
func memberOf(object any, name string) any {
	switch o := object.(type) {
	case map[string]any:
		return o[name]
	case plainObject:
		for i := len(o) - 1; i >= 0; i-- { // of several the last one counts
			if o[i].name == name {
				return o[i].value
			}
		}
	}
	return nil
}

// isCount reports whether b is a whole number of at most nine digits.
func isCount(b []byte) bool {
	if len(b) == 0 || len(b) > 9 || b[0] == '0' && len(b) > 1 {
		return false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// plainString splits a JSON string without escapes off the beginning of b.
func plainString(b []byte) (s string, rest []byte, ok bool) { return plainText(b, "") }

// plainText is plainString. A string that is like another becomes that one.
func plainText(b []byte, like string) (s string, rest []byte, ok bool) {
	if len(b) < 2 || b[0] != '"' {
		return "", nil, false
	}
	for i, c := range b[1:] {
		switch {
		case c == '"':
			if text := b[1 : i+1]; string(text) == like {
				return like, b[i+2:], true
			}
			return string(b[1 : i+1]), b[i+2:], true
		case c == '\\' || c < ' ':
			return "", nil, false
		}
	}
	return "", nil, false
}
