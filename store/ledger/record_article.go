package ledger

import "karussell/bot"

// articleRecord is an article without id (the key) and text (its own space).
type articleRecord struct {
	Outlet      string          `cbor:"1,keyasint,omitempty"`
	Feed        string          `cbor:"2,keyasint,omitempty"`
	GUID        string          `cbor:"3,keyasint,omitempty"`
	URL         string          `cbor:"4,keyasint,omitempty"`
	File        string          `cbor:"5,keyasint,omitempty"`
	Title       string          `cbor:"6,keyasint,omitempty"`
	Teaser      string          `cbor:"7,keyasint,omitempty"`
	Language    string          `cbor:"8,keyasint,omitempty"`
	Published   string          `cbor:"9,keyasint,omitempty"`
	PublishedAt int64           `cbor:"10,keyasint,omitempty"`
	ReadAt      int64           `cbor:"11,keyasint,omitempty"`
	Version     int             `cbor:"12,keyasint,omitempty"`
	Paywalled   bool            `cbor:"13,keyasint,omitempty"`
	Carriers    []carrierRecord `cbor:"14,keyasint,omitempty"`
}

type carrierRecord struct {
	Outlet string `cbor:"1,keyasint,omitempty"`
	URL    string `cbor:"2,keyasint,omitempty"`
	ReadAt int64  `cbor:"3,keyasint,omitempty"`
}

//nolint:gochecknoglobals // constant
var (
	articleCodec  = codec[articleRecord]{name: "article", version: 1}
	findingsCodec = codec[extractionRecord]{name: "findings", version: 1}
	textCodec     = codec[string]{name: "text", version: 1}
)

func toArticle(a *bot.Article) articleRecord {
	return articleRecord{
		Outlet: a.Outlet, Feed: a.Feed, GUID: a.GUID, URL: a.URL, File: a.File,
		Title: a.Title, Teaser: a.Teaser, Language: a.Language,
		Published: string(a.Published), PublishedAt: nanos(a.PublishedAt), ReadAt: nanos(a.ReadAt),
		Version: a.Version, Paywalled: a.Paywalled,
		Carriers: each(a.Carriers, func(c bot.Carrier) carrierRecord {
			return carrierRecord{c.Outlet, c.URL, nanos(c.ReadAt)}
		}),
	}
}

func (r *articleRecord) article(id bot.ArticleID) bot.Article {
	return bot.Article{
		ID: id, Outlet: r.Outlet, Feed: r.Feed, GUID: r.GUID, URL: r.URL, File: r.File,
		Title: r.Title, Teaser: r.Teaser, Language: r.Language,
		Published: bot.Date(r.Published), PublishedAt: instant(r.PublishedAt), ReadAt: instant(r.ReadAt),
		Version: r.Version, Paywalled: r.Paywalled,
		Carriers: each(r.Carriers, func(c carrierRecord) bot.Carrier {
			return bot.Carrier{Outlet: c.Outlet, URL: c.URL, ReadAt: instant(c.ReadAt)}
		}),
	}
}

type extractionRecord struct {
	Language  string             `cbor:"1,keyasint,omitempty"`
	Published string             `cbor:"2,keyasint,omitempty"`
	Events    []eventRecord      `cbor:"3,keyasint,omitempty"`
	Coaches   []coachFactsRecord `cbor:"4,keyasint,omitempty"`
	Headline  string             `cbor:"5,keyasint,omitempty"`
	Teaser    string             `cbor:"6,keyasint,omitempty"`
}

type eventRecord struct {
	Type     bot.EventType `cbor:"1,keyasint,omitempty"`
	Coach    string        `cbor:"2,keyasint,omitempty"`
	Club     string        `cbor:"3,keyasint,omitempty"`
	Team     bot.Team      `cbor:"4,keyasint,omitempty"`
	Role     bot.Role      `cbor:"5,keyasint,omitempty"`
	Manner   bot.Manner    `cbor:"6,keyasint,omitempty"`
	Stage    bot.Stage     `cbor:"7,keyasint,omitempty"`
	Stance   bot.Stance    `cbor:"8,keyasint,omitempty"`
	Status   bot.Status    `cbor:"9,keyasint,omitempty"`
	Until    bot.Date      `cbor:"10,keyasint,omitempty"`
	Sources  []string      `cbor:"11,keyasint,omitempty"`
	Date     bot.Date      `cbor:"12,keyasint,omitempty"`
	Fresh    bool          `cbor:"13,keyasint,omitempty"`
	Evidence []spanRecord  `cbor:"14,keyasint,omitempty"`
	ClubID   bot.ClubID    `cbor:"15,keyasint,omitempty"`
	Quote    string        `cbor:"16,keyasint,omitempty"`
	Rule     string        `cbor:"17,keyasint,omitempty"`
}

type spanRecord struct {
	Start int `cbor:"1,keyasint,omitempty"`
	End   int `cbor:"2,keyasint,omitempty"`
}

type coachFactsRecord struct {
	Name          string               `cbor:"1,keyasint,omitempty"`
	Age           int                  `cbor:"2,keyasint,omitempty"`
	Club          string               `cbor:"3,keyasint,omitempty"`
	ClubID        bot.ClubID           `cbor:"4,keyasint,omitempty"`
	ContractUntil bot.Date             `cbor:"5,keyasint,omitempty"`
	Stations      []stationFactsRecord `cbor:"6,keyasint,omitempty"`
}

type stationFactsRecord struct {
	Club   string     `cbor:"1,keyasint,omitempty"`
	ClubID bot.ClubID `cbor:"2,keyasint,omitempty"`
	Team   bot.Team   `cbor:"3,keyasint,omitempty"`
	Role   bot.Role   `cbor:"4,keyasint,omitempty"`
	From   bot.Date   `cbor:"5,keyasint,omitempty"`
	To     bot.Date   `cbor:"6,keyasint,omitempty"`
}

func toExtraction(x *bot.Extraction) extractionRecord {
	return extractionRecord{
		Language: x.Language, Published: string(x.Published),
		Events:   each(x.Events, toEvent),
		Coaches:  each(x.Coaches, toCoachFacts),
		Headline: x.Headline, Teaser: x.Teaser,
	}
}

func (r *extractionRecord) extraction() bot.Extraction {
	return bot.Extraction{
		Language: r.Language, Published: bot.Date(r.Published),
		Events:   each(r.Events, eventRecord.event),
		Coaches:  each(r.Coaches, coachFactsRecord.facts),
		Headline: r.Headline, Teaser: r.Teaser,
	}
}

func toEvent(e bot.Event) eventRecord {
	return eventRecord{
		Type: e.Type, Coach: e.Coach, Club: e.Club, Team: e.Team, Role: e.Role,
		Manner: e.Manner, Stage: e.Stage, Stance: e.Stance, Status: e.Status,
		Until: e.Until, Sources: e.Sources, Date: e.Date, Fresh: e.Fresh,
		Evidence: each(e.Evidence, func(s bot.Span) spanRecord { return spanRecord(s) }),
		ClubID:   e.ClubID, Quote: e.Quote, Rule: e.Rule,
	}
}

func (r eventRecord) event() bot.Event {
	return bot.Event{
		Type: r.Type, Coach: r.Coach, Club: r.Club, Team: r.Team, Role: r.Role,
		Manner: r.Manner, Stage: r.Stage, Stance: r.Stance, Status: r.Status,
		Until: r.Until, Sources: r.Sources, Date: r.Date, Fresh: r.Fresh,
		Evidence: each(r.Evidence, func(s spanRecord) bot.Span { return bot.Span(s) }),
		ClubID:   r.ClubID, Quote: r.Quote, Rule: r.Rule,
	}
}

func toCoachFacts(f bot.CoachFacts) coachFactsRecord {
	return coachFactsRecord{
		Name: f.Name, Age: f.Age, Club: f.Club, ClubID: f.ClubID, ContractUntil: f.ContractUntil,
		Stations: each(f.Stations, func(s bot.StationFacts) stationFactsRecord { return stationFactsRecord(s) }),
	}
}

func (r coachFactsRecord) facts() bot.CoachFacts {
	return bot.CoachFacts{
		Name: r.Name, Age: r.Age, Club: r.Club, ClubID: r.ClubID, ContractUntil: r.ContractUntil,
		Stations: each(r.Stations, func(s stationFactsRecord) bot.StationFacts { return bot.StationFacts(s) }),
	}
}
