package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
)

// stored is a stored document whose fields can be got at.
type stored struct {
	t     *testing.T
	store storage.Store
	in    storage.Space
	storage.Record
}

func (in *instance) stored(t *testing.T, account tenant.ID, collection storage.Collection, entity, id string) *stored {
	t.Helper()
	s := &stored{t: t, store: in.store, in: storage.Space{Account: account, Collection: collection, Part: entity}}
	var err error
	if s.Record, err = in.store.Get(t.Context(), s.in, id); err != nil {
		t.Fatal(err)
	}
	return s
}

// field returns a value of the document: steps are names, or indexes of lists.
func (s *stored) field(steps ...string) bson.RawValue {
	s.t.Helper()
	v, err := s.Body.LookupErr(append([]string{"doc"}, steps...)...)
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

// set puts a value in the place of another, and writes the document.
func (s *stored) set(v bson.RawValue, steps ...string) {
	s.t.Helper()
	var body bson.D
	if err := bson.Unmarshal(s.Body, &body); err != nil {
		s.t.Fatal(err)
	}
	put(s.t, body, append([]string{"doc"}, steps...), v)
	text, err := bson.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	s.Body = text
	s.write()
}

func put(t *testing.T, in any, steps []string, v bson.RawValue) {
	t.Helper()
	switch in := in.(type) {
	case bson.D:
		for i := range in {
			if in[i].Key == steps[0] {
				if len(steps) == 1 {
					in[i].Value = v
					return
				}
				put(t, in[i].Value, steps[1:], v)
				return
			}
		}
	case bson.A:
		if i, err := strconv.Atoi(steps[0]); err == nil && i < len(in) {
			if len(steps) == 1 {
				in[i] = v
				return
			}
			put(t, in[i], steps[1:], v)
			return
		}
	}
	t.Fatalf("there is nothing at %v", steps)
}

func (s *stored) write() {
	s.t.Helper()
	prev := s.Rev
	s.Rev += "x"
	if err := s.store.Replace(s.t.Context(), s.in, s.Record, prev); err != nil {
		s.t.Fatal(err)
	}
}

// A sealed value opens where it was sealed, and nowhere else, whoever moves it; and what did not move is
// answered as ever.
func TestMovedValuesDoNotOpen(t *testing.T) {
	t.Parallel()
	type scene struct {
		*instance
		t               *testing.T
		account, other  tenant.ID
		one, two        string // profiles of the account
		theirs          string // profile of the other account
		address, second string // addresses of the first profile
		contact, deep   string
		version         string // the id under which an old version of the first profile is stored
	}
	profiles := func(s *scene, id string) *stored { return s.stored(s.t, s.account, storage.Documents, "Profile", id) }
	const profile, address, whole = `profile(id: $one) { firstName lastName }`, `address(id: $address) { route nickname }`, `deep(id: $deep) { people { name } safe { inner } }`
	tests := map[string]struct {
		move func(s *scene)
		read string
		fail []string // what must fail in it, and nothing else
	}{
		"to another field": {func(s *scene) {
			p := profiles(s, s.one)
			p.set(p.field("lastName"), "firstName")
		}, profile, []string{"firstName"}},
		"two exchanged": {func(s *scene) {
			p := profiles(s, s.one)
			first, last := p.field("firstName"), p.field("lastName")
			p.set(last, "firstName")
			p.set(first, "lastName")
		}, profile, []string{"firstName", "lastName"}},
		"to another document": {func(s *scene) { profiles(s, s.one).set(profiles(s, s.two).field("firstName"), "firstName") }, profile, []string{"firstName"}},
		"to another account": {func(s *scene) {
			profiles(s, s.one).set(s.stored(s.t, s.other, storage.Documents, "Profile", s.theirs).field("firstName"), "firstName")
		}, profile, []string{"firstName"}},
		"to another entity of the same person": {func(s *scene) {
			profiles(s, s.one).set(s.stored(s.t, s.account, storage.Documents, "Contact", s.contact).field("firstName"), "firstName")
		}, profile, []string{"firstName"}},
		"to another address of the same person": {func(s *scene) {
			s.stored(s.t, s.account, storage.Documents, "Address", s.address).set(s.stored(s.t, s.account, storage.Documents, "Address", s.second).field("route"), "route")
		}, address, []string{"route"}},
		"with another owner": {func(s *scene) {
			a := s.stored(s.t, s.account, storage.Documents, "Address", s.address)
			a.Owner = s.two
			a.write()
		}, address, []string{"route", "nickname"}},
		"a whole body to another document": {func(s *scene) {
			a := s.stored(s.t, s.account, storage.Documents, "Address", s.address)
			a.Body = s.stored(s.t, s.account, storage.Documents, "Address", s.second).Body
			a.write()
		}, address, []string{"route", "nickname"}},
		"to another element of a list": {func(s *scene) {
			d := s.stored(s.t, s.account, storage.Documents, "Deep", s.deep)
			d.set(d.field("people", "1", "name"), "people", "0", "name")
		}, whole, []string{"people.0.name"}},
		"to another depth": {func(s *scene) {
			d := s.stored(s.t, s.account, storage.Documents, "Deep", s.deep)
			d.set(d.field("home", "street"), "people", "0", "name")
		}, whole, []string{"people.0.name"}},
		"from an old version to another field": {func(s *scene) {
			profiles(s, s.one).set(s.stored(s.t, s.account, storage.Versions, "Profile", s.version).field("lastName"), "firstName")
		}, profile, []string{"firstName"}},
		"within an old version": {func(s *scene) {
			v := s.stored(s.t, s.account, storage.Versions, "Profile", s.version)
			v.set(v.field("lastName"), "firstName")
		}, `profileVersions(id: $one) { nodes { firstName lastName } }`, []string{"nodes.1.firstName"}},
		"from another document to an old version": {func(s *scene) {
			s.stored(s.t, s.account, storage.Versions, "Profile", s.version).set(profiles(s, s.two).field("firstName"), "firstName")
		}, `profileVersions(id: $one) { nodes { firstName lastName } }`, []string{"nodes.1.firstName"}},
		"a bit flipped": {func(s *scene) {
			p := profiles(s, s.one)
			v := p.field("firstName")
			v.Value = slices.Clone(v.Value)
			v.Value[len(v.Value)-20] ^= 4
			p.set(v, "firstName")
		}, profile, []string{"firstName"}},
		"the key's number changed": {func(s *scene) {
			p := profiles(s, s.one)
			v := p.field("firstName")
			v.Value = slices.Clone(v.Value)
			v.Value[5+4] = 7 // length, subtype, format, then the number
			p.set(v, "firstName")
		}, profile, []string{"firstName"}},
		"cut short": {func(s *scene) {
			p := profiles(s, s.one)
			_, data := p.field("firstName").Binary()
			kind, short, err := bson.MarshalValue(bson.Binary{Subtype: 0x80, Data: data[:len(data)-1]})
			if err != nil {
				s.t.Fatal(err)
			}
			p.set(bson.RawValue{Type: kind, Value: short}, "firstName")
		}, profile, []string{"firstName"}},
	}
	secrets := regexp.MustCompile(`Alpha|Betasson|Gamma|Delta|Epsilon|Zetasson|Etaroad|Theta|Iotaroad|Kappa|Lambda|Mainroad|Annabel|Bobbie|goldenly`)
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		for name, test := range tests {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := &scene{instance: in, t: t, account: accountOf(t)}
				s.other = s.account + "-2"
				ours, theirs := in.account(t, string(s.account)), in.account(t, string(s.other))
				made := func(c *client, first, last string) string {
					return c.do(`mutation($e: EmailAddress!, $f: String, $l: String) { createProfile(input: {email: $e, firstName: $f, lastName: $l}) { id } }`,
						vars{"e": first + "@example.com", "f": first, "l": last}).str("createProfile.id")
				}
				s.one, s.two, s.theirs = made(ours, "Alpha", "Betasson"), made(ours, "Gamma", "Delta"), made(theirs, "Epsilon", "Zetasson")
				r := ours.do(`mutation($p: ID!) { a: createAddress(profileId: $p, input: {route: "Etaroad", nickname: "Theta"}) { id } b: createAddress(profileId: $p, input: {route: "Iotaroad", nickname: "Kappa"}) { id }
					c: createContact(profileId: $p, input: {firstName: "Lambda"}) { id } updateProfile(id: $p, patch: {tags: ["new"]}) { id } }`, vars{"p": s.one})
				s.address, s.second, s.contact = r.str("a.id"), r.str("b.id"), r.str("c.id")
				ours.publish("Deep", deep)
				s.deep = ours.do(`mutation($i: DeepInput!) { createDeep(input: $i) { id } }`,
					vars{"i": object(t, `{"home": {"street": "Mainroad"}, "people": [{"name": "Annabel"}, {"name": "Bobbie"}], "safe": {"inner": "goldenly"}}`)}).str("createDeep.id")
				old, err := in.store.Scan(t.Context(), storage.Space{Account: s.account, Collection: storage.Versions, Part: "Profile"}, storage.Page{Prefix: s.one, Limit: 10})
				if err != nil || len(old) != 1 {
					t.Fatalf("%d old versions: %v", len(old), err)
				}
				s.version = old[0].ID

				test.move(s)
				ids := people{"one": s.one, "address": s.address, "deep": s.deep}
				ask := func(query, at string, fail ...string) *reply {
					t.Helper()
					r := ours.ask(query, ids.asVariables(query, nil))
					var failed []string
					for _, e := range r.Errors {
						path := strings.Trim(strings.ReplaceAll(fmt.Sprint(e.Path), " ", "."), "[]")
						failed = append(failed, strings.TrimPrefix(path, at+"."))
						if e.Extensions["code"] != "DATA_CORRUPT" || r.at(path) != nil {
							t.Errorf("%s is answered %s", query, r.Text)
						}
					}
					if !slices.Equal(failed, fail) {
						t.Errorf("of %s fails %q, not %q: %s", query, failed, fail, r.Text)
					}
					return r
				}
				root, _, _ := strings.Cut(test.read, "(")
				declare := regexp.MustCompile(`\$\w+`).FindString(test.read) + ": ID!"
				if r := ask(`query(`+declare+`) { `+test.read+` }`, root, test.fail...); secrets.MatchString(r.Text) {
					t.Errorf("not masked: %s", r.Text)
				}
				ask(`query(`+declare+`) { `+strings.Replace(test.read, ")", `, unmask: {reason: "customer asked by phone"})`, 1)+` }`, root, test.fail...)
				if test.read == profile {
					r := ask(`query { profiles { nodes { firstName } } }`, "profiles", "nodes.0.firstName")
					wantJSON(t, r.at("profiles.nodes"), `[{"firstName": null}, {"firstName": "G****"}]`)
					ask(`mutation($one: ID!) { updateProfile(id: $one, patch: {tags: ["x"]}) { tags } }`, "updateProfile", "updateProfile")
				}
				if logs := in.logs.String(); !strings.Contains(logs, string(s.account)+"/"+strings.ToUpper(root[:1])) && root != "profileVersions" {
					t.Error("the log does not name the document")
				}
				// Nobody else is the worse for it.
				if got := theirs.do(`query($p: ID!) { profile(id: $p) { firstName } }`, vars{"p": s.theirs}).str("profile.firstName"); got != "E******" {
					t.Errorf("the other account reads %q", got)
				}
			})
		}
	})
}
