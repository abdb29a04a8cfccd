package audit

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	frameHeader = 8
	maxFrame    = 2*MaxBytes + MaxEntries*(3*tlog.HashSize+16) // more than any batch takes
)

// segment is an open segment file, which stays as it is if another takes its place.
type segment struct {
	file        *os.File
	length      int64 // how much of it counts
	first, next int64 // the entries in it
}

// read returns all batches of the segment, and closes it.
func (s segment) read() ([]*batch, error) {
	data := make([]byte, s.length)
	n, err := io.ReadFull(s.file, data)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil // what is missing is found below
	}
	if err := errors.Join(err, s.file.Close()); err != nil {
		return nil, fmt.Errorf("read segment: %w", err)
	}
	batches, good := parseFrames(s.first, data[:n])
	at := s.first
	if len(batches) > 0 {
		at = batches[len(batches)-1].end()
	}
	switch {
	case good < n:
		return nil, tampered(at, "it cannot be read, or what is stored in its place is another")
	case at < s.next:
		return nil, tampered(at, "missing")
	case at > s.next:
		return nil, tampered(s.next, "it is stored twice")
	}
	return batches, nil
}

func appendFrame(buf []byte, b *batch) []byte {
	start := len(buf)
	buf = append(buf, make([]byte, frameHeader)...)
	buf = b.appendTo(buf)
	body := buf[start+frameHeader:]
	binary.LittleEndian.PutUint32(buf[start:], uint32(len(body)))
	binary.LittleEndian.PutUint32(buf[start+4:], checksum(body))
	return buf
}

func checksum(body []byte) uint32 {
	return crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)) // the table is made once, by crc32
}

// parseFrames reads frames until one is bad, and returns how many bytes were good.
func parseFrames(first int64, data []byte) (batches []*batch, good int) {
	for len(data)-good >= frameHeader {
		rest := data[good:]
		n := int(binary.LittleEndian.Uint32(rest))
		if n > maxFrame || n > len(rest)-frameHeader {
			break
		}
		body := rest[frameHeader : frameHeader+n]
		if checksum(body) != binary.LittleEndian.Uint32(rest[4:]) {
			break
		}
		b, err := decodeBatch(body)
		if err != nil || b.first != first {
			break
		}
		batches = append(batches, b)
		first = b.end()
		good += frameHeader + n
	}
	return batches, good
}

// torn reports whether a crash can have left a bad frame so: unfinished, or with parts of it that
// did not reach the disk, its beginning perhaps, and in either case with nothing but zeros behind it,
// which are not in frame.
func torn(frame []byte) bool {
	if len(frame) < frameHeader {
		return true
	}
	n := int(binary.LittleEndian.Uint32(frame))
	return n >= len(frame)-frameHeader || n == 0 && len(frame) <= frameHeader+maxFrame
}
