package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/profilegraph/profilegraph/audit"
)

// What a client sends where an id belongs has no place on the record, whatever it is.
func TestNoTextOfClientsOnRecord(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	mark := in.mark()
	text := "Ann Example, 1 Main Street"
	for _, query := range []string{
		`mutation($x: ID!) { createAccount(id: $x) { account { id } } }`, `mutation($x: ID!) { updateAccount(id: $x, suspended: true) { id } }`,
		`mutation($x: ID!) { revokeApiKey(id: $x) { id } }`, `mutation($x: ID!) { approve(id: $x) { id } }`,
		`mutation($x: ID!) { requestApproval(purpose: "support", subject: $x, reason: "customer lies unconscious") { id } }`,
	} {
		for _, value := range []string{text, strings.Repeat(text, 10_000)} {
			if r := in.manage(query, vars{"x": value}); r.code() == "" || r.code() == "INTERNAL" {
				t.Errorf("%s is answered %.300s", query, r.Text)
			}
		}
	}
	if r := in.manage(`mutation($x: String!) { requestApproval(purpose: $x, subject: "a", reason: "customer lies unconscious") { id } }`, vars{"x": text}); r.code() != "PURPOSE_UNKNOWN" {
		t.Error(r.Text)
	}
	if r := in.manage(`mutation($x: String!) { createApiKey(name: $x, roles: ["reader"]) { secret } }`, vars{"x": text}); len(r.Errors) > 0 {
		t.Error(r.Text)
	}
	if r := in.upload("Profile", `{"properties": {"a": {"type": "string"}}}`, "?note="+url.QueryEscape(text)); r.Status != 200 {
		t.Error(r.Text)
	}
	if all := fmt.Sprint(in.recorded(mark)); strings.Contains(all, "Ann") {
		t.Errorf("the record has %s", all)
	}
}

// The record is found by what its entries have, a page at a time, in either order, and only one's own.
func TestRecordQuery(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		ids := populate(t, in.client)
		support, reader := in.newKey([]string{"support"}, ""), in.newKey([]string{"reader"}, "")
		supportActor := support.managed(`{ viewer { actor } }`).str("viewer.actor")
		begin := in.mark()
		query := `query($profile: ID!, $w: Unmask) { profile(id: $profile) { email(unmask: $w) addresses(unmask: $w) { nodes { route nickname } } } }`
		first := support.ask(query, ids.asVariables(query, vars{"w": vars{"reason": "customer asked by phone", "onBehalfOf": "agent 7"}}))
		in.clock.move(time.Hour)
		middle := in.clock.now().UTC().Format(time.RFC3339Nano)
		in.clock.move(time.Hour)
		reader.ask(query, ids.asVariables(query, vars{"w": vars{"reason": "customer asked by phone"}}))
		query = `query($profile: ID!, $version: ID!, $w: Unmask) { profileVersion(id: $profile, version: $version, unmask: $w) { firstName } }`
		in.ask(query, ids.asVariables(query, vars{"w": vars{"reason": "customer asked by phone"}}))

		find := func(c *client, filter vars, more string) []entry {
			t.Helper()
			r := c.manage(`query($f: AuditFilter) { audit(filter: $f, first: 100`+more+`) { entries `+entryFields+` } }`, vars{"f": filter})
			var answer struct {
				Data struct{ Audit struct{ Entries []entry } }
			}
			if err := json.Unmarshal([]byte(r.Text), &answer); err != nil || len(r.Errors) > 0 {
				t.Errorf("%v: %s", err, r.Text)
			}
			return answer.Data.Audit.Entries
		}
		const p, a, v = "GetProfileUnmasked profile email", "GetAddressUnmasked address nickname,route", "GetProfileVersionUnmasked profile firstName"
		for name, test := range map[string]struct {
			filter vars
			want   []string
		}{
			"actor":          {vars{"actor": supportActor}, []string{p, a}},
			"on behalf of":   {vars{"onBehalfOf": "agent 7"}, []string{p, a}},
			"action":         {vars{"action": "GetAddressUnmasked"}, []string{a, a}},
			"outcome":        {vars{"outcome": "DENIED"}, []string{p, a}},
			"entity":         {vars{"entity": "Profile", "from": middle}, []string{p, v}},
			"document":       {vars{"id": ids["address"]}, []string{a, a}},
			"subject":        {vars{"subject": ids["profile"]}, []string{p, a, p, a, v}},
			"field":          {vars{"field": "nickname"}, []string{a, a}},
			"request":        {vars{"requestId": first.Header.Get("X-Request-Id")}, []string{p, a}},
			"until":          {vars{"subject": ids["profile"], "to": middle}, []string{p, a}},
			"since":          {vars{"subject": ids["profile"], "from": middle}, []string{p, a, v}},
			"both":           {vars{"subject": ids["profile"], "outcome": "ALLOWED", "field": "email"}, []string{p}},
			"nothing":        {vars{"subject": ids["prospect"]}, nil},
			"part of a name": {vars{"action": "GetAddress"}, nil},
		} {
			for _, newest := range []bool{false, true} {
				var got []string
				for _, e := range find(in.client, test.filter, fmt.Sprintf(", newest: %v", newest)) {
					got = append(got, e.in(ids))
				}
				if newest {
					slices.Reverse(got)
				}
				if !slices.Equal(got, test.want) {
					t.Errorf("%s, newest first %v: %q", name, newest, got)
				}
			}
		}

		// Pages of two join to the whole, forwards and backwards.
		whole := in.recorded(0)
		for _, newest := range []bool{false, true} {
			var joined []int64
			after := any(nil)
			for page := 0; ; page++ {
				r := in.managed(`query($n: Boolean!, $a: Int) { audit(first: 2, newest: $n, after: $a) { hasNextPage entries { index } } }`, vars{"n": newest, "a": after})
				list := r.at("audit.entries").([]any)
				for _, e := range list {
					joined = append(joined, int64(at(e, "index").(float64)))
				}
				if r.at("audit.hasNextPage") != true || page > len(whole) {
					break
				}
				after = joined[len(joined)-1]
			}
			if newest {
				slices.Reverse(joined)
			}
			for i, index := range joined {
				if index != int64(i) {
					t.Errorf("newest first %v: the pages have %v", newest, joined)
					break
				}
			}
			if len(joined) != len(whole) {
				t.Errorf("newest first %v: the pages have %d of %d entries", newest, len(joined), len(whole))
			}
		}
		for _, n := range []int{0, -1, 201} {
			if r := in.manage(`query($n: Int!) { audit(first: $n) { hasNextPage } }`, vars{"n": n}); r.code() != "BAD_USER_INPUT" {
				t.Errorf("first: %d is answered %s", n, r.Text)
			}
		}
		for _, who := range []*client{support, reader} {
			for _, query := range []string{`{ audit { hasNextPage } }`, `{ auditCheckpoint { checkpoint } }`} {
				if r := who.manage(query); r.code() != "FORBIDDEN" {
					t.Errorf("%s without the permission: %s", query, r.Text)
				}
			}
			if r := who.send("GET", "/audit/export", nil); r.Status != 403 {
				t.Errorf("an export without the permission: %d", r.Status)
			}
		}
		stranger := in.account(t, "strangers")
		if all := stranger.recorded(0); len(all) != 1 || all[0].Action != "CreateApiKey" {
			t.Errorf("another account reads %+v", all)
		}
		if all := find(stranger, vars{"subject": ids["profile"]}, ""); len(all) > 0 || begin < 1 {
			t.Errorf("another account finds %+v", all)
		}
	})
}

// cli runs a command with the administrator's key.
func (in *instance) cli(args ...string) (exit int, out, errs string) {
	var o, e bytes.Buffer
	if remote := args[1] != "verify"; remote {
		args = append(slices.Clone(args[:2]), append([]string{"--url=" + in.url, "--key=" + in.key}, args[2:]...)...)
	}
	exit = command(args, strings.NewReader(""), &o, &e)
	return exit, o.String(), e.String()
}

func TestRecordCommands(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	ids := populate(t, in.client)
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if text != "" {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return path
	}
	support := in.newKey([]string{"support"}, "")
	support.do(`query($p: ID!) { profile(id: $p, unmask: {reason: "customer asked by phone"}) { email } }`, vars{"p": ids["profile"]})
	run := func(want int, match string, args ...string) string {
		t.Helper()
		exit, out, errs := in.cli(args...)
		if exit != want || !regexp.MustCompile(match).MatchString(out+errs) {
			t.Errorf("%q: exit %d\n%s%s", args, exit, out, errs)
		}
		return out
	}
	run(0, `GetProfileUnmasked +ALLOWED +key:\w+ +`+ids["profile"]+` +email +- +customer asked by phone\n`, "audit", "query", "--action=GetProfileUnmasked")
	run(0, `^INDEX .+\n\d+ .+CreateApiKey`, "audit", "query", "--limit=1", "--action=CreateApiKey", "--outcome=ALLOWED")
	run(0, `^INDEX .+\n$`, "audit", "query", "--subject="+ids["profile"], "--to=2001-01-01T00:00:00Z")
	run(0, `GetProfileUnmasked`, "audit", "query", "--subject="+ids["profile"], "--document="+ids["profile"], "--field=email", "--from=2001-01-01T00:00:00Z")
	run(1, `error: .+BAD_USER_INPUT`, "audit", "query", "--limit=1000")
	run(2, `error: --from`, "audit", "query", "--from=yesterday")
	support.do(`query($p: ID!, $why: String!) { profile(id: $p, unmask: {reason: $why}) { email } }`, vars{"p": ids["profile"],
		"why": "João 日本 🚚\x1b[2K\x1b[1A\n999  2026  GetProfileUnmasked  ALLOWED\tkey:forged\u009b2J\u2028\u202egnp\u200b\u0085"})
	if out := run(0, `  João 日本 🚚\\x1b\[2K\\x1b\[1A\\n999  2026  GetProfileUnmasked  ALLOWED\\tkey:forged\\u009b2J\\u2028\\u202egnp\\u200b\\u0085\n$`, "audit", "query", "--limit=1"); strings.Count(out, "\n") != 2 {
		t.Errorf("an entry takes other than a line: %q", out)
	}
	checkpoint := file("checkpoint", run(0, `(?s)^profilegraph/main\n\d+\n\S+\n.+\n— profilegraph`, "audit", "checkpoint"))
	key := file("key", run(0, `^profilegraph\+\w+\+\S+\n$`, "audit", "key"))
	support.do(`query($p: ID!) { profile(id: $p, unmask: {reason: "customer asked by phone"}) { email } }`, vars{"p": ids["profile"]})
	export := file("export", "")
	run(0, `^$`, "audit", "export", export)
	text, err := os.ReadFile(export)
	if err != nil {
		t.Fatal(err)
	}
	if out := run(0, `"format":"profilegraph-audit-1"`, "audit", "export"); len(out) <= len(text) {
		t.Error("standard output has less than the file")
	}
	size := strings.Count(string(text), `"action":`)
	run(0, fmt.Sprintf(`^ok: \d+ entries of account main .+\nproven as it stood at 20\S+Z, with %d entries; .+--known.+\n$`, size), "audit", "verify", export, "--key="+key, "--account=main", "--known="+checkpoint)
	run(0, `^ok: `, "audit", "verify", export, "--key="+strings.TrimSpace(in.record.PublicKey()))
	run(1, `error: .+"main"`, "audit", "verify", export, "--key="+key, "--account=other")
	run(1, `error: `, "audit", "verify", file("none", ""), "--key="+key)
	run(2, `error: .+--key`, "audit", "verify", export)
	run(1, `error: `, "audit", "verify", export, "--key=nonsense")
	tampered := strings.Replace(string(text), `"fields":["email"]`, `"fields":["phone"]`, 1)
	var index int64
	for _, e := range in.recorded(0) {
		if e.Action == "GetProfileUnmasked" {
			index = e.Index
			break
		}
	}
	run(1, fmt.Sprintf(`entry %d: changed`, index), "audit", "verify", file("tampered", tampered), "--key="+key)
	lines := strings.SplitAfter(string(text), "\n")
	short := strings.Join(lines[:3], "")
	run(1, `missing`, "audit", "verify", file("short", short), "--key="+key, "--known="+checkpoint)

	run(0, `"purposes": \[\]`, "policy", "show")
	policy := `{"purposes": [{"code": "support", "legalBasis": "contract", "fields": ["Profile.email"], "roles": ["support"], "budgetPerHour": 5, "expirationDate": "2099-01-01T00:00:00Z"}]}`
	run(0, `^1 purposes are in force\n$`, "policy", "apply", file("policy.json", policy))
	shown := run(0, `(?s)"code": "support".+"budgetPerHour": 5,\n +"expirationDate": "2099-01-01T00:00:00Z"`, "policy", "show")
	run(0, `^1 purposes are in force\n$`, "policy", "apply", file("shown.json", shown))
	for text, want := range map[string]string{
		`{"purposes": [], "refuseMisplacd": true}`:          `^error: the policy is not .+unknown field "refuseMisplacd"`,
		`{"purposes": [{"code": "x", "budgetPerhour": 1}]}`: `^error: Variable .+budgetPerhour`,
		`[]`:                  `^error: the policy is not an object`,
		`{"purposes": []} {}`: `^error: the policy is one JSON object`,
		`{"purposes": null}`:  `^error: the policy has no "purposes"`,
	} {
		run(1, want, "policy", "apply", file("wrong.json", text))
	}
	run(1, `^error: Invalid request: outcome is ALLOWED, DENIED or DONE`, "audit", "query", "--outcome=denied")
	if again := run(0, ``, "policy", "show"); again != shown {
		t.Errorf("applied as it was shown, the policy is\n%s", again)
	}
	run(0, `^allowed\n$`, "policy", "test", "Profile", "email", "--role=support", "--purpose=support")
	run(1, `^error: refused: PURPOSE_FIELD\n$`, "policy", "test", "Profile", "email", "firstName", "--role=support", "--purpose=support")
	run(1, `^error: refused: PURPOSE_ROLE\n$`, "policy", "test", "Profile", "email", "--role=privacy-officer", "--purpose=support")
	run(1, `^error: refused: PURPOSE_REQUIRED\n$`, "policy", "test", "Profile", "email", "--role=support")
	run(1, `^error: refused: PURPOSE_UNKNOWN\n$`, "policy", "test", "Profile", "email", "--role=support", "--purpose=none")
	run(1, `^error: refused: NO_PERMISSION\n$`, "policy", "test", "Profile", "email", "--role=reader", "--purpose=support")
	run(1, `BAD_USER_INPUT`, "policy", "test", "Profile", "email", "--role=god")
	run(2, `error: .+--role`, "policy", "test", "Profile", "email")
	for name, bad := range map[string]string{"syntax": `{`, "nothing": `{}`, "code": `{"purposes": [{"code": "A B", "legalBasis": "x", "fields": ["*"], "roles": ["support"]}]}`,
		"field": `{"purposes": [{"code": "a", "legalBasis": "x", "fields": ["email"], "roles": ["support"]}]}`, "role": `{"purposes": [{"code": "a", "legalBasis": "x", "fields": ["*"], "roles": ["god"]}]}`,
		"basis": `{"purposes": [{"code": "a", "legalBasis": " ", "fields": ["*"], "roles": ["support"]}]}`, "unknown": `{"purposes": [{"code": "a", "legalBasis": "x", "fields": ["*"], "roles": ["support"], "budget": 3}]}`,
		"budget": `{"purposes": [{"code": "a", "legalBasis": "x", "fields": ["*"], "roles": ["support"], "budgetPerHour": -1}]}`} {
		run(1, `^error: `, "policy", "apply", file("bad-"+name+".json", bad))
	}
	if again := run(0, ``, "policy", "show"); again != shown {
		t.Errorf("after policies that were refused, the one in force is\n%s", again)
	}
	run(0, `^0 purposes are in force\n$`, "policy", "apply", file("empty.json", `{"purposes": []}`))
}

// What is done to the record where it is kept is found, the entry is named, and nothing is disclosed
// on top of it.
func TestTamperedRecordFiles(t *testing.T) {
	t.Parallel()
	for name, tamper := range map[string]func(t *testing.T, segment string, entry []byte){
		"an entry edited": func(t *testing.T, segment string, entry []byte) {
			edit(t, segment, entry, bytes.Replace(entry, []byte("GetProfileUnmasked"), []byte("GetAddressUnmasked"), 1))
		},
		"a bit of an entry": func(t *testing.T, segment string, entry []byte) {
			flipped := slices.Clone(entry)
			flipped[20] ^= 1
			edit(t, segment, entry, flipped)
		},
		"the end cut off": func(t *testing.T, segment string, entry []byte) {
			text, err := os.ReadFile(segment)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(segment, int64(bytes.Index(text, entry)-1)); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := defaults(t)
			in := boot(t, c)
			id := in.profile("john.doe@example.com")
			unmask := `query($id: ID!) { profile(id: $id, unmask: {reason: "customer asked by phone"}) { email } }`
			for range 20 {
				in.do(unmask, vars{"id": id})
			}
			indexes, checkpoint := in.do(unmask, vars{"id": id}).receipts(t)
			last := indexes[0]
			in.stop()
			segment := filepath.Join(c.Data, "audit", string(firstAccount), fmt.Sprintf("%020d.log", 0))
			text, err := os.ReadFile(segment)
			if err != nil {
				t.Fatal(err)
			}
			entry := regexp.MustCompile(fmt.Sprintf(`\{"index":%d,[^}]+\}`, last)).Find(text)
			if entry == nil {
				t.Fatal("the entry is not in the file")
			}
			tamper(t, segment, entry)

			again := boot(t, c)
			again.key = in.key
			if r := again.ask(unmask, vars{"id": id}); strings.Contains(r.Text, "john.doe") || r.code() != "AUDIT_UNAVAILABLE" {
				t.Errorf("on a record that was tampered with, a disclosure is answered %s", r.Text)
			}
			if r := again.do(`query($id: ID!) { profile(id: $id) { email } }`, vars{"id": id}); r.str("profile.email") != "j***.d**@e******.c**" {
				t.Errorf("a masked read: %s", r.Text)
			}
			checked := again.managed(`{ auditVerification { ok problem } }`)
			if checked.at("auditVerification.ok") != false || !strings.HasPrefix(checked.str("auditVerification.problem"), fmt.Sprintf("entry %d: ", last)) {
				t.Errorf("entry %d was tampered with, the server says %s", last, checked.Text)
			}
			if r := again.manage(`{ audit { entries { index } } }`); name != "the end cut off" && r.code() != "AUDIT_TAMPERED" {
				t.Errorf("a query: %s", r.Text)
			}
			_, err = again.record.Check(t.Context(), firstAccount, checkpoint)
			if !errors.Is(err, audit.ErrTampered) || !strings.Contains(err.Error(), fmt.Sprintf("%d", last)) {
				t.Errorf("entry %d was tampered with, the check says %v", last, err)
			}
			if r := again.send("GET", "/audit/export", nil); r.Status == 200 || strings.Contains(r.Text, "Try again soon") {
				t.Errorf("what is left is exported as if it were whole, or the refusal is no help: %s", r.Text)
			}
			if !strings.Contains(again.logs.String(), fmt.Sprintf("entry %d", last)) {
				t.Error("the log does not name the entry")
			}
		})
	}
}

// edit puts bytes in a file in the place of others.
func edit(t *testing.T, path string, from, to []byte) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, bytes.Replace(text, from, to, 1), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// filesUnder returns the content of all files in a folder.
func filesUnder(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		files[path] = text
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
