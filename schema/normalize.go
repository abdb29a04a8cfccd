package schema

import (
	"encoding/json"
	"errors"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Normalize brings a value into the form in which look-up keys are compared, so that different
// spellings of one e-mail address, phone or name find the same document. The kinds are those of
// x-normalize:
//
//	email   lower case, the domain in its ASCII form
//	name    case folded, white space collapsed
//	phone   "+" and digits; separators are dropped, "00" is read as "+"
//	digits  only digits and letters, letters in upper case
//	exact   as it is
//
// All kinds compose characters (NFC) and trim white space. Numbers and booleans have one text for
// all their spellings. Normalize is idempotent. It fails for null, lists and objects, and for a
// kind that there is not; the error does not hold the value.
func Normalize(kind string, v any) (string, error) {
	switch v := v.(type) {
	case string:
		return normalizeText(kind, v)
	case json.Number:
		if !isJSONNumber(string(v)) || checkNumber(string(v)) != "" {
			return "", errors.New("schema: normalizing a number that is none")
		}
		return canonicalNumber(string(v)), nil
	case bool:
		return scalarText(v), nil
	}
	return "", errors.New("schema: only strings, numbers and booleans can be normalized")
}

func normalizeText(kind, s string) (string, error) {
	s = strings.TrimSpace(norm.NFC.String(strings.ToValidUTF8(s, "\uFFFD")))
	switch kind {
	case "", "exact":
		return s, nil
	case "email":
		return normalizeEmail(s), nil
	case "name":
		return strings.Join(strings.Fields(foldCase(s)), " "), nil
	case "phone":
		return normalizePhone(s), nil
	case "digits":
		return norm.NFC.String(strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return unicode.ToUpper(r)
			}
			return -1
		}, asciiDigits(s))), nil
	}
	return "", errors.New("schema: there is no such kind of normalization")
}

// foldCase folds and composes again, since folding may take composed characters apart.
func foldCase(s string) string { return norm.NFC.String(cases.Fold().String(s)) }

func normalizeEmail(s string) string {
	s = norm.NFC.String(strings.ToLower(s))
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return s
	}
	domain := strings.TrimRightFunc(s[at+1:], func(r rune) bool { return r == '.' || unicode.IsSpace(r) })
	if !plainDomain(domain) {
		if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
			domain = ascii
		}
	}
	return s[:at+1] + domain
}

// plainDomain reports whether a domain is its own ASCII form without a doubt: letters in lower case
// and digits in its labels, and no hyphen, of which some mean something.
func plainDomain(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' {
			return false
		}
	}
	return true
}

func normalizePhone(s string) string {
	s = asciiDigits(s)
	international := strings.HasPrefix(s, "+")
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
	if !international && strings.HasPrefix(digits, "00") {
		digits, international = digits[2:], true
	}
	if international && digits != "" {
		return "+" + digits
	}
	return digits
}

// asciiDigits writes digits as ASCII: full-width and styled ones by compatibility, and those of
// the Arabic script.
func asciiDigits(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '\u0660' && r <= '\u0669':
			return '0' + r - '\u0660'
		case r >= '\u06F0' && r <= '\u06F9':
			return '0' + r - '\u06F0'
		}
		return r
	}, norm.NFKC.String(s))
}
