package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/tenant"
)

// mongoTestEnv names a MongoDB server on which the end-to-end tests run too.
const mongoTestEnv = "PROFILEGRAPH_TEST_MONGODB_URI"

// defaults are what the command line fills in.
func defaults(t testing.TB) Config {
	return Config{Listen: "127.0.0.1:0", Stores: Stores{Data: filepath.Join(t.TempDir(), "data")}, RequestTimeout: 10 * time.Second, SessionIdle: 30 * time.Minute,
		MaxConcurrent: 512, LookupMisses: 100, MaxBatch: 10, LogLevel: logLevel(slog.LevelDebug)}
}

// onEachStore runs a test on the embedded store, and on MongoDB if there is one.
func onEachStore(t *testing.T, test func(t *testing.T, c Config)) {
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		test(t, defaults(t))
	})
	if os.Getenv(mongoTestEnv) == "" {
		return
	}
	t.Run("mongodb", func(t *testing.T) {
		t.Parallel()
		c := defaults(t)
		c.MongodbURI = freshDatabase(t)
		test(t, c)
	})
}

// freshDatabase returns the URI of a database that ends with the test.
func freshDatabase(t testing.TB) string {
	t.Helper()
	u, err := url.Parse(os.Getenv(mongoTestEnv))
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/pgtest_" + strings.ToLower(rand.Text()[:10])
	t.Cleanup(func() {
		client, err := mongo.Connect(options.Client().ApplyURI(u.String()))
		if err != nil {
			t.Fatal(err)
		}
		ctx := context.Background()
		if err := errors.Join(client.Database(u.Path[1:]).Drop(ctx), client.Database(u.Path[1:]+"-keys").Drop(ctx), client.Disconnect(ctx)); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	return u.String()
}

// journal is what the program wrote: safe to read while it writes.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// clock is a time that tests move.
type clock struct {
	mu      sync.Mutex
	ahead   time.Duration
	stopped time.Time // zero: it goes
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.stopped.IsZero() {
		return c.stopped.Add(c.ahead)
	}
	return time.Now().Add(c.ahead)
}

// stop lets time pass by move alone: how much is allowed at once must not depend on how fast the machine is.
func (c *clock) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = time.Now()
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// instance is a server under test, with a client that has its first admin key.
type instance struct {
	*client
	*server
	clock clock
	logs  journal
	stop  func()
}

// boot wires the program and serves it on loopback, with the admin of a new installation.
func boot(t testing.TB, c Config) *instance {
	t.Helper()
	in := &instance{}
	log := slog.New(slog.NewJSONHandler(&in.logs, &slog.HandlerOptions{Level: c.LogLevel}))
	s, err := wire(t.Context(), c, in.clock.now, log)
	if err != nil {
		t.Fatal(err)
	}
	s.run()
	key, err := s.bootstrap(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s.handler())
	in.server, in.client = s, &client{t: t, url: web.URL, key: key}
	in.stop = sync.OnceFunc(func() {
		web.Close()
		if err := s.close(); err != nil {
			t.Error("close:", err)
		}
	})
	t.Cleanup(in.stop)
	return in
}

// account adds an account and returns its admin.
func (in *instance) account(t testing.TB, id string) *client {
	t.Helper()
	if _, err := in.tenants.Create(t.Context(), tenant.ID(id), ""); err != nil {
		t.Fatal(err)
	}
	_, key, err := in.keys.Bootstrap(t.Context(), tenant.ID(id), "test", auth.NewKey{Name: "admin", Roles: []string{"admin"}})
	if err != nil {
		t.Fatal(err)
	}
	return in.client.as(t, key)
}

// process is the program as the command line starts it.
type process struct {
	out, logs journal
	base      string
	cancel    context.CancelFunc
	ended     chan error
}

// start runs serve until the test ends, and waits for its banner.
func start(t testing.TB, c Config) *process {
	t.Helper()
	p := run(c)
	t.Cleanup(func() {
		p.cancel()
		if err := <-p.ended; err != nil {
			t.Error("serve:", err)
		}
	})
	address := regexp.MustCompile(`GraphQL +(\S+)/graphql`)
	for begin := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		if found := address.FindStringSubmatch(p.out.String()); found != nil && strings.Contains(p.logs.String(), `"serving"`) {
			p.base = found[1]
			return p
		}
		select {
		case err := <-p.ended:
			p.ended <- err
			t.Fatalf("serve ended: %v\n%s", err, p.logs.String())
		default:
		}
		if time.Since(begin) > 30*time.Second {
			t.Fatalf("no banner: %s", p.out.String())
		}
	}
}

func run(c Config) *process {
	ctx, cancel := context.WithCancel(context.Background())
	p := &process{cancel: cancel, ended: make(chan error, 1)}
	go func() { p.ended <- serve(ctx, c, &p.out, &p.logs) }()
	return p
}

// certify writes a certificate of loopback and its key to files, and returns what trusts it.
func certify(t testing.TB, certificate, key string) *http.Transport {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	text, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{certificate: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: text}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	trusted := x509.NewCertPool()
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	trusted.AddCert(parsed)
	trusting := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}, ForceAttemptHTTP2: true}
	t.Cleanup(trusting.CloseIdleConnections)
	return trusting
}

// client sends requests with one credential.
type client struct {
	t   testing.TB
	url string
	key string
	by  http.RoundTripper // nil: by the default one
}

func (c *client) as(t testing.TB, key string) *client {
	return &client{t: t, url: c.url, key: key, by: c.by}
}

// reply is an HTTP answer, and what a GraphQL client reads in it.
type reply struct {
	Status int
	Header http.Header
	Text   string
	Data   map[string]any
	Errors []struct {
		Message    string
		Path       []any
		Extensions map[string]any
	}
}

// code returns the code of the first error, or "".
func (r *reply) code() string {
	if len(r.Errors) == 0 {
		return ""
	}
	code, _ := r.Errors[0].Extensions["code"].(string)
	return code
}

// at returns what stands at a path of names and indexes parted by dots, or nil.
func (r *reply) at(path string) any { return at(r.Data, path) }

func at(value any, path string) any {
	for step := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[step]
		case []any:
			var i int
			if _, err := fmt.Sscan(step, &i); err != nil || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

func (r *reply) str(path string) string {
	s, _ := r.at(path).(string)
	return s
}

// send makes any HTTP request.
func (c *client) send(method, path string, body io.Reader, header ...string) *reply {
	c.t.Helper()
	r, err := c.try(method, path, body, header...)
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

func (c *client) try(method, path string, body io.Reader, header ...string) (*reply, error) {
	req, err := http.NewRequest(method, c.url+path, body)
	if err != nil {
		return nil, err
	}
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	by := c.by
	if by == nil {
		by = http.DefaultTransport
	}
	res, err := by.RoundTrip(req) // follows no redirect
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	r := &reply{Status: res.StatusCode, Header: res.Header, Text: string(text)}
	_ = json.Unmarshal(text, r) // not every answer is JSON
	return r, nil
}

type vars = map[string]any

// post sends a GraphQL request, with variables if there are any.
func (c *client) post(path, query string, v ...vars) (*reply, error) {
	body := map[string]any{"query": query}
	if len(v) > 0 {
		body["variables"] = v[0]
	}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return c.try("POST", path, bytes.NewReader(text), "Content-Type", "application/json")
}

// ask sends a request to the data plane, errors and all.
func (c *client) ask(query string, v ...vars) *reply {
	c.t.Helper()
	r, err := c.post("/graphql", query, v...)
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

// do sends a request to the data plane that has to succeed.
func (c *client) do(query string, v ...vars) *reply {
	c.t.Helper()
	return c.fine(query, c.ask(query, v...))
}

// manage and managed are ask and do for the control plane.
func (c *client) manage(query string, v ...vars) *reply {
	c.t.Helper()
	r, err := c.post("/control/graphql", query, v...)
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

func (c *client) managed(query string, v ...vars) *reply {
	c.t.Helper()
	return c.fine(query, c.manage(query, v...))
}

func (c *client) fine(query string, r *reply) *reply {
	c.t.Helper()
	if r.Status != 200 || len(r.Errors) > 0 || r.Data == nil {
		c.t.Fatalf("%s\nanswered %d: %s", query, r.Status, r.Text)
	}
	return r
}

// refused sends a request to the data plane that has to fail with a code.
func (c *client) refused(code, query string, v ...vars) *reply {
	c.t.Helper()
	r := c.ask(query, v...)
	if r.code() != code {
		c.t.Errorf("%s\nhas code %q, want %q: %s", query, r.code(), code, r.Text)
	}
	return r
}

// publish uploads a schema with PUT. Query is the URL's, for instance "?mode=replace".
func (c *client) publish(entity, schema string, query ...string) *reply {
	c.t.Helper()
	r := c.upload(entity, schema, query...)
	if r.Status != 200 {
		c.t.Fatalf("publish %s: %d %s", entity, r.Status, r.Text)
	}
	return r
}

func (c *client) upload(entity, schema string, query ...string) *reply {
	c.t.Helper()
	return c.send("PUT", "/schemas/"+entity+strings.Join(query, ""), strings.NewReader(schema))
}

// newKey makes an API key and returns a client that has it.
func (c *client) newKey(roles []string, subject string) *client {
	c.t.Helper()
	v := vars{"roles": roles}
	if subject != "" {
		v["subject"] = subject
	}
	r := c.managed(`mutation($roles: [String!]!, $subject: ID) { createApiKey(name: "test", roles: $roles, subject: $subject) { secret } }`, v)
	return c.as(c.t, r.str("createApiKey.secret"))
}

// profile creates a profile with an address of its own and returns its id.
func (c *client) profile(email string) string {
	c.t.Helper()
	return c.do(`mutation($email: EmailAddress!) { createProfile(input: {email: $email}) { id } }`, vars{"email": email}).str("createProfile.id")
}

// wantJSON compares a value with JSON text.
func wantJSON(t testing.TB, got any, want string) {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(want), &v); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(v, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
