//go:build !linux && !darwin

package bolt

func diskFull(string) bool { return false }
