// Command logcheck judges a published log with code that is not ours: golang.org/x/mod/sumdb
// (signed notes, tiles, proofs) and github.com/transparency-dev/merkle (proof verification).
//
// It reads a log of https://c2sp.org/tlog-tiles from a folder or a base URL and checks the
// signature of its checkpoint, every entry, every tile, the root, an inclusion proof of every
// entry, and consistency with each earlier checkpoint given. It prints one line for each thing
// checked; the first thing that is wrong ends it with exit code 1 (R-AUD-3, R-AUD-4).
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

func main() {
	from := flag.String("log", "", "folder or base URL of the log (checkpoint, tile/…)")
	vkey := flag.String("vkey", "", "verifier key of the log")
	origin := flag.String("origin", "", "origin line (default: the key's name)")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: logcheck -log FOLDER|URL -vkey KEY [-origin NAME] [EARLIER-CHECKPOINT-FILE…]")
		flag.PrintDefaults()
	}
	flag.Parse()
	if *from == "" || *vkey == "" {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(*from, *vkey, *origin, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "logcheck:", err)
		os.Exit(1)
	}
}

func run(from, vkey, origin string, earlier []string) error {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return fmt.Errorf("verifier key: %w", err)
	}
	if origin == "" {
		origin = verifier.Name()
	}
	read := reader(from)
	signed, err := read("checkpoint")
	if err != nil {
		return err
	}
	tree, err := openCheckpoint(signed, verifier, origin)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	fmt.Printf("signature by %s\n", verifier.Name())

	leaves, err := readLeaves(read, tree.N)
	if err != nil {
		return err
	}
	if err := checkTiles(read, leaves, tree); err != nil {
		return err
	}
	hashes := tlog.TileHashReader(tree, tiles{read, map[tlog.Tile][]byte{}})
	if err := checkInclusion(hashes, leaves, tree); err != nil {
		return err
	}
	for _, file := range earlier {
		signed, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		old, err := openCheckpoint(signed, verifier, origin)
		if err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(file), err)
		}
		if err := checkConsistency(hashes, old, tree); err != nil {
			return err
		}
	}
	fmt.Printf("consistent with %d earlier checkpoints\n", len(earlier))
	return nil
}

// openCheckpoint verifies a signed checkpoint and answers the tree that it names.
func openCheckpoint(signed []byte, verifier note.Verifier, origin string) (tlog.Tree, error) {
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != origin {
		return tlog.Tree{}, fmt.Errorf("not a checkpoint of %s", origin)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return tlog.Tree{}, fmt.Errorf("tree size %q", lines[1])
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return tlog.Tree{}, fmt.Errorf("root hash %q", lines[2])
	}
	return tlog.Tree{N: size, Hash: tlog.Hash(root)}, nil
}

// readLeaves hashes every entry of every bundle, with both libraries.
func readLeaves(read func(string) ([]byte, error), size int64) ([]tlog.Hash, error) {
	var leaves []tlog.Hash
	for n := int64(0); n*tileWidth < size; n++ {
		width := int(min(tileWidth, size-n*tileWidth))
		path := path("entries", tlog.Tile{H: tileHeight, L: 0, N: n, W: width})
		bundle, err := read(path)
		if err != nil {
			return nil, err
		}
		entries, err := split(bundle)
		if err != nil || len(entries) != width {
			return nil, fmt.Errorf("%s: %d entries, want %d (%v)", path, len(entries), width, err)
		}
		for _, entry := range entries {
			hash := tlog.RecordHash(entry)
			if !bytes.Equal(hash[:], rfc6962.DefaultHasher.HashLeaf(entry)) {
				return nil, errors.New("the two libraries disagree on a leaf hash")
			}
			leaves = append(leaves, hash)
		}
	}
	fmt.Printf("%d entries\n", len(leaves))
	return leaves, nil
}

// checkTiles rebuilds the tree from the entries and compares the root and every tile.
func checkTiles(read func(string) ([]byte, error), leaves []tlog.Hash, tree tlog.Tree) error {
	var stored []tlog.Hash
	rebuilt := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			found[i] = stored[index]
		}
		return found, nil
	})
	for i, leaf := range leaves {
		more, err := tlog.StoredHashesForRecordHash(int64(i), leaf, rebuilt)
		if err != nil {
			return err
		}
		stored = append(stored, more...)
	}
	root, err := tlog.TreeHash(tree.N, rebuilt)
	if err != nil {
		return err
	}
	if root != tree.Hash {
		return fmt.Errorf("the entries have root %v, the checkpoint says %v", root, tree.Hash)
	}
	fmt.Printf("root %v\n", root)

	all := tlog.NewTiles(tileHeight, 0, tree.N)
	for _, tile := range all {
		want, err := tlog.ReadTileData(tile, rebuilt)
		if err != nil {
			return err
		}
		name := path(strconv.Itoa(tile.L), tile)
		got, err := read(name)
		if err != nil {
			return err
		}
		if !bytes.Equal(got, want) {
			return fmt.Errorf("%s does not hold the hashes of the entries", name)
		}
	}
	fmt.Printf("%d tiles\n", len(all))
	return nil
}

func checkInclusion(hashes tlog.HashReader, leaves []tlog.Hash, tree tlog.Tree) error {
	for i, leaf := range leaves {
		path, err := tlog.ProveRecord(tree.N, int64(i), hashes)
		if err != nil {
			return fmt.Errorf("inclusion of entry %d: %w", i, err)
		}
		if err := tlog.CheckRecord(path, tree.N, tree.Hash, int64(i), leaf); err != nil {
			return fmt.Errorf("inclusion of entry %d: %w", i, err)
		}
		err = proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(i), uint64(tree.N), leaf[:], raw(path), tree.Hash[:])
		if err != nil {
			return fmt.Errorf("inclusion of entry %d: %w", i, err)
		}
	}
	fmt.Printf("%d inclusion proofs\n", len(leaves))
	return nil
}

func checkConsistency(hashes tlog.HashReader, old, tree tlog.Tree) error {
	if old.N == 0 { // every log begins with the empty one: nothing to prove, nothing to ask for
		return nil
	}
	if old.N > tree.N {
		return fmt.Errorf("truncated: an earlier checkpoint has %d entries, this one %d", old.N, tree.N)
	}
	path, err := tlog.ProveTree(tree.N, old.N, hashes)
	if err != nil {
		return fmt.Errorf("consistency with size %d: %w", old.N, err)
	}
	if err := tlog.CheckTree(path, tree.N, tree.Hash, old.N, old.Hash); err != nil {
		return fmt.Errorf("consistency with size %d: %w", old.N, err)
	}
	err = proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(old.N), uint64(tree.N), raw(path), old.Hash[:], tree.Hash[:])
	if err != nil {
		return fmt.Errorf("consistency with size %d: %w", old.N, err)
	}
	return nil
}

// tiles lets tlog read, and authenticate, the published tiles.
type tiles struct {
	read  func(string) ([]byte, error)
	cache map[tlog.Tile][]byte
}

func (t tiles) Height() int { return tileHeight }

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	found := make([][]byte, len(wanted))
	for i, tile := range wanted {
		if _, known := t.cache[tile]; !known {
			data, err := t.read(path(strconv.Itoa(tile.L), tile))
			if err != nil {
				return nil, err
			}
			t.cache[tile] = data
		}
		found[i] = t.cache[tile]
	}
	return found, nil
}

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// path is the tlog-tiles path: tlog's own has the tile height in front and is otherwise the same.
func path(level string, tile tlog.Tile) string {
	tile.L = 0
	return "tile/" + level + strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/0", tileHeight))
}

func split(bundle []byte) (entries [][]byte, err error) {
	for len(bundle) > 0 {
		if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
			return entries, io.ErrUnexpectedEOF
		}
		end := 2 + int(binary.BigEndian.Uint16(bundle))
		entries = append(entries, bundle[2:end])
		bundle = bundle[end:]
	}
	return entries, nil
}

func raw(hashes []tlog.Hash) [][]byte {
	found := make([][]byte, len(hashes))
	for i := range hashes {
		found[i] = hashes[i][:]
	}
	return found
}

// reader reads a file of the log from a folder or over HTTP.
func reader(from string) func(string) ([]byte, error) {
	if !strings.HasPrefix(from, "http://") && !strings.HasPrefix(from, "https://") {
		return func(path string) ([]byte, error) {
			return os.ReadFile(filepath.Join(from, filepath.FromSlash(path)))
		}
	}
	client := &http.Client{Timeout: 30 * time.Second}
	return func(path string) ([]byte, error) {
		answer, err := client.Get(strings.TrimSuffix(from, "/") + "/" + path)
		if err != nil {
			return nil, err
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("%s: %s", path, answer.Status)
		}
		return io.ReadAll(io.LimitReader(answer.Body, 32<<20))
	}
}
