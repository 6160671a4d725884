package picture

import (
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/color"
)

// paletted reduces a picture to at most 256 colours: ours exactly, and the
// shades at the edges of letters rounded to 4 steps a channel, which
// nobody sees at a phone's density.
func paletted(src *image.RGBA) *image.Paletted {
	out := image.NewPaletted(src.Rect, nil)
	known := make(map[uint32]uint8, 1024)
	for _, c := range []color.NRGBA{paper, ink, faint, hair, headBar, second, player, caretak, hope} {
		known[uint32(c.R)<<16|uint32(c.G)<<8|uint32(c.B)] = uint8(len(out.Palette)) //nolint:gosec // a handful
		out.Palette = append(out.Palette, c)
	}
	last, lastIndex := uint32(1<<24), uint8(0)
	for i, j := 0, 0; i < len(src.Pix); i, j = i+4, j+1 {
		rgb := uint32(src.Pix[i])<<16 | uint32(src.Pix[i+1])<<8 | uint32(src.Pix[i+2])
		if rgb != last {
			last, lastIndex = rgb, index(out, known, rgb)
		}
		out.Pix[j] = lastIndex
	}
	return out
}

func index(out *image.Paletted, known map[uint32]uint8, rgb uint32) uint8 {
	if i, ok := known[rgb]; ok {
		return i
	}
	rounded := rgb&0xC0C0C0 | 0x202020
	i, ok := known[rounded]
	if !ok {
		c := color.NRGBA{uint8(rounded >> 16), uint8(rounded >> 8), uint8(rounded), 0xFF} //nolint:gosec // three bytes of one number
		if len(out.Palette) < 256 {
			out.Palette = append(out.Palette, c)
		}
		i = uint8(out.Palette.Index(c)) //nolint:gosec // an index of at most 256 colours
		known[rounded] = i
	}
	known[rgb] = i
	return i
}

// key names the content: equal bytes, equal key.
func key(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:12])
}
