package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// object is a JSON object that remembers the order of its members. Order matters: it is the order
// of fields in the API and of bytes in Entity.Source.
//
// JSON values in this package are *object, []any, string, json.Number, bool or nil while a schema
// is being read, and map[string]any in place of *object everywhere else.
type object struct {
	keys []string
	vals map[string]any
}

func newObject() *object { return &object{vals: make(map[string]any)} }

func (o *object) get(key string) (any, bool) {
	v, ok := o.vals[key]
	return v, ok
}

func (o *object) has(key string) bool {
	_, ok := o.vals[key]
	return ok
}

// set adds a member at the end, or replaces the one of that name where it stands.
func (o *object) set(key string, v any) {
	if _, ok := o.vals[key]; !ok {
		o.keys = append(o.keys, key)
	}
	o.vals[key] = v
}

// clone copies the object itself, not its values.
func (o *object) clone() *object {
	c := &object{keys: slices.Clone(o.keys), vals: make(map[string]any, len(o.vals))}
	for k, v := range o.vals {
		c.vals[k] = v
	}
	return c
}

func (o *object) str(key string) string     { s, _ := o.vals[key].(string); return s }
func (o *object) object(key string) *object { v, _ := o.vals[key].(*object); return v }
func (o *object) array(key string) []any    { v, _ := o.vals[key].([]any); return v }

// decodeJSON reads exactly one JSON value within the limits. Unlike encoding/json it keeps the
// order of members and refuses duplicate names and invalid UTF-8.
func decodeJSON(doc []byte, l Limits) (any, *Problem) {
	if len(doc) > l.Size {
		return nil, &Problem{Message: fmt.Sprintf("the document has %d bytes, more than the limit of %d", len(doc), l.Size), Fix: "split it into entities of their own, or drop what is not used"}
	}
	if bytes.HasPrefix(doc, []byte("\xef\xbb\xbf")) {
		return nil, &Problem{Message: "the document begins with a byte order mark", Fix: "save it as UTF-8 without one"}
	}
	if !utf8.Valid(doc) {
		return nil, &Problem{Message: "the document is not valid UTF-8", Fix: "save it as UTF-8"}
	}
	if len(bytes.TrimSpace(doc)) == 0 {
		return nil, &Problem{Message: "the document is empty", Fix: "write a JSON Schema into it"}
	}
	d := &jsonReader{dec: json.NewDecoder(bytes.NewReader(doc)), doc: doc, limits: l}
	if UnpairedSurrogate(doc) >= 0 {
		d.torn = doc
	}
	d.dec.UseNumber()
	v := d.value(nil)
	if d.problem == nil {
		if _, err := d.dec.Token(); err != io.EOF {
			d.fail(nil, "there is more after the end of the JSON value", "send one JSON value")
		}
	}
	if d.problem != nil {
		return nil, d.problem
	}
	return v, nil
}

type jsonReader struct {
	dec     *json.Decoder
	doc     []byte
	limits  Limits
	problem *Problem
	torn    []byte // the document, if an unpaired surrogate is in it
}

func (d *jsonReader) fail(path []string, message, fix string) {
	if d.problem == nil {
		d.problem = &Problem{Pointer: pointer(path), Message: message, Fix: fix}
	}
}

func (d *jsonReader) token(path []string) json.Token {
	begin := d.dec.InputOffset()
	t, err := d.dec.Token()
	if err != nil {
		d.fail(path, fmt.Sprintf("broken JSON in %s", d.place(begin)), "check it with a JSON formatter; YAML and comments are not read")
		return nil
	}
	if d.torn != nil && UnpairedSurrogate(d.torn[begin:d.dec.InputOffset()]) >= 0 {
		d.fail(path, "an escape in the text stands for half of a character (an unpaired surrogate)", `write the character itself, or the escapes of both halves`)
	}
	return t
}

// place tells in words where in the document the token is that does not come after an offset.
func (d *jsonReader) place(offset int64) string {
	rest := d.doc[offset:]
	before := d.doc[:len(d.doc)-len(bytes.TrimLeft(rest, " \t\r\n,:"))]
	if len(before) == len(d.doc) {
		return "its last line: it ends too early"
	}
	line := before[bytes.LastIndexByte(before, '\n')+1:]
	return fmt.Sprintf("line %d, column %d", bytes.Count(before, []byte("\n"))+1, utf8.RuneCount(line)+1)
}

// UnpairedSurrogate returns where in a JSON or GraphQL text an escape in a string stands for half of a
// character, or -1. Decoders put U+FFFD in its place, and what was there is lost.
func UnpairedSurrogate(text []byte) int {
	for i := 0; i < len(text); {
		n := bytes.IndexByte(text[i:], '\\')
		if n < 0 {
			break
		}
		i += n
		var half rune
		if i+1 < len(text) && text[i+1] == 'u' {
			half = escaped(text[i:])
		}
		if !utf16.IsSurrogate(half) {
			i += 2 // whatever is escaped, a backslash too
		} else if utf16.DecodeRune(half, escaped(text[i+6:])) == utf8.RuneError {
			return i
		} else {
			i += 12
		}
	}
	return -1
}

// escaped returns what the escape \uXXXX at the beginning of a text stands for; if there is none, what is no surrogate.
func escaped(text []byte) rune {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0
	}
	n, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	if err != nil {
		return 0
	}
	return rune(n)
}

func (d *jsonReader) value(path []string) any {
	switch t := d.token(path).(type) {
	case json.Delim:
		if len(path) >= d.limits.Depth*4 {
			// One level of schema is at most about four of JSON; the depth proper is checked later.
			d.fail(path, "the JSON is nested too deeply", "flatten it")
			return nil
		}
		if t == '{' {
			return d.object(path)
		}
		var list []any
		for d.problem == nil && d.dec.More() {
			list = append(list, d.value(append(path, strconv.Itoa(len(list)))))
		}
		d.token(path)
		if list == nil {
			list = []any{}
		}
		return list
	case json.Number:
		if err := checkNumber(string(t)); err != "" {
			d.fail(path, err, "write it shorter")
		}
		return t
	default:
		return t
	}
}

func (d *jsonReader) object(path []string) *object {
	o := newObject()
	for d.problem == nil && d.dec.More() {
		key, _ := d.token(path).(string)
		if d.problem != nil {
			break
		}
		at := append(path, key)
		if o.has(key) {
			d.fail(at, "the name appears twice in one object", "remove one of the two")
			break
		}
		o.set(key, d.value(at))
	}
	d.token(path)
	return o
}

// appendJSON writes v compactly, members in their order.
func appendJSON(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, v)
	case json.Number:
		return append(b, v...)
	case string:
		return appendString(b, v)
	case []any:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, e)
		}
		return append(b, ']')
	case *object:
		b = append(b, '{')
		for i, k := range v.keys {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendString(b, k), ':')
			b = appendJSON(b, v.vals[k])
		}
		return append(b, '}')
	}
	return append(b, "null"...)
}

func appendString(b []byte, s string) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if enc.Encode(s) != nil { // a string always encodes
		return append(b, `""`...)
	}
	return append(b, bytes.TrimSuffix(buf.Bytes(), []byte{'\n'})...)
}

// plain turns ordered objects into maps, copying all of v.
func plain(v any) any {
	switch v := v.(type) {
	case *object:
		m := make(map[string]any, len(v.keys))
		for k, e := range v.vals {
			m[k] = plain(e)
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = plain(e)
		}
		return list
	}
	return v
}

// copyValue copies a plain value deeply.
func copyValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := make(map[string]any, len(v))
		for k, e := range v {
			m[k] = copyValue(e)
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = copyValue(e)
		}
		return list
	}
	return v
}

// valueKey is a text that two JSON values share exactly if JSON Schema holds them equal.
func valueKey(v any) string {
	switch v := v.(type) {
	case json.Number:
		return canonicalNumber(string(v))
	case []any:
		var b strings.Builder
		for _, e := range v {
			b.WriteString(strconv.Quote(valueKey(e)))
		}
		return "[" + b.String() + "]"
	case *object:
		var b strings.Builder
		for _, k := range slices.Sorted(slices.Values(v.keys)) {
			b.WriteString(strconv.Quote(k) + ":" + strconv.Quote(valueKey(v.vals[k])))
		}
		return "{" + b.String() + "}"
	}
	return string(appendJSON(nil, v))
}

func pointer(path []string) string {
	var b strings.Builder
	for _, p := range path {
		b.WriteByte('/')
		b.WriteString(escapeToken(p))
	}
	return b.String()
}

func escapeToken(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "~", "~0"), "/", "~1")
}

func unescapeToken(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "~1", "/"), "~0", "~")
}
