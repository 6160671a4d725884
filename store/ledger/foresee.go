package ledger

import "karussell/bot"

// A fan-out asks the same of hundreds of chats in one transaction. Where the
// store is a server, every question is a journey; so when a writing transaction
// lists chats, what it probably asks next is fetched for all of them at once:
// whether they know the story that it looked at last, and what waits for them.

// revisionsBack is how far back deliveries about the story are looked for.
const revisionsBack = 8

// foresee prepares for questions about listed chats. What it does not foresee is
// only slower.
func (v *view) foresee(refs []bot.ChatRef) error {
	w, ok := v.kv.(Reserver)
	if !ok || !v.writes || len(refs) < 2 {
		return nil
	}
	chats := make([][]byte, len(refs))
	a := Ahead{Keys: map[Space][][]byte{}}
	for i, ref := range refs {
		chats[i] = chatKey(ref)
		if v.story.ID == 0 {
			continue
		}
		a.Keys[Postings] = append(a.Keys[Postings], postingKey(v.story.ID, ref))
		for _, id := range v.idsAbout(ref) {
			a.Keys[DeliveryIDs] = append(a.Keys[DeliveryIDs], hash(string(id)))
		}
	}
	a.Keys[Chats], a.Keys[PausedChats] = chats, chats
	return w.Reserve(chats, a)
}

// idsAbout are the ids that deliveries about the story may have in a chat.
func (v *view) idsAbout(ref bot.ChatRef) (ids []bot.DeliveryID) {
	for r := max(1, v.story.Revision-revisionsBack); r <= v.story.Revision; r++ {
		for _, kind := range [...]bot.DeliveryKind{bot.DeliverPost, bot.DeliverReply, bot.DeliverEdit} {
			ids = append(ids, bot.NewDeliveryID(ref, v.story.ID, r, kind))
		}
	}
	return append(ids, bot.NewDeliveryID(ref, v.story.ID, v.story.Revision, bot.DeliverRetract))
}
