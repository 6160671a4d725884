package postgrestest

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Proxy is a network between a store and its server that breaks when it is told
// to. Close ends it and waits for its connections.
type Proxy struct {
	server *Server
	listen net.Listener
	delay  time.Duration
	wg     sync.WaitGroup

	mu   sync.Mutex
	open map[net.Conn]struct{}
	flow chan struct{} // closed while everything flows
}

// Proxy starts one on loopback. Everything takes delay longer, each way.
func (s *Server) Proxy(delay time.Duration) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it listens until Close
	if err != nil {
		return nil, err
	}
	p := &Proxy{server: s, listen: l, delay: delay, open: map[net.Conn]struct{}{}, flow: make(chan struct{})}
	close(p.flow)
	p.wg.Go(p.accept)
	return p, nil
}

// Address is an address of the server (see Schema) through the proxy.
func (p *Proxy) Address(address string) string {
	host := "host=" + url.QueryEscape(p.server.dir)
	at := p.listen.Addr().(*net.TCPAddr) //nolint:forcetypeassert // it listens on TCP
	return strings.Replace(address, host, fmt.Sprintf("host=%s&port=%d&sslmode=disable", at.IP, at.Port), 1)
}

func (p *Proxy) accept() {
	for {
		client, err := p.listen.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("unix", filepath.Join(p.server.dir, ".s.PGSQL.5432")) //nolint:noctx // as long as the client
		if err != nil {
			_ = client.Close() // the server is away
			continue
		}
		p.mu.Lock()
		p.open[client], p.open[server] = struct{}{}, struct{}{}
		p.mu.Unlock()
		p.wg.Go(func() { p.pass(client, server) })
		p.wg.Go(func() { p.pass(server, client) })
	}
}

// pass hands on what from says until one of both ends.
func (p *Proxy) pass(from, to net.Conn) {
	defer func() {
		_ = from.Close()
		_ = to.Close()
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.open, from)
		delete(p.open, to)
	}()
	parts := make(chan part, 1024)
	p.wg.Go(func() {
		defer close(parts)
		for {
			buf := make([]byte, 32<<10)
			n, err := from.Read(buf)
			if n > 0 {
				parts <- part{buf[:n], time.Now().Add(p.delay)}
			}
			if err != nil {
				return
			}
		}
	})
	broken := false
	for one := range parts { // also when nobody wants them any more
		if broken {
			continue
		}
		time.Sleep(time.Until(one.due))
		p.mu.Lock()
		flow := p.flow
		p.mu.Unlock()
		<-flow
		if _, err := to.Write(one.bytes); err != nil {
			broken = true
			_ = from.Close()
		}
	}
}

// part is on its way until it is due.
type part struct {
	bytes []byte
	due   time.Time
}

// Cut ends all connections at once.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		_ = c.Close()
	}
}

// Freeze lets nothing through any more, without a word: both sides believe that
// they are connected. Thaw ends it.
func (p *Proxy) Freeze() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flow = make(chan struct{})
}

// Thaw hands on what was held back.
func (p *Proxy) Thaw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.flow:
	default:
		close(p.flow)
	}
}

// Close ends the proxy.
func (p *Proxy) Close() error {
	err := p.listen.Close()
	p.Thaw()
	p.Cut()
	p.wg.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
