package schema

import (
	"encoding/json"
	"errors"
	"math/big"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// format is one value of the keyword "format".
type format struct {
	scalar  string            // the GraphQL scalar of a string with it
	numeric bool              // it is said of numbers; unless valid says more, their type checks the range
	note    bool              // it is never checked
	valid   func(string) bool // of a number its text; nil: the validator's own check holds
}

// formats are the formats that are known. Others are annotations without effect.
var formats = map[string]format{
	"email":                 {scalar: EmailAddress, valid: isEmail},
	"idn-email":             {scalar: String, valid: func(s string) bool { at := strings.LastIndexByte(s, '@'); return at > 0 && at < len(s)-1 }},
	"uri":                   {scalar: URL, valid: isURL},
	"url":                   {scalar: URL, valid: isURL},
	"iri":                   {scalar: String, valid: isURL},
	"uri-reference":         {scalar: String, valid: isReference},
	"iri-reference":         {scalar: String, valid: isReference},
	"uri-template":          {scalar: String},
	"uuid":                  {scalar: UUID},
	"date":                  {scalar: Date},
	"time":                  {scalar: Time, valid: IsTime},
	"date-time":             {scalar: DateTime, valid: IsDateTime},
	"duration":              {scalar: Duration},
	"phone":                 {scalar: PhoneNumber, valid: isE164},
	"e164":                  {scalar: PhoneNumber, valid: isE164},
	"country":               {scalar: CountryCode, valid: isCountry},
	"country-code":          {scalar: CountryCode, valid: isCountry},
	"iso-3166-1-alpha-2":    {scalar: CountryCode, valid: isCountry},
	"decimal":               {scalar: Decimal, valid: isDecimal},
	"ipv4":                  {scalar: String},
	"ipv6":                  {scalar: String},
	"hostname":              {scalar: String},
	"json-pointer":          {scalar: String},
	"relative-json-pointer": {scalar: String},
	"regex":                 {scalar: String},
	"password":              {scalar: String, note: true},
	"byte":                  {scalar: String, note: true},
	"binary":                {scalar: String, note: true},
	"int32":                 {scalar: Int, numeric: true},
	"int64":                 {scalar: Long, numeric: true},
	"long":                  {scalar: Long, numeric: true},
	"uint32":                {scalar: Long, numeric: true, valid: isUnsigned(32)},
	"uint64":                {scalar: Long, numeric: true, valid: isUnsigned(64)},
	"float":                 {scalar: Float, numeric: true},
	"double":                {scalar: Float, numeric: true},
}

// enforced tells whether values are held against the format.
func (f format) enforced() bool { return f.scalar != "" && !f.note && (!f.numeric || f.valid != nil) }

var errFormat = errors.New("does not match the format")

// registerFormats gives the validator the checks that it lacks, or has looser.
func registerFormats(c *jsonschema.Compiler) {
	for name, f := range formats {
		if f.valid == nil {
			continue
		}
		c.RegisterFormat(&jsonschema.Format{Name: name, Validate: func(v any) error {
			s, ok := v.(string)
			if f.numeric {
				var n json.Number
				n, ok = v.(json.Number)
				s = string(n)
			}
			if ok && !f.valid(s) {
				return errFormat
			}
			return nil
		}})
	}
	// Formats that only the validator knows would be checked without being documented.
	for _, name := range []string{"period", "semver"} {
		c.RegisterFormat(&jsonschema.Format{Name: name, Validate: func(any) error { return nil }})
	}
}

const alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// isEmail accepts the addresses of RFC 5321 that are in use: no quoted local parts and no address
// literals.
func isEmail(s string) bool {
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at > 64 || len(s) > 254 {
		return false
	}
	for atom := range strings.SplitSeq(s[:at], ".") {
		if atom == "" || strings.Trim(atom, alphanumeric+"!#$%&'*+-/=?^_`{|}~") != "" {
			return false
		}
	}
	for label := range strings.SplitSeq(s[at+1:], ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, alphanumeric+"-") != "" || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	return true
}

func isURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.IsAbs() && (u.Host != "" || u.Opaque != "" || u.Path != "") && isReference(s)
}

func isReference(s string) bool {
	_, err := url.Parse(s)
	return err == nil && !strings.ContainsAny(s, " \\<>\"{}|^`")
}

func isUnsigned(bits uint) func(string) bool {
	beyond := new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), bits))
	return func(s string) bool {
		n, ok := new(big.Rat).SetString(s)
		return ok && n.Sign() >= 0 && n.Cmp(beyond) < 0
	}
}

// IsDateTime reports whether a text is a date-time of RFC 3339, section 5.6.
func IsDateTime(s string) bool {
	if len(s) <= len(time.DateOnly) || s[len(time.DateOnly)] != 'T' && s[len(time.DateOnly)] != 't' {
		return false
	}
	_, err := time.Parse(time.DateOnly, s[:len(time.DateOnly)])
	return err == nil && IsTime(s[len(time.DateOnly)+1:])
}

// IsTime reports whether a text is a full-time of RFC 3339, section 5.6. A leap second ends a day of UTC; which
// days had one is no question of form.
func IsTime(s string) bool {
	part := fullTime.FindStringSubmatch(s)
	if part == nil {
		return false
	}
	if part[3] != "60" {
		return true
	}
	minute := minutes(part[1], part[2])
	switch part[4] {
	case "+":
		minute -= minutes(part[5], part[6])
	case "-":
		minute += minutes(part[5], part[6])
	}
	const day = 24 * 60
	return (minute+day)%day == day-1
}

var fullTime = regexp.MustCompile(`^([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9]|60)(?:\.[0-9]+)?(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))$`)

// minutes is the number of minutes in hours and minutes of two digits each.
func minutes(hh, mm string) int {
	return 60*(10*int(hh[0]-'0')+int(hh[1]-'0')) + 10*int(mm[0]-'0') + int(mm[1]-'0')
}

// isE164 accepts "+", a country code and a number: 7 to 15 digits.
func isE164(s string) bool {
	digits, ok := strings.CutPrefix(s, "+")
	return ok && len(digits) >= 7 && len(digits) <= 15 && digits[0] != '0' && strings.Trim(digits, "0123456789") == ""
}

// isDecimal accepts what JSON accepts as a number, within the limits of a number.
func isDecimal(s string) bool {
	return len(s) <= maxNumberLen && isJSONNumber(s) && checkNumber(s) == ""
}

func isCountry(s string) bool {
	return len(s) == 2 && strings.Contains(countries, " "+s+" ")
}

// countries are the officially assigned codes of ISO 3166-1 alpha-2.
const countries = ` AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ ` +
	`CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR ` +
	`GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT ` +
	`JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ ` +
	`NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW ` +
	`SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ ` +
	`UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW `
