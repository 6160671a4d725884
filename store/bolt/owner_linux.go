package bolt

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// reserve is the address space that is mapped from the start, so that the file
// can grow to it without a pause for readers. It costs no memory.
// 16 GiB, or 256 KiB where an int has 32 bits.
const reserve = 1 << (strconv.IntSize/2 + 2)

// lockHolder looks into the kernel's table of locks (proc_locks(5)): its lines
// are "1: FLOCK ADVISORY WRITE pid major:minor:inode start end".
func lockHolder(path string) (pid int, command string) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, ""
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, ""
	}
	locks, err := os.ReadFile("/proc/locks")
	if err != nil {
		return 0, ""
	}
	inode := ":" + strconv.FormatUint(st.Ino, 10)
	for line := range strings.Lines(string(locks)) {
		f := strings.Fields(line)
		if len(f) < 6 || f[1] != "FLOCK" || !strings.HasSuffix(f[5], inode) {
			continue
		}
		if pid, err := strconv.Atoi(f[4]); err == nil && pid > 0 {
			return pid, "unknown"
		}
	}
	return 0, ""
}

// commandOf is how a running process was started, without its arguments' values
// beyond the first: "karussell run".
func commandOf(pid int) string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil || len(b) == 0 {
		return ""
	}
	args := strings.Split(strings.TrimRight(string(b), "\x00"), "\x00")
	command := filepath.Base(args[0])
	if len(args) > 1 && !strings.HasPrefix(args[1], "-") {
		command += " " + args[1]
	}
	return printable(command)
}
