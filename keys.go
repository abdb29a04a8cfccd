package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/profilegraph/profilegraph/audit"
	"github.com/profilegraph/profilegraph/graph/transport"
	"github.com/profilegraph/profilegraph/storage/mongo"
	"github.com/profilegraph/profilegraph/vault"
	"github.com/profilegraph/profilegraph/vault/keydb"
	"github.com/profilegraph/profilegraph/vault/kms/local"
	"github.com/profilegraph/profilegraph/vault/kms/transit"
)

// inData returns a path in the data folder, unless another was given.
func (c Config) inData(given, name string) string {
	if given != "" {
		return given
	}
	return filepath.Join(c.Data, name)
}

func missing(file string) bool {
	_, err := os.Stat(file)
	return errors.Is(err, fs.ErrNotExist)
}

// exposure tells what others than its owner may do with a folder, or "" where that is nothing.
func exposure(folder string) string {
	info, err := os.Stat(folder)
	if err != nil || runtime.GOOS == "windows" { // of which the mode says nothing
		return ""
	}
	var may []string
	for _, one := range []struct {
		bits fs.FileMode
		what string
	}{{0o022, "put files of theirs in the place of the server's"}, {0o044, "list it"}, {0o011, "open what in it is open to them"}} {
		if info.Mode().Perm()&one.bits != 0 {
			may = append(may, one.what)
		}
	}
	if may == nil {
		return ""
	}
	return fmt.Sprintf("mode %04o: others may %s", info.Mode().Perm(), strings.Join(may, ", "))
}

const exposedNotice = `
  ***  OTHERS HAVE ACCESS TO THE DATA FOLDER: %s

  It has %s.
  The server goes on. Take it from them, and what is in it:

      chmod -R go= %s

`

// openRecord opens the audit record: files beside the embedded store, or a collection of MongoDB.
func (s *server) openRecord() error {
	o := audit.Options{KeyFile: s.config.inData(s.config.AuditKeyFile, "audit.key"), AllSinks: s.config.AuditAll, Now: s.now, Logger: s.log}
	if s.config.MongodbURI != "" {
		o.Store = s.store
	} else {
		o.Dir = filepath.Join(s.config.Data, "audit")
	}
	for _, name := range s.config.AuditSink {
		sink, err := openSink(name)
		if err != nil {
			return err
		}
		o.Sinks = append(o.Sinks, sink)
	}
	if missing(o.KeyFile) && !s.isNew {
		s.log.Error("the key that signs the audit record is missing, and a new one is made: restore the old file over it, or nothing can be written to the record", "file", o.KeyFile)
	}
	var err error
	if s.record, err = audit.Open(o); err != nil {
		return err
	}
	s.closing = append(s.closing, s.record.Close)
	return nil
}

// recorder is the record as the use cases write it: each entry names the request that it belongs to.
// Clients learn only that the record cannot be written; why is logged.
type recorder struct {
	*audit.Log
	log *slog.Logger
}

func (r recorder) Append(ctx context.Context, entries ...audit.Entry) ([]audit.Receipt, error) {
	for i := range entries {
		entries[i].RequestID = transport.RequestID(ctx)
	}
	receipts, err := r.Log.Append(ctx, entries...)
	if err != nil {
		r.log.ErrorContext(ctx, "the audit record was not written; what it was to announce is refused", "request", transport.RequestID(ctx), "error", err)
	}
	return receipts, err
}

func openSink(name string) (audit.Sink, error) {
	switch path, isFile := strings.CutPrefix(name, "file:"); {
	case isFile:
		return audit.NewFileSink(path)
	case name == "stdout":
		return audit.NewWriterSink(os.Stdout), nil
	case name == "syslog":
		return audit.NewSyslogSink("", "", "profilegraph")
	}
	return nil, errors.New("an audit sink is stdout, syslog or file:PATH")
}

// openVault opens the key management system and the store of wrapped keys. When keys cannot be had
// the server starts all the same: it says so, and refuses personal data.
func (s *server) openVault(ctx context.Context) error {
	kms, err := s.openKMS()
	if err != nil {
		return err
	}
	keys, err := s.openKeys(ctx)
	if err != nil {
		return err
	}
	s.vault = vault.New(vault.Config{KMS: kms, Keys: keys, Now: s.now})
	// A new installation wraps a key of its own now, by which every later start sees whether it has
	// the right KMS. One that does not answer holds up nobody.
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	if err := s.vault.Ready(ctx); err != nil {
		s.log.Error("the server starts sealed: personal data is neither read nor written", "error", err)
	}
	return nil
}

func (s *server) openKMS() (vault.KMS, error) {
	if s.config.Transit != "" {
		return transit.New(transit.Config{Address: s.config.Transit, Mount: s.config.TransitMount, TokenFile: s.config.TransitToken})
	}
	path := s.config.inData(s.config.KEKFile, "kek.key")
	// A new key file beside keys that another one encrypts would only hide that that one is lost.
	if missing(path) && s.isNew {
		notice, err := local.Create(path)
		if err != nil && !errors.Is(err, fs.ErrExist) { // another process may be starting too
			return nil, err
		}
		s.notice = notice
	}
	kms, _ := local.Open(path) // what is wrong with the file shows at its first use
	return kms, nil
}

// openKeys opens the store of wrapped keys: a small file of its own, or a database of its own on
// MongoDB, so that no backup of the documents holds them.
func (s *server) openKeys(ctx context.Context) (vault.KeyStore, error) {
	documents, onMongo := s.store.(*mongo.Store)
	o := mongo.Options{URI: s.config.KeysURI, Now: s.now}
	switch {
	case s.config.KeysURI != "":
		if s.config.KeysURI == s.config.MongodbURI {
			return nil, errors.New("keys-uri must name another database than mongodb-uri: a backup of the documents would hold the keys")
		}
	case onMongo:
		o.URI, o.Database = s.config.MongodbURI, documents.Database()+"-keys"
	default:
		path := filepath.Join(s.config.Data, "keys.db")
		if missing(path) && !s.isNew { // a new one could open nothing of what is stored
			s.log.Error("the server starts sealed: the store of wrapped keys is missing; stop the server and restore it", "file", path)
			return nil, nil
		}
		keys, err := keydb.Open(path)
		if err != nil {
			return nil, fmt.Errorf("key store: %w", err)
		}
		s.closing = append(s.closing, keys.Close)
		return keys, nil
	}
	store, err := mongo.Open(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("key store: %w", err)
	}
	s.closing = append(s.closing, store.Close)
	return vault.StoreKeys(store), nil
}
