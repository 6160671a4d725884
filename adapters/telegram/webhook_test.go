package telegram_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"karussell/adapters/telegram"
)

// hooked is a world with a webhook; the address is where it listens.
func hooked(t *testing.T, change func(*telegram.Webhook)) (w *world, address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") // to find a free port
	if err != nil {
		t.Fatal(err)
	}
	listen := listener.Addr().String()
	listener.Close()
	hook := &telegram.Webhook{URL: "https://bot.example/hook/path", Listen: listen}
	change(hook)
	w = run(t, func(o *telegram.Options) { o.Webhook = hook })
	w.AwaitThat(t, "the webhook", func() bool { return len(w.Calls("setWebhook")) > 0 && strings.Contains(w.log.String(), "webhook_set") })
	return w, listen
}

func client(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestWebhook(t *testing.T) {
	t.Parallel()
	w, listen := hooked(t, func(*telegram.Webhook) {})
	web := client(t)
	deliver := func() {
		t.Helper()
		if status, err := w.Deliver(context.Background(), web, "http://"+listen+"/hook/path"); err != nil || status != http.StatusOK {
			t.Fatalf("status %d, %v", status, err)
		}
	}
	w.InjectText(1, 1, "/coach x")
	deliver()
	if m := w.Await(t, 1, 1); m[0].Text != "coach x" {
		t.Errorf("messages %+v", m)
	}
	w.InjectRaw(`{"update_id":%d,"message":"?"}`)
	deliver()
	w.InjectText(1, 1, "/coach y")
	deliver()
	w.Await(t, 1, 2)
	if w.Unconfirmed() != 0 {
		t.Error("not confirmed")
	}
	p := w.Calls("setWebhook")[0].Params
	if p["url"] != "https://bot.example/hook/path" || len(p["secret_token"]) < 20 {
		t.Errorf("setWebhook %v", p)
	}
	if strings.Contains(w.log.String(), p["secret_token"]) {
		t.Error("the log shows the secret")
	}
}

func TestAWebhookRefusesStrangers(t *testing.T) {
	t.Parallel()
	w, listen := hooked(t, func(h *telegram.Webhook) { h.Secret = "right_secret" })
	web := client(t)
	update := []byte(`{"update_id":5,"message":{"message_id":1,"date":1,"chat":{"id":1,"type":"private"},"from":{"id":1},"text":"/coach x"}}`)
	tests := map[string]struct {
		method, path, secret string
		body                 []byte
		want                 int
	}{
		"no secret":    {"POST", "/hook/path", "", update, http.StatusForbidden},
		"wrong secret": {"POST", "/hook/path", "wrong_secret", update, http.StatusForbidden},
		"other path":   {"POST", "/", "right_secret", update, http.StatusNotFound},
		"get":          {"GET", "/hook/path", "right_secret", nil, http.StatusMethodNotAllowed},
		"too large":    {"POST", "/hook/path", "right_secret", bytes.Repeat([]byte(" "), 2<<20), http.StatusRequestEntityTooLarge},
		"nonsense":     {"POST", "/hook/path", "right_secret", []byte("{"), http.StatusOK},
		"right":        {"POST", "/hook/path", "right_secret", update, http.StatusOK},
		"repeated":     {"POST", "/hook/path", "right_secret", update, http.StatusOK},
	}
	for _, name := range []string{"no secret", "wrong secret", "other path", "get", "too large", "nonsense", "right", "repeated"} {
		test := tests[name]
		r, err := http.NewRequestWithContext(context.Background(), test.method, "http://"+listen+test.path, bytes.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Telegram-Bot-Api-Secret-Token", test.secret)
		response, err := web.Do(r)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		response.Body.Close()
		if response.StatusCode != test.want {
			t.Errorf("%s: status %d; want %d", name, response.StatusCode, test.want)
		}
	}
	if n := len(w.engine.seen()); n != 1 {
		t.Errorf("%d requests; want the one that was right, once", n)
	}
}

func TestAWebhookWithItsOwnCertificate(t *testing.T) {
	t.Parallel()
	certFile, keyFile := certificate(t)
	w, listen := hooked(t, func(h *telegram.Webhook) { h.CertFile, h.KeyFile = certFile, keyFile })
	if c := w.Calls("setWebhook")[0]; !bytes.Contains(c.Files["certificate"], []byte("BEGIN CERTIFICATE")) {
		t.Errorf("call %v", c.Params)
	}
	w.InjectText(1, 1, "/coach x")
	if status, err := w.Deliver(context.Background(), client(t), "https://"+listen+"/hook/path"); err != nil || status != http.StatusOK {
		t.Fatalf("status %d, %v", status, err)
	}
	w.Await(t, 1, 1)
}

func TestAWebhookThatCannotListen(t *testing.T) {
	t.Parallel()
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	for name, hook := range map[string]*telegram.Webhook{
		"port taken":     {URL: "https://x.example/", Listen: busy.Addr().String()},
		"no certificate": {URL: "https://x.example/", Listen: "127.0.0.1:0", CertFile: "missing.pem", KeyFile: "missing.key"},
	} {
		w := open(t, func(o *telegram.Options) { o.Webhook = hook })
		if err := w.adapter.Run(context.Background(), w.engine); err == nil {
			t.Errorf("%s: Run returned nil", name)
		}
	}
}

func certificate(t *testing.T) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{
		certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "EC PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}
