package schema

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"unicode"
)

var entityName = regexp.MustCompile(`^[A-Z][A-Za-z0-9]{0,62}$`)

// graphqlName maps a JSON name onto a GraphQL name. It is a function of the name alone: letters,
// digits and '_' stay; '+' becomes "plus", '<' "lt", '>' "gt", '=' "eq" and a '-' before a leading
// digit "minus"; what is not ASCII becomes _uXXXX; any other character becomes '_'. A leading digit gets a '_' before it, and several
// leading '_' become one, since GraphQL keeps names that begin with two for itself.
func graphqlName(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z':
			b.WriteRune(r)
		case r >= '0' && r <= '9':
			if i == 0 {
				b.WriteByte('_')
			}
			b.WriteRune(r)
		case r == '+':
			b.WriteString("plus")
		case r == '<':
			b.WriteString("lt")
		case r == '>':
			b.WriteString("gt")
		case r == '=':
			b.WriteString("eq")
		case r == '-' && i == 0 && len(s) > 1 && s[1] >= '0' && s[1] <= '9':
			b.WriteString("minus")
		case r > unicode.MaxASCII:
			fmt.Fprintf(&b, "_u%04X", r)
		default:
			b.WriteByte('_')
		}
	}
	name := b.String()
	if name == "" {
		return "_empty"
	}
	if strings.HasPrefix(name, "__") {
		name = "_" + strings.TrimLeft(name, "_")
	}
	return name
}

// enumName is graphqlName for enum values, among which GraphQL reserves three names.
func enumName(s string) string {
	name := graphqlName(s)
	if name == "true" || name == "false" || name == "null" {
		return "_" + name
	}
	return name
}

// pascal is the form in which a name is appended to the name of a type.
func pascal(s string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(graphqlName(s), "_") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	if b.Len() == 0 {
		return "_"
	}
	return b.String()
}

// definitionName is what a definition's key contributes to the name of its type: of a URL (a
// document of a bundle) the last segment without extensions, otherwise the key.
func definitionName(key string) string {
	if strings.Contains(key, "/") {
		key = path.Base(strings.TrimRight(strings.SplitN(key, "#", 2)[0], "/"))
		key, _, _ = strings.Cut(key, ".")
	}
	return pascal(key)
}

// lowerFirst turns an entity's name into the name of a field.
func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// defaultPlural is the field name of many where x-entity gives none.
func defaultPlural(entity string) string {
	s := lowerFirst(entity)
	switch {
	case strings.HasSuffix(s, "s"), strings.HasSuffix(s, "x"), strings.HasSuffix(s, "ch"), strings.HasSuffix(s, "sh"):
		return s + "es"
	case strings.HasSuffix(s, "y") && len(s) > 1 && !strings.ContainsRune("aeiou", rune(s[len(s)-2])):
		return s[:len(s)-1] + "ies"
	}
	return s + "s"
}

// builtinTypes are the names that the GraphQL API itself uses.
var builtinTypes = map[string]bool{
	String: true, Int: true, Float: true, Boolean: true, ID: true, Long: true, Decimal: true, Date: true,
	Time: true, DateTime: true, Duration: true, EmailAddress: true, PhoneNumber: true, CountryCode: true,
	URL: true, UUID: true, JSON: true, "Query": true, "Mutation": true, "Subscription": true,
	"PageInfo": true, "Document": true, "DocumentMeta": true, "FieldChange": true, "ChangeKind": true,
	"Unmask": true, "Node": true, "Edge": true, "Connection": true, "FieldSet": true, "Any": true,
	"_Any": true, "_Entity": true, "_Service": true,
}

// derivedSuffixes are appended to the names of entities, and the first two to the names of objects
// and unions within them, to name further types.
var derivedSuffixes = []string{"Input", "Patch", "Connection", "Edge", "By", "VersionConnection", "VersionEdge"}
