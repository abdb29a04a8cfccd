package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/profilegraph/profilegraph/auth"
)

func TestHugeBodies(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	const size = 100 << 20
	for name, test := range map[string]struct {
		c            *client
		method, path string
		status       int
	}{
		"data":         {in.client, "POST", "/graphql", 413},
		"control":      {in.client, "POST", "/control/graphql", 413},
		"schema":       {in.client, "PUT", "/schemas/Profile", 413},
		"unknown user": {in.as(t, ""), "POST", "/graphql", 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, announced := range []bool{true, false} {
				body := &endless{left: size}
				req, err := http.NewRequest(test.method, in.url+test.path, body)
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("Authorization", "Bearer "+test.c.key)
				req.Header.Set("Content-Type", "application/json")
				if announced {
					req.ContentLength = size
				}
				res, err := http.DefaultTransport.RoundTrip(req)
				if err != nil { // the server closed the connection before the client looked at the answer
					if announced && !errors.Is(err, io.ErrClosedPipe) && !strings.Contains(err.Error(), "broken pipe") && !strings.Contains(err.Error(), "reset") {
						t.Error(err)
					}
				} else {
					if res.StatusCode != test.status {
						t.Errorf("answered %d", res.StatusCode)
					}
					res.Body.Close()
				}
				if sent := body.sent(); sent > 20<<20 {
					t.Errorf("the server took %d bytes", sent)
				}
			}
		})
	}
}

// endless is a body of spaces.
type endless struct {
	mu   sync.Mutex
	left int
	took int
}

func (e *endless) Read(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := min(len(p), e.left)
	if n == 0 {
		return 0, io.EOF
	}
	copy(p, bytes.Repeat([]byte{' '}, n))
	e.left, e.took = e.left-n, e.took+n
	return n, nil
}

func (e *endless) sent() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.took
}

// Clients that send slower than a request may take are cut off.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	c := defaults(t)
	c.RequestTimeout = 300 * time.Millisecond
	p := start(t, c)
	key := printedKey.FindString(p.out.String())
	for name, text := range map[string]string{
		"headers": "POST /graphql HTTP/1.1\r\nHost: x\r\n",
		"body":    "POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + key + "\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"query\": \"",
		"schema":  "PUT /schemas/Profile HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + key + "\r\nContent-Length: 1000\r\n\r\n{",
		"sign-in": "POST /console/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", strings.TrimPrefix(p.base, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(conn, text); err != nil {
				t.Fatal(err)
			}
			answer, err := io.ReadAll(conn) // until the server closes the connection
			if err != nil && !strings.Contains(err.Error(), "reset") {
				t.Errorf("the connection stays open: %v", err)
			}
			if name != "headers" && !(bytes.HasPrefix(answer, []byte("HTTP/1.1 408")) && bytes.Contains(answer, []byte(`"REQUEST_TIMEOUT"`))) {
				t.Errorf("answered %q", answer)
			}
		})
	}
}

func TestTooManyAtOnce(t *testing.T) {
	t.Parallel()
	c := defaults(t)
	c.MaxConcurrent = 2
	in := boot(t, c)
	var held []*pipe
	var under sync.WaitGroup
	for range 2 {
		body, sending := newPipe(`{"query":"{ profiles { nodes { id } } }"}`)
		held = append(held, sending)
		under.Go(func() {
			r, err := in.try("POST", "/graphql", body, "Content-Type", "application/json")
			if err != nil || r.Status != 200 || r.Data == nil {
				t.Errorf("%v %+v", err, r)
			}
		})
		sending.first()
	}
	for _, path := range []string{"/graphql", "/control/graphql"} {
		r, err := in.post(path, `{ __typename }`)
		if err != nil || r.Status != 503 || r.code() != "OVERLOADED" || r.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %v %+v", path, err, r)
		}
	}
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		if r := in.send("GET", path, nil); r.Status != 200 {
			t.Errorf("%s is answered %d", path, r.Status)
		}
	}
	for _, p := range held {
		p.rest()
	}
	under.Wait()
	in.do(`{ __typename }`)
}

// Whoever has no credential, and is slow to send one, keeps nobody waiting who has.
func TestStrangersAtOnce(t *testing.T) {
	t.Parallel()
	c := defaults(t)
	c.MaxConcurrent = 2
	in := boot(t, c)
	var held []*pipe
	var under sync.WaitGroup
	for range 2 {
		body, sending := newPipe(`{"key": "nobody's key"}`)
		held = append(held, sending)
		under.Go(func() {
			if r, err := in.try("POST", "/console/session", body, "Content-Type", "application/json"); err != nil || r.Status == 503 {
				t.Errorf("%v %+v", err, r)
			}
		})
		sending.first()
	}
	if r, err := in.try("GET", "/console/session", nil); err != nil || r.Status != 503 {
		t.Errorf("a third sign-in: %v %+v", err, r) // the two are there
	}
	in.do(`{ __typename }`)
	in.managed(`{ __typename }`)
	for _, p := range held {
		p.rest()
	}
	under.Wait()
}

// Queries that are known to hurt servers are refused, and the server goes on.
func TestHostileQueries(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	in.profile("a@example.com")
	chain := "{ profiles { nodes { ...f0 } } }"
	for n := range 60 {
		chain += fmt.Sprintf(" fragment f%d on Profile { a: id ...f%d b: id ...f%[2]d }", n, n+1)
	}
	chain += " fragment f60 on Profile { id }"
	var aliases, roots strings.Builder
	for n := range 150 {
		fmt.Fprintf(&aliases, "a%d: id ", n)
	}
	for n := range 30 {
		fmt.Fprintf(&roots, "p%d: profiles(first: 100) { nodes { id } } ", n)
	}
	for name, query := range map[string]string{
		"fragment cycle":        `{__schema{types{...A}}} fragment A on __Type{ofType{...A ofType{...A}}}`,
		"cycle of two":          `{ profiles { nodes { ...A } } } fragment A on Profile { ...B } fragment B on Profile { ...A }`,
		"deep":                  strings.Repeat("{a", 300_000),
		"deep and closed":       strings.Repeat("{a", 400) + strings.Repeat("}", 400),
		"deep list":             `{ profile(id: ` + strings.Repeat("[", 300_000),
		"deep type":             `query($a: ` + strings.Repeat("[", 10_000) + "Int" + strings.Repeat("]", 10_000) + `) { __typename }`,
		"one field":             "{ profiles { nodes { " + strings.Repeat("id ", 5_000) + "} } }",
		"chain of fragments":    chain,
		"aliases":               "{ profiles { nodes { " + aliases.String() + "} } }",
		"root fields":           "{ " + roots.String() + "}",
		"costly list":           `{ profiles(first: 100) { nodes { addresses(first: 100) { nodes { profile { addresses(first: 100) { nodes { id } } } } } } } }`,
		"directives":            "{ __typename " + strings.Repeat("@include(if: true) ", 300) + "}",
		"nested introspection":  `{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }`,
		"many operations":       strings.Repeat("query A { __typename } ", 400),
		"long":                  `{ __typename } #` + strings.Repeat("x", 3<<20),
		"long string":           `{ profile(id: "` + strings.Repeat("x", 3<<20) + `") { id } }`,
		"number":                `{ profiles(first: ` + strings.Repeat("9", 20_000) + `) { nodes { id } } }`,
		"subscription":          `subscription { profiles { id } }`,
		"deferred":              `{ profiles { nodes { ... @defer { id } } } }`,
		"unknown":               `{ nothing }`,
		"empty":                 ``,
		"only a fragment":       `fragment A on Profile { id }`,
		"type of another plane": `{ apiKeys { id } }`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, path := range []string{"/graphql", "/control/graphql"} {
				r, err := in.post(path, query)
				if err != nil {
					t.Fatal(err)
				}
				if path == "/control/graphql" && name == "type of another plane" {
					continue
				}
				if len(r.Errors) == 0 || r.code() == "" || r.code() == "INTERNAL" || r.code() == "REQUEST_TIMEOUT" || r.Status >= 500 || len(r.Text) > 20_000 {
					t.Errorf("%s answers %d %.300s", path, r.Status, r.Text)
				}
			}
		})
	}
	for name, v := range map[string]string{
		"not UTF-8": "{\"a\": \"\xff\"}",
		"deep":      `{"a": ` + strings.Repeat(`[`, 100_000) + strings.Repeat(`]`, 100_000) + `}`,
		"number":    `{"a": 1e1000000}`,
		"digits":    `{"a": ` + strings.Repeat("9", 500_000) + `}`,
	} {
		body := `{"query": "mutation($a: JSON) { createProfile(input: {email: \"z@example.com\", additionalProperties: $a}) { id } }", "variables": ` + v + `}`
		if r := in.send("POST", "/graphql", strings.NewReader(body), "Content-Type", "application/json"); len(r.Errors) == 0 || r.code() == "INTERNAL" || r.Status >= 500 {
			t.Errorf("variables, %s: %d %.300s", name, r.Status, r.Text)
		}
	}
}

func TestHTTP(t *testing.T) {
	t.Parallel()
	c := defaults(t)
	c.MaxBatch = 3
	in := boot(t, c)
	in.profile("a@example.com")
	query := `{"query": "{ profiles { nodes { id } } }"}`
	mutation := url.QueryEscape(`mutation { createProfile(input: {email: "x@example.com"}) { id } }`)
	jsonType := []string{"Content-Type", "application/json"}
	for name, test := range map[string]struct {
		method, path, body string
		header             []string
		status             int
		code               string
	}{
		"query":                {"POST", "/graphql", query, jsonType, 200, ""},
		"query by GET":         {"GET", "/graphql?query=" + url.QueryEscape(`{ profiles { nodes { id } } }`), "", nil, 200, ""},
		"mutation by GET":      {"GET", "/graphql?query=" + mutation, "", nil, 405, "*"},
		"control by GET":       {"GET", "/control/graphql?query=" + url.QueryEscape(`mutation { createAccount(id: "x") { account { id } } }`), "", nil, 405, "*"},
		"plain text":           {"POST", "/graphql", query, []string{"Content-Type", "text/plain"}, 415, "UNSUPPORTED_MEDIA_TYPE"},
		"form":                 {"POST", "/graphql", "query=x", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "UNSUPPORTED_MEDIA_TYPE"},
		"multipart":            {"POST", "/graphql", "--x--", []string{"Content-Type", "multipart/form-data; boundary=x"}, 415, "UNSUPPORTED_MEDIA_TYPE"},
		"no type":              {"POST", "/graphql", query, nil, 415, "UNSUPPORTED_MEDIA_TYPE"},
		"control as text":      {"POST", "/control/graphql", query, []string{"Content-Type", "text/plain"}, 415, "UNSUPPORTED_MEDIA_TYPE"},
		"compressed":           {"POST", "/graphql", query, append(jsonType, "Content-Encoding", "gzip"), 415, "UNSUPPORTED_MEDIA_TYPE"},
		"broken":               {"POST", "/graphql", `{"query": `, jsonType, 400, "BAD_REQUEST"},
		"nothing":              {"POST", "/graphql", ``, jsonType, 400, "BAD_REQUEST"},
		"batch":                {"POST", "/graphql", "[" + query + "," + query + "]", jsonType, 200, ""},
		"too large a batch":    {"POST", "/graphql", "[" + strings.TrimSuffix(strings.Repeat(query+",", 4), ",") + "]", jsonType, 400, "BAD_REQUEST"},
		"batch of control":     {"POST", "/control/graphql", "[" + query + "]", jsonType, 400, "BAD_REQUEST"},
		"unknown answer":       {"POST", "/graphql", query, append(jsonType, "Accept", "text/html"), 406, "NOT_ACCEPTABLE"},
		"other method":         {"DELETE", "/graphql", "", nil, 405, "METHOD_NOT_ALLOWED"},
		"schema by POST":       {"POST", "/schemas/Profile", `{}`, jsonType, 405, ""},
		"nowhere":              {"GET", "/nothing", "", nil, 404, ""},
		"home":                 {"GET", "/", "", nil, 302, ""},
		"alive":                {"GET", "/healthz", "", nil, 200, ""},
		"ready":                {"GET", "/readyz", "", nil, 200, ""},
		"playground":           {"GET", "/playground/", "", nil, 200, ""},
		"request error, rich":  {"POST", "/graphql", `{"query": "{ nothing }"}`, append(jsonType, "Accept", "application/graphql-response+json"), 400, "GRAPHQL_VALIDATION_FAILED"},
		"request error, plain": {"POST", "/graphql", `{"query": "{ nothing }"}`, append(jsonType, "Accept", "application/json"), 200, "GRAPHQL_VALIDATION_FAILED"},
	} {
		r := in.send(test.method, test.path, strings.NewReader(test.body), test.header...)
		if r.Status != test.status || test.code == "*" && r.code() == "" || test.code != "*" && r.code() != test.code {
			t.Errorf("%s: %d %s %.200s", name, r.Status, r.code(), r.Text)
		}
		if strings.Contains(test.path, "graphql") {
			if r.Header.Get("Cache-Control") != "no-store" || r.Header.Get("X-Content-Type-Options") != "nosniff" || r.Header.Get("X-Request-Id") == "" || r.Header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s: headers %v", name, r.Header)
			}
		}
	}
	if n := len(in.do(`{ profiles { nodes { id } } }`).at("profiles.nodes").([]any)); n != 1 {
		t.Errorf("%d profiles: a mutation by GET was carried out", n)
	}
	if got := in.send("GET", "/sdl", nil, "X-Request-Id", "my-request-1").Header.Get("X-Request-Id"); got != "my-request-1" {
		t.Errorf("request id %q", got)
	}
	for _, bad := range []string{"short", "with space in it", "ann@example.com", strings.Repeat("a", 65)} {
		if got := in.send("GET", "/sdl", nil, "X-Request-Id", bad).Header.Get("X-Request-Id"); got == bad || got == "" {
			t.Errorf("request id %q", got)
		}
	}
}

// A request that takes longer than it may is given up, with a code.
func TestDeadline(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	in.config.RequestTimeout = time.Nanosecond
	for _, path := range []string{"/graphql", "/control/graphql"} {
		r, err := in.post(path, `{ __typename }`)
		if err != nil || r.Status != 504 || r.code() != "REQUEST_TIMEOUT" {
			t.Errorf("%s: %v %+v", path, err, r)
		}
	}
}

func TestSDL(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	first := in.send("GET", "/sdl", nil)
	tag := first.Header.Get("ETag")
	if first.Status != 200 || tag == "" || !strings.Contains(first.Text, "type Profile implements Document") || !strings.Contains(first.Text, "@sensitive(pii: true)") {
		t.Errorf("%d %s %.100s", first.Status, tag, first.Text)
	}
	// A proxy that compresses answers makes tags weak; a poller may know several.
	for _, known := range []string{tag, "W/" + tag, `"another", ` + tag} {
		if r := in.send("GET", "/sdl", nil, "If-None-Match", known); r.Status != 304 || r.Text != "" || r.Header.Get("ETag") != tag {
			t.Errorf("to who knows %s: %d %.100s", known, r.Status, r.Text)
		}
	}
	in.publish("Profile", `{"properties": {"shoeSize": {"type": "integer"}}}`)
	if r := in.send("GET", "/sdl", nil, "If-None-Match", tag); r.Status != 200 || !strings.Contains(r.Text, "shoeSize: Int") {
		t.Errorf("%d %.100s", r.Status, r.Text)
	}
	other := in.account(t, "other").send("GET", "/sdl", nil)
	if other.Text != first.Text {
		t.Error("an account that has published nothing has another schema than the first had")
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	in.do(`{ profiles { nodes { id } } }`)
	in.ask(`{ nothing }`)
	r := in.as(t, "").send("GET", "/metrics", nil)
	for _, line := range []string{`profilegraph_http_requests_total{plane="data",status="200"} 2`, `profilegraph_operations_total{outcome="ok",type="query"} 1`, "go_goroutines", "process_open_fds"} {
		if !strings.Contains(r.Text, line) {
			t.Errorf("%q is not among the metrics", line)
		}
	}
}

func TestCORS(t *testing.T) {
	t.Parallel()
	c := defaults(t)
	c.CORSOrigin = []string{"https://shop.example.com"}
	all, wild := defaults(t), defaults(t)
	all.CORSOrigin, wild.CORSOrigin = []string{"*"}, []string{"https://*.example.com"}
	for name, test := range map[string]struct {
		config       Config
		path, origin string
		allowed      bool
	}{
		"off by default": {defaults(t), "/graphql", "https://shop.example.com", false},
		"configured":     {c, "/graphql", "https://shop.example.com", true},
		"any":            {all, "/graphql", "https://shop.example.com", true},
		"below a domain": {wild, "/graphql", "https://shop.example.com", true},
		"beside it":      {wild, "/graphql", "https://shop.example.org", false},
		"another":        {c, "/graphql", "https://evil.example.com", false},
		"null":           {c, "/graphql", "null", false},
		"control plane":  {c, "/control/graphql", "https://shop.example.com", false},
		"schemas":        {c, "/schemas/Profile", "https://shop.example.com", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.config.Data = t.TempDir()
			in := boot(t, test.config)
			preflight := in.as(t, "").send("OPTIONS", test.path, nil, "Origin", test.origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type")
			request := in.send("POST", test.path, strings.NewReader(`{"query": "{ __typename }"}`), "Content-Type", "application/json", "Origin", test.origin)
			for _, r := range []*reply{preflight, request} {
				got := r.Header.Get("Access-Control-Allow-Origin")
				if test.allowed != (got == test.origin || got == "*") || !test.allowed && got != "" || r.Header.Get("Access-Control-Allow-Credentials") != "" {
					t.Errorf("%v", r.Header)
				}
			}
			if test.allowed && !strings.Contains(strings.ToLower(preflight.Header.Get("Access-Control-Allow-Headers")), "authorization") {
				t.Errorf("%v", preflight.Header)
			}
		})
	}
}

func TestPanicsAreInternalErrors(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	h := in.server.work("data", make(chan struct{}, 1), in.authenticate, func(http.ResponseWriter, *http.Request, *auth.Principal) { panic("canary-of-a-panic") })
	web := httptest.NewServer(h)
	defer web.Close()
	c := in.as(t, in.key)
	c.url = web.URL
	for range 2 { // the slot is given back
		r := c.send("GET", "/", nil)
		id := r.Header.Get("X-Request-Id")
		if r.Status != 500 || r.code() != "INTERNAL" || r.Errors[0].Message != "internal error" || id == "" || !strings.Contains(in.logs.String(), `"request":"`+id+`"`) {
			t.Errorf("%d %s %v", r.Status, r.Text, r.Header)
		}
		if r.Errors[0].Extensions["requestId"] != id {
			t.Errorf("the answer does not name the request: %s", r.Text)
		}
	}
	if strings.Contains(in.logs.String(), "canary") || !strings.Contains(in.logs.String(), "safety_test.go") {
		t.Error("the log should tell where the panic was, and nothing of what it was")
	}
}

// gate lets connections to a server through, or not.
type gate struct {
	net.Listener
	server string

	mu     sync.Mutex
	closed bool
	conns  []net.Conn
}

func newGate(t testing.TB, server string) *gate {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{Listener: l, server: server}
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", server)
			if err != nil || !g.enter(in, out) {
				in.Close()
				continue
			}
			go pass(in, out)
			go pass(out, in)
		}
	}()
	t.Cleanup(func() { l.Close(); g.set(true) })
	return g
}

func pass(to, from net.Conn) {
	_, _ = io.Copy(to, bufio.NewReader(from)) // ends when either is closed
	to.Close()
	from.Close()
}

func (g *gate) enter(conns ...net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.conns = append(g.conns, conns...)
	if g.closed {
		for _, c := range conns {
			c.Close()
		}
	}
	return !g.closed
}

func (g *gate) set(closed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = closed
	for _, c := range g.conns {
		c.Close()
	}
	g.conns = nil
}

// While MongoDB is away requests fail within seconds, with a code; when it is back they succeed.
func TestMongoDBGoesAway(t *testing.T) {
	t.Parallel()
	if os.Getenv(mongoTestEnv) == "" {
		t.Skip("needs " + mongoTestEnv)
	}
	c := defaults(t)
	u, err := url.Parse(freshDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	g := newGate(t, u.Host)
	u.Host = g.Addr().String()
	c.MongodbURI = u.String()
	in := boot(t, c)
	id := in.profile("a@example.com")
	requests := map[string]func() (*reply, error){
		"read": func() (*reply, error) {
			return in.post("/graphql", `query($id: ID!) { profile(id: $id) { id } }`, vars{"id": id})
		},
		"create": func() (*reply, error) {
			return in.post("/graphql", `mutation { createProfile(input: {email: "b@example.com"}) { id } }`)
		},
		"control": func() (*reply, error) { return in.post("/control/graphql", `{ apiKeys { id } }`) },
		"publish": func() (*reply, error) {
			return in.try("PUT", "/schemas/Profile", strings.NewReader(`{"properties": {"x": {"type": "string"}}}`))
		},
	}
	g.set(true)
	begin := time.Now()
	var all sync.WaitGroup
	for name, send := range requests {
		all.Go(func() {
			if r, err := send(); err != nil || r.code() != "UNAVAILABLE" && r.code() != "REQUEST_TIMEOUT" && r.code() != "TIMEOUT" {
				t.Errorf("%s: %v %+v", name, err, r)
			}
		})
	}
	all.Wait()
	if r := in.send("GET", "/readyz", nil); r.Status != 503 {
		t.Errorf("/readyz answers %d", r.Status)
	}
	if r := in.send("GET", "/healthz", nil); r.Status != 200 {
		t.Errorf("/healthz answers %d", r.Status)
	}
	if took := time.Since(begin); took > 25*time.Second {
		t.Errorf("it took %v", took)
	}
	g.set(false)
	for name, send := range requests {
		for begin := time.Now(); ; time.Sleep(50 * time.Millisecond) {
			r, err := send()
			if err == nil && r.code() == "" || err == nil && r.code() == "NOT_UNIQUE" {
				break
			}
			if time.Since(begin) > 30*time.Second {
				t.Fatalf("%s does not work again: %v %+v", name, err, r)
			}
		}
	}
}
