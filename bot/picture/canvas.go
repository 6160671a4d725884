// Package picture draws answers: a coach's career, a club's bench, the table of
// vacancies, as PNG for a phone's screen.
//
// Law: the same input gives the same bytes; nothing is told by colour alone;
// the alternative text says what the picture says; no club logos, no photos, no
// network. Pictures are opaque, so that they read the same in light and dark
// chats.
package picture

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"sort"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/norm"

	"karussell/bot"
)

// width of every picture in pixels: a phone's 400 points at double density.
const width = 800

const (
	margin   = 40
	rowPitch = 64
)

// The palette: text against background has a contrast of at least 4.5 to 1
// (WCAG 2.2, 1.4.3).
//
//nolint:gochecknoglobals // constant colours
var (
	paper   = color.NRGBA{0xFB, 0xFA, 0xF7, 0xFF}
	ink     = color.NRGBA{0x1B, 0x1F, 0x24, 0xFF}
	faint   = color.NRGBA{0x5A, 0x61, 0x6B, 0xFF}
	hair    = color.NRGBA{0xD5, 0xD3, 0xCC, 0xFF}
	headBar = color.NRGBA{0x1F, 0x5F, 0xA8, 0xFF}
	second  = color.NRGBA{0x3A, 0x6C, 0xA0, 0xFF}
	player  = color.NRGBA{0x66, 0x6F, 0x7A, 0xFF}
	caretak = color.NRGBA{0x94, 0x55, 0x00, 0xFF}
	hope    = color.NRGBA{0x6B, 0x3F, 0xA0, 0xFF}
)

// style is a face of the embedded fonts.
type style struct {
	bold bool
	size float64
}

//nolint:gochecknoglobals // constant styles
var (
	titleStyle = style{bold: true, size: 40}
	bodyStyle  = style{size: 28}
	boldStyle  = style{bold: true, size: 28}
	smallStyle = style{size: 22}
	smallBold  = style{bold: true, size: 22}
)

// Artist draws. It implements bot.Artist and is safe for concurrent use.
type Artist struct {
	clubs   bot.Gazetteer
	regular *opentype.Font
	bold    *opentype.Font
	faces   sync.Pool // of map[style]font.Face: a face is not safe for concurrent use
	buffers buffers
}

// buffers keeps what the encoder works with, almost a megabyte each time.
type buffers struct{ pool sync.Pool }

// Get implements png.EncoderBufferPool.
func (b *buffers) Get() *png.EncoderBuffer {
	buffer, _ := b.pool.Get().(*png.EncoderBuffer) // nil: the encoder makes one
	return buffer
}

// Put implements png.EncoderBufferPool.
func (b *buffers) Put(buffer *png.EncoderBuffer) { b.pool.Put(buffer) }

// New loads the embedded fonts.
func New(clubs bot.Gazetteer) (*Artist, error) {
	regular, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return nil, fmt.Errorf("font: %w", err)
	}
	bold, err := opentype.Parse(gobold.TTF)
	if err != nil {
		return nil, fmt.Errorf("font: %w", err)
	}
	return &Artist{clubs: clubs, regular: regular, bold: bold}, nil
}

// sheet is a picture being drawn. It is opaque throughout; image.RGBA is the
// kind that package draw is quick with.
type sheet struct {
	artist *Artist
	img    *image.RGBA
	faces  map[style]font.Face
	buffer sfnt.Buffer
}

func (a *Artist) sheet(height int) *sheet {
	faces, ok := a.faces.Get().(map[style]font.Face)
	if !ok {
		faces = map[style]font.Face{}
	}
	s := &sheet{artist: a, faces: faces}
	s.reset(height)
	return s
}

// reset begins an empty picture of the given height.
func (s *sheet) reset(height int) {
	s.img = image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(s.img, s.img.Bounds(), image.NewUniform(paper), image.Point{}, draw.Src)
}

func (s *sheet) face(st style) font.Face {
	if f := s.faces[st]; f != nil {
		return f
	}
	f, err := opentype.NewFace(s.font(st), &opentype.FaceOptions{Size: st.size, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		return nil // options are constants; the fonts were parsed by New
	}
	s.faces[st] = f
	return f
}

func (s *sheet) font(st style) *opentype.Font {
	if st.bold {
		return s.artist.bold
	}
	return s.artist.regular
}

// text draws one line with its baseline at y, shortened to fit, and returns
// where it ends.
func (s *sheet) text(x, y int, st style, c color.Color, most int, words string) int {
	words = s.fit(st, most, words)
	d := font.Drawer{Dst: s.img, Src: image.NewUniform(c), Face: s.face(st), Dot: fixed.P(x, y)}
	d.DrawString(words)
	return d.Dot.X.Ceil()
}

// right draws one line that ends at x.
func (s *sheet) right(x, y int, st style, c color.Color, words string) {
	words = s.spell(st, words)
	s.text(x-font.MeasureString(s.face(st), words).Ceil(), y, st, c, width, words)
}

// measure is the width of one line in pixels.
func (s *sheet) measure(st style, words string) int {
	return font.MeasureString(s.face(st), s.spell(st, words)).Ceil()
}

// lines breaks words between them into at most n lines of most pixels; the
// last one is shortened to fit.
func (s *sheet) lines(st style, most, n int, words string) []string {
	var out []string
	parts := strings.Fields(words)
	for len(parts) > 0 && len(out) < n-1 {
		end := 1
		for end < len(parts) && s.measure(st, strings.Join(parts[:end+1], " ")) <= most {
			end++
		}
		out = append(out, strings.Join(parts[:end], " "))
		parts = parts[end:]
	}
	if len(parts) > 0 {
		out = append(out, strings.Join(parts, " "))
	}
	return out
}

// fit shortens words with an ellipsis to at most most pixels.
func (s *sheet) fit(st style, most int, words string) string {
	words = s.spell(st, words)
	face := s.face(st)
	if font.MeasureString(face, words).Ceil() <= most {
		return words
	}
	runes := []rune(words)
	short := func(n int) string { return strings.TrimSpace(string(runes[:n])) + "…" }
	n := sort.Search(len(runes), func(n int) bool { return font.MeasureString(face, short(n)).Ceil() > most })
	return short(max(0, n-1))
}

// spell puts letters together with the accents that stand apart from them, and
// replaces those that the font lacks by their base letters.
func (s *sheet) spell(st style, words string) string {
	var out strings.Builder
	for _, r := range norm.NFC.String(words) {
		switch base, known := substitutes[r]; {
		case s.has(st, r):
			out.WriteRune(r)
		case known:
			out.WriteRune(base)
		default:
			out.WriteString(s.bare(st, r))
		}
	}
	return out.String()
}

// bare is a letter without what the font cannot put on it.
func (s *sheet) bare(st style, r rune) string {
	var out strings.Builder
	for _, part := range norm.NFKD.String(string(r)) {
		if s.has(st, part) && !unicode.Is(unicode.Mn, part) {
			out.WriteRune(part)
		}
	}
	if out.Len() == 0 && !unicode.Is(unicode.Mn, r) {
		return "?"
	}
	return out.String()
}

func (s *sheet) has(st style, r rune) bool {
	i, err := s.font(st).GlyphIndex(&s.buffer, r)
	return err == nil && i != 0
}

// substitutes are letters of European names that the embedded fonts lack.
//
//nolint:gochecknoglobals // a constant table
var substitutes = map[rune]rune{
	'ș': 'ş', 'Ș': 'Ş', 'ț': 'ţ', 'Ț': 'Ţ', 'ẞ': 'S', 'ə': 'e', 'Ə': 'E', 'ǧ': 'g', 'Ǧ': 'G', 'ǎ': 'a', 'ơ': 'o', 'ư': 'u',
	'’': '\'', 'ʻ': '\'', 'ʼ': '\'', 'ʹ': '\'', 'ʺ': '"', '\u00a0': ' ', '\u202f': ' ', '\u2011': '-', '→': '>', '★': '*', '✓': 'x',
}

func (s *sheet) box(x0, y0, x1, y1 int, c color.Color) {
	draw.Draw(s.img, image.Rect(x0, y0, x1, y1), image.NewUniform(c), image.Point{}, draw.Src)
}

// hatched is a box of stripes: what is not certain, also without colour.
func (s *sheet) hatched(x0, y0, x1, y1 int, c color.Color) {
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			if (x+y)%10 < 4 || y == y0 || y == y1-1 || x == x0 || x == x1-1 {
				s.img.Set(x, y, c)
			}
		}
	}
}

// finish encodes with a palette, which makes the file a third as large.
func (s *sheet) finish(name, alt string) (bot.Picture, error) {
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.DefaultCompression, BufferPool: &s.artist.buffers}
	if err := encoder.Encode(&out, paletted(s.img)); err != nil {
		return bot.Picture{}, fmt.Errorf("encode picture: %w", err)
	}
	s.artist.faces.Put(s.faces)
	return bot.Picture{Key: key(out.Bytes()), Name: name + ".png", MIME: "image/png", Data: out.Bytes(), Alt: alt}, nil
}
