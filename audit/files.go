package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/profilegraph/profilegraph/tenant"
)

// files keeps logs in a folder, one folder in it for each account:
//
//	lock                              held by the process that has the log open
//	acme/00000000000000000000.log     a segment: batches, the name is the index of the first entry
//	acme/00000000000000051200.log     the last segment, which grows
//	acme/hashes                       all hashes of the tree, 32 bytes each, in tlog's order
//
// A batch is one frame: length and CRC-32C of what follows, 4 bytes each, then the encoded batch. A
// frame is written and synced before the next one begins, so only the last may be torn by a crash,
// and that one was never acknowledged. Behind the last frame of the last segment there may be zeros. The hashes are a copy of those in the frames, kept to be read
// by position. They are written after the frame is durable, so a file of hashes that is longer than
// the segments shows that acknowledged entries have been taken away.
type files struct {
	dir    string
	lock   io.Closer
	logger *slog.Logger
}

func openFiles(dir string, logger *slog.Logger) (*files, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("audit: open: %w", err)
	}
	lock, err := lockFile(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, fmt.Errorf("audit: open: %w", err)
	}
	return &files{dir: dir, lock: lock, logger: logger}, nil
}

func (f *files) open(account tenant.ID) (ledger, error) {
	return &folder{dir: filepath.Join(f.dir, string(account)), logger: f.logger}, nil
}

func (f *files) close() error { return f.lock.Close() }

const (
	// segmentSize is how long a segment may be when another batch is added.
	segmentSize = 8 << 20
	// ahead is by how much a segment grows at a time. The zeros behind its last frame are written over
	// by those to come: to sync what lies within a file takes a third less than to sync its growth.
	ahead = 256 << 10
	// largestKept bounds the memory that a folder keeps for the next frame.
	largestKept = 64 << 10
)

var zeros [ahead]byte

// folder is the log of one account. Its fields are guarded by mu.
type folder struct {
	dir    string
	logger *slog.Logger

	mu       sync.RWMutex
	ready    bool
	segments []int64  // where each begins, in order
	active   *os.File // the last segment; nil while there is none
	end      int64    // where its last good frame ends
	length   int64    // of the file
	ragged   bool     // there may be more than zeros behind end, which must go first
	frame    []byte   // memory of the last one
	size     int64    // entries in all

	hashFile *os.File
	written  int64       // hashes in the file
	unwrit   []tlog.Hash // those behind them, which could not be written yet
}

func (f *folder) segmentPath(first int64) string {
	return filepath.Join(f.dir, fmt.Sprintf("%020d.log", first))
}

func (f *folder) append(_ context.Context, b *batch) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.prepare(true); err != nil {
		return err
	}
	if b.first != f.size {
		return errBehind
	}
	if f.ragged {
		if err := f.trim(); err != nil {
			return err
		}
	}
	if f.active == nil || f.end >= segmentSize {
		if err := f.roll(b.first); err != nil {
			return err
		}
	}
	f.frame = appendFrame(f.frame[:0], b)
	end := f.end + int64(len(f.frame))
	length := f.length
	_, err := f.active.WriteAt(f.frame, f.end)
	if err == nil && end > length {
		length = end + ahead
		_, err = f.active.WriteAt(zeros[:], end)
	}
	if err == nil {
		err = syncData(f.active)
	}
	if cap(f.frame) > largestKept {
		f.frame = nil
	}
	if err != nil {
		f.ragged = true
		return errors.Join(err, f.trim())
	}
	f.end, f.length = end, length
	f.size = b.end()
	f.unwrit = append(f.unwrit, b.hashes...)
	// The batch is durable whatever becomes of this copy; it is tried again before it is needed.
	if err := f.flushHashes(); err != nil {
		f.logger.Error("audit: hashes cannot be written; they are kept in memory", "error", err)
	}
	return nil
}

// trim takes away what is behind the last good frame: zeros, and what a failed write may have left.
func (f *folder) trim() error {
	if err := f.active.Truncate(f.end); err != nil {
		return fmt.Errorf("trim the last segment: %w", err)
	}
	if err := syncData(f.active); err != nil {
		return fmt.Errorf("trim the last segment: %w", err)
	}
	f.length, f.ragged = f.end, false
	return nil
}

// roll begins a segment. The hashes up to it are made durable, so that after a crash only those of
// the last segment need to be looked at.
func (f *folder) roll(first int64) error {
	if err := f.flushHashes(); err != nil {
		return err
	}
	if err := f.hashFile.Sync(); err != nil {
		return err
	}
	if f.active != nil {
		if err := f.trim(); err != nil {
			return err
		}
	}
	next, err := os.OpenFile(f.segmentPath(first), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	// A segment of this name holds nothing that counts: the log ends where it begins.
	if err := errors.Join(next.Truncate(0), syncDir(f.dir)); err != nil {
		return errors.Join(err, next.Close())
	}
	if f.active != nil {
		err = f.active.Close()
	}
	f.active, f.end, f.length = next, 0, 0
	if !slices.Contains(f.segments, first) {
		f.segments = append(f.segments, first)
	}
	return err
}

func (f *folder) flushHashes() error {
	if len(f.unwrit) == 0 {
		return nil
	}
	buf := make([]byte, 0, len(f.unwrit)*tlog.HashSize)
	for i := range f.unwrit {
		buf = append(buf, f.unwrit[i][:]...)
	}
	if _, err := f.hashFile.WriteAt(buf, f.written*tlog.HashSize); err != nil {
		return fmt.Errorf("write hashes: %w", err)
	}
	f.written += int64(len(f.unwrit))
	f.unwrit = f.unwrit[:0]
	return nil
}

func (f *folder) hashes(_ context.Context, indexes []int64) ([]tlog.Hash, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.prepare(false); err != nil {
		return nil, err
	}
	if err := f.flushHashes(); err != nil {
		return nil, err
	}
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index < 0 || index >= f.written {
			return nil, fmt.Errorf("%w: stored hash %d is missing", ErrTampered, index)
		}
		if _, err := f.hashFile.ReadAt(hashes[i][:], index*tlog.HashSize); err != nil {
			return nil, fmt.Errorf("read hashes: %w", err)
		}
	}
	return hashes, nil
}

func (f *folder) ascend(ctx context.Context, index int64, fn func(*batch) (bool, error)) error {
	n, size, err := f.extent()
	if err != nil || index >= size {
		return err
	}
	i := n - 1
	for ; i > 0 && f.begins(i) > index; i-- {
	}
	for ; i < n; i++ {
		batches, err := f.read(i)
		if err != nil {
			return err
		}
		for _, b := range batches {
			if b.end() <= index {
				continue
			}
			if more, err := fn(b); err != nil || !more {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

func (f *folder) descend(ctx context.Context, index int64, fn func(*batch) (bool, error)) error {
	n, _, err := f.extent()
	if err != nil {
		return err
	}
	for i := n - 1; i >= 0; i-- {
		if f.begins(i) >= index {
			continue
		}
		batches, err := f.read(i)
		if err != nil {
			return err
		}
		for _, b := range slices.Backward(batches) {
			if b.first >= index {
				continue
			}
			if more, err := fn(b); err != nil || !more {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// extent returns the number of segments and of entries.
func (f *folder) extent() (segments int, size int64, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	err = f.prepare(false)
	return len(f.segments), f.size, err
}

func (f *folder) begins(i int) int64 {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.segments[i]
}

// read returns the batches of the i-th segment. Appends go on meanwhile.
func (f *folder) read(i int) ([]*batch, error) {
	f.mu.RLock()
	s, err := f.segment(i)
	f.mu.RUnlock()
	if err != nil {
		return nil, err
	}
	return s.read()
}

// segment opens the i-th segment. The caller holds mu.
func (f *folder) segment(i int) (segment, error) {
	s := segment{first: f.segments[i], next: f.size, length: f.end}
	var err error
	if s.file, err = os.Open(f.segmentPath(s.first)); err != nil {
		return segment{}, fmt.Errorf("read segment: %w", err)
	}
	if i < len(f.segments)-1 {
		s.next = f.segments[i+1]
		info, err := s.file.Stat()
		if err != nil {
			return segment{}, errors.Join(fmt.Errorf("read segment: %w", err), s.file.Close())
		}
		s.length = info.Size()
	}
	return s, nil
}

// prune writes each segment anew, without the entries that go, in place of the old one.
func (f *folder) prune(ctx context.Context, size int64) error {
	n, _, err := f.extent()
	if err != nil {
		return err
	}
	for i := 0; i < n && f.begins(i) < size; i++ {
		if err := f.pruneSegment(i, size); err != nil {
			return fmt.Errorf("prune segment: %w", err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// pruneSegment holds up appends: the segment may be the one that they go to.
func (f *folder) pruneSegment(i int, size int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	s, err := f.segment(i)
	if err != nil {
		return err
	}
	batches, err := s.read()
	if err != nil {
		return err
	}
	var data []byte
	changed := false
	for _, b := range batches {
		if b.end() <= size && !b.pruned() {
			b.strip()
			changed = true
		}
		data = appendFrame(data, b)
	}
	if !changed {
		return nil
	}
	temp, err := os.OpenFile(f.segmentPath(s.first)+".new", os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	_, err = temp.Write(data)
	if err = errors.Join(err, temp.Sync()); err == nil {
		err = os.Rename(temp.Name(), f.segmentPath(s.first))
	}
	if err != nil {
		return errors.Join(err, temp.Close(), os.Remove(temp.Name()))
	}
	old := temp
	if i == len(f.segments)-1 {
		old, f.active = f.active, temp
		f.end, f.length, f.ragged = int64(len(data)), int64(len(data)), false
	}
	return errors.Join(old.Close(), syncDir(f.dir))
}

func (f *folder) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.ready {
		return nil
	}
	f.ready = false
	err := f.flushHashes()
	if f.active != nil {
		err = errors.Join(err, f.trim(), f.active.Close())
		f.active = nil
	}
	return errors.Join(err, f.hashFile.Close())
}

// prepare opens the folder, when it is used for the first time or after it could not be opened. A
// reader does not make a folder that is not there.
func (f *folder) prepare(make bool) error {
	if f.ready {
		return nil
	}
	list, err := os.ReadDir(f.dir)
	if errors.Is(err, fs.ErrNotExist) {
		if !make {
			return nil
		}
		if err := os.Mkdir(f.dir, 0o700); err != nil {
			return err
		}
		if err := syncDir(filepath.Dir(f.dir)); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	f.segments = nil
	for _, entry := range list {
		name, ok := strings.CutSuffix(entry.Name(), ".log")
		if !ok {
			continue
		}
		first, err := strconv.ParseInt(name, 10, 64)
		if err != nil || f.segmentPath(first) != filepath.Join(f.dir, entry.Name()) {
			return fmt.Errorf("%w: there is a file in the log that it did not write", ErrTampered)
		}
		f.segments = append(f.segments, first)
	}
	slices.Sort(f.segments)
	if err := f.openFiles(); err != nil {
		return err
	}
	f.ready = true
	return nil
}

// openFiles opens the last segment and the hashes, and mends what a crash left of them.
func (f *folder) openFiles() (err error) {
	f.unwrit, f.size, f.end, f.length, f.ragged = nil, 0, 0, 0, false
	if f.hashFile, err = os.OpenFile(filepath.Join(f.dir, "hashes"), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.hashFile.Close())
			if f.active != nil {
				err = errors.Join(err, f.active.Close())
				f.active = nil
			}
		}
	}()
	info, err := f.hashFile.Stat()
	if err != nil {
		return err
	}
	f.written = info.Size() / tlog.HashSize
	var batches []*batch
	if len(f.segments) > 0 {
		if f.segments[0] != 0 {
			return tampered(0, "missing; the first stored is %d", f.segments[0])
		}
		if batches, err = f.openLast(); err != nil {
			return err
		}
	}
	if have := tlog.StoredHashIndex(0, f.size); f.written > have {
		return tampered(f.size, "missing; there are hashes of later entries")
	}
	return f.mendHashes(batches)
}

// openLast opens the last segment, finds its end, and cuts off a torn frame.
func (f *folder) openLast() ([]*batch, error) {
	first := f.segments[len(f.segments)-1]
	var err error
	if f.active, err = os.OpenFile(f.segmentPath(first), os.O_RDWR, 0); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(f.active)
	if err != nil {
		return nil, err
	}
	batches, good := parseFrames(first, data)
	f.end, f.length, f.size = int64(good), int64(len(data)), first
	if len(batches) > 0 {
		f.size = batches[len(batches)-1].end()
	}
	rest := bytes.TrimRight(data[good:], "\x00")
	if len(rest) == 0 {
		return batches, nil
	}
	if !torn(rest) || f.written > tlog.StoredHashIndex(0, f.size) {
		return nil, tampered(f.size, "it cannot be read, or what is stored in its place is another")
	}
	f.logger.Warn("audit: cut off an unfinished write", "bytes", len(rest), "entries", f.size)
	return batches, f.trim()
}

// mendHashes brings the file of hashes up to the segments. Those of the last segment may not have
// reached the disk before a crash, those of earlier ones have, unless the file was lost.
func (f *folder) mendHashes(last []*batch) error {
	begin := int64(0)
	if n := len(f.segments); n > 0 {
		begin = f.segments[n-1]
	}
	for i := 0; i < len(f.segments)-1 && f.written < tlog.StoredHashIndex(0, begin); i++ {
		data, err := os.ReadFile(f.segmentPath(f.segments[i]))
		if err != nil {
			return err
		}
		batches, good := parseFrames(f.segments[i], data)
		if good != len(data) {
			return tampered(f.segments[i], "the segment that begins with it cannot be read")
		}
		if err := f.rewriteHashes(batches); err != nil {
			return err
		}
	}
	return f.rewriteHashes(last)
}

func (f *folder) rewriteHashes(batches []*batch) error {
	if len(batches) == 0 {
		return nil
	}
	f.written = tlog.StoredHashIndex(0, batches[0].first)
	for _, b := range batches {
		f.unwrit = append(f.unwrit, b.hashes...)
	}
	return f.flushHashes()
}
