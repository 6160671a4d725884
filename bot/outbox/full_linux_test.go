package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"karussell/bot"
	"karussell/store/bolt"
)

const disksFillUp = true

// crowdedDisk is a store on a disk that fills up again and again, as others
// write to it: for a while no file of this process may grow, and what room is
// left in the store's file is used up. Then there is room again.
type crowdedDisk struct {
	*bolt.Store
	server  string
	refused atomic.Int64
	scarce  chan struct{} // closed when little room is left for the first time
	once    sync.Once
}

// Claim counts what finds no room.
func (d *crowdedDisk) Claim(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]bot.Delivery, error) {
	ds, err := d.Store.Claim(ctx, now, lease, limit)
	d.note(err)
	return ds, err
}

// Settle counts what finds no room.
func (d *crowdedDisk) Settle(ctx context.Context, id bot.DeliveryID, o bot.Outcome) error {
	err := d.Store.Settle(ctx, id, o)
	d.note(err)
	return err
}

func (d *crowdedDisk) note(err error) {
	if errors.Is(err, bot.ErrFull) && d.refused.Add(1) == 1 { // at once: the process may not live long
		go d.report()
	}
}

// report tells the fake platform how often the dispatcher met the disk full.
func (d *crowdedDisk) report() {
	if resp, err := http.Get(fmt.Sprintf("%s/full?n=%d", d.server, d.refused.Swap(0))); err == nil {
		_ = resp.Body.Close()
	}
}

// crowd fills the disk, for longest the first time and then again and again for
// shorter, until ctx ends. What is longer than a second comes once. It returns when
// little room is left.
func crowd(ctx context.Context, store *bolt.Store, server string, longest time.Duration) (bot.Store, <-chan error) {
	d := &crowdedDisk{Store: store, server: server, scarce: make(chan struct{})}
	ended := make(chan error, 1)
	go func() {
		defer close(ended)
		for full := longest; ctx.Err() == nil; full = time.Duration(rand.Int64N(int64(longest))) {
			err := d.fill(ctx, full)
			d.once.Do(func() { close(d.scarce) }) // also when it failed
			if err != nil {
				ended <- err
				return
			}
			d.report()
			if longest > time.Second {
				return
			}
			wait(ctx, time.Duration(rand.IntN(200))*time.Millisecond)
		}
	}()
	select {
	case <-d.scarce:
	case <-ctx.Done():
	}
	return d, ended
}

// fill keeps the disk full for a time.
func (d *crowdedDisk) fill(ctx context.Context, full time.Duration) error {
	now, err := os.Stat(d.Path())
	if err != nil {
		return err
	}
	if err := grow(uint64(now.Size())); err != nil {
		return err
	}
	var keys []string
	for end := time.Now().Add(full); ; wait(ctx, 5*time.Millisecond) { // what becomes free is taken at once
		for _, size := range []int{200_000, 3000, 300} {
			if keys, err = d.stuff(ctx, keys, size); err != nil {
				return err
			}
			d.once.Do(func() { close(d.scarce) })
		}
		if ctx.Err() != nil || time.Now().After(end) {
			break
		}
	}
	if err := grow(1 << 62); err != nil {
		return err
	}
	return d.Update(context.WithoutCancel(ctx), func(tx bot.Tx) error {
		for _, k := range keys {
			if err := tx.PutNote(k, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// stuff writes notes of a size until none fits any more.
func (d *crowdedDisk) stuff(ctx context.Context, keys []string, size int) ([]string, error) {
	for {
		key := fmt.Sprintf("filler/%06d", len(keys))
		err := d.Update(context.WithoutCancel(ctx), func(tx bot.Tx) error { return tx.PutNote(key, []byte(strings.Repeat("x", size))) })
		if errors.Is(err, bot.ErrFull) {
			return keys, nil
		}
		if err != nil {
			return keys, err
		}
		keys = append(keys, key)
	}
}

// grow says how large a file of this process may become.
func grow(to uint64) error {
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &r); err != nil {
		return err
	}
	r.Cur = min(to, r.Max)
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &r)
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
