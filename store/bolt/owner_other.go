//go:build !linux

package bolt

// reserve is 0 where a large mapping would grow the file.
const reserve = 0

func lockHolder(string) (int, string) { return 0, "" }

func commandOf(int) string { return "" }
