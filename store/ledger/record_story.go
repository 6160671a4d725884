package ledger

import "karussell/bot"

// storyRecord is a story without its id, with the topics it is indexed under.
type storyRecord struct {
	Club      bot.ClubID     `cbor:"1,keyasint,omitempty"`
	Coach     bot.CoachID    `cbor:"2,keyasint,omitempty"`
	Matter    bot.Matter     `cbor:"3,keyasint,omitempty"`
	Team      bot.Team       `cbor:"4,keyasint,omitempty"`
	CoachName string         `cbor:"5,keyasint,omitempty"`
	ClubName  string         `cbor:"6,keyasint,omitempty"`
	Role      bot.Role       `cbor:"7,keyasint,omitempty"`
	Stage     bot.StoryStage `cbor:"8,keyasint,omitempty"`
	Evidence  bot.Evidence   `cbor:"9,keyasint,omitempty"`
	Manner    bot.Manner     `cbor:"10,keyasint,omitempty"`
	Until     bot.Date       `cbor:"11,keyasint,omitempty"`
	Date      bot.Date       `cbor:"12,keyasint,omitempty"`
	Because   bot.StageCause `cbor:"13,keyasint,omitempty"`
	Winner    string         `cbor:"14,keyasint,omitempty"`
	Origin    string         `cbor:"15,keyasint,omitempty"`
	Outlets   []string       `cbor:"16,keyasint,omitempty"`
	Reports   []reportRecord `cbor:"17,keyasint,omitempty"`
	Revision  int            `cbor:"18,keyasint,omitempty"`
	First     int64          `cbor:"19,keyasint,omitempty"`
	Last      int64          `cbor:"20,keyasint,omitempty"`
	Changed   int64          `cbor:"21,keyasint,omitempty"`
	Check     int64          `cbor:"22,keyasint,omitempty"`
	Corrected string         `cbor:"23,keyasint,omitempty"`
	Topics    []bot.Topic    `cbor:"24,keyasint,omitempty"`
	Since     int64          `cbor:"25,keyasint,omitempty"`
	Trigger   bot.EventType  `cbor:"26,keyasint,omitempty"`
}

type reportRecord struct {
	Source  sourceRecord  `cbor:"1,keyasint"`
	Origin  string        `cbor:"2,keyasint,omitempty"`
	Cited   []string      `cbor:"3,keyasint,omitempty"`
	At      int64         `cbor:"4,keyasint,omitempty"`
	Undated bool          `cbor:"5,keyasint,omitempty"`
	Event   eventRecord   `cbor:"6,keyasint"`
	Carrier bool          `cbor:"7,keyasint,omitempty"`
	Revoked bool          `cbor:"8,keyasint,omitempty"`
	CopyOf  bot.ArticleID `cbor:"9,keyasint,omitempty"`
}

type sourceRecord struct {
	Article bot.ArticleID `cbor:"1,keyasint,omitempty"`
	Outlet  string        `cbor:"2,keyasint,omitempty"`
	Title   string        `cbor:"3,keyasint,omitempty"`
	URL     string        `cbor:"4,keyasint,omitempty"`
	Date    bot.Date      `cbor:"5,keyasint,omitempty"`
	ReadAt  int64         `cbor:"6,keyasint,omitempty"`
}

//nolint:gochecknoglobals // constant
var storyCodec = codec[storyRecord]{name: "story", version: 1}

func toStory(s *bot.Story, topics []bot.Topic) storyRecord {
	return storyRecord{
		Club: s.Key.Club, Coach: s.Key.Coach, Matter: s.Key.Matter, Team: s.Key.Team,
		CoachName: s.CoachName, ClubName: s.ClubName, Role: s.Role, Stage: s.Stage,
		Evidence: s.Evidence, Manner: s.Manner, Until: s.Until, Date: s.Date,
		Because: s.Because, Winner: s.Winner, Origin: s.Origin, Outlets: s.Outlets,
		Reports: each(s.Reports, toReport), Revision: s.Revision,
		First: nanos(s.First), Last: nanos(s.Last), Changed: nanos(s.Changed), Check: nanos(s.Check),
		Corrected: s.Corrected, Topics: topics, Since: nanos(s.Since), Trigger: s.Trigger,
	}
}

func (r *storyRecord) story(id bot.StoryID) bot.Story {
	return bot.Story{
		ID: id, Key: bot.StoryKey{Club: r.Club, Coach: r.Coach, Matter: r.Matter, Team: r.Team},
		CoachName: r.CoachName, ClubName: r.ClubName, Role: r.Role, Stage: r.Stage,
		Evidence: r.Evidence, Manner: r.Manner, Until: r.Until, Date: r.Date,
		Because: r.Because, Winner: r.Winner, Origin: r.Origin, Outlets: r.Outlets,
		Reports: each(r.Reports, reportRecord.report), Revision: r.Revision,
		First: instant(r.First), Last: instant(r.Last), Changed: instant(r.Changed), Check: instant(r.Check),
		Corrected: r.Corrected, Since: instant(r.Since), Trigger: r.Trigger,
	}
}

func toReport(p bot.Report) reportRecord {
	return reportRecord{
		Source: toSource(p.Source), Origin: p.Origin, Cited: p.Cited, At: nanos(p.At),
		Undated: p.Undated, Event: toEvent(p.Event), Carrier: p.Carrier, Revoked: p.Revoked,
		CopyOf: p.CopyOf,
	}
}

func (r reportRecord) report() bot.Report {
	return bot.Report{
		Source: r.Source.source(), Origin: r.Origin, Cited: r.Cited, At: instant(r.At),
		Undated: r.Undated, Event: r.Event.event(), Carrier: r.Carrier, Revoked: r.Revoked,
		CopyOf: r.CopyOf,
	}
}

func toSource(s bot.Source) sourceRecord {
	return sourceRecord{s.Article, s.Outlet, s.Title, s.URL, s.Date, nanos(s.ReadAt)}
}

func (r sourceRecord) source() bot.Source {
	return bot.Source{
		Article: r.Article, Outlet: r.Outlet, Title: r.Title, URL: r.URL, Date: r.Date,
		ReadAt: instant(r.ReadAt),
	}
}
