package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/profilegraph/profilegraph/audit"
	"github.com/profilegraph/profilegraph/privacy"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
)

const (
	eraseSubject = `mutation($s: ID!, $r: String) { eraseSubject(subject: $s, reference: $r) { subject reference requestedBy completionDate documents versions certificate } }`
	placeHold    = `mutation($s: ID!, $r: String!) { placeLegalHold(subject: $s, reference: $r) { id subject reference createdBy } }`
	releaseHold  = `mutation($i: ID!) { releaseLegalHold(id: $i) { id subject } }`
)

// acts are the entries of erasures and holds, and of keys that end with a subject.
func acts(all []entry) (list []string) {
	for _, e := range all {
		if e.Action == "ProfileSystemUserRightsDelete" || strings.HasSuffix(e.Action, "LegalHold") || e.Action == "RevokeApiKey" {
			list = append(list, strings.TrimSpace(fmt.Sprint(e.Action, " ", e.Outcome, " ", e.Details["reference"], e.Details["refusal"])))
		}
	}
	return list
}

// Whoever is erased is gone from every door, from the store and from the record's reasons, and nobody else is.
func TestErasure(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		c.WebhookPrivate = true
		in := boot(t, c)
		ids := populate(t, in.client)
		other := in.do(`mutation { createProfile(input: {email: "other@example.com", firstName: "Olga", tags: ["kept-in-clear"]}) { id } }`).str("createProfile.id")
		in.do(`mutation($p: ID!) { updateProfile(id: $p, patch: {tags: ["canary-in-clear"]}) { id } createAddress(profileId: $p, input: {route: "Second"}) { id } }`, vars{"p": ids["profile"]})
		in.do(`query($p: ID!) { profile(id: $p, unmask: {reason: "ticket 4711: he called"}) { firstName } }`, vars{"p": ids["profile"]})
		shopper, officer := in.newKey([]string{"shopper"}, ids["profile"]), in.newKey([]string{"privacy-officer"}, "")
		neighbour := in.newKey([]string{"shopper"}, other)
		hook := newReceiver(t, nil)
		in.managed(`mutation($u: String!) { createWebhook(url: $u) { webhook { id } } }`, vars{"u": hook.URL})

		for _, role := range []string{"reader", "editor", "support", "schema-admin", "auditor", "operator"} {
			if r := in.newKey([]string{role}, "").manage(eraseSubject, vars{"s": ids["profile"]}); r.code() != "FORBIDDEN" {
				t.Errorf("%s: %s", role, r.Text)
			}
		}
		if r := shopper.manage(eraseSubject, vars{"s": ids["profile"]}); r.code() != "FORBIDDEN" {
			t.Errorf("a shopper: %s", r.Text)
		}
		if r := in.account(t, "strangers").manage(eraseSubject, vars{"s": ids["profile"]}); r.code() != "NOT_FOUND" {
			t.Errorf("another account: %s", r.Text)
		}
		for _, s := range []string{"", "none", "../x", "0190a5b2-0000-7000-8000-000000000000", ids["address"]} {
			if r := officer.manage(eraseSubject, vars{"s": s}); r.code() != "NOT_FOUND" {
				t.Errorf("%q: %s", s, r.Text)
			}
		}
		if r := officer.manage(eraseSubject, vars{"s": ids["profile"], "r": "he asked by phone"}); r.code() != "BAD_USER_INPUT" || strings.Contains(r.Text, "phone") {
			t.Error(r.Text)
		}

		mark := in.mark()
		r := officer.managed(eraseSubject, vars{"s": ids["profile"], "r": "DSR-2026/17"})
		certificate, err := json.Marshal(r.at("eraseSubject.certificate"))
		if err != nil {
			t.Fatal(err)
		}
		// A profile of three versions, two addresses, and what else was bought.
		if r.at("eraseSubject.documents") != 4.0 || r.at("eraseSubject.versions") != 6.0 || r.str("eraseSubject.completionDate") == "" || r.str("eraseSubject.requestedBy") != "key:"+strings.Split(officer.key, "_")[1] {
			t.Error(r.Text)
		}
		got := acts(in.recorded(mark))
		want := []string{"ProfileSystemUserRightsDelete ALLOWED DSR-2026/17", "RevokeApiKey ALLOWED", "ProfileSystemUserRightsDelete DONE DSR-2026/17"}
		if !slices.Equal(got, want) {
			t.Errorf("on the record: %q", got)
		}

		const everything = `query($profile: ID!, $address: ID!, $version: ID!) { profile(id: $profile) { id } by: profile(by: {email: "john.doe@example.com"}) { id }
			address(id: $address) { id } profileVersion(id: $profile, version: $version) { id } profileVersions(id: $profile) { nodes { id } }
			profiles(first: 10) { nodes { id firstName } } addresses(first: 10) { nodes { id } } purchaseInfos(first: 10) { nodes { id } } }`
		gone := in.ask(everything, ids.asVariables(everything, nil))
		wantJSON(t, gone.Data, fmt.Sprintf(`{"profile": null, "by": null, "address": null, "profileVersion": null, "profileVersions": {"nodes": []},
			"profiles": {"nodes": [{"id": %q, "firstName": "O***"}]}, "addresses": {"nodes": []}, "purchaseInfos": {"nodes": []}}`, other))
		if r := shopper.ask(`{ profiles(first: 1) { nodes { id } } }`); r.code() != "UNAUTHENTICATED" {
			t.Errorf("the shopper's key: %s", r.Text)
		}
		if r := neighbour.do(`query($p: ID!) { profile(id: $p) { firstName } }`, vars{"p": other}); r.str("profile.firstName") != "Olga" {
			t.Error(r.Text)
		}
		for _, e := range in.recorded(0) {
			if e.Subject == ids["profile"] && e.Reason != "" {
				t.Errorf("a reason is left: %+v", e)
			}
		}
		if r := in.managed(`{ keyStatus { subjectsErased } }`); r.at("keyStatus.subjectsErased") != 1.0 {
			t.Error(r.Text)
		}
		// Their key is free for another, who is somebody else.
		if r := in.do(`mutation { createProfile(input: {email: "john.doe@example.com"}) { id } }`); r.str("createProfile.id") == ids["profile"] {
			t.Error("the id was given again")
		}
		if r := in.ask(`mutation($p: ID!) { createAddress(profileId: $p, input: {route: "Back"}) { id } }`, vars{"p": ids["profile"]}); r.code() != "NOT_FOUND" {
			t.Error(r.Text)
		}

		// Asking again changes nothing, and says the same.
		mark = in.mark()
		again := in.managed(eraseSubject, vars{"s": ids["profile"], "r": "another"})
		if fmt.Sprint(again.at("eraseSubject")) != fmt.Sprint(r0(t, officer, ids["profile"])) || len(acts(in.recorded(mark))) > 0 {
			t.Error(again.Text)
		}
		if r := officer.managed(`{ erasures { subject completionDate } }`); r.str("erasures.0.subject") != ids["profile"] || r.at("erasures.1") != nil {
			t.Error(r.Text)
		}
		if r := in.newKey([]string{"auditor"}, "").manage(`{ erasures { subject } }`); r.code() != "FORBIDDEN" {
			t.Error(r.Text)
		}

		// The certificate holds by itself, and for nothing else.
		key := in.managed(`{ auditCheckpoint { publicKey } }`).str("auditCheckpoint.publicKey")
		proof, err := audit.OpenProof(certificate, key)
		if err != nil || proof.Entry.Subject != ids["profile"] || proof.Entry.Outcome != audit.Done || proof.Entry.Details["documents"] != "4" {
			t.Errorf("%v %+v", err, proof.Entry)
		}
		if _, err := audit.OpenProof(bytes.ReplaceAll(certificate, []byte(ids["profile"]), []byte(other)), key); err == nil {
			t.Error("a forged certificate holds")
		}
		for _, more := range []string{`"note": "x", "entry":`, `"Entry": {}, "entry":`} {
			text := bytes.Replace(certificate, []byte(`"entry":`), []byte(more), 1)
			if _, err := audit.OpenProof(text, key); !errors.Is(err, audit.ErrInvalid) {
				t.Errorf("%s: %v", more, err)
			}
		}

		events := hook.wait(t, in, 1)
		var told struct {
			Type string
			Data map[string]string
		}
		if err := json.Unmarshal(events[0].body, &told); err != nil || told.Type != "subject.erased" || len(told.Data) != 2 || told.Data["subject"] != ids["profile"] || told.Data["account"] != "main" {
			t.Errorf("%v %s", err, events[0].body)
		}
		in.idle(t)
		if n := len(hook.all()); n != 1 {
			t.Errorf("%d events", n)
		}
		if c.MongodbURI == "" {
			in.stop()
			text, err := os.ReadFile(filepath.Join(c.Data, "profilegraph.db"))
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(text, []byte("canary-in-clear")) || !bytes.Contains(text, []byte("kept-in-clear")) {
				t.Error("the file holds what was erased, or does not hold what was not")
			}
		}
	})
}

// r0 is the erasure of a subject as the control plane shows it.
func r0(t testing.TB, c *client, subject string) any {
	t.Helper()
	return c.managed(`query($s: ID!) { erasure(subject: $s) { subject reference requestedBy completionDate documents versions certificate } }`, vars{"s": subject}).at("erasure")
}

// What is on legal hold is neither erased nor deleted, until all holds are released.
func TestLegalHold(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		ids := populate(t, in.client)
		officer, editor := in.newKey([]string{"privacy-officer"}, ""), in.newKey([]string{"editor"}, "")
		shopper := in.newKey([]string{"shopper"}, ids["profile"])
		if r := editor.manage(placeHold, vars{"s": ids["profile"], "r": "case-1"}); r.code() != "FORBIDDEN" {
			t.Error(r.Text)
		}
		for _, bad := range []vars{{"s": "none", "r": "case-1"}, {"s": ids["profile"], "r": ""}, {"s": ids["profile"], "r": "John Doe"}} {
			if r := officer.manage(placeHold, bad); r.code() != "NOT_FOUND" && r.code() != "BAD_USER_INPUT" {
				t.Errorf("%v: %s", bad, r.Text)
			}
		}
		mark := in.mark()
		one := officer.managed(placeHold, vars{"s": ids["profile"], "r": "case-1"}).str("placeLegalHold.id")
		two := officer.managed(placeHold, vars{"s": ids["profile"], "r": "case-2"}).str("placeLegalHold.id")
		if r := officer.managed(`query($s: ID) { legalHolds(subject: $s) { id reference } }`, vars{"s": ids["profile"]}); r.str("legalHolds.1.id") == "" {
			t.Error(r.Text)
		}
		refused := func() {
			t.Helper()
			for name, r := range map[string]*reply{
				"erase":          officer.manage(eraseSubject, vars{"s": ids["profile"]}),
				"delete":         editor.ask(`mutation($p: ID!) { deleteProfile(id: $p) }`, vars{"p": ids["profile"]}),
				"delete address": editor.ask(`mutation($a: ID!) { deleteAddress(id: $a) }`, vars{"a": ids["address"]}),
				"delete own":     shopper.ask(`mutation($p: ID!) { deleteProfile(id: $p) }`, vars{"p": ids["profile"]}),
			} {
				if r.code() != "LEGAL_HOLD" {
					t.Errorf("%s: %s", name, r.Text)
				}
			}
		}
		refused()
		editor.do(`mutation($p: ID!) { updateProfile(id: $p, patch: {firstName: "Jim"}) { id } }`, vars{"p": ids["profile"]})
		editor.do(`mutation($p: ID!) { deleteProspect(id: $p) }`, vars{"p": ids["prospect"]})
		officer.managed(releaseHold, vars{"i": one})
		refused()
		for _, id := range []string{one, "", "x", "../x", ids["profile"] + "/"} {
			if r := officer.manage(releaseHold, vars{"i": id}); r.code() != "NOT_FOUND" {
				t.Errorf("%q: %s", id, r.Text)
			}
		}
		officer.managed(releaseHold, vars{"i": two})
		editor.do(`mutation($a: ID!) { deleteAddress(id: $a) }`, vars{"a": ids["address"]})
		officer.managed(eraseSubject, vars{"s": ids["profile"]})
		if r := officer.manage(placeHold, vars{"s": ids["profile"], "r": "case-3"}); r.code() != "ERASED" {
			t.Error(r.Text)
		}
		if r := officer.managed(`{ legalHolds { id } }`); r.at("legalHolds.0") != nil {
			t.Error(r.Text)
		}
		got := acts(in.recorded(mark))
		for _, want := range []string{"PlaceLegalHold ALLOWED case-1", "PlaceLegalHold ALLOWED case-2", "ProfileSystemUserRightsDelete DENIED LEGAL_HOLD", "ReleaseLegalHold ALLOWED case-1", "ReleaseLegalHold ALLOWED case-2"} {
			if !slices.Contains(got, want) {
				t.Errorf("%s is not on the record: %q", want, got)
			}
		}
	})
}

// Somebody whose documents were deleted before is erased too: backups may have them, and the key is here.
func TestErasureAfterDeletion(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	id := in.profile("gone@example.com")
	in.do(`mutation($p: ID!) { deleteProfile(id: $p) }`, vars{"p": id})
	if r := in.managed(eraseSubject, vars{"s": id}); r.at("eraseSubject.documents") != 0.0 || r.str("eraseSubject.completionDate") == "" {
		t.Error(r.Text)
	}
}

// broken is an outbox that fails as often as it is told.
type broken struct {
	privacy.Outbox
	fails int
}

func (b *broken) Add(ctx context.Context, account tenant.ID, kind, reference string, data any) error {
	if b.fails--; b.fails >= 0 {
		return storage.ErrUnavailable
	}
	return b.Outbox.Add(ctx, account, kind, reference, data)
}

// What has begun is finished, though nobody asks again.
func TestErasureGoesOn(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		id := in.profile("gone@example.com")
		in.privacy.Outbox = &broken{in.events, 1}
		if r := in.manage(eraseSubject, vars{"s": id}); r.code() != "UNAVAILABLE" {
			t.Fatal(r.Text)
		}
		if e := fmt.Sprint(r0(t, in.client, id)); !strings.Contains(e, "completionDate:<nil>") {
			t.Error(e)
		}
		if r := in.do(`query($p: ID!) { profile(id: $p) { id } }`, vars{"p": id}); r.at("profile") != nil {
			t.Error(r.Text)
		}
		if r := in.manage(placeHold, vars{"s": id, "r": "late"}); r.code() != "NOT_FOUND" && r.code() != "ERASED" {
			t.Error(r.Text)
		}
		in.clock.move(2 * time.Minute)
		if err := in.eachAccount(t.Context(), in.privacy.Resume); err != nil {
			t.Fatal(err)
		}
		if e := fmt.Sprint(r0(t, in.client, id)); strings.Contains(e, "completionDate:<nil>") || !strings.Contains(e, "certificate:map") {
			t.Error(e)
		}
	})
}

// A backup does not bring back who was erased, neither that of the documents nor that of the keys.
func TestErasureOutlivesBackups(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"profilegraph.db", "keys.db"} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			c := defaults(t)
			in := boot(t, c)
			id, other := in.profile("gone@example.com"), in.profile("other@example.com")
			key := in.key
			in.stop()
			old, err := os.ReadFile(filepath.Join(c.Data, file))
			if err != nil {
				t.Fatal(err)
			}
			in = boot(t, c)
			in.key = key
			in.managed(eraseSubject, vars{"s": id})
			in.stop()
			if err := os.WriteFile(filepath.Join(c.Data, file), old, 0o600); err != nil {
				t.Fatal(err)
			}
			in = boot(t, c)
			in.key = key
			read := func() any {
				return in.do(`query($a: ID!, $b: ID!) { a: profile(id: $a) { id } b: profile(id: $b) { id } by: profile(by: {email: "gone@example.com"}) { id } }`, vars{"a": id, "b": other}).Data
			}
			gone := func() bool {
				_, destroyed, err := in.vault.Known(t.Context(), firstAccount, id)
				if err != nil {
					t.Fatal(err)
				}
				return destroyed && !strings.Contains(fmt.Sprint(read()), id)
			}
			for end := time.Now().Add(20 * time.Second); !strings.Contains(in.logs.String(), "erased again") || !gone(); time.Sleep(10 * time.Millisecond) {
				if time.Now().After(end) {
					t.Fatal("it is not erased again")
				}
			}
			if err := in.mend(t.Context()); err != nil {
				t.Fatal(err)
			}
			wantJSON(t, read(), fmt.Sprintf(`{"a": null, "b": {"id": %q}, "by": null}`, other))
			if strings.Contains(in.logs.String(), "damaged") { // what is to be erased again is not
				t.Error(in.logs.String())
			}
			if n := strings.Count(in.logs.String(), "erased again"); n != 1 {
				t.Errorf("erased again %d times", n)
			}
			all := in.recorded(0)
			if last := all[len(all)-1]; last.Action != "ProfileSystemUserRightsDelete" || last.Details["restored"] != "true" || last.Actor != "system" {
				t.Errorf("%+v", last)
			}
		})
	}
}
