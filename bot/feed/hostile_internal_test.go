package feed

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// These tests are the rows of the table in docs/security.md: a server that
// misbehaves in one way, and what it must not achieve.

const goodFeed = `<rss version="2.0"><channel><title>Sport</title><item><title>Ganz</title><link>/1</link></item></channel></rss>`

// reach fetches from a misbehaving server on loopback, with small limits.
func reach(t *testing.T, h http.HandlerFunc) (response, error) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	transport := guardedTransport(true)
	t.Cleanup(transport.CloseIdleConnections)
	f := newFetcher("Karussell/test", true, transport)
	f.client.Transport.(*orderly).total = 500 * time.Millisecond
	return f.get(t.Context(), server.URL+"/feed", acceptFeed, "", "", 1<<20)
}

func mustFail(t *testing.T, err error, want FailKind) {
	t.Helper()
	failed, ok := errors.AsType[*FetchError](err)
	if !ok || failed.Kind != want {
		t.Errorf("got %v, want kind %s", err, want)
	}
}

func TestHostileRedirectLoop(t *testing.T) {
	var requests atomic.Int32
	_, err := reach(t, func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
	})
	mustFail(t, err, FailNetwork)
	if n := requests.Load(); n > maxRedirects+1 {
		t.Errorf("%d requests", n)
	}
}

// twoFaced answers a public name itself and leaves the rest to the guarded
// transport, as a hostile public server would.
type twoFaced struct {
	to    string
	inner http.RoundTripper
}

func (f twoFaced) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != "boese.example" {
		return f.inner.RoundTrip(r)
	}
	return &http.Response{StatusCode: http.StatusMovedPermanently, Header: http.Header{"Location": {f.to}}, Body: http.NoBody, Request: r}, nil
}

// secret is a server on loopback that nobody may reach.
func secret(t *testing.T) (port string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("a request reached a private address")
	}))
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func TestHostileRedirectToPrivateAddress(t *testing.T) {
	port := secret(t)
	for _, to := range []string{"http://127.0.0.1:" + port, "http://localhost:" + port, "http://[::ffff:127.0.0.1]:" + port, "http://2130706433:" + port, "file:///etc/passwd", "gopher://127.0.0.1:" + port} {
		f := newFetcher("Karussell/test", false, twoFaced{to, guardedTransport(false)})
		if res, err := f.get(t.Context(), "http://boese.example/feed", acceptFeed, "", "", maxBody); err == nil {
			t.Errorf("%s: fetched %d bytes", to, len(res.Body))
		}
	}
}

func TestHostilePrivateAddressForms(t *testing.T) {
	port := secret(t)
	for _, host := range []string{
		"127.0.0.1", "127.8.8.8", "localhost", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]",
		"2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1", "127.0.0.1.", "10.0.0.1", "172.16.0.1", "192.168.0.1",
		"169.254.169.254", "100.64.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "[fe80::1]", "[fd00::1]", "[ff02::1]", "[2002:7f00:1::]",
	} {
		f := newFetcher("Karussell/test", false, nil)
		_, err := f.get(t.Context(), "http://"+host+":"+port+"/", acceptFeed, "", "", maxBody)
		failed, ok := errors.AsType[*FetchError](err)
		if !ok || failed.Kind != FailGuard {
			t.Errorf("%s: got %v, want the guard", host, err)
		}
	}
}

// TestHostileLargeBodies: few large bodies are held at a time, those that never
// end keep only other large ones waiting, and every place comes back.
func TestHostileLargeBodies(t *testing.T) {
	start := func(h http.HandlerFunc) string {
		server := httptest.NewServer(h)
		t.Cleanup(server.Close)
		return server.URL
	}
	transport := guardedTransport(true)
	defer transport.CloseIdleConnections()
	f := newFetcher("Karussell/test", true, transport)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error)
	for range largeBodies + 3 {
		endless := start(func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write(make([]byte, smallBody+1000))
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		})
		go func() {
			res, err := f.get(ctx, endless, acceptFeed, "", "", maxBody)
			res.release()
			ended <- err
		}()
	}
	for len(f.large) < largeBodies {
		time.Sleep(time.Millisecond)
	}
	small := start(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, goodFeed) })
	if res, err := f.get(t.Context(), small, acceptFeed, "", "", maxBody); err != nil || string(res.Body) != goodFeed {
		t.Errorf("a small feed beside them: %v", err)
	}
	stop()
	for range largeBodies + 3 {
		if err := <-ended; err == nil {
			t.Error("an endless body came to its end")
		}
	}
	whole := start(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 3*smallBody)) })
	for range 3 * largeBodies {
		res, err := f.get(t.Context(), whole, acceptFeed, "", "", maxBody)
		if err != nil || len(res.Body) != 3*smallBody {
			t.Fatalf("%d bytes, %v", len(res.Body), err)
		}
		res.release()
		res.release()
	}
	if len(f.large) != 0 {
		t.Errorf("%d places did not come back", len(f.large))
	}
}

// TestHostileHubs: hubs are guarded like feeds.
func TestHostileHubs(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		switch r.URL.Path {
		case "/see-other":
			http.Redirect(w, r, "/", http.StatusSeeOther)
		case "/file":
			w.Header().Set("Location", "file:///etc/passwd")
			w.WriteHeader(http.StatusTemporaryRedirect)
		case "/circle":
			http.Redirect(w, r, "/circle", http.StatusPermanentRedirect)
		}
	}))
	defer server.Close()
	form := url.Values{"hub.mode": {"subscribe"}}
	mustFail(t, newFetcher("Karussell/test", false, nil).post(t.Context(), server.URL, form), FailGuard)
	mustFail(t, newFetcher("Karussell/test", false, nil).post(t.Context(), "http://2130706433/", form), FailGuard)
	if asked != 0 {
		t.Errorf("%d requests reached a hub at a private address", asked)
	}
	transport := guardedTransport(true)
	defer transport.CloseIdleConnections()
	f := newFetcher("Karussell/test", true, transport)
	mustFail(t, f.post(t.Context(), server.URL+"/see-other", form), FailStatus)
	mustFail(t, f.post(t.Context(), server.URL+"/file", form), FailNetwork)
	mustFail(t, f.post(t.Context(), server.URL+"/circle", form), FailNetwork)
}

func FuzzLinkHeader(f *testing.F) {
	for _, s := range []string{`<https://hub.example/>; rel="hub"`, `<a>;rel=self, <b>; title="x,\"y"; rel = "hub self"`, "<", ">;;;,", `<x>;rel="`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o := offerOfHeader(http.Header{"Link": {s}}, &url.URL{Scheme: "https", Host: "blatt.example", Path: "/feed"})
		for _, address := range []string{o.Hub, o.Topic} {
			if u, err := url.Parse(address); address != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https") {
				t.Errorf("%q gives %q", s, address)
			}
		}
	})
}

func TestHostileSchemes(t *testing.T) {
	f := newFetcher("Karussell/test", true, nil)
	for _, address := range []string{"file:///etc/passwd", "ftp://blatt.example/", "gopher://blatt.example/", "//blatt.example/", "blatt.example", "http://", ":", "http://%zz/"} {
		if _, err := f.get(t.Context(), address, acceptFeed, "", "", maxBody); err == nil {
			t.Errorf("%s was fetched", address)
		}
	}
}

func TestHostileDecompressionBomb(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	if _, err := io.CopyN(z, zeros{}, 64<<20); err != nil {
		t.Fatal(err)
	}
	_ = z.Close()
	res, err := reach(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb.Bytes())
	})
	mustFail(t, err, FailSize)
	if len(res.Body) > 1<<20+1 {
		t.Errorf("kept %d bytes", len(res.Body))
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestHostileEndlessChunks(t *testing.T) {
	_, err := reach(t, func(w http.ResponseWriter, _ *http.Request) {
		chunk := bytes.Repeat([]byte("x"), 32<<10)
		for {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	mustFail(t, err, FailSize)
}

func TestHostileHugeBody(t *testing.T) {
	_, err := reach(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1099511627776")
		_, _ = io.CopyN(w, zeros{}, 4<<20)
	})
	mustFail(t, err, FailSize)
}

func TestHostileSlowDrip(t *testing.T) {
	_, err := reach(t, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			_, _ = w.Write([]byte("<"))
			_ = http.NewResponseController(w).Flush()
			time.Sleep(5 * time.Millisecond)
		}
	})
	mustFail(t, err, FailNetwork)
}

func TestHostileSilentServer(t *testing.T) {
	_, err := reach(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mustFail(t, err, FailNetwork)
}

func TestHostileHeaderFlood(t *testing.T) {
	_, err := reach(t, func(w http.ResponseWriter, _ *http.Request) {
		for i := range 10_000 {
			w.Header().Set(fmt.Sprintf("X-Flood-%d", i), strings.Repeat("x", 100))
		}
		_, _ = io.WriteString(w, goodFeed)
	})
	mustFail(t, err, FailNetwork)
}

func TestHostileGzipGarbage(t *testing.T) {
	_, err := reach(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = io.WriteString(w, "this is no gzip")
	})
	mustFail(t, err, FailNetwork)
}

// raw answers with bytes that no HTTP library would send.
func raw(answer string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, answer)
		_ = conn.Close()
	}
}

func TestHostileConnectionDropped(t *testing.T) {
	for _, answer := range []string{"", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", "garbage\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"} {
		_, err := reach(t, raw(answer))
		mustFail(t, err, FailNetwork)
	}
}

func TestHostileWrongContentLength(t *testing.T) {
	res, err := reach(t, raw("HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: 5000\r\n\r\n"+goodFeed))
	if err != nil || string(res.Body) != goodFeed {
		t.Fatalf("got %q, %v", res.Body, err)
	}
	if res.ETag != "" || !res.Cut {
		t.Error("a cut feed kept its validators: the rest would never be asked for")
	}
	res, err = reach(t, raw("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n"+goodFeed))
	if err != nil || len(res.Body) != 20 {
		t.Errorf("too short a length: got %q, %v", res.Body, err)
	}
}

func TestHostile304WithoutValidators(t *testing.T) {
	_, err := reach(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) })
	mustFail(t, err, FailStatus)
}

func TestHostileDocuments(t *testing.T) {
	for name, body := range map[string]string{
		"page instead of a feed": "<!DOCTYPE html><html><body>Wartung</body></html>",
		"depth":                  "<rss version=\"2.0\"><channel>" + strings.Repeat("<a>", 1_000_000),
		"depth in a page":        "<html>" + strings.Repeat("<div>", 100_000),
		"open JSON":              `{"items":` + strings.Repeat("[", 100_000),
		"nothing":                "",
		"control characters":     strings.Repeat("\x00\x01", 50_000),
		"open brackets":          strings.Repeat("<", 1_000_000),
		"open CDATA":             strings.Repeat("<![CDATA[", 100_000),
		"open comment":           "<rss><!--" + strings.Repeat("-", 1_000_000),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse([]byte(body), "", "https://blatt.example/", fixtureNow())
			mustFail(t, err, FailFormat)
		})
	}
}

func TestHostileNumbersOfItems(t *testing.T) {
	var b strings.Builder
	b.WriteString(`<rss version="2.0"><channel><title>Sport</title>`)
	for i := range 20_000 {
		fmt.Fprintf(&b, "<item><title>%d</title><link>/%d</link></item>", i, i)
	}
	b.WriteString("</channel></rss>")
	doc, err := parse([]byte(b.String()), "", "https://blatt.example/", fixtureNow())
	if err != nil || len(doc.Items) != maxItems {
		t.Errorf("got %d items, %v", len(doc.Items), err)
	}
}

func TestHostileItemSizes(t *testing.T) {
	long := strings.Repeat("ä", 1<<20)
	doc, err := parse([]byte(`<rss version="2.0"><channel><title>Sport</title><item><title>`+long+`</title><guid>`+long+`</guid><link>https://blatt.example/`+long+`</link><description>`+long+`</description></item></channel></rss>`), "", "https://blatt.example/", fixtureNow())
	if err != nil {
		t.Fatal(err)
	}
	it := doc.Items[0]
	if len(it.Title) > maxLine || len(it.GUID) > maxLine || len(it.Link) > maxLine || len(it.Text) > maxText {
		t.Errorf("kept %d, %d, %d, %d bytes", len(it.Title), len(it.GUID), len(it.Link), len(it.Text))
	}
}

func TestHostilePages(t *testing.T) {
	for name, body := range map[string]string{
		"depth":         "<html><body>" + strings.Repeat("<div>", 50_000) + "Text",
		"no text":       "<html><body></body></html>",
		"JSON-LD depth": `<html><script type="application/ld+json">` + strings.Repeat(`{"@graph":[`, 5000) + "</script><body><p>Text.</p></body></html>",
		"open script":   "<html><script>" + strings.Repeat("x", 1_000_000),
		"attributes":    "<html><body " + strings.Repeat("a=b ", 100_000) + "><p>Text.</p>",
	} {
		t.Run(name, func(_ *testing.T) {
			_, _, _ = readPage([]byte(body), "text/html", "https://blatt.example/1") // it ends, and does not crash
		})
	}
}

func TestHostileCanonical(t *testing.T) {
	a, _, err := readPage([]byte(`<html><head><link rel="canonical" href="https://anderes.example/1"></head><body><article><p>`+strings.Repeat("Ein Satz über Fußball, der lang genug ist. ", 20)+`</p></article></body></html>`), "text/html; charset=utf-8", "https://blatt.example/1")
	if err != nil {
		t.Fatal(err)
	}
	if a.URL != "https://blatt.example/1" {
		t.Errorf("a page spoke for %s", a.URL)
	}
}

func TestHostileRobots(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		want   bool
	}{
		"forbids us":        {200, "User-agent: karussell\nDisallow: /", false},
		"forbids everybody": {200, "User-agent: *\nDisallow: /", false},
		"forbids others":    {200, "User-agent: gierig\nDisallow: /", true},
		"is missing":        {404, "", true},
		"is broken":         {500, "", false},
		"is a page":         {200, "<html>Disallow: /</html>", true},
		"is too large":      {200, strings.Repeat("#", 1<<20), false},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			}))
			defer server.Close()
			transport := guardedTransport(true)
			defer transport.CloseIdleConnections()
			r := newRobots(newFetcher("Karussell/test", true, transport), time.Now)
			if got := r.allows(t.Context(), server.URL+"/artikel/1"); got != c.want {
				t.Errorf("allowed: %v", got)
			}
		})
	}
}

func TestHostCannotBeAskedTwiceAtOnce(t *testing.T) {
	var now, most atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := now.Add(1)
		defer now.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			continue
		}
		time.Sleep(2 * time.Millisecond)
		_, _ = io.WriteString(w, goodFeed)
	}))
	defer server.Close()
	transport := guardedTransport(true)
	defer transport.CloseIdleConnections()
	f := newFetcher("Karussell/test", true, transport)
	ended := make(chan error)
	for range 20 {
		go func() {
			_, err := f.get(context.WithoutCancel(t.Context()), server.URL, acceptFeed, "", "", maxBody)
			ended <- err
		}()
	}
	for range 20 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if most.Load() != 1 {
		t.Errorf("%d requests at once", most.Load())
	}
}
