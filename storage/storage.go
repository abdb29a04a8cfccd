// Package storage is the port through which everything durable is read and written.
//
// A driver promises atomicity for one record and nothing more: insert-if-absent, compare-and-set
// and delete-if-unchanged, each durable before it returns. No call spans two records, so bbolt,
// a standalone MongoDB, a replica set, a sharded cluster and FerretDB can all be drivers.
// What must agree lives in one record; protocols over several records are idempotent and are
// finished by a sweep.
//
// Every call names the account whose data it touches. Records of one account cannot be reached
// through another account's [Space].
//
// The contract is executable: see package storagetest.
package storage

import (
	"context"
	"errors"
	"io"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Account identifies the tenant that owns a record: 1 to 63 of [a-z0-9-].
type Account string

// System is the account under which records of the installation itself are kept.
const System Account = "-system"

// Collection is a family of records with one life cycle. Drivers create its indexes at start.
type Collection string

// The collections there are.
const (
	Accounts    Collection = "accounts"
	Credentials Collection = "credentials"
	Schemas     Collection = "schemas"
	Documents   Collection = "documents"
	Versions    Collection = "versions"
	Claims      Collection = "claims"
	Audit       Collection = "audit"
	Keys        Collection = "keys" // wrapped keys; in a database that holds nothing else
)

// Collections lists every collection, in a fixed order.
var Collections = []Collection{Accounts, Credentials, Schemas, Documents, Versions, Claims, Audit, Keys}

// Space is where a set of records lives. Part divides a collection further, for instance by
// entity; it may be empty, and holds no NUL and no '/'.
type Space struct {
	Account    Account
	Collection Collection
	Part       string
}

// Record is the unit of atomicity.
type Record struct {
	// ID is unique within the space: 1 to 256 bytes of printable ASCII. Scans run in byte order of it.
	ID string
	// Rev is the revision that compare-and-set compares. The writer chooses it; it is not empty
	// and differs between any two writes of one record.
	Rev string
	// Owner is the id of the record's owner, or empty.
	Owner string
	// Keys are opaque index entries by which Find finds the record. Not unique. At most 64, of at
	// most 256 bytes of printable ASCII each.
	Keys []string
	// Expires ends the record's life, in milliseconds' resolution; zero means never. From that
	// moment no read returns the record and an insert may take its place.
	Expires time.Time
	// Body is the content, one BSON document. Its order of elements is kept. A read returns a record without
	// one where what is stored of it cannot be read: then all but ID may be missing.
	Body bson.Raw
}

// Page selects a stretch of an ordered scan.
type Page struct {
	Prefix string // only ids that begin with it
	After  string // only ids behind it (before it when Desc), exclusive; empty starts at the end that the order begins with
	Desc   bool   // from the greatest id down
	Limit  int    // at most so many records; 1 to 10,000
	// Memory, unless nil, may be used for the bodies of the records found: they are good until it is
	// used again.
	Memory *Memory
}

// Memory is lent to reads one after another.
type Memory struct {
	// Bytes are a driver's to use, and to exchange for more.
	Bytes []byte
}

// Located names a record across accounts.
type Located struct {
	Space Space
	ID    string
	Rev   string
}

var (
	// ErrNotFound says that there is no such record (or that it has expired).
	ErrNotFound = errors.New("storage: not found")
	// ErrExists says that an insert found a record in its place.
	ErrExists = errors.New("storage: already exists")
	// ErrConflict says that the record's revision is not the expected one.
	ErrConflict = errors.New("storage: revision conflict")
	// ErrUnavailable says that the store cannot be reached or cannot write at present. Reads may
	// be tried again; a write's outcome is unknown unless the driver could prove otherwise.
	ErrUnavailable = errors.New("storage: unavailable")
	// ErrTooLarge says that a record is larger than the store takes (15 MiB at least are taken).
	ErrTooLarge = errors.New("storage: record too large")
	// ErrInUse says that another process has the store open.
	ErrInUse = errors.New("storage: in use by another process")
	// ErrDamaged says that the store itself is damaged where something was looked for: no record can be read there.
	ErrDamaged = errors.New("storage: the store is damaged")
	// ErrNewer says that the data was written by a newer release than this one understands.
	ErrNewer = errors.New("storage: data of a newer release")
)

// Store is a driver. All methods are safe for concurrent use. Returned records are the caller's:
// they do not alias the driver's memory, but for memory that is lent. Errors wrap the sentinels above, or the context's error: a
// write that ends so may have happened or may still happen. A call that breaks a limit fails with
// [ErrInvalid], one to a closed store with [ErrUnavailable].
type Store interface {
	// Get returns one record, or ErrNotFound.
	Get(ctx context.Context, in Space, id string) (Record, error)

	// GetMany returns the records of ids in the order of ids, with a zero Record for each that is
	// absent. It is one indexed look-up, whatever the number of ids (at most 10,000). The memory, unless
	// nil, may be used as that of a Page.
	GetMany(ctx context.Context, in Space, ids []string, m *Memory) ([]Record, error)

	// Insert writes r if no record has its id, else ErrExists. When it returns nil the record
	// survives the loss of the process and, as far as the store can promise, of the machine.
	Insert(ctx context.Context, in Space, r Record) error

	// Replace writes r in place of the record with the same id, provided its revision is prev.
	// ErrNotFound if there is none, ErrConflict if the revision differs. Durable as Insert.
	Replace(ctx context.Context, in Space, r Record, prev string) error

	// Delete removes a record, provided its revision is prev; an empty prev removes any revision.
	// ErrNotFound if there is none, ErrConflict if the revision differs. Durable as Insert. Unlike
	// every other call it also sees a record that has expired, since this is how it is swept.
	Delete(ctx context.Context, in Space, id, prev string) error

	// Scan returns a stretch of the space in order of id. Fewer than Limit records mean the end.
	Scan(ctx context.Context, in Space, p Page) ([]Record, error)

	// Find returns, for each key in the order of keys, the records that carry it among their Keys,
	// in order of id, at most limit each. It is one indexed look-up (at most 1,000 keys).
	Find(ctx context.Context, in Space, keys []string, limit int) ([][]Record, error)

	// Owned returns, for each owner in the order of owners, a stretch of the records it owns in
	// order of id. p.Prefix must be empty; p.After and p.Limit hold for each owner by itself.
	Owned(ctx context.Context, in Space, owners []string, p Page) ([][]Record, error)

	// Expired returns at most limit records of a collection, of any account, whose life has ended.
	Expired(ctx context.Context, c Collection, limit int) ([]Located, error)

	// Backup writes a consistent copy of the store that the same driver can open again. A driver
	// whose server has its own tools for it answers errors.ErrUnsupported.
	Backup(ctx context.Context, w io.Writer) error

	// Ping reports whether the store can serve requests now.
	Ping(ctx context.Context) error

	// Close releases the store. Calls under way finish first.
	Close() error
}

// Verifier is a Store that can tell whether what it keeps beside its records, to find them by, agrees with them.
type Verifier interface {
	// Verify calls report with each disagreement. The place names no record where none is concerned.
	Verify(ctx context.Context, report func(in Located, problem string)) error
}

// Scrubber is a Store whose deleted and replaced records can be made to leave no trace. How long those of
// others do is up to their server.
type Scrubber interface {
	// Scrub returns when nothing is left in the store of what records held that were replaced or deleted
	// before the call. Backups made before keep it. It fails with ErrUnavailable while it would disturb
	// others, and may be tried again.
	Scrub(ctx context.Context) error
}
