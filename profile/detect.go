package profile

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/tenant"
)

// Warning says that a value looks like personal data in a field that is not declared sensitive.
type Warning struct {
	Path string // JSON property names and list indexes joined by '.'
	Kind string // EMAIL, PHONE, CARD, IBAN, CPF, CNPJ, SSN or DNI
}

// kinds are what a text may look like, the most telling first. Numbers count only with the right
// check digits, so that order numbers and prices do not.
var kinds = []struct {
	name  string
	form  *regexp.Regexp
	valid func(digits string) bool
}{
	{"EMAIL", regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}`), nil},
	{"IBAN", regexp.MustCompile(`\b[A-Z]{2}[0-9]{2}( ?[A-Z0-9]{4}){2,7}( ?[A-Z0-9]{1,4})?\b`), iban},
	{"CNPJ", regexp.MustCompile(`\b[0-9]{2}\.?[0-9]{3}\.?[0-9]{3}/?[0-9]{4}-?[0-9]{2}\b`), cnpj},
	{"CPF", regexp.MustCompile(`\b[0-9]{3}\.?[0-9]{3}\.?[0-9]{3}-?[0-9]{2}\b`), cpf},
	{"CARD", regexp.MustCompile(`\b[2-6][0-9]{3}([ -]?[0-9]{4}){2}[ -]?[0-9]{1,7}\b`), card},
	{"SSN", regexp.MustCompile(`\b[0-8][0-9]{2}-[0-9]{2}-[0-9]{4}\b`), ssn},
	{"DNI", regexp.MustCompile(`\b[XYZ]?[0-9]{7,8}-?[A-Z]\b`), dni},
	{"PHONE", regexp.MustCompile(`(^|[^0-9+])(\+[1-9][0-9]{0,2}[ .-]?)(\(?[0-9]{1,4}\)?[ .-]?){2,5}[0-9]{2,4}\b`), phone},
}

// suspect tells which kind of personal data a text looks like, or "".
func suspect(s string) string {
	if len(s) > 10_000 {
		s = s[:10_000]
	}
	for _, k := range kinds {
		for _, found := range k.form.FindAllString(s, 8) {
			if k.valid == nil || k.valid(strip(found)) {
				return k.name
			}
		}
	}
	return ""
}

// strip leaves digits and capitals.
func strip(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, s)
}

// card holds the number of a payment card against ISO/IEC 7812-1, annex B (Luhn).
func card(digits string) bool {
	sum, double := 0, false
	for i := len(digits) - 1; i >= 0; i-- {
		d := int(digits[i] - '0')
		if double {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
		double = !double
	}
	return len(digits) >= 13 && len(digits) <= 19 && sum%10 == 0
}

// iban holds an account number against ISO 13616: the remainder by 97 is 1.
func iban(s string) bool {
	rest := 0
	for _, c := range s[4:] + s[:4] {
		if c >= 'A' {
			rest = (rest*100 + int(c-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(c-'0')) % 97
		}
	}
	return len(s) >= 15 && len(s) <= 34 && rest == 1
}

// cpf and cnpj hold Brazilian taxpayers' numbers against their two check digits.
func cpf(digits string) bool {
	return mod11(digits[:9], digits[9], 10, 12) && mod11(digits[:10], digits[10], 11, 12) && strings.Trim(digits, digits[:1]) != ""
}

func cnpj(digits string) bool {
	return mod11(digits[:12], digits[12], 5, 9) && mod11(digits[:13], digits[13], 6, 9) && strings.Trim(digits, digits[:1]) != ""
}

// mod11 weights digits from the first weight down to 2, going on from the greatest.
func mod11(digits string, check byte, weight, greatest int) bool {
	sum := 0
	for _, c := range digits {
		sum += int(c-'0') * weight
		if weight--; weight < 2 {
			weight = greatest
		}
	}
	want := 11 - sum%11
	if want > 9 {
		want = 0
	}
	return int(check-'0') == want
}

// ssn leaves out numbers that the United States do not issue.
func ssn(digits string) bool {
	return digits[:3] != "000" && digits[:3] != "666" && digits[3:5] != "00" && digits[5:] != "0000"
}

// dni holds Spanish identity numbers against their check letter.
func dni(s string) bool {
	s = strings.NewReplacer("X", "0", "Y", "1", "Z", "2").Replace(s[:1]) + s[1:]
	n := 0
	for _, c := range s[:len(s)-1] {
		if c > '9' {
			return false
		}
		n = n*10 + int(c-'0')
	}
	return len(s) == 9 && s[8] == "TRWAGMYFPDXBNJZSQVHLCKE"[n%23]
}

func phone(digits string) bool { return len(digits) >= 8 && len(digits) <= 15 }

// suspects lists the values of a document that look like personal data and are not declared to be.
func suspects(list []Warning, t *schema.Type, value any, path string) []Warning {
	switch v := value.(type) {
	case string:
		if t.Kind == schema.Scalar && (t.Name == schema.String || t.Name == schema.JSON) {
			if kind := suspect(v); kind != "" {
				return append(list, Warning{path, kind})
			}
		}
	case []any:
		for i, one := range v {
			elem := t
			if t.Kind == schema.List {
				elem = t.Elem
			}
			list = suspects(list, elem, one, fmt.Sprintf("%s.%d", path, i))
		}
	case map[string]any:
		for _, f := range fieldsOf(t, v) {
			if inner, ok := v[f.Property]; ok && !f.Sensitive && !f.PII {
				list = suspects(list, f.Type, inner, strings.TrimPrefix(path+"."+f.Property, "."))
			}
		}
		if t.Kind == schema.Scalar {
			for name, inner := range v {
				list = suspects(list, t, inner, path+"."+name)
			}
		}
	}
	return list
}

// fieldsOf returns the fields of an object, of a union those of the member that it is.
func fieldsOf(t *schema.Type, object map[string]any) []*schema.Field {
	if t.Kind != schema.Union {
		return t.Fields
	}
	tag, _ := object[t.Discriminator].(string)
	for _, m := range t.Members {
		if slices.Contains(m.Tags, tag) {
			return m.Fields
		}
	}
	return nil
}

// inspect warns of what looks like personal data in the wrong place, or refuses it if the account
// says so.
func (s *Service) inspect(ctx context.Context, id tenant.ID, e *schema.Entity, doc map[string]any, v View) error {
	found := suspects(nil, e.Type, doc, "")
	if len(found) == 0 {
		return nil
	}
	slices.SortFunc(found, func(a, b Warning) int { return strings.Compare(a.Path, b.Path) })
	for _, w := range found {
		s.suspected(w.Kind)
	}
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
