package ledger

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	stdhash "hash"
	"io"

	"karussell/bot"
)

// An export is the store as JSON lines: a head, every entry of every space in
// order, the sequences, an end with the sum of all lines before it. Key and
// value are the exact bytes, so that an import gives the same store, numbers
// included; "reads" beside them is for people and for other programs, and is
// ignored by Import.

// exportFormat is the version of the lines; Schema is that of the entries.
const exportFormat = 1

// exportLine is any line; a head has Karussell, an end has Sum.
type exportLine struct {
	Karussell string          `json:"karussell,omitempty"` // "export"
	Format    int             `json:"format,omitempty"`
	Schema    uint64          `json:"schema,omitempty"`
	Space     string          `json:"space,omitempty"`
	Key       string          `json:"key,omitempty"` // hexadecimal
	Value     []byte          `json:"value,omitempty"`
	Reads     json.RawMessage `json:"reads,omitempty"`
	Sequence  uint64          `json:"sequence,omitempty"`
	Lines     int             `json:"lines,omitempty"`
	Sum       string          `json:"sha256,omitempty"`
}

const (
	exportWord  = "export"
	exportChunk = 256 << 10 // bytes written at once, always whole lines
	importChunk = 8 << 20   // bytes read into one transaction
	longestLine = 64 << 20
)

// Export writes the store that r reads. Every write to out is of whole lines.
func Export(ctx context.Context, r Reader, out io.Writer) error {
	e := &exporter{out: out, sum: sha256.New()}
	version, err := getNumber(r, Meta, schemaKey)
	if err != nil {
		return err
	}
	if err := e.line(exportLine{Karussell: exportWord, Format: exportFormat, Schema: version}); err != nil {
		return err
	}
	for _, s := range Spaces() {
		if err := e.space(ctx, r, s); err != nil {
			return fmt.Errorf("export %s: %w", s, err)
		}
	}
	sum := hex.EncodeToString(e.sum.Sum(nil))
	if err := e.line(exportLine{Lines: e.lines, Sum: sum}); err != nil {
		return err
	}
	return e.flush()
}

type exporter struct {
	out   io.Writer
	sum   stdhash.Hash
	lines int
	buf   bytes.Buffer
}

func (e *exporter) space(ctx context.Context, r Reader, s Space) error {
	err := r.Scan(s, Range{}, func(k, v []byte) (bool, error) {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		err := e.line(exportLine{Space: s.String(), Key: hex.EncodeToString(k), Value: v, Reads: readable(s, v)})
		return err == nil, err
	})
	if err != nil {
		return err
	}
	n, err := r.Sequence(s)
	if err != nil || n == 0 {
		return err
	}
	return e.line(exportLine{Space: s.String(), Sequence: n})
}

func (e *exporter) line(l exportLine) error {
	raw, err := json.Marshal(l)
	if err != nil {
		return err
	}
	raw = append(raw, '\n')
	e.lines++
	_, _ = e.sum.Write(raw) // a hash never fails
	_, _ = e.buf.Write(raw) // nor does memory
	if e.buf.Len() < exportChunk {
		return nil
	}
	return e.flush()
}

func (e *exporter) flush() error {
	_, err := e.buf.WriteTo(e.out)
	return err
}

// readable is what an entry says, or nil where the key says it all or the
// record cannot be read: the bytes are exported in any case.
func readable(s Space, value []byte) json.RawMessage {
	decode, ok := readers()[s]
	if !ok {
		return nil
	}
	v, err := decode(value)
	if err != nil {
		return nil
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return raw
}

// readers decode the spaces that hold records.
func readers() map[Space]func([]byte) (any, error) {
	return map[Space]func([]byte) (any, error){
		Meta:        func(b []byte) (any, error) { return lastNumber(b) },
		Articles:    reader(articleCodec),
		Texts:       reader(textCodec),
		Findings:    reader(findingsCodec),
		Stories:     reader(storyCodec),
		Coaches:     reader(coachCodec),
		Chats:       reader(chatCodec),
		Subscribers: reader(subscriptionCodec),
		Postings:    reader(postingCodec),
		Deliveries:  reader(deliveryCodec),
		Fanouts:     reader(fanoutCodec),
		Feeds:       reader(feedCodec),
	}
}

func reader[T any](c codec[T]) func([]byte) (any, error) {
	return func(b []byte) (any, error) { return c.decode(b) }
}

// ErrExport means that a file is no export, is cut off, or was changed.
var ErrExport = errors.New("no complete export of Karussell")

// Import reads an export into an empty engine, in several calls of update: until
// it returns without an error the store is incomplete.
func Import(ctx context.Context, in io.Reader, update func(func(Writer) error) error) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 64<<10), longestLine)
	i := &importer{lines: lines, sum: sha256.New(), spaces: make(map[string]Space, spaces)}
	for _, s := range Spaces() {
		i.spaces[s.String()] = s
	}
	if err := i.head(); err != nil {
		return err
	}
	for !i.ended {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := update(i.chunk); err != nil {
			return err
		}
	}
	if lines.Scan() {
		return i.wrong("there is something behind the end")
	}
	return nil
}

type importer struct {
	lines  *bufio.Scanner
	sum    stdhash.Hash
	spaces map[string]Space
	read   int
	ended  bool
}

func (i *importer) wrong(what string) error {
	return fmt.Errorf("%w: line %d: %s", ErrExport, i.read, what)
}

// next reads a line and adds the one to the sum, unless it is the end.
func (i *importer) next() (l exportLine, size int, err error) {
	if !i.lines.Scan() {
		if err := i.lines.Err(); err != nil && !errors.Is(err, bufio.ErrTooLong) {
			return l, 0, err
		}
		return l, 0, i.wrong("the file is cut off after it")
	}
	i.read++
	raw := i.lines.Bytes()
	if err := json.Unmarshal(raw, &l); err != nil {
		return l, 0, i.wrong("it is no JSON object")
	}
	if l.Sum == "" {
		_, _ = i.sum.Write(raw)
		_, _ = i.sum.Write([]byte{'\n'})
	}
	return l, len(raw), nil
}

func (i *importer) head() error {
	l, _, err := i.next()
	switch {
	case err != nil:
		return err
	case l.Karussell != exportWord:
		return i.wrong("it is no head of an export")
	case l.Format > exportFormat || l.Schema > Schema:
		return fmt.Errorf("%w: format %d, store version %d", bot.ErrNewer, l.Format, l.Schema)
	}
	return nil
}

func (i *importer) chunk(w Writer) error {
	for room := importChunk; room > 0; {
		l, size, err := i.next()
		if err != nil {
			return err
		}
		room -= size
		if l.Sum != "" {
			if l.Lines != i.read-1 || l.Sum != hex.EncodeToString(i.sum.Sum(nil)) {
				return i.wrong("the sum differs: the file was changed or damaged")
			}
			i.ended = true
			return nil
		}
		if err := i.entry(w, l); err != nil {
			return err
		}
	}
	return nil
}

func (i *importer) entry(w Writer, l exportLine) error {
	s, ok := i.spaces[l.Space]
	if !ok {
		return i.wrong("it names a space that this program does not know")
	}
	if l.Sequence > 0 {
		return w.Raise(s, l.Sequence)
	}
	key, err := hex.DecodeString(l.Key)
	if err != nil || len(key) == 0 {
		return i.wrong("its key is damaged")
	}
	return w.Put(s, key, l.Value)
}

// Empty reports whether nothing was ever stored.
func Empty(r Reader) (bool, error) {
	for _, s := range Spaces() {
		found := false
		err := r.Scan(s, Range{}, func(k, _ []byte) (bool, error) {
			found = s != Meta || !bytes.Equal(k, schemaKey)
			return !found, nil
		})
		if err != nil || found {
			return false, err
		}
	}
	return true, nil
}
