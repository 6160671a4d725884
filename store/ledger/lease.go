package ledger

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"karussell/bot"
)

type holdRecord struct {
	Holder string `cbor:"1,keyasint,omitempty"`
	Fence  uint64 `cbor:"2,keyasint,omitempty"`
	Until  int64  `cbor:"3,keyasint,omitempty"`
}

//nolint:gochecknoglobals // constant
var holdCodec = codec[holdRecord]{name: "lease", version: 1}

func leaseNote(name string) string { return "lease/" + name }

// AcquireLease takes or prolongs the lease name for holder until now + ttl; ok
// is false while somebody else holds it, and l is then theirs. It works in any
// store's transaction, so what the holder writes can commit together with the
// proof that it still holds the lease.
func AcquireLease(tx bot.Tx, name, holder string, now time.Time, ttl time.Duration) (l bot.Lease, ok bool, err error) {
	hold, err := heldLease(tx, name)
	if err != nil {
		return l, false, err
	}
	if hold.Holder != holder {
		if hold.Holder != "" && now.Before(instant(hold.Until)) {
			return hold.lease(name), false, nil
		}
		hold.Holder = holder
		hold.Fence++ // the former holder may still be about, asleep
	}
	hold.Until = nanos(now.Add(ttl))
	b, err := holdCodec.encode(hold)
	if err != nil {
		return l, false, err
	}
	return hold.lease(name), true, tx.PutNote(leaseNote(name), b)
}

// ErrLeaseLost means that somebody else has, or had, the lease since.
var ErrLeaseLost = errors.New("the lease was lost")

// CheckLease gives ErrLeaseLost unless l's holder still has the lease under l's
// fence. In the transaction of a write it keeps a process that was paused from
// writing over its successor's work; the clock does not matter to it.
func CheckLease(tx bot.ReadTx, l bot.Lease) error {
	hold, err := heldLease(tx, l.Name)
	if err != nil {
		return err
	}
	if hold.Holder != l.Holder || hold.Fence != l.Fence {
		return fmt.Errorf("%w: %s", ErrLeaseLost, l.Name)
	}
	return nil
}

// HeldLeases lists the leases that somebody holds at now.
func HeldLeases(tx bot.ReadTx, now time.Time) ([]bot.Lease, error) {
	names, err := tx.Notes(leaseNote(""), "", maxInt)
	if err != nil {
		return nil, err
	}
	var out []bot.Lease
	for _, n := range names {
		name := strings.TrimPrefix(n, leaseNote(""))
		hold, err := heldLease(tx, name)
		if err != nil {
			return nil, err
		}
		if hold.Holder != "" && now.Before(instant(hold.Until)) {
			out = append(out, hold.lease(name))
		}
	}
	return out, nil
}

// ReleaseLease gives the lease back before its time, if holder has it.
func ReleaseLease(tx bot.Tx, name, holder string) error {
	hold, err := heldLease(tx, name)
	if err != nil || hold.Holder != holder {
		return err
	}
	hold.Holder, hold.Until = "", 0 // the fence must go on growing
	b, err := holdCodec.encode(hold)
	if err != nil {
		return err
	}
	return tx.PutNote(leaseNote(name), b)
}

func heldLease(tx bot.ReadTx, name string) (hold holdRecord, err error) {
	b, err := tx.Note(leaseNote(name))
	if errors.Is(err, bot.ErrNotFound) {
		return hold, nil
	}
	if err != nil {
		return hold, err
	}
	return holdCodec.decode(b)
}

func (h holdRecord) lease(name string) bot.Lease {
	return bot.Lease{Name: name, Holder: h.Holder, Fence: h.Fence, Until: instant(h.Until)}
}
