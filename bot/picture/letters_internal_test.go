package picture

import (
	"image/color"
	"maps"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// alphabets are the letters, beyond English, of the languages in which European
// coaches and clubs are written, and of the usual transliterations.
var alphabets = map[string]string{
	"German":               "ÄÖÜäöüßẞ",
	"Polish":               "ĄĆĘŁŃÓŚŹŻąćęłńóśźż",
	"Turkish":              "ÇĞİıÖŞÜçğöşüÂâÎîÛû",
	"Czech and Slovak":     "ÁÄČĎÉĚÍĹĽŇÓÔŔŘŠŤÚŮÝŽáäčďéěíĺľňóôŕřšťúůýž",
	"Romanian":             "ĂÂÎȘȚŞŢăâîșțşţ",
	"Icelandic":            "ÁÐÉÍÓÚÝÞÆÖáðéíóúýþæö",
	"Faroese":              "ÁÐÍÓÚÝÆØáðíóúýæø",
	"Scandinavian, Sami":   "ÅÄÆÖØåäæöøÁČĐŊŠŦŽáčđŋšŧž",
	"Hungarian":            "ÁÉÍÓÖŐÚÜŰáéíóöőúüű",
	"Bosnian to Slovene":   "ČĆĐŠŽčćđšžǄǅǆ",
	"Albanian":             "ÇËçë",
	"Baltic":               "ĀČĒĢĪĶĻŅŌŖŠŪŽĄĘĖĮŲāčēģīķļņōŗšūžąęėįų",
	"Estonian":             "ÄÕÖÜŠŽäõöüšž",
	"French":               "ÀÂÆÇÈÉÊËÎÏÔŒÙÛÜŸàâæçèéêëîïôœùûüÿ",
	"Spanish, Catalan":     "ÁÉÍÏÑÓÚÜÇÀÈÒáéíïñóúüçàèòŀĿ·",
	"Portuguese":           "ÀÁÂÃÇÉÊÍÓÔÕÚàáâãçéêíóôõú",
	"Italian, Maltese":     "ÀÈÉÌÒÙàèéìòùĊĠĦŻċġħż",
	"Welsh, Gaelic":        "ŴŶÂÊÎÔÛÁÉÍÓÚŵŷâêîôûáéíóú",
	"Dutch, Frisian":       "ËÏÉĲëïéĳÚÛúû",
	"Azerbaijani":          "ƏəĞğİıŞş",
	"Greek":                "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩάέήίόύώϊϋΐΰαβγδεζηθικλμνξοπρσςτυφχψω",
	"Russian to Serbian":   "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдеёжзийклмнопрстуфхцчшщъыьэюяЂЃЄЅІЇЈЉЊЋЌЎЏҐђѓєѕіїјљњћќўџґ",
	"transliterated":       "ʹʺʻʼ’ḤḥṢṣẒẓṬṭĀāĪīŪūǦǧŽžŠšĖėÈè",
	"quotes and dashes":    "„“”‚‘’«»‹›–—…·•/&()[]+-.,:;!?'\"°%€",
	"spaces of all widths": "\u00a0\u202f\u2009\u2011",
}

// names are how coaches are written in papers; the accents of the last ones
// stand apart from their letters.
var names = []string{
	"Łukasz Piszczek", "Michał Probierz", "Şenol Güneş", "İsmail Kartal", "Çağdaş Atan", "Jindřich Trpišovský", "Luboš Kozel",
	"Cosmin Olăroiu", "Ilie Dumitrescu", "Răzvan Lucescu", "Gheorghe Mureșan", "Mirel Rădoi", "Laurențiu Reghecampf", "Heimir Hallgrímsson",
	"Þorlákur Árnason", "Arnar Viðarsson", "Ståle Solbakken", "Søren Ågren", "Ægir Jónsson", "Márton Gyürű", "Attila Kuttor-Dőry", "Slaviša Jokanović",
	"Đorđe Jurišić", "Miron Muslić", "Željko Čajkovski", "Gjergj Tërstena", "Edgars Ķēniņš", "Valdas Dambrauskas", "Jānis Šteinbergs", "Raúl Caneda",
	"Xabier Azkargorta Uriarte", "José Luis Mendilibar Etxebarria", "Vítor Conceição", "André Villas-Boas", "Iñaki Bergés", "Noël Tosi", "Loïc Œuvray",
	"Γιώργος Δώνης", "Иван Ребров", "Олександр Кучер", "Qurban Qurbanov", "Rəşad Sadıqov", "Gurban-Əli Ağayev", "Matjaž Kek", "Ħusni Żerafa", "Siôn Ŵyn",
	"Mu\u0308ller", "Muslic\u0301", "Gu\u0308nes\u0327", "Kuc\u030cera",
}

// TestEveryNameCanBeWritten: no letter of a club or person that we know, and
// none of the alphabets of European football, becomes a question mark.
func TestEveryNameCanBeWritten(t *testing.T) {
	a, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := a.sheet(1)
	texts := map[string]string{"names": strings.Join(names, " ")}
	maps.Copy(texts, alphabets)
	for _, pattern := range []string{"*.txt", "clubs/*.txt"} {
		files, err := filepath.Glob(filepath.Join("..", "extract", "gazetteer", "data", pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("no gazetteer: %v", err)
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			texts[file] = string(raw)
		}
	}
	for where, text := range texts {
		for _, st := range []style{bodyStyle, boldStyle} {
			missing := map[rune]bool{}
			for _, r := range norm.NFC.String(text) {
				if r != '?' && !unicode.IsControl(r) && s.spell(st, string(r)) == "?" && !missing[r] {
					missing[r] = true
					t.Errorf("%s: %q (%U) cannot be written in bold %v", where, r, r, st.bold)
				}
			}
		}
	}
}

// TestColoursCanBeRead holds what the palette promises.
func TestColoursCanBeRead(t *testing.T) {
	for name, c := range map[string]color.NRGBA{
		"ink": ink, "faint": faint, "headBar": headBar, "second": second, "player": player, "caretak": caretak, "hope": hope,
	} {
		if got := (luminance(paper) + 0.05) / (luminance(c) + 0.05); got < 4.5 {
			t.Errorf("%s has a contrast of %.2f to 1, want 4.5", name, got)
		}
	}
}

// luminance is WCAG's relative luminance.
func luminance(c color.NRGBA) float64 {
	part := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*part(c.R) + 0.7152*part(c.G) + 0.0722*part(c.B)
}
