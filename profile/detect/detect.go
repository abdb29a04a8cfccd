// Package detect tells personal data by its form: what looks like an e-mail address, a phone number, a
// payment card, an account number or the number of a person or company.
package detect

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// kinds are the numbers that a text may hold, by the forms in which they are printed: 0 stands for a
// digit, A for a letter, X for either, all else for itself. What has check digits counts only if they
// are right. What has none must stand alone: part of an order number or a date is no phone number.
var kinds = []struct {
	name  string
	valid func(compact string) bool // unless nil: given digits and capitals only
	alone bool
	forms []string
}{
	{"CARD", card, false, []string{"0000 0000 0000 0000", "0000-0000-0000-0000", "0000.0000.0000.0000", "0000 000000 00000", "0000-000000-00000",
		"0000 000000 0000", "0000-000000-0000", "0000 0000 0000 0000 000", "0000-0000-0000-0000-000",
		"0000000000000", "00000000000000", "000000000000000", "0000000000000000", "00000000000000000", "000000000000000000", "0000000000000000000"}},
	{"CNPJ", cnpj, false, []string{"XX.XXX.XXX/XXXX-00", "XXXXXXXX/XXXX-00", "XX XXX XXX XXXX 00"}},
	{"CNPJ", plainCNPJ, false, []string{"00000000000000"}},
	{"CPF", cpf, false, []string{"000.000.000-00", "000 000 000 00", "000 000 000-00", "000-000-000-00", "000000000-00", "00000000000"}},
	{"DNI", dni, false, []string{"00000000A", "00000000-A", "00.000.000-A", "00.000.000A", "A0000000A", "A0000000-A", "A-0000000-A", "A-0000000A"}},
	{"SSN", ssn, true, []string{"000-00-0000"}},
	{"PHONE", nil, true, []string{"(00) 00000-0000", "(00)00000-0000", "(00) 00000 0000", "(00) 000000000", "(00) 0 0000-0000", "(00) 0000-0000",
		"(00)0000-0000", "(00) 0000 0000", "(00) 00000000", "(00) 000 00 00", "(000) 000-0000", "(000)000-0000", "(000)-000-0000", "(000) 000 0000",
		"(000) 000.0000", "(000) 0000000", "(000) 0000-0000", "(000) 0000 0000", "(000) 00000-0000", "(0000) 000 0000", "(0000) 000000"}},
	{"PHONE", northAmerican, true, []string{"000-000-0000", "000.000.0000", "000 000 0000", "0-000-000-0000", "0.000.000.0000", "0 000 000 0000"}},
	{"PHONE", brazilian, true, []string{"00 00000-0000", "00 00000 0000", "00-00000-0000", "00 0 0000-0000", "00 0000-0000"}},
	{"PHONE", trunk, true, []string{"000 0000 0000", "0000 000 0000", "00000 000000", "00000 000 000", "000 00000000", "0000 0000000", "000/00000000",
		"0000/0000000", "00 00 00 00 00", "00.00.00.00.00"}},
	{"PHONE", spanish, true, []string{"000 00 00 00", "00 000 00 00"}},
}

// maxSearched is how much of a text is looked at, in bytes; the time it takes grows with it.
const maxSearched = 64 << 10

// Kind tells which kind of personal data a text holds, by its looks: EMAIL, PHONE, CARD, IBAN, CPF, CNPJ, SSN
// or DNI (NIE too), whichever comes first; "" if none. In doubt it is none.
func Kind(s string) string {
	s = plain(s[:min(len(s), maxSearched)])
	for i := range len(s) {
		switch c := s[i]; {
		case c == '@':
			if email(s, i) {
				return "EMAIL"
			}
		case i > 0 && alphanumeric(s[i-1]):
		case alphanumeric(c) || c == '(' || c == '+':
			if kind := number(s, i); kind != "" {
				return kind
			}
		}
	}
	return ""
}

// plain returns a text with the digits, spaces and hyphens of ASCII in place of their variants, without
// what is invisible.
func plain(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r):
			return -1
		case unicode.Is(unicode.Zs, r):
			return ' '
		case unicode.Is(unicode.Pd, r):
			return '-'
		}
		return r
	}, norm.NFKC.String(s))
}

// number tells which kind of number begins at i, or "".
func number(s string, i int) string {
	rest := s[i:]
	if iban(rest) {
		return "IBAN"
	}
	alone := i == 0 || !strings.ContainsRune("-./_#+", rune(s[i-1]))
	if alone && international(rest) {
		return "PHONE"
	}
	for _, f := range forms[word(rest)] {
		k := kinds[f.kind]
		if (alone || !k.alone) && printed(rest, f.form) && (!k.alone || ends(rest[len(f.form):])) && (k.valid == nil || k.valid(compact(rest[:len(f.form)]))) {
			return k.name
		}
	}
	return ""
}

// form is one of those of kinds[kind].
type form struct {
	kind int
	form string
}

// forms are all there are, by the length of the word that they begin with.
var forms = func() map[int][]form {
	all := map[int][]form{}
	for i, k := range kinds {
		for _, f := range k.forms {
			all[word(f)] = append(all[word(f)], form{i, f})
		}
	}
	return all
}()

// word returns how many letters and digits a text begins with.
func word(s string) int {
	n := 0
	for n < len(s) && alphanumeric(s[n]) {
		n++
	}
	return n
}

// printed reports whether a text begins with what is printed in a form, and does not go on with it.
func printed(s, form string) bool {
	if len(s) < len(form) || len(s) > len(form) && alphanumeric(s[len(form)]) {
		return false
	}
	for i := range len(form) {
		fits := false
		switch c := s[i]; form[i] {
		case '0':
			fits = digit(c)
		case 'A':
			fits = alphanumeric(c) && !digit(c)
		case 'X':
			fits = digit(c) || c >= 'A' && c <= 'Z'
		default:
			fits = c == form[i]
		}
		if !fits {
			return false
		}
	}
	return true
}

// ends reports whether a number that stands alone may end before s.
func ends(s string) bool {
	return len(s) < 2 || !strings.ContainsRune("-./", rune(s[0])) || !digit(s[1])
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

func alphanumeric(c byte) bool { return digit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' }

// compact leaves digits and letters, as capitals.
func compact(s string) string {
	kept := make([]byte, 0, 24)
	for i := range len(s) {
		if c := s[i]; digit(c) {
			kept = append(kept, c)
		} else if alphanumeric(c) {
			kept = append(kept, c&^0x20)
		}
	}
	return string(kept)
}

// email reports whether the '@' at i is that of an e-mail address: behind it are names with dots between
// them, of which the last begins with letters. Pictures for fine screens (@2x.png) are none.
func email(s string, i int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	if i == 0 || !named(before) && !strings.ContainsRune(`._%+'"`, before) {
		return false
	}
	host := s[i+1 : min(len(s), i+1+253)]
	if end := strings.IndexFunc(host, func(r rune) bool { return r != '.' && !named(r) }); end >= 0 {
		host = host[:end]
	}
	names := strings.Split(strings.TrimRight(host, "."), ".")
	last := []rune(names[len(names)-1])
	scaled := len(names[0]) == 2 && digit(names[0][0]) && names[0][1] == 'x'
	return len(names) > 1 && !slices.Contains(names, "") && !scaled && len(last) > 1 && unicode.IsLetter(last[0]) && unicode.In(last[1], unicode.L, unicode.M)
}

// named reports whether a name of a mailbox or a host may have the letter.
func named(r rune) bool { return unicode.In(r, unicode.L, unicode.M, unicode.N) || r == '-' }

// card holds the number of a payment card against the ranges and lengths that are issued, and against
// ISO/IEC 7812-1, annex B (Luhn).
func card(digits string) bool {
	sum, double := 0, false
	for _, c := range slices.Backward([]byte(digits)) {
		d := int(c - '0')
		if double {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
		double = !double
	}
	if sum%10 != 0 {
		return false
	}
	n := len(digits)
	switch first := digits[:4]; {
	case first[0] == '4':
		return n == 16 || n == 19 || n == 13 && !gtin(digits)
	case within(first, "3400", "3499"), within(first, "3700", "3799"):
		return n == 15
	case within(first, "3000", "3059"), first == "3095", within(first, "3600", "3699"), within(first, "3800", "3999"):
		return n == 14 || n >= 16
	case within(first, "2200", "2204"), within(first, "2221", "2720"), within(first, "3528", "3589"):
		return n >= 16
	}
	return within(digits[:1], "5", "6") && n >= 16
}

func within(s, first, last string) bool { return first <= s && s <= last }

// gtin holds a number of goods (EAN) against its check digit.
func gtin(digits string) bool {
	sum, weight := 0, 1
	for _, c := range slices.Backward([]byte(digits)) {
		sum += int(c-'0') * weight
		weight = 4 - weight
	}
	return sum%10 == 0
}

// ibanLengths are from the registry of ISO 13616, by country.
var ibanLengths = func() map[string]int {
	lengths := map[string]int{}
	for i, countries := range map[int]string{15: "NO", 16: "BE", 18: "DK FI FK FO GL NL SD", 19: "MK MN", 20: "AT BA EE KZ LT LU XK", 21: "CH HR LI LV",
		22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL", 24: "AD CZ ES MD PK RO SA SE SK TN VG", 25: "LY PT ST", 26: "IS TR",
		27: "BI DJ FR GR IT MC MR SM", 28: "AL AZ BY CY DO GT HU LB NI PL SV", 29: "BR EG PS QA UA", 30: "JO KW MU YE", 31: "MT SC", 32: "LC", 33: "RU"} {
		for country := range strings.FieldsSeq(countries) {
			lengths[country] = i
		}
	}
	return lengths
}()

// iban reports whether a text begins with an account number of ISO 13616, whose remainder by 97 is 1.
func iban(s string) bool {
	if len(s) < 15 || !digit(s[2]) || !digit(s[3]) {
		return false
	}
	length := ibanLengths[strings.ToUpper(s[:2])]
	number := make([]byte, 0, 34)
	for i := 0; i < len(s) && len(number) <= length; i++ {
		if alphanumeric(s[i]) {
			number = append(number, s[i])
		} else if len(number) == length || s[i] != ' ' && s[i] != '-' {
			break
		}
	}
	if length == 0 || len(number) != length {
		return false
	}
	rest := 0
	for _, c := range compact(string(number[4:]) + string(number[:4])) {
		if c >= 'A' {
			rest = (rest*100 + int(c-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(c-'0')) % 97
		}
	}
	return rest == 1
}

// cpf and cnpj hold Brazilian taxpayers' numbers against their two check digits.
func cpf(digits string) bool {
	return mod11(digits[:9], digits[9], 10, 12) && mod11(digits[:10], digits[10], 11, 12) && strings.Trim(digits, digits[:1]) != ""
}

func cnpj(s string) bool {
	return mod11(s[:12], s[12], 5, 9) && mod11(s[:13], s[13], 6, 9) && strings.Trim(s, s[:1]) != ""
}

// plainCNPJ wants a low number of a branch, as nearly all have, so that moments such as 20261121101530 are none.
func plainCNPJ(digits string) bool { return digits[8:10] == "00" && cnpj(digits) }

// mod11 weights digits and letters from the first weight down to 2, going on from the greatest.
func mod11(s string, check byte, weight, greatest int) bool {
	sum := 0
	for _, c := range s {
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
	return digits[0] != '9' && digits[:3] != "000" && digits[:3] != "666" && digits[3:5] != "00" && digits[5:] != "0000"
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

// international reports whether a text begins with a phone number that has a country code, behind + or 00.
// In one piece it must be long, since a + may also say how much more there is; behind 00 it must be in groups,
// and not all of four digits, as long numbers of other kinds are.
func international(s string) bool {
	from := len(s) - len(strings.TrimPrefix(strings.TrimPrefix(s, "+"), "00"))
	if from == 0 || from == len(s) || s[from] < '1' || s[from] > '9' {
		return false
	}
	digits, group, groups, uneven := 0, 0, 0, false
	for i := from; i <= len(s) && digits <= 15; i++ {
		if i < len(s) && digit(s[i]) {
			digits++
			group++
			continue
		}
		if group > 0 {
			groups++
			uneven = uneven || groups > 1 && group != 4
			enough := groups > 2 && digits > 8 && uneven
			if s[0] == '+' {
				enough = digits >= 10 || groups > 1 && digits >= 8
			}
			if enough && digits <= 15 && (i == len(s) || !alphanumeric(s[i])) {
				return true
			}
		}
		group = 0
		if i+1 >= len(s) || !strings.ContainsRune(" .-/()", rune(s[i])) || s[i] == ' ' && s[i+1] == ' ' {
			return false
		}
	}
	return false
}

// The numbering plans of phones say what a number without a country code may begin with.

func northAmerican(digits string) bool {
	if len(digits) == 11 && digits[0] == '1' {
		digits = digits[1:]
	}
	return len(digits) == 10 && digits[0] >= '2' && digits[3] >= '2'
}

func brazilian(digits string) bool {
	mobile := len(digits) == 11 && digits[2] == '9'
	return digits[0] != '0' && digits[1] != '0' && (mobile || len(digits) == 10 && within(digits[2:3], "2", "5"))
}

// trunk is for countries where a 0 stands for going out of town.
func trunk(digits string) bool { return digits[0] == '0' && digits[1] != '0' }

func spanish(digits string) bool { return digits[0] >= '6' }
