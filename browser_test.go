package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// browser is a headless Chromium, driven over its debugging pipe: JSON messages
// that end with a zero byte, on the file descriptors 3 and 4. Its protocol:
// https://chromedevtools.github.io/devtools-protocol/
type browser struct {
	t       *testing.T
	to      *os.File
	answers chan answer
	session string
	last    int

	complaints []string // console errors and what the page could not load
	asked      []string // addresses that the page asked for
}

// answer is a result or an event.
type answer struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// openBrowser starts Chromium, or skips the test where there is none.
func openBrowser(t *testing.T) *browser {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("no Chromium on this machine: install the package chromium to look at the board in a real browser")
	}
	itsIn, ourOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ourIn, itsOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
		"--hide-scrollbars", "--lang=de", "--user-data-dir="+filepath.Join(t.TempDir(), "profile"), "about:blank")
	cmd.ExtraFiles = []*os.File{itsIn, itsOut}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = itsIn.Close(), itsOut.Close()
	b := &browser{t: t, to: ourOut, answers: make(chan answer, 4096)}
	read := make(chan struct{})
	go func() { defer close(read); b.read(ourIn) }()
	t.Cleanup(func() {
		_ = b.send("Browser.close", nil)
		ended := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		<-read
		_ = cmd.Wait()
		ended.Stop()
		_, _ = ourOut.Close(), ourIn.Close()
	})
	b.attach()
	return b
}

func (b *browser) attach() {
	b.t.Helper()
	var target struct {
		TargetID string `json:"targetId"`
	}
	b.do("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct {
		SessionID string `json:"sessionId"`
	}
	b.do("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.do(domain+".enable", nil, nil)
	}
}

func (b *browser) read(from *os.File) {
	defer close(b.answers)
	in := bufio.NewReaderSize(from, 1<<20)
	for {
		raw, err := in.ReadBytes(0)
		if err != nil {
			return
		}
		var a answer
		if json.Unmarshal(raw[:len(raw)-1], &a) == nil {
			b.answers <- a
		}
	}
}

func (b *browser) send(method string, params any) error {
	b.last++
	call := map[string]any{"id": b.last, "method": method}
	if params != nil {
		call["params"] = params
	}
	if b.session != "" && !strings.HasPrefix(method, "Browser.") {
		call["sessionId"] = b.session
	}
	raw, err := json.Marshal(call)
	if err != nil {
		return err
	}
	_, err = b.to.Write(append(raw, 0))
	return err
}

// do sends a command and reads its result into out.
func (b *browser) do(method string, params, out any) {
	b.t.Helper()
	if err := b.send(method, params); err != nil {
		b.t.Fatal(err)
	}
	id := b.last
	b.until(method, func(a answer) bool {
		if a.ID != id {
			return false
		}
		if a.Error != nil {
			b.t.Fatalf("%s: %s", method, a.Error.Message)
		}
		if out != nil {
			if err := json.Unmarshal(a.Result, out); err != nil {
				b.t.Fatal(err)
			}
		}
		return true
	})
}

// until reads messages up to the one that is waited for.
func (b *browser) until(what string, is func(answer) bool) {
	b.t.Helper()
	late := time.After(time.Minute)
	for {
		select {
		case a, ok := <-b.answers:
			if !ok {
				b.t.Fatalf("the browser ended while we waited for %s", what)
			}
			b.hear(a)
			if is(a) {
				return
			}
		case <-late:
			b.t.Fatalf("no answer to %s", what)
		}
	}
}

// hear collects what a reader's console would show.
func (b *browser) hear(a answer) {
	var p struct {
		Request struct {
			URL string `json:"url"`
		} `json:"request"`
		Entry struct {
			Level, Text, URL string
		} `json:"entry"`
		Type string `json:"type"`
	}
	_ = json.Unmarshal(a.Params, &p)
	switch a.Method {
	case "Network.requestWillBeSent":
		b.asked = append(b.asked, p.Request.URL)
	case "Log.entryAdded":
		if p.Entry.Level == "error" || p.Entry.Level == "warning" {
			b.complaints = append(b.complaints, p.Entry.Text+" "+p.Entry.URL)
		}
	case "Runtime.exceptionThrown":
		b.complaints = append(b.complaints, string(a.Params))
	case "Runtime.consoleAPICalled":
		if p.Type == "error" || p.Type == "warning" {
			b.complaints = append(b.complaints, string(a.Params))
		}
	}
}

// visit opens an address and waits until everything is loaded.
func (b *browser) visit(address string) {
	b.t.Helper()
	b.complaints = nil
	if err := b.send("Page.navigate", map[string]any{"url": address}); err != nil {
		b.t.Fatal(err)
	}
	b.loaded()
}

func (b *browser) loaded() {
	b.t.Helper()
	b.until("the page to load", func(a answer) bool { return a.Method == "Page.loadEventFired" })
}

// screen is a window of the given width in CSS pixels, light or dark.
func (b *browser) screen(width int, scheme string) {
	b.t.Helper()
	b.do("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}, nil)
	b.do("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
}

// eval runs a script in the page.
func eval[T any](b *browser, script string) (v T) {
	b.t.Helper()
	var out struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		ExceptionDetails json.RawMessage `json:"exceptionDetails"`
	}
	b.do("Runtime.evaluate", map[string]any{"expression": script, "returnByValue": true, "awaitPromise": true}, &out)
	if out.ExceptionDetails != nil {
		b.t.Fatalf("%s", out.ExceptionDetails)
	}
	if err := json.Unmarshal(out.Result.Value, &v); err != nil {
		b.t.Fatal(err)
	}
	return v
}

// press types a key.
func (b *browser) press(key, text string) {
	b.t.Helper()
	codes := map[string]int{"Tab": 9, "Enter": 13}
	for _, kind := range []string{"keyDown", "keyUp"} {
		p := map[string]any{"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": codes[key]}
		if kind == "keyDown" && text != "" {
			p["text"] = text
		}
		b.do("Input.dispatchKeyEvent", p, nil)
	}
}

// picture writes what is seen to the folder that KARUSSELL_SCREENSHOTS names.
func (b *browser) picture(name string) {
	b.t.Helper()
	dir := os.Getenv("KARUSSELL_SCREENSHOTS")
	if dir == "" {
		return
	}
	var shot struct {
		Data string `json:"data"`
	}
	b.do("Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": false}, &shot)
	raw, err := base64.StdEncoding.DecodeString(shot.Data)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), raw, 0o600); err != nil {
		b.t.Fatal(err)
	}
}
