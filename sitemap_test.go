package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"karussell/bot"
	"karussell/store/bolt"
)

// TestSitemapIngestGoesOnAfterAKill: the real program takes in a sitemap, is
// killed in the middle and started again; every page is there once, what was
// stored is not fetched again, and nobody is alerted.
func TestSitemapIngestGoesOnAfterAKill(t *testing.T) {
	const pages = 200
	var mu sync.Mutex
	asked := map[string]int{}
	var web *httptest.Server
	web = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked[r.URL.Path]++
		mu.Unlock()
		switch {
		case r.URL.Path == "/robots.txt":
			fmt.Fprint(w, "User-agent: *\nDisallow: /geheim")
		case r.URL.Path == "/sitemap.xml":
			fmt.Fprintf(w, "<sitemapindex><sitemap><loc>%s/sitemap-1.xml</loc></sitemap></sitemapindex>", web.URL)
		case r.URL.Path == "/sitemap-1.xml":
			fmt.Fprint(w, "<urlset>")
			for i := range pages {
				fmt.Fprintf(w, "<url><loc>%s/artikel/%d</loc></url>", web.URL, i)
			}
			fmt.Fprintf(w, "<url><loc>%s/geheim/1</loc></url></urlset>", web.URL)
		case strings.HasPrefix(r.URL.Path, "/artikel/"):
			time.Sleep(time.Millisecond)
			n := strings.TrimPrefix(r.URL.Path, "/artikel/")
			fmt.Fprintf(w, `<html lang="de"><head><title>Bericht %s</title></head><body><article><h1>Bericht %s</h1><p>%s</p></article></body></html>`, n, n,
				strings.Repeat("Der FC Schalke 04 hat sich von Trainer Miron Muslic getrennt, wie der Verein am Abend zum Bericht "+n+" mitteilte. ", 5))
		default:
			http.NotFound(w, r)
		}
	}))
	defer web.Close()
	count := func() (n int) {
		mu.Lock()
		defer mu.Unlock()
		for path, times := range asked {
			if strings.HasPrefix(path, "/artikel/") {
				n += times
			}
		}
		return n
	}
	db := filepath.Join(t.TempDir(), "k.db")
	ingest := func() (*exec.Cmd, *bytes.Buffer) {
		cmd, out := program(t, "ingest", "--db", db, web.URL+"/sitemap.xml"), new(bytes.Buffer)
		cmd.Env = append(cmd.Env, "KARUSSELL_ALLOW_PRIVATE=true")
		cmd.Stdout, cmd.Stderr = out, out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd, out
	}
	first, _ := ingest()
	for range 2000 {
		if count() >= 3*batchSize/2 {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	_ = first.Process.Kill()
	_ = first.Wait()
	before := count()
	second, out := ingest()
	_ = second.Wait() // it says that one page is not readable
	if !strings.Contains(out.String(), "1 not readable") {
		t.Errorf("the second run says %q", out)
	}
	if before < batchSize || before >= pages {
		t.Fatalf("killed after %d pages", before)
	}
	if again := count() - before; again > pages-batchSize {
		t.Errorf("%d pages were fetched after the restart, although at least %d were stored", again, batchSize)
	}
	store, err := bolt.Open(db, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	err = store.View(t.Context(), func(tx bot.ReadTx) error {
		n, err := tx.ArticleCount()
		if err != nil || n != pages {
			t.Errorf("%d articles, want %d (%v)", n, pages, err)
		}
		size, err := tx.OutboxSize()
		if size.Waiting+size.Leased+size.Fanouts != 0 {
			t.Errorf("an archive alerts: %+v", size)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if mu.Lock(); asked["/geheim/1"] != 0 {
		t.Error("a forbidden page was read")
	}
	mu.Unlock()
}
