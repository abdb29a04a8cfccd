// Profilegraph keeps the personal data of shoppers in one system: a multi-tenant GraphQL server
// whose types come from JSON Schemas that each account uploads at run time.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/profilegraph/profilegraph/audit"
	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/event"
	"github.com/profilegraph/profilegraph/graph"
	"github.com/profilegraph/profilegraph/graph/generated"
	"github.com/profilegraph/profilegraph/graph/guard"
	"github.com/profilegraph/profilegraph/graph/static"
	"github.com/profilegraph/profilegraph/graph/transport"
	"github.com/profilegraph/profilegraph/privacy"
	"github.com/profilegraph/profilegraph/profile"
	"github.com/profilegraph/profilegraph/resolvers"
	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/schemastore"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/storage/bolt"
	"github.com/profilegraph/profilegraph/storage/mongo"
	"github.com/profilegraph/profilegraph/supergraph"
	"github.com/profilegraph/profilegraph/tenant"
	"github.com/profilegraph/profilegraph/vault"
)

func main() { os.Exit(command(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// Config is what `profilegraph serve` can be told.
type Config struct {
	Stores
	Listen       string `default:"127.0.0.1:8080" env:"PROFILEGRAPH_LISTEN" help:"Address to listen on; port 0 takes a free one."`
	AdminKeyFile string `env:"PROFILEGRAPH_ADMIN_KEY_FILE" help:"At the first start, write the first admin key to this file too, with mode 0600." placeholder:"FILE"`
	Demo         bool   `env:"PROFILEGRAPH_DEMO" help:"Add two accounts with different schemas and sample shoppers."`
	AuthConfig   string `env:"PROFILEGRAPH_AUTH_CONFIG" help:"JSON file that names the identity providers whose tokens are accepted; see docs/operators.md." placeholder:"FILE"`

	TLSCert string `name:"tls-cert" env:"PROFILEGRAPH_TLS_CERT" help:"Serve HTTPS with this certificate (PEM)." placeholder:"FILE"`
	TLSKey  string `name:"tls-key" env:"PROFILEGRAPH_TLS_KEY" help:"Private key of the certificate (PEM)." placeholder:"FILE"`

	CORSOrigin  []string      `name:"cors-origin" env:"PROFILEGRAPH_CORS_ORIGIN" help:"Origin whose pages may call the data plane; may be given more than once. Without it, none." placeholder:"ORIGIN"`
	PublicURL   string        `name:"public-url" env:"PROFILEGRAPH_PUBLIC_URL" help:"Address at which browsers reach the server, where a proxy makes it another than the one they ask this server for." placeholder:"URL"`
	SessionIdle time.Duration `default:"30m" env:"PROFILEGRAPH_SESSION_IDLE" help:"How long somebody signed in to the console may do nothing, 1m to 12h."`

	Composer       []string `env:"PROFILEGRAPH_COMPOSER" help:"Program that composes subgraphs, and its arguments, parted by commas; see docs/federation.md." placeholder:"PROGRAM,ARGUMENT"`
	WebhookPrivate bool     `env:"PROFILEGRAPH_WEBHOOK_PRIVATE" help:"Let webhooks lead into private networks and to this machine, by plain HTTP too."`

	RequestTimeout time.Duration `default:"10s" env:"PROFILEGRAPH_REQUEST_TIMEOUT" help:"How long one request may take, at most 1m."`
	MaxConcurrent  int           `default:"512" env:"PROFILEGRAPH_MAX_CONCURRENT" help:"Requests at the same time; more are refused at once with status 503."`
	LookupMisses   float64       `default:"100" env:"PROFILEGRAPH_LOOKUP_MISSES" help:"Look-ups by key in a second that may find nothing, for each credential; ten seconds' worth at once."`
	MaxBatch       int           `default:"1" env:"PROFILEGRAPH_MAX_BATCH" help:"GraphQL requests in one HTTP request."`
	LogLevel       logLevel      `default:"info" env:"PROFILEGRAPH_LOG_LEVEL" help:"debug (every request), info, warn or error."`
	TraceEndpoint  string        `env:"PROFILEGRAPH_TRACE_ENDPOINT" help:"OTLP/HTTP address to send OpenTelemetry traces to, for instance http://127.0.0.1:4318." placeholder:"URL"`
}

// Stores says where everything durable is.
type Stores struct {
	Data         string   `default:"./data" env:"PROFILEGRAPH_DATA" help:"Folder of the embedded store and of key files, ./data unless given; made if it is missing." placeholder:"DIR"`
	MongodbURI   string   `name:"mongodb-uri" env:"MONGODB_URI" help:"Store documents in the MongoDB that this connection string names, instead of the embedded store." placeholder:"URI"`
	KeysURI      string   `name:"keys-uri" env:"KEYS_URI" help:"Store the wrapped encryption keys in the MongoDB database that this connection string names, by default keys.db in the data folder, or on MongoDB the database beside the documents' with -keys behind its name. Never the documents' own." placeholder:"URI"`
	KEKFile      string   `name:"kek-file" env:"PROFILEGRAPH_KEK_FILE" help:"Key file whose keys encrypt all other keys; kek.key in the data folder unless given. Made at the first start." placeholder:"FILE"`
	Transit      string   `name:"transit" env:"PROFILEGRAPH_TRANSIT" help:"Use the Transit engine of the HashiCorp Vault or OpenBao at this address instead of a key file." placeholder:"URL"`
	TransitMount string   `name:"transit-mount" env:"PROFILEGRAPH_TRANSIT_MOUNT" default:"transit" help:"Where that engine is mounted."`
	TransitToken string   `name:"transit-token-file" env:"PROFILEGRAPH_TRANSIT_TOKEN_FILE" help:"File that holds the token for it." placeholder:"FILE"`
	AuditKeyFile string   `env:"PROFILEGRAPH_AUDIT_KEY_FILE" help:"Key that signs the audit record; audit.key in the data folder unless given. Made at the first start." placeholder:"FILE"`
	AuditSink    []string `env:"PROFILEGRAPH_AUDIT_SINK" help:"Write audit entries here too: stdout, syslog or file:PATH; may be given more than once." placeholder:"SINK"`
	AuditAll     bool     `env:"PROFILEGRAPH_AUDIT_ALL" help:"Refuse what cannot be written to every sink; else the record itself is enough."`
}

// logLevel is a level of the log by the names that are offered.
type logLevel slog.Level

func (l logLevel) Level() slog.Level { return slog.Level(l) }

func (l *logLevel) UnmarshalText(name []byte) error {
	switch strings.ToLower(string(name)) {
	case "debug", "info", "warn", "error":
		return (*slog.Level)(l).UnmarshalText(name)
	}
	return errors.New("must be debug, info, warn or error")
}

// validate says which setting is out of range, or does nothing without another.
func (c *Config) validate() error {
	if c.Data == "" {
		return errors.New("data must name a folder")
	}
	if c.Transit == "" && (c.TransitToken != "" || c.TransitMount != "" && c.TransitMount != "transit") {
		return errors.New("transit-token-file and transit-mount need transit, the address of the engine")
	}
	if c.Transit != "" && c.TransitToken == "" {
		return errors.New("transit needs transit-token-file")
	}
	if c.Transit != "" && c.KEKFile != "" {
		return errors.New("transit and kek-file exclude each other: the keys are in the one or in the other")
	}
	if c.AuditAll && len(c.AuditSink) == 0 {
		return errors.New("audit-all needs an audit-sink")
	}
	if c.RequestTimeout <= 0 || c.RequestTimeout > time.Minute {
		return errors.New("request-timeout must be more than 0 and at most 1m")
	}
	if c.SessionIdle < time.Minute || c.SessionIdle > 12*time.Hour {
		return errors.New("session-idle is 1m to 12h")
	}
	if c.PublicURL != "" && !isOrigin(strings.TrimRight(c.PublicURL, "/")) {
		return errors.New("public-url is a scheme and a host, for instance https://profiles.example.com")
	}
	for _, origin := range c.CORSOrigin {
		if origin != "*" && (!isOrigin(origin) || strings.Count(origin, "*") > 1) {
			return errors.New("cors-origin is a scheme and a host as browsers send them, for instance https://shop.example.com, without a slash at the end")
		}
	}
	if u, err := url.Parse(c.TraceEndpoint); c.TraceEndpoint != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		return errors.New("trace-endpoint is an address, for instance http://127.0.0.1:4318")
	}
	if c.MaxConcurrent < 1 {
		return errors.New("max-concurrent must be 1 or more")
	}
	if !(c.LookupMisses > 0) {
		return errors.New("lookup-misses must be more than 0")
	}
	if c.MaxBatch < 1 || c.MaxBatch > 50 {
		return errors.New("max-batch must be 1 to 50")
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return errors.New("tls-cert and tls-key go together")
	}
	return nil
}

// isOrigin tells whether s is a scheme and a host, and perhaps a port, and nothing else.
func isOrigin(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http") && s == u.Scheme+"://"+u.Host
}

// server is the whole program, wired. Its parts are made in order by wire and closed in reverse.
type server struct {
	config  Config
	log     *slog.Logger
	now     func() time.Time
	store   storage.Store
	tenants *tenant.Registry
	keys    *auth.APIKeys
	auth    auth.Authenticator // of bearer tokens
	people  *auth.Sessions     // of those who are signed in with a browser
	docs    *profile.Service
	schemas *schemastore.Store[*graph.Engine]
	control transport.Executor
	watch   *telemetry
	record  *audit.Log
	vault   *vault.Vault
	events  *event.Service
	graphs  *supergraph.Graphs
	privacy *privacy.Service
	grants  *auth.Authorizer
	wake    chan struct{}
	isNew   bool   // there was no account yet
	notice  string // of a key file that was made just now
	exposed string // what others may do with the data folder; empty: nothing

	run     func()             // begins what runs beside the requests
	stop    context.CancelFunc // ends it
	closing []func() error
}

// wire opens the store and builds everything on it. All parts take the time from now. Nothing
// listens yet, nor runs.
func wire(ctx context.Context, c Config, now func() time.Time, log *slog.Logger) (s *server, err error) {
	s = &server{wake: make(chan struct{}, 1), config: c, log: log, now: now}
	ctx, s.stop = context.WithCancel(ctx)
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if s.watch, err = newTelemetry(ctx, c.TraceEndpoint); err != nil {
		return s, err
	}
	s.closing = append(s.closing, s.watch.close)
	if s.store, err = openStore(ctx, c, now); err != nil {
		return s, err
	}
	s.closing = append(s.closing, s.store.Close)

	accounts, err := tenant.New(s.store, s.now).List(ctx, "", 1)
	if err != nil {
		return s, err
	}
	s.isNew = len(accounts) == 0
	if err := s.openRecord(); err != nil {
		return s, err
	}
	if err := s.openVault(ctx); err != nil {
		return s, err
	}
	if s.exposed = exposure(c.Data); s.exposed != "" {
		log.Warn("others than its owner have access to the data folder: chmod -R go= it", "folder", c.Data, "access", s.exposed)
	}

	s.tenants = tenant.New(s.store, s.now)
	record := recorder{s.record, log}
	s.grants = auth.NewAuthorizer(record, s.vault, s.store, s.now)
	s.docs = profile.New(profile.Options{Store: s.store, Vault: s.vault, Auth: s.grants, Now: s.now, Log: log, Suspected: s.watch.suspected, Wake: s.wakeSweep, MissesPerSecond: c.LookupMisses,
		Held: func(ctx context.Context, id tenant.ID, subject string) (bool, error) {
			return s.privacy.Held(ctx, id, subject)
		}})
	s.keys = auth.NewAPIKeys(s.store, s.tenants, s.docs.HasSubject, record, s.now, log)
	either := auth.Either{Keys: s.keys}
	if c.AuthConfig != "" {
		providers, err := readProviders(c.AuthConfig)
		if err != nil {
			return s, err
		}
		either.JWTs = auth.NewJWTs(ctx, providers, s.tenants, s.now, log)
	}
	s.auth = either
	if s.people, err = auth.NewSessions(s.keys, either.JWTs, c.SessionIdle); err != nil {
		return s, err
	}

	cache := graph.NewCache(0)
	options := graph.Options{Cache: cache, Observer: s.watch, Report: s.report,
		Introspect: func(of *ast.Schema) graphql.ExecutableSchema {
			return generated.NewExecutableSchema(generated.Config{Schema: of})
		}}
	s.events = event.New(event.Options{Store: s.store, Tenants: s.tenants, Sealer: s.vault, Record: record, Now: s.now, Log: log, Private: c.WebhookPrivate, Delivered: s.watch.delivered,
		Happened: func(ctx context.Context, id tenant.ID, reference string) (bool, error) {
			if happened, ours, err := s.privacy.Happened(ctx, id, reference); ours {
				return happened, err
			}
			return s.schemas.Published(ctx, id, reference)
		}})
	s.privacy = privacy.New(privacy.Options{Store: s.store, Documents: s.docs, Keys: s.vault, APIKeys: s.keys, Record: record, Outbox: s.events, Set: s.currentSet, Now: s.now, Log: log})
	composer, err := supergraph.NewComposer(c.Composer, log)
	if err != nil {
		return s, err
	}
	s.graphs = supergraph.New(supergraph.Options{Store: s.store, Record: record, Composer: composer, Now: s.now, Address: strings.TrimSuffix(c.PublicURL, "/"), SDL: s.federated,
		Changed: func(ctx context.Context, id tenant.ID) error { return s.schemas.Renew(ctx, id) }})
	s.schemas, err = schemastore.New(schemastore.Options[*graph.Engine]{Store: s.store, Documents: s.docs, Record: record, Now: s.now, Log: log, Outbox: announcer{s.events}, Gate: s.composes, Shared: c.MongodbURI != "",
		Compile: func(ctx context.Context, id tenant.ID, set *schema.Set) (*graph.Engine, error) {
			with, err := options, error(nil)
			if with.Required, err = s.graphs.Required(ctx, id); err != nil {
				return nil, err
			}
			return graph.Compile(set, with)
		}, Check: (*graph.Engine).Check})
	if err != nil {
		return s, err
	}
	s.control = resolvers.Ordered(static.New(static.Config{
		Schema: generated.NewExecutableSchema(generated.Config{Schema: graph.Released(generated.NewExecutableSchema(generated.Config{}).Schema()), Resolvers: resolvers.New(resolvers.Cases{Schemas: s.schemas, Keys: s.keys, Sessions: s.people,
			Accounts: auth.NewAccounts(s.tenants, s.keys, s.people), Disclosures: s.grants, Documents: s.docs, Webhooks: s.events, Graphs: s.graphs, Privacy: s.privacy,
			Consumers: auth.NewConsumers(s.store, s.vault, record, s.now), Tokens: s.vault})}),
		// A schema may be sent as a literal, which has a token for each of its words.
		Limits:  guard.Limits{QueryBytes: 2 << 20, Tokens: 100_000},
		Present: resolvers.Present,
		Log:     log,
	}))
	s.run = func() {
		go s.sweep(ctx)
		go s.events.Run(ctx)
	}
	return s, nil
}

// federated returns the federated schema of an account that is in force.
func (s *server) federated(ctx context.Context, id tenant.ID) (string, error) {
	snap, err := s.schemas.Current(ctx, id)
	if err != nil {
		return "", err
	}
	return snap.Engine.SDL(graph.Federation), nil
}

// composes tells whether a schema that an account is to get composes with its other subgraphs.
func (s *server) composes(ctx context.Context, id tenant.ID, e *graph.Engine) error {
	return s.graphs.Check(ctx, id, func() string { return e.SDL(graph.Federation) })
}

// announcer puts publishes into the outbox.
type announcer struct{ events *event.Service }

func (a announcer) Add(ctx context.Context, id tenant.ID, p schemastore.Publication[*graph.Engine]) error {
	return a.events.Add(ctx, id, "schema.published", p.Reference, map[string]any{"account": id, "entity": p.Entity, "version": p.Number,
		"sdlHash": sdlHash(p.Engine.SDL(graph.Federation))})
}

func (a announcer) Wake() { a.events.Wake() }

func (s *server) report(ctx context.Context, err error) {
	s.log.ErrorContext(ctx, "internal error", "request", transport.RequestID(ctx), "error", err)
}

// trouble logs what clients are refused because data or keys are not as they should be.
func (s *server) trouble(ctx context.Context, err error) {
	s.log.ErrorContext(ctx, "refused: data or keys need looking into", "request", transport.RequestID(ctx), "error", err)
}

// openStore opens MongoDB if the configuration names one, else the embedded store.
func openStore(ctx context.Context, c Config, now func() time.Time) (storage.Store, error) {
	if c.MongodbURI != "" {
		return mongo.Open(ctx, mongo.Options{URI: c.MongodbURI, Now: now})
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	return bolt.Open(bolt.Options{Path: filepath.Join(c.Data, "profilegraph.db"), Now: now})
}

func readProviders(file string) ([]auth.Provider, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("identity providers: %w", err)
	}
	defer f.Close()
	return auth.ParseProviders(f)
}

// close ends what runs beside the requests, and closes all parts in reverse order.
func (s *server) close() error {
	s.stop()
	var errs []error
	for i := len(s.closing) - 1; i >= 0; i-- {
		errs = append(errs, s.closing[i]())
	}
	s.closing = nil
	return errors.Join(errs...)
}

// How often the store is swept. Readers never see what a sweep removes.
const (
	expireEvery = time.Minute
	mendEvery   = time.Hour
)

// sweep removes expired documents, and what crashes left, until ctx ends.
func (s *server) sweep(ctx context.Context) {
	expire, mend := time.NewTicker(expireEvery), time.NewTimer(0) // what ran before may have crashed
	defer expire.Stop()
	defer mend.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
			err = s.docs.AdvanceRotations(ctx, s.currentSet)
		case <-expire.C:
			_, err = s.docs.Expire(ctx, s.currentSet)
			err = errors.Join(err, s.forget(ctx), s.docs.AdvanceRotations(ctx, s.currentSet), s.eachAccount(ctx, s.privacy.Resume))
		case <-mend.C:
			err = s.mend(ctx)
			mend.Reset(mendEvery)
		}
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "sweep not finished; the next one goes on", "error", err)
		}
	}
}

// forget removes what else has ended: budgets, approvals, sessions.
func (s *server) forget(ctx context.Context) error {
	return errors.Join(s.forgetOf(ctx, storage.Accounts), s.forgetOf(ctx, storage.Credentials))
}

func (s *server) forgetOf(ctx context.Context, c storage.Collection) error {
	for {
		list, err := s.store.Expired(ctx, c, 500)
		if err != nil {
			return err
		}
		for _, one := range list {
			err := s.store.Delete(ctx, one.Space, one.ID, one.Rev)
			if err != nil && !errors.Is(err, storage.ErrNotFound) && !errors.Is(err, storage.ErrConflict) {
				return err
			}
		}
		if len(list) < 500 {
			return nil
		}
	}
}

// wakeSweep makes the sweep go on with rotations now.
func (s *server) wakeSweep() {
	select {
	case s.wake <- struct{}{}:
	default: // it is going to
	}
}

func (s *server) currentSet(ctx context.Context, id tenant.ID) (*schema.Set, error) {
	snap, err := s.schemas.Current(ctx, id)
	if err != nil {
		return nil, err
	}
	return snap.Set, nil
}

// mend clears away what crashes left, account by account, and what is left of the replaced and the deleted.
func (s *server) mend(ctx context.Context) error {
	err := s.eachAccount(ctx, func(ctx context.Context, id tenant.ID) error {
		erased := s.privacy.Reapply(ctx, id) // first: what it removes is not damaged
		set, err := s.currentSet(ctx, id)
		if err == nil {
			_, err = s.docs.Mend(ctx, id, set)
		}
		return errors.Join(erased, err, s.grants.Retain(ctx, id))
	})
	if store, ok := s.store.(storage.Scrubber); ok {
		err = errors.Join(err, store.Scrub(ctx))
	}
	return err
}

// eachAccount does something for all accounts: one account's trouble, such as a withdrawn key, is not the others'.
func (s *server) eachAccount(ctx context.Context, do func(context.Context, tenant.ID) error) error {
	var after tenant.ID
	var failed []error
	for {
		accounts, err := s.tenants.List(ctx, after, 100)
		if err != nil {
			return errors.Join(append(failed, err)...)
		}
		for _, a := range accounts {
			after = a.ID
			if err := do(ctx, a.ID); err != nil {
				failed = append(failed, fmt.Errorf("account %s: %w", a.ID, err))
			}
		}
		if len(accounts) < 100 {
			return errors.Join(failed...)
		}
	}
}

// firstAccount is the account that a new installation begins with.
const firstAccount tenant.ID = "main"

// bootstrap makes the first account and its admin key when the installation is new, and returns the
// key, or "" when there is one already.
func (s *server) bootstrap(ctx context.Context) (string, error) {
	accounts, err := s.tenants.List(ctx, "", 1)
	if err != nil || len(accounts) > 0 {
		return "", err
	}
	// The account comes last: should anything fail before, the next start does it all again.
	_, key, err := s.keys.Bootstrap(ctx, firstAccount, "setup", auth.NewKey{Name: "First admin key", Roles: []string{"admin", "operator"}})
	if err != nil {
		return "", err
	}
	if s.config.AdminKeyFile != "" {
		if err := writeKeyFile(s.config.AdminKeyFile, key); err != nil {
			return "", err
		}
	}
	if _, err := s.tenants.Create(ctx, firstAccount, "Main"); err != nil && !errors.Is(err, tenant.ErrExists) {
		return "", err
	}
	return key, nil
}

func writeKeyFile(name, key string) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("admin key file: %w", err)
	}
	err = f.Chmod(0o600) // it may have been there with another mode
	if err == nil {
		_, err = fmt.Fprintln(f, key)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("admin key file: %w", err)
	}
	return nil
}

// listen takes the address that the configuration names.
func listen(c Config) (net.Listener, error) {
	// Go takes an empty address for all interfaces.
	_, port, err := net.SplitHostPort(c.Listen)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return nil, errors.New("listen is a host and a port, for instance 127.0.0.1:8080 or [::1]:8080")
	}
	return net.Listen("tcp", c.Listen)
}

// certificate reads what HTTPS is served with; nil: HTTP is served.
func certificate(c Config) (*tls.Config, error) {
	if c.TLSCert == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
	if err != nil {
		return nil, fmt.Errorf("tls-cert and tls-key: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}}, nil
}

// serve runs the server until ctx ends; then it takes no new requests and finishes those under way.
func serve(ctx context.Context, c Config, out, logs io.Writer) (err error) {
	if err := c.validate(); err != nil {
		return err
	}
	log := slog.New(slog.NewJSONHandler(logs, &slog.HandlerOptions{Level: c.LogLevel}))
	// Taken before the store: a second start fails for the right reason, and nobody waits for a
	// port or a certificate that cannot be had.
	listener, err := listen(c)
	if err != nil {
		return err
	}
	defer listener.Close()
	encrypted, err := certificate(c)
	if err != nil {
		return err
	}
	s, err := wire(context.WithoutCancel(ctx), c, time.Now, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	s.run()
	if err := s.welcome(ctx, out, listener.Addr()); err != nil {
		return err
	}
	h := &http.Server{
		Handler:   s.handler(),
		TLSConfig: encrypted,
		// Headers and body together: what arrives later could not be answered any more.
		ReadTimeout:    c.RequestTimeout,
		WriteTimeout:   c.RequestTimeout + 20*time.Second,
		IdleTimeout:    2 * time.Minute,
		MaxHeaderBytes: 64 << 10,
		ErrorLog:       slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	// What lives in memory is a few megabytes, with which Go would collect garbage many times a
	// second. This is never touched, so it takes no memory, but it lets as much more garbage gather: more
	// would be out of the processor's caches.
	ballast := make([]byte, 64<<20)
	defer runtime.KeepAlive(ballast)
	failed := make(chan error, 1)
	go func() {
		if encrypted != nil {
			failed <- h.ServeTLS(unhurried{listener}, "", "")
		} else {
			failed <- h.Serve(unhurried{listener})
		}
	}()
	log.Info("serving", "address", listener.Addr().String())
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	log.Info("stopping")
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.RequestTimeout+5*time.Second)
	defer cancel()
	if err := h.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("some requests did not finish: %w", err), h.Close())
	}
	return nil
}

// welcome sets up a new installation and says where things are.
func (s *server) welcome(ctx context.Context, out io.Writer, at net.Addr) error {
	key, err := s.bootstrap(ctx)
	if err != nil {
		return err
	}
	scheme := "http"
	if s.config.TLSCert != "" {
		scheme = "https"
	}
	base := scheme + "://" + at.String()
	fmt.Fprintf(out, "profilegraph\n\n  GraphQL     %s/graphql\n  Control     %s/control/graphql\n  Console     %s/console\n  Playground  %s/playground\n\n", base, base, base, base)
	if s.notice != "" {
		fmt.Fprintln(out, s.notice)
	}
	if s.exposed != "" {
		fmt.Fprintf(out, exposedNotice, s.config.Data, s.exposed, s.config.Data)
	}
	if key != "" {
		fmt.Fprintf(out, "First start: the account %q was made. This is its admin key; it is shown only now.\n\n  %s\n\n", firstAccount, key)
		fmt.Fprintf(out, "Try it:\n\n  curl %s/graphql -H 'Authorization: Bearer %s' \\\n    -H 'Content-Type: application/json' -d '{\"query\":\"{ profiles { nodes { id } } }\"}'\n\n", base, key)
	}
	if s.config.Demo {
		return s.demo(ctx, out)
	}
	return nil
}
