package main

import (
	"fmt"
	"strings"
	"testing"
)

// A promotion stores nothing in clear that the prospect protects, whatever the profile's schema says of it.
func TestPromotionKeepsProtection(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	admin, editor := in.newKey([]string{"schema-admin"}, ""), in.newKey([]string{"editor"}, "")
	list := `{"type": ["array", "null"], "pii": true, "items": {"type": "object", "properties": {"locality": {"type": "string"}, "documentType": {"type": "string"}, "x": {"type": "string"}}}}`
	in.publish("Prospect", `{"properties": {"tip": {"type": "string", "pii": true}, "availableAddresses": `+list+`, "contacts": `+list+`,
		"note": {"type": "object", "properties": {"in": {"type": "string", "pii": true}, "out": {"type": "string"}}}}}`, "?allow=FIELD_SAME_TYPE&allow=FIELD_NO_DELETE&allow=FIELD_NULLABLE_NO_NARROW&allow=CONSTRAINT_NO_NARROW")
	free := `{"type": ["string", "null"], "sensitive": false, "pii": false}`
	tests := []struct{ name, input, entity, properties, path, patch string }{
		{"declared", `tip: "canary"`, "Profile", `"tip": ` + free, "tip", `tip: "new"`},
		{"undeclared", `additionalProperties: {zzz: "canary"}`, "Profile", `"zzz": ` + free, "zzz", `zzz: null`},
		{"built in", `paymentData: [{accountId: "canary"}]`, "Profile", `"paymentData": {"type": ["array", "null"], "items": {"type": "object", "properties": {"accountId": {"type": "string"}}}}`, "paymentData", `paymentData: null`},
		{"as JSON", `paymentData: [{accountId: "canary"}]`, "Profile", `"paymentData": {"x-graphql": "JSON", "sensitive": false, "pii": false}`, "paymentData", `paymentData: null`},
		{"within an object", `note: {in: "canary", out: "o"}`, "Profile", `"note": {"type": "object", "properties": {"in": {"type": "string"}, "out": {"type": "string"}}}`, "note.in", ``},
		{"in an address", `availableAddresses: [{locality: "Rio"}, {locality: "Rio", x: "canary"}]`, "Address", `"x": ` + free, "availableAddresses.1.x", ``},
		{"in a contact", `contacts: [{documentType: "cpf", x: "canary"}]`, "Contact", `"x": ` + free, "contacts.0.x", ``},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			id := in.do(fmt.Sprintf(`mutation { createProspect(input: {email: "p%d@example.com", %s}) { id } }`, i, test.input)).str("createProspect.id")
			admin.publish(test.entity, `{"properties": {`+test.properties+`}}`, "?allow=CONSTRAINT_NO_NARROW&allow=FIELD_SAME_TYPE")
			r := editor.refused("VALIDATION_FAILED", `mutation($id: ID!) { promoteProspect(id: $id) { id } }`, vars{"id": id})
			if !strings.Contains(r.Text, `"path":"`+test.path+`"`) || strings.Contains(r.Text, "canary") {
				t.Errorf("the refusal says %s", r.Text)
			}
			got := editor.do(`query($id: ID!) { prospect(id: $id) { id } profile(id: $id) { id } addresses { nodes { id } } }`, vars{"id": id})
			wantJSON(t, got.Data, fmt.Sprintf(`{"prospect": {"id": %q}, "profile": null, "addresses": {"nodes": []}}`, id))
			if test.patch != "" { // what takes its place is the caller's own
				editor.do(fmt.Sprintf(`mutation($id: ID!) { promoteProspect(id: $id, input: {%s}) { id } }`, test.patch), vars{"id": id})
			}
		})
	}
}
