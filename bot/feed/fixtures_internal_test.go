package feed

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"karussell/bot"
)

var update = flag.Bool("update", false, "write what comes out as what is wanted; read the difference before committing it")

// TestFixtures reads every feed in testdata/feeds and compares with the .want
// file beside it. A first line "content-type: ..." in NAME.head is the header
// that the server sent. A bug report becomes two files and no code.
func TestFixtures(t *testing.T) {
	files, err := filepath.Glob("testdata/feeds/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		ext := filepath.Ext(file)
		if ext == ".want" || ext == ".head" {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			got := readFixture(t, file)
			wantFile := file + ".want"
			if *update {
				if err := os.WriteFile(wantFile, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(wantFile)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// fixtureNow is the time at which fixtures are read.
func fixtureNow() time.Time { return time.Date(2026, 3, 10, 12, 0, 0, 0, berlin()) }

func readFixture(t *testing.T, file string) string {
	t.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, err := os.ReadFile(file + ".head")
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	doc, err := parse(body, strings.TrimSpace(string(head)), "https://blatt.example/feeds/sport.xml", fixtureNow())
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "feed: %s | %s | %s\n", doc.Title, doc.Language, doc.TTL)
	for _, it := range doc.Items {
		at := string(it.Day)
		if !it.Published.IsZero() {
			at = it.Published.In(berlin()).Format("2006-01-02 15:04:05 -0700")
		}
		fmt.Fprintf(&b, "item: %s\n  id: %s\n  link: %s\n  date: %s\n  teaser: %q\n  text: %q\n", it.Title, it.GUID, it.Link, at, it.Teaser, it.Text)
		if it.Paywalled {
			b.WriteString("  to be paid for\n")
		}
	}
	return b.String()
}

// TestPageFixtures reads every page in testdata/pages like the page behind a
// teaser.
func TestPageFixtures(t *testing.T) {
	files, err := filepath.Glob("testdata/pages/*.html")
	if err != nil || len(files) == 0 {
		t.Fatal(err, len(files))
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			got := readPageFixture(t, file)
			if *update {
				if err := os.WriteFile(file+".want", []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file + ".want")
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func readPageFixture(t *testing.T, file string) string {
	t.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	page, entries, err := readPage(body, "text/html; charset=utf-8", "https://blatt.example/sport/1?utm_source=rss")
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	articles := []bot.Article{page}
	if len(entries) > 0 {
		articles = cut(&page, entries, fixtureNow())
	}
	var b strings.Builder
	for _, a := range articles {
		at := string(a.Published)
		if !a.PublishedAt.IsZero() {
			at = a.PublishedAt.In(berlin()).Format("2006-01-02 15:04:05 -0700")
		}
		fmt.Fprintf(&b, "article: %s\n  link: %s\n  date: %s\n  outlet: %s\n  text: %q\n", a.Title, a.URL, at, a.Outlet, a.Text)
		if a.Paywalled {
			b.WriteString("  to be paid for\n")
		}
	}
	return b.String()
}

func FuzzReadPage(f *testing.F) {
	files, err := filepath.Glob("testdata/pages/*.html")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		if body, err := os.ReadFile(file); err == nil {
			f.Add(body)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		page, entries, err := readPage(body, "", "https://blatt.example/1")
		if err != nil {
			return
		}
		if len(entries) > maxEntries {
			t.Errorf("%d entries", len(entries))
		}
		for _, a := range cut(&page, entries, fixtureNow()) {
			if a.PublishedAt.After(fixtureNow().Add(time.Hour)) || a.Title == "" && a.Text == "" {
				t.Errorf("%+v", a)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/feeds/*")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		if body, err := os.ReadFile(file); err == nil {
			f.Add(body, "")
		}
	}
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		doc, err := parse(body, contentType, "https://blatt.example/", fixtureNow())
		if err != nil {
			return
		}
		for _, it := range doc.Items {
			if it.Published.After(fixtureNow().Add(time.Hour)) {
				t.Errorf("published in the future: %s", it.Published)
			}
		}
	})
}

func FuzzReadDate(f *testing.F) {
	for _, s := range []string{"Mo, 03 Nov 2025 10:00:00 +0100", "3. November 2025, 10.15 Uhr", "2025-11-03T10:00:00Z", "1762160400"} {
		f.Add(s)
	}
	f.Fuzz(func(_ *testing.T, s string) { _, _, _ = readDate(s) })
}

func TestReadDate(t *testing.T) {
	for raw, want := range map[string]string{
		"Mon, 03 Nov 2025 10:00:00 +0100":    "2025-11-03 10:00:00 +0100",
		"Mo, 03 Nov 2025 10:00:00 +0100":     "2025-11-03 10:00:00 +0100",
		"Mi, 5 Mär 2025 08:00:00 +0100":      "2025-03-05 08:00:00 +0100",
		"Fri, 03 Oct 2025 10:00:00 CEST":     "2025-10-03 10:00:00 +0200",
		"Fri, 03 Oct 2025 10:00:00 MESZ":     "2025-10-03 10:00:00 +0200",
		"Fri, 03 Oct 2025 08:00:00 GMT":      "2025-10-03 10:00:00 +0200",
		"2025-11-03T10:00:00Z":               "2025-11-03 11:00:00 +0100",
		"2025-11-03T10:00:00.123+01:00":      "2025-11-03 10:00:00 +0100",
		"2025-11-03 10:00":                   "2025-11-03 10:00:00 +0100",
		"2025-07-03 10:00":                   "2025-07-03 10:00:00 +0200",
		"3. November 2025, 10.15 Uhr":        "2025-11-03 10:15:00 +0100",
		"03.11.2025 10:15":                   "2025-11-03 10:15:00 +0100",
		"03.11.25, 10:15 Uhr":                "2025-11-03 10:15:00 +0100",
		"November 3, 2025 4:05 pm GMT":       "2025-11-03 17:05:00 +0100",
		"Montag, 3. Dezember 2025":           "day 2025-12-03",
		"2025-11-03":                         "day 2025-11-03",
		"1762160400":                         "2025-11-03 10:00:00 +0100",
		"31.11.2025 10:15":                   "none",
		"gestern":                            "none",
		"":                                   "none",
		"Thu, 01 Jan 1970 00:00:00 +0000":    "none",
		"Sat, 08 Nov 2025 23:30:00 -0500":    "2025-11-09 05:30:00 +0100",
		"Samstag, 8. November 2025 um 23:30": "2025-11-08 23:30:00 +0100",
	} {
		at, dayOnly, ok := readDate(raw)
		got := at.In(berlin()).Format("2006-01-02 15:04:05 -0700")
		switch {
		case !ok:
			got = "none"
		case dayOnly:
			got = at.Format("day 2006-01-02")
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", raw, got, want)
		}
	}
}
