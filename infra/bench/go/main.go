// Command logbench measures other people's logs on the entries of a log in a folder: golang.org/x/mod/sumdb/tlog
// in memory, and tessera on a POSIX file system. Rates are per second of the process's processor time, all
// threads together, so that they compare with those of one core.
package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	f_log "github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/api/layout"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// step is a prime, so that indices to be proven lie everywhere.
const step = 7919

// figures are what is told of one implementation, in the words of infra/bench/log_outcomes.py.
type figures struct {
	Rates     map[string]float64 `json:"rates"`
	BytesKept float64            `json:"bytes_kept,omitempty"`
	Root      string             `json:"root"`
}

func main() {
	folder := flag.String("log", "", "folder of a log (C2SP tlog-tiles)")
	vkey := flag.String("vkey", "", "its verifier key")
	n := flag.Int64("entries", 100_000, "how many of its entries are measured with")
	proofs := flag.Int64("proofs", 2_000, "how many proofs are made and checked")
	batch := flag.Uint("batch", 1_000, "entries sealed at once")
	scratch := flag.String("scratch", "", "empty folder for tessera's own log")
	flag.Parse()
	measured, err := measure(context.Background(), *folder, *vkey, *n, *proofs, *batch, *scratch)
	if err != nil {
		fmt.Fprintln(os.Stderr, "logbench:", err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(measured); err != nil {
		os.Exit(1)
	}
}

func measure(ctx context.Context, folder, vkey string, n, proofs int64, batch uint, scratch string) (map[string]*figures, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, err
	}
	files := client.FileFetcher{Root: folder}
	whole, _, _, err := client.FetchCheckpoint(ctx, files.ReadCheckpoint, verifier, verifier.Name())
	if err != nil {
		return nil, err
	}
	entries, err := read(ctx, files, min(n, int64(whole.Size)), whole.Size)
	if err != nil {
		return nil, err
	}
	memory, err := sumdb(entries, proofs)
	if err != nil {
		return nil, err
	}
	if err := memory.verify(ctx, files, whole); err != nil {
		return nil, err
	}
	posix, err := onDisk(ctx, entries, proofs, batch, scratch)
	if err != nil {
		return nil, err
	}
	err = posix.time("VERIFY", int64(whole.Size), func() error {
		return fsck.New(verifier.Name(), verifier, files, hashes, fsck.Opts{N: 1}).Check(ctx)
	})
	return map[string]*figures{"x/mod sumdb/tlog": memory, "tessera POSIX": posix}, err
}

// --- golang.org/x/mod/sumdb/tlog, in memory ------------------------------------------------------------------------

type stored []tlog.Hash

func (s stored) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		found[i] = s[index]
	}
	return found, nil
}

func (s *stored) add(entry []byte, number int64) error {
	more, err := tlog.StoredHashes(number, entry, s)
	*s = append(*s, more...)
	return err
}

func sumdb(entries [][]byte, proofs int64) (*figures, error) {
	f, n := &figures{Rates: map[string]float64{}}, int64(len(entries))
	var tree stored
	err := f.time("APPEND", n, func() error {
		for i, entry := range entries {
			if err := tree.add(entry, int64(i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	root, err := tlog.TreeHash(n, tree)
	if err != nil {
		return nil, err
	}
	f.Root = hex.EncodeToString(root[:])

	records, trees := make([]tlog.RecordProof, proofs), make([]tlog.TreeProof, proofs)
	old := make([]tlog.Hash, proofs)
	for i := range proofs {
		if old[i], err = tlog.TreeHash(picked(i, n)+1, tree); err != nil {
			return nil, err
		}
	}
	return f, errors.Join(
		f.each("PROVE_HELD", proofs, func(i int64) (err error) {
			records[i], err = tlog.ProveRecord(n, picked(i, n), tree)
			return err
		}),
		f.each("CHECK", proofs, func(i int64) error {
			return tlog.CheckRecord(records[i], n, root, picked(i, n), tlog.RecordHash(entries[picked(i, n)]))
		}),
		f.each("PROVE_CONSISTENCY_HELD", proofs, func(i int64) (err error) {
			trees[i], err = tlog.ProveTree(n, picked(i, n)+1, tree)
			return err
		}),
		f.each("CHECK_CONSISTENCY", proofs, func(i int64) error {
			return tlog.CheckTree(trees[i], n, root, picked(i, n)+1, old[i])
		}),
	)
}

// verify computes the whole log's root from its entries and holds it against the signed checkpoint.
func (f *figures) verify(ctx context.Context, files client.FileFetcher, signed *f_log.Checkpoint) error {
	return f.time("VERIFY", int64(signed.Size), func() error {
		var tree stored
		for i := uint64(0); i*layout.EntryBundleWidth < signed.Size; i++ {
			bundle, err := client.GetEntryBundle(ctx, files.ReadEntryBundle, i, signed.Size)
			if err != nil {
				return err
			}
			for j, entry := range bundle.Entries {
				if err := tree.add(entry, int64(i)*layout.EntryBundleWidth+int64(j)); err != nil {
					return err
				}
			}
		}
		root, err := tlog.TreeHash(int64(signed.Size), tree)
		if err == nil && string(root[:]) != string(signed.Hash) {
			err = errors.New("the entries have another root")
		}
		return err
	})
}

// --- tessera, on a file system -------------------------------------------------------------------------------------

func onDisk(ctx context.Context, entries [][]byte, proofs int64, batch uint, folder string) (*figures, error) {
	f, n := &figures{Rates: map[string]float64{}}, int64(len(entries))
	secret, public, err := note.GenerateKey(nil, "bench.example/tessera")
	if err != nil {
		return nil, err
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		return nil, err
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		return nil, err
	}
	if err := f.time("SEAL", n, func() error { return seal(ctx, entries, batch, signer, folder) }); err != nil {
		return nil, err
	}
	files := client.FileFetcher{Root: folder}
	signed, _, _, err := client.FetchCheckpoint(ctx, files.ReadCheckpoint, verifier, verifier.Name())
	if err != nil {
		return nil, err
	}
	f.Root = hex.EncodeToString(signed.Hash)
	if f.BytesKept, err = kept(folder, n); err != nil {
		return nil, err
	}
	return f, f.prove(ctx, files, signed, entries, proofs)
}

func seal(ctx context.Context, entries [][]byte, batch uint, signer note.Signer, folder string) error {
	driver, err := posix.New(ctx, posix.Config{Path: folder})
	if err != nil {
		return err
	}
	options := tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithCheckpointInterval(100*time.Millisecond).
		WithBatching(batch, 100*time.Millisecond).
		WithPushback(uint(len(entries) + 1))
	appender, shutdown, _, err := tessera.NewAppender(ctx, driver, options)
	if err != nil {
		return err
	}
	futures := make([]tessera.IndexFuture, len(entries))
	for i, entry := range entries {
		futures[i] = appender.Add(ctx, tessera.NewEntry(entry))
	}
	for _, future := range futures {
		if _, err := future(); err != nil {
			return err
		}
	}
	return shutdown(ctx)
}

func (f *figures) prove(ctx context.Context, files client.FileFetcher, signed *f_log.Checkpoint, entries [][]byte, proofs int64) error {
	n := int64(signed.Size)
	included, consistent, old := make([][][]byte, proofs), make([][][]byte, proofs), make([]tlog.Hash, proofs)
	var tree stored
	for i, entry := range entries {
		if err := tree.add(entry, int64(i)); err != nil {
			return err
		}
	}
	for i := range proofs {
		var err error
		if old[i], err = tlog.TreeHash(picked(i, n)+1, tree); err != nil {
			return err
		}
	}
	return errors.Join(
		f.each("PROVE", proofs, func(i int64) error {
			builder, err := client.NewProofBuilder(ctx, signed.Size, files.ReadTile)
			if err == nil {
				included[i], err = builder.InclusionProof(ctx, uint64(picked(i, n)))
			}
			return err
		}),
		f.each("CHECK", proofs, func(i int64) error {
			leaf := rfc6962.DefaultHasher.HashLeaf(entries[picked(i, n)])
			return proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(picked(i, n)), signed.Size, leaf, included[i], signed.Hash)
		}),
		f.each("PROVE_CONSISTENCY", proofs, func(i int64) error {
			builder, err := client.NewProofBuilder(ctx, signed.Size, files.ReadTile)
			if err == nil {
				consistent[i], err = builder.ConsistencyProof(ctx, uint64(picked(i, n)+1), signed.Size)
			}
			return err
		}),
		f.each("CHECK_CONSISTENCY", proofs, func(i int64) error {
			return proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(picked(i, n)+1), signed.Size, consistent[i], old[i][:], signed.Hash)
		}),
	)
}

// kept is the bytes of each entry in files that stay: what is partial can go.
func kept(folder string, entries int64) (float64, error) {
	var total int64
	err := filepath.WalkDir(filepath.Join(folder, "tile"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.Contains(path, ".p"+string(filepath.Separator)) {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			total += info.Size()
		}
		return err
	})
	return float64(total) / float64(entries), err
}

// --- Both ----------------------------------------------------------------------------------------------------------

func read(ctx context.Context, files client.FileFetcher, n int64, size uint64) ([][]byte, error) {
	entries := make([][]byte, 0, n)
	for i := uint64(0); int64(len(entries)) < n; i++ {
		bundle, err := client.GetEntryBundle(ctx, files.ReadEntryBundle, i, size)
		if err != nil {
			return nil, err
		}
		entries = append(entries, bundle.Entries[:min(int64(len(bundle.Entries)), n-int64(len(entries)))]...)
	}
	return entries, nil
}

func hashes(bundle []byte) ([][]byte, error) {
	var held api.EntryBundle
	if err := held.UnmarshalText(bundle); err != nil {
		return nil, err
	}
	found := make([][]byte, len(held.Entries))
	for i, entry := range held.Entries {
		found[i] = rfc6962.DefaultHasher.HashLeaf(entry)
	}
	return found, nil
}

func picked(number, n int64) int64 { return number * step % n }

func (f *figures) each(measure string, times int64, work func(int64) error) error {
	return f.time(measure, times, func() error {
		for i := range times {
			if err := work(i); err != nil {
				return fmt.Errorf("%s: %w", measure, err)
			}
		}
		return nil
	})
}

func (f *figures) time(measure string, times int64, work func() error) error {
	began := seconds()
	err := work()
	f.Rates[measure] = float64(times) / (seconds() - began)
	return err
}

// seconds is the processor time of the process so far.
func seconds() float64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return float64(used.Utime.Nano()+used.Stime.Nano()) / 1e9
}
