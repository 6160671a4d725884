// Command train fits the reader and the jury of bot/extract to the annotated
// articles and the phrase book, and writes their weights:
//
//	go run ./bot/extract/train
//
// Its law: the same material gives the same weights. It never opens the articles
// that are kept unseen (testdata/heldout, testdata/unseen).
//
// The report says what the weights can be expected to do with articles that they
// were not fitted to: every fifth article is left out in turn, and the idioms that
// occur in no other article are taken from the grammar while it reads one, for
// nobody would have written them.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"karussell/bot/extract"
	"karussell/bot/extract/score"
)

func main() {
	dir := flag.String("dir", "bot/extract", "folder of the package")
	book := flag.String("phrases", "", "folders of phrase books, separated by commas (default: testdata/phrases)")
	dry := flag.Bool("dry", false, "only report, write no weights")
	verbose := flag.Bool("v", false, "print every miss")
	flag.Parse()
	if err := run(*dir, *book, *dry, *verbose, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:forbidigo // this is a main
	}
}

func run(dir, book string, dry, verbose bool, out io.Writer) error {
	x, err := extract.Untrained()
	if err != nil {
		return err
	}
	pairs, err := score.Load(filepath.Join(dir, "testdata", "dev"), filepath.Join(dir, "testdata", "pairs"))
	if err != nil {
		return err
	}
	if book == "" {
		book = filepath.Join(dir, "testdata", "phrases")
	}
	phrases, err := loadPhrases(book)
	if err != nil {
		return err
	}
	s := newSchool(x, pairs, phrases, out)
	t, err := s.crossValidate(verbose)
	if err != nil {
		return err
	}
	if dry {
		return nil
	}
	return s.write(filepath.Join(dir, "weights"), t)
}
