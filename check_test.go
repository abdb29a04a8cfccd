package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
)

// checked runs the command check on the store of a server that has ended.
func checked(t *testing.T, c Config) (exit int, lines []string, errs string) {
	t.Helper()
	args := []string{"check", "--data=" + c.Data}
	if c.MongodbURI != "" {
		args = append(args, "--mongodb-uri="+c.MongodbURI)
	}
	var out, err bytes.Buffer
	exit = command(args, nil, &out, &err)
	return exit, strings.Split(strings.TrimSpace(out.String()), "\n"), err.String()
}

// Whatever damage readers can meet is found, with the document that has it, and changed by nobody.
func TestCheckFindsDamage(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		account, other := accountOf(t), tenant.ID(string(accountOf(t))+"-2")
		main, theirs := in.account(t, string(account)), in.account(t, string(other))
		space := func(c storage.Collection, entity string) storage.Space {
			return storage.Space{Account: account, Collection: c, Part: entity}
		}
		put := func(in_ storage.Space, r storage.Record) {
			t.Helper()
			if err := in.store.Insert(t.Context(), in_, r); err != nil {
				t.Fatal(err)
			}
		}
		remove := func(in_ storage.Space, id string) {
			t.Helper()
			if err := in.store.Delete(t.Context(), in_, id, ""); err != nil {
				t.Fatal(err)
			}
		}
		made := func(name string) string {
			return main.do(`mutation($e: EmailAddress!, $n: String) { createProfile(input: {email: $e, firstName: $n, lastName: $n, tags: ["t"]}) { id } }`,
				vars{"e": strings.NewReplacer(" ", ".", "'", "").Replace(name) + "@example.com", "n": name}).str("createProfile.id")
		}
		old := func(id string) []storage.Record {
			list, err := in.store.Scan(t.Context(), space(storage.Versions, "Profile"), storage.Page{Prefix: id, Limit: 10})
			if err != nil {
				t.Fatal(err)
			}
			return list
		}
		profile := func(id string) *stored { return in.stored(t, account, storage.Documents, "Profile", id) }
		claim := func(id string) *stored { // to the e-mail address, the one unique value
			return in.stored(t, account, storage.Claims, "Profile", profile(id).Keys[0])
		}
		updated := func(name string, times int) string {
			id := made(name)
			for i := range times {
				main.do(`mutation($id: ID!, $t: [String!]) { updateProfile(id: $id, patch: {tags: $t}) { id } }`, vars{"id": id, "t": []string{fmt.Sprint(i)}})
			}
			return id
		}
		var want []string
		expect := func(entity, id, problem string) {
			want = append(want, fmt.Sprintf("%s/%s/%s%s", account, entity, id, problem))
		}
		sound := updated("sound", 3)
		main.do(`mutation($p: ID!) { createAddress(profileId: $p, input: {locality: "Rio"}) { id } }`, vars{"p": sound})

		const changed = ": .*(not what was sealed|corrupt|cannot be opened|cannot be read|damaged).*"
		s := profile(made("flipped"))
		flipped := slices.Clone(s.field("firstName").Value)
		flipped[len(flipped)-1] ^= 1
		s.set(bson.RawValue{Type: bson.TypeBinary, Value: flipped}, "firstName")
		expect("Profile", s.ID, changed)
		s = profile(made("truncated"))
		subtype, sealed := s.field("firstName").Binary()
		s.set(bson.RawValue{Type: bson.TypeBinary, Value: bsoncore.AppendBinary(nil, subtype, sealed[:len(sealed)-5])}, "firstName")
		expect("Profile", s.ID, changed)
		s = profile(made("moved"))
		s.set(profile(sound).field("firstName"), "firstName")
		expect("Profile", s.ID, changed)
		s = profile(made("of no type"))
		s.set(bson.RawValue{Type: bson.TypeBinary, Value: bsoncore.AppendBinary(nil, 0, []byte("no seal"))}, "firstName")
		main.refused("DATA_CORRUPT", `mutation($id: ID!) { updateProfile(id: $id, patch: {tags: null}) { id } }`, vars{"id": s.ID})
		expect("Profile", s.ID, changed)
		s = profile(made("of another type"))
		s.set(bson.RawValue{Type: bson.TypeInt32, Value: []byte{7, 0, 0, 0}}, "tags")
		expect("Profile", s.ID, ": .*tags must be array")
		s = profile(made("without content"))
		s.Body = bson.Raw{5, 0, 0, 0, 0}
		s.write()
		expect("Profile", s.ID, ": .*cannot be read.*")
		strange := theirs.do(`mutation { createProfile(input: {email: "strange@example.com", firstName: "Strange"}) { id } }`).str("createProfile.id")
		moved := in.stored(t, other, storage.Documents, "Profile", strange).Record
		moved.Keys = nil
		put(space(storage.Documents, "Profile"), moved)
		expect("Profile", strange, ": .*key.*")

		id := updated("without a version", 4)
		remove(space(storage.Versions, "Profile"), old(id)[1].ID)
		remove(space(storage.Versions, "Profile"), old(id)[2].ID)
		expect("Profile", id, ": version 2 of it is lost")
		expect("Profile", id, ": version 4 of it is lost")
		id = updated("with a damaged version", 2)
		v := in.stored(t, account, storage.Versions, "Profile", old(id)[0].ID)
		v.Body = bson.Raw{5, 0, 0, 0, 0}
		v.write()
		expect("Profile", id, " version 1: .*cannot be read.*")
		id = updated("with another's version", 2)
		v = in.stored(t, account, storage.Versions, "Profile", old(id)[0].ID)
		v.Body = old(id)[1].Body
		v.write()
		expect("Profile", id, " version 1: .*another version")

		gone := updated("gone", 1)
		remove(space(storage.Documents, "Profile"), gone)
		expect("Profile", gone, " version 1: its document is not there.*")
		expect("Profile", gone, ": a unique value is reserved for it.*")
		owner := made("owner")
		address := main.do(`mutation($p: ID!) { createAddress(profileId: $p, input: {locality: "Rio"}) { id } }`, vars{"p": owner}).str("createAddress.id")
		remove(space(storage.Claims, "Profile"), claim(owner).ID)
		remove(space(storage.Documents, "Profile"), owner)
		expect("Address", address, ": its owner is not there.*")

		s = profile(made("not found"))
		s.Keys = nil
		s.write()
		expect("Profile", s.ID, ": it is not found by its email.*")
		expect("Profile", s.ID, ": a unique value is reserved for it that it does not have.*")
		s = profile(made("found wrongly"))
		s.Keys = append(s.Keys, strings.Replace(s.Keys[0], s.Keys[0][len(s.Keys[0])-4:], "AAAA", 1))
		s.write()
		expect("Profile", s.ID, ": it is found by a value that it does not have.*")
		s = profile(made("not reserved"))
		remove(space(storage.Claims, "Profile"), claim(s.ID).ID)
		expect("Profile", s.ID, ": its email, which is unique, is not reserved for it.*")
		s = profile(made("reserved for another"))
		taken := claim(s.ID)
		var err error
		if taken.Body, err = bson.Marshal(bson.D{{Key: "document", Value: sound}, {Key: "taken", Value: time.Now()}}); err != nil {
			t.Fatal(err)
		}
		taken.write()
		expect("Profile", s.ID, ": its email, which is unique, is reserved for "+sound+".*")
		expect("Profile", sound, ": a unique value is reserved for it that it does not have.*")
		s = profile(made("reserved for who knows whom"))
		damaged := claim(s.ID)
		damaged.Body = bson.Raw{5, 0, 0, 0, 0}
		damaged.write()
		main.refused("DATA_CORRUPT", `mutation { createProfile(input: {email: "reserved.for.who.knows.whom@example.com"}) { id } }`) // not an internal error
		expect("Profile", regexp.QuoteMeta(damaged.ID), ": whose unique value this is cannot be read.*")

		// Claims are only looked at once no write can be about to need them.
		all, err := in.store.Scan(t.Context(), space(storage.Claims, "Profile"), storage.Page{Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range all {
			var body bson.M
			if err := bson.Unmarshal(r.Body, &body); err != nil {
				t.Fatal(err)
			}
			if rev := r.Rev; body["taken"] != nil {
				body["taken"], r.Rev = time.Now().Add(-time.Hour), rand.Text()
				if r.Body, err = bson.Marshal(body); err == nil {
					err = in.store.Replace(t.Context(), space(storage.Claims, "Profile"), r, rev)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		in.stop()
		for range 2 { // it changes nothing
			exit, lines, errs := checked(t, c)
			if exit != 1 || !strings.Contains(errs, fmt.Sprintf("error: %d things are not as they should be", len(want))) {
				t.Errorf("exit %d: %s", exit, errs)
			}
			for _, pattern := range want {
				i := slices.IndexFunc(lines, regexp.MustCompile("^"+pattern+"$").MatchString)
				if i < 0 {
					t.Errorf("%s is not told", pattern)
					continue
				}
				lines = slices.Delete(lines, i, i+1)
			}
			for _, line := range lines {
				if !strings.HasSuffix(line, "documents and old versions were looked at") {
					t.Errorf("it tells %s", line)
				}
			}
		}

		// What the sweep is to mend, it mends.
		key := main.key
		in = boot(t, c)
		set, err := in.currentSet(t.Context(), account)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // what it indexes anew, it reserves then
			if _, err := in.docs.Mend(t.Context(), account, set); err != nil && !strings.Contains(err.Error(), "are damaged") {
				t.Fatal(err)
			}
		}
		in.as(t, key).refused("NOT_UNIQUE", `mutation { createProfile(input: {email: "reserved.for.who.knows.whom@example.com"}) { id } }`)
		in.stop()
		if _, lines, _ := checked(t, c); slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, "hourly sweep") }) {
			t.Errorf("the sweep leaves %s", strings.Join(lines, "\n"))
		}
	})
}

// Of a store that is sound nothing is said, and the embedded one's lists are looked at too.
func TestCheckLooksAtLists(t *testing.T) {
	t.Parallel()
	c := defaults(t)
	in := boot(t, c)
	id := in.profile("a@example.com")
	in.do(`mutation($id: ID!) { createAddress(profileId: $id, input: {locality: "Rio"}) { id } }`, vars{"id": id})
	in.stop()
	if exit, lines, errs := checked(t, c); exit != 0 || len(lines) != 1 || lines[0] != "main: 2 documents and old versions were looked at" || errs != "" {
		t.Errorf("exit %d %q %s", exit, lines, errs)
	}
	db, err := bbolt.Open(filepath.Join(c.Data, "profilegraph.db"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		owners := tx.Bucket([]byte("documents.owners"))
		if err := owners.Put([]byte("main\x00Address\x00"+id+"\x00gone"), nil); err != nil {
			return err
		}
		all := tx.Bucket([]byte("documents"))
		at := []byte("main\x00Profile\x00" + id)
		value := bytes.Clone(all.Get(at))
		value[0] = 77
		return all.Put(at, value)
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	exit, lines, _ := checked(t, c)
	for _, want := range []string{"main/Profile/" + id + ": ", "documents main/Profile/" + id + ": what is stored of it cannot be read", "documents main/Address/gone: the list of owners leads to it, but it is not there"} {
		if exit != 1 || !slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, want) }) {
			t.Errorf("exit %d, %s is not told: %q", exit, want, lines)
		}
	}
	// The server goes on with it, and can let it go.
	key := in.key
	in = boot(t, c)
	in.client = in.as(t, key)
	r := in.ask(`{ profiles { nodes { id tags meta { version } } } addresses { nodes { locality } } }`)
	wantJSON(t, r.Data, fmt.Sprintf(`{"profiles": {"nodes": [{"id": %q, "tags": null, "meta": null}]}, "addresses": {"nodes": [{"locality": "Rio"}]}}`, id))
	if got := r.failures(); got != "profiles.nodes.0.tags DATA_CORRUPT, profiles.nodes.0.meta DATA_CORRUPT" {
		t.Errorf("fails %q", got)
	}
	in.do(`mutation($id: ID!) { deleteProfile(id: $id) }`, vars{"id": id})
	wantJSON(t, in.do(`{ profiles { nodes { id } } addresses { nodes { id } } }`).Data, `{"profiles": {"nodes": []}, "addresses": {"nodes": []}}`)
}
