package picture

import (
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/color"
)

// shades are all colours of a picture: ours, and those at the edges of letters.
// Sixteen, because a PNG then takes half a byte for each dot: half the size and
// half the time. At a phone's density nobody sees the steps.
func shades() color.Palette {
	return color.Palette{
		paper, ink, faint, hair, headBar, second, player, caretak, hope,
		mixed(ink, 1), mixed(ink, 2), mixed(faint, 1.5), mixed(headBar, 1.5), mixed(second, 1.5), mixed(caretak, 1.5), mixed(hope, 1.5),
	}
}

// mixed is paper with so many thirds of c.
func mixed(c color.NRGBA, thirds float64) color.NRGBA {
	mix := func(a, b uint8) uint8 { return uint8((float64(a)*(3-thirds) + float64(b)*thirds) / 3) }
	return color.NRGBA{mix(paper.R, c.R), mix(paper.G, c.G), mix(paper.B, c.B), 0xFF}
}

// paletted takes for each dot the nearest of the shades.
func paletted(src *image.RGBA) *image.Paletted {
	out := image.NewPaletted(src.Rect, shades())
	known := make(map[uint32]uint8, 1024)
	last, lastIndex := uint32(1<<24), uint8(0)
	for i, j := 0, 0; i < len(src.Pix); i, j = i+4, j+1 {
		rgb := uint32(src.Pix[i])<<16 | uint32(src.Pix[i+1])<<8 | uint32(src.Pix[i+2])
		if rgb != last {
			index, ok := known[rgb]
			if !ok {
				index = uint8(out.Palette.Index(color.RGBA{src.Pix[i], src.Pix[i+1], src.Pix[i+2], 0xFF})) //nolint:gosec // of sixteen
				known[rgb] = index
			}
			last, lastIndex = rgb, index
		}
		out.Pix[j] = lastIndex
	}
	return out
}

// key names the content: equal bytes, equal key.
func key(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:12])
}
