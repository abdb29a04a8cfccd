package graph

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"strconv"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// raw is a stored value where it lies. The zero raw stands for an absent one.
type raw struct {
	kind bson.Type
	data []byte
}

// unreadable stands for a value that the source could not read.
var unreadable = raw{kind: bson.TypeUndefined}

func (r raw) null() bool { return r.kind == 0 || r.kind == bson.TypeNull }

var errDamaged = errors.New("graph: a stored document is damaged")

// elements walks the elements of a document or an array. It does not trust its input.
type elements struct {
	rest []byte
}

// newElements begins a walk over a document: its length, elements, and a final zero.
func newElements(doc []byte) (elements, error) {
	if len(doc) < 5 || uint64(binary.LittleEndian.Uint32(doc)) != uint64(len(doc)) || doc[len(doc)-1] != 0 {
		return elements{}, errDamaged
	}
	return elements{doc[4 : len(doc)-1]}, nil
}

// next returns the next element; the kind is 0 at the end.
func (e *elements) next() (name []byte, value raw, err error) {
	if len(e.rest) == 0 {
		return nil, raw{}, nil
	}
	kind := bson.Type(e.rest[0])
	end := bytes.IndexByte(e.rest[1:], 0)
	if end < 0 {
		return nil, raw{}, errDamaged
	}
	name = e.rest[1 : end+1]
	body := e.rest[end+2:]
	n := size(kind, body)
	if n < 0 || n > len(body) {
		return nil, raw{}, errDamaged
	}
	e.rest = body[n:]
	return name, raw{kind, body[:n]}, nil
}

// size is the number of bytes that a value of a kind takes, or -1.
func size(kind bson.Type, b []byte) int {
	length := func() int {
		if len(b) < 4 {
			return -1
		}
		return int(int32(binary.LittleEndian.Uint32(b)))
	}
	switch kind {
	case bson.TypeDouble, bson.TypeDateTime, bson.TypeTimestamp, bson.TypeInt64:
		return 8
	case bson.TypeString:
		if n := length(); n >= 1 {
			return n + 4
		}
	case bson.TypeEmbeddedDocument, bson.TypeArray:
		if n := length(); n >= 5 {
			return n
		}
	case bson.TypeBinary:
		if n := length(); n >= 0 {
			return n + 5
		}
	case bson.TypeObjectID:
		return 12
	case bson.TypeBoolean:
		return 1
	case bson.TypeNull, bson.TypeUndefined, bson.TypeMinKey:
		return 0
	case bson.TypeInt32:
		return 4
	case bson.TypeDecimal128:
		return 16
	}
	return -1
}

// pick finds properties of a document in one walk and puts them at the same places in found, which
// is zeroed. Properties are looked for where the last one was found first, since documents are
// stored in the order of the schema.
func pick(doc []byte, props []string, found []raw) error {
	if len(props) == 0 {
		return nil
	}
	walk, err := newElements(doc)
	if err != nil {
		return err
	}
	next := 0
	for left := len(props); left > 0; {
		name, value, err := walk.next()
		if err != nil {
			return err
		}
		if value.kind == 0 {
			return nil
		}
		for i := range props {
			at := next + i
			if at >= len(props) {
				at -= len(props)
			}
			if string(name) != props[at] {
				continue
			}
			if found[at].kind == 0 {
				left--
			}
			found[at] = value
			if next = at + 1; next == len(props) {
				next = 0
			}
			break
		}
	}
	return nil
}

// text returns a string's bytes.
func (r raw) text() ([]byte, bool) {
	if r.kind != bson.TypeString || len(r.data) < 5 || r.data[len(r.data)-1] != 0 {
		return nil, false
	}
	return r.data[4 : len(r.data)-1], true
}

// integer returns a number that is whole, whatever its stored type.
func (r raw) integer() (int64, bool) {
	switch r.kind {
	case bson.TypeInt32:
		return int64(int32(binary.LittleEndian.Uint32(r.data))), true
	case bson.TypeInt64:
		return int64(binary.LittleEndian.Uint64(r.data)), true
	case bson.TypeDouble:
		f := math.Float64frombits(binary.LittleEndian.Uint64(r.data))
		// Beyond 2^53 a double stands for more than one whole number.
		return int64(f), f == math.Trunc(f) && math.Abs(f) <= 1<<53
	case bson.TypeDecimal128:
		i, err := strconv.ParseInt(r.decimal(), 10, 64)
		return i, err == nil
	}
	return 0, false
}

// float returns a number that a double can hold.
func (r raw) float() (float64, bool) {
	switch r.kind {
	case bson.TypeDouble:
		f := math.Float64frombits(binary.LittleEndian.Uint64(r.data))
		return f, !math.IsNaN(f) && !math.IsInf(f, 0)
	case bson.TypeInt32, bson.TypeInt64:
		i, _ := r.integer()
		return float64(i), i >= -1<<53 && i <= 1<<53
	case bson.TypeDecimal128:
		f, err := strconv.ParseFloat(r.decimal(), 64)
		return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
	}
	return 0, false
}

// decimal returns the text of a Decimal128.
func (r raw) decimal() string {
	low := binary.LittleEndian.Uint64(r.data)
	high := binary.LittleEndian.Uint64(r.data[8:])
	return bson.NewDecimal128(high, low).String()
}

// appendNumber writes a number of any stored type exactly.
func (r raw) appendNumber(b []byte) ([]byte, bool) {
	switch r.kind {
	case bson.TypeInt32, bson.TypeInt64:
		i, _ := r.integer()
		return strconv.AppendInt(b, i, 10), true
	case bson.TypeDouble:
		f, ok := r.float()
		if !ok {
			return b, false
		}
		return appendFloat(b, f), true
	case bson.TypeDecimal128:
		s := r.decimal()
		if !isNumberText(s) { // NaN and infinities
			return b, false
		}
		return append(b, s...), true
	}
	return b, false
}

func (r raw) boolean() (value, ok bool) {
	return r.kind == bson.TypeBoolean && r.data[0] == 1, r.kind == bson.TypeBoolean
}

func (r raw) time() time.Time {
	return time.UnixMilli(int64(binary.LittleEndian.Uint64(r.data))).UTC()
}

// maxNesting bounds recursion into stored JSON.
const maxNesting = 200

// appendJSON writes a stored value of any kind.
func (r raw) appendJSON(b []byte, depth int) ([]byte, bool) {
	if depth > maxNesting {
		return b, false
	}
	switch r.kind {
	case 0, bson.TypeNull:
		return append(b, "null"...), true
	case bson.TypeString:
		s, ok := r.text()
		return appendString(b, s), ok
	case bson.TypeBoolean:
		v, _ := r.boolean()
		return strconv.AppendBool(b, v), true
	case bson.TypeDateTime:
		return appendTime(b, r.time()), true
	case bson.TypeEmbeddedDocument, bson.TypeArray:
		return r.appendObject(b, depth, func([]byte) bool { return true })
	}
	return r.appendNumber(b)
}

// appendObject writes those members of a document that keep wants, or the items of an array.
func (r raw) appendObject(b []byte, depth int, keep func(name []byte) bool) ([]byte, bool) {
	walk, err := newElements(r.data)
	if err != nil {
		return b, false
	}
	brackets := "[]"
	if r.kind == bson.TypeEmbeddedDocument {
		brackets = "{}"
	}
	b = append(b, brackets[0])
	for first := true; ; {
		name, value, err := walk.next()
		if err != nil {
			return b, false
		}
		if value.kind == 0 {
			return append(b, brackets[1]), true
		}
		if !keep(name) {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		if r.kind == bson.TypeEmbeddedDocument {
			b = append(appendString(b, name), ':')
		}
		var ok bool
		if b, ok = value.appendJSON(b, depth+1); !ok {
			return b, false
		}
	}
}

// appendTime writes a moment as RFC 3339 has it, in UTC and with milliseconds.
func appendTime(b []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(b, `"2006-01-02T15:04:05.000Z"`)
}
