package auth

import (
	"context"
	"net/http"
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
