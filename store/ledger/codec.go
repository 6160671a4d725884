package ledger

import (
	"fmt"

	"github.com/fxamacker/cbor/v2"

	"karussell/bot"
)

// codec writes and reads one kind of record: a version byte, then CBOR with
// numbered fields in deterministic order.
type codec[T any] struct {
	name    string
	version byte // of what is written; from 1
	// upgrades reads the bodies of older versions, by version.
	upgrades map[byte]func(body []byte) (T, error)
}

func (c codec[T]) encode(v T) ([]byte, error) {
	body, err := encMode.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", c.name, err)
	}
	return append([]byte{c.version}, body...), nil
}

func (c codec[T]) decode(b []byte) (v T, err error) {
	if len(b) == 0 {
		return v, fmt.Errorf("%s record is empty: %w", c.name, bot.ErrCorrupt)
	}
	version, body := b[0], b[1:]
	switch {
	case version > c.version:
		return v, fmt.Errorf("%s record has version %d, this program knows %d: %w",
			c.name, version, c.version, bot.ErrNewer)
	case version < c.version:
		up, ok := c.upgrades[version]
		if !ok {
			return v, fmt.Errorf("%s record has unknown version %d: %w", c.name, version, bot.ErrCorrupt)
		}
		v, err = up(body)
	default:
		err = unmarshal(body, &v)
	}
	if err != nil {
		return v, fmt.Errorf("%s record: %w (%w)", c.name, bot.ErrCorrupt, err)
	}
	return v, nil
}

func unmarshal(body []byte, v any) error { return decMode.Unmarshal(body, v) }

//nolint:gochecknoglobals // constant modes, safe for concurrent use
var (
	encMode = must(cbor.CoreDetEncOptions().EncMode())
	// Titles may hold broken UTF-8; what went in must come out again.
	decMode = must(cbor.DecOptions{
		UTF8:             cbor.UTF8DecodeInvalid,
		MaxArrayElements: 1 << 24,
		MaxMapPairs:      1 << 20,
	}.DecMode())
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err) // wrong options: found by the first test that runs
	}
	return v
}

// each converts a slice; nothing stays nil.
func each[A, B any](in []A, f func(A) B) []B {
	if len(in) == 0 {
		return nil
	}
	out := make([]B, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}
