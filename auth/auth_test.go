package auth_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/profilegraph/profilegraph/auth"
)

// What each role may do is a promise to those who hand out keys.
func TestRoles(t *testing.T) {
	want := map[string]auth.Permission{
		"reader":          auth.Read,
		"editor":          auth.Read | auth.Write | auth.Delete,
		"support":         auth.Read | auth.Unmask,
		auth.Shopper:      auth.Read | auth.Write | auth.Delete,
		"schema-admin":    auth.Read | auth.Schema,
		"auditor":         auth.Audit,
		"privacy-officer": auth.Read | auth.Delete | auth.Unmask | auth.Schema | auth.Sensitivity | auth.Audit | auth.Privacy,
		"operator":        auth.Platform,
		"admin":           auth.Read | auth.Write | auth.Delete | auth.Unmask | auth.Schema | auth.Sensitivity | auth.Audit | auth.Privacy | auth.Account,
	}
	for _, role := range auth.Roles {
		if p, known := want[role.Name]; !known || p != role.Permissions || role.Description == "" {
			t.Errorf("%s may do %b, want %b", role.Name, role.Permissions, p)
		}
		delete(want, role.Name)
	}
	for name := range want {
		t.Errorf("there is no role %s", name)
	}
	seen := map[string]bool{}
	for _, p := range auth.Permissions {
		if name := p.String(); name == "" || seen[name] {
			t.Errorf("the name of %b is %q", p, name)
		}
		seen[p.String()] = true
	}
}

func TestZeroPrincipalMayDoNothing(t *testing.T) {
	var p auth.Principal
	for _, one := range auth.Permissions {
		if p.May(one) || p.Check(one) == nil {
			t.Errorf("it may %v", one)
		}
	}
	if len(p.Granted()) != 0 {
		t.Errorf("granted %v", p.Granted())
	}
}

func TestReach(t *testing.T) {
	free, shopper := auth.Principal{}, auth.Principal{Subject: "a"}
	for _, test := range []struct {
		p    auth.Principal
		root string
		want bool
	}{{free, "a", true}, {free, "b", true}, {shopper, "a", true}, {shopper, "b", false}, {shopper, "", false}} {
		if got := test.p.Reaches(test.root); got != test.want {
			t.Errorf("subject %q reaches %q: %v", test.p.Subject, test.root, got)
		}
	}
	if free.Confined() || !shopper.Confined() {
		t.Error("confined")
	}
}

func TestBearerToken(t *testing.T) {
	for header, want := range map[string]string{
		"": "", "Bearer": "", "Bearer ": "", "Bearer x": "x", "bearer x": "x", "BEARER   x ": "x", "Basic x": "", "x": "", "Bearerx": "",
		"Bearer " + strings.Repeat("x", 16<<10): strings.Repeat("x", 16<<10), "Bearer " + strings.Repeat("x", 16<<10+1): "",
	} {
		if got := auth.BearerToken(&http.Request{Header: http.Header{"Authorization": {header}}}); got != want {
			t.Errorf("%.40q gives %.40q", header, got)
		}
	}
}

func TestProvidersAreChecked(t *testing.T) {
	const good = `{"issuer": "https://idp.example.com", "audience": ["a"], "account": {"claim": "shop"}, "roles": {"value": "reader"}}`
	for name, test := range map[string]struct{ old, new, problem string }{
		"good":                 {"", "", ""},
		"key set":              {`"audience"`, `"jwksUrl": "https://idp.example.com/keys", "audience"`, ""},
		"loopback":             {`https://idp.example.com`, `http://127.0.0.1:99`, ""},
		"issuer by http":       {`https://idp`, `http://idp`, "issuer must be an https URL"},
		"looks like loopback":  {`https://idp.example.com`, `http://127.0.0.1.example.com`, "issuer must be an https URL"},
		"no issuer":            {`https://idp.example.com`, ``, "issuer must be an https URL"},
		"key set by http":      {`"audience"`, `"jwksUrl": "http://idp.example.com/keys", "audience"`, "jwksUrl must be an https URL"},
		"no audience":          {`["a"]`, `[]`, "audience is missing"},
		"HS256":                {`"audience"`, `"algorithms": ["RS256", "HS256"], "audience"`, "algorithms may hold"},
		"none":                 {`"audience"`, `"algorithms": ["none"], "audience"`, "algorithms may hold"},
		"skew":                 {`"audience"`, `"clockSkewSeconds": 301, "audience"`, "clockSkewSeconds is 0 to 300"},
		"no account":           {`{"claim": "shop"}`, `{}`, "account needs"},
		"account twice":        {`{"claim": "shop"}`, `{"claim": "shop", "value": "main"}`, "account needs"},
		"no roles":             {`{"value": "reader"}`, `{}`, "roles needs"},
		"unknown role":         {`"audience"`, `"roleNames": {"staff": "god"}, "audience"`, "roleNames may map onto"},
		"unknown fixed role":   {`"reader"`, `"reader god"`, "roles has a value that is no role"},
		"fixed role, renamed":  {`"audience"`, `"roleNames": {"reader": "support"}, "audience"`, ""},
		"misspelt":             {`"audience"`, `"audiance"`, "unknown field"},
		"none at all":          {good, ``, "names none"},
		"nothing but a string": {good, `"x"`, "identity providers"},
	} {
		one := good
		if test.old != "" {
			one = strings.Replace(good, test.old, test.new, 1)
		}
		list, err := auth.ParseProviders(strings.NewReader(`{"providers": [` + one + `]}`))
		switch {
		case test.problem == "" && (err != nil || len(list) != 1):
			t.Errorf("%s: %v", name, err)
		case test.problem != "" && (err == nil || !strings.Contains(err.Error(), test.problem)):
			t.Errorf("%s: %v", name, err)
		}
	}
}
