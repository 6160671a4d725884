package ledger

import (
	"karussell/bot"
)

// chatKey addresses a chat: its string, closed, so that more can follow.
func chatKey(ref bot.ChatRef) []byte { return appendString(nil, ref.String()) }

func (v *view) Chat(ref bot.ChatRef) (bot.Chat, error) {
	rec, err := get(v.kv, chatCodec, Chats, chatKey(ref))
	if err != nil {
		return bot.Chat{}, err
	}
	return rec.chat(), nil
}

// behind is the range of the names after the given one; "" is the start.
func behind(last string) Range {
	if last == "" {
		return Range{}
	}
	return Range{From: just(appendString(nil, last))}
}

func (v *view) Chats(last string, limit int) ([]bot.Chat, error) {
	return collect(v.kv, Chats, behind(last), most(limit), func(_, val []byte) (bot.Chat, error) {
		rec, err := chatCodec.decode(val)
		return rec.chat(), err
	})
}

func (v *view) DigestChats(last string, limit int) ([]bot.Chat, error) {
	found, err := collect(v.kv, DigestChats, behind(last), most(limit),
		func(k, _ []byte) ([]byte, error) { return append([]byte(nil), k...), nil })
	if err != nil {
		return nil, err
	}
	out := make([]bot.Chat, 0, len(found))
	for _, k := range found {
		rec, err := get(v.kv, chatCodec, Chats, k)
		if err != nil {
			return nil, dangling(err)
		}
		out = append(out, rec.chat())
	}
	return out, nil
}

func (t *tx) PutChat(c bot.Chat) error {
	key := chatKey(c.Ref)
	if err := t.flag(DigestChats, key, c.Digest.Every != bot.NoDigest); err != nil {
		return err
	}
	if err := t.pause(c.Ref, c.Paused != bot.NotPaused); err != nil {
		return err
	}
	return put(t.kv, chatCodec, Chats, key, toChat(&c))
}

// flag puts or deletes an index entry.
func (t *tx) flag(s Space, key []byte, set bool) error {
	if set {
		return t.mark(s, key)
	}
	return t.kv.Delete(s, key)
}

// pause keeps the queue of the chat in step with its pause.
func (t *tx) pause(ref bot.ChatRef, paused bool) error {
	key := chatKey(ref)
	if err := t.lock(ref); err != nil {
		return err
	}
	was, err := t.has(PausedChats, key)
	if err != nil || was == paused {
		return err
	}
	if err := t.flag(PausedChats, key, paused); err != nil {
		return err
	}
	return t.refresh(ref)
}

// DeleteChat removes everything about the chat.
func (t *tx) DeleteChat(ref bot.ChatRef) error {
	if err := t.lock(ref); err != nil {
		return err
	}
	if err := t.emptyBox(ref); err != nil {
		return err
	}
	stories, err := t.chatStories(ref)
	if err != nil {
		return err
	}
	for _, id := range stories {
		if err := t.deletePosting(ref, id); err != nil {
			return err
		}
	}
	subs, err := t.Subscriptions(ref)
	if err != nil {
		return err
	}
	for _, s := range subs {
		if err := t.DeleteSubscription(ref, s.Topic); err != nil {
			return err
		}
	}
	for _, s := range []Space{Chats, DigestChats, PausedChats} {
		if err := t.kv.Delete(s, chatKey(ref)); err != nil {
			return err
		}
	}
	if err := t.passOver(ref); err != nil {
		return err
	}
	return t.refresh(ref)
}

// emptyBox removes a chat's deliveries in whatever state, and their hold. The
// caller refreshes.
func (t *tx) emptyBox(ref bot.ChatRef) error {
	queued, err := t.queued(ref)
	if err != nil {
		return err
	}
	for _, n := range queued {
		if err := t.drop(n); err != nil {
			return err
		}
	}
	return t.hold(ref, 0, false)
}

// passOver takes a chat's address out of the fan-outs that have come to it. They
// begin their topic again: enqueueing twice is harmless.
func (t *tx) passOver(ref bot.ChatRef) error {
	list, err := t.Fanouts(maxInt)
	if err != nil {
		return err
	}
	for _, f := range list {
		if f.Cursor != ref.String() {
			continue
		}
		f.Cursor = ""
		if err := t.PutFanout(&f); err != nil {
			return err
		}
	}
	return nil
}

func subscriberKey(topic bot.Topic, ref bot.ChatRef) []byte {
	return appendString(appendString(nil, string(topic)), ref.String())
}

func subscriptionKey(ref bot.ChatRef, topic bot.Topic) []byte {
	return append(chatKey(ref), topic...)
}

func (v *view) Subscriptions(ref bot.ChatRef) ([]bot.Subscription, error) {
	prefix := chatKey(ref)
	topics, err := collect(v.kv, Subscriptions, prefixed(prefix), maxInt,
		func(k, _ []byte) (bot.Topic, error) { return bot.Topic(k[len(prefix):]), nil })
	if err != nil {
		return nil, err
	}
	out := make([]bot.Subscription, 0, len(topics))
	for _, topic := range topics {
		rec, err := get(v.kv, subscriptionCodec, Subscribers, subscriberKey(topic, ref))
		if err != nil {
			return nil, dangling(err)
		}
		out = append(out, rec.subscription())
	}
	return out, nil
}

// Subscribers pages by the chat's address; the records lie in the order of the
// page, so that a page costs one seek however many subscribe.
func (v *view) Subscribers(topic bot.Topic, cursor string, limit int) ([]bot.Subscription, string, error) {
	limit = most(limit)
	subs, err := collect(v.kv, Subscribers, resume(appendString(nil, string(topic)), cursor), limit+1,
		func(_, val []byte) (bot.Subscription, error) {
			rec, err := subscriptionCodec.decode(val)
			return rec.subscription(), err
		})
	if err != nil {
		return nil, "", err
	}
	next := ""
	if len(subs) > limit {
		subs = subs[:limit]
		next = subs[limit-1].Chat.String()
	}
	return subs, next, v.foresee(each(subs, func(s bot.Subscription) bot.ChatRef { return s.Chat }))
}

// resume is the range under prefix after a chat.
func resume(prefix []byte, cursor string) Range {
	r := prefixed(prefix)
	if cursor != "" {
		r.From = just(appendString(append([]byte(nil), prefix...), cursor))
	}
	return r
}

func (t *tx) PutSubscription(s bot.Subscription) error {
	if err := t.mark(Subscriptions, subscriptionKey(s.Chat, s.Topic)); err != nil {
		return err
	}
	return put(t.kv, subscriptionCodec, Subscribers, subscriberKey(s.Topic, s.Chat), toSubscription(&s))
}

func (t *tx) DeleteSubscription(ref bot.ChatRef, topic bot.Topic) error {
	if err := t.kv.Delete(Subscriptions, subscriptionKey(ref, topic)); err != nil {
		return err
	}
	return t.kv.Delete(Subscribers, subscriberKey(topic, ref))
}
