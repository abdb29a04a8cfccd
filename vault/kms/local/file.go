package local

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The file is text, one item a line, and what begins with # is a comment:
//
//	profilegraph key file 1
//	root ID BASE64       a root key; the last one is the newest
//	withdrawn KEK        a KEK that is lent no more
const (
	magic   = "profilegraph key file 1"
	comment = `# Whoever has this file can read the personal data of this installation, and without it nobody can.
# Keep a copy offline, apart from backups of the database. Mode must be 0600.
`
	maxSize = 1 << 20
)

type file struct {
	roots     []rootKey // oldest first
	withdrawn map[string]bool
}

func (f *file) wipe() {
	for _, r := range f.roots {
		clear(r.key)
	}
}

func read(path string) (f file, err error) {
	in, err := os.Open(path)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	info, err := in.Stat()
	if err != nil {
		return f, err
	}
	if err := checkMode(info); err != nil {
		return f, err
	}
	text, err := io.ReadAll(io.LimitReader(in, maxSize+1))
	defer clear(text)
	if err != nil {
		return f, err
	}
	if len(text) > maxSize {
		return f, errFormat
	}
	return parse(text)
}

func parse(text []byte) (file, error) {
	var f file
	lines := bufio.NewScanner(bytes.NewReader(text))
	first := true
	for lines.Scan() {
		line := lines.Bytes()
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		if first {
			if string(line) != magic {
				return f, errFormat
			}
			first = false
			continue
		}
		item, rest, _ := bytes.Cut(line, []byte(" "))
		switch string(item) {
		case "root":
			id, encoded, _ := bytes.Cut(rest, []byte(" "))
			key := make([]byte, base64.StdEncoding.DecodedLen(len(encoded)))
			n, err := base64.StdEncoding.Strict().Decode(key, encoded)
			r := rootOf(key[:n])
			f.roots = append(f.roots, r)
			if err != nil || n != rootSize || string(id) != hex.EncodeToString(r.id[:]) {
				return f, errFormat
			}
		case "withdrawn":
			if err := f.withdraw(string(rest)); err != nil {
				return f, err
			}
		default:
			return f, errFormat
		}
	}
	if lines.Err() != nil || len(f.roots) == 0 {
		return f, errFormat
	}
	return f, nil
}

func (f *file) withdraw(kek string) error {
	if kek == "" || strings.ContainsAny(kek, "\r\n") {
		return errors.New("not the name of a key")
	}
	if f.withdrawn == nil {
		f.withdrawn = map[string]bool{}
	}
	f.withdrawn[kek] = true
	return nil
}

func (f *file) restore(kek string) { delete(f.withdrawn, kek) }

func (f *file) text() []byte {
	b := append(make([]byte, 0, 4096), comment...)
	b = append(append(b, magic...), '\n')
	for _, r := range f.roots {
		b = fmt.Appendf(b, "root %x ", r.id)
		b = append(base64.StdEncoding.AppendEncode(b, r.key), '\n')
	}
	names := make([]string, 0, len(f.withdrawn))
	for name := range f.withdrawn {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		b = fmt.Appendf(b, "withdrawn %s\n", name)
	}
	return b
}

// create writes the file where there must be none.
func (f *file) create(path string) error {
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	text := f.text()
	defer clear(text)
	_, err = out.Write(text)
	if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return syncDir(path)
}

// replace writes the file in place of the one there is. At every moment one of them is there, whole.
func (f *file) replace(path string) error {
	next := path + ".new"
	if err := os.Remove(next); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := f.create(next); err != nil {
		return err
	}
	if err := os.Rename(next, path); err != nil {
		return errors.Join(err, os.Remove(next))
	}
	return syncDir(path)
}

func syncDir(path string) error {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
