package tenant_test

import (
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/storage/bolt"
	"github.com/profilegraph/profilegraph/tenant"
)

func open(t *testing.T) storage.Store {
	t.Helper()
	store, err := bolt.Open(bolt.Options{Path: filepath.Join(t.TempDir(), "test.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

func TestNames(t *testing.T) {
	r := tenant.New(open(t), time.Now)
	long := strings.Repeat("a", 63)
	for _, id := range []string{"a", "shop", "shop-2", "a-b-c", long} {
		a, err := r.Create(t.Context(), tenant.ID(id), "")
		if err != nil || a.Name != id || a.Suspended {
			t.Errorf("%q: %v %v", id, a, err)
		}
		if _, err := r.Create(t.Context(), tenant.ID(id), ""); !errors.Is(err, tenant.ErrExists) {
			t.Errorf("%q again: %v", id, err)
		}
	}
	for _, id := range []string{"", "-", "-a", "a-", "1a", "A", "a_b", "a.b", "a/b", "a b", "a\x00", "ä", long + "a", string(storage.System)} {
		if _, err := r.Create(t.Context(), tenant.ID(id), ""); !errors.Is(err, tenant.ErrInvalid) {
			t.Errorf("create %q: %v", id, err)
		}
		if _, err := r.Get(t.Context(), tenant.ID(id)); !errors.Is(err, tenant.ErrNotFound) {
			t.Errorf("get %q: %v", id, err)
		}
	}
	for _, name := range []string{strings.Repeat("n", 201), "\xff"} {
		if _, err := r.Create(t.Context(), "named", name); !errors.Is(err, tenant.ErrInvalid) {
			t.Errorf("name %q: %v", name, err)
		}
	}
}

// Changes of different properties at the same time do not undo each other.
func TestUpdatesAtOnce(t *testing.T) {
	store := open(t)
	if _, err := tenant.New(store, time.Now).Create(t.Context(), "shop", "Old"); err != nil {
		t.Fatal(err)
	}
	name, yes := "New", true
	var both sync.WaitGroup
	for _, c := range []tenant.Changes{{Name: &name}, {Suspended: &yes}} {
		both.Go(func() {
			if _, err := tenant.New(store, time.Now).Update(t.Context(), "shop", c); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	r := tenant.New(store, time.Now)
	a, err := r.Get(t.Context(), "shop")
	if err != nil || a.Name != "New" || !a.Suspended {
		t.Errorf("%+v %v", a, err)
	}
	if _, err := r.Active(t.Context(), "shop"); !errors.Is(err, tenant.ErrSuspended) {
		t.Error(err)
	}
	if _, err := r.Update(t.Context(), "none", tenant.Changes{Name: &name}); !errors.Is(err, tenant.ErrNotFound) {
		t.Error(err)
	}
	empty := ""
	if _, err := r.Update(t.Context(), "shop", tenant.Changes{Name: &empty}); !errors.Is(err, tenant.ErrInvalid) {
		t.Error(err)
	}
}

func TestList(t *testing.T) {
	r := tenant.New(open(t), time.Now)
	for _, id := range []tenant.ID{"c", "a", "b"} {
		if _, err := r.Create(t.Context(), id, ""); err != nil {
			t.Fatal(err)
		}
	}
	for after, want := range map[tenant.ID]string{"": "ab", "a": "bc", "b": "c", "c": "", "aa": "bc"} {
		list, err := r.List(t.Context(), after, 2)
		got := ""
		for _, a := range list {
			got += string(a.ID)
		}
		if err != nil || got != want {
			t.Errorf("behind %q: %s %v", after, got, err)
		}
	}
}
