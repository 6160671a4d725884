package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"karussell/bot"
)

// Problem is a contradiction inside a store.
type Problem struct {
	Where string // the space or the part of the file
	What  string
}

func (p Problem) String() string { return fmt.Sprintf("%s: %s", p.Where, p.What) }

// mostProblems ends a check: more would not help anybody.
const mostProblems = 100

// Check reads every record and compares every index with them. The error says
// that it could not go on.
func Check(ctx context.Context, r Reader) ([]Problem, error) {
	c := &checker{ctx: ctx, v: view{kv: r}}
	for _, step := range []func() error{
		c.articles, c.texts, c.references, c.identities, c.stories, c.coaches, c.chats, c.subscriptions, c.postings,
		c.deliveries, c.deliveryIDs, c.heads, c.boxes, c.plain, c.totals, c.counters,
	} {
		err := step()
		if errors.Is(err, errEnough) {
			break
		}
		if err != nil {
			return c.problems, err
		}
	}
	return c.problems, nil
}

var errEnough = errors.New("enough problems")

// checker gathers problems. An index is right when all entries that the records
// call for are there, and no more than these.
type checker struct {
	ctx      context.Context //nolint:containedctx // lives for one call of Check
	v        view
	wanted   [spaces]int // entries that the records call for
	counts   [counters]int
	problems []Problem
}

func (c *checker) report(s Space, format string, args ...any) error {
	c.problems = append(c.problems, Problem{s.String(), fmt.Sprintf(format, args...)})
	if len(c.problems) >= mostProblems {
		return errEnough
	}
	return nil
}

// want notes that the records call for an entry.
func (c *checker) want(s Space, key []byte) error {
	c.wanted[s]++
	ok, err := c.v.has(s, key)
	if err != nil || ok {
		return err
	}
	return c.report(s, "entry %x is missing", key)
}

// walk calls fn for a whole space; a record that fn cannot read is a problem.
func (c *checker) walk(s Space, fn func(k, v []byte) error) error {
	return c.v.kv.Scan(s, Range{}, func(k, v []byte) (bool, error) {
		if err := c.ctx.Err(); err != nil {
			return false, err
		}
		err := fn(k, v)
		if errors.Is(err, bot.ErrCorrupt) {
			err = c.report(s, "entry %x: %v", k, err)
		}
		return err == nil, err
	})
}

func (c *checker) articles() error {
	return c.walk(Articles, func(k, v []byte) error {
		c.counts[articleCount]++
		rec, err := articleCodec.decode(v)
		if err != nil {
			return err
		}
		text, err := c.v.has(Texts, k)
		if err != nil || !text {
			return err
		}
		c.wanted[Texts]++
		return c.want(TextAges, append(appendTime(nil, instant(rec.ReadAt)), k...))
	})
}

func (c *checker) texts() error {
	err := c.walk(Texts, func(_, v []byte) error { _, err := textCodec.decode(v); return err })
	if err != nil {
		return err
	}
	return c.walk(Findings, func(_, v []byte) error { _, err := findingsCodec.decode(v); return err })
}

// references checks the indexes that cannot be derived: their articles exist.
func (c *checker) references() error {
	for _, s := range []Space{ArticleKeys, Identities, ArticleTopics} {
		err := c.walk(s, func(k, v []byte) error {
			at := v
			if s == ArticleTopics {
				at = k
			}
			id, err := lastNumber(at)
			if err != nil {
				return err
			}
			if ok, err := c.v.has(Articles, number(id)); err != nil || ok {
				return err
			}
			return c.report(s, "article %d is missing", id)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// identities checks that every key is in the open generation or in one whose
// filter knows it. The index of schema 1 is generation 0.
func (c *checker) identities() error {
	open, err := c.v.openGeneration()
	if err != nil {
		return err
	}
	known := map[uint64]filter{}
	knows := func(generation uint64, h []byte) error {
		f, loaded := known[generation]
		if !loaded {
			clear(known) // they come in order
			if f, err = c.v.kv.Get(IdentityFilters, number(generation)); err != nil {
				return err
			}
			known[generation] = f
		}
		if generation == open || f.mayHold(h) {
			return nil
		}
		return c.report(IdentityFilters, "generation %d does not know its key %x", generation, h)
	}
	err = c.walk(ArticleKeys, func(k, _ []byte) error {
		if len(k) != identityLen {
			return errKey
		}
		return knows(0, k)
	})
	if err != nil {
		return err
	}
	return c.walk(Identities, func(k, _ []byte) error {
		c.counts[identityCount]++
		if len(k) != 8+identityLen {
			return errKey
		}
		generation, err := lastNumber(k[:8])
		if err != nil {
			return err
		}
		return knows(generation, k[8:])
	})
}

func (c *checker) stories() error {
	return c.walk(Stories, func(k, v []byte) error {
		rec, err := storyCodec.decode(v)
		if err != nil {
			return err
		}
		id, err := lastNumber(k)
		if err != nil {
			return err
		}
		story := rec.story(bot.StoryID(id))
		for _, e := range storyEntries(&story, rec.Topics) {
			if err := c.want(e.space, e.key); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *checker) coaches() error {
	return c.walk(Coaches, func(k, v []byte) error {
		rec, err := coachCodec.decode(v)
		if err != nil {
			return err
		}
		id, _, err := cutString(k)
		if err != nil {
			return err
		}
		for _, name := range rec.Keys {
			if err := c.want(Names, nameKey(bot.NameCoach, name, bot.CoachID(id))); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *checker) chats() error {
	return c.walk(Chats, func(k, v []byte) error {
		rec, err := chatCodec.decode(v)
		if err != nil {
			return err
		}
		if rec.DigestEvery != bot.NoDigest {
			if err := c.want(DigestChats, k); err != nil {
				return err
			}
		}
		if rec.Paused != bot.NotPaused {
			return c.want(PausedChats, k)
		}
		return nil
	})
}

func (c *checker) subscriptions() error {
	return c.walk(Subscribers, func(_, v []byte) error {
		rec, err := subscriptionCodec.decode(v)
		if err != nil {
			return err
		}
		return c.want(Subscriptions, subscriptionKey(bot.ChatRef(rec.Chat), rec.Topic))
	})
}

func (c *checker) postings() error {
	return c.walk(Postings, func(k, v []byte) error {
		rec, err := postingCodec.decode(v)
		if err != nil {
			return err
		}
		if len(k) < 8 {
			return errKey
		}
		story, err := lastNumber(k[:8])
		if err != nil {
			return err
		}
		return c.want(ChatPostings, chatPostingKey(bot.ChatRef(rec.Chat), bot.StoryID(story)))
	})
}

func (c *checker) deliveries() error {
	return c.walk(Deliveries, func(k, v []byte) error {
		rec, err := deliveryCodec.decode(v)
		if err != nil {
			return err
		}
		n, err := lastNumber(k)
		if err != nil {
			return err
		}
		if holder, err := getNumber(c.v.kv, DeliveryIDs, hash(string(rec.ID))); err != nil || holder != n {
			return errors.Join(err, c.report(DeliveryIDs, "%q leads to %d, not %d", rec.ID, holder, n))
		}
		ref := bot.ChatRef(rec.Chat)
		if rec.Parked == 0 {
			c.counts[waitingCount]++
			return c.want(Queues, queueKey(n, &rec))
		}
		c.counts[parkedCount]++
		if err := c.want(Queues, parkedKey(ref, n)); err != nil {
			return err
		}
		return c.want(Parked, number(rec.Parked))
	})
}

func (c *checker) deliveryIDs() error {
	return c.walk(DeliveryIDs, func(k, v []byte) error {
		n, err := lastNumber(v)
		if err != nil {
			return err
		}
		rec, err := c.v.numbered(n)
		if err != nil {
			return err
		}
		same := func(h []byte) bool { return bytes.Equal(h, k) }
		if !same(hash(string(rec.ID))) && !slices.ContainsFunc(rec.Former, same) {
			return c.report(DeliveryIDs, "entry %x leads to delivery %q, which never had that id", k, rec.ID)
		}
		return nil
	})
}

// heads checks that the first of every queue that can be claimed is in Heads.
func (c *checker) heads() error {
	last := ""
	return c.walk(Queues, func(k, _ []byte) error {
		chat, rest, err := cutString(k)
		if err != nil {
			return err
		}
		if chat == last || len(rest) != 1+placeLen || rest[0] != stateWaiting {
			return nil
		}
		last = chat
		key := appendString(nil, chat)
		box, paused, err := c.v.boxAt(key)
		if err != nil || paused || len(box.Leases) > 0 {
			return err
		}
		head, err := c.v.headOf(key, box.Hold)
		if err != nil {
			return err
		}
		if !bytes.Equal(box.Head, head) {
			if err := c.report(Boxes, "chat %q does not know its first delivery", chat); err != nil {
				return err
			}
		}
		return c.want(Heads, head)
	})
}

func (c *checker) boxes() error {
	return c.walk(Boxes, func(_, v []byte) error {
		box, err := boxCodec.decode(v)
		if err != nil {
			return err
		}
		for _, l := range box.Leases {
			c.counts[leasedCount]++
			c.counts[waitingCount]--
			if err := c.want(Leases, leaseKey(instant(l.Until), l.Number)); err != nil {
				return err
			}
			if rec, err := c.v.numbered(l.Number); err != nil || rec.Parked != 0 {
				return errors.Join(err, c.report(Boxes, "delivery %d cannot be under lease", l.Number))
			}
		}
		return nil
	})
}

// plain checks the records that no index leads to.
func (c *checker) plain() error {
	return errors.Join(
		c.walk(Fanouts, func(_, v []byte) error {
			c.counts[fanoutCount]++
			_, err := fanoutCodec.decode(v)
			return err
		}),
		c.walk(Feeds, func(_, v []byte) error { _, err := feedCodec.decode(v); return err }),
		c.walk(Notes, func(_, v []byte) error { _, err := noteCodec.decode(v); return err }),
	)
}

// totals checks that the indexes hold nothing beyond what was called for.
func (c *checker) totals() error {
	for _, s := range []Space{
		Texts, TextAges, StoryKeys, StoryTopics, OpenTopics, StoryChecks, Names, DigestChats, PausedChats,
		Subscriptions, ChatPostings, Queues, Heads, Leases, Parked,
	} {
		n := 0
		if err := c.walk(s, func([]byte, []byte) error { n++; return nil }); err != nil {
			return err
		}
		if n != c.wanted[s] {
			if err := c.report(s, "%d entries instead of %d", n, c.wanted[s]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *checker) counters() error {
	for n, want := range c.counts {
		have, err := c.v.count(counter(n))
		if err != nil {
			return err
		}
		if have != want {
			if err := c.report(Meta, "count of %s is %d instead of %d", counterNames[n], have, want); err != nil {
				return err
			}
		}
	}
	return nil
}
