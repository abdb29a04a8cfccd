// Package transittest starts HashiCorp Vault or OpenBao for tests.
package transittest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Env names the program, vault or bao, with which tests start servers.
const Env = "PROFILEGRAPH_TEST_VAULT"

// Server is a server of its own test, with a Transit engine mounted at "transit". It keeps what it
// has over a Stop and a Resume.
type Server struct {
	URL string

	t       testing.TB
	folder  string
	root    string // token
	share   string // opens the seal
	process *exec.Cmd
	ended   chan struct{}
}

// Start starts a server, or skips the test where there is no program for it.
func Start(t testing.TB) *Server {
	t.Helper()
	if os.Getenv(Env) == "" {
		t.Skip(Env + " names no program")
	}
	address := free(t)
	s := &Server{URL: "http://" + address, t: t, folder: t.TempDir()}
	config := fmt.Sprintf(`
		disable_mlock = true
		api_addr = %q
		cluster_addr = "http://%s"
		storage "raft" {
			path = %q
			node_id = "test"
			performance_multiplier = 1
		}
		listener "tcp" {
			address = %q
			tls_disable = true
		}`, s.URL, free(t), s.folder, address)
	if err := os.WriteFile(s.config(), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	s.run()
	var made struct {
		Keys      []string
		RootToken string `json:"root_token"`
	}
	s.call("PUT", "sys/init", map[string]int{"secret_shares": 1, "secret_threshold": 1}, &made)
	s.share, s.root = made.Keys[0], made.RootToken
	s.Unseal()
	s.Write("sys/mounts/transit", map[string]string{"type": "transit"})
	return s
}

// free returns an address that is free now: the server does not choose one.
func free(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (s *Server) config() string { return filepath.Join(s.folder, "config.hcl") }

// run starts the program and waits until it answers.
func (s *Server) run() {
	s.t.Helper()
	output, err := os.OpenFile(filepath.Join(s.folder, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	defer output.Close()
	s.process = exec.Command(os.Getenv(Env), "server", "-config", s.config())
	s.process.Stdout, s.process.Stderr = output, output
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.ended = make(chan struct{})
	go func() {
		_ = s.process.Wait() // says how it ended, which is by being killed
		close(s.ended)
	}()
	s.await("seal-status")
}

// await waits until what tells the server's state answers 200.
func (s *Server) await(state string) {
	s.t.Helper()
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		if response, err := http.Get(s.URL + "/v1/sys/" + state); err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
		}
		over := time.Since(begin) > time.Minute
		select {
		case <-s.ended:
			over = true
		default:
		}
		if over {
			log, _ := os.ReadFile(filepath.Join(s.folder, "log"))
			s.t.Fatalf("the server does not come up:\n%s", log)
		}
	}
}

// Stop ends the server. Stopping twice is harmless.
func (s *Server) Stop() {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Kill()
	<-s.ended
	s.process = nil
}

// Stopped reports whether the server was stopped.
func (s *Server) Stopped() bool { return s.process == nil }

// Resume starts the server again, sealed, as one is that was stopped.
func (s *Server) Resume() { s.t.Helper(); s.run() }

// Seal seals the server: it answers, but does nothing.
func (s *Server) Seal() { s.t.Helper(); s.Write("sys/seal", nil) }

// Unseal opens it again.
func (s *Server) Unseal() {
	s.t.Helper()
	s.call("PUT", "sys/unseal", map[string]string{"key": s.share}, nil)
	s.await("health")
}

// Write writes to a path of the API, such as transit/keys/acme/rotate, as its administrator.
func (s *Server) Write(path string, body any) { s.t.Helper(); s.call("POST", path, body, nil) }

// Delete deletes what is at a path.
func (s *Server) Delete(path string) { s.t.Helper(); s.call("DELETE", path, nil, nil) }

// Policy makes or changes a policy.
func (s *Server) Policy(name, rules string) {
	s.t.Helper()
	s.Write("sys/policies/acl/"+name, map[string]string{"policy": rules})
}

// Token returns a new token of a policy.
func (s *Server) Token(policy string) string {
	s.t.Helper()
	var made struct {
		Auth struct {
			ClientToken string `json:"client_token"`
		}
	}
	s.call("POST", "auth/token/create", map[string]any{"policies": []string{policy}, "no_default_policy": true}, &made)
	return made.Auth.ClientToken
}

// Revoke ends a token.
func (s *Server) Revoke(token string) {
	s.t.Helper()
	s.Write("auth/token/revoke", map[string]string{"token": token})
}

func (s *Server) call(method, path string, body, result any) {
	s.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	r, err := http.NewRequest(method, s.URL+"/v1/"+path, bytes.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("X-Vault-Token", s.root)
	r.Header.Set("X-Vault-Request", "true")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	var answer bytes.Buffer
	if _, err := answer.ReadFrom(response.Body); err != nil {
		s.t.Fatal(err)
	}
	if response.StatusCode >= 300 {
		s.t.Fatalf("%s %s: %d %s", method, path, response.StatusCode, answer.Bytes())
	}
	if result != nil {
		if err := json.Unmarshal(answer.Bytes(), result); err != nil {
			s.t.Fatal(err)
		}
	}
}
