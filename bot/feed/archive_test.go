package feed_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"karussell/bot"
	"karussell/bot/feed"
)

func archive(tb testing.TB, name string, content []byte) (articles []bot.Article, problems []error) {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), name)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		tb.Fatal(err)
	}
	for a, err := range feed.ReadArchive(file) {
		if err != nil {
			problems = append(problems, err)
			continue
		}
		articles = append(articles, a)
	}
	return articles, problems
}

func TestArchivesOfLines(t *testing.T) {
	got, problems := archive(t, "a.jsonl", []byte(`{"title":"Eins","text":"Ein Satz.","url":"https://blatt.example/1?utm_source=x","outlet":"Blatt","published":"2025-11-03T10:00:00Z"}

{"title":"Zwei","text":"<p>Zwei</p><p>Sätze.</p>","published":"2025-11"}
kein JSON
{"title":"Drei","published":"irgendwann"}
{"title":"Vier","url":"javascript:alert(1)"}
{}
{"title":"Fünf","text":"Letzte Zeile ohne Ende.","published":"03.11.2025"}`))
	if len(got) != 3 || len(problems) != 4 {
		t.Fatalf("got %d articles, %v", len(got), problems)
	}
	if a := got[0]; a.URL != "https://blatt.example/1" || a.Outlet != "Blatt" || a.PublishedAt.IsZero() {
		t.Errorf("%+v", a)
	}
	if a := got[1]; a.Text != "Zwei\n\nSätze." || a.Published != "2025-11" || !a.PublishedAt.IsZero() {
		t.Errorf("%+v", a)
	}
	if a := got[2]; a.Published != "2025-11-03" || !a.PublishedAt.IsZero() {
		t.Errorf("%+v", a)
	}
	if !strings.Contains(problems[0].Error(), "a.jsonl:4") {
		t.Errorf("the line is not named: %v", problems[0])
	}
}

func record(kind, address, block string) string {
	return fmt.Sprintf("WARC/1.0\r\nWARC-Type: %s\r\nWARC-Target-URI: %s\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n", kind, address, len(block), block)
}

func page(title string) string {
	body := "<html lang=\"de\"><head><title>" + title + "</title></head><body><article><h1>" + title + "</h1><p>" + strings.Repeat(longText, 5) + "</p></article></body></html>"
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

func warc() string {
	return record("warcinfo", "", "software: Test") + record("request", "https://blatt.example/1", "GET / HTTP/1.1\r\n\r\n") +
		record("response", "https://blatt.example/1", page("Eins")) +
		record("response", "https://blatt.example/x.jpg", "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\nxx") +
		record("response", "https://blatt.example/weg", "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n<p>weg</p>") +
		record("response", "dns:blatt.example", "20260101 blatt.example. 1 IN A 192.0.2.1") +
		record("response", "https://blatt.example/2", page("Zwei"))
}

func zipped(s string) []byte {
	var b bytes.Buffer
	for part := range strings.SplitAfterSeq(s, "\r\n\r\nWARC") { // one member after the other
		z := gzip.NewWriter(&b)
		_, _ = z.Write([]byte(part))
		_ = z.Close()
	}
	return b.Bytes()
}

func TestWebArchives(t *testing.T) {
	for name, content := range map[string][]byte{"a.warc": []byte(warc()), "a.warc.gz": zipped(warc())} {
		got, problems := archive(t, name, content)
		if len(problems) > 0 || len(got) != 2 {
			t.Fatalf("%s: got %d articles, %v", name, len(got), problems)
		}
		if got[0].Title != "Eins" || got[1].URL != "https://blatt.example/2" || !strings.Contains(got[1].Text, "nach einem Gespräch") {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestDamagedArchives(t *testing.T) {
	whole := warc()
	for name, content := range map[string]string{
		"cut in a page":    whole[:len(whole)-300],
		"cut in a head":    whole + "WARC/1.0\r\nWARC-Ty",
		"garbage behind":   whole + "no record\r\n",
		"no length":        whole + "WARC/1.0\r\nWARC-Type: response\r\n\r\n",
		"negative length":  whole + "WARC/1.0\r\nContent-Length: -5\r\n\r\n",
		"a huge length":    whole + "WARC/1.0\r\nContent-Length: 999999999999\r\n\r\n",
		"endless head":     whole + "WARC/1.0\r\n" + strings.Repeat("X: y\r\n", 1000),
		"garbage for HTTP": whole + record("response", "https://blatt.example/3", "garbage"),
		"a bomb":           whole + record("response", "https://blatt.example/3", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n"+string(zipped(strings.Repeat(" ", 64<<20)))),
	} {
		got, problems := archive(t, "a.warc", []byte(content))
		if len(got) < 1 || len(problems) == 0 {
			t.Errorf("%s: got %d articles, %v", name, len(got), problems)
		}
	}
	if _, problems := archive(t, "a.warc.gz", zipped(whole)[:400]); len(problems) == 0 {
		t.Error("a cut gzip passed")
	}
	if got, problems := archive(t, "a.jsonl", []byte(`{"title":"`+strings.Repeat("x", 5<<20)+"\"}\n{\"title\":\"Zwei\"}")); len(got) != 1 || len(problems) != 1 {
		t.Errorf("a long line: got %d articles, %d problems", len(got), len(problems))
	}
}

func FuzzReadArchive(f *testing.F) {
	f.Add([]byte(warc()), true)
	f.Add([]byte(`{"title":"Eins"}`), false)
	f.Fuzz(func(t *testing.T, content []byte, web bool) {
		name := "a.jsonl"
		if web {
			name = "a.warc"
		}
		archive(t, name, content)
	})
}

func TestErrorsHideTheAddress(t *testing.T) {
	p, _ := poller(t, feed.Setup{Private: true})
	_, err := p.Test(t.Context(), "http://127.0.0.1:1/feed?key=geheim")
	if err == nil || strings.Contains(err.Error(), "geheim") {
		t.Errorf("got %v", err)
	}
}

func TestListsOfFeedsGoOutAndIn(t *testing.T) {
	all, err := feed.Bundled()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := feed.WriteOPML(&b, "Liste", all); err != nil {
		t.Fatal(err)
	}
	got, err := feed.ReadOPML(&b)
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		all[i].Tier = 0 // OPML has no place for it
	}
	if !slices.Equal(got, all) {
		t.Errorf("got %v\nwant %v", got, all)
	}
}

func TestForeignListsOfFeeds(t *testing.T) {
	got, err := feed.ReadOPML(strings.NewReader(`<?xml version="1.0" encoding="ISO-8859-1"?><opml version="1.0"><head><title>x</title></head><body>
<outline text="Sport"><outline type="rss" text="K` + "\xf6" + `ln" xmlUrl="https://blatt.example/1"/><outline text="doppelt" xmlUrl="https://blatt.example/1"/></outline>
<outline text="b&ouml;se" xmlUrl="file:///etc/passwd"/></body></opml>`))
	if err != nil || len(got) != 1 || got[0].Name != "Köln" {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"", "<html></html>", "<opml><body></body></opml>", strings.Repeat("<outline>", 1000)} {
		if _, err := feed.ReadOPML(strings.NewReader(bad)); err == nil {
			t.Errorf("%.20q passed", bad)
		}
	}
}

func TestSitemaps(t *testing.T) {
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/sitemap.xml":
			fmt.Fprintf(w, `<sitemapindex><sitemap><loc>%s/sitemap-1.xml.gz</loc></sitemap><sitemap><loc>%s/sitemap.xml</loc></sitemap><sitemap><loc>https://fremd.example/sitemap.xml</loc></sitemap></sitemapindex>`, server.URL, server.URL)
		case "/sitemap-1.xml.gz":
			_, _ = w.Write(zipped(fmt.Sprintf(`<?xml version="1.0"?><urlset><url><loc> %s/2 </loc></url><url><loc>%s/1</loc></url><url><loc>%s/1#x</loc></url><url><loc>https://fremd.example/3</loc></url></urlset>`, server.URL, server.URL, server.URL)))
		case "/robots.txt":
			fmt.Fprint(w, "User-agent: *\nDisallow: /2")
		case "/1", "/2":
			fmt.Fprint(w, "<html><body><article><p>"+strings.Repeat(longText, 5)+"</p></article></body></html>")
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	r := feed.NewReader("Karussell/test", true)
	got, err := r.Sitemap(t.Context(), server.URL+"/sitemap.xml")
	if err != nil || !slices.Equal(got, []string{server.URL + "/1", server.URL + "/2"}) {
		t.Errorf("got %v, %v", got, err)
	}
	if a, err := r.Allowed(t.Context(), server.URL+"/1", time.Now()); err != nil || len(a) != 1 {
		t.Errorf("got %v, %v", a, err)
	}
	if _, err := r.Allowed(t.Context(), server.URL+"/2", time.Now()); err == nil {
		t.Error("a forbidden page was read")
	}
	if _, err := r.Sitemap(t.Context(), server.URL+"/nichts.xml"); err == nil {
		t.Error("a missing sitemap passed")
	}
	for address, want := range map[string]bool{server.URL + "/sitemap.xml": true, "https://a.example/sitemaps/news.xml.gz": true, "https://a.example/1": false, "https://a.example/feed.xml": false} {
		if feed.IsSitemap(address) != want {
			t.Errorf("%s: want %v", address, want)
		}
	}
	r.Close()
}
