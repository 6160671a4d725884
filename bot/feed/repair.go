package feed

import (
	"bytes"
	"mime"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/unicode"
)

var prolog = regexp.MustCompile(`^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["'][^>]*\?>`)

// toUTF8 decodes a feed. What the bytes themselves say comes first (a byte
// order mark, or that they are valid UTF-8), because servers send wrong
// headers more often than papers write invalid UTF-8; then the header, then the
// XML prolog, then Windows-1252. The prolog is corrected.
func toUTF8(body []byte, contentType string) []byte {
	if bytes.HasPrefix(body, []byte{0xFF, 0xFE}) || bytes.HasPrefix(body, []byte{0xFE, 0xFF}) {
		if out, err := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder().Bytes(body); err == nil {
			body = out
		}
	}
	body = bytes.TrimPrefix(body, []byte("\xEF\xBB\xBF"))
	if !utf8.Valid(body) && !mostlyUTF8(body) {
		body = decodeNamed(body, contentType)
	}
	body = bytes.ToValidUTF8(body, []byte("\uFFFD"))
	if at := prolog.FindSubmatchIndex(body); at != nil {
		fixed := append([]byte{}, body[:at[2]]...)
		body = append(append(fixed, "utf-8"...), body[at[3]:]...)
	}
	return dropControls(body)
}

// mostlyUTF8: a few broken bytes (a feed cut in the middle of a letter) do not
// make a feed Windows-1252.
func mostlyUTF8(body []byte) bool {
	good, bad := 0, 0
	for i := 0; i < len(body); {
		r, size := utf8.DecodeRune(body[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			bad++
		case size > 1:
			good++
		}
		i += size
	}
	return good > 4*bad
}

func decodeNamed(body []byte, contentType string) []byte {
	var names []string
	if _, params, err := mime.ParseMediaType(contentType); err == nil {
		names = append(names, params["charset"])
	}
	if at := prolog.FindSubmatch(body); at != nil {
		names = append(names, string(at[1]))
	}
	for _, name := range append(names, "windows-1252") {
		if e, label := charset.Lookup(name); e != nil && label != "utf-8" {
			if out, err := e.NewDecoder().Bytes(body); err == nil {
				return out
			}
		}
	}
	return body
}

// dropControls removes characters that XML 1.0 forbids; papers' editors paste
// them in, and a parser would reject the whole feed.
func dropControls(body []byte) []byte {
	return bytes.Map(func(r rune) rune {
		if r < 0x20 && r != '\n' && r != '\r' && r != '\t' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, body)
}

// mend cuts a feed that ends in the middle of an item behind its last whole
// item and closes what is open. ok is false when there is none.
func mend(body []byte) (mended []byte, ok bool) {
	lower := bytes.ToLower(body)
	for _, form := range []struct{ item, close string }{
		{"</item>", ""}, {"</entry>", "</feed>"},
	} {
		at := bytes.LastIndex(lower, []byte(form.item))
		if at < 0 {
			continue
		}
		closing := form.close
		if closing == "" {
			closing = "</channel></rss>"
			if bytes.Contains(lower[:min(len(lower), 2000)], []byte("rdf:rdf")) {
				closing = "</rdf:RDF>"
			}
		}
		return append(append([]byte{}, body[:at+len(form.item)]...), closing...), true
	}
	return nil, false
}

// maxDepth is how deep elements may nest; real feeds stay below 15.
const maxDepth = 100

// tooDeep scans tags without building anything.
func tooDeep(body []byte) bool {
	depth := 0
	for {
		start := bytes.IndexByte(body, '<')
		if start < 0 {
			return false
		}
		body = body[start:]
		end := bytes.IndexByte(body, '>')
		if bytes.HasPrefix(body, []byte("<![CDATA[")) {
			end = bytes.Index(body, []byte("]]>"))
		}
		if end < 1 {
			return false
		}
		depth += nesting(body[:end])
		if depth > maxDepth {
			return true
		}
		body = body[end:]
	}
}

// nesting is how the depth changes with a tag, given without its end.
func nesting(tag []byte) int {
	switch {
	case len(tag) < 2, tag[1] == '!', tag[1] == '?', tag[len(tag)-1] == '/':
		return 0
	case tag[1] == '/':
		return -1
	default:
		return 1
	}
}

func isJSON(body []byte) bool {
	return strings.HasPrefix(string(bytes.TrimSpace(body[:min(len(body), 64)])), "{")
}
