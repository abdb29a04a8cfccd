package auth

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
	"github.com/hashicorp/golang-lru/v2/expirable"

	"github.com/profilegraph/profilegraph/tenant"
)

// Provider says how the tokens of one identity provider are verified and read.
type Provider struct {
	// Issuer is the exact `iss` of its tokens. Without JWKSURL the keys are found by OpenID Connect
	// Discovery 1.0: Issuer + "/.well-known/openid-configuration".
	Issuer  string `json:"issuer"`
	JWKSURL string `json:"jwksUrl,omitempty"`
	// Audience lists values of `aud` of which a token must have one.
	Audience []string `json:"audience"`
	// Algorithms is the allow-list of signature algorithms; default RS256, ES256, PS256, EdDSA.
	// Symmetric algorithms and "none" are refused here.
	Algorithms []string `json:"algorithms,omitempty"`
	// ClockSkewSeconds is how far clocks may differ when exp, nbf and iat are judged; default 60, at most 300.
	ClockSkewSeconds *int `json:"clockSkewSeconds,omitempty"`
	// Account is the account that tokens act for: a fixed value, or the claim that holds it.
	Account Mapping `json:"account"`
	// Roles are the claim that holds role names, or a fixed value of names parted by spaces.
	Roles Mapping `json:"roles"`
	// RoleNames maps a value of the roles claim onto a role. Values that it lacks give no role.
	// Without it, values that are roles' own names count.
	RoleNames map[string]string `json:"roleNames,omitempty"`
	// Subject is the claim (or value) that holds the shopper's profile id; default the claim "sub".
	// It counts only for tokens with the role shopper.
	Subject Mapping `json:"subject"`
	// Consumer is the claim (or value) that holds the id of the consumer that a token belongs to. Where
	// it is given, a token without exactly one is refused: it would be shown ids.
	Consumer Mapping `json:"consumer"`
	// Console lets people sign in to the console with this provider; nil: they cannot.
	Console *ConsoleClient `json:"console,omitempty"`
}

// Mapping is where a property of a principal comes from: a claim (dots lead into objects), or a
// value that is the same for all tokens.
type Mapping struct {
	Claim string `json:"claim,omitempty"`
	Value string `json:"value,omitempty"`
}

var asymmetric = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

// ParseProviders reads the providers of a configuration file: {"providers": [...]}.
func ParseProviders(r io.Reader) ([]Provider, error) {
	var file struct {
		Providers []Provider `json:"providers"`
	}
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&file); err != nil {
		return nil, fmt.Errorf("auth: identity providers: %w", err)
	}
	if len(file.Providers) == 0 {
		return nil, errors.New("auth: identity providers: `providers` names none")
	}
	for i, p := range file.Providers {
		if err := p.check(); err != nil {
			return nil, fmt.Errorf("auth: identity provider %d: %w", i+1, err)
		}
	}
	return file.Providers, nil
}

func (p Provider) check() error {
	for name, raw := range map[string]string{"issuer": p.Issuer, "jwksUrl": p.JWKSURL} {
		if raw == "" && name == "jwksUrl" {
			continue
		}
		if !secure(raw) {
			return fmt.Errorf("%s must be an https URL (http only on loopback)", name)
		}
	}
	if len(p.Audience) == 0 {
		return errors.New("audience is missing: name the values of `aud` that are meant for this server")
	}
	for _, a := range p.Algorithms {
		if !slices.Contains(asymmetric, a) {
			return fmt.Errorf("algorithms may hold %s", strings.Join(asymmetric, ", "))
		}
	}
	if s := p.ClockSkewSeconds; s != nil && (*s < 0 || *s > 300) {
		return errors.New("clockSkewSeconds is 0 to 300")
	}
	if (p.Account.Claim == "") == (p.Account.Value == "") {
		return errors.New(`account needs either "claim" or "value"`)
	}
	if (p.Roles.Claim == "") == (p.Roles.Value == "") {
		return errors.New(`roles needs either "claim" or "value"`)
	}
	for _, r := range p.RoleNames {
		if !slices.ContainsFunc(Roles, func(known Role) bool { return known.Name == r }) {
			return fmt.Errorf("roleNames may map onto %s", roleNames())
		}
	}
	for _, r := range strings.Fields(p.Roles.Value) {
		if _, mapped := p.RoleNames[r]; !mapped && (p.RoleNames != nil || !slices.ContainsFunc(Roles, func(known Role) bool { return known.Name == r })) {
			return fmt.Errorf("roles has a value that is no role; the roles are %s", roleNames())
		}
	}
	if p.Console != nil && p.Console.ClientID == "" {
		return errors.New("console needs a clientId: the id under which the provider knows this server")
	}
	return nil
}

// secure reports whether nobody on the way can change what an address answers.
func secure(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return false
	}
	host := u.Hostname()
	return u.Scheme == "https" || u.Scheme == "http" && (host == "localhost" || host == "127.0.0.1" || host == "::1")
}

// tokenMemory is how long a verified token is taken without verifying its signature again.
const tokenMemory = 10 * time.Second

// JWTs recognises the tokens of identity providers (RFC 7519, verified as RFC 8725 advises).
type JWTs struct {
	providers map[string]*provider // by issuer
	tenants   *tenant.Registry
	now       func() time.Time
	cache     *expirable.LRU[[32]byte, verified]
}

type verified struct {
	principal *Principal
	expires   time.Time
}

// provider is a Provider, ready to verify.
type provider struct {
	Provider
	keys    *keySource
	parser  *jwt.Parser // of tokens that are sent to this server
	console *jwt.Parser // of those that the provider gives the console; nil: nobody signs in with it
}

// NewJWTs recognises the tokens of the given providers until ctx ends.
func NewJWTs(ctx context.Context, providers []Provider, tenants *tenant.Registry, now func() time.Time, log *slog.Logger) *JWTs {
	j := &JWTs{providers: map[string]*provider{}, tenants: tenants, now: now,
		cache: expirable.NewLRU[[32]byte, verified](10_000, nil, tokenMemory)}
	for _, p := range providers {
		skew := time.Minute
		if p.ClockSkewSeconds != nil {
			skew = time.Duration(*p.ClockSkewSeconds) * time.Second
		}
		algorithms := p.Algorithms
		if len(algorithms) == 0 {
			algorithms = []string{"RS256", "ES256", "PS256", "EdDSA"}
		}
		if p.Subject == (Mapping{}) {
			p.Subject.Claim = "sub"
		}
		parser := func(audience ...string) *jwt.Parser {
			return jwt.NewParser(jwt.WithValidMethods(algorithms), jwt.WithIssuer(p.Issuer), jwt.WithAudience(audience...),
				jwt.WithExpirationRequired(), jwt.WithLeeway(skew), jwt.WithIssuedAt(), jwt.WithTimeFunc(now))
		}
		one := &provider{Provider: p, parser: parser(p.Audience...),
			keys: &keySource{ctx: ctx, issuer: p.Issuer, jwksURL: p.JWKSURL, client: &http.Client{}, now: now, log: log}}
		if p.Console != nil {
			one.console = parser(p.Console.ClientID)
		}
		j.providers[p.Issuer] = one
	}
	return j
}

// Authenticate recognises a JWT.
func (j *JWTs) Authenticate(ctx context.Context, token string) (*Principal, error) {
	hash := sha256.Sum256([]byte(token))
	v, ok := j.cache.Get(hash)
	if !ok || !j.now().Before(v.expires) {
		var err error
		if v, err = j.verify(ctx, token); err != nil {
			return nil, err
		}
		j.cache.Add(hash, v)
	}
	switch _, err := j.tenants.Active(ctx, v.principal.Account); {
	case errors.Is(err, tenant.ErrNotFound):
		return nil, ErrUnauthenticated
	case err != nil:
		return nil, err
	}
	return v.principal, nil
}

func (j *JWTs) verify(ctx context.Context, token string) (verified, error) {
	unverified := jwt.MapClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(token, unverified); err != nil {
		return verified{}, ErrUnauthenticated
	}
	issuer, err := unverified.GetIssuer()
	if err != nil {
		return verified{}, ErrUnauthenticated
	}
	p := j.providers[issuer]
	if p == nil {
		return verified{}, ErrUnauthenticated
	}
	claims, err := p.claims(ctx, p.parser, token)
	if err != nil {
		return verified{}, err
	}
	principal, err := p.principal(ctx, claims)
	if err != nil {
		return verified{}, ErrUnauthenticated
	}
	expires, err := claims.GetExpirationTime()
	if err != nil {
		return verified{}, ErrUnauthenticated
	}
	return verified{principal, expires.Time}, nil
}

// claims returns the claims of a token that the provider has signed and that is good now.
func (p *provider) claims(ctx context.Context, parser *jwt.Parser, token string) (jwt.MapClaims, error) {
	keys, err := p.keys.newer(ctx, nil)
	if err != nil {
		return nil, err
	}
	claims := jwt.MapClaims{}
	parsed, err := parser.ParseWithClaims(token, claims, keys.Keyfunc.Keyfunc)
	if errors.Is(err, jwkset.ErrKeyNotFound) { // the provider may have new keys
		if keys, err = p.keys.newer(ctx, keys); err != nil {
			return nil, err
		}
		claims = jwt.MapClaims{}
		parsed, err = parser.ParseWithClaims(token, claims, keys.Keyfunc.Keyfunc)
	}
	if err != nil {
		p.refused(ctx, why(err))
		return nil, ErrUnauthenticated
	}
	if _, critical := parsed.Header["crit"]; critical { // none is understood: RFC 7515, section 4.1.11
		return nil, ErrUnauthenticated
	}
	return claims, nil
}

func (p *provider) principal(ctx context.Context, claims jwt.MapClaims) (*Principal, error) {
	actor, err := p.actor(claims)
	if err != nil {
		p.keys.log.WarnContext(ctx, "a token is refused that does not say whose it is", "issuer", p.Issuer, "reason", err)
		return nil, ErrUnauthenticated
	}
	accounts := p.Account.read(claims)
	if len(accounts) != 1 {
		p.refused(ctx, "it names no account, or several")
		return nil, ErrUnauthenticated
	}
	var roles []string
	for _, value := range p.Roles.read(claims) {
		if p.RoleNames != nil {
			value = p.RoleNames[value]
		}
		known := slices.ContainsFunc(Roles, func(r Role) bool { return r.Name == value })
		if known && !slices.Contains(roles, value) {
			roles = append(roles, value)
		}
	}
	subject := ""
	if slices.Contains(roles, Shopper) {
		if values := p.Subject.read(claims); len(values) == 1 {
			subject = values[0]
		}
	}
	principal, err := newPrincipal(tenant.ID(accounts[0]), actor, subject, roles)
	if err != nil || p.Consumer == (Mapping{}) {
		return principal, err
	}
	consumers := p.Consumer.read(claims)
	if len(consumers) != 1 || !consumerID.MatchString(consumers[0]) {
		return nil, ErrUnauthenticated
	}
	return principal, principal.bind(consumers[0])
}

// refused tells those who set a provider up why its tokens are not taken.
func (p *provider) refused(ctx context.Context, reason string) {
	p.keys.log.DebugContext(ctx, "a token is refused", "issuer", p.Issuer, "reason", reason)
}

// why tells what a token fails by. The errors' own texts may hold what stands in the token.
func why(err error) string {
	for _, kind := range []error{jwt.ErrTokenSignatureInvalid, jwt.ErrTokenExpired, jwt.ErrTokenNotValidYet, jwt.ErrTokenUsedBeforeIssued,
		jwt.ErrTokenInvalidAudience, jwt.ErrTokenInvalidIssuer, jwt.ErrTokenRequiredClaimMissing, jwt.ErrTokenUnverifiable} {
		if errors.Is(err, kind) {
			return kind.Error()
		}
	}
	return "it is no token that can be read"
}

// longestSubject is how long `sub` may be, by OpenID Connect Core 1.0.
const longestSubject = 255

// actor names the holder of a token, whom issuer and `sub` tell apart. They are hashed: subjects of shoppers'
// providers can be e-mail addresses, and the actor is written to logs and records. Without a `sub` all holders
// would be one there.
func (p *provider) actor(claims jwt.MapClaims) (string, error) {
	sub, isText := claims["sub"].(string)
	switch {
	case claims["sub"] == nil:
		return "", errors.New("sub is missing")
	case !isText:
		return "", errors.New("sub is no string")
	case strings.TrimSpace(sub) == "":
		return "", errors.New("sub is empty")
	case len(sub) > longestSubject:
		return "", fmt.Errorf("sub is longer than %d bytes", longestSubject)
	}
	digest := sha256.Sum256([]byte(p.Issuer + "\x00" + sub))
	return fmt.Sprintf("jwt:%x", digest[:12]), nil
}

// read returns a mapping's values: those of a claim that is a string or a list of strings, or the
// fixed value; a string of several words counts as a list (as `scope` does in RFC 8693).
func (m Mapping) read(claims jwt.MapClaims) []string {
	if m.Claim == "" {
		return strings.Fields(m.Value)
	}
	var at any = map[string]any(claims)
	if direct, ok := claims[m.Claim]; ok { // claims named by a URL hold dots
		at = direct
	} else {
		for _, step := range strings.Split(m.Claim, ".") {
			object, ok := at.(map[string]any)
			if !ok {
				return nil
			}
			at = object[step]
		}
	}
	switch v := at.(type) {
	case string:
		return strings.Fields(v)
	case []any:
		var list []string
		for _, one := range v {
			if s, ok := one.(string); ok {
				list = append(list, s)
			}
		}
		return list
	}
	return nil
}

// ErrUnavailable says that a token cannot be verified at present, since the identity provider's
// keys cannot be reached.
var ErrUnavailable = errors.New("auth: identity provider unavailable")
