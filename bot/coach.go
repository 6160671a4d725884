package bot

import "time"

// CoachID is the stable short name of a coach ("heiner-backhaus"), made from
// the name as first read: lower case ASCII, at most 40 bytes.
type CoachID string

// Coach is what articles have said about a coach, every fact with its source.
type Coach struct {
	ID        CoachID
	Name      string
	Aliases   []string // other spellings that articles used
	BirthYear Fact[int]
	Club      Fact[ClubID] // present club; empty id: without a club
	Contract  Fact[Date]   // until when
	Stations  []Station    // newest first
	Updated   time.Time
}

// Fact is a value with the article that stated it. A zero Source means that no
// article stated it.
type Fact[T any] struct {
	Value  T
	Source Source
}

// Known reports whether an article stated the fact.
func (f Fact[T]) Known() bool { return f.Source.Article != 0 }

// Station is one spell at a club.
type Station struct {
	Club   ClubID
	Name   string // the club's name, for clubs that no gazetteer knows
	Team   Team
	Role   Role
	From   Date
	To     Date
	Open   bool // present post
	Source Source
}

// NameKind separates the name indexes.
type NameKind string

// NameCoach is the index of coaches' names. (Clubs come from the gazetteer.)
const NameCoach NameKind = "coach"

// Name is an entry of a name index.
type Name struct {
	ID   string // CoachID
	Text string // as shown
}
