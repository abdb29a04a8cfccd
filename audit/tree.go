package audit

import (
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// tree is the right edge of a Merkle tree: what is needed to grow it and to know its root.
type tree struct {
	size int64
	edge []tlog.Hash // by level; meaningful where size has a bit
}

func (t tree) clone() tree { return tree{size: t.size, edge: slices.Clone(t.edge)} }

// add appends a leaf and returns the hashes that become final with it, in the order of
// [tlog.StoredHashIndex].
func (t *tree) add(leaf tlog.Hash) ([]tlog.Hash, error) {
	hashes, err := tlog.StoredHashesForRecordHash(t.size, leaf, t)
	if err != nil {
		return nil, fmt.Errorf("grow tree: %w", err)
	}
	top := len(hashes) - 1
	if top >= len(t.edge) {
		t.edge = append(t.edge, make([]tlog.Hash, top+1-len(t.edge))...)
	}
	t.edge[top] = hashes[top]
	t.size++
	return hashes, nil
}

func (t *tree) root() (tlog.Hash, error) { return tlog.TreeHash(t.size, t) }

// ReadHashes makes the edge a [tlog.HashReader]. Growing and hashing a tree ask for no other hashes.
func (t *tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		level, n := tlog.SplitStoredHashIndex(index)
		if level >= len(t.edge) || n != t.size>>level-1 {
			return nil, fmt.Errorf("hash %d is not on the edge", index)
		}
		hashes[i] = t.edge[level]
	}
	return hashes, nil
}

// edgeIndexes lists the stored hashes that make up the edge of a tree, and the level of each.
func edgeIndexes(size int64) (indexes []int64, levels []int) {
	for level := 0; size>>level > 0; level++ {
		if size>>level&1 == 1 {
			levels = append(levels, level)
			indexes = append(indexes, tlog.StoredHashIndex(level, size>>level-1))
		}
	}
	return indexes, levels
}

func treeFrom(size int64, levels []int, hashes []tlog.Hash) tree {
	t := tree{size: size}
	for i, level := range levels {
		t.edge = append(t.edge, make([]tlog.Hash, level+1-len(t.edge))...)
		t.edge[level] = hashes[i]
	}
	return t
}
