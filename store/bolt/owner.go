package bolt

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// While a store is open for writing, a small file beside it names the process,
// for the message to whoever finds the store locked. It is a courtesy: the lock
// is the file lock, and a stale or missing record harms nobody.

const ownerSuffix = ".owner"

// signOwner leaves this process's name and returns the record's path; "" when
// it cannot.
func signOwner(path string) string {
	record := path + ownerSuffix
	text := fmt.Sprintf("%d\n%s\n", os.Getpid(), filepath.Base(os.Args[0]))
	if os.WriteFile(record, []byte(text), 0o600) != nil {
		return ""
	}
	return record
}

// holder says who probably holds the lock on path.
func holder(path string) string {
	pid, command := lockHolder(path)
	if pid == 0 {
		pid, command = readOwner(path)
	}
	switch {
	case pid == 0:
		return "probably another Karussell, perhaps in another container or on another machine"
	case pid == os.Getpid():
		return fmt.Sprintf("this process (%d) has it open already", pid)
	}
	if running := commandOf(pid); running != "" {
		command = running
	}
	return fmt.Sprintf("probably process %d (%s)", pid, command)
}

func readOwner(path string) (pid int, command string) {
	b, err := os.ReadFile(path + ownerSuffix) //nolint:gosec // beside the operator's path
	if err != nil || len(b) > 4096 {
		return 0, ""
	}
	first, rest, _ := strings.Cut(string(b), "\n")
	pid, err = strconv.Atoi(first)
	if err != nil || pid <= 0 {
		return 0, ""
	}
	return pid, printable(rest)
}

// printable makes one short line of what another process wrote.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F {
			return ' '
		}
		return r
	}, s)
	s = strings.TrimSpace(s)
	if r := []rune(s); len(r) > 80 {
		s = string(r[:80]) + "…"
	}
	return s
}
