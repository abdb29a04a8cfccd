package graph

import (
	"encoding/json"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/profilegraph/profilegraph/schema"
)

// number returns a JSON number in the form in which a Source takes it.
func number(v any) (json.Number, bool) {
	switch v := v.(type) {
	case json.Number:
		return v, true
	case int64:
		return json.Number(strconv.FormatInt(v, 10)), true
	case int:
		return json.Number(strconv.Itoa(v)), true
	case float64:
		return json.Number(appendFloat(nil, v)), !math.IsInf(v, 0) && !math.IsNaN(v)
	}
	return "", false
}

// maxNumber bounds the length of a number, since arithmetic on long ones is slow.
const maxNumber = 64

// scalarInput coerces a value that is not null to a scalar type other than JSON, or says what is
// wrong with it.
func scalarInput(t *schema.Type, v any) (_ any, problem string) {
	s, isString := v.(string)
	n, isNumber := number(v)
	if isNumber && len(n) > maxNumber {
		return nil, "is too long a number"
	}
	switch t.Name {
	case schema.JSON:
		return v, ""
	case schema.String:
		if isString {
			return v, ""
		}
		return nil, "must be a string"
	case schema.Boolean:
		if _, ok := v.(bool); ok {
			return v, ""
		}
		return nil, "must be true or false"
	case schema.ID:
		if isString {
			return v, ""
		}
		if i, ok := integer(n); ok && isNumber {
			return strconv.FormatInt(i, 10), ""
		}
		if isNumber && !strings.ContainsAny(string(n), ".eE") {
			return string(n), "" // an id is a text, so it may be longer than a number
		}
		return nil, "must be a string or a whole number"
	case schema.Int:
		if i, ok := integer(n); ok && isNumber && i >= math.MinInt32 && i <= math.MaxInt32 {
			return json.Number(strconv.FormatInt(i, 10)), ""
		}
		return nil, "must be a whole number of 32 bits"
	case schema.Long:
		if i, ok := integer(n); ok && isNumber {
			return json.Number(strconv.FormatInt(i, 10)), ""
		}
		return nil, "must be a whole number of 64 bits"
	case schema.Float:
		if _, err := n.Float64(); isNumber && err == nil {
			return n, ""
		}
		return nil, "must be a number"
	case schema.Decimal:
		if isString && len(s) <= maxNumber && isNumberText(s) {
			n, isNumber = json.Number(s), true
		}
		switch {
		case !isNumber:
			return nil, "must be a decimal number in a string"
		case t.Numeric:
			return n, ""
		default:
			return string(n), ""
		}
	}
	if !isString {
		return nil, "must be a string"
	}
	if !wellFormed(t.Name, s) {
		return nil, "is not a valid " + t.Name
	}
	return v, ""
}

// integer returns the whole number that n is, in whatever spelling (1, 1.0, 1e2).
func integer(n json.Number) (int64, bool) {
	if i, err := strconv.ParseInt(string(n), 10, 64); err == nil {
		return i, true
	}
	if !strings.ContainsAny(string(n), ".eE") {
		return 0, false
	}
	f, err := n.Float64()
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int64(f), true
}

func isNumberText(s string) bool {
	digit := func(b byte) bool { return b >= '0' && b <= '9' }
	return s != "" && (s[0] == '-' || digit(s[0])) && digit(s[len(s)-1]) && json.Valid([]byte(s))
}

// wellFormed checks the form of a scalar's value, so far as GraphQL promises it. It is not the last
// word: a document is validated against its JSON Schema before it is stored.
func wellFormed(scalar, s string) bool {
	switch scalar {
	case schema.Date:
		_, err := time.Parse(time.DateOnly, s)
		return err == nil
	case schema.DateTime:
		return schema.IsDateTime(s)
	case schema.Time:
		return schema.IsTime(s)
	case schema.Duration:
		return len(s) > 2 && s[0] == 'P' && strings.Trim(s, "PYMWDTHS.,0123456789") == ""
	case schema.EmailAddress:
		at := strings.LastIndexByte(s, '@')
		return at > 0 && at < len(s)-1 && !strings.ContainsAny(s, " \t\r\n")
	case schema.PhoneNumber:
		return len(s) > 2 && s[0] == '+' && strings.Trim(s[1:], "0123456789") == ""
	case schema.CountryCode:
		return len(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z'
	case schema.URL:
		u, err := url.Parse(s)
		return err == nil && u.IsAbs()
	case schema.UUID:
		return len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-' &&
			strings.Trim(strings.ToLower(s), "-0123456789abcdef") == ""
	}
	return true
}
