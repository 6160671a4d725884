// Package postgrestest starts a private PostgreSQL for tests: in a temporary
// directory, on a unix socket that nobody else knows, as an unprivileged user.
//
// Law: it looks for what is installed and installs nothing. Where there is no
// PostgreSQL it says so in an error, and tests skip with it.
package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is a running PostgreSQL, or one that KARUSSELL_TEST_POSTGRES names.
type Server struct {
	base    string // address without a schema
	dir     string // "" for a server that is not ours
	stays   bool   // the directory was there before
	bin     string
	account *syscall.Credential
	args    []string
	cmd     *exec.Cmd
	leash   io.WriteCloser // the server ends when it is closed, or when we die
	schemas atomic.Int64
}

// ErrNone means that there is no PostgreSQL here.
var ErrNone = errors.New("no PostgreSQL here: install the package postgresql, or name a server in KARUSSELL_TEST_POSTGRES")

// Start starts a server. durable keeps fsync on, for measuring.
func Start(durable bool) (*Server, error) {
	if address := os.Getenv("KARUSSELL_TEST_POSTGRES"); address != "" { //nolint:forbidigo // only tests use this package
		return &Server{base: address}, nil
	}
	return StartIn("", durable)
}

// StartIn is Start in an existing, empty directory, which stays; "" means a new
// one. It never uses a server that is not ours.
func StartIn(dir string, durable bool) (*Server, error) {
	s, err := house(dir)
	if err != nil {
		return nil, err
	}
	s.args = []string{"-c", "listen_addresses=", "-c", "max_connections=120", "-c", "deadlock_timeout=200ms"}
	if !durable {
		s.args = append(s.args, "-c", "fsync=off", "-c", "full_page_writes=off")
	}
	err = s.create()
	if err == nil {
		err = s.Launch()
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// house prepares the directory of a server.
func house(dir string) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, dir: dir, stays: dir != ""}
	if s.account, err = unprivileged(); err != nil {
		return nil, err
	}
	if dir == "" {
		if s.dir, err = os.MkdirTemp("", "kpg"); err != nil {
			return nil, err
		}
	}
	if s.account != nil {
		if err := os.Chown(s.dir, int(s.account.Uid), int(s.account.Gid)); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	s.base = "postgres://karussell@/postgres?host=" + url.QueryEscape(s.dir)
	return s, nil
}

// Standby makes a server that follows s, which waits with every commit until the
// standby has it. Promote makes it a server of its own.
func (s *Server) Standby(ctx context.Context) (*Server, error) {
	f, err := house("")
	if err != nil {
		return nil, err
	}
	f.args = slices.Clone(s.args)
	out, err := f.command(filepath.Join(s.bin, "pg_basebackup"), "-h", s.dir, "-U", "karussell", "-R", "--no-sync", "-c", "fast",
		"-D", filepath.Join(f.dir, "data")).CombinedOutput()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("pg_basebackup: %w: %s", err, out), f.Close())
	}
	if err := f.Launch(); err != nil { //nolint:contextcheck // it waits by a clock of its own
		return nil, errors.Join(err, f.Close())
	}
	if err := s.Do(ctx, "alter system set synchronous_standby_names = '*'", "select pg_reload_conf()"); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Promote lets a standby take writes.
func (s *Server) Promote(ctx context.Context) error {
	return s.Do(ctx, "select pg_promote()", "alter system reset synchronous_standby_names", "select pg_reload_conf()")
}

// Do runs statements as the server's owner.
func (s *Server) Do(ctx context.Context, statements ...string) (err error) {
	conn, err := pgx.Connect(ctx, s.base)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	for _, sql := range statements {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}

// Dir is where the server's socket and files are.
func (s *Server) Dir() string { return s.dir }

// binaries finds the directory of initdb and postgres, the newest first.
func binaries() (string, error) {
	places, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", err
	}
	slices.SortFunc(places, func(a, b string) int { return major(b) - major(a) })
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), places...) { //nolint:forbidigo // only tests use this package
		if _, err := exec.LookPath(filepath.Join(dir, "initdb")); err == nil {
			// A link may lead to where the other programs of the server are.
			if linked, err := filepath.EvalSymlinks(filepath.Join(dir, "initdb")); err == nil {
				dir = filepath.Dir(linked)
			}
			if _, err := exec.LookPath(filepath.Join(dir, "postgres")); err == nil {
				return dir, nil
			}
		}
	}
	return "", ErrNone
}

func major(dir string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
	if err != nil {
		return 0
	}
	return n
}

// unprivileged is an account to run as when we are root, which PostgreSQL
// refuses; nil when we are not.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // our own account is good
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, fmt.Errorf("%w (and no account to run it as)", ErrNone)
}

func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...) //nolint:gosec,noctx // what was found installed; it lives until Halt
	cmd.Dir = s.dir
	cmd.Env = []string{"LC_ALL=C.UTF-8", "TZ=UTC", "PATH=" + os.Getenv("PATH")} //nolint:forbidigo // only tests use this package
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.account}
	return cmd
}

func (s *Server) create() error {
	out, err := s.command(filepath.Join(s.bin, "initdb"), "-D", filepath.Join(s.dir, "data"), "-U", "karussell",
		"-A", "trust", "-E", "UTF8", "--no-sync", "--no-instructions").CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

// Launch starts the server after Halt, and waits until it takes connections.
func (s *Server) Launch() error {
	// The shell ends the server when its own input ends: also when we are killed.
	script := `"$0" "$@" </dev/null & p=$!; while kill -0 $p 2>/dev/null && read -r how; do kill -s "$how" $p; wait $p; exit; done; kill -s INT $p; wait $p`
	args := append([]string{"-c", script, filepath.Join(s.bin, "postgres"), "-D", filepath.Join(s.dir, "data"), "-k", s.dir}, s.args...)
	cmd := s.command("/bin/sh", args...)
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return err
	}
	s.cmd, s.leash = cmd, in
	deadline := time.Now().Add(30 * time.Second)
	for {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second) //nolint:forbidigo // TestMain has none
		conn, err := pgx.Connect(ctx, s.base)
		if err == nil {
			err = conn.Close(ctx)
			cancel()
			return err
		}
		cancel()
		if time.Now().After(deadline) {
			text, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			return fmt.Errorf("PostgreSQL does not start: %w: %s", err, text)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Ours reports whether the server may be halted.
func (s *Server) Ours() bool { return s.dir != "" }

// Halt ends the server: with crash as if the power failed, else after its
// transactions were rolled back.
func (s *Server) Halt(crash bool) error {
	if s.cmd == nil {
		return nil
	}
	how := "INT"
	if crash {
		how = "QUIT"
	}
	_, err := fmt.Fprintln(s.leash, how)
	_ = s.leash.Close()
	_ = s.cmd.Wait() // what the shell says is of no interest
	s.cmd = nil
	return err
}

// Down reports whether the server has ended by itself.
func (s *Server) Down() bool {
	pid, err := os.ReadFile(filepath.Join(s.dir, "data", "postmaster.pid"))
	return err != nil || len(pid) == 0
}

// Close halts a server that is ours and removes what it wrote.
func (s *Server) Close() error {
	if !s.Ours() {
		return nil
	}
	err := s.Halt(false)
	if !s.stays {
		return errors.Join(err, os.RemoveAll(s.dir))
	}
	return errors.Join(err, os.RemoveAll(filepath.Join(s.dir, "data")), os.RemoveAll(filepath.Join(s.dir, "log")))
}

// Schema makes a new, empty schema and returns its address.
func (s *Server) Schema(ctx context.Context) (address string, err error) {
	conn, err := pgx.Connect(ctx, s.base)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	name := fmt.Sprintf("t%d_%d", os.Getpid(), s.schemas.Add(1))
	if _, err := conn.Exec(ctx, "drop schema if exists "+name+" cascade; create schema "+name); err != nil {
		return "", err
	}
	mark := "?"
	if strings.Contains(s.base, "?") {
		mark = "&"
	}
	return s.base + mark + "search_path=" + name, nil
}
