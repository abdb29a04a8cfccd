package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
)

// seats is an entity whose documents tests may see in clear.
const seats = `{"type": "object", "required": ["code"], "v-indexed": ["code", "row"], "v-unique": ["code"], "properties": {
	"code": {"type": "string", "x-normalize": "name"}, "row": {"type": ["integer", "null"]}, "note": {"type": ["string", "null"], "maxLength": 40}}}`

var documentTests = map[string]func(t *testing.T, in *instance, c *client){
	"create and read": func(t *testing.T, in *instance, c *client) {
		made := c.do(`mutation { createProfile(input: {email: "a@example.com", corporateName: "ACME", tags: ["x", "y"], additionalProperties: {k: 1}})
			{ id corporateName tags priceTable additionalProperties meta { version creationDate lastUpdate expirationDate } } }`)
		id := made.str("createProfile.id")
		if _, err := uuid.Parse(id); err != nil {
			t.Errorf("id %q", id)
		}
		wantJSON(t, made.at("createProfile.tags"), `["x", "y"]`)
		if made.at("createProfile.additionalProperties") != nil || made.at("createProfile.priceTable") != nil {
			t.Errorf("got %s", made.Text)
		}
		created, err := time.Parse(time.RFC3339, made.str("createProfile.meta.creationDate"))
		if err != nil || time.Since(created).Abs() > time.Minute || made.str("createProfile.meta.lastUpdate") != made.str("createProfile.meta.creationDate") {
			t.Errorf("meta is %v", made.at("createProfile.meta"))
		}
		read := c.do(`query($id: ID!) { byId: profile(id: $id) { ...f } byMail: profile(by: {email: "A@Example.COM"}) { ...f } none: profile(id: "none") { id }
			profiles { nodes { ...f } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }
			fragment f on Profile { id corporateName tags priceTable additionalProperties meta { version creationDate lastUpdate expirationDate } }`, vars{"id": id})
		for _, path := range []string{"byId", "byMail", "profiles.nodes.0"} {
			if got, want := fmt.Sprint(read.at(path)), fmt.Sprint(made.at("createProfile")); got != want {
				t.Errorf("%s is %s, want %s", path, got, want)
			}
		}
		if read.at("none") != nil {
			t.Error("there is a document that there is not")
		}
		c.refused("BAD_USER_INPUT", `{ profile(id: "x", by: {email: "a@example.com"}) { id } }`)
		c.refused("BAD_USER_INPUT", `{ profile { id } }`)
		c.refused("BAD_USER_INPUT", `{ profiles(first: -1) { nodes { id } } }`)
		c.refused("BAD_USER_INPUT", `{ profiles(first: 10000) { nodes { id } } }`)
		c.refused("BAD_USER_INPUT", `{ profiles(after: "§") { nodes { id } } }`)
	},
	"paging is stable": func(t *testing.T, in *instance, c *client) {
		c.publish("Seat", seats)
		var kept, gone []string
		for n := range 24 {
			id := c.do(`mutation($c: String!) { createSeat(input: {code: $c}) { id } }`, vars{"c": fmt.Sprint("s", n)}).str("createSeat.id")
			if n%6 == 5 {
				gone = append(gone, id)
			} else {
				kept = append(kept, id)
			}
		}
		var seen []string
		after := any(nil)
		for page := 0; ; page++ {
			r := c.do(`query($after: String) { seats(first: 5, after: $after) { nodes { id } pageInfo { hasNextPage hasPreviousPage endCursor } } }`, vars{"after": after})
			for _, node := range r.at("seats.nodes").([]any) {
				seen = append(seen, at(node, "id").(string))
			}
			if got := r.at("seats.pageInfo.hasPreviousPage"); got != (page > 0) {
				t.Errorf("page %d: hasPreviousPage is %v", page, got)
			}
			if r.at("seats.pageInfo.hasNextPage") == false {
				break
			}
			after = r.at("seats.pageInfo.endCursor")
			// Writes behind and before the cursor, and of the cursor's own document.
			c.do(`mutation($c: String!) { createSeat(input: {code: $c}) { id } }`, vars{"c": fmt.Sprint("new", page)})
			if page < len(gone) && page != 1 {
				c.do(`mutation($id: ID!) { deleteSeat(id: $id) }`, vars{"id": gone[page]})
			}
			if page == 1 {
				last := seen[len(seen)-1]
				c.do(`mutation($id: ID!) { deleteSeat(id: $id) }`, vars{"id": last})
				kept, seen = slices.DeleteFunc(kept, func(id string) bool { return id == last }), seen[:len(seen)-1]
			}
		}
		for _, id := range kept {
			if n := len(slices.DeleteFunc(slices.Clone(seen), func(s string) bool { return s != id })); n != 1 {
				t.Errorf("a document was listed %d times", n)
			}
		}
		if !slices.IsSorted(seen) {
			t.Error("not in order")
		}
	},
	"lookup": func(t *testing.T, in *instance, c *client) {
		id := c.do(`mutation { createProfile(input: {email: "Jose.Silva@Example.com", document: "123.456.789-11"}) { id } }`).str("createProfile.id")
		for _, by := range []vars{{"email": "JOSE.silva@EXAMPLE.com"}, {"document": "12345678911"}, {"document": " 123 456 789/11 "}} {
			if got := c.do(`query($by: ProfileBy!) { profile(by: $by) { id } }`, vars{"by": by}).str("profile.id"); got != id {
				t.Errorf("%v finds %q", by, got)
			}
		}
		for _, by := range []vars{{"email": "other@example.com"}, {"document": "1234567891"}, {"document": ""}} {
			if r := c.do(`query($by: ProfileBy!) { profile(by: $by) { id } }`, vars{"by": by}); r.at("profile") != nil {
				t.Errorf("%v finds something", by)
			}
		}
		c.refused("BAD_USER_INPUT", `query($by: ProfileBy!) { profile(by: $by) { id } }`, vars{"by": vars{"email": "a@b.co", "document": "1"}})
		c.refused("BAD_USER_INPUT", `query($by: ProfileBy!) { profile(by: $by) { id } }`, vars{"by": vars{}})
		c.refused("BAD_USER_INPUT", `query($by: ProfileBy!) { profile(by: $by) { id } }`, vars{"by": vars{"email": nil}})
	},
	"update is a merge patch": func(t *testing.T, in *instance, c *client) {
		c.publish("Thing", `{"type": "object", "required": ["must", "solid"], "properties": {
			"must": {"type": ["string", "null"]}, "solid": {"type": "string"}, "plain": {"type": ["string", "null"]},
			"list": {"type": ["array", "null"], "items": {"type": "integer"}},
			"nested": {"type": ["object", "null"], "properties": {"a": {"type": ["integer", "null"]}, "b": {"type": ["integer", "null"]},
				"deep": {"type": "object", "properties": {"x": {"type": "integer"}, "y": {"type": "integer"}}}}}}}`)
		fields := `{ id must solid plain list nested { a b deep { x y } } meta { version lastUpdate creationDate } }`
		made := c.do(`mutation { createThing(input: {must: "m", solid: "s", plain: "p", list: [1, 2], nested: {a: 1, b: 2, deep: {x: 1, y: 2}}}) ` + fields + ` }`)
		id := made.str("createThing.id")
		for _, step := range []struct{ patch, want string }{
			{`{}`, `{"must": "m", "solid": "s", "plain": "p", "list": [1, 2], "nested": {"a": 1, "b": 2, "deep": {"x": 1, "y": 2}}}`},
			{`{"plain": "q"}`, `{"must": "m", "solid": "s", "plain": "q", "list": [1, 2], "nested": {"a": 1, "b": 2, "deep": {"x": 1, "y": 2}}}`},
			{`{"plain": null, "list": [3]}`, `{"must": "m", "solid": "s", "plain": null, "list": [3], "nested": {"a": 1, "b": 2, "deep": {"x": 1, "y": 2}}}`},
			{`{"nested": {"a": null, "deep": {"x": 9}}}`, `{"must": "m", "solid": "s", "plain": null, "list": [3], "nested": {"a": null, "b": 2, "deep": {"x": 9, "y": 2}}}`},
			{`{"must": null, "list": null}`, `{"must": null, "solid": "s", "plain": null, "list": null, "nested": {"a": null, "b": 2, "deep": {"x": 9, "y": 2}}}`},
			{`{"nested": null}`, `{"must": null, "solid": "s", "plain": null, "list": null, "nested": null}`},
			{`{"nested": {"b": 5}}`, `{"must": null, "solid": "s", "plain": null, "list": null, "nested": {"a": null, "b": 5, "deep": null}}`},
		} {
			r := c.do(`mutation($id: ID!, $p: ThingPatch!) { updateThing(id: $id, patch: $p) `+fields+` }`, vars{"id": id, "p": object(t, step.patch)})
			got := maps.Clone(r.at("updateThing").(map[string]any))
			delete(got, "id")
			delete(got, "meta")
			wantJSON(t, got, step.want)
			if fmt.Sprint(c.do(`query($id: ID!) { thing(id: $id) `+fields+` }`, vars{"id": id}).at("thing")) != fmt.Sprint(r.at("updateThing")) {
				t.Error("the answer is not what is stored")
			}
		}
		r := c.refused("VALIDATION_FAILED", `mutation($id: ID!) { updateThing(id: $id, patch: {solid: null}) { id } }`, vars{"id": id})
		if path := at(r.Errors[0].Extensions, "violations.0.path"); path != "" && path != "solid" {
			t.Errorf("the violation is at %v", path)
		}
		c.refused("NOT_FOUND", `mutation { updateThing(id: "none", patch: {plain: "x"}) { id } }`)
	},
	"expected versions": func(t *testing.T, in *instance, c *client) {
		c.publish("Seat", seats)
		made := c.do(`mutation { createSeat(input: {code: "a"}) { id meta { version } } }`)
		id, first := made.str("createSeat.id"), made.str("createSeat.meta.version")
		update := `mutation($id: ID!, $v: ID) { updateSeat(id: $id, patch: {row: 2}, ifVersion: $v) { meta { version } } }`
		second := c.do(update, vars{"id": id, "v": first}).str("updateSeat.meta.version")
		if second == first || second == "" {
			t.Errorf("the version stays %q", second)
		}
		r := c.refused("VERSION_CONFLICT", update, vars{"id": id, "v": first})
		if got := r.Errors[0].Extensions["currentVersion"]; got != second {
			t.Errorf("the current version is said to be %v", got)
		}
		c.refused("VERSION_CONFLICT", `mutation($id: ID!, $v: ID) { deleteSeat(id: $id, ifVersion: $v) }`, vars{"id": id, "v": first})
		if got := c.do(`mutation($id: ID!, $v: ID) { deleteSeat(id: $id, ifVersion: $v) }`, vars{"id": id, "v": second}).str("deleteSeat"); got != id {
			t.Errorf("deleted %q", got)
		}
		c.refused("NOT_FOUND", `mutation($id: ID!) { deleteSeat(id: $id) }`, vars{"id": id})
		// Writers without an expected version never lose each other's changes.
		id = c.do(`mutation { createSeat(input: {code: "many"}) { id } }`).str("createSeat.id")
		var writers sync.WaitGroup
		for n := range 8 {
			writers.Go(func() {
				r, err := c.post("/graphql", `mutation($id: ID!, $n: Int!) { updateSeat(id: $id, patch: {row: $n}) { id } }`, vars{"id": id, "n": n})
				if err != nil || r.code() != "" {
					t.Errorf("update: %v %+v", err, r)
				}
			})
		}
		writers.Wait()
		if n := len(c.do(`query($id: ID!) { seatVersions(id: $id) { nodes { id } } }`, vars{"id": id}).at("seatVersions.nodes").([]any)); n != 9 {
			t.Errorf("%d versions after 9 writes", n)
		}
	},
	"delete takes what is owned": func(t *testing.T, in *instance, c *client) {
		owner, other := c.profile("a@example.com"), c.profile("b@example.com")
		var addresses []string
		for _, id := range []string{owner, owner, other} {
			addresses = append(addresses, c.do(`mutation($p: ID!) { createAddress(profileId: $p, input: {locality: "Rio"}) { id } }`, vars{"p": id}).str("createAddress.id"))
		}
		c.do(`mutation($p: ID!) { createPurchaseInfo(profileId: $p, input: {isToSavePersonalData: true}) { id } }`, vars{"p": owner})
		c.refused("ALREADY_EXISTS", `mutation($p: ID!) { createPurchaseInfo(profileId: $p, input: {isToSavePersonalData: true}) { id } }`, vars{"p": owner})
		r := c.do(`query($p: ID!) { profile(id: $p) { addresses(first: 1) { nodes { id profileId profile { id } } pageInfo { hasNextPage endCursor } }
			purchaseInfo { isToSavePersonalData profileId } } }`, vars{"p": owner})
		wantJSON(t, r.Data, fmt.Sprintf(`{"profile": {"addresses": {"nodes": [{"id": %q, "profileId": %q, "profile": {"id": %q}}],
			"pageInfo": {"hasNextPage": true, "endCursor": %q}}, "purchaseInfo": {"isToSavePersonalData": true, "profileId": %q}}}`,
			addresses[0], owner, owner, r.str("profile.addresses.pageInfo.endCursor"), owner))
		c.refused("NOT_FOUND", `mutation { createAddress(profileId: "none", input: {locality: "Rio"}) { id } }`)
		c.do(`mutation($p: ID!) { updateAddress(id: $p, patch: {locality: "Natal"}) { id } }`, vars{"p": addresses[0]})
		c.do(`mutation($p: ID!) { deleteProfile(id: $p) }`, vars{"p": owner})
		r = c.do(`query($p: ID!, $a: ID!) { profile(id: $p) { id } address(id: $a) { id } purchaseInfo(id: $p) { id } addressVersions(id: $a) { nodes { id } }
			addresses { nodes { id } } purchaseInfos { nodes { id } } }`, vars{"p": owner, "a": addresses[0]})
		wantJSON(t, r.Data, `{"profile": null, "address": null, "purchaseInfo": null, "addressVersions": {"nodes": []},
			"addresses": {"nodes": [{"id": "`+addresses[2]+`"}]}, "purchaseInfos": {"nodes": []}}`)
		c.profile("a@example.com") // the unique value is free again
	},
	"versions": func(t *testing.T, in *instance, c *client) {
		made := c.do(`mutation { createProfile(input: {email: "a@example.com", corporateName: "one", firstName: "Ann"}) { id meta { version } } }`)
		id := made.str("createProfile.id")
		ids := []string{made.str("createProfile.meta.version")}
		for _, patch := range []string{`{corporateName: "two"}`, `{corporateName: null, fancyName: "f"}`, `{firstName: "Bob"}`, `{corporateName: "five"}`} {
			ids = append(ids, c.do(`mutation($id: ID!) { updateProfile(id: $id, patch: `+patch+`) { meta { version } } }`, vars{"id": id}).str("updateProfile.meta.version"))
		}
		var listed, names []string
		after := any(nil)
		for {
			r := c.do(`query($id: ID!, $after: String) { profileVersions(id: $id, first: 2, after: $after) { nodes { id corporateName firstName email meta { version } }
				pageInfo { hasNextPage endCursor } } }`, vars{"id": id, "after": after})
			for _, node := range r.at("profileVersions.nodes").([]any) {
				listed = append(listed, at(node, "meta.version").(string))
				names = append(names, fmt.Sprint(at(node, "corporateName"), at(node, "firstName"), at(node, "email"), at(node, "id") == id))
			}
			if r.at("profileVersions.pageInfo.hasNextPage") == false {
				break
			}
			after = r.at("profileVersions.pageInfo.endCursor")
			if len(listed) == 2 { // a write between two pages
				c.do(`mutation($id: ID!) { updateProfile(id: $id, patch: {corporateName: "six"}) { id } }`, vars{"id": id})
			}
		}
		want := slices.Clone(ids)
		slices.Reverse(want)
		if !slices.Equal(listed, want) {
			t.Errorf("listed %v, want %v", listed, want)
		}
		if got, want := strings.Join(names, " "), "five B** a@e******.c** true"; !strings.HasPrefix(got, "fiveB**") || strings.Contains(got, "Ann") {
			t.Errorf("got %s, want it to begin as %s", got, want)
		}
		pinned := `query($id: ID!, $v: ID!) { profileVersion(id: $id, version: $v) { id corporateName firstName meta { version masked } } }`
		wantJSON(t, c.do(pinned, vars{"id": id, "v": ids[1]}).Data,
			fmt.Sprintf(`{"profileVersion": {"id": %q, "corporateName": "two", "firstName": "A**", "meta": {"version": %q, "masked": ["firstName"]}}}`, id, ids[1]))
		for _, v := range []string{"", "x", "1-" + strings.Repeat("a", 12), "99-" + ids[0][2:], "2" + ids[0][1:], "-1-x"} {
			if r := c.do(pinned, vars{"id": id, "v": v}); r.at("profileVersion") != nil {
				t.Errorf("there is a version %q", v)
			}
		}
		diff := `query($id: ID!, $from: ID!, $to: ID!) { profileVersionDiff(id: $id, from: $from, to: $to) { path kind from to } }`
		wantJSON(t, c.do(diff, vars{"id": id, "from": ids[1], "to": ids[3]}).Data, `{"profileVersionDiff": [
			{"path": "firstName", "kind": "CHANGED", "from": "A**", "to": "B**"},
			{"path": "corporateName", "kind": "REMOVED", "from": "two", "to": null}, {"path": "fancyName", "kind": "ADDED", "from": null, "to": "f"}]}`)
		wantJSON(t, c.do(diff, vars{"id": id, "from": ids[2], "to": ids[2]}).Data, `{"profileVersionDiff": []}`)
		c.refused("NOT_FOUND", diff, vars{"id": id, "from": ids[0], "to": "none"})
		c.refused("BAD_USER_INPUT", `query($id: ID!) { profileVersions(id: $id, after: "x") { nodes { id } } }`, vars{"id": id})
	},
	"a unique value has one holder": func(t *testing.T, in *instance, c *client) {
		var creators sync.WaitGroup
		var mu sync.Mutex
		codes := map[string]int{}
		for n := range 32 {
			mail := []string{"one@example.com", "ONE@example.com", "One@Example.Com "}[n%3]
			creators.Go(func() {
				r, err := c.post("/graphql", `mutation($e: EmailAddress!) { createProfile(input: {email: $e}) { id } }`, vars{"e": strings.TrimSpace(mail)})
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				codes[r.code()]++
			})
		}
		creators.Wait()
		if codes[""] != 1 || codes["NOT_UNIQUE"] != 31 {
			t.Errorf("codes: %v", codes)
		}
		r := c.do(`{ profile(by: {email: "one@example.com"}) { id } profiles { nodes { id } } }`)
		if n := len(r.at("profiles.nodes").([]any)); n != 1 || r.str("profile.id") != r.str("profiles.nodes.0.id") {
			t.Errorf("%d profiles", n)
		}
		e := c.refused("NOT_UNIQUE", `mutation { createProfile(input: {email: "one@example.com"}) { id } }`)
		if e.Errors[0].Extensions["field"] != "email" || strings.Contains(e.Text, "one@") {
			t.Error(e.Text)
		}
	},
	"unique values that swap": func(t *testing.T, in *instance, c *client) {
		c.publish("Seat", seats)
		values := []string{"alpha", "beta", "gamma"}
		var ids []string
		for _, v := range values {
			ids = append(ids, c.do(`mutation($c: String!) { createSeat(input: {code: $c}) { id } }`, vars{"c": v}).str("createSeat.id"))
		}
		values = append(values, "delta")
		var writers sync.WaitGroup
		for w := range 6 {
			writers.Go(func() {
				for n := range 12 {
					r, err := c.post("/graphql", `mutation($id: ID!, $c: String!) { updateSeat(id: $id, patch: {code: $c}) { code } }`,
						vars{"id": ids[(w+n)%3], "c": values[(w*5+n*3)%4]})
					if err != nil || r.code() != "" && r.code() != "NOT_UNIQUE" {
						t.Errorf("update: %v %+v", err, r)
					}
				}
			})
		}
		writers.Wait()
		holders := map[string]string{}
		for _, node := range c.do(`{ seats { nodes { id code } } }`).at("seats.nodes").([]any) {
			code := at(node, "code").(string)
			if holders[code] != "" {
				t.Errorf("%s has two holders", code)
			}
			holders[code] = at(node, "id").(string)
		}
		for _, v := range values {
			found := c.do(`query($c: String!) { seat(by: {code: $c}) { id } }`, vars{"c": v})
			if got := found.str("seat.id"); got != holders[v] {
				t.Errorf("%s is found at %q, held by %q", v, got, holders[v])
			}
			want := "NOT_UNIQUE"
			if holders[v] == "" { // nobody's: free at once
				want = ""
			}
			if r := c.ask(`mutation($c: String!) { createSeat(input: {code: $c}) { id } }`, vars{"c": v}); r.code() != want {
				t.Errorf("%s: a creator gets %q, want %q", v, r.code(), want)
			}
		}
	},
	"promote": func(t *testing.T, in *instance, c *client) {
		made := c.do(`mutation { createProspect(input: {email: "p@example.com", firstName: "Ann", corporateName: "ACME", tags: ["t"],
			availableAddresses: [{locality: "Rio", countryCode: "BR"}, {locality: "Natal"}], contacts: [{documentType: "cpf"}]}) { id } }`)
		id := made.str("createProspect.id")
		record, err := in.store.Get(t.Context(), storage.Space{Account: accountOf(t), Collection: storage.Documents, Part: "Prospect"}, id)
		if err != nil {
			t.Fatal(err)
		}
		c.profile("taken@example.com")
		c.refused("NOT_UNIQUE", `mutation($id: ID!) { promoteProspect(id: $id, input: {email: "taken@example.com"}) { id } }`, vars{"id": id})
		c.refused("NOT_FOUND", `mutation { promoteProspect(id: "none") { id } }`)
		promote := `mutation($id: ID!) { promoteProspect(id: $id, input: {fancyName: "Acme"}) { id corporateName fancyName firstName tags } }`
		want := fmt.Sprintf(`{"promoteProspect": {"id": %q, "corporateName": "ACME", "fancyName": "Acme", "firstName": "A**", "tags": ["t"]}}`, id)
		state := func() *reply {
			return c.do(`query($id: ID!) { prospect(id: $id) { id } prospects { nodes { id } } profile(id: $id) { addresses { nodes { locality countryCode } }
				contacts { nodes { documentType } } } byMail: profile(by: {email: "P@example.com"}) { id } profileVersions(id: $id) { nodes { id } } }`, vars{"id": id})
		}
		wantState := fmt.Sprintf(`{"prospect": null, "prospects": {"nodes": []}, "profile": {"addresses": {"nodes": [{"locality": "Rio", "countryCode": "BR"},
			{"locality": "Natal", "countryCode": null}]}, "contacts": {"nodes": [{"documentType": "cpf"}]}}, "byMail": {"id": %q},
			"profileVersions": {"nodes": [{"id": %q}]}}`, id, id)
		wantJSON(t, c.do(promote, vars{"id": id}).Data, want)
		check := func() {
			t.Helper()
			got := state().Data
			slices.SortFunc(at(got, "profile.addresses.nodes").([]any), func(a, b any) int { return -strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
			wantJSON(t, got, wantState)
		}
		check()
		// Whoever did not get the answer asks again.
		wantJSON(t, c.do(promote, vars{"id": id}).Data, want)
		check()
		// The process died before the prospect was removed.
		if err := in.store.Insert(t.Context(), storage.Space{Account: accountOf(t), Collection: storage.Documents, Part: "Prospect"}, record); err != nil {
			t.Fatal(err)
		}
		wantJSON(t, c.do(promote, vars{"id": id}).Data, want)
		check()
	},
	"documents outlive schemas": func(t *testing.T, in *instance, c *client) {
		c.publish("Seat", seats)
		made := c.do(`mutation { createSeat(input: {code: "a", row: 7, note: "hello"}) { id meta { version } } }`)
		id, first := made.str("createSeat.id"), made.str("createSeat.meta.version")
		c.publish("Seat", strings.ReplaceAll(strings.Replace(seats, `, "note": {"type": ["string", "null"], "maxLength": 40}`, ``, 1),
			`"row": {"type": ["integer", "null"]}`, `"row": {"type": ["string", "null"]}, "extra": {"type": ["boolean", "null"]}`),
			"?mode=replace&allow=FIELD_SAME_TYPE&allow=FIELD_NO_DELETE&allow=CONSTRAINT_NO_NARROW&allow=REQUIRED_NO_ADD")
		r := c.ask(`query($id: ID!) { seat(id: $id) { code row extra } }`, vars{"id": id})
		wantJSON(t, r.Data, `{"seat": {"code": "a", "row": null, "extra": null}}`)
		if r.code() != "STORED_VALUE_MISMATCH" {
			t.Errorf("code %q: %s", r.code(), r.Text)
		}
		c.refused("VALIDATION_FAILED", `mutation($id: ID!) { updateSeat(id: $id, patch: {extra: true}) { code row extra } }`, vars{"id": id})
		r = c.do(`mutation($id: ID!) { updateSeat(id: $id, patch: {row: "G", extra: true}) { code row extra } }`, vars{"id": id})
		wantJSON(t, r.at("updateSeat"), `{"code": "a", "row": "G", "extra": true}`)
		wantJSON(t, c.do(`query($id: ID!, $v: ID!) { seatVersion(id: $id, version: $v) { code extra } seatVersions(id: $id) { nodes { code } } }`, vars{"id": id, "v": first}).Data,
			`{"seatVersion": {"code": "a", "extra": null}, "seatVersions": {"nodes": [{"code": "a"}, {"code": "a"}]}}`)
		if got := c.do(`{ seat(by: {row: "g"}) { id } other: seat(by: {row: "G"}) { id } }`); got.at("seat") != nil || got.str("other.id") != id {
			t.Error(got.Text)
		}
	},
	"violations name path and rule": func(t *testing.T, in *instance, c *client) {
		const secret = "xQz-secret-value"
		for name, test := range map[string]struct {
			input vars
			code  string
			path  any
			rule  any
		}{
			"too long":       {vars{"email": "a@example.com", "tags": []string{"ok", strings.Repeat(secret, 5)}}, "VALIDATION_FAILED", "tags.1", "maxLength"},
			"no e-mail":      {vars{"email": secret}, "", nil, nil},
			"missing":        {vars{"firstName": secret}, "", nil, nil},
			"unknown field":  {vars{"email": "a@example.com", secret: 1}, "", nil, nil},
			"wrong type":     {vars{"email": "a@example.com", "tags": vars{secret: 1}}, "", nil, nil},
			"wrong date":     {vars{"email": "a@example.com", "birthdate": secret}, "", nil, nil},
			"null in a list": {vars{"email": "a@example.com", "tags": []any{secret, nil}}, "", nil, nil},
			"no email":       {vars{"email": nil, "firstName": secret}, "", nil, nil},
		} {
			r := c.ask(`mutation($input: ProfileInput!) { createProfile(input: $input) { id } }`, vars{"input": test.input})
			if r.code() == "" || r.code() == "INTERNAL" || test.code != "" && r.code() != test.code {
				t.Errorf("%s: code %q: %s", name, r.code(), r.Text)
				continue
			}
			if strings.Contains(r.Text, "secret") {
				t.Errorf("%s: the value comes back: %s", name, r.Text)
			}
			if v := r.Errors[0].Extensions["violations"]; test.path != nil && (at(v, "0.path") != test.path || at(v, "0.rule") != test.rule) {
				t.Errorf("%s: violations %v", name, v)
			}
		}
		if n := len(c.do(`{ profiles { nodes { id } } }`).at("profiles.nodes").([]any)); n != 0 {
			t.Errorf("%d invalid documents were stored", n)
		}
	},
	"mutations run in order": func(t *testing.T, in *instance, c *client) {
		c.publish("Seat", seats)
		id := c.do(`mutation { createSeat(input: {code: "a", row: 0}) { id } }`).str("createSeat.id")
		r := c.ask(`mutation($id: ID!) { a: updateSeat(id: $id, patch: {row: 1}) { row } bad: updateSeat(id: "none", patch: {row: 9}) { row }
			b: updateSeat(id: $id, patch: {row: 2}) { row } c: updateSeat(id: $id, patch: {note: "x"}) { row note } }`, vars{"id": id})
		wantJSON(t, r.Data, `{"a": {"row": 1}, "bad": null, "b": {"row": 2}, "c": {"row": 2, "note": "x"}}`)
		if r.code() != "NOT_FOUND" || len(r.Errors) != 1 {
			t.Error(r.Text)
		} else {
			wantJSON(t, r.Errors[0].Path, `["bad"]`)
		}
	},
}

func object(t *testing.T, text string) (v map[string]any) {
	t.Helper()
	if err := bson.UnmarshalExtJSON([]byte(text), false, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// accountOf returns the account of a test: accounts are cheap, so each test of a table has its own.
func accountOf(t testing.TB) tenant.ID {
	name := t.Name()
	name = strings.ToLower(name[strings.LastIndex(name, "/")+1:])
	return tenant.ID("t-" + strings.NewReplacer("_", "-", ",", "", "'", "").Replace(name))
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		for name, test := range documentTests {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(t, in, in.account(t, string(accountOf(t))))
			})
		}
	})
}

func TestTimeToLive(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		in.publish("Seat", strings.Replace(seats, `{`, `{"documentTTL": 30, `, 1))
		create := `mutation($c: String!, $ttl: Int) { createSeat(input: {code: $c}, ttlDays: $ttl) { id meta { expirationDate } } }`
		day := 24 * time.Hour
		expires := func(r *reply, path string) time.Duration {
			at, err := time.Parse(time.RFC3339, r.str(path))
			if err != nil {
				t.Fatalf("%v: %s", err, r.Text)
			}
			return at.Sub(in.clock.now()).Round(time.Hour)
		}
		bySchema := in.do(create, vars{"c": "schema"})
		byRequest := in.do(create, vars{"c": "request", "ttl": 2})
		if a, b := expires(bySchema, "createSeat.meta.expirationDate"), expires(byRequest, "createSeat.meta.expirationDate"); a != 30*day || b != 2*day {
			t.Errorf("expire after %v and %v", a, b)
		}
		for _, ttl := range []int{0, -1, 36501, 1 << 31 / 2} {
			in.refused("BAD_USER_INPUT", create, vars{"c": "bad", "ttl": ttl})
		}
		short := byRequest.str("createSeat.id")
		in.do(`mutation($id: ID!) { updateSeat(id: $id, patch: {row: 1}) { id } }`, vars{"id": short})
		look := `query($id: ID!) { seat(id: $id) { code } by: seat(by: {code: "request"}) { code } seats { nodes { code } } seatVersions(id: $id) { nodes { code } } }`
		wantJSON(t, in.do(look, vars{"id": short}).Data, `{"seat": {"code": "request"}, "by": {"code": "request"}, "seats": {"nodes": [{"code": "schema"}, {"code": "request"}]},
			"seatVersions": {"nodes": [{"code": "request"}, {"code": "request"}]}}`)
		in.clock.move(2*day + time.Minute)
		wantJSON(t, in.do(look, vars{"id": short}).Data, `{"seat": null, "by": null, "seats": {"nodes": [{"code": "schema"}]}, "seatVersions": {"nodes": []}}`)
		in.refused("NOT_FOUND", `mutation($id: ID!) { updateSeat(id: $id, patch: {row: 1}) { id } }`, vars{"id": short})
		in.do(create, vars{"c": "request"}) // its unique value is free
		// A request prolongs a life.
		long := bySchema.str("createSeat.id")
		r := in.do(`mutation($id: ID!) { updateSeat(id: $id, patch: {row: 1}, ttlDays: 100) { meta { expirationDate } } }`, vars{"id": long})
		if got := expires(r, "updateSeat.meta.expirationDate"); got != 100*day {
			t.Errorf("expires after %v", got)
		}
		if n, err := in.docs.Expire(t.Context(), in.currentSet); n != 1 || err != nil {
			t.Errorf("%d swept: %v", n, err)
		}

		// What has the id of an expired document does not inherit its versions.
		owner := in.profile("a@example.com")
		info := `mutation($p: ID!, $l: String!) { createPurchaseInfo(profileId: $p, input: {lastPurchasesAddressId: $l}, ttlDays: 1) { id } }`
		patch := `mutation($p: ID!, $l: String!) { updatePurchaseInfo(id: $p, patch: {lastPurchasesAddressId: $l}) { id } }`
		in.do(info, vars{"p": owner, "l": "old 1"})
		in.do(patch, vars{"p": owner, "l": "old 2"})
		in.clock.move(day + time.Minute)
		in.do(info, vars{"p": owner, "l": "new 1"})
		in.do(patch, vars{"p": owner, "l": "new 2"})
		history := `query($p: ID!) { purchaseInfoVersions(id: $p) { nodes { lastPurchasesAddressId } } }`
		want := `{"purchaseInfoVersions": {"nodes": [{"lastPurchasesAddressId": "new 2"}, {"lastPurchasesAddressId": "new 1"}]}}`
		wantJSON(t, in.do(history, vars{"p": owner}).Data, want)
		if err := in.mend(t.Context()); err != nil {
			t.Error(err)
		}
		wantJSON(t, in.do(history, vars{"p": owner}).Data, want)
		left, err := in.store.Scan(t.Context(), storage.Space{Account: firstAccount, Collection: storage.Versions, Part: "PurchaseInfo"}, storage.Page{Limit: 10})
		if len(left) != 1 || err != nil {
			t.Errorf("%d old versions are kept: %v", len(left), err)
		}
	})
}

// A process that dies between a claim and its document leaves a claim that nothing stands behind.
func TestOrphanClaims(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		in.publish("Seat", seats)
		set, err := in.currentSet(t.Context(), firstAccount)
		if err != nil {
			t.Fatal(err)
		}
		space := storage.Space{Account: firstAccount, Collection: storage.Claims, Part: "Seat"}
		orphan := func(value string) {
			t.Helper()
			entries, err := in.vault.Entries(t.Context(), firstAccount, "Seat", set.Entity("Seat").Keys[0].Field, value)
			if err != nil || len(entries) != 1 {
				t.Fatal(entries, err)
			}
			body, err := bson.Marshal(bson.D{{Key: "document", Value: "ghost"}, {Key: "taken", Value: in.clock.now()}})
			if err != nil {
				t.Fatal(err)
			}
			if err := in.store.Insert(t.Context(), space, storage.Record{ID: entries[0], Rev: "r", Body: body}); err != nil {
				t.Fatal(err)
			}
		}
		orphan("a")
		orphan("b")
		create := `mutation($c: String!) { createSeat(input: {code: $c}) { id } }`
		in.refused("NOT_UNIQUE", create, vars{"c": "a"}) // its write may be under way
		in.clock.move(3 * time.Minute)
		in.do(create, vars{"c": "a"})
		if err := in.mend(t.Context()); err != nil {
			t.Fatal(err)
		}
		left, err := in.store.Scan(t.Context(), space, storage.Page{Limit: 10})
		if err != nil || len(left) != 1 {
			t.Errorf("%d claims are left: %v", len(left), err)
		}
		in.clock.move(time.Hour)
		if err := in.mend(t.Context()); err != nil {
			t.Fatal(err)
		}
		in.refused("NOT_UNIQUE", create, vars{"c": "a"}) // a claim that stands is not swept
		in.do(create, vars{"c": "b"})
	})
}

// A document that was read before is shown as it is now, whatever else was asked of it before.
func TestReadAgain(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		id := in.profile("ana@example.com")
		in.do(`mutation($id: ID!) { updateProfile(id: $id, patch: {firstName: "Ana", documentType: "CPF"}) { id } }`, vars{"id": id})
		views := map[string]string{
			"firstName":                             `{"firstName": "A**"}`,
			"id: documentType name: firstName":      `{"id": "CPF", "name": "A**"}`,
			"name: firstName id: documentType":      `{"name": "A**", "id": "CPF"}`,
			"__typename meta { masked }":            `{"__typename": "Profile", "meta": {"masked": []}}`,
			"email meta { masked }":                 `{"email": "a**@e******.c**", "meta": {"masked": ["email"]}}`,
			"email addresses { nodes { id } }":      `{"email": "a**@e******.c**", "addresses": {"nodes": []}}`,
			"email purchaseInfo { profile { id } }": `{"email": "a**@e******.c**", "purchaseInfo": null}`,
		}
		for range 3 {
			for view, want := range views {
				wantJSON(t, in.do(`query($id: ID!) { profile(id: $id) { `+view+` } }`, vars{"id": id}).at("profile"), want)
				wantJSON(t, in.do(`{ profiles { nodes { `+view+` } edges { cursor node { `+view+` } } } }`).at("profiles.nodes"), "["+want+"]")
			}
		}
		clear := in.do(`query($id: ID!) { profile(id: $id, unmask: {reason: "the shopper called us"}) { firstName } again: profile(id: $id) { firstName } }`, vars{"id": id})
		wantJSON(t, clear.Data, `{"profile": {"firstName": "Ana"}, "again": {"firstName": "A**"}}`)
		for _, name := range []string{"Beatriz", "Bo", "Ana"} {
			in.do(`mutation($id: ID!, $n: String) { updateProfile(id: $id, patch: {firstName: $n}) { id } }`, vars{"id": id, "n": name})
			for range 2 {
				r := in.do(`query($id: ID!) { profile(id: $id) { firstName meta { version } } profileVersions(id: $id, first: 1) { nodes { firstName meta { version } } } }`, vars{"id": id})
				if got, want := r.str("profile.firstName"), name[:1]+strings.Repeat("*", len(name)-1); got != want {
					t.Errorf("after the update it is %q, want %q", got, want)
				}
				if diff := cmp.Diff([]any{r.at("profile")}, r.at("profileVersions.nodes")); diff != "" {
					t.Errorf("the newest version is another (-profile +version)\n%s", diff)
				}
			}
		}
		in.do(`mutation($id: ID!) { updateProfile(id: $id, patch: {firstName: null}, ttlDays: 1) { id } }`, vars{"id": id})
		for range 2 {
			r := in.do(`query($id: ID!) { profile(id: $id) { firstName meta { expirationDate masked } } }`, vars{"id": id})
			if r.at("profile.firstName") != nil || r.at("profile.meta.expirationDate") == nil {
				t.Errorf("without a name, until tomorrow: %s", r.Text)
			}
		}
		in.clock.move(25 * time.Hour)
		if r := in.do(`query($id: ID!) { profile(id: $id) { id } }`, vars{"id": id}); r.at("profile") != nil {
			t.Errorf("expired: %s", r.Text)
		}
	})
}

// A moment is what RFC 3339 says it is, and comes back as it was written.
func TestMoments(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		in.publish("Event", `{"type": "object", "properties": {
			"at": {"type": "string", "format": "date-time"}, "own": {"type": "string", "format": "date-time", "sensitive": true, "x-mask": "year"},
			"of": {"type": "string", "format": "time", "default": "23:59:60z"}}, "v-indexed": ["at"], "additionalProperties": false}`)
		create := `mutation($m: DateTime) { createEvent(input: {at: $m, own: $m}) { id at own of } }`
		for _, moment := range []string{"1998-12-31t15:59:60.000000123456-08:00", "2026-01-02t03:04:05z", "1990-12-31T23:59:60Z", "2026-01-02T03:04:05+05:30"} {
			made := in.do(create, vars{"m": moment})
			if made.str("createEvent.at") != moment || made.str("createEvent.own") != moment[:4]+"-01-01T00:00:00Z" || made.str("createEvent.of") != "23:59:60z" {
				t.Error(made.Text)
			}
			r := in.do(`query($m: DateTime!) { event(by: {at: $m}) { at own(unmask: {reason: "to see the moment"}) } }`, vars{"m": moment})
			if r.str("event.at") != moment || r.str("event.own") != moment {
				t.Error(r.Text)
			}
			in.do(fmt.Sprintf(`mutation { createEvent(input: {at: %q, of: "10:00:00z"}) { id } }`, moment))
		}
		for _, moment := range []string{"2026-01-02T12:00:60Z", "2026-01-02 12:00:00Z", "2026-01-02T12:00:00", "2026-01-02T12:00:00,5Z", "2026-02-30T12:00:00Z"} {
			in.refused("BAD_USER_INPUT", create, vars{"m": moment})
		}
	})
}
