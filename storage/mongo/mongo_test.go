package mongo_test

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/storage/mongo"
	"github.com/profilegraph/profilegraph/storage/storagetest"
)

const serverEnv = "PROFILEGRAPH_TEST_MONGODB_URI"

var profiles = storage.Space{Account: "acme", Collection: storage.Documents, Part: "profile"}

// database returns the server's URI and a database of the test's own, which ends with it.
func database(t testing.TB) (uri string, db *driver.Database) {
	t.Helper()
	uri = os.Getenv(serverEnv)
	if uri == "" {
		t.Skipf("%s names no MongoDB-compatible server", serverEnv)
	}
	client, err := driver.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	db = client.Database(fmt.Sprintf("profilegraph_test_%08x", rand.Uint32()))
	t.Cleanup(func() {
		if err := errors.Join(db.Drop(context.Background()), client.Disconnect(context.Background())); err != nil {
			t.Error(err)
		}
	})
	return uri, db
}

func open(t testing.TB, o mongo.Options) *mongo.Store {
	t.Helper()
	s, err := mongo.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// behindProxy returns a store that reaches the server through a proxy.
func behindProxy(t *testing.T) (*mongo.Store, *proxy, *driver.Database) {
	t.Helper()
	uri, db := database(t)
	opts := options.Client().ApplyURI(uri)
	if len(opts.Hosts) != 1 || opts.TLSConfig != nil || strings.HasPrefix(uri, "mongodb+srv:") {
		t.Skip("the proxy of this test can stand in front of one server without TLS only")
	}
	p := newProxy(t, opts.Hosts[0])
	through := strings.Replace(uri, opts.Hosts[0], p.listener.Addr().String(), 1)
	if !strings.Contains(through, "?") {
		through = strings.TrimSuffix(through, "/") + "/?directConnection=true"
	}
	return open(t, mongo.Options{URI: through, Database: db.Name()}), p, db
}

func record(id, rev string) storage.Record {
	body, err := bson.Marshal(bson.D{{Key: "id", Value: id}, {Key: "blob", Value: make([]byte, 800)}})
	if err != nil {
		panic(err) // only a mistake in the test can cause it
	}
	return storage.Record{ID: id, Rev: rev, Owner: "owner", Keys: []string{"key-" + id}, Body: body}
}

func fill(t testing.TB, s storage.Store, n int, make func(i int) storage.Record) {
	t.Helper()
	const writers = 16
	errs := [writers]error{}
	var wg sync.WaitGroup
	for worker := range writers {
		wg.Go(func() {
			for i := worker; i < n && errs[worker] == nil; i += writers {
				errs[worker] = s.Insert(t.Context(), profiles, make(i))
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
}

func TestContract(t *testing.T) {
	storagetest.Run(t, func(t *testing.T, now func() time.Time) storage.Store {
		uri, db := database(t)
		return open(t, mongo.Options{URI: uri, Database: db.Name(), Now: now})
	})
}

func TestCrash(t *testing.T) {
	uri, db := database(t)
	storagetest.Crash(t, func(t *testing.T, dir string) storage.Store {
		// The directory names the database that the killed process and this one share.
		name := fmt.Sprintf("profilegraph_test_%x", crc32.ChecksumIEEE([]byte(dir)))
		t.Cleanup(func() {
			if err := db.Client().Database(name).Drop(context.Background()); err != nil {
				t.Error(err)
			}
		})
		return open(t, mongo.Options{URI: uri, Database: name})
	})
}

func TestBackup(t *testing.T) {
	uri, db := database(t)
	err := open(t, mongo.Options{URI: uri, Database: db.Name()}).Backup(t.Context(), io.Discard)
	if !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("backup: %v", err)
	}
}

// TestOpenAgain opens one database from many instances at once, and again when it is there.
func TestOpenAgain(t *testing.T) {
	uri, db := database(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			s, err := mongo.Open(t.Context(), mongo.Options{URI: uri, Database: db.Name()})
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s := open(t, mongo.Options{URI: uri, Database: db.Name()})
	if err := s.Insert(t.Context(), profiles, record("one", "r1")); err != nil {
		t.Error(err)
	}
}

func TestNewerFormat(t *testing.T) {
	uri, db := database(t)
	open(t, mongo.Options{URI: uri, Database: db.Name()})
	newer := bson.D{{Key: "$inc", Value: bson.D{{Key: "version", Value: 1}}}}
	if _, err := db.Collection("meta").UpdateByID(t.Context(), "format", newer); err != nil {
		t.Fatal(err)
	}
	if _, err := mongo.Open(t.Context(), mongo.Options{URI: uri, Database: db.Name()}); !errors.Is(err, storage.ErrNewer) {
		t.Errorf("open: %v", err)
	}
}

// TestReadable looks at a record as someone with the server's own tools sees it.
func TestReadable(t *testing.T) {
	uri, db := database(t)
	s := open(t, mongo.Options{URI: uri, Database: db.Name()})
	r := record("one", "r1")
	r.Body = mustMarshal(t, bson.D{{Key: "name", Value: "x"}})
	r.Expires = time.Date(2100, 1, 2, 3, 4, 5, 0, time.UTC)
	if err := s.Insert(t.Context(), profiles, r); err != nil {
		t.Fatal(err)
	}
	got, err := db.Collection("documents").FindOne(t.Context(), bson.D{}).Raw()
	if err != nil {
		t.Fatal(err)
	}
	want := mustMarshal(t, bson.D{
		{Key: "_id", Value: "acme/profile/one"},
		{Key: "rev", Value: "r1"},
		{Key: "owner", Value: "acme/profile/owner"},
		{Key: "keys", Value: bson.A{"acme/profile/key-one"}},
		{Key: "expires", Value: bson.NewDateTimeFromTime(r.Expires)},
		{Key: "body", Value: bson.D{{Key: "name", Value: "x"}}},
	})
	if !slices.Equal(got, want) {
		t.Errorf("stored %v\nwant   %v", got, want)
	}
}

func mustMarshal(t testing.TB, d bson.D) bson.Raw {
	t.Helper()
	b, err := bson.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestOpenFailures(t *testing.T) {
	const secret = "hunter2"
	tests := []struct {
		name, uri string
		want      error
	}{
		{"nobody listens", "mongodb://user:" + secret + "@127.0.0.1:1/", storage.ErrUnavailable},
		{"no such host", "mongodb://user:" + secret + "@host.invalid/", storage.ErrUnavailable},
		{"no URI", "", storage.ErrInvalid},
		{"other scheme", "http://user:" + secret + "@127.0.0.1/", storage.ErrInvalid},
		{"password not encoded", "mongodb://user:" + secret + "%zz@127.0.0.1/", storage.ErrInvalid},
		{"slash in the password", "mongodb://user:/" + secret + "@127.0.0.1/", storage.ErrInvalid},
		{"at sign in the password", "mongodb://user:a@" + secret + "@127.0.0.1/", storage.ErrInvalid},
		{"unknown option value", "mongodb://user:" + secret + "@127.0.0.1/?w=-2", storage.ErrInvalid},
		{"bad host", "mongodb://user:" + secret + "@127.0.0.1:99999999/", storage.ErrInvalid},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := mongo.Open(t.Context(), mongo.Options{URI: test.uri})
			if !errors.Is(err, test.want) {
				t.Fatalf("error %v, want %v", err, test.want)
			}
			if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "%zz") {
				t.Errorf("the error tells the password: %v", err)
			}
		})
	}
}

// TestFaults breaks connections at random under 16 writers, each of which inserts, replaces and
// deletes: no error may surface, nothing acknowledged may be lost, nothing may happen twice.
func TestFaults(t *testing.T) {
	s, p, _ := behindProxy(t)
	const writers, rounds = 16, 12
	if err := s.Insert(t.Context(), profiles, record("counter", "0")); err != nil {
		t.Fatal(err)
	}
	p.setCutting(0.005)
	var increments, unknown [writers]int
	var wg sync.WaitGroup
	for worker := range writers {
		wg.Go(func() {
			for i := range rounds {
				id := fmt.Sprintf("%02d-%02d", worker, i)
				if err := s.Insert(t.Context(), profiles, record(id, "r1")); err != nil {
					t.Errorf("insert: %v", err)
				}
				if err := s.Replace(t.Context(), profiles, record(id, "r2"), "r1"); err != nil {
					t.Errorf("replace: %v", err)
				}
				if i%5 == 0 {
					if err := s.Delete(t.Context(), profiles, id, "r2"); err != nil {
						t.Errorf("delete: %v", err)
					}
				}
				switch done, err := increment(t, s); {
				case done:
					increments[worker]++
				case errors.Is(err, storage.ErrUnavailable):
					unknown[worker]++
				case err != nil:
					t.Errorf("increment: %v", err)
				}
			}
		})
	}
	wg.Wait()
	p.setCutting(0)
	t.Logf("%d connections were broken", p.cuts())
	if p.cuts() == 0 {
		t.Error("no connection was broken")
	}
	for worker := range writers {
		var ids, want []string
		for i := range rounds {
			id := fmt.Sprintf("%02d-%02d", worker, i)
			ids, want = append(ids, id), append(want, "r2")
			if i%5 == 0 {
				want[i] = ""
			}
		}
		got, err := s.GetMany(t.Context(), profiles, ids, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range got {
			if r.Rev != want[i] {
				t.Errorf("%s is at revision %q, want %q", ids[i], r.Rev, want[i])
			}
		}
	}
	counter, err := s.Get(t.Context(), profiles, "counter")
	if err != nil {
		t.Fatal(err)
	}
	var got, least, most int
	if _, err := fmt.Sscanf(counter.Rev, "%d", &got); err != nil {
		t.Fatal(err)
	}
	for worker := range writers {
		least += increments[worker]
		most += increments[worker] + unknown[worker]
	}
	if got < least || got > most {
		t.Errorf("the counter is at %d after %d to %d increments", got, least, most)
	}
}

// increment tries once to count further. Under contention a conflict is no error, and an outcome
// that the driver cannot prove is reported as such.
func increment(t *testing.T, s storage.Store) (done bool, err error) {
	current, err := s.Get(t.Context(), profiles, "counter")
	if err != nil {
		return false, err
	}
	var n int
	if _, err := fmt.Sscanf(current.Rev, "%d-", &n); err != nil {
		if _, err := fmt.Sscanf(current.Rev, "%d", &n); err != nil {
			return false, err
		}
	}
	// The tail makes the revision this writer's own.
	err = s.Replace(t.Context(), profiles, record("counter", fmt.Sprintf("%d-%08x", n+1, rand.Uint32())), current.Rev)
	if errors.Is(err, storage.ErrConflict) {
		return false, nil
	}
	return err == nil, err
}

// TestServerGoesAway expects a clear error within the retry window, and service when it is back.
func TestServerGoesAway(t *testing.T) {
	s, p, _ := behindProxy(t)
	if err := s.Insert(t.Context(), profiles, record("one", "r1")); err != nil {
		t.Fatal(err)
	}
	p.setDown(true)
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := s.Get(t.Context(), profiles, "one"); !errors.Is(err, storage.ErrUnavailable) {
			t.Errorf("get: %v", err)
		}
	})
	wg.Go(func() {
		if err := s.Insert(t.Context(), profiles, record("two", "r1")); !errors.Is(err, storage.ErrUnavailable) {
			t.Errorf("insert: %v", err)
		}
	})
	wg.Wait()
	p.setDown(false)
	if _, err := s.Get(t.Context(), profiles, "one"); err != nil {
		t.Errorf("get when the server is back: %v", err)
	}
	if err := s.Insert(t.Context(), profiles, record("two", "r1")); err != nil {
		t.Errorf("insert when the server is back: %v", err)
	}
}

// A record that was damaged is found without its content, among others that are as they were, and can be removed.
func TestDamage(t *testing.T) {
	uri, db := database(t)
	s := open(t, mongo.Options{URI: uri, Database: db.Name()})
	fill(t, s, 4, func(i int) storage.Record {
		r := record(fmt.Sprint(i), "r")
		r.Owner, r.Keys = "o", []string{"k"}
		return r
	})
	for id, field := range map[string]string{"0": "body", "1": "rev", "2": "keys"} {
		result, err := db.Collection(string(storage.Documents)).UpdateByID(t.Context(), "acme/profile/"+id, bson.M{"$set": bson.M{field: 7}})
		if err != nil || result.ModifiedCount != 1 {
			t.Fatal(result, err)
		}
	}
	all, err := s.Scan(t.Context(), profiles, storage.Page{Limit: 10})
	if err != nil || len(all) != 4 {
		t.Fatalf("%d records: %v", len(all), err)
	}
	owned, err := s.Owned(t.Context(), profiles, []string{"o"}, storage.Page{Limit: 10})
	if err != nil || len(owned[0]) != 4 {
		t.Errorf("%d are owned: %v", len(owned[0]), err)
	}
	for i, r := range all {
		if sound := i == 3; r.ID != fmt.Sprint(i) || sound != (r.Body != nil) {
			t.Errorf("there is %+v", r)
		}
		if err := s.Delete(t.Context(), profiles, r.ID, r.Rev); err != nil {
			t.Error(err)
		}
	}
}
