package feed

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxOPML is the largest list of feeds that is read, in bytes.
const maxOPML = 4 << 20

// outline is an entry of an OPML list (opml.org/spec2): a feed or a folder.
type outline struct {
	Text     string    `xml:"text,attr"`
	Title    string    `xml:"title,attr,omitempty"`
	Type     string    `xml:"type,attr,omitempty"`
	URL      string    `xml:"xmlUrl,attr,omitempty"`
	Language string    `xml:"language,attr,omitempty"`
	Category string    `xml:"category,attr,omitempty"`
	Inner    []outline `xml:"outline"`
}

type opml struct {
	XMLName xml.Name  `xml:"opml"`
	Version string    `xml:"version,attr"`
	Title   string    `xml:"head>title"`
	Body    []outline `xml:"body>outline"`
}

// WriteOPML writes sources as an OPML 2.0 list, as feed readers take it.
func WriteOPML(w io.Writer, title string, sources []Source) error {
	list := opml{Version: "2.0", Title: title}
	for _, s := range sources {
		list.Body = append(list.Body, outline{
			Text: firstOf(s.Name, s.Outlet, s.URL), Title: s.Outlet, Type: "rss", URL: s.URL, Language: s.Language, Category: s.Covers,
		})
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("write OPML: %w", err)
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(list); err != nil {
		return fmt.Errorf("write OPML: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err //nolint:wrapcheck // the writer's own
}

// ReadOPML reads the feeds of an OPML list of up to 4 MB, folders flattened, each
// address once. It returns a *FetchError when there are none.
func ReadOPML(r io.Reader) ([]Source, error) {
	body, err := io.ReadAll(io.LimitReader(r, maxOPML+1))
	if err != nil {
		return nil, fmt.Errorf("read OPML: %w", err)
	}
	if len(body) > maxOPML {
		return nil, &FetchError{Kind: FailSize, Err: errors.New("the list is larger than 4 MB")}
	}
	body = toUTF8(body, "")
	if tooDeep(body) {
		return nil, &FetchError{Kind: FailFormat, Err: fmt.Errorf("elements nest deeper than %d", maxDepth)}
	}
	var list opml
	d := xml.NewDecoder(strings.NewReader(string(body)))
	d.Strict = false
	if err := d.Decode(&list); err != nil {
		return nil, &FetchError{Kind: FailFormat, Err: errors.New("the file is no OPML list of feeds")}
	}
	var out []Source
	seen := map[string]bool{}
	var walk func([]outline)
	walk = func(outlines []outline) {
		for _, o := range outlines {
			if (strings.HasPrefix(o.URL, "https://") || strings.HasPrefix(o.URL, "http://")) && !seen[o.URL] {
				seen[o.URL] = true
				out = append(out, Source{URL: o.URL, Name: firstOf(o.Text, o.Title), Outlet: firstOf(o.Title, o.Text), Language: language(o.Language), Covers: o.Category})
			}
			walk(o.Inner)
		}
	}
	walk(list.Body)
	if len(out) == 0 {
		return nil, &FetchError{Kind: FailFormat, Err: errors.New("the list names no feed")}
	}
	return out, nil
}
