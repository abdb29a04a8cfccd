package storagetest

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/profilegraph/profilegraph/storage"
)

// crashEnv tells a process that it is the one to be killed, and where the data is.
const crashEnv = "PROFILEGRAPH_STORAGETEST_CRASH"

// Crash kills a process without warning in the midst of concurrent writes and expects to find, when
// the store is opened again, everything that was acknowledged before. The process is the test
// binary itself, run again for the one test that calls Crash, so that test should do nothing else.
// open opens the store in dir.
func Crash(t *testing.T, open func(t *testing.T, dir string) storage.Store) {
	if dir := os.Getenv(crashEnv); dir != "" {
		writeUntilKilled(t, open(t, dir))
		return
	}
	dir := t.TempDir()
	acknowledged := map[string]int{}
	for round := range 3 {
		before := len(acknowledged)
		runAndKill(t, dir, round, 300*(round+1), acknowledged)
		t.Logf("round %d: killed after %d records", round, len(acknowledged)-before)
		verify(t, open(t, dir), acknowledged)
	}
}

// A record's life in this test: inserted, replaced, and every third deleted.
const (
	inserted = 1 + iota
	replaced
	deleted
)

var crashSpace = storage.Space{Account: "crash", Collection: storage.Documents, Part: "profile"}

func dies(id string) bool { return strings.HasSuffix(id, "0") || strings.HasSuffix(id, "5") }

func crashRecord(id string, stage int) storage.Record {
	r := record(id, fmt.Sprint("r", stage), fmt.Sprintf("%s-%d", id, stage))
	r.Owner = id
	return r
}

// writeUntilKilled writes with 16 writers and prints every step after the store acknowledged it.
func writeUntilKilled(t *testing.T, s storage.Store) {
	round := os.Getenv(crashEnv + "_ROUND")
	parallel(t, 16, func(worker int) error {
		for i := 0; ; i++ {
			id := fmt.Sprintf("%s-%02d-%05d", round, worker, i)
			if err := s.Insert(t.Context(), crashSpace, crashRecord(id, inserted)); err != nil {
				return err
			}
			fmt.Printf("acknowledged %s %d\n", id, inserted)
			if err := s.Replace(t.Context(), crashSpace, crashRecord(id, replaced), "r1"); err != nil {
				return err
			}
			fmt.Printf("acknowledged %s %d\n", id, replaced)
			if !dies(id) {
				continue
			}
			if err := s.Delete(t.Context(), crashSpace, id, "r2"); err != nil {
				return err
			}
			fmt.Printf("acknowledged %s %d\n", id, deleted)
		}
	})
}

// runAndKill starts the writing process, kills it after so many acknowledgements, and notes them all.
func runAndKill(t *testing.T, dir string, round, after int, acknowledged map[string]int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.timeout=2m")
	cmd.Env = append(os.Environ(), crashEnv+"="+dir, fmt.Sprintf("%s_ROUND=%d", crashEnv, round))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var other strings.Builder
	count := 0
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var id string
		var stage int
		if _, err := fmt.Sscanf(lines.Text(), "acknowledged %s %d", &id, &stage); err != nil {
			fmt.Fprintln(&other, lines.Text())
			continue
		}
		acknowledged[id] = max(acknowledged[id], stage)
		if count++; count == after {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	err = cmd.Wait()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != -1 {
		t.Fatalf("the process ended before it was killed: %v\n%s", err, other.String())
	}
}

// verify expects each record to be at the stage that was acknowledged, or at the next, and its
// index entries to agree with it.
func verify(t *testing.T, s storage.Store, acknowledged map[string]int) {
	t.Helper()
	for id, stage := range acknowledged {
		found := deleted
		switch r, err := s.Get(t.Context(), crashSpace, id); {
		case err == nil && r.Rev == "r1":
			found = inserted
		case err == nil:
			found = replaced
		case !errors.Is(err, storage.ErrNotFound):
			t.Fatal(err)
		}
		if found < stage || found > stage+1 || (found == deleted && !dies(id)) {
			t.Errorf("%s: stage %d was acknowledged, found %d", id, stage, found)
		}
		var byStage [deleted + 1][]storage.Record
		if found != deleted {
			byStage[found] = []storage.Record{crashRecord(id, found)}
		}
		keys := []string{fmt.Sprintf("%s-%d", id, inserted), fmt.Sprintf("%s-%d", id, replaced)}
		lists, err := s.Find(t.Context(), crashSpace, keys, 10)
		equal(t, "find", lists, err, byStage[inserted:deleted])
		lists, err = s.Owned(t.Context(), crashSpace, []string{id}, storage.Page{Limit: 10})
		equal(t, "owned", lists, err, [][]storage.Record{append(byStage[inserted], byStage[replaced]...)})
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
