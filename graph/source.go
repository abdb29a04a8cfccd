package graph

import (
	"context"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/schema"
)

// Source is where the engine gets documents from and where it sends changes to. One Source serves
// one request and acts for that request's principal.
//
// Whatever a Source returns goes to the client as it is: masking, permission and audit happen
// behind it.
type Source interface {
	// Read answers the reads that one level of a query needs, together, so that the source can
	// batch them. The result has one element for each read, in the same order. The reads are the
	// engine's again once Read returns; the results are the engine's until Execute returns.
	Read(ctx context.Context, reads []Read) []Result
	// Write carries out one mutation.
	Write(ctx context.Context, w Write) Result
}

// Extender is a Source that adds to the extensions of the answer, once all has been read and written.
type Extender interface {
	Extensions() []Extension
}

// Extension is a member of an answer's extensions; its value is one that encoding/json can write.
type Extension struct {
	Name  string
	Value any
}

// ReadKind says what a Read asks for.
type ReadKind int

// The kinds of reads.
const (
	ByID      ReadKind = iota + 1 // the document with ID
	ByKey                         // the document whose Key is Value
	List                          // documents of a root entity or an owned one, in order of id
	Owned                         // documents owned by Owner, in order of id
	Versions                      // the versions of document ID, newest first
	ByVersion                     // version Version of document ID
	Diff                          // what differs between versions From and To of document ID
)

// Read is one question.
type Read struct {
	Kind     ReadKind
	Entity   *schema.Entity
	ID       string
	Owner    string
	Key      *schema.Field
	Value    any // JSON value, coerced to the key's type
	Version  string
	From, To string
	First    int    // at most so many, at least 1
	After    string // Cursor of the node to start behind, or empty
	// Fields are the entity's top-level fields that the answer needs, by Slot. A source need not
	// provide, mask or decrypt any other.
	Fields schema.FieldSet
	// Sensitive are the paths of the sensitive fields among them, in no certain order: GraphQL names
	// joined by '.', list indexes left out, nothing below a field that is sensitive as a whole.
	// Those that stay masked whoever asks are not among them.
	Sensitive []string
	// Unmask are those paths that the client wants to see in clear, by the reason given.
	Unmask []Unmask
	// Pins says that the answer needs the pins of the documents.
	Pins bool
}

// Unmask is why a client wants to see sensitive fields in clear, and which.
type Unmask struct {
	Reason     string
	Purpose    string // empty: none given
	OnBehalfOf string // empty: none given
	Fields     []string
}

// WriteKind says what a Write does.
type WriteKind int

// The kinds of writes.
const (
	Create WriteKind = iota + 1
	Update           // merge patch, RFC 7396: null removes, absent leaves untouched; but a union is replaced whole, as a list is
	Delete
	Promote // a Prospect becomes a Profile with the same id; Input overrides what the prospect held
)

// Write is one mutation.
type Write struct {
	Kind      WriteKind
	Entity    *schema.Entity
	ID        string
	Owner     string
	Input     map[string]any  // JSON properties (not GraphQL names), values as encoding/json gives them with UseNumber; the source may change it
	IfVersion string          // expected version, or empty
	TTLDays   *int            // nil: the schema's default
	Fields    schema.FieldSet // as in Read, of the document returned; so are Sensitive and Unmask
	Sensitive []string
	Unmask    []Unmask
	Pins      bool
}

// Result answers a Read or a Write.
type Result struct {
	// Nodes are the documents found: none or one, or a page of them.
	Nodes []Node
	// HasNext and HasPrevious tell whether there are documents beyond the page.
	HasNext, HasPrevious bool
	// Changes answer a Diff.
	Changes []Change
	// Refused is the reason why fields stay masked that the client wanted in clear. The answer is
	// given nevertheless. As for Err, only an *Error is shown.
	Refused error
	// Err is the reason why there is no answer. An *Error is shown to the client; any other becomes
	// an internal error with the request's id.
	Err error
}

// Node is one document as the client may see it.
type Node struct {
	ID     string
	Owner  string
	Cursor string // where the node stands in its list; opaque to the engine
	Meta   Meta
	// Body holds the fields asked for by JSON property name, in the stored form (see
	// schema.Entity.Encode), masked values in place of those the client may not see, undefined in
	// place of those that cannot be read, and MinKey in place of those that do not fit their type.
	Body bson.Raw
	// Fault, unless nil, is why there are values that cannot be read: all of them if Body is empty, and
	// Meta too if that has no Version. Each fails alone. As for Result.Err, only an *Error is shown.
	Fault error
	// Kept, unless nil, is where the engine keeps how it wrote the node. A source that gives a Kept
	// again says that ID, Owner, Meta and Body are what they were.
	Kept *atomic.Value
}

// Meta is what the server itself knows of a document.
type Meta struct {
	Version string
	Pin     string // the id, pinned to the version, if it was asked for
	Author  string
	Created time.Time
	Updated time.Time
	Expires time.Time // zero: never
	Masked  []string  // paths of the fields masked in this answer, GraphQL names joined by '.'
}

// Change is one difference between two versions. Values are masked like any other.
type Change struct {
	Path string // GraphQL names joined by '.'
	Kind string // ADDED, REMOVED or CHANGED
	From any    // JSON values; nil when absent
	To   any
}

// Error is an error that a client may see. It never holds a value that a request or a document held.
type Error struct {
	Code       string // machine-readable, in extensions.code
	Message    string
	Extensions map[string]any // further extensions, or nil
}

func (e *Error) Error() string { return e.Message }
