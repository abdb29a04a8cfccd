package schema

import (
	"encoding/json"
	"strings"
)

// personalNames are property names, in small letters and without anything else, that nearly always
// hold personal data.
var personalNames = func() map[string]bool {
	set := map[string]bool{}
	for _, name := range strings.Fields(`
		firstname lastname fullname givenname familyname surname maidenname middlename
		birthdate birthday dateofbirth dob birthplace nationality gender
		email emailaddress mail phone phonenumber telephone mobile mobilephone cellphone homephone whatsapp
		street streetaddress homeaddress deliveryaddress ipaddress
		cpf rg cnh ssn socialsecuritynumber dni nie nif curp rut passport passportnumber nationalid taxid
		iban bankaccount creditcard cardnumber salary religion ethnicity allergies bloodtype`) {
		set[name] = true
	}
	return set
}()

// lint warns of properties whose names say that they hold personal data though they are not
// declared sensitive.
func lint(e *Entity) []Warning {
	var source any
	if err := json.Unmarshal(e.Source, &source); err != nil {
		return nil // Parse made it
	}
	var list []Warning
	seen := map[*Type]bool{}
	var visit func(t *Type, at string)
	visit = func(t *Type, at string) {
		if t == nil || seen[t] {
			return
		}
		seen[t] = true
		visit(t.Elem, at+"/items")
		for _, m := range t.Members {
			visit(m, at)
		}
		for _, f := range t.Fields {
			if f == t.Extra || f.Sensitive {
				continue
			}
			here := at + "/properties/" + escapeToken(f.Property)
			if personalNames[letters(f.Property)] && !saysNo(source, here) {
				list = append(list, Warning{Pointer: here, Keyword: "sensitive",
					Message: "is missing: the name says personal data, which would be stored and shown in clear; declare sensitive and pii, or say \"sensitive\": false to keep it so"})
			}
			visit(f.Type, here)
		}
	}
	visit(e.Type, "")
	return list
}

// saysNo reports whether the property at a pointer says of itself that it is not sensitive.
func saysNo(at any, pointer string) bool {
	for _, token := range strings.Split(pointer, "/")[1:] {
		object, _ := at.(map[string]any)
		at = object[unescapeToken(token)]
	}
	object, _ := at.(map[string]any)
	said, ok := object["sensitive"].(bool)
	return ok && !said
}

// letters leaves small letters: homePhone, home_phone and HOME-PHONE are one name.
func letters(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(name))
}
