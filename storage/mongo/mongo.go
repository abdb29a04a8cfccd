// Package mongo is the storage driver for MongoDB and servers that speak its protocol: standalone,
// replica set, sharded cluster, FerretDB. It uses neither transactions nor change streams.
//
// Each storage.Collection is a collection of the same name, in which a record is
//
//	{
//	  _id:     "account/part/id",
//	  rev:     "...",
//	  owner:   "account/part/owner",   // if it has one
//	  keys:    ["account/part/key"],   // if it has any
//	  expires: ISODate(...),           // if it does
//	  body:    {...}
//	}
//
// so uniqueness is that of _id, also where collections are sharded (shard them by _id, ranged or
// hashed). Writes wait for the journal of a majority; reads go to the primary and see only what a
// majority has.
//
// A write whose connection breaks is tried again for some seconds: by the record's revision the
// driver knows its own write when it meets it. Where it cannot tell whether a write happened, the
// error is storage.ErrUnavailable.
package mongo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"github.com/profilegraph/profilegraph/storage"
)

const (
	defaultDatabase = "profilegraph"
	metaCollection  = "meta"

	// formatVersion is the layout of the data. Data with a greater one are refused.
	formatVersion = 1

	// expiredFor is how long the server keeps an expired record for a sweep to find, before it
	// removes the record by itself.
	expiredFor = time.Hour

	connectTimeout = 2500 * time.Millisecond
)

// Options says where the data are.
type Options struct {
	URI      string           // mongodb:// or mongodb+srv://, with what it needs to log in
	Database string           // by default the one in the URI, else "profilegraph"
	Now      func() time.Time // by which records expire; nil is time.Now
}

// Store is a storage.Store in a database of a MongoDB server.
type Store struct {
	client   *mongo.Client
	database *mongo.Database
	now      func() time.Time

	closing sync.RWMutex // held shared by every call under way
	closed  bool
}

var _ storage.Store = (*Store)(nil)

// Open connects to the server and creates the collections' indexes where they are missing. It
// fails with storage.ErrUnavailable within seconds when the server cannot be reached or does not
// let the user in, and with storage.ErrNewer when a newer release wrote the data. No error holds
// the password.
func Open(ctx context.Context, o Options) (*Store, error) {
	s, err := connect(o)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), s.Close())
	}
	return s, nil
}

func connect(o Options) (*Store, error) {
	opts := options.Client().ApplyURI(o.URI)
	if err := opts.Validate(); err != nil {
		return nil, explainURI(o.URI)
	}
	client, err := mongo.Connect(opts.
		SetAppName("profilegraph").
		SetServerSelectionTimeout(connectTimeout).
		SetConnectTimeout(connectTimeout).
		SetReadPreference(readpref.Primary()).
		SetReadConcern(readconcern.Majority()).
		SetWriteConcern(durable()).
		SetRetryWrites(false). // call retries, and must know which attempts there were
		SetRetryReads(false))
	if err != nil {
		return nil, explainURI(o.URI)
	}
	name := o.Database
	if name == "" {
		name = databaseOf(o.URI)
	}
	s := &Store{client: client, database: client.Database(name), now: o.Now}
	if s.now == nil {
		s.now = time.Now
	}
	return s, nil
}

func durable() *writeconcern.WriteConcern {
	journaled := true
	return &writeconcern.WriteConcern{W: writeconcern.WCMajority, Journal: &journaled}
}

// explainURI says what is wrong with a URI. The driver's own message may quote the password, so
// the URI is judged again without it.
func explainURI(uri string) error {
	scheme, rest, _ := strings.Cut(uri, "://")
	authority, path := rest, ""
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		authority, path = rest[:i], rest[i:]
	}
	hosts := authority[strings.LastIndex(authority, "@")+1:]
	if strings.Contains(path, "@") {
		return fmt.Errorf("%w: URI of the MongoDB server: user name and password must be percent-encoded", storage.ErrInvalid)
	}
	path, _, _ = strings.Cut(path, "?") // options can hold secrets too
	if err := options.Client().ApplyURI(scheme + "://" + hosts + path).Validate(); err != nil {
		return fmt.Errorf("%w: URI of the MongoDB server: %w", storage.ErrInvalid, err)
	}
	return fmt.Errorf("%w: URI of the MongoDB server: the user name, the password or an option in it", storage.ErrInvalid)
}

// databaseOf returns the database that a URI names, or the default. The URI is known to be valid.
func databaseOf(uri string) string {
	_, rest, _ := strings.Cut(uri, "://")
	rest, _, _ = strings.Cut(rest, "?")
	_, path, _ := strings.Cut(rest, "/")
	if name, err := url.PathUnescape(path); err == nil && name != "" {
		return name
	}
	return defaultDatabase
}

// Database returns the name of the database that holds the records.
func (s *Store) Database() string { return s.database.Name() }

// prepare makes the database ready, or refuses it.
func (s *Store) prepare(ctx context.Context) error {
	if err := s.Ping(ctx); err != nil {
		return err
	}
	if err := s.checkServer(ctx); err != nil {
		return err
	}
	if err := s.chooseReadConcern(ctx); err != nil {
		return err
	}
	if err := s.checkFormat(ctx); err != nil {
		return err
	}
	for _, c := range storage.Collections {
		if err := s.createIndexes(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// checkServer refuses a server that is known to lose writes.
func (s *Store) checkServer(ctx context.Context) error {
	return s.call(ctx, "ask what the server is", func(ctx context.Context, _ bool) error {
		info, err := s.client.Database("admin").RunCommand(ctx, bson.D{{Key: "buildInfo", Value: 1}}).Raw()
		if answerIn(err) != nil && !transient(err) {
			return nil // it is not to say
		}
		if err == nil && losesWrites(info) {
			err = fmt.Errorf("%w: FerretDB 1 does not keep writers apart, so acknowledged writes are lost; FerretDB 2 does", storage.ErrInvalid)
		}
		return err
	})
}

// losesWrites tells, from what it says of itself, whether of several writers that replace the same version of a
// document more than one may succeed.
func losesWrites(info bson.Raw) bool {
	_, err := info.LookupErr("ferretdbVersion") // gone in FerretDB 2
	return err == nil
}

// chooseReadConcern settles for what the server has if it does not take the read concern.
func (s *Store) chooseReadConcern(ctx context.Context) error {
	return s.call(ctx, "probe the read concern", func(ctx context.Context, _ bool) error {
		err := s.database.Collection(metaCollection).FindOne(ctx, bson.D{}).Err()
		if answerIn(err) != nil && !transient(err) {
			s.database = s.client.Database(s.database.Name(), options.Database().SetReadConcern(&readconcern.ReadConcern{}))
			err = s.database.Collection(metaCollection).FindOne(ctx, bson.D{}).Err()
		}
		if errors.Is(err, mongo.ErrNoDocuments) {
			return nil
		}
		return err
	})
}

type format struct {
	ID      string `bson:"_id"`
	Version int    `bson:"version"`
}

// checkFormat compares the format of the data with this release's, and notes it in a new database.
func (s *Store) checkFormat(ctx context.Context) error {
	return s.call(ctx, "read the data format", func(ctx context.Context, _ bool) error {
		meta := s.database.Collection(metaCollection)
		found := format{ID: "format", Version: formatVersion}
		if _, err := meta.InsertOne(ctx, found); err == nil || !mongo.IsDuplicateKeyError(err) {
			return err
		}
		switch err := meta.FindOne(ctx, byID(found.ID)).Decode(&found); {
		case errors.Is(err, mongo.ErrNoDocuments):
			return errAgain // another instance has just written it
		case err != nil:
			return err
		case found.Version > formatVersion:
			return fmt.Errorf("format %d, known up to %d: %w", found.Version, formatVersion, storage.ErrNewer)
		}
		return nil
	})
}

// createIndexes is idempotent. It has no time limit but the caller's, since a server that has much
// data already takes long to build an index.
func (s *Store) createIndexes(ctx context.Context, c storage.Collection) error {
	expires := bson.D{{Key: fieldExpires, Value: 1}}
	ttl := options.Index().SetName("expires").SetExpireAfterSeconds(int32(expiredFor.Seconds()))
	indexes := s.database.Collection(string(c)).Indexes()
	_, err := indexes.CreateMany(ctx, []mongo.IndexModel{
		{Keys: bson.D{{Key: fieldKeys, Value: 1}, {Key: fieldID, Value: 1}}, Options: options.Index().SetName("keys")},
		{Keys: bson.D{{Key: fieldOwner, Value: 1}, {Key: fieldID, Value: 1}}, Options: options.Index().SetName("owner")},
	})
	if err == nil {
		_, err = indexes.CreateOne(ctx, mongo.IndexModel{Keys: expires, Options: ttl})
		if answerIn(err) != nil && !transient(err) { // it removes nothing by itself, or is not to
			_, err = indexes.CreateOne(ctx, mongo.IndexModel{Keys: expires, Options: options.Index().SetName("expires")})
		}
	}
	if err != nil {
		return fmt.Errorf("create indexes: %w", sentinel(err))
	}
	return nil
}

// Backup implements storage.Store. It fails with errors.ErrUnsupported: use the server's tools.
func (s *Store) Backup(context.Context, io.Writer) error {
	return fmt.Errorf("backup: %w: use the tools of the MongoDB server", errors.ErrUnsupported)
}

// Ping implements storage.Store. It tries once.
func (s *Store) Ping(ctx context.Context) error {
	return s.callWithin(ctx, 0, "ping", func(ctx context.Context, _ bool) error {
		return s.client.Ping(ctx, readpref.Primary())
	})
}

// Close implements storage.Store. Closing twice is harmless.
func (s *Store) Close() error {
	s.closing.Lock()
	defer s.closing.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	if err := s.client.Disconnect(context.Background()); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}
