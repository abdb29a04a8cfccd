package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/profilegraph/profilegraph/storage"
)

// own are the headers with which a browser sends what a page of the server itself asks for.
var own = []string{"Sec-Fetch-Site", "same-origin"}

// cookieOf returns the cookie of a name that an answer sets, as browsers send it back.
func cookieOf(t testing.TB, r *reply, name string) *http.Cookie {
	t.Helper()
	for _, line := range r.Header.Values("Set-Cookie") {
		if c, err := http.ParseSetCookie(line); err == nil && c.Name == name {
			return c
		}
	}
	t.Fatalf("no cookie %s: %d %v", name, r.Status, r.Header)
	return nil
}

// signedIn signs in with the client's key and returns a client that has the cookie alone.
func (c *client) signedIn() *browser {
	c.t.Helper()
	body, err := json.Marshal(vars{"key": c.key})
	if err != nil {
		c.t.Fatal(err)
	}
	b := &browser{client: c.as(c.t, "")}
	r := b.send("POST", "/console/session", strings.NewReader(string(body)), append(own, "Content-Type", "application/json")...)
	if r.Status != 204 || r.Text != "" {
		c.t.Fatalf("sign in: %d %s", r.Status, r.Text)
	}
	b.cookie = cookieOf(c.t, r, "__Host-profilegraph")
	return b
}

// browser is somebody signed in.
type browser struct {
	*client
	cookie *http.Cookie
}

// page sends a request as a page of the server does, unless headers say otherwise.
func (b *browser) page(method, path, body string, header ...string) *reply {
	b.t.Helper()
	if header == nil {
		header = own
	}
	return b.send(method, path, strings.NewReader(body), append(header, "Cookie", b.cookie.Name+"="+b.cookie.Value, "Content-Type", "application/json")...)
}

func (b *browser) control(query string) *reply {
	b.t.Helper()
	text, err := json.Marshal(vars{"query": query})
	if err != nil {
		b.t.Fatal(err)
	}
	return b.page("POST", "/control/graphql", string(text))
}

const whoAmI = `{ viewer { actor roles account { id } } }`

func TestSessionOfAPIKey(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		made := in.managed(`mutation { createApiKey(name: "desk", roles: ["reader", "auditor"]) { secret apiKey { id } } }`)
		id := made.str("createApiKey.apiKey.id")
		mark := in.mark()
		desk := in.as(t, made.str("createApiKey.secret")).signedIn()
		if k := desk.cookie; !k.HttpOnly || !k.Secure || k.SameSite != http.SameSiteStrictMode || k.Path != "/" || k.Domain != "" || k.MaxAge != 0 {
			t.Errorf("cookie %+v", k)
		}
		if strings.Contains(desk.cookie.Value, id) || strings.Contains(desk.cookie.Value, "pg_") {
			t.Error("the cookie holds the key")
		}
		r := desk.page("GET", "/console/session", "")
		var session struct {
			Account     struct{ ID, Name string }
			Actor       string
			Roles       []string
			Permissions []string
			Subject     *string
			ExpiresAt   time.Time
		}
		if err := json.Unmarshal([]byte(r.Text), &session); err != nil || r.Status != 200 {
			t.Fatal(r.Status, r.Text, err)
		}
		left := session.ExpiresAt.Sub(in.clock.now())
		if session.Account.ID != "main" || session.Account.Name != "Main" || session.Actor != "key:"+id || session.Subject != nil ||
			fmt.Sprint(session.Roles, session.Permissions) != "[reader auditor] [READ AUDIT]" || left > 30*time.Minute || left < 29*time.Minute {
			t.Errorf("session %s", r.Text)
		}
		if r.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("headers %v", r.Header)
		}
		// What the key may, the session may, on every plane; and no more.
		for _, path := range []string{"/sdl", "/schemas/Profile", "/audit/export", "/graphql?query={__typename}"} {
			if r := desk.page("GET", path, ""); r.Status != 200 {
				t.Errorf("%s: %d %s", path, r.Status, r.Text)
			}
		}
		if r := desk.page("POST", "/graphql", `{"query": "{ profiles { nodes { id } } }"}`); r.Status != 200 || len(r.Errors) > 0 {
			t.Error(r.Status, r.Text)
		}
		if r := desk.control(whoAmI); r.str("viewer.actor") != "key:"+id {
			t.Error(r.Text)
		}
		for _, r := range []*reply{desk.control(`{ apiKeys { id } }`), desk.page("POST", "/graphql", `{"query": "mutation { createProfile(input: {email: \"a@example.com\"}) { id } }"}`)} {
			if r.code() != "FORBIDDEN" {
				t.Error(r.Text)
			}
		}
		// A bearer token goes first, good or bad.
		if r := in.send("POST", "/control/graphql", strings.NewReader(`{"query": "{ viewer { actor } }"}`), "Cookie", desk.cookie.String(), "Content-Type", "application/json"); r.str("viewer.actor") == "key:"+id {
			t.Error(r.Text)
		}
		if r := desk.page("GET", "/sdl", "", "Authorization", "Bearer pg_x", "Sec-Fetch-Site", "same-origin"); r.Status != 401 {
			t.Error(r.Status, r.Text)
		}

		// Signing out ends it on the server.
		second := in.as(t, made.str("createApiKey.secret")).signedIn()
		r = desk.page("DELETE", "/console/session", "")
		if gone := cookieOf(t, r, "__Host-profilegraph"); r.Status != 204 || gone.Value != "" || gone.MaxAge >= 0 {
			t.Errorf("%d %+v", r.Status, gone)
		}
		if r := desk.page("GET", "/console/session", ""); r.Status != 401 || r.code() != "UNAUTHENTICATED" {
			t.Error(r.Status, r.Text)
		}
		if r := desk.page("DELETE", "/console/session", ""); r.Status != 204 {
			t.Error(r.Status, r.Text)
		}
		// So does revoking the key, at once.
		if r := second.control(whoAmI); r.Status != 200 {
			t.Error(r.Text)
		}
		in.managed(`mutation($id: ID!) { revokeApiKey(id: $id) { id } }`, vars{"id": id})
		for _, r := range []*reply{second.control(whoAmI), second.page("GET", "/console/session", "")} {
			if r.Status != 401 {
				t.Error(r.Status, r.Text)
			}
		}
		var seen []string
		for _, e := range in.recorded(mark) {
			seen = append(seen, e.Action+" "+e.Outcome+" "+e.Actor)
			if (e.Action == "SignIn" || e.Action == "SignOut") && len(e.Details["session"]) != 16 {
				t.Errorf("%+v", e)
			}
		}
		want := []string{"SignIn ALLOWED key:" + id, "ExportAudit ALLOWED key:" + id, "SignIn ALLOWED key:" + id, "SignOut ALLOWED key:" + id, "RevokeApiKey ALLOWED"}
		if len(seen) != len(want) || !slices.EqualFunc(seen, want, strings.HasPrefix) {
			t.Errorf("recorded %v", seen)
		}
	})
}

// Whoever looks after an account sees who is signed in, and ends it.
func TestSessionsAreSeenAndEnded(t *testing.T) {
	t.Parallel()
	p, c := newIDP(t)
	in := boot(t, c)
	ann := &browser{client: in.as(t, ""), cookie: cookieOf(t, p.visit(t, in.as(t, ""), nil), "__Host-profilegraph")}
	made := in.managed(`mutation { createApiKey(name: "desk", roles: ["reader"]) { secret apiKey { id } } }`)
	desk := in.as(t, made.str("createApiKey.secret")).signedIn()
	other := in.account(t, "other").signedIn()
	r := in.managed(`{ sessions { id actor roles subject issuer creationDate lastUse expirationDate } }`)
	list := r.at("sessions").([]any)
	if len(list) != 2 || r.str("sessions.0.issuer") != p.URL || fmt.Sprint(r.at("sessions.0.roles")) != "[admin]" || r.at("sessions.1.issuer") != nil ||
		r.str("sessions.1.actor") != "key:"+made.str("createApiKey.apiKey.id") {
		t.Errorf("sessions %s", r.Text)
	}
	// Only the reader's own is current, and for an API key none is.
	wantJSON(t, ann.control(`{ sessions { current } }`).Data, `{"sessions": [{"current": true}, {"current": false}]}`)
	wantJSON(t, in.managed(`{ sessions { current } }`).Data, `{"sessions": [{"current": false}, {"current": false}]}`)
	id, _, _ := strings.Cut(other.cookie.Value, ".")
	for _, wrong := range []string{id, "none", "../x", ""} {
		if r := in.manage(`mutation($id: ID!) { endSession(id: $id) }`, vars{"id": wrong}); r.code() != "NOT_FOUND" {
			t.Errorf("%q: %s", wrong, r.Text)
		}
	}
	in.managed(`mutation($id: ID!) { endSession(id: $id) }`, vars{"id": r.str("sessions.0.id")})
	if a, d, o := ann.control(whoAmI), desk.control(whoAmI), other.control(whoAmI); a.Status != 401 || d.Status != 200 || o.Status != 200 {
		t.Errorf("%d %d %d", a.Status, d.Status, o.Status)
	}
	in.managed(`mutation($id: ID!) { revokeApiKey(id: $id) { id } }`, vars{"id": made.str("createApiKey.apiKey.id")})
	wantJSON(t, in.managed(`{ sessions { id } }`).Data, `{"sessions": []}`)
}

// Nothing that gets into a session's way lets anybody in.
func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	shop := in.account(t, "shop")
	status := func(b *browser) int { t.Helper(); return b.control(whoAmI).Status }

	// Half an hour of nothing ends a session; to look whether it lasts is nothing, to work is something.
	idle, busy := shop.signedIn(), shop.signedIn()
	for range 3 {
		in.clock.move(20 * time.Minute)
		if got := status(busy); got != 200 {
			t.Errorf("a busy session is answered %d", got)
		}
		idle.page("GET", "/console/session", "")
	}
	if got := status(idle); got != 401 {
		t.Errorf("an idle session is answered %d", got)
	}
	// Twelve hours end any.
	for range 11*60/20 - 1 {
		in.clock.move(20 * time.Minute)
		if got := status(busy); got != 200 {
			t.Fatalf("a busy session is answered %d", got)
		}
	}
	in.clock.move(20*time.Minute + time.Second)
	if got := status(busy); got != 401 {
		t.Errorf("after twelve hours a session is answered %d", got)
	}
	if err := in.forget(t.Context()); err != nil {
		t.Error(err)
	}

	// A key that expires takes its sessions along.
	made := shop.managed(`mutation($at: DateTime) { createApiKey(name: "short", roles: ["reader"], expiresAt: $at) { secret } }`,
		vars{"at": in.clock.now().Add(10 * time.Minute).Format(time.RFC3339)})
	short := shop.as(t, made.str("createApiKey.secret")).signedIn()
	in.clock.move(11 * time.Minute)
	if got := status(short); got != 401 {
		t.Errorf("with an expired key a session is answered %d", got)
	}

	// A suspended account has none, and gets none back.
	suspended := shop.signedIn()
	in.managed(`mutation { updateAccount(id: "shop", suspended: true) { id } }`)
	if got := status(suspended); got != 401 && got != 403 {
		t.Errorf("with a suspended account a session is answered %d", got)
	}
	in.managed(`mutation { updateAccount(id: "shop", suspended: false) { id } }`)
	if got := status(suspended); got != 401 {
		t.Errorf("after a suspension a session is answered %d", got)
	}

	// A cookie that is not one of ours.
	good := shop.signedIn()
	// The token is kept nowhere.
	secret := good.cookie.Value[17:]
	list, err := in.store.Scan(t.Context(), storage.Space{Account: storage.System, Collection: storage.Credentials, Part: "session"}, storage.Page{Limit: 100})
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	for _, r := range list {
		if strings.Contains(string(r.Body), secret) {
			t.Error("the store has the token")
		}
	}
	if strings.Contains(in.logs.String(), secret) {
		t.Error("the logs have the token")
	}
	id, part, _ := strings.Cut(good.cookie.Value, ".")
	other, _, _ := strings.Cut(in.signedIn().cookie.Value, ".")
	for name, value := range map[string]string{"nothing": "", "an API key": shop.key, "no secret": id, "another secret": id + "." + strings.Repeat("A", 43), "of another": other + "." + part,
		"cut": good.cookie.Value[:len(good.cookie.Value)-1], "a path": "../" + good.cookie.Value, "huge": strings.Repeat("x", 8<<10) + ".y", "no id": "." + part} {
		forged := &browser{client: good.client, cookie: &http.Cookie{Name: good.cookie.Name, Value: value}}
		if got := status(forged); got != 401 {
			t.Errorf("%s: %d", name, got)
		}
	}
	if got := status(good); got != 200 {
		t.Errorf("the good one: %d", got)
	}
}

// Pages of other origins make a browser send the cookie, where SameSite does not hold it back; that
// does them no good.
func TestSessionIsForOwnPagesOnly(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	admin := in.signedIn()
	host := strings.TrimPrefix(in.url, "http://")
	senders := map[string]struct {
		header []string
		let    bool
	}{
		"own page":                      {own, true},
		"own page of an old browser":    {[]string{"Origin", "http://" + host}, true},
		"behind a proxy that ends TLS":  {[]string{"Origin", "https://" + host}, true},
		"another site":                  {[]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, false},
		"another site with our origin":  {[]string{"Sec-Fetch-Site", "cross-site", "Origin", "http://" + host}, false},
		"another port":                  {[]string{"Sec-Fetch-Site", "same-site", "Origin", "http://127.0.0.1:1"}, false},
		"an old browser, another site":  {[]string{"Origin", "https://evil.example"}, false},
		"an old browser, a sandbox":     {[]string{"Origin", "null"}, false},
		"an old browser, our name in a": {[]string{"Origin", "http://" + host + ".evil.example"}, false},
		"a link or an address typed":    {[]string{"Sec-Fetch-Site", "none"}, false},
		"a form":                        {[]string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Content-Type", "text/plain"}, false},
		"no browser":                    {[]string{"X-Nothing", "x"}, false},
	}
	requests := [][3]string{
		{"POST", "/graphql", `{"query": "mutation { createProspect(input: {firstName: \"x\"}) { id } }"}`},
		{"GET", "/graphql?query={profiles{nodes{id}}}", ""},
		{"POST", "/control/graphql", `{"query": "mutation { createApiKey(name: \"evil\", roles: [\"admin\"]) { secret } }"}`},
		{"GET", "/control/graphql?query={apiKeys{id}}", ""},
		{"GET", "/sdl", ""}, {"GET", "/schemas/Profile", ""}, {"PUT", "/schemas/Thing", `{"properties": {"a": {"type": "string"}}}`}, {"GET", "/audit/export", ""},
		{"GET", "/console/session", ""},
	}
	for name, from := range senders {
		for _, q := range requests {
			r := admin.page(q[0], q[1], q[2], from.header...)
			if from.let != (r.Status == 200) || !from.let && r.code() != "UNAUTHENTICATED" {
				t.Errorf("%s: %s %s is answered %d %s", name, q[0], q[1], r.Status, r.Text)
			}
		}
		if from.let {
			continue
		}
		// Nor can they sign anybody out, or in as somebody else.
		admin.page("DELETE", "/console/session", "", from.header...)
		key := `{"key": "` + in.key + `"}`
		r := admin.page("POST", "/console/session", key, from.header...)
		browsers := name != "no browser" && name != "a link or an address typed"
		if browsers != (r.Status == 403) {
			t.Errorf("%s signs in: %d %s", name, r.Status, r.Text)
		}
	}
	if r := admin.control(whoAmI); r.Status != 200 {
		t.Errorf("signed out: %d %s", r.Status, r.Text)
	}
	if r := in.send("OPTIONS", "/control/graphql", nil, "Origin", "https://evil.example", "Access-Control-Request-Method", "POST"); r.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("another origin may call the control plane")
	}
}

// Refused sign-ins are on the record of the account whose key was tried, but nobody can fill it.
func TestRefusedSignIns(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	mark := in.mark()
	guest := in.as(t, "")
	try := func(body string) *reply {
		return guest.send("POST", "/console/session", strings.NewReader(body), "Content-Type", "application/json")
	}
	wrong := in.key[:len(in.key)-4] + "AAAA"
	for _, body := range []string{``, `{`, `[]`, `{"key": 1}`, `"x"`, strings.Repeat(" ", 5<<10) + `{}`} {
		if r := try(body); r.Status != 400 || r.code() != "BAD_USER_INPUT" {
			t.Errorf("%.20q: %d %s", body, r.Status, r.Text)
		}
	}
	for _, key := range []string{"", "hello", "pg_", "pg_aaaaaaaaaaaaaaaa_" + strings.Repeat("A", 43), "eyJhbGciOiJub25lIn0.e30.", wrong} {
		r := try(`{"key": "` + key + `"}`)
		if r.Status != 401 || r.code() != "UNAUTHENTICATED" || len(r.Header.Values("Set-Cookie")) > 0 || key != "" && strings.Contains(r.Text, key) {
			t.Errorf("%q: %d %s", key, r.Status, r.Text)
		}
	}
	entries := in.recorded(mark)
	if len(entries) != 1 || entries[0].Action != "SignIn" || entries[0].Outcome != "DENIED" || entries[0].Actor != "key:"+strings.Split(in.key, "_")[1] {
		t.Errorf("recorded %+v", entries)
	}
	limited := 0
	for range 50 {
		if r := try(`{"key": "` + wrong + `"}`); r.Status == 429 && r.code() == "RATE_LIMITED" {
			limited++
		}
	}
	if n := len(in.recorded(mark)); n < 20 || n > 25 || limited < 25 {
		t.Errorf("%d entries, %d limited", n, limited)
	}
	in.signedIn() // whoever has the key gets in all the same
}

// idp is the provider of jwt_test.go, at which people can sign in.
type idp struct {
	*provider
	key    *ecdsa.PrivateKey
	secret string
	mu     sync.Mutex
	codes  map[string]url.Values       // what the browser came with, by code
	claims func(claims jwt.MapClaims)  // changes the ID token
	spoil  func(answer map[string]any) // changes the answer of the token endpoint
}

// newIDP returns a provider and a configuration with which people can sign in with it.
func newIDP(t testing.TB) (*idp, Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &idp{provider: newProvider(t), key: key, secret: "hush-" + rand.Text(), codes: map[string]url.Values{}}
	p.set(map[string]crypto.PublicKey{"one": &key.PublicKey}, nil)
	p.people = p.serve
	c := p.config(t)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(p.secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(c.AuthConfig)
	if err != nil {
		t.Fatal(err)
	}
	text = []byte(strings.Replace(string(text), `"issuer"`, `"console": {"clientId": "console", "clientSecretFile": "`+secret+`", "scopes": ["profile"], "label": "Staff"}, "issuer"`, 1))
	if err := os.WriteFile(c.AuthConfig, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return p, c
}

func (p *idp) serve(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch r.URL.Path {
	case "/authorize":
		q := r.URL.Query()
		code := rand.Text()
		p.codes[code] = q
		http.Redirect(w, r, q.Get("redirect_uri")+"?code="+code+"&state="+url.QueryEscape(q.Get("state")), http.StatusFound)
	case "/token":
		user, password, _ := r.BasicAuth()
		began := p.codes[r.FormValue("code")]
		delete(p.codes, r.FormValue("code"))
		challenge := sha256.Sum256([]byte(r.FormValue("code_verifier")))
		if began == nil || user != "console" || password != p.secret || began.Get("code_challenge_method") != "S256" || r.FormValue("redirect_uri") != began.Get("redirect_uri") ||
			base64.RawURLEncoding.EncodeToString(challenge[:]) != began.Get("code_challenge") {
			w.WriteHeader(http.StatusBadRequest)
			w.Write([]byte(`{"error": "invalid_grant"}`))
			return
		}
		claims := jwt.MapClaims{"iss": p.URL, "aud": "console", "sub": "ann@example.com", "nonce": began.Get("nonce"), "exp": time.Now().Add(time.Minute).Unix(),
			"shop": "main", "realm": vars{"roles": "boss"}}
		if p.claims != nil {
			p.claims(claims)
		}
		token := jwt.NewWithClaims(jwt.SigningMethodES256, claims)
		token.Header["kid"] = "one"
		text, err := token.SignedString(p.key)
		if err != nil {
			panic(err)
		}
		answer := map[string]any{"access_token": "opaque", "token_type": "Bearer", "id_token": text}
		if p.spoil != nil {
			p.spoil(answer)
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(answer)
	default:
		http.NotFound(w, r)
	}
}

// visit goes the way of a browser to the provider and back, and returns the last answer. Between,
// change may do what an attacker would.
func (p *idp) visit(t testing.TB, c *client, change func(login *http.Cookie, back url.Values)) *reply {
	t.Helper()
	r := c.send("GET", "/console/login?provider="+url.QueryEscape(p.URL), nil)
	if r.Status != http.StatusSeeOther || !strings.HasPrefix(r.Header.Get("Location"), p.URL+"/authorize?") {
		t.Fatalf("login: %d %v", r.Status, r.Header)
	}
	login := cookieOf(t, r, "__Host-profilegraph-login")
	if !login.HttpOnly || !login.Secure || login.SameSite != http.SameSiteLaxMode || login.MaxAge <= 0 || login.Path != "/" {
		t.Errorf("cookie %+v", login)
	}
	at := httptest.NewRequest("GET", r.Header.Get("Location"), nil)
	if q := at.URL.Query(); q.Get("response_type") != "code" || q.Get("client_id") != "console" || q.Get("scope") != "openid profile" || q.Get("redirect_uri") != c.url+"/console/callback" ||
		q.Has("prompt") || len(q.Get("state")) < 40 || len(q.Get("nonce")) < 40 || strings.Contains(r.Header.Get("Location"), strings.Split(login.Value, ".")[0]) {
		t.Errorf("the browser is sent to %s", r.Header.Get("Location"))
	}
	answer := httptest.NewRecorder()
	p.serve(answer, at)
	back, err := url.Parse(answer.Header().Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	query := back.Query()
	if change != nil {
		change(login, query)
	}
	return c.send("GET", "/console/callback?"+query.Encode(), nil, "Cookie", login.Name+"="+login.Value, "Sec-Fetch-Site", "cross-site")
}

func TestSignInWithProvider(t *testing.T) {
	t.Parallel()
	p, c := newIDP(t)
	in := boot(t, c)
	guest := in.as(t, "")
	if r := guest.send("GET", "/console/config", nil); r.Text != `{"providers":[{"name":"`+p.URL+`","label":"Staff"}],"signedIn":false}`+"\n" {
		t.Error(r.Status, r.Text)
	}
	mark := in.mark()
	r := p.visit(t, guest, nil)
	if r.Status != http.StatusSeeOther || r.Header.Get("Location") != "/console/" {
		t.Fatalf("%d %v", r.Status, r.Header)
	}
	if gone := cookieOf(t, r, "__Host-profilegraph-login"); gone.MaxAge >= 0 {
		t.Errorf("%+v", gone)
	}
	ann := &browser{client: guest, cookie: cookieOf(t, r, "__Host-profilegraph")}
	if ann.cookie.SameSite != http.SameSiteStrictMode || !ann.cookie.HttpOnly {
		t.Errorf("%+v", ann.cookie)
	}
	r = ann.control(whoAmI)
	actor := r.str("viewer.actor")
	if !strings.HasPrefix(actor, "jwt:") || fmt.Sprint(r.at("viewer.roles")) != "[admin]" || r.str("viewer.account.id") != "main" {
		t.Error(r.Text)
	}
	if r := ann.page("GET", "/console/session", ""); r.Status != 200 || !strings.Contains(r.Text, `"ACCOUNT"`) {
		t.Error(r.Status, r.Text)
	}
	entries := in.recorded(mark)
	if len(entries) != 1 || entries[0].Action != "SignIn" || entries[0].Actor != actor || entries[0].Details["issuer"] != p.URL {
		t.Errorf("recorded %+v", entries)
	}

	// What an attacker, a wrong answer or a person who says no leads to.
	var before *http.Cookie
	change := func(name string, value any) func(jwt.MapClaims) {
		return func(c jwt.MapClaims) { c[name] = value }
	}
	for name, test := range map[string]struct {
		way    func(login *http.Cookie, back url.Values)
		claims func(jwt.MapClaims)
		spoil  func(map[string]any)
		code   string
	}{
		"state of another":     {way: func(_ *http.Cookie, q url.Values) { q.Set("state", strings.Repeat("A", 43)) }},
		"no state":             {way: func(_ *http.Cookie, q url.Values) { q.Del("state") }},
		"no code":              {way: func(_ *http.Cookie, q url.Values) { q.Del("code"); q.Set("error", "access_denied") }},
		"an unknown code":      {way: func(_ *http.Cookie, q url.Values) { q.Set("code", "x") }},
		"answer of another":    {way: func(_ *http.Cookie, q url.Values) { q.Set("iss", "https://other.example") }},
		"no cookie":            {way: func(k *http.Cookie, _ url.Values) { k.Value = "" }},
		"cookie of another":    {way: func(k *http.Cookie, _ url.Values) { k.Value = strings.Repeat("A", 52) + k.Value[52:] }},
		"cookie for elsewhere": {way: func(k *http.Cookie, _ url.Values) { k.Value = k.Value[:53] + "aHR0cHM6Ly9ldmlsLmV4YW1wbGU" }, code: "BAD_USER_INPUT"},
		"nonce of another":     {claims: change("nonce", "x")},
		"no nonce":             {claims: func(c jwt.MapClaims) { delete(c, "nonce") }},
		"audience":             {claims: change("aud", "profilegraph")},
		"for another, too":     {claims: change("aud", []string{"console", "other"})},
		"for another party":    {claims: change("azp", "other")},
		"issuer":               {claims: change("iss", "https://other.example")},
		"expired":              {claims: change("exp", time.Now().Add(-time.Hour).Unix())},
		"no account":           {claims: func(c jwt.MapClaims) { delete(c, "shop") }},
		"unknown account":      {claims: change("shop", "nobody")},
		"no role":              {claims: change("realm", vars{"roles": "unheard-of"}), code: "FORBIDDEN"},
		"no ID token":          {spoil: func(a map[string]any) { delete(a, "id_token") }},
		"ID token of no form":  {spoil: func(a map[string]any) { a["id_token"] = 7 }},
		"unsigned ID token":    {spoil: func(a map[string]any) { a["id_token"] = a["id_token"].(string)[:20] + ".e30." }},
	} {
		p.mu.Lock()
		p.claims, p.spoil = test.claims, test.spoil
		p.mu.Unlock()
		r := p.visit(t, guest, func(k *http.Cookie, q url.Values) {
			if test.way == nil {
				test.way = func(*http.Cookie, url.Values) {}
			}
			if len(k.Value) < 60 {
				t.Fatalf("cookie %q", k.Value)
			}
			test.way(k, q)
			before = k
		})
		if test.code == "" {
			test.code = "UNAUTHENTICATED"
		}
		if r.Status != http.StatusSeeOther || r.Header.Get("Location") != "/console/?error="+test.code {
			t.Errorf("%s: %d %v", name, r.Status, r.Header)
		}
		if slices.ContainsFunc(r.Header.Values("Set-Cookie"), func(l string) bool { return strings.HasPrefix(l, "__Host-profilegraph=") }) {
			t.Errorf("%s: there is a session", name)
		}
	}
	if before == nil || strings.Contains(in.logs.String(), "ann@example.com") || strings.Contains(in.logs.String(), p.secret) {
		t.Error("the logs say too much")
	}
	for _, path := range []string{"/console/login", "/console/login?provider=https://evil.example"} {
		if r := guest.send("GET", path, nil); r.Header.Get("Location") != "/console/?error=BAD_USER_INPUT" {
			t.Errorf("%s: %d %v", path, r.Status, r.Header)
		}
	}
	// Who has just signed out is not signed in again without a word.
	r = guest.send("GET", "/console/login?prompt=login&provider="+url.QueryEscape(p.URL), nil)
	if to, err := url.Parse(r.Header.Get("Location")); err != nil || to.Query().Get("prompt") != "login" {
		t.Errorf("%v %v", r.Header, err)
	}
	// The session ends when the account is suspended.
	in.account(t, "shop")
	p.mu.Lock()
	p.claims, p.spoil = change("shop", "shop"), nil
	p.mu.Unlock()
	bob := &browser{client: guest, cookie: cookieOf(t, p.visit(t, guest, nil), "__Host-profilegraph")}
	if r := bob.control(whoAmI); r.str("viewer.account.id") != "shop" {
		t.Error(r.Text)
	}
	in.managed(`mutation { updateAccount(id: "shop", suspended: true) { id } }`)
	if r := bob.control(whoAmI); r.Status != 401 {
		t.Error(r.Status, r.Text)
	}
	if r := p.visit(t, guest, nil); r.Header.Get("Location") != "/console/?error=FORBIDDEN" {
		t.Error(r.Header)
	}
	if r := ann.control(whoAmI); r.Status != 200 {
		t.Error(r.Status, r.Text)
	}
}

// Behind a proxy that ends TLS the provider is told the address that browsers use.
func TestPublicURL(t *testing.T) {
	t.Parallel()
	p, c := newIDP(t)
	c.PublicURL = "https://profiles.example.com/"
	in := boot(t, c)
	to, err := url.Parse(in.as(t, "").send("GET", "/console/login?provider="+url.QueryEscape(p.URL), nil).Header.Get("Location"))
	if err != nil || to.Query().Get("redirect_uri") != "https://profiles.example.com/console/callback" {
		t.Errorf("%v %v", to, err)
	}
	p.provider.Close()
	in.clock.move(time.Hour)
	if r := in.as(t, "").send("GET", "/console/login?provider="+url.QueryEscape(p.URL), nil); r.Header.Get("Location") != "/console/?error=UNAVAILABLE" {
		t.Error(r.Status, r.Header)
	}
}
