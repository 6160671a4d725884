package bot

// ClubID is the stable short name of a club in the gazetteer ("schalke",
// "kaiserslautern"): lower case ASCII letters, digits and hyphens, at most 40
// bytes, so that it fits button actions. Clubs that no gazetteer knows get an
// id derived from their name.
type ClubID string

// LeagueID is the stable short name of a league ("bundesliga", "2-bundesliga").
type LeagueID string

// Club is a club or a national team of the gazetteer.
type Club struct {
	ID        ClubID
	Name      string // canonical ("FC Schalke 04")
	Short     string // for buttons and pictures ("Schalke")
	Aliases   []string
	Nicknames []string
	Town      string
	League    LeagueID
	Country   string // ISO 3166-1 alpha-3 as FIFA uses it ("GER", "AUT")
	National  bool
}

// League is a competition that clubs belong to.
type League struct {
	ID      LeagueID
	Name    string
	Country string
	Tier    int // 1 is the highest
}

// Outlet is a medium that articles come from or cite.
type Outlet struct {
	Name    string // canonical ("kicker")
	Aliases []string
	Tier    int // 1 national medium or agency, 2 regional paper or broadcaster, 3 blog or unknown
}

// Gazetteer knows the clubs, leagues and outlets. Implementations are immutable
// and safe for concurrent use.
type Gazetteer interface {
	Club(id ClubID) (Club, bool)
	// ClubNamed resolves a name, alias or nickname that means exactly one club.
	ClubNamed(name string) (Club, bool)
	Clubs() []Club // sorted by id; callers must not change it
	League(id LeagueID) (League, bool)
	Leagues() []League
	// OutletNamed resolves an outlet's name or alias; ok is false for media
	// that are not listed.
	OutletNamed(name string) (Outlet, bool)
}
