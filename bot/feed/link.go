package feed

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/mmcdole/gofeed"
	"github.com/mmcdole/gofeed/atom"
	ext "github.com/mmcdole/gofeed/extensions"
)

// offer is what a feed says about push: the hub that distributes it and the
// address under which the hub knows it. Both are needed.
type offer struct{ Hub, Topic string }

func (o offer) whole() bool { return o.Hub != "" && o.Topic != "" }

// or is the offer, or another one when it is not whole: what the server says
// in its header comes before what the document says (WebSub, 4).
func (o offer) or(other offer) offer {
	if o.whole() {
		return o
	}
	return other
}

// add notes a link of the relations hub or self; the first of each counts.
func (o *offer) add(rel, href string, base *url.URL) {
	address := webLink(base, href)
	for name := range strings.FieldsSeq(strings.ToLower(rel)) {
		switch {
		case address == "":
			return
		case name == "hub" && o.Hub == "":
			o.Hub = address
		case name == "self" && o.Topic == "":
			o.Topic = address
		}
	}
}

// webLink resolves an address. It is otherwise left as it stands: a hub knows
// its topics to the letter.
func webLink(base *url.URL, href string) string {
	u, err := base.Parse(strings.TrimSpace(href))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || len(href) > maxLine {
		return ""
	}
	return u.String()
}

// offerOfHeader reads Link headers (RFC 8288).
func offerOfHeader(h http.Header, base *url.URL) offer {
	var o offer
	for _, line := range h.Values("Link") {
		for _, l := range readLinks(line) {
			o.add(l.rel, l.href, base)
		}
	}
	return o
}

type headerLink struct{ href, rel string }

// readLinks reads one Link header; what is not understood ends it.
func readLinks(s string) []headerLink {
	var out []headerLink
	for len(out) < 50 {
		_, s2, found := strings.Cut(s, "<")
		href, rest, closed := strings.Cut(s2, ">")
		if !found || !closed {
			return out
		}
		l := headerLink{href: href}
		s = l.parameters(rest)
		out = append(out, l)
	}
	return out
}

// parameters reads a link's parameters and returns what follows the link.
func (l *headerLink) parameters(s string) string {
	for {
		s = strings.TrimLeft(s, " \t")
		if !strings.HasPrefix(s, ";") {
			return strings.TrimPrefix(s, ",")
		}
		s = strings.TrimLeft(s[1:], " \t")
		end := strings.IndexAny(s, "=;,")
		if end < 0 {
			return ""
		}
		name := strings.TrimSpace(s[:end])
		if s[end] != '=' {
			s = s[end:]
			continue
		}
		var value string
		value, s = headerValue(strings.TrimLeft(s[end+1:], " \t"))
		if strings.EqualFold(name, "rel") && l.rel == "" {
			l.rel = value
		}
	}
}

// headerValue is a token or a quoted string, and what follows it.
func headerValue(s string) (value, rest string) {
	if !strings.HasPrefix(s, `"`) {
		end := strings.IndexAny(s, ";,")
		if end < 0 {
			end = len(s)
		}
		return strings.TrimSpace(s[:end]), s[end:]
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), s[i+1:]
		case '\\':
			if i++; i < len(s) {
				b.WriteByte(s[i])
			}
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), ""
}

// offerOf reads the links of a feed document: Atom's own, Atom's within RSS
// under whatever prefix, and JSON Feed's hubs.
func offerOf(f *gofeed.Feed, body []byte, base *url.URL) offer {
	var o offer
	if original, ok := f.OriginalFeed().(*atom.Feed); ok {
		for _, l := range original.Links {
			if l != nil {
				o.add(l.Rel, l.Href, base)
			}
		}
		return o
	}
	if isJSON(body) {
		return offerOfJSON(body, base)
	}
	for _, prefix := range []string{"atom", "atom10", "a10", "a"} {
		o.addAll(f.Extensions[prefix]["link"], base)
	}
	return o
}

func (o *offer) addAll(links []ext.Extension, base *url.URL) {
	for _, l := range links {
		o.add(l.Attrs["rel"], l.Attrs["href"], base)
	}
}

func offerOfJSON(body []byte, base *url.URL) offer {
	var doc struct {
		Self string `json:"feed_url"`
		Hubs []struct {
			Kind string `json:"type"`
			At   string `json:"url"`
		} `json:"hubs"`
	}
	var o offer
	if json.Unmarshal(body, &doc) != nil {
		return o
	}
	o.add("self", doc.Self, base)
	for _, h := range doc.Hubs {
		if slices.Contains([]string{"websub", "pubsubhubbub"}, strings.ToLower(h.Kind)) {
			o.add("hub", h.At, base)
		}
	}
	return o
}
