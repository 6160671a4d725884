package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"karussell/bot"
	"karussell/bot/outbox"
	"karussell/store/ledger"
)

// Replicas send with one token and so share its limit: each holds a lease
// "sender/N", and takes one part of as many as are held. Whoever comes sends
// nothing before all others have prolonged theirs, since in doing so they learn
// of it; whoever cannot prolong its own stops before it ends.

const senderLease = "sender/"

// limitWindow is what platforms count over, and a little for the way: what was
// seen so long ago is past.
const limitWindow = 1100 * time.Millisecond

// sender is a replica's part in sending.
type sender struct {
	*replica
	gates   []*outbox.Gate
	unaware map[string]time.Time // leases that were not prolonged since we came
	part    outbox.Share         // as seen last
}

// send keeps the gates at this replica's part until ctx ends, when it is given
// back: what is under way then has its place, and the others take the part a
// moment later.
func (r *replica) send(ctx context.Context, gates []*outbox.Gate) error {
	s := &sender{replica: r, gates: gates}
	var mine bot.Lease
	for {
		l, others, fresh, err := s.register(ctx)
		switch {
		case err == nil:
			mine = l
			s.set(s.seen(l, others, fresh))
		case ctx.Err() == nil:
			r.log.WarnContext(ctx, "lease not asked for", "lease", senderLease, "error", err)
		}
		select {
		case <-ctx.Done():
			if mine.Name != "" {
				r.release(ctx, mine)
			}
			return nil
		case <-time.After(max(r.step()/2, limitWindow)):
		}
	}
}

// register takes or prolongs our lease; fresh: it was not ours just before.
func (s *sender) register(ctx context.Context) (mine bot.Lease, others []bot.Lease, fresh bool, err error) {
	err = s.store.Update(ctx, func(tx bot.Tx) error {
		held, err := ledger.HeldLeases(tx, s.now())
		if err != nil {
			return err
		}
		others, fresh = nil, true
		taken, name := map[string]bool{}, ""
		for _, l := range held {
			switch {
			case !strings.HasPrefix(l.Name, senderLease):
			case l.Holder == s.holder:
				name, fresh = l.Name, false
			default:
				others, taken[l.Name] = append(others, l), true
			}
		}
		for n := 0; name == ""; n++ {
			if free := fmt.Sprintf("%s%03d", senderLease, n); !taken[free] {
				name = free
			}
		}
		l, ok, err := ledger.AcquireLease(tx, name, s.holder, s.now(), s.lease)
		if err == nil && !ok {
			err = fmt.Errorf("lease %s: %w", name, ledger.ErrLeaseLost)
		}
		mine = l
		return err
	})
	return mine, others, fresh, err
}

// seen decides on our part: a smaller one holds at once, a larger one when it was
// seen twice, so that what the others sent last is past.
func (s *sender) seen(mine bot.Lease, others []bot.Lease, fresh bool) outbox.Share {
	if fresh {
		s.part, s.unaware = outbox.Share{}, map[string]time.Time{}
		for _, l := range others {
			s.unaware[l.Name] = l.Until
		}
	}
	held := map[string]time.Time{}
	part := outbox.Share{Of: len(others) + 1, Until: mine.Until.Add(-s.step())}
	for _, l := range others {
		held[l.Name] = l.Until
		if l.Name < mine.Name {
			part.Rank++
		}
	}
	waited := len(s.unaware) > 0
	maps.DeleteFunc(s.unaware, func(name string, until time.Time) bool { return !held[name].Equal(until) })
	before := s.part
	s.part = part
	if len(s.unaware) > 0 || waited && len(others) > 0 { // they know of us since a moment at most
		return outbox.Share{}
	}
	part.Rank, part.Of = max(part.Rank, before.Rank), max(part.Of, before.Of)
	return part
}

func (s *sender) set(part outbox.Share) {
	for _, g := range s.gates {
		g.Share(part)
	}
}

// shareGates makes the platforms' gates shared ones, shut until there is a part.
func (s *service) shareGates(r *replica) {
	gates := slices.Collect(maps.Values(s.gates))
	if len(gates) == 0 {
		return
	}
	for _, g := range gates {
		g.Share(outbox.Share{})
	}
	s.more = append(s.more, func(ctx context.Context) error { return r.send(ctx, gates) })
}
