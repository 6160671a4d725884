package extract

// class is a set of word classes. The lexicon file classes.txt lists the words
// of each under the name given in classNames.
type class uint64

const (
	classStop         class = 1 << iota // function words and verbs: never part of a name
	classAbbreviation                   // a full stop after it ends no sentence
	classMonth                          // value 1 to 12
	classWeekday                        // value 1 (Monday) to 7
	classSeason                         // value: first month of the season of the year
	classCoach                          // head coaches
	classAssistant
	classYouthCoach
	classInterimCoach
	classStaff    // goalkeeping and fitness coaches: no events about them
	classManager  // a coach in English, a director in German
	classDirector // sporting directors, planners
	classOfficial // presidents, spokesmen, advisers
	classPlayer
	classPress       // pundits, reporters
	classFormer      // ex, early, former
	classPresent     // new, current
	classDemonym     // nationalities and regions as persons: der Österreicher
	classClubNoun    // Verein, Zweitligist
	classWomen       // marks a women's team
	classYouth       // marks an age group
	classSecond      // marks a second team
	classDef         // definite articles
	classIndef       // indefinite articles
	classPronoun     // personal pronouns of the third person
	classPossess     // possessive pronouns
	classRelative    // relative pronouns
	classVersus      // what follows is an opponent
	classNoName      // nouns that stand beside names in upper case
	classHypo        // würde, wäre, if
	classModal       // soll, sollen: hearsay
	classPast        // einst, damals
	classPlu         // hatte, war: pluperfect auxiliaries
	classNumber      // value: number words
	classLegal       // FC, SV: the legal forms that clubs' names begin with
	classParticle    // particles of separable verbs
	classNegation    // nicht, kein
	classJoin        // und, sowie
	classOtherGame   // handball, ice hockey
	classGame        // football words
	classInter       // vorübergehend, interimsweise
	classSpeech      // sagte, erklärte
	classGerman      // frequent German words
	classEnglish     // frequent English words
	classHead        // Chef, Boss: coach or official by what stands beside
	classBody        // Bank, Seitenlinie: bench words
	classReport      // berichtet, meldet
	classSubordinate // English conjunctions that open a clause without a comma
	classAux         // finite auxiliaries
	classHint        // words that make an article worth reading
	classMatch       // Spiel, Sieg, Niederlage: before a place it was played there
	classFirstName   // first names of people.txt
	classPlace       // in, bei, auf: before a town it stands for the club
)

// has reports whether any class of b is in c.
func (c class) has(b class) bool { return c&b != 0 }

//nolint:gochecknoglobals // a constant table
var classNames = map[string]class{
	"stop": classStop, "abbreviation": classAbbreviation, "month": classMonth, "weekday": classWeekday,
	"season": classSeason, "coach": classCoach, "assistant": classAssistant, "youthcoach": classYouthCoach,
	"interimcoach": classInterimCoach, "staff": classStaff, "manager": classManager, "director": classDirector,
	"official": classOfficial, "player": classPlayer, "press": classPress, "former": classFormer,
	"present": classPresent, "demonym": classDemonym, "clubnoun": classClubNoun, "women": classWomen,
	"youth": classYouth, "second": classSecond, "def": classDef, "indef": classIndef, "pronoun": classPronoun,
	"possess": classPossess, "relative": classRelative, "versus": classVersus, "noname": classNoName,
	"hypo": classHypo, "modal": classModal, "past": classPast, "plu": classPlu, "number": classNumber,
	"particle": classParticle, "negation": classNegation, "join": classJoin, "othergame": classOtherGame,
	"game": classGame, "inter": classInter, "speech": classSpeech, "german": classGerman,
	"english": classEnglish, "head": classHead, "bench": classBody, "report": classReport, "legal": classLegal, "match": classMatch, "aux": classAux, "hint": classHint, "subordinate": classSubordinate, "place": classPlace,
}

// Role words in groups.
const (
	classAnyCoach = classCoach | classAssistant | classYouthCoach | classInterimCoach
	classNoCoach  = classDirector | classOfficial | classPlayer | classPress | classStaff
	classAnyRole  = classAnyCoach | classNoCoach | classManager | classHead
)
