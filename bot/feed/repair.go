package feed

import (
	"bytes"
	"mime"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/charmap"
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
	body = mixed(mojibake(body))
	if at := prolog.FindSubmatchIndex(body); at != nil {
		fixed := append([]byte{}, body[:at[2]]...)
		body = append(append(fixed, "utf-8"...), body[at[3]:]...)
	}
	return startOf(dropControls(body))
}

// mixed decodes the few bytes that are not UTF-8 as Windows-1252: papers join
// texts from several systems.
func mixed(body []byte) []byte {
	if utf8.Valid(body) {
		return body
	}
	out := make([]byte, 0, len(body)+64)
	for len(body) > 0 {
		r, size := utf8.DecodeRune(body)
		if r == utf8.RuneError && size == 1 {
			r = charmap.Windows1252.DecodeByte(body[0])
		}
		out = utf8.AppendRune(out, r)
		body = body[size:]
	}
	return out
}

// mojibake undoes an encoding that was applied twice: UTF-8 that was read as
// Windows-1252 and encoded again.
func mojibake(body []byte) []byte {
	if !bytes.Contains(body, []byte("Ã")) || !utf8.Valid(body) {
		return body
	}
	once, err := charmap.Windows1252.NewEncoder().Bytes(body)
	if err != nil || !utf8.Valid(once) {
		return body
	}
	return once
}

// startOf cuts off what stands before the feed: warnings of the paper's
// software.
func startOf(body []byte) []byte {
	if isJSON(body) {
		return body
	}
	head := bytes.ToLower(body[:min(len(body), 4<<10)])
	if start := bytes.TrimSpace(head); bytes.HasPrefix(start, []byte("<!doctype")) || bytes.HasPrefix(start, []byte("<html")) {
		return body
	}
	for _, mark := range []string{"<?xml", "<rss", "<feed", "<rdf:rdf"} {
		if at := bytes.Index(head, []byte(mark)); at > 0 {
			return body[at:]
		} else if at == 0 {
			return body
		}
	}
	return body
}

// mostlyUTF8: a few broken bytes (a feed cut in the middle of a letter) do not
// make a feed Windows-1252.
func mostlyUTF8(body []byte) bool {
	good, bad := 0, 0
	for i := 0; i < len(body); {
		r, size := utf8.DecodeRune(body[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			if i < len(body)-utf8.UTFMax { // else cut in the middle of a letter
				bad++
			}
		case size > 1:
			good++
		}
		i += size
	}
	return bad == 0 || good > 4*bad
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
	body = bytes.Map(func(r rune) rune {
		if forbidden(r) {
			return -1
		}
		return r
	}, body)
	return reference.ReplaceAllFunc(body, func(ref []byte) []byte {
		digits, base := string(ref[2:len(ref)-1]), 10
		if digits[0] == 'x' || digits[0] == 'X' {
			digits, base = digits[1:], 16
		}
		if n, err := strconv.ParseInt(digits, base, 32); err != nil || forbidden(rune(n)) {
			return nil
		}
		return ref
	})
}

// reference is a numeric character reference.
var reference = regexp.MustCompile(`&#(?:[xX][0-9a-fA-F]+|[0-9]+);`)

func forbidden(r rune) bool {
	return r < 0x20 && r != '\n' && r != '\r' && r != '\t' || r >= 0xD800 && r <= 0xDFFF || r == 0xFFFE || r == 0xFFFF || r > utf8.MaxRune
}

// mend cuts a feed that ends in the middle of an item behind its last whole
// item and closes what is open. ok is false when there is none.
func mend(body []byte) (mended []byte, ok bool) {
	if isJSON(body) {
		return mendJSON(body)
	}
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

// mendJSON cuts behind the last whole item: an object in a list of the feed.
func mendJSON(body []byte) (mended []byte, ok bool) {
	const inList = 2 // the feed's object and its list are open
	depth, end, quoted, escaped := 0, 0, false, false
	for i, c := range body {
		switch {
		case escaped:
			escaped = false
		case quoted:
			escaped, quoted = c == '\\', c != '"'
		case c == '"':
			quoted = true
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
			if depth == inList && c == '}' {
				end = i + 1
			}
		}
	}
	if end == 0 {
		return nil, false
	}
	return append(append([]byte{}, body[:end]...), "]}"...), true
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
