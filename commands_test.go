package main

import (
	"bytes"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/alecthomas/kong"
)

// Every command against a running server, in the order in which somebody might call them. In want,
// "..." stands for anything.
func TestCommands(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	key := write("key", in.key+"\n")
	shoes := write("shoes.json", `{"properties": {"shoeSize": {"type": "integer"}}}`)
	hats := write("hats.json", `{"properties": {"hatSize": {"type": "integer"}}}`)
	empty := write("empty.json", `{"type": "object", "properties": {"email": {"type": "string"}}}`)
	typo := write("typo.json", `{"properties": {"a": {"type": "string", "sensitive": "yes"}}}`)
	broken := write("broken.json", `{"properties": `)
	misspelt := write("misspelt.json", `{"requried": ["a"], "properties": {"a": {"type": "string", "sensitive": "yes"}}}`)
	const secret = `pg_[a-z0-9]{16}_[\w-]{43}`
	remember := map[string]string{"profile": in.profile("a@example.com")} // and what a command printed, by name
	for _, test := range []struct {
		args   string // words; {name} is what an earlier command printed
		in     string
		exit   int
		out    string // a regular expression for the whole output
		errors string // and for the whole error output
		as     string // remember the output under this name
	}{
		{args: "account list", out: `ID +NAME +CREATED +SUSPENDED\nmain +Main +\S+ +false\n`},
		{args: "account create shop --name=Shop", out: secret + `\n`, as: "shop"},
		{args: "account create shop", exit: 1, errors: `error: There is an account with this id already. \(ALREADY_EXISTS\)\n`},
		{args: "account create -- -x", exit: 1, errors: `error: (?s:.+)\(BAD_USER_INPUT\)\n`},
		{args: "account update shop --suspend", out: `(?s:.+)shop +Shop +\S+ +true\n`},
		{args: "account update shop --resume --name=Boutique", out: `(?s:.+)shop +Boutique +\S+ +false\n`},
		{args: "account update shop --resume --suspend", exit: 2, errors: `error: .+\nhint: profilegraph account update --help\n`},
		{args: "account update nobody --name=x", exit: 1, errors: `error: There is no such account. \(NOT_FOUND\)\n`},
		{args: "account list", out: `(?s:.+)main .+\nshop +Boutique .+\n`},
		{args: "account list --key={shop}", exit: 1, errors: `error: .+PLATFORM. \(FORBIDDEN\)\n`},

		{args: "apikey create reader --role=reader", out: secret + `\n`, as: "reader"},
		{args: "apikey create two --role=schema-admin --role=editor --expires=2099-01-01T00:00:00Z", out: secret + `\n`},
		{args: "apikey create none", exit: 2, errors: `error: missing flags: --role.+\nhint: profilegraph apikey create --help\n`},
		{args: "apikey create past --role=reader --expires=2001-01-01T00:00:00Z", exit: 1, errors: `error: .+past. \(BAD_USER_INPUT\)\n`},
		{args: "apikey create god --role=god", exit: 1, errors: `error: .+the roles are .+ \(BAD_USER_INPUT\)\n`},
		{args: "apikey create s --role=shopper --subject={profile}", out: secret + `\n`},
		{args: "apikey create s --role=shopper --subject=x", exit: 1, errors: `error: There is no profile or prospect with the id that .subject. gives. \(NOT_FOUND\)\n`},
		{args: "apikey list", out: `ID +NAME +ROLES +EXPIRES +REVOKED +LAST USE\n(?s:.+)two +schema-admin,editor +2099-01-01T00:00:00Z +- +-\n(?s:.+)`},
		{args: "apikey list --key={reader}", exit: 1, errors: `error: .+ACCOUNT. \(FORBIDDEN\)\n`},
		{args: "apikey revoke {reader id}", out: `revoked \w{16} at \S+\n`},
		{args: "apikey revoke {reader id}", out: `revoked \w{16} at \S+\n`},
		{args: "apikey revoke nothing", exit: 1, errors: `error: The account has no such API key, session or approval. \(NOT_FOUND\)\n`},
		{args: "apikey list --key={reader}", exit: 1, errors: `error: (?s:.+)\(UNAUTHENTICATED\)\nhint: the server does not know this key; profilegraph recover makes a new one\n`},

		{args: "consumer create orders", out: `orders has tokens of its own; .+\n`},
		{args: "consumer create orders", exit: 1, errors: `error: Consumer: there is, or was, one with this id. \(BAD_USER_INPUT\)\n`},
		{args: "consumer create Orders", exit: 1, errors: `error: Consumer: an id is .+ \(BAD_USER_INPUT\)\n`},
		{args: "apikey create o --role=reader --consumer=orders", out: secret + `\n`},
		{args: "apikey create a --role=auditor --consumer=orders", exit: 1, errors: `error: Consumer: its credentials work with documents only.+ \(BAD_USER_INPUT\)\n`},
		{args: "apikey create n --role=reader --consumer=nobody", exit: 1, errors: `error: The account has no such consumer. \(NOT_FOUND\)\n`},
		{args: "consumer revoke orders", out: `the tokens of orders ended at \S+\n`},
		{args: "consumer revoke orders", out: `the tokens of orders ended at \S+\n`},
		{args: "consumer revoke nobody", exit: 1, errors: `error: The account has no such consumer. \(NOT_FOUND\)\n`},
		{args: "apikey create r --role=reader --consumer=orders", exit: 1, errors: `error: Consumer: it was revoked. \(BAD_USER_INPUT\)\n`},
		{args: "consumer create orders", exit: 1, errors: `error: Consumer: there is, or was, one with this id. \(BAD_USER_INPUT\)\n`},
		{args: "consumer list", out: `ID +CREATED +CREATED BY +REVOKED\norders +\S+ +key:\w+ +\S+\n`},

		{args: "schema check Profile " + shoes, out: `(?s:.*)FIELD_ADDED shoeSize: - -> Int\n(?s:.*)ok: it can follow version 0\n`},
		{args: "schema check Profile " + typo, exit: 1, out: `problem: /properties/a/sensitive: .+\n  mend: .+\n`, errors: `error: the schema would be refused\n`},
		{args: "schema check --replace Profile " + empty, exit: 1, out: `(?s:.+)breaking: FIELD_NO_DELETE (?s:.+)`, errors: `error: the schema would be refused\n`},
		{args: "schema publish Profile " + shoes + " --expected=0 --note=shoes", out: `(?s:.*)FIELD_ADDED shoeSize: - -> Int\n(?s:.*)Profile is at version 1\n`},
		{args: "schema publish Profile -", in: `{"properties": {"hatSize": {"type": "integer"}}}`, out: `(?s:.*)Profile is at version 2\n`},
		{args: "schema publish Profile " + hats + " --expected=1", exit: 1, errors: `error: The schema has changed since.+\(VERSION_CONFLICT\)\n(?s:.*)  FIELD_ADDED hatSize: - -> Int\n(?s:.*)hint: version 2 is in force: .+--expected=2\n`},
		{args: "schema rollback Profile 0 --expected=1", exit: 1, errors: `error: The schema has changed since.+\(VERSION_CONFLICT\)\n(?s:.*)  FIELD_ADDED hatSize: - -> Int\n(?s:.*)hint: version 2 is in force: .+--expected=2\n`},
		{args: "schema publish Profile " + typo, exit: 1, errors: `error: (?s:.+)\(SCHEMA_INVALID\)\n  /properties/a/sensitive: .+\n    mend: .+\n`},
		{args: "schema check Profile " + misspelt, exit: 1, out: `problem: /properties/a/sensitive: .+\n  mend: .+\nwarning: /requried: .+required looks meant\n`, errors: `error: the schema would be refused\n`},
		{args: "schema publish Profile " + misspelt, exit: 1, errors: `error: (?s:.+)\(SCHEMA_INVALID\)\n  /properties/a/sensitive: .+\n    mend: .+\n  warning: /requried: .+required looks meant\n`},
		{args: "schema publish Profile " + broken, exit: 1, errors: `error: (?s:.+)\(SCHEMA_INVALID\)\n(?s:.+)`},
		{args: "schema publish Profile missing.json", exit: 1, errors: `error: open missing.json: no such file or directory\n`},
		{args: "schema publish --replace Profile " + empty, exit: 1, errors: `error: (?s:.+)\(SCHEMA_BREAKING\)\n(?s:.+)  FIELD_NO_DELETE shoeSize: .+\n    mend: .+\n(?s:.+)hint: name the rules with --allow if the change is meant\n`},
		{args: "schema show Profile", out: `\{\n  "\$schema": (?s:.+)"hatSize": \{\n(?s:.+)\}\n`},
		{args: "schema show Profile --version=1", out: `(?s:.+)"shoeSize": \{\n(?s:.+)`},
		{args: "schema show Profile --version=9", exit: 1, errors: `error: there is no such schema or version\n`},
		{args: "schema show Nothing", exit: 1, errors: `error: there is no such schema or version\n`},
		{args: "schema history Profile", out: `VERSION +CREATED +AUTHOR +CHANGES +NOTE\n2 +\S+ +key:\w+ +\d+ +-\n1 +\S+ +key:\w+ +\d+ +shoes\n0 +- +- +0 +-\n`},
		{args: "schema history Nothing", exit: 1, errors: `error: There is no such schema or version. \(NOT_FOUND\)\n`},
		{args: "schema diff Profile 0 1", out: `(?s:.*)FIELD_ADDED shoeSize: - -> Int\n(?s:.*)`},
		{args: "schema diff Profile 1", out: `(?s:.*)FIELD_ADDED hatSize: - -> Int\n(?s:.*)`},
		{args: "schema diff Profile 1 9", exit: 1, errors: `error: There is no such schema or version. \(NOT_FOUND\)\n`},
		{args: "schema rollback Profile 1", exit: 1, errors: `error: (?s:.+)\(SCHEMA_BREAKING\)\n(?s:.+)hint: .+\n`},
		{args: "schema rollback Profile 1 --allow=FIELD_NO_DELETE --expected=2 --note=back", out: `(?s:.*)FIELD_REMOVED hatSize: Int -> -\n(?s:.*)Profile is at version 3\n`},
		{args: "schema rollback Profile 9", exit: 1, errors: `error: There is no such schema or version. \(NOT_FOUND\)\n`},

		{args: "sdl --variant=federation --account=main", out: `extend schema @link\((?s:.+)type Profile implements Document @key\((?s:.+)`},
		{args: "sdl", out: `"""(?s:.+)type Profile implements Document \{(?s:.+)`},
		{args: "sdl --account=shop", exit: 1, errors: `error: the key is of the account main\n`},
		{args: "sdl --key=wrong", exit: 1, errors: `error: (?s:.+)\(UNAUTHENTICATED\)\nhint: .+\n`},
		{args: "sdl --variant=secret", exit: 2, errors: `error: --variant must be one of (?s:.+)`},

		{args: "subject export {profile} --no-record --reason=she-asks-for-it", out: `\{\n  "format": (?s:.+)"email": "a@example.com"\n(?s:.+)\}\n`},
		{args: "subject export none --reason=she-asks-for-it", exit: 1, errors: `error: The account has no such data subject: .+\(NOT_FOUND\)\n`},
		{args: "subject export none", exit: 2, errors: `error: missing flags: --reason.+\nhint: profilegraph subject export --help\n`},
		{args: "subject erase none --yes", exit: 1, errors: `error: The account has no such data subject: .+\(NOT_FOUND\)\n`},
		{args: "subject erase none", exit: 1, errors: `error: this erases everything about none, .+--yes\n`},
		{args: "subject hold none --reference=case-1", exit: 1, errors: `error: The account has no such data subject: .+\(NOT_FOUND\)\n`},
		{args: "subject holds --after=?", exit: 1, errors: "error: `after` is .+\\(BAD_USER_INPUT\\)\n"},
		{args: "subject erasures", out: `SUBJECT +REQUESTED +BY +REFERENCE +COMPLETED +DOCUMENTS +VERSIONS\n`},
		{args: "subject erasures --first=0", exit: 1, errors: `error: .+\(BAD_USER_INPUT\)\n`},
		{args: "subject certificate none", exit: 1, errors: `error: none was not erased\n`},
		{args: "subject release none/x", exit: 1, errors: `error: The account has no such hold. \(NOT_FOUND\)\n`},
		{args: "subject verify " + empty + " --key=x", exit: 1, errors: `error: .+\n`},

		{args: "account list --key=wrong", exit: 1, errors: `error: (?s:.+)\(UNAUTHENTICATED\)\nhint: .+recover.+\n`},
		{args: "account list --url=http://127.0.0.1:1", exit: 1, errors: `error: (?s:.+)refused\nhint: is the server running\? .+\n`},
		{args: "account list --url=" + in.url + "/nothing", exit: 1, errors: `error: the server answered 404 Not Found, and nothing that can be understood\n`},
		{args: "account list --key-file=missing", exit: 1, errors: `error: open missing: no such file or directory\n`},
		{args: "version", out: `profilegraph \S.*\n`},
		{args: "--help", out: `Usage: profilegraph(?s:.+)`},
		{args: "schema publish --help", out: `Usage: profilegraph schema publish(?s:.+)--allow(?s:.+)`},
		{args: "frobnicate", exit: 2, errors: `error: unexpected argument frobnicate\nhint: profilegraph --help\n`},
		{args: "serve --max-batch=0", exit: 1, errors: `error: max-batch must be 1 to 50\n`},
		{args: "serve --request-timeout=soon", exit: 2, errors: `error: --request-timeout: .+\nhint: profilegraph serve --help\n`},
		{args: "serve --listen=", exit: 1, errors: `error: listen is a host and a port.+\n`},
		{args: "serve --listen=unix:/run/x.sock", exit: 1, errors: `error: listen is a host and a port.+\n`},
		{args: "serve --listen=127.0.0.1:0 --data=", exit: 1, errors: `error: data must name a folder\n`},
		{args: "serve --listen=127.0.0.1:0 --tls-cert=missing.pem --tls-key=missing.pem", exit: 1, errors: `error: tls-cert and tls-key: open missing.pem: .+\n`},
		{args: "serve --listen=127.0.0.1:0 --cors-origin=https://shop.example.com/", exit: 1, errors: `error: cors-origin is .+\n`},
		{args: "serve --listen=127.0.0.1:0 --cors-origin=shop.example.com", exit: 1, errors: `error: cors-origin is .+\n`},
		{args: "serve --listen=127.0.0.1:0 --public-url=https://shop.example.com/path", exit: 1, errors: `error: public-url is .+\n`},
		{args: "serve --listen=127.0.0.1:0 --trace-endpoint=localhost:4318", exit: 1, errors: `error: trace-endpoint is .+\n`},
		{args: "serve --listen=127.0.0.1:0 --audit-all", exit: 1, errors: `error: audit-all needs an audit-sink\n`},
		{args: "serve --listen=127.0.0.1:0 --transit-token-file=token", exit: 1, errors: `error: transit-token-file .+need transit.+\n`},
		{args: "serve --listen=127.0.0.1:0 --transit=https://vault.example.com", exit: 1, errors: `error: transit needs transit-token-file\n`},
		{args: "serve --listen=127.0.0.1:0 --transit=https://vault.example.com --transit-token-file=token --kek-file=k", exit: 1, errors: `error: transit and kek-file exclude each other.+\n`},
		{args: "serve --listen=127.0.0.1:0 --lookup-misses=NaN", exit: 1, errors: `error: lookup-misses must be more than 0\n`},
		{args: "serve --log-level=loud", exit: 2, errors: `error: --log-level: must be debug, info, warn or error\nhint: profilegraph serve --help\n`},
	} {
		words := strings.Fields(test.args)
		for i, w := range words {
			words[i] = regexp.MustCompile(`\{(\w+)\}`).ReplaceAllStringFunc(w, func(s string) string { return remember[strings.Trim(s, "{}")] })
		}
		if strings.Contains(test.args, "{reader id}") {
			words = []string{"apikey", "revoke", strings.Split(remember["reader"], "_")[1]}
		}
		if words[0] == "sdl" { // the one remote command that is a single word
			words = append([]string{"sdl", "--url=" + in.url}, words[1:]...)
			if !strings.Contains(test.args, "--key") {
				words = append(words, "--key-file="+key)
			}
		}
		if remote := words[0] == "account" || words[0] == "apikey" || words[0] == "consumer" || words[0] == "schema" || words[0] == "subject" && words[1] != "verify"; remote && !strings.Contains(test.args, "--help") {
			var options []string
			if !strings.Contains(test.args, "--url") {
				options = append(options, "--url="+in.url)
			}
			if !strings.Contains(test.args, "--key") {
				options = append(options, "--key-file="+key)
			}
			words = append(append(words[:2:2], options...), words[2:]...)
		}
		var out, errs bytes.Buffer
		exit := command(words, strings.NewReader(test.in), &out, &errs)
		if exit != test.exit || !regexp.MustCompile(`^`+test.out+`$`).MatchString(out.String()) || !regexp.MustCompile(`^`+test.errors+`$`).MatchString(errs.String()) {
			t.Errorf("%s\nexit %d, want %d\noutput\n%s\nerrors\n%s", test.args, exit, test.exit, out.String(), errs.String())
		}
		if test.as != "" {
			remember[test.as] = strings.TrimSpace(out.String())
		}
	}
}

// The key comes from the environment, the option or a file, and without one there is a hint.
func TestKeyOfCommands(t *testing.T) {
	in := boot(t, defaults(t))
	var out, errs bytes.Buffer
	args := []string{"account", "list", "--url=" + in.url}
	if exit := command(args, nil, &out, &errs); exit != 1 || errs.String() != "error: no API key given\nhint: set PROFILEGRAPH_KEY, or give --key-file\n" {
		t.Errorf("exit %d: %s", exit, errs.String())
	}
	t.Setenv("PROFILEGRAPH_KEY", in.key)
	t.Setenv("PROFILEGRAPH_URL", in.url)
	errs.Reset()
	if exit := command(args[:2], nil, &out, &errs); exit != 0 || !strings.Contains(out.String(), "main") {
		t.Errorf("exit %d: %s", exit, errs.String())
	}
}

// What a command cannot reach a server with, or reaches instead of one, is told as what it is, and a key goes nowhere else.
func TestNoServerThere(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer elsewhere.Close()
	moved := httptest.NewServer(http.RedirectHandler(elsewhere.URL+"/x", http.StatusMovedPermanently))
	defer moved.Close()
	stranger := httptest.NewUnstartedServer(http.NotFoundHandler())
	stranger.Config.ErrorLog = log.New(io.Discard, "", 0)
	stranger.StartTLS()
	defer stranger.Close()
	noKey := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(noKey, []byte("pg_secret\nand=more\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ args, errors string }{
		{"account list --key=k --url=" + moved.URL, `error: the server is elsewhere: it answered 301 Moved Permanently, and sends to ` + elsewhere.URL + ` \(--url\)\n`},
		{"audit export --key=k --url=" + moved.URL, `error: the server is elsewhere: .+\n`},
		{"account list --key=k --url=" + stranger.URL, `error: .+ certificate .+\nhint: .+SSL_CERT_FILE.+\n`},
		{"account list --key=k --url=localhost:8080", `error: url is a scheme and a host, .+\n`},
		{"account list --key=k --url=https://", `error: url is a scheme and a host, .+\n`},
		{"account list --key-file=" + noKey, `error: what is given as API key is none: .+\n`},
	} {
		var out, errs bytes.Buffer
		exit := command(strings.Fields(test.args), nil, &out, &errs)
		if exit != 1 || out.Len() > 0 || !regexp.MustCompile(`^`+test.errors+`$`).MatchString(errs.String()) || strings.Contains(errs.String(), "secret") {
			t.Errorf("%s: exit %d\n%s%s", test.args, exit, out.String(), errs.String())
		}
	}
	if n := asked.Load(); n > 0 {
		t.Errorf("%d requests went where the server sent to", n)
	}
}

// An export of the record goes where a link leads, for its owner's eyes only.
func TestExportThroughLink(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	dir := t.TempDir()
	file, link := filepath.Join(dir, "archive.ndjson"), filepath.Join(dir, "record.ndjson")
	if err := errors.Join(os.WriteFile(file, []byte("of last year"), 0o644), os.Symlink(file, link)); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if exit := command([]string{"audit", "export", link, "--key=" + in.key, "--url=" + in.url}, nil, &out, &errs); exit != 0 {
		t.Errorf("exit %d: %s", exit, errs.String())
	}
	text, err := os.ReadFile(file)
	if info, e := os.Lstat(file); err != nil || e != nil || info.Mode() != 0o600 || !bytes.Contains(text, []byte("profilegraph-audit-1")) {
		t.Errorf("%v %v: %.100q", err, e, text)
	}
	if to, err := os.Readlink(link); err != nil || to != file {
		t.Errorf("the link leads to %q: %v", to, err)
	}
}

// An export of the record that breaks off leaves the file that was there, and nothing else.
func TestExportBreaksOff(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "a part of it\n")   //nolint:errcheck // it is cut off anyway
		http.NewResponseController(w).Flush() //nolint:errcheck // likewise
		panic(http.ErrAbortHandler)
	}))
	defer server.Close()
	dir := t.TempDir()
	file := filepath.Join(dir, "record.ndjson")
	if err := os.WriteFile(file, []byte("of last year"), 0o644); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if exit := command([]string{"audit", "export", file, "--key=k", "--url=" + server.URL}, nil, &out, &errs); exit != 1 {
		t.Errorf("exit %d: %s", exit, errs.String())
	}
	kept, err := os.ReadFile(file)
	if left, _ := os.ReadDir(dir); err != nil || string(kept) != "of last year" || len(left) != 1 {
		t.Errorf("%v: %q beside %d files", err, kept, len(left)-1)
	}
}

// A variable that is wrong fails the command that reads it, unless its flag is given, and no other.
func TestWrongVariables(t *testing.T) {
	t.Setenv("PROFILEGRAPH_REQUEST_TIMEOUT", "soon")
	t.Setenv("PROFILEGRAPH_AUDIT_ALL", "perhaps")
	for _, test := range []struct {
		args, errors string
		exit         int
	}{
		{"version", "", 0},
		{"account list", "error: no API key given\n", 1},
		{"audit verify missing --key=missing", "error: open missing", 1},
		{"recover", `error: --audit-all: `, 2},
		{"serve --audit-all", `error: --request-timeout: `, 2},
		{"--audit-all", `error: --request-timeout: `, 2},
	} {
		var out, errs bytes.Buffer
		if exit := command(strings.Fields(test.args), nil, &out, &errs); exit != test.exit || !strings.HasPrefix(errs.String(), test.errors) {
			t.Errorf("%s: exit %d: %s", test.args, exit, errs.String())
		}
	}
}

// A variable that is there and empty is none: the flag's default counts.
func TestEmptyVariables(t *testing.T) {
	parser, err := kong.New(&commands{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, command := range parser.Model.Leaves(true) {
		for _, flag := range command.Flags {
			names = append(names, flag.Envs...)
		}
	}
	if len(names) < 20 {
		t.Fatalf("only %q", names)
	}
	for _, name := range names {
		t.Setenv(name, "")
	}
	var out, errs bytes.Buffer
	if exit := command([]string{"serve", "--listen="}, nil, &out, &errs); exit != 1 || !strings.HasPrefix(errs.String(), "error: listen is a host and a port") {
		t.Errorf("exit %d: %s", exit, errs.String())
	}
}
