package schema

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

const (
	maxNumberLen = 64   // of a number token
	maxExponent  = 1000 // arbitrary precision arithmetic on 10^±1000 is still quick
)

// checkNumber says what is wrong with a JSON number token whose handling could be costly, or "".
func checkNumber(s string) string {
	if len(s) > maxNumberLen {
		return "a number has more than " + strconv.Itoa(maxNumberLen) + " characters"
	}
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		if e, err := strconv.Atoi(s[i+1:]); err != nil || e > maxExponent || e < -maxExponent {
			return "a number has an exponent beyond " + strconv.Itoa(maxExponent)
		}
	}
	return ""
}

// decompose splits a JSON number into sign, significant digits without zeros at either end, and
// the exponent of ten by which they are multiplied. Zero has no digits.
func decompose(s string) (negative bool, digits string, exp int) {
	s, negative = strings.CutPrefix(s, "-")
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		exp, _ = strconv.Atoi(s[i+1:])
		s = s[:i]
	}
	if whole, frac, ok := strings.Cut(s, "."); ok {
		s = whole + frac
		exp -= len(frac)
	}
	s = strings.TrimLeft(s, "0")
	digits = strings.TrimRight(s, "0")
	exp += len(s) - len(digits)
	if digits == "" {
		return false, "", 0
	}
	return negative, digits, exp
}

// canonicalNumber is the same text for all spellings of one number.
func canonicalNumber(s string) string {
	negative, digits, exp := decompose(s)
	if digits == "" {
		return "0"
	}
	var b strings.Builder
	if negative {
		b.WriteByte('-')
	}
	switch {
	case exp >= 0 && len(digits)+exp <= 40:
		b.WriteString(digits + strings.Repeat("0", exp))
	case exp < 0 && -exp < len(digits):
		b.WriteString(digits[:len(digits)+exp] + "." + digits[len(digits)+exp:])
	case exp < 0 && -exp <= 40:
		b.WriteString("0." + strings.Repeat("0", -exp-len(digits)) + digits)
	default:
		b.WriteString(digits + "e" + strconv.Itoa(exp))
	}
	return b.String()
}

// integral returns the number as an int64 if it is one, in whatever spelling (1, 1.0, 1e2).
func integral(n json.Number) (int64, bool) {
	if i, err := strconv.ParseInt(string(n), 10, 64); err == nil {
		return i, true
	}
	negative, digits, exp := decompose(string(n))
	if digits == "" {
		return 0, true
	}
	if exp < 0 || len(digits)+exp > 19 {
		return 0, false
	}
	text := digits + strings.Repeat("0", exp)
	if negative {
		text = "-" + text
	}
	i, err := strconv.ParseInt(text, 10, 64)
	return i, err == nil
}

// exactFloat returns the number as a float64 if printing that float gives the same number back.
func exactFloat(n json.Number) (float64, bool) {
	f, err := strconv.ParseFloat(string(n), 64)
	if err != nil || math.IsInf(f, 0) {
		return 0, false
	}
	return f, canonicalNumber(strconv.FormatFloat(f, 'e', -1, 64)) == canonicalNumber(string(n))
}

// Decimal128 has 34 digits and exponents from -6176 to 6111; what fits neither an int64 nor a
// float64 has to fit into it.
func fitsDecimal128(n json.Number) bool {
	_, digits, exp := decompose(string(n))
	return len(digits) <= 34 && exp >= -6100 && exp <= 6100
}

func isJSONNumber(s string) bool {
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	return s != "" && (s[0] == '-' || digit(s[0])) && digit(s[len(s)-1]) && json.Valid([]byte(s))
}
