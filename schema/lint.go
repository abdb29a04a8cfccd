package schema

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// personalNames are words, and words in a row, that nearly always hold personal data where they are in the
// name of a property: in English, Portuguese and Spanish, without accents.
var personalNames = wordSet(`
	email emailaddress phone phonenumber telephone mobilephone mobilenumber cellphone cellnumber homephone whatsapp fax
	firstname lastname fullname middlename givenname familyname maidenname forename surname nickname
	contactname customername clientname recipientname receivername holdername cardholder
	birth birthdate birthday birthplace birthyear dob nationality gender maritalstatus
	address street addressline zip zipcode postcode postalcode
	passport ssn socialsecurity nationalid nationalnumber identitycard identitynumber identitydocument idcard idnumber
	taxid taxnumber taxpayer driverlicense driverslicense drivinglicense driverlicence driverslicence drivinglicence
	iban bankaccount accountnumber creditcard debitcard cardnumber cvv cvc securitycode salary
	religion ethnicity bloodtype allergy allergies sexualorientation politicalopinion

	primeironome nomecompleto nomesocial nomecliente nomemae nomedamae nomepai nomedopai ultimonome sobrenome
	telefone celular cep endereco logradouro nascimento nacionalidade naturalidade estadocivil sexo
	cpf cnpj cnh ctps passaporte tituloeleitor titulodeeleitor chavepix cartaocredito cartaodecredito numerocartao numerodocartao
	contabancaria contacorrente salario religiao etnia tiposanguineo

	nombrecompleto primernombre nombrecliente apellido telefono domicilio direccion calle codigopostal correo correoelectronico
	nacimiento nacionalidad pasaporte dni nie curp cuit cuil cedula tarjetacredito tarjetadecredito numerotarjeta numerodetarjeta
	cuentabancaria sueldo tiposangre`)

// personalAlone are words that hold personal data where they are the whole name.
var personalAlone = wordSet(`mail mobile cell nome nombre apelido movil rg rut nif rfc pis pix`)

// aboutPersonal are words that make of personal data something about it: how much there is, or whether.
var aboutPersonal = wordSet(`
	opt optin optout count total quantity max min limit length required mandatory verified verification confirmed confirmation validated valid
	enabled disabled allowed accepted consent preference preferences subscribed is has can should
	type kind format template pattern regex status label provider subject campaign sent bounced file
	quantidade obrigatorio verificado confirmado validado ativo aceite tipo cantidad obligatorio activo aceptado`)

func wordSet(text string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(text) {
		set[word] = true
	}
	return set
}

// personal reports whether the name of a property says that it holds personal data.
func personal(name string) bool {
	parts := nameParts(name)
	whole := strings.Join(parts, "")
	if personalAlone[whole] || personalNames[whole] {
		return true
	}
	if slices.ContainsFunc(parts, func(word string) bool { return aboutPersonal[word] }) {
		return false
	}
	for from := range parts {
		run := ""
		for i, word := range parts[from:min(len(parts), from+3)] {
			run += word
			if next := from + i + 1; next < len(parts) && (parts[next] == "id" || parts[next] == "ids") {
				continue // it refers to something that has the data
			}
			if personalNames[run] || personalNames[strings.TrimSuffix(run, "s")] || personalNames[strings.TrimSuffix(run, "es")] {
				return true
			}
		}
	}
	return false
}

// nameParts returns the words of a name in small letters without accents: of homePhone, home_phone and
// HOME-PHONE the same.
func nameParts(name string) []string {
	var parts []string
	var word []rune
	end := func() {
		if len(word) > 0 {
			parts = append(parts, strings.ToLower(string(word)))
			word = nil
		}
	}
	letters := []rune(norm.NFD.String(name))
	letters = slices.DeleteFunc(letters, func(r rune) bool { return unicode.Is(unicode.Mn, r) })
	for i, r := range letters {
		switch {
		case !unicode.IsLetter(r):
			end()
			continue
		case !unicode.IsUpper(r) || i == 0:
		case unicode.IsLower(letters[i-1]), i+1 < len(letters) && unicode.IsLower(letters[i+1]): // homePhone, IPAddress
			end()
		}
		word = append(word, r)
	}
	end()
	return parts
}

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
			if inClear(f.Type) && personal(f.Property) && !saysNo(source, here) {
				list = append(list, Warning{Pointer: here, Keyword: "sensitive",
					Message: "is missing: the name says personal data, which would be stored and shown in clear; declare sensitive and pii, or say \"sensitive\": false to keep it so"})
			}
			visit(f.Type, here)
		}
	}
	visit(e.Type, "")
	return list
}

// inClear reports whether a value of a type, in a field that is not sensitive, tells more than yes or no.
func inClear(t *Type) bool {
	for t.Kind == List {
		t = t.Elem
	}
	if t.Kind == Object {
		return len(t.Fields) == 0 || slices.ContainsFunc(t.Fields, func(f *Field) bool { return !f.Sensitive })
	}
	return t.Name != Boolean
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
