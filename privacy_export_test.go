package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/profilegraph/profilegraph/storage"
)

const (
	exportSubject = `mutation($s: ID!, $why: String = "Ticket 88: he asked for his data", $p: String, $r: String, $v: Boolean! = true, $t: Boolean! = true) {
		exportSubject(subject: $s, reason: $why, purpose: $p, reference: $r, versions: $v, record: $t) {
			subject exportDate documents versions content file receipt { checkpoint entries } } }`

	pet = `{"type": "object", "x-entity": {"owner": "Profile", "cardinality": "many"}, "properties": {"name": {"type": "string"}, "chip": {"type": "integer", "format": "int64", "pii": true},
		"vet": {"type": "object", "properties": {"phone": {"type": "string", "sensitive": true}, "town": {"type": "string"}}}}}`
)

// exported are the documents of an export, by entity.
func exported(r *reply) map[string][]any {
	all := map[string][]any{}
	list, _ := r.at("exportSubject.content.documents").([]any)
	for _, d := range list {
		entity, _ := at(d, "entity").(string)
		all[entity] = append(all[entity], d)
	}
	return all
}

// told is what the record says of an export: action, outcome, entity, version, and fields.
func told(all []entry) (list []string) {
	for _, e := range all {
		list = append(list, strings.Join(slices.DeleteFunc([]string{e.Action, e.Outcome, e.Details["refusal"], e.Entity, strings.Join(e.Fields, ",")}, func(s string) bool { return s == "" }), " "))
	}
	return list
}

// An export has all that is held of a data subject, of every entity and version, and nothing of anybody else.
func TestSubjectExport(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		ids := populate(t, in.client)
		in.publish("Pet", pet)
		in.do(`mutation { createProfile(input: {email: "other@example.com", firstName: "Olga", document: "999.888"}) { id } }`)
		r := in.do(`mutation($p: ID!) {
			createPet(profileId: $p, input: {name: "Rex", chip: 9007199254740993, vet: {phone: "555-0199", town: "Rio"}}) { id meta { version } }
			createAddress(profileId: $p, input: {route: "Short Lane"}, ttlDays: 1) { id } }`, vars{"p": ids["profile"]})
		petID := r.str("createPet.id")
		in.do(`mutation($p: ID!) { updatePet(id: $p, patch: {vet: {phone: "555-0100"}}) { id } }`, vars{"p": petID})
		in.do(`query($p: ID!) { profile(id: $p, unmask: {reason: "her neighbour asks for him", onBehalfOf: "returns desk"}) { firstName } }`, vars{"p": ids["profile"]})
		officer := in.newKey([]string{"privacy-officer"}, "")
		in.clock.move(25 * time.Hour) // an address has ended

		mark := in.mark()
		r = officer.managed(exportSubject, vars{"s": ids["profile"], "r": "DSR-2026/18"})
		if r.at("exportSubject.documents") != 4.0 || r.at("exportSubject.versions") != 6.0 || r.str("exportSubject.content.format") != "profilegraph.subject-export.v1" ||
			r.str("exportSubject.content.account") != "main" || r.str("exportSubject.content.subject") != ids["profile"] || r.str("exportSubject.content.time") != r.str("exportSubject.exportDate") {
			t.Error(r.Text)
		}
		wantJSON(t, r.at("exportSubject.content.schemas"), `{"Address": 0, "Pet": 1, "Profile": 0, "PurchaseInfo": 0}`)
		for _, other := range []string{"Olga", "other@example.com", "999.888", "Short Lane", "neighbour", "returns desk", "May", "Deep"} {
			if strings.Contains(r.Text, other) {
				t.Errorf("%q is in it: %s", other, r.Text)
			}
		}
		all := exported(r)
		if got := slices.Sorted(maps.Keys(all)); !slices.Equal(got, []string{"Address", "Pet", "Profile", "PurchaseInfo"}) {
			t.Errorf("entities: %v", got)
		}
		profile := all["Profile"][0]
		wantJSON(t, at(profile, "versions.0.content"), `{"email": "john.doe@example.com", "firstName": "Johnny", "lastName": "Doe", "tags": ["vip"], "shoe": "large"}`)
		wantJSON(t, at(profile, "versions.1.content"), `{"email": "john.doe@example.com", "firstName": "John", "lastName": "Doe", "tags": ["vip"], "shoe": "large"}`)
		if at(profile, "id") != ids["profile"] || at(profile, "versions.1.version") != ids["version"] || at(profile, "versions.2") != nil || at(profile, "creationDate") == nil ||
			at(profile, "expirationDate") != nil || at(profile, "owner") != nil || at(profile, "versions.0.author") != "key:"+strings.Split(in.key, "_")[1] || at(profile, "versions.0.lastUpdate") == nil {
			t.Errorf("%v", profile)
		}
		wantJSON(t, at(all["PurchaseInfo"][0], "versions.0.content"), `{"paymentData": [{"bin": "411111", "accountId": "acc-1"}], "lastUserPurchases": [{"orderId": "o-1"}],
			"clientPreferences": {"locale": "pt-BR", "size": "xl"}}`)
		if a := all["Address"]; len(a) != 1 || at(a[0], "versions.0.content.route") != "Main Street" || at(a[0], "owner") != ids["profile"] {
			t.Errorf("%v", a)
		}
		wantJSON(t, at(all["Pet"][0], "versions.0.content"), `{"name": "Rex", "chip": 9007199254740993, "vet": {"phone": "555-0100", "town": "Rio"}}`)
		wantJSON(t, at(all["Pet"][0], "versions.1.content"), `{"name": "Rex", "chip": 9007199254740993, "vet": {"phone": "555-0199", "town": "Rio"}}`)
		var file any
		if err := json.Unmarshal([]byte(r.str("exportSubject.file")), &file); err != nil || !reflect.DeepEqual(file, r.at("exportSubject.content")) {
			t.Errorf("the file is another: %v %s", err, r.str("exportSubject.file"))
		}
		if !strings.Contains(r.str("exportSubject.file"), `"chip": 9007199254740993,`) {
			t.Error("a number is rounded")
		}

		// Who saw it before is told, with what they gave for a reason left out.
		seen, _ := r.at("exportSubject.content.record").([]any)
		last := seen[len(seen)-1]
		if at(last, "action") != "GetProfileUnmasked" || at(last, "outcome") != "ALLOWED" || at(last, "actor") != "key:"+strings.Split(in.key, "_")[1] || fmt.Sprint(at(last, "fields")) != "[firstName]" || at(last, "id") != ids["profile"] {
			t.Errorf("%v", seen)
		}

		// Every version is on the record, and the act as a whole before them.
		entries := in.recorded(mark)
		want := []string{"ExportSubject ALLOWED", "GetProfileUnmasked ALLOWED Profile email,firstName,lastName,additionalProperties", "GetProfileVersionUnmasked ALLOWED Profile email,firstName,lastName,additionalProperties"}
		got := told(entries)
		for i := range entries {
			slices.Sort(entries[i].Fields)
		}
		if len(entries) != 7 || got[0] != want[0] {
			t.Errorf("on the record: %q", got)
		}
		for _, e := range entries {
			if e.Subject != ids["profile"] || e.Reason != "Ticket 88: he asked for his data" || e.Outcome != "ALLOWED" || e.Actor != "key:"+strings.Split(officer.key, "_")[1] {
				t.Errorf("%+v", e)
			}
		}
		if d := entries[0].Details; d["reference"] != "DSR-2026/18" || d["documents"] != "4" || d["versions"] != "6" {
			t.Errorf("%v", d)
		}
		receipts, _ := r.at("exportSubject.receipt.entries").([]any)
		if len(receipts) != 7 || receipts[0] != float64(entries[0].Index) || r.str("exportSubject.receipt.checkpoint") == "" {
			t.Errorf("%v", receipts)
		}
		for _, e := range entries[1:] {
			fields := map[string]string{"Profile": "additionalProperties email firstName lastName", "Address": "route", "Pet": "chip vet.phone",
				"PurchaseInfo": "clientPreferences.additionalProperties lastUserPurchases paymentData"}[e.Entity]
			if strings.Join(e.Fields, " ") != fields || strings.Contains(e.Action, "Version") != strings.HasPrefix(e.Version, "1-") && (e.Entity == "Profile" || e.Entity == "Pet") {
				t.Errorf("%+v, want fields %s", e, fields)
			}
		}

		// Without what is not wanted; and twice the same, but for the time.
		less := officer.managed(exportSubject, vars{"s": ids["profile"], "v": false, "t": false})
		if less.at("exportSubject.versions") != 4.0 || less.at("exportSubject.content.record") != nil || at(exported(less)["Profile"][0], "versions.1") != nil {
			t.Error(less.Text)
		}
		again := officer.managed(exportSubject, vars{"s": ids["profile"], "v": false, "t": false})
		if fmt.Sprint(less.at("exportSubject.content.documents")) != fmt.Sprint(again.at("exportSubject.content.documents")) {
			t.Error("another order, or other documents")
		}

		// A document without an owner is a data subject, whatever its entity: here with everything that there is at any depth.
		wantJSON(t, at(exported(officer.managed(exportSubject, vars{"s": ids["deep"]}))["Deep"][0], "versions.0.content"), `{
			"home": {"street": "Main", "city": "Rio", "geo": {"lat": 1.5, "zone": "z"}},
			"people": [{"name": "Ann", "age": 30, "role": "a"}, {"name": "Bob", "role": "b"}],
			"payments": [{"method": "card", "number": "4111", "brand": "Visa"}, {"method": "cash", "amount": 5}],
			"codes": ["x", "y"], "safe": {"inner": "gold", "number": 7}, "half": {"known": "k", "hidden": "h"}, "undeclared": "u"}`)
		if strings.Contains(in.logs.String(), "Johnny") {
			t.Error("the log has a value")
		}
	})
}

// What no schema shows any more is held all the same.
func TestSubjectExportShowsWhatNoFieldShows(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	in.publish("Seat", `{"type": "object", "properties": {"code": {"type": "string"}, "row": {"type": "string", "pii": true}, "note": {"type": "string", "pii": true}}}`)
	id := in.do(`mutation { createSeat(input: {code: "A", row: "twelve", note: "aisle, please"}) { id } }`).str("createSeat.id")
	in.publish("Seat", `{"type": "object", "properties": {"code": {"type": "string"}}}`, "?mode=replace&allow=FIELD_NO_DELETE&allow=CONSTRAINT_NO_NARROW")
	mark := in.mark()
	r := in.managed(exportSubject, vars{"s": id})
	wantJSON(t, at(exported(r)["Seat"][0], "versions.0.content"), `{"code": "A", "row": "twelve", "note": "aisle, please"}`)
	if got := told(in.recorded(mark)); !slices.Equal(got, []string{"ExportSubject ALLOWED", "GetSeatUnmasked ALLOWED Seat *"}) {
		t.Errorf("%q", got)
	}
	in.managed(`mutation { putPolicy(purposes: [
		{code: "some", legalBasis: "GDPR 15", fields: ["Seat.code", "Seat.row"], roles: ["admin"]},
		{code: "all", legalBasis: "GDPR 15", fields: ["Seat.*"], roles: ["admin"]}]) { purposes { code } } }`)
	if r := in.manage(exportSubject, vars{"s": id, "p": "some"}); r.code() != "PURPOSE_FIELD" || strings.Contains(r.Text, "aisle") {
		t.Error(r.Text)
	}
	in.managed(exportSubject, vars{"s": id, "p": "all"})
}

// Whoever may not have it gets nothing, and no part of it.
func TestSubjectExportRefused(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		ids := populate(t, in.client)
		officer := in.newKey([]string{"privacy-officer"}, "")
		refused := func(who *client, code string, v vars) {
			t.Helper()
			r := who.manage(exportSubject, v)
			if r.code() != code || r.Data["exportSubject"] != nil || strings.Contains(r.Text, "John") || strings.Contains(r.Text, "Main Street") {
				t.Errorf("%v: want %s: %s", v, code, r.Text)
			}
		}
		mark := in.mark()
		for _, role := range []string{"reader", "editor", "support", "schema-admin", "auditor", "operator"} {
			refused(in.newKey([]string{role}, ""), "FORBIDDEN", vars{"s": ids["profile"]})
		}
		refused(in.newKey([]string{"shopper"}, ids["profile"]), "FORBIDDEN", vars{"s": ids["profile"]})
		// No matter why there is none of that name.
		refused(in.account(t, "strangers"), "NOT_FOUND", vars{"s": ids["profile"]})
		erased, deleted := in.profile("gone@example.com"), in.profile("deleted@example.com")
		in.managed(eraseSubject, vars{"s": erased})
		in.do(`mutation($p: ID!) { deleteProfile(id: $p) }`, vars{"p": deleted})
		texts := map[string]bool{}
		for _, s := range []string{"", "none", "../x", "0190a5b2-0000-7000-8000-000000000000", ids["address"], erased, deleted} {
			refused(officer, "NOT_FOUND", vars{"s": s})
			texts[officer.manage(exportSubject, vars{"s": s}).Errors[0].Message] = true
		}
		if len(texts) != 1 {
			t.Errorf("the answers differ: %v", texts)
		}
		refused(officer, "BAD_USER_INPUT", vars{"s": ids["profile"], "r": "he asked by phone"})
		if i := slices.IndexFunc(in.recorded(mark), func(e entry) bool { return e.Action == "ExportSubject" || strings.HasSuffix(e.Action, "Unmasked") }); i >= 0 {
			t.Errorf("%+v", in.recorded(mark)[i])
		}

		// What the policy says of a single field it says of an export, which is refused once, however much it would have.
		one := func(code string, v vars) {
			t.Helper()
			mark := in.mark()
			refused(officer, code, v)
			if got := told(in.recorded(mark)); !slices.Equal(got, []string{"ExportSubject DENIED " + code}) {
				t.Errorf("%v: on the record: %q", v, got)
			}
		}
		one("REASON_REQUIRED", vars{"s": ids["profile"], "why": "short"})
		one("PURPOSE_UNKNOWN", vars{"s": ids["profile"], "p": "access"})
		in.managed(`mutation { putPolicy(purposes: [
			{code: "access", legalBasis: "GDPR 15", fields: ["*"], roles: ["privacy-officer"], budgetPerHour: 7},
			{code: "names", legalBasis: "GDPR 15", fields: ["Profile.firstName"], roles: ["privacy-officer"]},
			{code: "desk", legalBasis: "contract", fields: ["*"], roles: ["support"]},
			{code: "two", legalBasis: "GDPR 15", fields: ["*"], roles: ["privacy-officer"], approval: true}]) { purposes { code } } }`)
		one("PURPOSE_REQUIRED", vars{"s": ids["profile"]})
		one("PURPOSE_FIELD", vars{"s": ids["profile"], "p": "names"})
		one("PURPOSE_ROLE", vars{"s": ids["profile"], "p": "desk"})
		one("APPROVAL_MISSING", vars{"s": ids["profile"], "p": "two"})
		wish := officer.managed(`mutation($s: ID!) { requestApproval(purpose: "two", subject: $s, reason: "he asked for his data") { id } }`, vars{"s": ids["profile"]}).str("requestApproval.id")
		in.managed(`mutation($i: ID!) { approve(id: $i) { id } }`, vars{"i": wish})
		officer.managed(exportSubject, vars{"s": ids["profile"], "p": "two"})
		// Four versions: two of the profile, one each of the address and of what was bought.
		if r := officer.managed(exportSubject, vars{"s": ids["profile"], "p": "access"}); r.at("exportSubject.versions") != 4.0 {
			t.Error(r.Text)
		}
		one("BUDGET_EXHAUSTED", vars{"s": ids["profile"], "p": "access"})
		officer.managed(exportSubject, vars{"s": ids["profile"], "p": "access", "v": false})

		// Who is on hold is not erased, but exported, and not told of it.
		hold := officer.managed(placeHold, vars{"s": ids["profile"], "r": "case-1"}).str("placeLegalHold.id")
		if r := officer.manage(eraseSubject, vars{"s": ids["profile"]}); r.code() != "LEGAL_HOLD" {
			t.Error(r.Text)
		}
		officer.managed(releaseHold, vars{"i": hold})
		officer.managed(placeHold, vars{"s": ids["profile"], "r": "case-1"})
		r := officer.managed(exportSubject, vars{"s": ids["profile"], "p": "two"})
		if !strings.Contains(r.Text, `"RequestApproval"`) || strings.Contains(r.Text, "Hold") || strings.Contains(r.Text, "ProfileSystemUserRightsDelete") {
			t.Errorf("it tells of a hold, or of nothing: %s", r.Text)
		}

		if err := in.record.Close(); err != nil {
			t.Fatal(err)
		}
		refused(officer, "AUDIT_UNAVAILABLE", vars{"s": ids["profile"], "p": "two"})
		refused(officer, "AUDIT_UNAVAILABLE", vars{"s": ids["profile"], "p": "two", "t": false})
	})
}

// A value that cannot be read keeps the rest back too: else nobody would know that a part is no whole. Somebody is told.
func TestSubjectExportOfDamage(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		id := in.profile("john.doe@example.com")
		r := in.do(`mutation($p: ID!) { a: createAddress(profileId: $p, input: {route: "Main Street"}) { id } b: createAddress(profileId: $p, input: {route: "Side Street"}) { id } }`, vars{"p": id})
		b := in.stored(t, firstAccount, storage.Documents, "Address", r.str("b.id"))
		b.set(in.stored(t, firstAccount, storage.Documents, "Address", r.str("a.id")).field("route"), "route")
		if r := in.manage(exportSubject, vars{"s": id}); r.code() != "DATA_CORRUPT" || r.Data["exportSubject"] != nil || strings.Contains(r.Text, "john.doe") {
			t.Error(r.Text)
		}
		if log := in.logs.String(); !strings.Contains(log, "an export failed") || strings.Contains(log, "Main Street") {
			t.Error("the log does not tell, or too much")
		}
	})
}

// Many versions go into one export, and more than that are refused with what to do.
func TestSubjectExportLimits(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	id := in.profile("john.doe@example.com")
	update := func(from, to int, text string) {
		var b strings.Builder
		for i := from; i < to; i += 20 {
			b.Reset()
			for j := i; j < min(to, i+20); j++ {
				fmt.Fprintf(&b, "u%d: updateProfile(id: $p, patch: {customerCode: $t}) { id }\n", j)
			}
			in.do(`mutation($p: ID!, $t: String!) {`+b.String()+`}`, vars{"p": id, "t": text})
		}
	}
	update(0, 1_200, "small")
	r := in.managed(exportSubject, vars{"s": id})
	if r.at("exportSubject.versions") != 1201.0 || len(at(exported(r)["Profile"][0], "versions").([]any)) != 1201 || at(exported(r)["Profile"][0], "versions.1200.content.customerCode") != nil {
		t.Errorf("%v versions", r.at("exportSubject.versions"))
	}
	update(0, 150, strings.Repeat("x", 120<<10))
	mark := in.mark()
	if r := in.manage(exportSubject, vars{"s": id}); r.code() != "TOO_LARGE" || !strings.Contains(r.Text, "versions: false") {
		t.Errorf("%.500s", r.Text)
	}
	if n := len(in.recorded(mark)); n > 0 {
		t.Errorf("%d entries though nothing was disclosed", n)
	}
	if r := in.managed(exportSubject, vars{"s": id, "v": false}); r.at("exportSubject.versions") != 1.0 || len(r.at("exportSubject.content.record").([]any)) < 1_202 {
		t.Errorf("%v versions", r.at("exportSubject.versions"))
	}
}

// The command writes a new file that nobody else can read, and leaves none behind that is not whole.
func TestSubjectExportCommand(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	id := in.profile("john.doe@example.com")
	dir := t.TempDir()
	key, file := filepath.Join(dir, "key"), filepath.Join(dir, "subject.json")
	if err := os.WriteFile(key, []byte(in.key), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (exit int, out, errors string) {
		var o, e strings.Builder
		exit = command(append([]string{"subject", "export", id, "--url=" + in.url, "--key-file=" + key}, args...), nil, &o, &e)
		return exit, o.String(), e.String()
	}
	if exit, _, errors := run("--reason=short", "--out="+file); exit != 1 || !strings.Contains(errors, "REASON_REQUIRED") {
		t.Errorf("%d %s", exit, errors)
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("a file without an export: %v", err)
	}
	if exit, out, errors := run("--reason=he asked for his data", "--out="+file, "--reference=DSR-1"); exit != 0 || out != "" || errors != "" {
		t.Errorf("%d %s %s", exit, out, errors)
	}
	text, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(text), `"email": "john.doe@example.com"`) || !strings.HasSuffix(string(text), "\n}\n") {
		t.Errorf("%v %s", err, text)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", err, info.Mode())
	}
	mark := in.mark()
	if exit, _, errors := run("--reason=he asked for his data", "--out="+file); exit != 1 || !strings.Contains(errors, "exists") || in.mark() != mark {
		t.Errorf("%d %s", exit, errors)
	}
	if after, err := os.ReadFile(file); err != nil || string(after) != string(text) {
		t.Errorf("it was written over: %v", err)
	}
	if exit, out, _ := run("--reason=he asked for his data", "--no-versions", "--no-record"); exit != 0 || !strings.HasPrefix(out, "{\n  \"format\": ") || strings.Contains(out, `"record"`) {
		t.Errorf("%d %s", exit, out)
	}
}
