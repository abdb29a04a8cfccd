package auth

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

// Authenticator turns a bearer token into a principal. It fails with ErrUnauthenticated for a
// token that it does not accept, without saying why.
type Authenticator interface {
	Authenticate(ctx context.Context, token string) (*Principal, error)
}

var (
	_ Authenticator = (*APIKeys)(nil)
	_ Authenticator = (*JWTs)(nil)
	_ Authenticator = Either{}
)

// Either recognises API keys by their prefix, and takes every other token for a JWT.
type Either struct {
	Keys *APIKeys
	JWTs *JWTs // nil: only API keys
}

// Authenticate hands the token to whom it concerns.
func (e Either) Authenticate(ctx context.Context, token string) (*Principal, error) {
	switch {
	case strings.HasPrefix(token, keyPrefix):
		return e.Keys.Authenticate(ctx, token)
	case e.JWTs != nil && token != "":
		return e.JWTs.Authenticate(ctx, token)
	}
	return nil, ErrUnauthenticated
}

// BearerToken returns the token of a request's Authorization header (RFC 6750, section 2.1), or "".
func BearerToken(r *http.Request) string {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || len(token) > 16<<10 {
		return ""
	}
	return strings.TrimSpace(token)
}

// SessionCookie is the cookie that holds the token of a session.
const SessionCookie = "__Host-profilegraph"

// SessionToken returns the token of a request's session cookie, or "". Only requests of the server's
// own pages have one: browsers add the cookie to whatever a page of another origin makes them ask
// for, too, and what that could be refuses to be listed.
func SessionToken(r *http.Request) string {
	cookie, err := r.Cookie(SessionCookie)
	if err != nil || !sameOrigin(r) {
		return ""
	}
	return cookie.Value
}

// sameOrigin reports whether a browser says that a page of this very server made a request. Unlike
// net/http's CrossOriginProtection it holds reads to it as well: they, too, answer with an account's
// data. Browsers that say nothing are not believed.
func sameOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	origin, err := url.Parse(r.Header.Get("Origin"))
	return err == nil && origin.Host != "" && origin.Host == r.Host
}
