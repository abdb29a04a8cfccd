package auth

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/oauth2"

	"github.com/profilegraph/profilegraph/tenant"
)

// ConsoleClient is this server as a client of an identity provider, with which people sign in to the
// console: OpenID Connect Core 1.0, the authorization code flow with PKCE.
type ConsoleClient struct {
	ClientID string `json:"clientId"`
	// ClientSecretFile holds the client's secret; without it the client is a public one. It is read for
	// each sign-in, so that a new secret needs no restart.
	ClientSecretFile string `json:"clientSecretFile,omitempty"`
	// Scopes are asked for besides openid.
	Scopes []string `json:"scopes,omitempty"`
	// Label names the provider to people; its host unless given.
	Label string `json:"label,omitempty"`
}

func (c *ConsoleClient) secret() (string, error) {
	if c.ClientSecretFile == "" {
		return "", nil
	}
	text, err := os.ReadFile(c.ClientSecretFile)
	if err != nil {
		return "", fmt.Errorf("auth: client secret: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// SignInProvider is an identity provider that people can sign in with.
type SignInProvider struct {
	Issuer string
	Label  string
}

// Providers lists the identity providers that people can sign in with, by label.
func (s *Sessions) Providers() []SignInProvider {
	list := []SignInProvider{}
	for issuer, p := range s.jwts.providers {
		if p.Console == nil {
			continue
		}
		label := p.Console.Label
		if u, err := url.Parse(issuer); err == nil && label == "" {
			label = u.Host
		}
		list = append(list, SignInProvider{issuer, label})
	}
	slices.SortFunc(list, func(a, b SignInProvider) int { return strings.Compare(a.Label+" "+a.Issuer, b.Label+" "+b.Issuer) })
	return list
}

// SendToProvider begins a sign-in with an identity provider, which sends the browser back to redirect. It
// returns where to send it, and what the browser must keep until then. Anew asks the provider to let the person
// choose who they are, even if it still knows them.
func (s *Sessions) SendToProvider(ctx context.Context, issuer, redirect string, anew bool) (to, keep string, err error) {
	config, err := s.client(ctx, issuer, redirect)
	if err != nil {
		return "", "", err
	}
	visit := visit{issuer, rand.Text() + rand.Text()}
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(visit.secret("verifier")), oauth2.SetAuthURLParam("nonce", visit.secret("nonce"))}
	if anew {
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"))
	}
	return config.AuthCodeURL(visit.secret("state"), options...), visit.String(), nil
}

// BackFromProvider ends a sign-in that SendToProvider began, with the parameters that the browser came back with, and
// returns the token of a session.
func (s *Sessions) BackFromProvider(ctx context.Context, kept string, query url.Values, redirect string) (string, error) {
	visit, ok := parseVisit(kept)
	if !ok || subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(visit.secret("state"))) != 1 {
		return "", ErrUnauthenticated
	}
	if iss := query.Get("iss"); iss != "" && iss != visit.issuer { // RFC 9207
		return "", ErrUnauthenticated
	}
	config, err := s.client(ctx, visit.issuer, redirect)
	if err != nil {
		return "", err
	}
	if query.Get("code") == "" { // the provider, or the person there, said no
		return "", ErrUnauthenticated
	}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Timeout: readTimeout})
	answer, err := config.Exchange(ctx, query.Get("code"), oauth2.VerifierOption(visit.secret("verifier")))
	if refused := (*oauth2.RetrieveError)(nil); errors.As(err, &refused) {
		s.log.WarnContext(ctx, "identity provider gave no token for a code", "issuer", visit.issuer, "status", refused.Response.StatusCode, "error", refused.ErrorCode)
		return "", ErrUnauthenticated
	}
	if err != nil {
		s.log.ErrorContext(ctx, "identity provider not reached", "issuer", visit.issuer, "error", err)
		return "", ErrUnavailable
	}
	text, _ := answer.Extra("id_token").(string)
	p, err := s.identify(ctx, visit, text)
	if err != nil {
		return "", err
	}
	switch _, err := s.tenants.Active(ctx, p.Account); {
	case errors.Is(err, tenant.ErrNotFound):
		return "", ErrUnauthenticated
	case errors.Is(err, tenant.ErrSuspended):
		return "", s.refuse(ctx, p.Account, p.Actor, err)
	case err != nil:
		return "", err
	}
	if len(p.Granted()) == 0 {
		return "", s.refuse(ctx, p.Account, p.Actor, fmt.Errorf("%w: the identity provider gives you no role here", ErrDenied))
	}
	return s.begin(ctx, p, sessionRecord{Issuer: visit.issuer, Actor: p.Actor, Roles: p.Roles, Subject: p.Subject})
}

// identify returns whom an ID token is about (OpenID Connect Core 1.0, section 3.1.3.7).
func (s *Sessions) identify(ctx context.Context, v visit, token string) (*Principal, error) {
	provider := s.jwts.providers[v.issuer]
	claims, err := provider.claims(ctx, provider.console, token)
	if err != nil {
		return nil, err
	}
	nonce, _ := claims["nonce"].(string)
	if subtle.ConstantTimeCompare([]byte(nonce), []byte(v.secret("nonce"))) != 1 || !meant(claims, provider.Console.ClientID) {
		return nil, ErrUnauthenticated
	}
	p, err := provider.principal(ctx, claims)
	if err != nil {
		return nil, ErrUnauthenticated
	}
	return p, nil
}

// meant reports whether an ID token whose audience holds a client was made for this client, and not
// for another one.
func meant(claims jwt.MapClaims, client string) bool {
	audience, err := claims.GetAudience()
	party, named := claims["azp"]
	return err == nil && (len(audience) == 1 || named) && (!named || party == client)
}

// client returns the server as a client of a provider.
func (s *Sessions) client(ctx context.Context, issuer, redirect string) (*oauth2.Config, error) {
	p := s.jwts.providers[issuer]
	if p == nil || p.Console == nil {
		return nil, fmt.Errorf("%w: no such identity provider", ErrInvalid)
	}
	secret, err := p.Console.secret()
	if err != nil {
		return nil, err
	}
	doc, err := p.keys.endpoints(ctx)
	if err != nil {
		s.log.ErrorContext(ctx, "identity provider not reached", "issuer", issuer, "error", err)
		return nil, ErrUnavailable
	}
	style := oauth2.AuthStyleAutoDetect
	if secret == "" {
		style = oauth2.AuthStyleInParams
	}
	return &oauth2.Config{ClientID: p.Console.ClientID, ClientSecret: secret, RedirectURL: redirect, Scopes: append([]string{"openid"}, p.Console.Scopes...),
		Endpoint: oauth2.Endpoint{AuthURL: doc.AuthorizationEndpoint, TokenURL: doc.TokenEndpoint, AuthStyle: style}}, nil
}

// visit is a browser's way to an identity provider and back. Only that browser has its seed: what
// others get to see of it are hashes that do not lead back.
type visit struct{ issuer, seed string }

// secret returns a secret of the visit, the same each time.
func (v visit) secret(name string) string {
	h := hmac.New(sha256.New, []byte(v.seed))
	h.Write([]byte(name))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

func (v visit) String() string {
	return v.seed + "." + base64.RawURLEncoding.EncodeToString([]byte(v.issuer))
}

func parseVisit(text string) (visit, bool) {
	seed, encoded, ok := strings.Cut(text, ".")
	issuer, err := base64.RawURLEncoding.DecodeString(encoded)
	return visit{string(issuer), seed}, ok && err == nil && len(seed) >= 52
}
