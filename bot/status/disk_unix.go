//go:build linux || darwin || freebsd

package status

import "syscall"

// freeBytes is what an ordinary user may still write where dir is.
func freeBytes(dir string) (uint64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return uint64(s.Bavail) * uint64(s.Bsize), nil //nolint:gosec,unconvert // types differ by system
}
