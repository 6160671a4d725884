//go:build linux || darwin

package bolt

import (
	"path/filepath"
	"syscall"
)

// diskFull reports that the disk of path has less than a megabyte left.
func diskFull(path string) bool {
	var st syscall.Statfs_t
	if syscall.Statfs(filepath.Dir(path), &st) != nil {
		return false
	}
	return st.Bavail*uint64(st.Bsize) < 1<<20 //nolint:gosec // block sizes are not negative
}
