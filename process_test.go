package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// buildBot builds the program as a release is built, or takes the one that
// KARUSSELL_TEST_BINARY names.
func buildBot(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("KARUSSELL_TEST_BINARY"); path != "" {
		return path
	}
	path := filepath.Join(t.TempDir(), "karussell")
	if out, err := exec.Command("go", "build", "-trimpath", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	return path
}

// freeAddress is a loopback address that nobody uses.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// gauges reads a running bot's metrics: each by its name, with the sum over its
// labels, and each with its labels as it stands in the text.
func gauges(t *testing.T, status string) map[string]float64 {
	t.Helper()
	code, body := fetch(t, "http://"+status+"/metrics")
	if code != http.StatusOK {
		t.Fatalf("/metrics: status %d", code)
	}
	out := map[string]float64{}
	for line := range strings.Lines(body) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || strings.HasPrefix(name, "#") {
			continue
		}
		if at := strings.LastIndex(line, "} "); at >= 0 { // labels may hold spaces
			name, value = line[:at+1], strings.TrimSpace(line[at+2:])
		}
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			t.Fatalf("/metrics: %q", line)
		}
		out[name] += n
		if bare, _, labelled := strings.Cut(name, "{"); labelled {
			out[bare] += n
		}
	}
	return out
}

// fetch gets a page of the bot's own servers; status 0 means that nobody
// answered.
func fetch(t *testing.T, address string) (status int, body string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(raw)
}

// vitals are what the operating system says about a process.
type vitals struct {
	resident, anonymous float64 // MB
	files               int
	cpu                 time.Duration
}

// examine reads a process's vitals; zero where there is no /proc.
func examine(t *testing.T, pid int) vitals {
	t.Helper()
	var v vitals
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	f, err := os.Open(filepath.Join(dir, "status"))
	if err != nil {
		return v
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 {
			continue
		}
		kb, _ := strconv.ParseFloat(fields[1], 64)
		switch fields[0] {
		case "VmRSS:":
			v.resident = kb / 1024
		case "RssAnon:":
			v.anonymous = kb / 1024
		}
	}
	if open, err := os.ReadDir(filepath.Join(dir, "fd")); err == nil {
		v.files = len(open)
	}
	if raw, err := os.ReadFile(filepath.Join(dir, "stat")); err == nil {
		_, rest, _ := strings.Cut(string(raw), ") ")
		if fields := strings.Fields(rest); len(fields) > 12 {
			user, _ := strconv.Atoi(fields[11])
			system, _ := strconv.Atoi(fields[12])
			v.cpu = time.Duration(user+system) * 10 * time.Millisecond // in ticks of a hundredth
		}
	}
	return v
}

// lasting is how long a test is to go on: what the environment says, or short.
func lasting(t *testing.T, env string, short time.Duration) time.Duration {
	t.Helper()
	raw := os.Getenv(env)
	if raw == "" {
		return short
	}
	d, err := time.ParseDuration(raw)
	if err != nil {
		t.Fatalf("%s: %v", env, err)
	}
	return d
}

// eventually waits for a condition, for at most patience.
func eventually(t *testing.T, what string, patience time.Duration, holds func() bool) {
	t.Helper()
	for begun := time.Now(); !holds(); time.Sleep(100 * time.Millisecond) {
		if time.Since(begun) > patience {
			t.Fatalf("waited %s in vain for %s", patience, what)
		}
	}
}
