package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"
)

var (
	errNumber = errors.New("a number has more digits than can be stored")
	errValue  = errors.New("a value is of no JSON kind")
)

// storable tells whether a number, of whatever type, can be stored without loss.
func storable(n json.Number) bool {
	if _, ok := integral(n); ok {
		return true
	}
	if fitsDecimal128(n) {
		return true
	}
	_, ok := exactFloat(n)
	return ok
}

// Encode turns a document into its stored form: properties in the order of the schema, those not
// declared behind them in order of name, numbers by their type. Decode gives back an equal
// document. Encode fails if a number has more digits than can be stored or a value is no JSON;
// neither passes Validate.
func (e *Entity) Encode(doc map[string]any) (bson.Raw, error) {
	b, err := appendObject(nil, e.Type, doc)
	if err != nil {
		return nil, fmt.Errorf("encoding a document of %s: %w", e.Name, err)
	}
	return b, nil
}

// appendObject appends a document; t may be nil, or an object.
func appendObject(b []byte, t *Type, doc map[string]any) ([]byte, error) {
	start := len(b)
	b = append(b, 0, 0, 0, 0)
	var err error
	declared := 0
	if t != nil {
		for _, f := range t.Fields {
			value, ok := doc[f.Property]
			if !ok || f == t.Extra {
				continue
			}
			declared++
			if b, err = appendElement(b, f.Property, f.Type, value); err != nil {
				return nil, err
			}
		}
	}
	if declared < len(doc) {
		rest := make([]string, 0, len(doc)-declared)
		for name := range doc {
			if t == nil || t.byProperty[name] == nil {
				rest = append(rest, name)
			}
		}
		slices.Sort(rest)
		for _, name := range rest {
			if b, err = appendElement(b, name, nil, doc[name]); err != nil {
				return nil, err
			}
		}
	}
	return finish(b, start), nil
}

// finish ends the document that begins at start and writes its length.
func finish(b []byte, start int) []byte {
	b = append(b, 0)
	n := uint32(len(b) - start)
	b[start], b[start+1], b[start+2], b[start+3] = byte(n), byte(n>>8), byte(n>>16), byte(n>>24)
	return b
}

func appendElement(b []byte, name string, t *Type, value any) ([]byte, error) {
	at := len(b)
	b = append(b, 0)
	b = append(b, name...)
	b = append(b, 0)
	if slices.Contains(b[at+1:len(b)-1], 0) {
		return nil, errors.New("a property name contains NUL")
	}
	kind, b, err := appendBSON(b, t, value)
	if err != nil {
		return nil, err
	}
	b[at] = byte(kind)
	return b, nil
}

func appendBSON(b []byte, t *Type, value any) (bson.Type, []byte, error) {
	switch v := value.(type) {
	case nil:
		return bson.TypeNull, b, nil
	case bool:
		if v {
			return bson.TypeBoolean, append(b, 1), nil
		}
		return bson.TypeBoolean, append(b, 0), nil
	case string:
		return bson.TypeString, appendText(b, v), nil
	case json.Number:
		return appendNumber(b, t, v)
	case []any:
		var elem *Type
		if t != nil && t.Kind == List {
			elem = t.Elem
		}
		start := len(b)
		b = append(b, 0, 0, 0, 0)
		var err error
		for i, e := range v {
			if b, err = appendElement(b, strconv.Itoa(i), elem, e); err != nil {
				return 0, nil, err
			}
		}
		return bson.TypeArray, finish(b, start), nil
	case map[string]any:
		var of *Type
		if t != nil && t.Kind == Object {
			of = t
		} else if t != nil && t.Kind == Union {
			of = t.member(v)
		}
		b, err := appendObject(b, of, v)
		return bson.TypeEmbeddedDocument, b, err
	}
	return 0, nil, errValue
}

func appendText(b []byte, s string) []byte {
	n := uint32(len(s) + 1)
	b = append(b, byte(n), byte(n>>8), byte(n>>16), byte(n>>24))
	return append(append(b, s...), 0)
}

func appendNumber(b []byte, t *Type, n json.Number) (bson.Type, []byte, error) {
	scalar := JSON
	if t != nil && t.Kind == Scalar {
		scalar = t.Name
	}
	switch scalar {
	case Decimal:
		return bson.TypeString, appendText(b, string(n)), nil
	case Int:
		if i, ok := integral(n); ok && i >= math.MinInt32 && i <= math.MaxInt32 {
			return bson.TypeInt32, appendUint32(b, uint32(int32(i))), nil
		}
	case Float:
		if f, ok := exactFloat(n); ok {
			return bson.TypeDouble, appendUint64(b, math.Float64bits(f)), nil
		}
	}
	if i, ok := integral(n); ok {
		return bson.TypeInt64, appendUint64(b, uint64(i)), nil
	}
	if f, ok := exactFloat(n); ok {
		return bson.TypeDouble, appendUint64(b, math.Float64bits(f)), nil
	}
	if fitsDecimal128(n) {
		negative, digits, exp := decompose(string(n))
		if negative {
			digits = "-" + digits
		}
		if d, err := bson.ParseDecimal128(digits + "E" + strconv.Itoa(exp)); err == nil {
			high, low := d.GetBytes()
			return bson.TypeDecimal128, appendUint64(appendUint64(b, low), high), nil
		}
	}
	return 0, nil, errNumber
}

func appendUint32(b []byte, n uint32) []byte {
	return append(b, byte(n), byte(n>>8), byte(n>>16), byte(n>>24))
}

func appendUint64(b []byte, n uint64) []byte {
	return appendUint32(appendUint32(b, uint32(n)), uint32(n>>32))
}

// Decode turns the stored form back into a document as encoding/json decodes it with UseNumber. It
// reads what any version of the schema has written.
func (e *Entity) Decode(raw bson.Raw) (map[string]any, error) {
	doc, err := decodeObject(e.Type, raw)
	if err != nil {
		return nil, fmt.Errorf("decoding a document of %s: %w", e.Name, err)
	}
	return doc, nil
}

func decodeObject(t *Type, raw bson.Raw) (map[string]any, error) {
	elements, err := raw.Elements()
	if err != nil {
		return nil, err
	}
	if t != nil && t.Kind == Union {
		tag, _ := raw.Lookup(t.Discriminator).StringValueOK()
		t = t.byTag[tag]
	}
	doc := make(map[string]any, len(elements))
	for _, el := range elements {
		name := el.Key()
		var of *Type
		if t != nil && t.Kind == Object {
			if f := t.byProperty[name]; f != nil {
				of = f.Type
			}
		}
		if doc[name], err = decodeBSON(of, el.Value()); err != nil {
			return nil, err
		}
	}
	return doc, nil
}

func decodeBSON(t *Type, v bson.RawValue) (any, error) {
	switch v.Type {
	case bson.TypeNull, bson.TypeMinKey: // in a masked copy MinKey is a value that does not fit
		return nil, nil
	case bson.TypeBoolean:
		return v.Boolean(), nil
	case bson.TypeString:
		s := v.StringValue()
		if t != nil && t.Numeric && isJSONNumber(s) {
			return json.Number(s), nil
		}
		return s, nil
	case bson.TypeInt32:
		return json.Number(strconv.FormatInt(int64(v.Int32()), 10)), nil
	case bson.TypeInt64:
		return json.Number(strconv.FormatInt(v.Int64(), 10)), nil
	case bson.TypeDouble:
		return floatNumber(v.Double())
	case bson.TypeDecimal128:
		n := v.Decimal128().String()
		if !isJSONNumber(n) {
			return nil, errValue
		}
		return json.Number(n), nil
	case bson.TypeArray:
		return decodeArray(t, v.Array())
	case bson.TypeEmbeddedDocument:
		return decodeObject(t, v.Document())
	}
	return nil, errValue
}

func decodeArray(t *Type, raw bson.RawArray) (any, error) {
	values, err := raw.Values()
	if err != nil {
		return nil, err
	}
	var elem *Type
	if t != nil && t.Kind == List {
		elem = t.Elem
	}
	list := make([]any, len(values))
	for i, e := range values {
		if list[i], err = decodeBSON(elem, e); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func floatNumber(f float64) (any, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, errValue
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return json.Number(strconv.FormatFloat(f, format, -1, 64)), nil
}
