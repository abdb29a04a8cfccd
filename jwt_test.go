package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// provider is an identity provider: OpenID Connect Discovery and a key set, on loopback.
type provider struct {
	*httptest.Server
	mu     sync.Mutex
	keys   map[string]crypto.PublicKey
	answer func(w http.ResponseWriter, r *http.Request) // in place of the usual one, if set
	people func(w http.ResponseWriter, r *http.Request) // lets people sign in, if set
}

func newProvider(t testing.TB) *provider {
	p := &provider{keys: map[string]crypto.PublicKey{}}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		answer := p.answer
		var set []any
		for kid, key := range p.keys {
			set = append(set, jwk(kid, key))
		}
		p.mu.Unlock()
		switch {
		case answer != nil:
			answer(w, r)
		case r.URL.Path == "/.well-known/openid-configuration":
			json.NewEncoder(w).Encode(vars{"issuer": p.URL, "jwks_uri": p.URL + "/keys", "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token"})
		case r.URL.Path == "/keys":
			json.NewEncoder(w).Encode(vars{"keys": set})
		case p.people != nil:
			p.people(w, r)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *provider) set(keys map[string]crypto.PublicKey, answer func(http.ResponseWriter, *http.Request)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys, p.answer = keys, answer
}

func jwk(kid string, key crypto.PublicKey) vars {
	number := func(n *big.Int) string { return base64.RawURLEncoding.EncodeToString(n.Bytes()) }
	switch k := key.(type) {
	case *rsa.PublicKey:
		return vars{"kty": "RSA", "kid": kid, "n": number(k.N), "e": number(big.NewInt(int64(k.E)))}
	case *ecdsa.PublicKey:
		point, err := k.Bytes() // 4, x, y
		if err != nil {
			panic(err)
		}
		text := base64.RawURLEncoding.EncodeToString
		return vars{"kty": "EC", "crv": "P-256", "kid": kid, "x": text(point[1:33]), "y": text(point[33:])}
	}
	return nil
}

// config returns a configuration that accepts the provider's tokens.
func (p *provider) config(t testing.TB) Config {
	c := defaults(t)
	c.AuthConfig = filepath.Join(t.TempDir(), "auth.json")
	text, err := json.Marshal(vars{"providers": []any{vars{"issuer": p.URL, "audience": []string{"profilegraph", "second"},
		"account": vars{"claim": "shop"}, "roles": vars{"claim": "realm.roles"}, "subject": vars{"claim": "https://example.com/profile"},
		"roleNames": vars{"staff": "editor", "boss": "admin", "client": "shopper"}}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(c.AuthConfig, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestIdentityProvider(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	first, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	second, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	old, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p.set(map[string]crypto.PublicKey{"one": &first.PublicKey, "rsa": &old.PublicKey}, nil)
	in := boot(t, p.config(t))
	id := in.profile("own@example.com")
	in.profile("other@example.com")

	claims := func(change func(jwt.MapClaims)) jwt.MapClaims {
		now := in.clock.now()
		c := jwt.MapClaims{"iss": p.URL, "aud": "profilegraph", "sub": "ann@example.com", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
			"shop": "main", "realm": vars{"roles": []string{"staff", "unheard of"}}}
		if change != nil {
			change(c)
		}
		return c
	}
	sign := func(method jwt.SigningMethod, kid string, key any, c jwt.MapClaims) string {
		token := jwt.NewWithClaims(method, c)
		if kid != "" {
			token.Header["kid"] = kid
		}
		text, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	es256 := func(change func(jwt.MapClaims)) string {
		return sign(jwt.SigningMethodES256, "one", first, claims(change))
	}
	with := func(key *ecdsa.PrivateKey, header vars) string { // what a client says of the key to be used
		token := jwt.NewWithClaims(jwt.SigningMethodES256, claims(nil))
		for name, value := range header {
			token.Header[name] = value
		}
		text, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	unsigned := func(alg, signature string) string {
		header, err := json.Marshal(vars{"alg": alg, "kid": "one", "typ": "JWT"})
		if err != nil {
			t.Fatal(err)
		}
		body, err := json.Marshal(claims(nil))
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(body) + "." + signature
	}
	der, err := x509.MarshalPKIXPublicKey(&old.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	asPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	ago := func(d time.Duration) int64 { return in.clock.now().Add(-d).Unix() }
	set := func(name string, value any) func(jwt.MapClaims) {
		return func(c jwt.MapClaims) { c[name] = value }
	}
	remove := func(name string) func(jwt.MapClaims) { return func(c jwt.MapClaims) { delete(c, name) } }

	for name, test := range map[string]struct {
		token  string
		status int
	}{
		"good":                {es256(nil), 200},
		"RS256":               {sign(jwt.SigningMethodRS256, "rsa", old, claims(nil)), 200},
		"PS256":               {sign(jwt.SigningMethodPS256, "rsa", old, claims(nil)), 200},
		"no key id":           {sign(jwt.SigningMethodES256, "", first, claims(nil)), 200},
		"one of two aud":      {es256(set("aud", []string{"other", "second"})), 200},
		"expired within skew": {es256(set("exp", ago(30*time.Second))), 200},
		"nbf within skew":     {es256(set("nbf", ago(-30*time.Second))), 200},
		"expired":             {es256(set("exp", ago(2*time.Minute))), 401},
		"not yet":             {es256(set("nbf", ago(-2*time.Minute))), 401},
		"from the future":     {es256(set("iat", ago(-2*time.Minute))), 401},
		"never expires":       {es256(remove("exp")), 401},
		"exp is text":         {es256(set("exp", "tomorrow")), 401},
		"other issuer":        {es256(set("iss", "https://idp.example.com")), 401},
		"issuer with a slash": {es256(set("iss", p.URL+"/")), 401},
		"no issuer":           {es256(remove("iss")), 401},
		"other audience":      {es256(set("aud", "another")), 401},
		"no audience":         {es256(remove("aud")), 401},
		"unknown account":     {es256(set("shop", "nobody")), 401},
		"no account":          {es256(remove("shop")), 401},
		"two accounts":        {es256(set("shop", []string{"main", "other"})), 401},
		"bad account":         {es256(set("shop", "-system")), 401},
		"longest sub":         {es256(set("sub", strings.Repeat("s", 255))), 200},
		"no sub":              {es256(remove("sub")), 401},
		"sub is null":         {es256(set("sub", nil)), 401},
		"sub is empty":        {es256(set("sub", "")), 401},
		"sub is blank":        {es256(set("sub", " \t\u00a0")), 401},
		"sub is a number":     {es256(set("sub", 17)), 401},
		"sub is a list":       {es256(set("sub", []string{"ann"})), 401},
		"sub is overlong":     {es256(set("sub", strings.Repeat("s", 256))), 401},
		"shopper without sub": {es256(func(c jwt.MapClaims) {
			c["realm"], c["https://example.com/profile"] = vars{"roles": []string{"client"}}, id
			delete(c, "sub")
		}), 401},
		"shopper of nothing": {es256(set("realm", vars{"roles": []string{"client"}})), 401},
		"shopper and staff": {es256(func(c jwt.MapClaims) {
			c["realm"], c["https://example.com/profile"] = vars{"roles": []string{"client", "staff"}}, id
		}), 401},
		"alg none":            {sign(jwt.SigningMethodNone, "one", jwt.UnsafeAllowNoneSignatureType, claims(nil)), 401},
		"HS256 with the PEM":  {sign(jwt.SigningMethodHS256, "rsa", asPEM, claims(nil)), 401},
		"HS256 with the DER":  {sign(jwt.SigningMethodHS256, "rsa", der, claims(nil)), 401},
		"alg not allowed":     {sign(jwt.SigningMethodRS512, "rsa", old, claims(nil)), 401},
		"another's signature": {sign(jwt.SigningMethodES256, "one", second, claims(nil)), 401},
		"key of another kind": {sign(jwt.SigningMethodES256, "rsa", first, claims(nil)), 401},
		"a key of its own":    {with(second, vars{"kid": "one", "jwk": jwk("one", &second.PublicKey)}), 401},
		"its own key by id":   {with(second, vars{"kid": "mine", "jwk": jwk("mine", &second.PublicKey)}), 401},
		"keys of its own":     {with(second, vars{"kid": "one", "jku": "http://127.0.0.1:1/keys", "x5u": "http://127.0.0.1:1/cert"}), 401},
		"a path as key id":    {with(second, vars{"kid": "../../../../dev/null"}), 401},
		"key id is a number":  {with(second, vars{"kid": 1}), 401},
		"key id is a list":    {with(second, vars{"kid": []string{"one"}}), 401},
		"critical extension":  {with(first, vars{"kid": "one", "crit": []string{"b64"}, "b64": true}), 401},
		"no signature":        {unsigned("ES256", ""), 401},
		"signature of zeros":  {unsigned("ES256", base64.RawURLEncoding.EncodeToString(make([]byte, 64))), 401},
		"alg nOnE":            {unsigned("nOnE", ""), 401},
		"alg is empty":        {unsigned("", ""), 401},
		"unknown key":         {sign(jwt.SigningMethodES256, "none such", first, claims(nil)), 401},
		"cut":                 {strings.TrimSuffix(es256(nil), "A")[:60], 401},
		"three dots":          {"...", 401},
	} {
		c := in.as(t, test.token)
		r := c.ask(`{ profiles { nodes { id } } }`)
		if r.Status != test.status || test.status == 401 && r.code() != "UNAUTHENTICATED" {
			t.Errorf("%s: %d %s", name, r.Status, r.Text)
		}
	}
	if strings.Contains(in.logs.String(), "ann@example.com") {
		t.Error("a token's subject is in the logs")
	}
	for _, reason := range []string{"sub is missing", "sub is no string", "sub is empty", "sub is longer than 255 bytes",
		"token has invalid audience", "token is expired", "token signature is invalid", "it names no account, or several"} {
		if !strings.Contains(in.logs.String(), reason) {
			t.Errorf("the log does not say that %s", reason)
		}
	}
	if strings.Contains(in.logs.String(), "sssss") {
		t.Error("an overlong subject is in the logs")
	}

	for name, test := range map[string]struct {
		change func(jwt.MapClaims)
		viewer string
	}{
		"staff": {nil, `{"roles": ["editor"], "subject": null, "account": {"id": "main"}}`},
		"boss":  {set("realm", vars{"roles": "boss staff"}), `{"roles": ["admin", "editor"], "subject": null, "account": {"id": "main"}}`},
		"none":  {set("realm", vars{"roles": []string{"admin"}}), `{"roles": [], "subject": null, "account": {"id": "main"}}`},
		"odd":   {set("realm", "x"), `{"roles": [], "subject": null, "account": {"id": "main"}}`},
		"client": {func(c jwt.MapClaims) {
			c["realm"], c["https://example.com/profile"] = vars{"roles": []string{"client"}}, id
		}, `{"roles": ["shopper"], "subject": "` + id + `", "account": {"id": "main"}}`},
	} {
		c := in.as(t, es256(test.change))
		r := c.managed(`{ viewer { roles subject account { id } } actor: viewer { actor } }`)
		wantJSON(t, r.at("viewer"), test.viewer)
		if actor := r.str("actor.actor"); !strings.HasPrefix(actor, "jwt:") || strings.Contains(actor, "ann") {
			t.Errorf("%s: the actor is %q", name, actor)
		}
		read := c.ask(`{ profiles { nodes { id } } }`)
		switch nodes, _ := read.at("profiles.nodes").([]any); {
		case (name == "none" || name == "odd") != (read.code() == "FORBIDDEN"):
			t.Errorf("%s: %s", name, read.Text)
		case name == "client" && len(nodes) != 1, name == "staff" && len(nodes) != 2:
			t.Errorf("%s reads %d profiles", name, len(nodes))
		}
	}

	// The provider changes its keys.
	in.clock.move(time.Minute)
	p.set(map[string]crypto.PublicKey{"two": &second.PublicKey}, nil)
	if r := in.as(t, sign(jwt.SigningMethodES256, "two", second, claims(nil))).ask(`{ __typename }`); r.Status != 200 {
		t.Errorf("a token of the new key is answered %d %s", r.Status, r.Text)
	}
	if r := in.as(t, es256(set("jti", "fresh"))).ask(`{ __typename }`); r.Status != 401 {
		t.Errorf("a token of the old key is answered %d", r.Status)
	}
	// It goes away: the keys that are known stay good.
	p.set(nil, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", 500) })
	in.clock.move(time.Hour)
	for range 2 {
		if r := in.as(t, sign(jwt.SigningMethodES256, "two", second, claims(nil))).ask(`{ __typename }`); r.Status != 200 {
			t.Errorf("while the provider is down a token is answered %d %s", r.Status, r.Text)
		}
	}
}

// A provider that was never reached is an outage, not a wrong token; and it ends by itself.
func TestIdentityProviderDown(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	for name, answer := range map[string]func(http.ResponseWriter, *http.Request){
		"answers 500": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", 500) },
		"answers no JSON": func(w http.ResponseWriter, _ *http.Request) {
			w.Write([]byte("<html>"))
		},
		"has no keys": func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/keys" {
				http.Error(w, "no", http.StatusServiceUnavailable)
				return
			}
			json.NewEncoder(w).Encode(vars{"issuer": "http://" + r.Host, "jwks_uri": "http://" + r.Host + "/keys"})
		},
		"is another": func(w http.ResponseWriter, r *http.Request) {
			json.NewEncoder(w).Encode(vars{"issuer": "https://idp.example.com", "jwks_uri": "http://" + r.Host + "/keys"})
		},
		"names insecure keys": func(w http.ResponseWriter, r *http.Request) {
			json.NewEncoder(w).Encode(vars{"issuer": "http://" + r.Host, "jwks_uri": "http://idp.example.com/keys"})
		},
		"hangs": func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-hang:
			case <-r.Context().Done():
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			p.set(nil, answer)
			c := p.config(t)
			c.RequestTimeout = 2 * time.Second
			in := boot(t, c)
			key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{"iss": p.URL, "aud": "profilegraph", "sub": "x", "exp": time.Now().Add(time.Hour).Unix(),
				"shop": "main", "realm": vars{"roles": "staff"}})
			token.Header["kid"] = "k"
			text, err := token.SignedString(key)
			if err != nil {
				t.Fatal(err)
			}
			guest := in.as(t, text)
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					r, err := guest.post("/graphql", `{ __typename }`)
					if err != nil || r.Status != 503 || r.code() != "UNAVAILABLE" || r.Header.Get("Retry-After") == "" {
						t.Errorf("%v %+v", err, r)
					}
				})
			}
			in.do(`{ profiles { nodes { id } } }`) // keys of our own do not need it
			all.Wait()
			p.set(map[string]crypto.PublicKey{"k": &key.PublicKey}, nil)
			for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) {
				in.clock.move(10 * time.Second)
				if r := guest.ask(`{ profiles { nodes { id } } }`); r.Status == 200 {
					break
				} else if time.Since(begin) > 20*time.Second {
					t.Fatalf("it is back, but tokens are answered %d %s", r.Status, r.Text)
				}
			}
		})
	}
	t.Cleanup(func() { close(hang) })
}
