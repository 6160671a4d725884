package bot

// Closed vocabularies of the annotation guidelines. The zero value of each
// means "not stated".
type (
	// EventType says what an article reports about a coach at a club.
	EventType string
	// Manner says how a departure came about.
	Manner string
	// Stage says how far a link has come.
	Stage string
	// Stance says on which side of a pressure report the coach stands.
	Stance string
	// Role is a coach's (or former player's) function at a club.
	Role string
	// Status is the certainty that the article itself gives an event.
	Status string
	// Team says which team of a club is meant; empty for the men's first team.
	Team string
)

// Event types.
const (
	Departure   EventType = "departure"
	Appointment EventType = "appointment"
	Extension   EventType = "extension"
	Link        EventType = "link"
	Rejection   EventType = "rejection"
	Pressure    EventType = "pressure"
)

// Manners of a departure.
const (
	Dismissed     Manner = "dismissed"
	Resigned      Manner = "resigned"
	Mutual        Manner = "mutual"
	ContractEnd   Manner = "contract_end"
	Move          Manner = "move"
	UnknownManner Manner = "unknown"
)

// Stages of a link.
const (
	Candidate Stage = "candidate"
	Interest  Stage = "interest"
	Talks     Stage = "talks"
	Agreed    Stage = "agreed"
)

// Stances of a pressure event.
const (
	AtRisk Stance = "at_risk"
	Backed Stance = "backed"
)

// Roles.
const (
	Head      Role = "head"
	Interim   Role = "interim"
	Assistant Role = "assistant"
	Youth     Role = "youth"
	Player    Role = "player" // in stations only
)

// Statuses.
const (
	Confirmed Status = "confirmed"
	Reported  Status = "reported"
)

// Teams other than the men's first team.
const (
	SecondTeam Team = "second"
	YouthTeam  Team = "youth"
	WomenTeam  Team = "women"
)

// EventTypes lists the closed set in the order in which users see it.
func EventTypes() []EventType {
	return []EventType{Appointment, Departure, Extension, Link, Rejection, Pressure}
}

// Span is a half-open range of byte offsets into Article.Text, on rune
// boundaries.
type Span struct {
	Start int `json:"start"`
	End   int `json:"end"`
}

// Event is what one article reports about one coach at one club. The JSON field
// names are those of the annotation guidelines and stay stable.
type Event struct {
	Type     EventType `json:"type"`
	Coach    string    `json:"coach"` // full name, as far as the article gives it
	Club     string    `json:"club"`  // canonical name
	Team     Team      `json:"team,omitempty"`
	Role     Role      `json:"role,omitempty"`
	Manner   Manner    `json:"manner,omitempty"`
	Stage    Stage     `json:"stage,omitempty"`
	Stance   Stance    `json:"stance,omitempty"`
	Status   Status    `json:"status"`
	Until    Date      `json:"until,omitempty"`
	Sources  []string  `json:"sources,omitempty"` // media and persons the article credits
	Date     Date      `json:"date,omitempty"`
	Fresh    bool      `json:"fresh"` // news, not background
	Evidence []Span    `json:"evidence,omitempty"`

	ClubID ClubID `json:"-"`
	Quote  string `json:"-"` // the one sentence shown to users, at most 300 characters
	Rule   string `json:"-"` // id of the lexicon entry that fired, for explain and "Warum?"
}

// CoachFacts is what one article tells about a coach beyond the events.
type CoachFacts struct {
	Name          string         `json:"name"`
	Age           int            `json:"age,omitempty"` // years, on the article's date; 0 unknown
	Club          string         `json:"club,omitempty"`
	ClubID        ClubID         `json:"-"`
	ContractUntil Date           `json:"contract_until,omitempty"`
	Stations      []StationFacts `json:"stations,omitempty"`
}

// StationFacts is one spell of a coach (or player) at a club.
type StationFacts struct {
	Club   string `json:"club"`
	ClubID ClubID `json:"-"`
	Team   Team   `json:"team,omitempty"`
	Role   Role   `json:"role"`
	From   Date   `json:"from,omitempty"`
	To     Date   `json:"to,omitempty"`
}

// Extraction is everything that an Extractor found in one article.
type Extraction struct {
	Language  string       `json:"language"`
	Published Date         `json:"published,omitempty"`
	Events    []Event      `json:"events"`
	Coaches   []CoachFacts `json:"coaches"`

	Headline string `json:"-"` // of a file without separate title
	Teaser   string `json:"-"`
}
