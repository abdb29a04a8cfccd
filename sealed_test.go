package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/storage"
)

// seeker finds values in bytes, in clear and in the forms in which programs write them.
type seeker struct {
	forms map[[6]byte][]form // by how they begin
}

type form struct {
	bytes       []byte
	value, name string
}

func (s *seeker) add(value, name string, text []byte) {
	if len(text) < 6 {
		return
	}
	begin := [6]byte(text)
	s.forms[begin] = append(s.forms[begin], form{text, value, name})
}

// seek adds a value in all its forms. The field is where it was stored.
func (s *seeker) seek(value, field string) {
	lower, digits := strings.ToLower(value), regexp.MustCompile(`\D`).ReplaceAllString(value, "")
	for _, text := range slices.Compact([]string{value, lower, strings.ToUpper(value)}) {
		s.add(value, "clear", []byte(text))
		s.add(value, "hex", []byte(hex.EncodeToString([]byte(text))))
		s.add(value, "HEX", []byte(strings.ToUpper(hex.EncodeToString([]byte(text)))))
		s.add(value, "URL", []byte(url.QueryEscape(text)))
		s.add(value, "URL path", []byte(url.PathEscape(text)))
		var percent, escapes, wide strings.Builder
		for _, b := range []byte(text) {
			fmt.Fprintf(&percent, "%%%02X", b)
		}
		for _, u := range utf16.Encode([]rune(text)) {
			fmt.Fprintf(&escapes, `\u%04x`, u)
			wide.Write([]byte{byte(u), byte(u >> 8)})
		}
		s.add(value, "percent", []byte(percent.String()))
		s.add(value, "JSON escapes", []byte(escapes.String()))
		s.add(value, "JSON", []byte(strings.Trim(strconv.QuoteToASCII(text), `"`)))
		s.add(value, "UTF-16", []byte(wide.String()))
		for shift := range 3 { // wherever it stands among the bytes that were encoded
			for _, coding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
				all := coding.EncodeToString(append(make([]byte, shift), text...))
				s.add(value, "base64", []byte(all[(shift*8+5)/6:(shift+len(text))*8/6]))
			}
		}
	}
	for _, text := range slices.Compact([]string{value, lower, digits, "+" + digits}) {
		for name, sum := range map[string]func() hash.Hash{"SHA-256": sha256.New, "SHA-1": sha1.New, "MD5": md5.New} {
			h := sum()
			h.Write([]byte(text))
			raw := h.Sum(nil)
			s.add(value, name, raw)
			s.add(value, name+" in hex", []byte(hex.EncodeToString(raw)))
			s.add(value, name+" in base64", []byte(base64.RawStdEncoding.EncodeToString(raw)))
			s.add(value, name+" in base64", []byte(base64.RawURLEncoding.EncodeToString(raw)))
		}
	}
	if f, err := strconv.ParseFloat(value, 64); err == nil {
		s.add(value, "double", binary.LittleEndian.AppendUint64(nil, math.Float64bits(f)))
	}
	if n, err := strconv.ParseInt(value, 10, 64); err == nil {
		s.add(value, "64 bits", binary.LittleEndian.AppendUint64(nil, uint64(n)))
		s.add(value, "32 bits", binary.LittleEndian.AppendUint32([]byte(field[strings.LastIndex(field, ".")+1:]+"\x00"), uint32(n)))
	}
}

// found lists what of it is in a text.
func (s *seeker) found(text []byte) (list []string) {
	for i := 0; i+6 <= len(text); i++ {
		for _, f := range s.forms[[6]byte(text[i:])] {
			if bytes.HasPrefix(text[i:], f.bytes) {
				list = append(list, fmt.Sprintf("%s as %s", f.value, f.name))
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// The search itself can find what it is for.
func TestSeeker(t *testing.T) {
	t.Parallel()
	s := &seeker{forms: map[[6]byte][]form{}}
	s.seek("ann.example+1@nest.example", "email")
	s.seek("73950001", "Everything.number")
	s.seek("7.39180001", "Everything.float")
	sum := sha256.Sum256([]byte("ann.example+1@nest.example"))
	for name, text := range map[string]string{
		"clear": "x ANN.EXAMPLE+1@NEST.EXAMPLE x", "URL": "a=ann.example%2B1%40nest.example", "hex": hex.EncodeToString([]byte("xann.example+1@nest.example")),
		"base64, 0": base64.StdEncoding.EncodeToString([]byte("ann.example+1@nest.example and more")), "base64, 1": base64.StdEncoding.EncodeToString([]byte("xann.example+1@nest.example")),
		"base64, 2": base64.URLEncoding.EncodeToString([]byte("xxann.example+1@nest.example")), "SHA-256": string(sum[:]), "SHA-256 in hex": hex.EncodeToString(sum[:]),
		"32 bits": string(binary.LittleEndian.AppendUint32([]byte("\x10number\x00"), 73950001)), "double": string(binary.LittleEndian.AppendUint64(nil, math.Float64bits(7.39180001))), "digits": ": 73950001,",
	} {
		if len(s.found([]byte("leading "+text+" trailing"))) == 0 {
			t.Errorf("%s is not found", name)
		}
	}
	if list := s.found([]byte("a***.e******+1@n***.example 7395 SHA")); len(list) > 0 {
		t.Errorf("found %q where there is nothing", list)
	}
}

// collector takes traces, and keeps what is in them.
type collector struct {
	journal
	requests int
}

func (c *collector) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(r.Body)
		if err != nil {
			return
		}
		body = unzipped
	}
	_, _ = io.Copy(&c.journal, body)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests++
}

// Values of every sensitive field of every entity go through everything that can be done with them.
// Where they rest, and wherever the server writes, none of them can be found in any form: not in the
// files or collections of the documents, the keys and the record, nor in logs, metrics and traces.
func TestNothingSensitiveAtRest(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		traces := &collector{}
		web := httptest.NewServer(traces)
		defer web.Close()
		c.TraceEndpoint = web.URL
		in := boot(t, c)
		in.publish("Everything", everything)
		in.publish("Deep", deep)
		set, err := in.currentSet(t.Context(), firstAccount)
		if err != nil {
			t.Fatal(err)
		}
		birds := &canaries{planted: map[string]string{}}
		reason := func(what string) vars {
			birds.n++
			return vars{"reason": birds.plant(fmt.Sprintf("canary-%d-of-a-reason", birds.n), "the reason of "+what)}
		}
		reader := in.newKey([]string{"reader"}, "")
		in.managed(`mutation { putPolicy(purposes: [{code: "emergency", legalBasis: "vital interests", fields: ["*"], roles: ["privacy-officer"], approval: true},
			{code: "any", legalBasis: "contract", fields: ["*"], roles: ["admin", "reader"]}]) { purposes { code } } }`)
		unmask := func(what string) vars { w := reason(what); w["purpose"] = "any"; return w }
		var masked []string
		profile, prospect := "", ""
		order := slices.Clone(set.Entities)
		slices.SortStableFunc(order, func(a, b *schema.Entity) int { return len(a.Owner) - len(b.Owner) })
		for _, e := range order {
			lower := strings.ToLower(e.Name[:1]) + e.Name[1:]
			all := strings.TrimSuffix(strings.TrimSpace(selection(e.Type)), "}") + " id meta { version masked } }"
			input := birds.document(e.Type, false, e.Name)
			declare, pass := "", ""
			if e.Owner != "" {
				declare, pass = "$owner: ID!, ", "profileId: $owner, "
			}
			v := func(more vars) vars {
				if e.Owner != "" {
					more["owner"] = profile
				}
				return more
			}
			// The answer to the first is in clear, that to the second masked.
			create := fmt.Sprintf(`mutation(%s$input: %sInput!, $w: Unmask) { create%[2]s(%sinput: $input, unmask: $w) %s }`, declare, e.Name, pass, all)
			made := in.do(create, v(vars{"input": input, "w": unmask("create " + e.Name)}))
			id, version := made.str("create"+e.Name+".id"), made.str("create"+e.Name+".meta.version")
			if list := made.at("create" + e.Name + ".meta.masked").([]any); len(list) > 0 {
				t.Errorf("%s is created with %v masked", e.Name, list)
			}
			switch e.Name {
			case "Profile":
				profile = id
			case "Prospect":
				prospect = id
			}
			patch := birds.document(e.Type, false, e.Name+"'")
			masked = append(masked, in.do(fmt.Sprintf(`mutation($id: ID!, $p: %sPatch!) { update%[1]s(id: $id, patch: $p) %s }`, e.Name, all), vars{"id": id, "p": patch}).Text)
			read := fmt.Sprintf(`query($id: ID!, $v: ID!, $w: Unmask) { %[1]s(id: $id, unmask: $w) %[2]s %[3]s(unmask: $w) { nodes %[2]s }
				%[1]sVersions(id: $id, unmask: $w) { nodes %[2]s } %[1]sVersion(id: $id, version: $v, unmask: $w) %[2]s }`, lower, all, e.Plural)
			masked = append(masked, in.do(read, vars{"id": id, "v": version}).Text,
				reader.ask(read, vars{"id": id, "v": version, "w": vars{"reason": "short"}}).Text)
			r := in.do(read, vars{"id": id, "v": version, "w": unmask("read " + e.Name)})
			if list := r.at(lower + ".meta.masked").([]any); len(list) > 0 {
				t.Errorf("%s is read with %v masked", e.Name, list)
			}
			r = reader.ask(read, vars{"id": id, "v": version, "w": unmask("be refused " + e.Name)})
			if masked = append(masked, r.Text); r.code() != "FORBIDDEN" {
				t.Errorf("a reader is answered %.500s", r.Text)
			}
			// A purpose that has no such name is a client's text, and so is a reason without one.
			for _, w := range []vars{{"reason": "customer asked by phone", "purpose": birds.plant(fmt.Sprintf("canary-%d-of-a-purpose", birds.n), "a purpose")}, {"reason": birds.plant("canary"+strings.Repeat(strconv.Itoa(birds.n), 400), "a long reason")}} {
				masked = append(masked, in.ask(read, vars{"id": id, "v": version, "w": w}).Text, reader.ask(read, vars{"id": id, "v": version, "w": w}).Text)
			}
			for _, key := range e.Keys {
				masked = append(masked, in.do(fmt.Sprintf(`query($by: %sBy!) { %s(by: $by) %s }`, e.Name, lower, all), vars{"by": vars{key.Field.Name: patch[key.Field.Name]}}).Text)
			}
			masked = append(masked, in.ask(create, v(vars{"input": vars{"nothing": birds.plant(fmt.Sprintf("canary-%d-of-nothing", birds.n), "an input that is refused")}})).Text)
		}
		officer := in.newKey([]string{"privacy-officer"}, "")
		w := reason("an approval")
		wish := officer.managed(`mutation($s: ID!, $r: String!) { requestApproval(purpose: "emergency", subject: $s, reason: $r) { id } }`, vars{"s": profile, "r": w["reason"]}).str("requestApproval.id")
		in.managed(`mutation($id: ID!) { approve(id: $id) { approvedBy } }`, vars{"id": wish})
		w["purpose"] = "emergency"
		if r := officer.do(`query($p: ID!, $w: Unmask) { profile(id: $p, unmask: $w) { firstName } }`, vars{"p": profile, "w": w}); !strings.Contains(r.Text, "canary") {
			t.Errorf("approved, and answered %s", r.Text)
		}
		in.do(`mutation($id: ID!) { promoteProspect(id: $id) { firstName } }`, vars{"id": prospect})
		for value, where := range birds.planted { // what is a secret of a prospect need not be one of a contact
			for list, entity := range map[string]string{"Prospect'.availableAddresses.": "Address", "Prospect'.contacts.": "Contact"} {
				name, ok := strings.CutPrefix(where, list)
				if i := slices.IndexFunc(set.Entity(entity).Type.Fields, func(f *schema.Field) bool { return f.Name == name }); ok && !set.Entity(entity).Type.Fields[i].Sensitive {
					delete(birds.planted, value)
				}
			}
		}
		in.newKey([]string{"shopper"}, profile).do(`query($p: ID!) { profile(id: $p) { firstName document } }`, vars{"p": profile})
		in.do(`mutation($id: ID!) { deleteProfile(id: $id) }`, vars{"id": prospect})
		export, _ := in.export()
		metrics := in.send("GET", "/metrics", nil).Text
		if entries := len(in.recorded(0)); entries < 100 {
			t.Errorf("%d entries", entries)
		}
		in.stop()

		s := &seeker{forms: map[[6]byte][]form{}}
		for value, where := range birds.planted {
			s.seek(value, where)
		}
		rest := map[string][]byte{"the export of the record": []byte(export), "the log": []byte(in.logs.String()), "the metrics": []byte(metrics),
			"the traces": []byte(traces.String()), "masked answers": []byte(strings.Join(masked, "\n"))}
		if traces.requests == 0 {
			t.Error("there are no traces to look at")
		}
		for path, text := range filesUnder(t, c.Data) {
			rest[path] = text
		}
		sealed := 0
		if c.MongodbURI != "" {
			for name, text := range dump(t, c.MongodbURI) {
				rest[name] = text
				sealed += len(text)
			}
		} else {
			for _, name := range []string{"profilegraph.db", "keys.db", "kek.key", "audit.key"} {
				sealed += len(rest[filepath.Join(c.Data, name)])
			}
		}
		if sealed < 100_000 || len(birds.planted) < 300 {
			t.Errorf("only %d bytes and %d canaries", sealed, len(birds.planted))
		}
		for name, text := range rest {
			for _, what := range s.found(text) {
				value, _, _ := strings.Cut(what, " as ")
				t.Errorf("%s (%s) is in %s", what, birds.planted[value], name)
			}
		}
	})
}

// dump returns the collections of a database and of the one beside it, as they are and as JSON.
func dump(t *testing.T, uri string) map[string][]byte {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	defer func() {
		if err := client.Disconnect(ctx); err != nil {
			t.Error(err)
		}
	}()
	u, err := url.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, name := range []string{u.Path[1:], u.Path[1:] + "-keys"} {
		collections, err := client.Database(name).ListCollectionNames(ctx, bson.D{})
		if err != nil {
			t.Fatal(err)
		}
		for _, collection := range collections {
			found, err := client.Database(name).Collection(collection).Find(ctx, bson.D{})
			if err != nil {
				t.Fatal(err)
			}
			var docs []bson.Raw
			if err := found.All(ctx, &docs); err != nil {
				t.Fatal(err)
			}
			for _, doc := range docs {
				text, err := bson.MarshalExtJSON(doc, true, false)
				if err != nil {
					t.Fatal(err)
				}
				all[name+"."+collection] = slices.Concat(all[name+"."+collection], doc, text)
			}
		}
	}
	return all
}

// A field that becomes sensitive is masked from the publish on, and sealed where it rests, in every
// version; it is disclosed as any other.
func TestSensitivityRaised(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		in.publish("Profile", `{"properties": {"shoe": {"type": "string"}, "trait": {"type": "object", "properties": {"deep": {"type": "string"}}}}}`)
		r := in.do(`mutation { createProfile(input: {email: "a@example.com", shoe: "Sandal", trait: {deep: "Brave"}}) { id shoe trait { deep } meta { version } } }`)
		id, version := r.str("createProfile.id"), r.str("createProfile.meta.version")
		in.do(`mutation($id: ID!) { updateProfile(id: $id, patch: {shoe: "Slipper"}) { shoe } }`, vars{"id": id})
		clear := func() bool {
			now := in.stored(t, firstAccount, storage.Documents, "Profile", id)
			old, err := in.store.Scan(t.Context(), storage.Space{Account: firstAccount, Collection: storage.Versions, Part: "Profile"}, storage.Page{Prefix: id, Limit: 10})
			if err != nil || len(old) != 1 {
				t.Fatalf("%d old versions: %v", len(old), err)
			}
			both := string(now.Body) + string(old[0].Body)
			return strings.Contains(both, "Slipper") || strings.Contains(both, "Sandal") || strings.Contains(both, "Brave")
		}
		if !clear() {
			t.Fatal("what is not sensitive is not stored in clear")
		}
		in.publish("Profile", `{"properties": {"shoe": {"type": "string", "sensitive": true}, "trait": {"type": "object", "properties": {"deep": {"type": "string", "sensitive": true}}}}}`)
		r = in.do(`query($id: ID!, $v: ID!) { profile(id: $id) { shoe trait { deep } meta { masked } } profileVersion(id: $id, version: $v) { shoe } }`, vars{"id": id, "v": version})
		wantJSON(t, r.Data, `{"profile": {"shoe": "S******", "trait": {"deep": "B****"}, "meta": {"masked": ["shoe", "trait.deep"]}}, "profileVersion": {"shoe": "S*****"}}`)
		if clear() {
			t.Error("what has become sensitive is still stored in clear")
		}
		if c.MongodbURI == "" {
			file, err := os.ReadFile(filepath.Join(c.Data, "profilegraph.db"))
			if err != nil {
				t.Fatal(err)
			}
			for _, was := range []string{"Slipper", "Sandal", "Brave"} {
				if bytes.Contains(file, []byte(was)) {
					t.Errorf("%s, which has become sensitive, is still in the file", was)
				}
			}
		}
		r = in.do(`query($id: ID!, $v: ID!, $w: Unmask) { profile(id: $id, unmask: $w) { shoe trait { deep } } profileVersion(id: $id, version: $v, unmask: $w) { shoe } }`,
			vars{"id": id, "v": version, "w": vars{"reason": "customer asked by phone"}})
		wantJSON(t, r.Data, `{"profile": {"shoe": "Slipper", "trait": {"deep": "Brave"}}, "profileVersion": {"shoe": "Sandal"}}`)
	})
}

// Whoever has the documents without the keys cannot try out national ids: not with what is in the
// file, by any of the usual hashes.
func TestStolenDocuments(t *testing.T) {
	t.Parallel()
	const people = 1_000
	c := defaults(t)
	in := boot(t, c)
	var ids []string
	for i := range people {
		ids = append(ids, fmt.Sprintf("%011d", 10_000_000_000+i*7_919))
	}
	var writers sync.WaitGroup
	for list := range slices.Chunk(ids, people/20) {
		writers.Go(func() {
			for _, id := range list {
				r, err := in.post("/graphql", `mutation($e: EmailAddress!, $d: String) { createProfile(input: {email: $e, document: $d}) { id } }`, vars{"e": "e" + id + "@example.com", "d": id})
				if err != nil || len(r.Errors) > 0 {
					t.Error(err, r)
				}
			}
		})
	}
	writers.Wait()
	if got := in.do(`query($d: String!) { profile(by: {document: $d}) { document } }`, vars{"d": ids[7]}).str("profile.document"); got != "1**********" {
		t.Errorf("looked up: %q", got)
	}
	in.stop()
	text, err := os.ReadFile(filepath.Join(c.Data, "profilegraph.db"))
	if err != nil {
		t.Fatal(err)
	}
	if n := recovered(text, ids); n > 0 {
		t.Errorf("%d of %d national ids are recovered from the file", n, people)
	}
	// The same attack on what is often done instead.
	var salted []byte
	for _, id := range ids {
		sum := sha256.Sum256([]byte("0123456789abcdef" + id))
		salted = fmt.Appendf(salted, "salt=0123456789abcdef;hash=%x;", sum)
	}
	if n := recovered(salted, ids); n != people {
		t.Errorf("of salted hashes only %d of %d are recovered", n, people)
	}
}

// recovered counts the ids that a thief of a file finds in it, by hashing them with what else is in
// the file.
func recovered(file []byte, ids []string) int {
	found := map[string]bool{}
	have := map[string]bool{} // all that could be a hash
	count := map[string]int{}
	for _, word := range regexp.MustCompile(`[A-Za-z0-9_+/-]{8,}`).FindAll(file, -1) {
		if len(word) >= 16 && len(word) <= 64 {
			count[string(word)]++
		}
		have[string(word)] = true
		for _, decode := range []func(string) ([]byte, error){hex.DecodeString, base64.RawURLEncoding.DecodeString, base64.RawStdEncoding.DecodeString} {
			if raw, err := decode(string(word)); err == nil {
				have[string(raw)] = true
			}
		}
	}
	for i := 0; i+5+sha512.Size <= len(file); i++ { // binary data is its length, a type, and the bytes
		if n := int(binary.LittleEndian.Uint32(file[i:])); n == md5.Size || n == sha1.Size || n == sha256.Size || n == sha512.Size {
			have[string(file[i+5:i+5+n])] = true
		}
	}
	salts := []string{"", string(firstAccount), "Profile", "document", "Profile.document", "main/Profile/document"}
	// Salts of the account or the installation stand there few times, or in every document.
	words := slices.SortedFunc(maps.Keys(count), func(a, b string) int { return cmp.Or(count[b]-count[a], strings.Compare(a, b)) })
	try := func(id, salt string) {
		for _, sum := range []func() hash.Hash{sha256.New, sha512.New, sha1.New, md5.New} {
			for _, message := range []string{salt + id, id + salt, salt + ":" + id, id + ":" + salt} {
				h := sum()
				h.Write([]byte(message))
				if have[string(h.Sum(nil))] {
					found[id] = true
				}
			}
			h := hmac.New(sum, []byte(salt))
			h.Write([]byte(id))
			if have[string(h.Sum(nil))] {
				found[id] = true
			}
		}
	}
	for i := 0; i+len(ids[0]) <= len(file); i++ {
		if id := string(file[i : i+len(ids[0])]); file[i] == ids[0][0] && slices.Contains(ids, id) {
			found[id] = true
		}
	}
	for i, id := range ids {
		for _, salt := range salts {
			try(id, salt)
		}
		switch {
		case i == 0: // every word of the file as the salt
			for _, salt := range words {
				try(id, salt)
			}
		default: // some
			for n := range min(10, len(words)) {
				try(id, words[n])
			}
		}
	}
	return len(found)
}
