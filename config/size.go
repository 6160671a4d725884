package config

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes, written as 500MB, 20GB or a bare number. KB, MB, GB
// and TB count in thousands, KiB, MiB, GiB and TiB in 1024s.
type Size int64

var errSize = errors.New("no size")

//nolint:gochecknoglobals // a constant table
var sizeUnits = []struct {
	name  string
	bytes int64
}{
	{"KiB", 1 << 10},
	{"MiB", 1 << 20},
	{"GiB", 1 << 30},
	{"TiB", 1 << 40},
	{"KB", 1e3},
	{"MB", 1e6},
	{"GB", 1e9},
	{"TB", 1e12},
	{"B", 1},
}

// ParseSize reads a size; it is never negative.
func ParseSize(s string) (Size, error) {
	digits, factor := strings.TrimSpace(s), int64(1)
	for _, u := range sizeUnits {
		if at := len(digits) - len(u.name); at > 0 && strings.EqualFold(digits[at:], u.name) {
			digits, factor = strings.TrimSpace(digits[:at]), u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/factor {
		return 0, errSize
	}
	return Size(n * factor), nil
}

// UnmarshalText reads the value from a file.
func (s *Size) UnmarshalText(b []byte) error {
	n, err := ParseSize(string(b))
	if err != nil {
		return fmt.Errorf("%q%s", b, sizeForm)
	}
	*s = n
	return nil
}

// String is the size as people write it, if that loses nothing.
func (s Size) String() string {
	for _, u := range []int{3, 7, 2, 6, 1, 5} {
		if unit := sizeUnits[u]; s > 0 && int64(s)%unit.bytes == 0 {
			return fmt.Sprintf("%d %s", int64(s)/unit.bytes, unit.name)
		}
	}
	return fmt.Sprintf("%d bytes", int64(s))
}

const sizeForm = " is no size; write 500MB or 20GB"
