package bot

// CommandSpec describes a command once for all platforms: slash menu, command
// list, help text and parsing come from it.
type CommandSpec struct {
	Name    string            // canonical, English: "subscribe"; lower case ASCII
	Aliases []string          // accepted in typed commands ("trainer" for "coach")
	Local   map[string]string // name per language, where the platform has that: "de": "trainer"
	About   map[string]string // one line per language, at most 100 characters
	Options []OptionSpec      // in typed commands: by position, the last takes the rest of the line
	Manage  bool              // needs the right to manage the chat (in groups)
	Owner   bool              // for the bot's owner only; not published to others
	Private bool              // the answer is for the asker alone
	Slow    bool              // may take longer than a second
	Hidden  bool              // works, but is not listed
}

// OptionSpec is one argument of a command.
type OptionSpec struct {
	Name     string
	Local    map[string]string
	About    map[string]string
	Required bool
	Kind     OptionKind
	Choices  []ChoiceSpec // closed set; empty for free text
	Complete bool         // Suggest completes it
}

// OptionKind is the sort of value that an option takes.
type OptionKind string

// Option kinds.
const (
	OptionText    OptionKind = ""
	OptionNumber  OptionKind = "number"
	OptionSwitch  OptionKind = "switch"  // "true" or "false"
	OptionRole    OptionKind = "role"    // a role of the server; where there are none it is left out
	OptionChannel OptionKind = "channel" // a channel of the server; likewise
)

// ChoiceSpec is one value of a closed set.
type ChoiceSpec struct {
	Value string
	Label map[string]string
}
