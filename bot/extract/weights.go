package extract

import (
	_ "embed" // the weights
	"fmt"
	"strings"

	"karussell/bot/extract/loglinear"
)

// The weights of reader and jury, written by bot/extract/train.

//go:embed weights/reader.bin
var readerWeights []byte

//go:embed weights/detail.bin
var detailWeights []byte

//go:embed weights/jury.bin
var juryWeights []byte

// settings say for which features the weights were made, and the cuts.
//
//go:embed weights/settings.txt
var weightSettings string

// models are the trained parts of the extractor; a nil one is left out.
type models struct {
	reader *loglinear.Model
	detail *loglinear.Model
	jury   *loglinear.Model
	cuts   cuts
}

// cuts are the log-odds from which the jury is convinced.
type cuts struct {
	grammar float64 // of what the grammar takes for news
	reader  float64 // of anything else
	quiet   float64 // of anything else where the grammar finds no news at all
}

// loadModels reads the embedded weights. Its error can only come from weights that
// do not belong to this program.
func loadModels() (*models, error) {
	m := &models{}
	version := 0
	for line := range strings.Lines(weightSettings) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		var err error
		switch key {
		case "features":
			_, err = fmt.Sscan(value, &version)
		case "grammar":
			_, err = fmt.Sscan(value, &m.cuts.grammar)
		case "reader":
			_, err = fmt.Sscan(value, &m.cuts.reader)
		case "quiet":
			_, err = fmt.Sscan(value, &m.cuts.quiet)
		}
		if err != nil {
			return nil, fmt.Errorf("weights: %s %q: %w", key, value, err)
		}
	}
	if version != featureVersion {
		return nil, fmt.Errorf("weights: made for features %d, the program has %d; run go run ./bot/extract/train", version, featureVersion)
	}
	var err error
	if m.reader, err = loglinear.Load(readerWeights); err != nil {
		return nil, fmt.Errorf("weights: reader: %w", err)
	}
	if m.detail, err = loglinear.Load(detailWeights); err != nil {
		return nil, fmt.Errorf("weights: detail: %w", err)
	}
	if m.jury, err = loglinear.Load(juryWeights); err != nil {
		return nil, fmt.Errorf("weights: jury: %w", err)
	}
	if m.reader.Heads() != readerHeads || m.detail.Heads() != detailHeads || m.jury.Heads() != juryHeads {
		return nil, fmt.Errorf("weights: %d, %d and %d heads, want %d, %d and %d", m.reader.Heads(), m.detail.Heads(), m.jury.Heads(), readerHeads, detailHeads, juryHeads)
	}
	return m, nil
}
