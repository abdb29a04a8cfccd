package audit_test

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/profilegraph/profilegraph/audit"
	"github.com/profilegraph/profilegraph/tenant"
)

// crashEnv tells a process that it is the one to be killed, and where the data is.
const crashEnv = "PROFILEGRAPH_AUDIT_CRASH"

// TestCrash kills a process without warning in the midst of concurrent appends, and expects every
// acknowledged entry, at its index and under its checkpoint, when the log is opened again.
func TestCrash(t *testing.T) {
	// On a server a killed process's database would stay behind, and what is stored is the server's matter.
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) { crash(t, k) })
	}
}

func crash(t *testing.T, k kind) {
	if dir := os.Getenv(crashEnv); dir != "" {
		appendUntilKilled(t, openLog(t, k, dir, audit.Options{}))
		return
	}
	dir := t.TempDir()
	acknowledged := map[tenant.ID]map[string]ack{"acme": {}, "other": {}}
	for round := range 3 {
		appendAndKill(t, dir, 200*(round+1), acknowledged)
		t.Run(fmt.Sprint("round", round), func(t *testing.T) {
			checkAcknowledged(t, openLog(t, k, dir, audit.Options{}), acknowledged)
		})
	}
}

type ack struct {
	index      int64
	checkpoint string
}

// appendUntilKilled has 16 appenders and prints every entry after it was acknowledged.
func appendUntilKilled(t *testing.T, l *audit.Log) {
	share(t, 16, 1<<30, func(i int) error {
		account := tenant.ID([]string{"acme", "acme", "other"}[i%3])
		id := fmt.Sprintf("%d-%d", os.Getpid(), i)
		r, err := l.Append(t.Context(), disclosure(account, id))
		if err == nil {
			fmt.Printf("ack %s %s %d %s\n", account, id, r[0].Index, base64.StdEncoding.EncodeToString([]byte(r[0].Checkpoint)))
		}
		return err
	})
}

func appendAndKill(t *testing.T, dir string, after int, acknowledged map[tenant.ID]map[string]ack) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run", "^"+strings.ReplaceAll(t.Name(), "/", "$/^")+"$")
	cmd.Env = append(os.Environ(), crashEnv+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	n := 0
	for lines := bufio.NewScanner(out); lines.Scan(); { // what it printed before it died counts too
		var account tenant.ID
		var id, note string
		var a ack
		if _, err := fmt.Sscanf(lines.Text(), "ack %s %s %d %s", &account, &id, &a.index, &note); err != nil {
			continue
		}
		text, err := base64.StdEncoding.DecodeString(note)
		if err != nil {
			continue // killed within the line
		}
		a.checkpoint = string(text)
		acknowledged[account][id] = a
		if n++; n == after {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || n < after {
		t.Fatalf("the process ended by itself after %d entries: %v", n, err)
	}
}

func checkAcknowledged(t *testing.T, l *audit.Log, acknowledged map[tenant.ID]map[string]ack) {
	t.Helper()
	for account, acks := range acknowledged {
		found := map[string]int64{}
		for _, e := range all(t, l, account) {
			found[e.ID] = e.Index
		}
		var known []string
		for id, a := range acks {
			if index, ok := found[id]; !ok || index != a.index {
				t.Errorf("%s: entry %d is lost", account, a.index)
			}
			if a.index%10 == 0 {
				known = append(known, a.checkpoint)
			}
		}
		verified(t, l, account, known...)
		if _, err := l.Append(t.Context(), disclosure(account, "afterwards")); err != nil {
			t.Error(err)
		}
		t.Logf("%s: %d acknowledged, %d found", account, len(acks), len(found))
	}
}
