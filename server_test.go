package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/build"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/storage"
)

// floors is the plan of the house, from the ground up. A room imports what lies on the floors below
// it; on its own floor, only what an arrow leads to.
var floors = [][]string{
	{"schema", "storage", "storage/bolt", "storage/mongo"},
	{"tenant", "audit"},
	{"auth", "vault", "vault/keydb", "vault/kms/local", "vault/kms/transit"},
	{"graph", "graph/guard", "graph/transport", "graph/static", "graph/scalar", "graph/generated", "profile", "profile/detect", "schemastore", "supergraph", "event", "privacy"},
	{"resolvers", "dataloader", "console"},
	{""}, // the program
}

var arrows = map[string][]string{
	"storage/bolt":      {"storage"},
	"storage/mongo":     {"storage"},
	"graph":             {"graph/guard", "graph/transport"},
	"graph/static":      {"graph/guard", "graph/transport"},
	"graph/generated":   {"graph/scalar"},
	"audit":             {"tenant"},
	"vault/keydb":       {"vault"},
	"vault/kms/local":   {"vault"},
	"vault/kms/transit": {"vault"},
	"schemastore":       {"supergraph"},
	"profile":           {"profile/detect"},
	"privacy":           {"profile"},
	"resolvers":         {"dataloader"},
}

// strangers must not meet although their floors would let them.
var strangers = map[string][]string{
	"graph": {"tenant", "audit", "auth", "vault", "storage", "storage/bolt", "storage/mongo"}, // it knows types, not documents
}

// tools are programs and tests of their own. Nobody imports them.
var tools = []string{"bench", "storage/storagetest", "vault/kms/transit/transittest"}

func TestImportsGoDown(t *testing.T) {
	const module = "github.com/profilegraph/profilegraph"
	floorOf := map[string]int{}
	for n, rooms := range floors {
		for _, room := range rooms {
			floorOf[room] = n
		}
	}
	isTool := func(room string) bool {
		return slices.ContainsFunc(tools, func(tool string) bool { return room == tool || strings.HasPrefix(room, tool+"/") })
	}
	met := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if name := d.Name(); path != "." && (name[0] == '.' || name == "testdata" || name == "node_modules") {
			return filepath.SkipDir
		}
		if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil && path != "." {
			return filepath.SkipDir // a module of its own
		}
		pkg, err := build.ImportDir(path, 0)
		if noGo := (*build.NoGoError)(nil); errors.As(err, &noGo) {
			return nil
		}
		if err != nil {
			return err
		}
		room := strings.TrimPrefix(filepath.ToSlash(path), ".")
		if isTool(room) {
			return nil
		}
		floor, known := floorOf[room]
		if !known {
			t.Errorf("%s is not in the plan", room)
			return nil
		}
		met[room] = true
		for _, imported := range pkg.Imports {
			if imported != module && !strings.HasPrefix(imported, module+"/") {
				continue
			}
			other := strings.TrimPrefix(strings.TrimPrefix(imported, module), "/")
			below, known := floorOf[other]
			switch {
			case !known:
				t.Errorf("%s imports %s, which is not in the plan", room, other)
			case below > floor, below == floor && !slices.Contains(arrows[room], other), slices.Contains(strangers[room], other):
				t.Errorf("%s must not import %s", room, other)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for room := range floorOf {
		if !met[room] {
			t.Errorf("the plan has %q, which is not there", room)
		}
	}
}

var printedKey = regexp.MustCompile(`pg_[a-z0-9]{16}_[A-Za-z0-9_-]{43}`)

func TestFirstStart(t *testing.T) {
	t.Parallel()
	c := defaults(t)
	c.AdminKeyFile = filepath.Join(t.TempDir(), "admin.key")
	if err := os.WriteFile(c.AdminKeyFile, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	first := start(t, c)
	banner := first.out.String()
	for _, part := range []string{first.base + "/graphql", first.base + "/control/graphql", first.base + "/playground", "curl " + first.base + "/graphql"} {
		if !strings.Contains(banner, part) {
			t.Errorf("the banner lacks %q:\n%s", part, banner)
		}
	}
	text, err := os.ReadFile(c.AdminKeyFile)
	if err != nil {
		t.Fatal(err)
	}
	key := strings.TrimSpace(string(text))
	found := printedKey.FindAllString(banner, -1)
	if len(found) != 2 || found[0] != key || found[1] != key { // the key, and the curl that uses it
		t.Errorf("the banner has %d keys, the file another or none", len(found))
	}
	if strings.Contains(first.logs.String(), key) {
		t.Error("the key is in the logs")
	}
	for path, want := range map[string]fs.FileMode{c.Data: fs.ModeDir | 0o700, filepath.Join(c.Data, "profilegraph.db"): 0o600, c.AdminKeyFile: 0o600} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != want {
			t.Errorf("%s has mode %v, want %v", path, info.Mode(), want)
		}
	}
	admin := &client{t: t, url: first.base, key: key}
	admin.profile("a@example.com")

	first.cancel()
	if err := <-first.ended; err != nil {
		t.Fatal(err)
	}
	first.ended <- nil
	second := start(t, c)
	if found := printedKey.FindString(second.out.String()); found != "" {
		t.Error("the second start prints a key")
	}
	again := &client{t: t, url: second.base, key: key}
	if n := len(again.do(`{ profiles { nodes { id } } }`).at("profiles.nodes").([]any)); n != 1 {
		t.Errorf("%d profiles after a restart", n)
	}
}

// A data folder that others can get at is used, but never without a word.
func TestOpenDataFolder(t *testing.T) {
	t.Parallel()
	for mode, says := range map[fs.FileMode]string{
		0o700: "", 0o755: "mode 0755: others may list it, open what in it is open to them",
		0o710: "mode 0710: others may open what in it is open to them", 0o777: "mode 0777: others may put files of theirs in the place of the server's, list it",
	} {
		c := defaults(t)
		if err := errors.Join(os.Mkdir(c.Data, 0o700), os.Chmod(c.Data, mode)); err != nil {
			t.Fatal(err)
		}
		for range 2 { // a later start says it again
			p := start(t, c)
			p.cancel()
			if err := <-p.ended; err != nil {
				t.Fatal(err)
			}
			p.ended <- nil
			banner, logs := p.out.String(), p.logs.String()
			if says == "" && (strings.Contains(banner, "OTHERS") || strings.Contains(logs, "others than its owner")) {
				t.Errorf("mode %04o is complained of:\n%s\n%s", mode, banner, logs)
			}
			if !strings.Contains(banner, says) || !strings.Contains(logs, says) {
				t.Errorf("mode %04o is not said:\n%s\n%s", mode, banner, logs)
			}
		}
		if info, err := os.Stat(c.Data); err != nil || info.Mode().Perm() != mode {
			t.Errorf("mode %04o has become %v %v", mode, info.Mode(), err)
		}
	}
}

// A key that nobody got to see would lock everybody out.
func TestFirstStartIsDoneAgainIfItFails(t *testing.T) {
	t.Parallel()
	c := defaults(t)
	c.AdminKeyFile = filepath.Join(t.TempDir(), "missing", "admin.key")
	failed := run(c)
	if err := <-failed.ended; err == nil || !strings.Contains(err.Error(), "admin key file") {
		t.Fatalf("ended with %v", err)
	}
	c.AdminKeyFile = ""
	key := printedKey.FindString(start(t, c).out.String())
	if key == "" {
		t.Fatal("no key was printed")
	}
}

func TestDemo(t *testing.T) {
	t.Parallel()
	c := defaults(t)
	c.Demo = true
	p := start(t, c)
	keys := slices.Compact(printedKey.FindAllString(p.out.String(), -1))
	if len(keys) != 3 {
		t.Fatalf("%d keys are printed", len(keys))
	}
	var shapes []string
	for _, key := range keys[1:] {
		one := &client{t: t, url: p.base, key: key}
		r := one.do(`{ profiles { nodes { id email meta { masked } addresses { nodes { locality route } } } } __type(name: "Profile") { fields { name } } }`)
		nodes := r.at("profiles.nodes").([]any)
		if len(nodes) == 0 {
			t.Error("a demo account has no shoppers")
		}
		for i := range nodes {
			if mail := r.str(fmt.Sprintf("profiles.nodes.%d.email", i)); !strings.Contains(mail, "**") {
				t.Errorf("a demo shopper is shown as %q", mail)
			}
		}
		shapes = append(shapes, fmt.Sprint(r.at("__type.fields")))
	}
	if shapes[0] == shapes[1] {
		t.Error("both demo accounts have the same schema")
	}
}

func TestDataInUse(t *testing.T) {
	t.Parallel()
	c := defaults(t)
	start(t, c)
	begin := time.Now()
	err := <-run(c).ended
	if !errors.Is(err, storage.ErrInUse) || time.Since(begin) > 5*time.Second {
		t.Errorf("a second process ended with %v after %v", err, time.Since(begin))
	}
	if hint(err) == "" {
		t.Error("no hint")
	}
}

func TestDataOfNewerRelease(t *testing.T) {
	t.Parallel()
	c := defaults(t)
	p := start(t, c)
	p.cancel()
	p.ended <- <-p.ended
	db, err := bbolt.Open(filepath.Join(c.Data, "profilegraph.db"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte("format"), []byte{99}) })
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if err := <-run(c).ended; !errors.Is(err, storage.ErrNewer) || hint(err) == "" {
		t.Errorf("ended with %v, hint %q", err, hint(err))
	}
}

func TestPortInUse(t *testing.T) {
	t.Parallel()
	p := start(t, defaults(t))
	c := defaults(t)
	c.Listen = strings.TrimPrefix(p.base, "http://")
	if err := <-run(c).ended; err == nil || !strings.Contains(err.Error(), "address already in use") || hint(err) == "" {
		t.Errorf("ended with %v, hint %q", err, hint(err))
	}
	if _, err := os.Stat(c.Data); err == nil {
		t.Error("a data folder was made all the same")
	}
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Config){
		"request-timeout": func(c *Config) { c.RequestTimeout = 2 * time.Minute },
		"max-concurrent":  func(c *Config) { c.MaxConcurrent = 0 },
		"max-batch":       func(c *Config) { c.MaxBatch = 51 },
		"tls-cert":        func(c *Config) { c.TLSCert = "cert.pem" },
		"session-idle":    func(c *Config) { c.SessionIdle = time.Second },
		"public-url":      func(c *Config) { c.PublicURL = "profiles.example.com" },
	} {
		c := defaults(t)
		change(&c)
		if err := <-run(c).ended; err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: ended with %v", name, err)
		}
	}
	c := defaults(t)
	c.AuthConfig = filepath.Join(t.TempDir(), "auth.json")
	if err := os.WriteFile(c.AuthConfig, []byte(`{"providers": [{"issuer": "http://idp.example.com"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := <-run(c).ended; err == nil || !strings.Contains(err.Error(), "issuer must be an https URL") {
		t.Errorf("ended with %v", err)
	}
}

// A request whose body is still on its way when the server is told to stop gets its answer.
func TestShutdownFinishesRequests(t *testing.T) {
	t.Parallel()
	p := start(t, defaults(t))
	admin := &client{t: t, url: p.base, key: printedKey.FindString(p.out.String())}
	body, sending := newPipe(`{"query":"mutation { createProfile(input: {email: \"a@example.com\"}) { id } }"}`)
	answered := make(chan *reply, 1)
	go func() {
		r, err := admin.try("POST", "/graphql", body, "Content-Type", "application/json")
		if err != nil {
			t.Error(err)
		}
		answered <- r
	}()
	sending.first()
	p.cancel()
	for !strings.Contains(p.logs.String(), `"stopping"`) {
		time.Sleep(time.Millisecond)
	}
	for { // no new connection is taken
		if _, err := http.Get(p.base + "/healthz"); err != nil {
			break
		}
		time.Sleep(time.Millisecond)
	}
	sending.rest()
	if r := <-answered; r != nil && r.str("createProfile.id") == "" {
		t.Errorf("the request under way was answered %d %s", r.Status, r.Text)
	}
	if err := <-p.ended; err != nil {
		t.Error(err)
	}
	p.ended <- nil
}

// pipe is a body that arrives in two parts.
type pipe struct {
	parts [2]*bytes.Reader
	let   [2]chan struct{}
	took  chan struct{}
}

func newPipe(text string) (*pipe, *pipe) {
	half := len(text) / 2
	p := &pipe{took: make(chan struct{}),
		parts: [2]*bytes.Reader{bytes.NewReader([]byte(text[:half])), bytes.NewReader([]byte(text[half:]))},
		let:   [2]chan struct{}{make(chan struct{}), make(chan struct{})}}
	return p, p
}

func (p *pipe) Read(b []byte) (int, error) {
	if p.parts[0].Len() > 0 {
		<-p.let[0]
		return p.parts[0].Read(b)
	}
	select {
	case <-p.took:
	default:
		close(p.took)
	}
	<-p.let[1]
	return p.parts[1].Read(b)
}

// first sends the first part and returns when it is on its way; rest sends the rest.
func (p *pipe) first() { close(p.let[0]); <-p.took; time.Sleep(50 * time.Millisecond) }
func (p *pipe) rest()  { close(p.let[1]) }

// Deleted and expired documents, and what crashes left, are swept.
func TestSweep(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		in.do(`mutation { createProfile(input: {email: "a@example.com"}, ttlDays: 1) { id } }`)
		kept := in.profile("b@example.com")
		in.clock.move(25 * time.Hour)
		if n, err := in.docs.Expire(t.Context(), in.currentSet); n != 1 || err != nil {
			t.Errorf("%d documents expired: %v", n, err)
		}
		if err := in.mend(t.Context()); err != nil {
			t.Error(err)
		}
		if got := in.do(`{ profiles { nodes { id } } }`).str("profiles.nodes.0.id"); got != kept {
			t.Errorf("kept %q, want %q", got, kept)
		}
	})
}

// A process that died while it deleted a document leaves what hung on it; the next start clears it
// away.
func TestStartAfterCrash(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		key := in.key
		gone, kept := in.profile("gone@example.com"), in.profile("kept@example.com")
		for _, id := range []string{gone, kept} {
			in.do(`mutation($id: ID!) { createAddress(profileId: $id, input: {locality: "Rio"}) { id } updateProfile(id: $id, patch: {fancyName: "x"}) { id } }`, vars{"id": id})
		}
		space := storage.Space{Account: firstAccount, Collection: storage.Documents, Part: "Profile"}
		if err := in.store.Delete(t.Context(), space, gone, ""); err != nil {
			t.Fatal(err)
		}
		in.stop()
		in = boot(t, c)
		in.key = key
		for begin := time.Now(); ; time.Sleep(5 * time.Millisecond) {
			r := in.do(`{ addresses { nodes { profileId } } }`)
			versions, err := in.store.Scan(t.Context(), storage.Space{Account: firstAccount, Collection: storage.Versions, Part: "Profile"}, storage.Page{Limit: 10})
			if err != nil {
				t.Fatal(err)
			}
			if len(versions) == 1 && len(r.at("addresses.nodes").([]any)) == 1 && r.str("addresses.nodes.0.profileId") == kept && strings.HasPrefix(versions[0].ID, kept) {
				return
			}
			if time.Since(begin) > 20*time.Second {
				t.Fatalf("%d versions are left, and the addresses %s", len(versions), r.Text)
			}
		}
	})
}

// With a certificate the server speaks HTTPS, and only that.
func TestTLS(t *testing.T) {
	t.Parallel()
	c := defaults(t)
	c.TLSCert, c.TLSKey = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	web := http.Client{Transport: certify(t, c.TLSCert, c.TLSKey)}
	p := start(t, c)
	res, err := web.Get(p.base + "/healthz")
	if err != nil || res.StatusCode != 200 || !strings.HasPrefix(p.base, "https://") {
		t.Fatalf("%v %v", res, err)
	}
	res.Body.Close()
	plain, err := http.Get("http" + strings.TrimPrefix(p.base, "https") + "/healthz")
	if err == nil {
		plain.Body.Close()
		if plain.StatusCode != 400 {
			t.Errorf("plain HTTP is answered %d", plain.StatusCode)
		}
	}
}

func TestRecover(t *testing.T) {
	t.Parallel()
	c := defaults(t)
	p := start(t, c)
	p.cancel()
	p.ended <- <-p.ended
	var out, errs bytes.Buffer
	if code := command([]string{"recover", "--data", c.Data, "--operator"}, nil, &out, &errs); code != 0 {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	p = start(t, c)
	r := (&client{t: t, url: p.base, key: strings.TrimSpace(out.String())}).managed(`{ viewer { roles permissions } }`)
	wantJSON(t, r.at("viewer.roles"), `["admin", "operator"]`)
	if n := len(r.at("viewer.permissions").([]any)); n != len(auth.Permissions) {
		t.Errorf("%d permissions", n)
	}
	for name, args := range map[string][]string{
		"in use":     {"recover", "--data", c.Data},
		"no folder":  {"recover", "--data", filepath.Join(t.TempDir(), "none")},
		"no account": {"recover", "--data", c.Data + "2", "--account", "nobody"},
	} {
		var out, errs bytes.Buffer
		if name == "no account" {
			if err := os.Mkdir(c.Data+"2", 0o700); err != nil {
				t.Fatal(err)
			}
		}
		if code := command(args, nil, &out, &errs); code != 1 || !strings.HasPrefix(errs.String(), "error: ") || out.Len() > 0 {
			t.Errorf("%s: exit %d, %q %q", name, code, out.String(), errs.String())
		}
	}
}
