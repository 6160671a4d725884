package ledger

import "karussell/bot"

// coachRecord is a coach without the id, with the name keys it is found by.
type coachRecord struct {
	Name      string                 `cbor:"1,keyasint,omitempty"`
	Aliases   []string               `cbor:"2,keyasint,omitempty"`
	BirthYear factRecord[int]        `cbor:"3,keyasint"`
	Club      factRecord[bot.ClubID] `cbor:"4,keyasint"`
	Contract  factRecord[bot.Date]   `cbor:"5,keyasint"`
	Stations  []stationRecord        `cbor:"6,keyasint,omitempty"`
	Updated   int64                  `cbor:"7,keyasint,omitempty"`
	Keys      []string               `cbor:"8,keyasint,omitempty"`
}

type factRecord[T any] struct {
	Value  T            `cbor:"1,keyasint,omitempty"`
	Source sourceRecord `cbor:"2,keyasint"`
}

type stationRecord struct {
	Club   bot.ClubID   `cbor:"1,keyasint,omitempty"`
	Name   string       `cbor:"2,keyasint,omitempty"`
	Team   bot.Team     `cbor:"3,keyasint,omitempty"`
	Role   bot.Role     `cbor:"4,keyasint,omitempty"`
	From   bot.Date     `cbor:"5,keyasint,omitempty"`
	To     bot.Date     `cbor:"6,keyasint,omitempty"`
	Open   bool         `cbor:"7,keyasint,omitempty"`
	Source sourceRecord `cbor:"8,keyasint"`
}

//nolint:gochecknoglobals // constant
var coachCodec = codec[coachRecord]{name: "coach", version: 1}

func toCoach(c *bot.Coach, keys []string) coachRecord {
	return coachRecord{
		Name: c.Name, Aliases: c.Aliases,
		BirthYear: toFact(c.BirthYear), Club: toFact(c.Club), Contract: toFact(c.Contract),
		Stations: each(c.Stations, func(s bot.Station) stationRecord {
			return stationRecord{s.Club, s.Name, s.Team, s.Role, s.From, s.To, s.Open, toSource(s.Source)}
		}),
		Updated: nanos(c.Updated), Keys: keys,
	}
}

func (r *coachRecord) coach(id bot.CoachID) bot.Coach {
	return bot.Coach{
		ID: id, Name: r.Name, Aliases: r.Aliases,
		BirthYear: r.BirthYear.fact(), Club: r.Club.fact(), Contract: r.Contract.fact(),
		Stations: each(r.Stations, func(s stationRecord) bot.Station {
			return bot.Station{
				Club: s.Club, Name: s.Name, Team: s.Team, Role: s.Role,
				From: s.From, To: s.To, Open: s.Open, Source: s.Source.source(),
			}
		}),
		Updated: instant(r.Updated),
	}
}

func toFact[T any](f bot.Fact[T]) factRecord[T] {
	return factRecord[T]{f.Value, toSource(f.Source)}
}

func (r factRecord[T]) fact() bot.Fact[T] {
	return bot.Fact[T]{Value: r.Value, Source: r.Source.source()}
}
