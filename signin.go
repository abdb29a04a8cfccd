package main

import (
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/resolvers"
)

// How people sign in to the console. The page itself is static; whoever is signed in has a cookie
// that the planes take in place of a bearer token, see auth.SessionToken.

// loginCookie is what a browser keeps while it is away at an identity provider.
const (
	loginCookie  = "__Host-profilegraph-login"
	loginTimeout = 10 * time.Minute
)

// consoleConfig says how one can sign in, and whether one is. It is for everybody.
func (s *server) consoleConfig(w http.ResponseWriter, r *http.Request) {
	type provider struct {
		Name  string `json:"name"`
		Label string `json:"label"`
	}
	list := []provider{}
	for _, p := range s.people.Providers() {
		list = append(list, provider{p.Issuer, p.Label})
	}
	_, _, err := s.people.Look(r.Context(), auth.SessionToken(r))
	if err != nil && !errors.Is(err, auth.ErrUnauthenticated) {
		s.refuseError(r.Context(), w, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"providers": list, "signedIn": err == nil})
}

// fromElsewhere refuses what a page of another origin makes a browser send: it could sign somebody in
// as somebody else.
func fromElsewhere(w http.ResponseWriter, r *http.Request) bool {
	var protection http.CrossOriginProtection
	if protection.Check(r) == nil {
		return false
	}
	refuse(w, resolvers.Forbidden, "A page of another origin cannot sign anybody in or out.", http.StatusForbidden)
	return true
}

// signIn begins a session that stands for an API key.
func (s *server) signIn(w http.ResponseWriter, r *http.Request) {
	if fromElsewhere(w, r) {
		return
	}
	var body struct {
		Key string `json:"key"`
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err == nil {
		err = json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<10)).Decode(&body)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		refuseLate(w)
		return
	}
	if err != nil || kind != "application/json" {
		refuse(w, resolvers.BadInput, `Send JSON: {"key": "pg_..."}.`, http.StatusBadRequest)
		return
	}
	token, err := s.people.SignIn(r.Context(), strings.TrimSpace(body.Key))
	if errors.Is(err, auth.ErrUnauthenticated) {
		refuse(w, resolvers.Unauthenticated, "This is no API key that is valid now.", http.StatusUnauthorized)
		return
	}
	if err != nil {
		s.refuseError(r.Context(), w, err)
		return
	}
	setCookie(w, auth.SessionCookie, token, http.SameSiteStrictMode, 0)
	w.WriteHeader(http.StatusNoContent)
}

// whoIsSignedIn tells a page of ours whose session it has. Asking does not put off its end.
func (s *server) whoIsSignedIn(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	p, session, err := s.people.Look(ctx, auth.SessionToken(r))
	if err != nil {
		s.refuseError(ctx, w, err)
		return
	}
	account, err := s.tenants.Get(ctx, p.Account)
	if err != nil {
		s.refuseError(ctx, w, err)
		return
	}
	permissions := []string{}
	for _, one := range p.Granted() {
		permissions = append(permissions, one.String())
	}
	answer := map[string]any{"account": map[string]any{"id": account.ID, "name": account.Name}, "actor": p.Actor, "roles": p.Roles,
		"permissions": permissions, "subject": nil, "expiresAt": session.Expires}
	if p.Subject != "" {
		answer["subject"] = p.Subject
	}
	writeJSON(w, http.StatusOK, answer)
}

// signOut ends the session.
func (s *server) signOut(w http.ResponseWriter, r *http.Request) {
	if fromElsewhere(w, r) {
		return
	}
	err := s.people.SignOut(r.Context(), auth.SessionToken(r))
	if err != nil && !errors.Is(err, auth.ErrUnauthenticated) {
		s.refuseError(r.Context(), w, err)
		return
	}
	setCookie(w, auth.SessionCookie, "", http.SameSiteStrictMode, -1)
	w.WriteHeader(http.StatusNoContent)
}

// sendToProvider sends the browser to an identity provider.
func (s *server) sendToProvider(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	to, keep, err := s.people.SendToProvider(r.Context(), query.Get("provider"), s.callback(r), query.Get("prompt") == "login")
	if err != nil {
		s.backToConsole(w, r, err)
		return
	}
	// Lax, because the provider's page sends the browser back.
	setCookie(w, loginCookie, keep, http.SameSiteLaxMode, int(loginTimeout.Seconds()))
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// backFromProvider begins a session that stands for what the identity provider says.
func (s *server) backFromProvider(w http.ResponseWriter, r *http.Request) {
	kept, err := r.Cookie(loginCookie)
	if err != nil {
		s.backToConsole(w, r, auth.ErrUnauthenticated)
		return
	}
	setCookie(w, loginCookie, "", http.SameSiteLaxMode, -1)
	token, err := s.people.BackFromProvider(r.Context(), kept.Value, r.URL.Query(), s.callback(r))
	if err == nil {
		setCookie(w, auth.SessionCookie, token, http.SameSiteStrictMode, 0)
	}
	s.backToConsole(w, r, err)
}

// backToConsole goes on to the page, with the code of what went wrong, if anything did. The provider began
// this navigation, so the request for the page has no session cookie; the page is the same without, and
// its own requests have it.
func (s *server) backToConsole(w http.ResponseWriter, r *http.Request, err error) {
	to := "/console/"
	if err != nil {
		code := "INTERNAL"
		if e := resolvers.Explain(err); e != nil {
			code = e.Code
		} else {
			s.report(r.Context(), err)
		}
		to += "?error=" + url.QueryEscape(code)
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// callback is where identity providers send browsers back to.
func (s *server) callback(r *http.Request) string {
	base := s.config.PublicURL
	if base == "" && s.config.TLSCert != "" {
		base = "https://" + r.Host
	} else if base == "" {
		base = "http://" + r.Host
	}
	return strings.TrimSuffix(base, "/") + "/console/callback"
}

// setCookie sets a cookie that only this host gets to see, over HTTPS or loopback, and no script. One
// without maxAge ends with the browser.
func setCookie(w http.ResponseWriter, name, value string, site http.SameSite, maxAge int) {
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", Secure: true, HttpOnly: true, SameSite: site, MaxAge: maxAge})
}
