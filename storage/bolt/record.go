package bolt

import (
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"time"

	"github.com/profilegraph/profilegraph/storage"
)

// The layout. A collection has four buckets, and all four change in one transaction:
//
//	records   account 0 part 0 id        -> record
//	keys      account 0 part 0 key 0 id  -> nothing
//	owners    account 0 part 0 owner 0 id -> nothing
//	expiry    milliseconds, then the key in records -> nothing
//
// 0 is a NUL byte, which none of the parts can hold.
type kind int

const (
	records kind = iota
	keys
	owners
	expiry
)

var kinds = []kind{records, keys, owners, expiry}

func bucketName(c storage.Collection, k kind) []byte {
	return []byte(string(c) + [...]string{"", ".keys", ".owners", ".expiry"}[k])
}

// appendSpace appends what the keys of all records of a space begin with.
func appendSpace(b []byte, in storage.Space) []byte {
	b = append(b, in.Account...)
	b = append(b, 0)
	b = append(b, in.Part...)
	return append(b, 0)
}

// appendEntry appends what the index entries of one key, or of one owner, begin with.
func appendEntry(b []byte, in storage.Space, value string) []byte {
	b = appendSpace(b, in)
	b = append(b, value...)
	return append(b, 0)
}

// appendExpiry appends the beginning of an expiry entry, so that entries sort by time.
func appendExpiry(b []byte, millis int64) []byte {
	return binary.BigEndian.AppendUint64(b, uint64(millis)^(1<<63))
}

// splitExpiry takes an expiry entry apart.
func splitExpiry(entry []byte, c storage.Collection) (millis int64, in storage.Space, id string, err error) {
	if len(entry) < 8 {
		return 0, in, "", errCorrupt
	}
	millis = int64(binary.BigEndian.Uint64(entry) ^ (1 << 63))
	account, rest, ok := strings.Cut(string(entry[8:]), "\x00")
	part, id, ok2 := strings.Cut(rest, "\x00")
	if !ok || !ok2 {
		return 0, in, "", errCorrupt
	}
	return millis, storage.Space{Account: storage.Account(account), Collection: c, Part: part}, id, nil
}

// successor is the smallest key behind all that begin with prefix. prefix is changed and returned;
// its last byte is a NUL or printable.
func successor(prefix []byte) []byte {
	prefix[len(prefix)-1]++
	return prefix
}

// A stored record is
//
//	format byte | expires, 8 bytes | length of head | head | body
//
// and its head is a sequence of length-prefixed strings: rev, owner, keys. It becomes one
// string when it is read, of which rev, owner and keys are parts.
const recordFormat = 1

// never is the stored form of a zero Expires.
const never = math.MaxInt64

var errCorrupt = errors.New("a stored record is corrupt")

// stored is an encoded record taken apart as far as most reads need it. It aliases its bytes.
type stored struct {
	expires int64
	head    []byte
	body    []byte
}

func encode(r storage.Record) []byte {
	size := len(r.Rev) + len(r.Owner) + 2*(2+len(r.Keys))
	for _, key := range r.Keys {
		size += len(key)
	}
	head := make([]byte, 0, size)
	head = appendString(head, r.Rev)
	head = appendString(head, r.Owner)
	for _, key := range r.Keys {
		head = appendString(head, key)
	}
	b := make([]byte, 0, 1+8+binary.MaxVarintLen32+len(head)+len(r.Body))
	b = append(b, recordFormat)
	b = binary.BigEndian.AppendUint64(b, uint64(millis(r.Expires)))
	b = binary.AppendUvarint(b, uint64(len(head)))
	b = append(b, head...)
	return append(b, r.Body...)
}

// open takes a stored record apart. Of one that was damaged nothing is left: it has an empty head.
func open(b []byte) stored {
	if len(b) < 10 || b[0] != recordFormat {
		return stored{expires: never}
	}
	n, width := binary.Uvarint(b[9:])
	rest := b[9+max(width, 0):]
	if width <= 0 || n > uint64(len(rest)) {
		return stored{expires: never}
	}
	return stored{expires: int64(binary.BigEndian.Uint64(b[1:])), head: rest[:n], body: rest[n:]}
}

// rev is the revision. It aliases the stored bytes.
func (s stored) rev() []byte {
	n, width := binary.Uvarint(s.head)
	if width <= 0 || n > uint64(len(s.head)-width) {
		return nil
	}
	return s.head[width : width+int(n)]
}

// indexed returns what of the record is not its body, as parts of its head: revision, owner and keys,
// which are appended to list.
func indexed(head string, list []string) (rev, owner string, keys []string, err error) {
	rev, head, ok := cutString(head)
	owner, head, ok2 := cutString(head)
	if !ok || !ok2 {
		return "", "", nil, errCorrupt
	}
	for head != "" {
		var key string
		if key, head, ok = cutString(head); !ok {
			return "", "", nil, errCorrupt
		}
		list = append(list, key)
	}
	return rev, owner, list, nil
}

// copies is the memory of the records that a read returns: a few pieces for all of them.
type copies struct {
	text strings.Builder
	keys []string
	body []byte
	lent bool // body will be used again
}

// in are copies that use memory, if there is any.
func in(m *storage.Memory) *copies {
	if m == nil {
		return new(copies)
	}
	return &copies{body: m.Bytes[:0], lent: true}
}

// giveBack leaves the memory to the next read.
func (c *copies) giveBack(m *storage.Memory) {
	if m != nil && cap(c.body) <= largestLent {
		m.Bytes = c.body
	}
}

// largestLent bounds what stays in memory between reads.
const largestLent = 1 << 20

// piece returns how much memory to take for n bytes when the last piece is full. One record may be all
// there is; the more there were, the more will follow.
func piece(last, n int) int { return max(n, min(4*last, 8<<10)) }

// record copies a record; of one that was damaged, its id.
func (c *copies) record(r *storage.Record, id string, s stored) {
	first := len(c.keys)
	rev, owner, keys, err := indexed(c.string(s.head), c.keys)
	if err != nil {
		*r = storage.Record{ID: id}
		return
	}
	*r = storage.Record{ID: id, Rev: rev, Owner: owner}
	c.keys = keys
	if n := len(c.keys); n > first {
		r.Keys = c.keys[first:n:n]
	}
	if s.expires != never {
		r.Expires = time.UnixMilli(s.expires).UTC()
	}
	r.Body = c.bytes(s.body)
}

// string returns a copy of b. The builder never changes what it has given out.
func (c *copies) string(b []byte) string {
	if last := c.text.Cap(); last-c.text.Len() < len(b) {
		c.text = strings.Builder{}
		c.text.Grow(piece(last, len(b)))
	}
	start := c.text.Len()
	c.text.Write(b)
	return c.text.String()[start:]
}

// bytes returns a copy of b, which cannot grow into the next one.
func (c *copies) bytes(b []byte) []byte {
	if last := cap(c.body); last-len(c.body) < len(b) {
		size := piece(last, len(b))
		if c.lent {
			size = max(len(b), 2*last, 8<<10) // the next read has room for all
		}
		c.body = make([]byte, 0, size)
	}
	start := len(c.body)
	c.body = append(c.body, b...)
	return c.body[start:len(c.body):len(c.body)]
}

func appendString(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// cutString takes the first of a sequence of strings off. Lengths are below 2^14: two bytes at most.
func cutString(s string) (first, rest string, ok bool) {
	if s == "" {
		return "", "", false
	}
	n, s := int(s[0]), s[1:]
	if n >= 0x80 {
		if s == "" {
			return "", "", false
		}
		n, s = n&0x7f|int(s[0])<<7, s[1:]
	}
	if n > len(s) {
		return "", "", false
	}
	return s[:n], s[n:], true
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return never
	}
	return t.UnixMilli()
}
