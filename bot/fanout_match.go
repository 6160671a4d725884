package bot

import (
	"slices"
	"time"
)

// Wants reports whether the subscription asks for single alerts about the
// story as it stands, apart from mutes, pauses and time.
func (s *Subscription) Wants(st *Story, change EventType) bool {
	if st.Key.Team != "" && !s.Teams {
		return false
	}
	if len(s.Types) > 0 && !slices.Contains(s.Types, change) {
		return false
	}
	return s.Minimum.metBy(st)
}

// metBy reports whether a story is certain enough. Only what is done, or denied
// or backed by somebody entitled, is official: a club that confirms talks has
// not signed anybody.
func (c Certainty) metBy(s *Story) bool {
	official := s.Stage == StageOfficial
	if s.Stage == StageOff || s.Stage == StageBacked {
		official = s.Evidence == OfficialEvi
	}
	switch c {
	case Everything:
		return true
	case SeveralSources:
		return official || s.Stage == StageAgreed || s.Evidence.rank() >= Several.rank()
	case OfficialOnly:
		return official
	}
	return false
}

// feedDelay is how long an article may be on its way into a feed. Feeds also
// state times to the minute only: without it, somebody who subscribes and sees
// the news a moment later would not be told.
const feedDelay = 15 * time.Minute

// covers reports whether a change is news to the subscription: it was read after
// the subscription began, and published then or just before.
func (s *Subscription) covers(f *Fanout) bool {
	return !s.Since.After(f.Created) && !s.Since.After(f.Reported.Add(feedDelay))
}

// Muted reports whether one of the topics is muted in the chat at t.
func (c *Chat) Muted(t time.Time, topics ...Topic) bool {
	return slices.ContainsFunc(c.Mutes, func(m Mute) bool {
		return (m.Until.IsZero() || m.Until.After(t)) && slices.Contains(topics, m.Topic)
	})
}

// digestOnly reports whether the subscription's news waits for the digest.
func (c *Chat) digestOnly(s *Subscription) bool {
	return s.Digest && c.Digest.Every != NoDigest
}
