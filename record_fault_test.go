package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// breakable is a place for the record that can be made to fail, and perhaps be mended.
type breakable struct {
	config Config
	fail   func(in *instance)
	mend   func() // nil: it takes another process
}

// Once the record cannot be written nothing is disclosed, whoever asks at that moment; and what was
// disclosed before is on it, all of it and no more.
func TestNothingInClearWithoutRecord(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(t *testing.T) breakable{
		"closed": func(t *testing.T) breakable {
			return breakable{config: defaults(t), fail: func(in *instance) {
				if err := in.record.Close(); err != nil {
					t.Error(err)
				}
			}}
		},
		"full disk":   onFullDisk,
		"full server": onFullServer,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := prepare(t)
			b.config.LogLevel = logLevel(8) // there would be very much of it
			b.config.RequestTimeout = 5 * time.Second
			in := boot(t, b.config)
			id := in.profile("john.doe@example.com")
			query := `query($id: ID!) { profile(id: $id) { email(unmask: {reason: "customer asked by phone"}) meta { masked } } }`
			var shown, refused atomic.Int64
			var broken atomic.Bool
			var readers sync.WaitGroup
			for range 64 {
				readers.Go(func() {
					for after, room := 0, 0; after < 2; {
						late := broken.Load()
						r, err := in.post("/graphql", query, vars{"id": id})
						if err != nil {
							t.Error(err)
							return
						}
						switch {
						case strings.Contains(r.Text, "john.doe@example.com"):
							shown.Add(1)
							if late {
								room++
							}
							if late && name != "full disk" || room > 100 { // a disk may have room for some more
								t.Errorf("in clear without a record: %s", r.Text)
								return
							}
						case r.code() == "AUDIT_UNAVAILABLE" || r.code() == "REQUEST_TIMEOUT" || r.Status == 503:
							if refused.Add(1); late {
								after++
							}
						default:
							t.Errorf("answered %d %s", r.Status, r.Text)
							return
						}
					}
				})
			}
			for shown.Load() < 300 && !t.Failed() {
				time.Sleep(time.Millisecond)
			}
			b.fail(in)
			broken.Store(true)
			readers.Wait()
			if refused.Load() < 64 {
				t.Errorf("%d answers were refused", refused.Load())
			}
			// Nobody asks at the same time any more, so what fails now fails for good.
			for tries := 0; ; tries++ {
				r := in.ask(query, vars{"id": id})
				if !strings.Contains(r.Text, "john.doe") {
					break
				}
				if shown.Add(1); tries > 20 {
					t.Fatal("the record is never full")
				}
			}
			if r := in.ask(query, vars{"id": id}); strings.Contains(r.Text, "john.doe") || r.at("profile.email") != nil {
				t.Errorf("in clear without a record: %s", r.Text)
			}
			if r := in.ask(`query($id: ID!) { profile(id: $id) { email } }`, vars{"id": id}); r.str("profile.email") != "j***.d**@e******.c**" {
				t.Errorf("a masked read is answered %s", r.Text)
			}
			if b.mend == nil { // another process takes over
				in.stop()
				again := boot(t, b.config)
				again.key, in = in.key, again
			}
			if n := in.disclosures(); n != shown.Load() {
				t.Errorf("%d disclosures are on the record, %d answers were in clear", n, shown.Load())
			}
			if b.mend != nil {
				b.mend()
			}
			in.verified()
			if r := in.ask(query, vars{"id": id}); r.str("profile.email") != "john.doe@example.com" {
				t.Errorf("with a record again: %s", r.Text)
			}
		})
	}
}

// disclosures counts the profiles that were disclosed.
func (c *client) disclosures() (n int64) {
	c.t.Helper()
	for _, e := range c.recorded(0) {
		if e.Action == "GetProfileUnmasked" && e.Outcome == "ALLOWED" {
			n++
		}
	}
	return n
}

// onFullDisk keeps the record on a small disk of its own, which is filled up.
func onFullDisk(t *testing.T) breakable {
	c := defaults(t)
	disk := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", disk).CombinedOutput(); err != nil {
		t.Skipf("no disk can be mounted here: %s", out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "--lazy", disk).CombinedOutput(); err != nil {
			t.Errorf("umount: %s", out)
		}
	})
	err := errors.Join(os.Mkdir(c.Data, 0o700), os.Mkdir(filepath.Join(disk, "audit"), 0o700), os.Symlink(filepath.Join(disk, "audit"), filepath.Join(c.Data, "audit")))
	if err != nil {
		t.Fatal(err)
	}
	filler := filepath.Join(disk, "filler")
	return breakable{config: c,
		fail: func(*instance) {
			f, err := os.Create(filler)
			if err != nil {
				t.Error(err)
				return
			}
			for _, size := range []int{1 << 20, 4096, 1} {
				for err = nil; err == nil; {
					_, err = f.Write(make([]byte, size))
				}
			}
			if !errors.Is(err, syscall.ENOSPC) {
				t.Error(err)
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		},
		mend: func() {
			if err := os.Remove(filler); err != nil {
				t.Error(err)
			}
		}}
}

// onFullServer keeps the record in a MongoDB that has no room for its entries any more.
func onFullServer(t *testing.T) breakable {
	if os.Getenv(mongoTestEnv) == "" {
		t.Skip("no MongoDB to test with")
	}
	c := defaults(t)
	u, err := url.Parse(freshDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	refusal, err := bson.Marshal(bson.D{{Key: "ok", Value: 0}, {Key: "errmsg", Value: "no space left"}, {Key: "code", Value: 14031}, {Key: "codeName", Value: "OutOfDiskSpace"}})
	if err != nil {
		t.Fatal(err)
	}
	var full atomic.Bool
	u.Host = interposed(t, u.Host, func(message []byte) []byte {
		if full.Load() && bytes.Contains(message, []byte("\x02insert\x00\x06\x00\x00\x00audit\x00")) {
			return refusal
		}
		return nil
	})
	c.MongodbURI = u.String()
	return breakable{config: c, fail: func(*instance) { full.Store(true) }, mend: func() { full.Store(false) }}
}

// interposed returns the address of a proxy that answers itself what answer has an answer to.
func interposed(t *testing.T, server string, answer func(message []byte) []byte) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return // closed
			}
			onward, err := net.Dial("tcp", server)
			if err != nil {
				_ = client.Close()
				continue
			}
			end := func() { _, _ = client.Close(), onward.Close() }
			go func() {
				defer end()
				_, _ = io.Copy(client, onward)
			}()
			go func() {
				defer end()
				for {
					message := make([]byte, 4)
					if _, err := io.ReadFull(client, message); err != nil {
						return
					}
					message = append(message, make([]byte, binary.LittleEndian.Uint32(message)-4)...)
					if _, err := io.ReadFull(client, message[4:]); err != nil {
						return
					}
					to, out := onward, message
					if body := answer(message); body != nil {
						// OP_MSG: length, own id, id of the question, opcode; flags; kind 0 and a document.
						to, out = client, append(make([]byte, 21), body...)
						binary.LittleEndian.PutUint32(out, uint32(len(out)))
						copy(out[8:12], message[4:8])
						binary.LittleEndian.PutUint32(out[12:], 2013)
					}
					if _, err := to.Write(out); err != nil {
						return
					}
				}
			}()
		}
	}()
	return listener.Addr().String()
}

// childEnv holds the configuration of a server that is to be killed.
const childEnv = "PROFILEGRAPH_TEST_CHILD"

// A server that is killed in the midst of disclosing has on the record whatever it answered, and
// nothing of it lies about in its files.
func TestKilledWhileDisclosing(t *testing.T) {
	if text := os.Getenv(childEnv); text != "" {
		c := defaults(t)
		if err := json.Unmarshal([]byte(text), &c.Stores); err != nil {
			t.Fatal(err)
		}
		if err := serve(context.Background(), c, os.Stdout, os.Stderr); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		stores, err := json.Marshal(c.Stores)
		if err != nil {
			t.Fatal(err)
		}
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledWhileDisclosing$", "-test.timeout=2m")
		child.Env = append(os.Environ(), childEnv+"="+string(stores))
		var logs journal
		child.Stderr = &logs
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		banner := regexp.MustCompile(`curl (\S+)/graphql .*Bearer (\S+)'`)
		var admin *client
		for lines := bufio.NewScanner(out); admin == nil && lines.Scan(); {
			if found := banner.FindStringSubmatch(lines.Text()); found != nil {
				admin = &client{t: t, url: found[1], key: found[2]}
			}
		}
		if admin == nil {
			t.Fatalf("the child has no banner: %s", logs.String())
		}
		go func() { _, _ = io.Copy(io.Discard, out) }()
		id := admin.profile("john.doe@example.com")
		var shown, next atomic.Int64
		var readers sync.WaitGroup
		for range 16 {
			readers.Go(func() {
				for {
					// Some write meanwhile, so that documents are under way too.
					query := `query($id: ID!) { profile(id: $id) { email(unmask: {reason: "canary-in-a-reason"}) } }`
					if n := next.Add(1); n%8 == 0 {
						query = fmt.Sprintf(`mutation { createProfile(input: {email: "canary%d@example.com", firstName: "canary-in-a-name"}, unmask: {reason: "canary-in-a-reason"}) { email } }`, n)
					}
					r, err := admin.post("/graphql", query, vars{"id": id})
					if err != nil {
						return // killed
					}
					if !strings.Contains(r.Text, "@example.com") {
						t.Errorf("answered %s", r.Text)
						return
					}
					shown.Add(1)
				}
			})
		}
		for shown.Load() < 500 && !t.Failed() {
			time.Sleep(time.Millisecond)
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		readers.Wait()
		_ = child.Wait() // killed

		secrets := []string{"canary", "john.doe"}
		if strings.Contains(logs.String(), "canary") || strings.Contains(logs.String(), "john.doe") {
			t.Error("a canary is in the log")
		}
		if c.MongodbURI == "" {
			for path, text := range filesUnder(t, c.Data) {
				for _, secret := range secrets {
					if bytes.Contains(text, []byte(secret)) {
						t.Errorf("%q is in %s", secret, path)
					}
				}
			}
		}
		in := boot(t, c)
		in.key = admin.key
		if entries := in.disclosures(); entries < shown.Load() || entries > shown.Load()+16 {
			t.Errorf("%d disclosures are on the record, %d answers arrived", entries, shown.Load())
		}
		in.verified()
		in.do(`query($id: ID!) { profile(id: $id) { email(unmask: {reason: "customer asked by phone"}) } }`, vars{"id": id})
	})
}
