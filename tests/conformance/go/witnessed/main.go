// Command witnessed lets code that is not ours judge our cosignatures and our witness:
// github.com/transparency-dev/formats verifies the cosignatures of a checkpoint, and a log of
// github.com/transparency-dev/tessera has its own checkpoints cosigned by our witness, which it
// publishes only when the witness's policy is satisfied (R-AUD-3).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	f_note "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

func main() {
	checkpoint := flag.String("checkpoint", "", "judge this checkpoint")
	vkey := flag.String("vkey", "", "verifier key of the log, to judge a checkpoint")
	witnesses := flag.String("witnesses", "", "verifier keys of the witnesses, with commas between them")
	folder := flag.String("folder", "", "keep a log of tessera's in this folder")
	skey := flag.String("skey", "", "private key of the log, to keep one")
	at := flag.String("at", "", "address of the one witness, to keep a log")
	entries := flag.Int("entries", 1, "entries to add, one after another, each published before the next")
	patience := flag.Duration("patience", time.Minute, "how long all that may take")
	flag.Parse()
	judge := func() error { return judge(*checkpoint, *vkey, strings.Split(*witnesses, ",")) }
	if *folder != "" {
		judge = func() error { return keep(*folder, *skey, *witnesses, *at, *entries, *patience) }
	}
	if err := judge(); err != nil {
		fmt.Fprintln(os.Stderr, "witnessed:", err)
		os.Exit(1)
	}
}

// judge verifies the log's signature and a cosignature of every witness named.
func judge(file, vkey string, witnesses []string) error {
	signed, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	log, err := note.NewVerifier(vkey)
	if err != nil {
		return fmt.Errorf("the log's key: %w", err)
	}
	known := []note.Verifier{log}
	for _, witness := range witnesses {
		verifier, err := f_note.NewVerifierForCosignatureV1(witness)
		if err != nil {
			return fmt.Errorf("a witness's key: %w", err)
		}
		known = append(known, verifier)
	}
	opened, err := note.Open(signed, note.VerifierList(known...))
	if err != nil {
		return err
	}
	if len(opened.Sigs) != len(known) {
		return fmt.Errorf("%d of %d signatures", len(opened.Sigs), len(known))
	}
	fmt.Printf("signed by %s\n", opened.Sigs[0].Name)
	for _, signature := range opened.Sigs[1:] {
		seen, err := f_note.CoSigV1Timestamp(signature)
		if err != nil {
			return err
		}
		fmt.Printf("cosigned by %s at %s\n", signature.Name, seen.UTC().Format(time.RFC3339))
	}
	return nil
}

// keep adds entries to a log whose checkpoints our witness has to cosign.
func keep(folder, skey, witness, at string, entries int, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	signer, err := note.NewSigner(skey)
	if err != nil {
		return fmt.Errorf("the log's key: %w", err)
	}
	address, err := url.Parse(at)
	if err != nil {
		return err
	}
	ours, err := tessera.NewWitness(witness, address)
	if err != nil {
		return fmt.Errorf("the witness's key: %w", err)
	}
	driver, err := posix.New(ctx, posix.Config{Path: folder})
	if err != nil {
		return err
	}
	options := tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithCheckpointInterval(100*time.Millisecond).
		WithBatching(1, time.Millisecond).
		WithWitnesses(tessera.NewWitnessGroup(1, ours), &tessera.WitnessOptions{Timeout: 5 * time.Second})
	appender, stop, reader, err := tessera.NewAppender(ctx, driver, options)
	if err != nil {
		return err
	}
	awaiter := tessera.NewPublicationAwaiter(ctx, reader.ReadCheckpoint, 20*time.Millisecond)
	var published []byte
	for n := range entries {
		entry := tessera.NewEntry(fmt.Appendf(nil, "entry %d at %s", n, time.Now()))
		if _, published, err = awaiter.Await(ctx, appender.Add(ctx, entry)); err != nil {
			return fmt.Errorf("entry %d is not published: %w", n, err)
		}
		if !ours.Satisfied(published) {
			return errors.New("published without the witness's cosignature")
		}
	}
	fmt.Printf("%d entries, the last at %s\n", entries, filepath.Join(folder, "checkpoint"))
	return stop(ctx)
}
