package audit

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// batch is what one durable write holds: consecutive entries, the hashes that they add to the tree,
// and the signed checkpoint of the tree that ends with them.
type batch struct {
	first    int64
	count    int
	from, to time.Time   // the times of its earliest and its latest entry
	hashes   []tlog.Hash // all that are stored for its entries, in tlog's order
	note     string      // the checkpoint of size end()
	entries  [][]byte    // nil once pruned
}

func (b *batch) end() int64   { return b.first + int64(b.count) }
func (b *batch) pruned() bool { return b.entries == nil }

// leaf returns the stored leaf hash of the i-th entry of the batch.
func (b *batch) leaf(i int) tlog.Hash {
	return b.hashes[tlog.StoredHashIndex(0, b.first+int64(i))-tlog.StoredHashIndex(0, b.first)]
}

// strip drops the entries and keeps what proves them.
func (b *batch) strip() { b.entries = nil }

const (
	batchFull   = 1 // also the version of the encoding
	batchPruned = 2
)

// appendTo encodes the batch: kind, first, count, times, hashes, note, entries.
func (b *batch) appendTo(buf []byte) []byte {
	kind := byte(batchFull)
	if b.pruned() {
		kind = batchPruned
	}
	buf = append(buf, kind)
	buf = binary.AppendUvarint(buf, uint64(b.first))
	buf = binary.AppendUvarint(buf, uint64(b.count))
	buf = binary.AppendVarint(buf, b.from.UnixMicro())
	buf = binary.AppendVarint(buf, b.to.UnixMicro())
	for i := range b.hashes {
		buf = append(buf, b.hashes[i][:]...)
	}
	buf = binary.AppendUvarint(buf, uint64(len(b.note)))
	buf = append(buf, b.note...)
	for _, e := range b.entries {
		buf = binary.AppendUvarint(buf, uint64(len(e)))
		buf = append(buf, e...)
	}
	return buf
}

var errBatch = errors.New("batch is malformed")

// decodeBatch reads an encoded batch. Its entries alias buf.
func decodeBatch(buf []byte) (*batch, error) {
	d := decoder{buf: buf}
	kind := d.bytes(1)
	first, count := d.uvarint(1<<53), d.uvarint(MaxEntries)
	from, to := d.varint(), d.varint()
	if d.failed || count == 0 || kind[0] != batchFull && kind[0] != batchPruned {
		return nil, errBatch
	}
	b := &batch{first: int64(first), count: int(count), from: time.UnixMicro(from).UTC(), to: time.UnixMicro(to).UTC()}
	raw := d.bytes(tlog.HashSize * uint64(tlog.StoredHashIndex(0, b.end())-tlog.StoredHashIndex(0, b.first)))
	b.hashes = make([]tlog.Hash, len(raw)/tlog.HashSize)
	for i := range b.hashes {
		b.hashes[i] = tlog.Hash(raw[i*tlog.HashSize:])
	}
	b.note = string(d.bytes(d.uvarint(maxNote)))
	if kind[0] == batchFull {
		b.entries = make([][]byte, 0, b.count)
		for range b.count {
			b.entries = append(b.entries, d.bytes(d.uvarint(MaxEntry)))
		}
	}
	if d.failed || len(d.buf) != 0 || b.note == "" {
		return nil, errBatch
	}
	return b, nil
}

// maxNote bounds a signed checkpoint, which has some 300 bytes.
const maxNote = 4096

// decoder cuts a buffer into pieces; once one piece is missing, all further ones are.
type decoder struct {
	buf    []byte
	failed bool
}

func (d *decoder) bytes(n uint64) []byte {
	if d.failed || n > uint64(len(d.buf)) {
		d.failed = true
		return nil
	}
	piece := d.buf[:n:n]
	d.buf = d.buf[n:]
	return piece
}

func (d *decoder) uvarint(most uint64) uint64 {
	v, n := binary.Uvarint(d.buf)
	if d.failed || n <= 0 || v > most {
		d.failed = true
		return 0
	}
	d.buf = d.buf[n:]
	return v
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.buf)
	if d.failed || n <= 0 {
		d.failed = true
		return 0
	}
	d.buf = d.buf[n:]
	return v
}

func tampered(index int64, format string, args ...any) error {
	return &TamperedError{Problem{index, index, fmt.Sprintf(format, args...)}}
}
