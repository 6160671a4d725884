package bot

import "time"

// MessageID is a platform's own id of a message, opaque to everybody else.
type MessageID string

// Message is what a user sees, without markup: a platform adapter renders it
// (entities, embeds, ANSI). Text from articles can therefore never ping anybody
// or break a message. Limits are the adapter's business: it shortens or splits.
type Message struct {
	// Language is what the message is written in ("de", "en"; empty: German):
	// adapters say the tone's word and their own few words in it.
	Language string

	Tone    Tone
	Title   string
	Link    string // address behind the title; empty for none
	Blocks  []Block
	Fields  []Field
	Footer  string
	Time    time.Time // shown in the reader's zone where the platform can; zero for none
	Picture *Picture
	Buttons [][]Button // rows
	Form    *Form      // to be opened instead of a message, where the platform has forms

	Silent   bool      // no sound
	Private  bool      // for the asker alone, where the platform can (ephemeral)
	Replace  bool      // answer to a button: edit the message that holds it
	Forget   bool      // the chat was deleted: the adapter drops what it keeps about chat and asker
	Publish  bool      // official news that an announcement channel may publish
	ReplyTo  MessageID // the story's first message; sent without it when that is gone
	PingRole string    // platform id of the one role that may be pinged; empty for none
	Nonce    string    // equal for every attempt of one delivery; empty for answers
	Thread   *Thread   // for forum channels: the post that holds the story
}

// Thread asks for a post per story where the target is a forum.
type Thread struct {
	Name string   // title of the post
	Tags []string // names of tags that fit the story's stage
	ID   string   // platform id of the post when it exists already
}

// Tone is how sure a message is; adapters turn it into colour AND a symbol,
// never colour alone.
type Tone string

// Tones.
const (
	ToneNeutral  Tone = ""
	ToneOfficial Tone = "official"
	ToneLikely   Tone = "likely" // agreed, or several independent outlets
	ToneRumour   Tone = "rumour"
	ToneOff      Tone = "off" // denied, declined, cold, withdrawn
	ToneProblem  Tone = "problem"
)

// BlockKind is the shape of a block.
type BlockKind string

// Block kinds.
const (
	Paragraph BlockKind = ""
	Heading   BlockKind = "heading"
	Quote     BlockKind = "quote"
	ListItem  BlockKind = "item"
)

// Block is a run of spans that belongs together.
type Block struct {
	Kind  BlockKind
	Spans []TextSpan
}

// Style of a span.
type Style string

// Styles.
const (
	Plain  Style = ""
	Bold   Style = "bold"
	Italic Style = "italic"
	Strike Style = "strike"
	Code   Style = "code"
)

// TextSpan is text in one style.
type TextSpan struct {
	Text  string
	Style Style
	Link  string // http or https address; empty for none
}

// Field is a labelled value.
type Field struct {
	Label  string
	Value  []TextSpan
	Inline bool
}

// Picture is an image with the text that says what it says.
type Picture struct {
	Key  string // content key: equal keys mean equal bytes, for upload caches
	Name string // file name with extension
	MIME string
	Data []byte
	Alt  string
}

// Action is the opaque meaning of a button, made and understood by the engine:
// at most 60 bytes of ASCII without spaces, valid for years.
type Action string

// Button triggers an action or opens an address.
type Button struct {
	Label  string
	Action Action
	Link   string
	Kind   ButtonKind
}

// ButtonKind is the emphasis of a button.
type ButtonKind string

// Button kinds.
const (
	ButtonPlain   ButtonKind = ""
	ButtonPrimary ButtonKind = "primary"
	ButtonDanger  ButtonKind = "danger"
)

// Form asks for free text (a modal on Discord, a forced reply on Telegram).
type Form struct {
	Action Action // comes back with Request.Values
	Title  string
	Inputs []Input
}

// Input is one field of a form.
type Input struct {
	Name     string
	Label    string
	Hint     string
	Value    string
	Long     bool
	Required bool
	Max      int // characters; 0 for the platform's maximum
}

// Text is the message as plain text, one block a line: for logs, tests, the
// command line and screen readers.
func (m Message) Text() string { return plainText(m) }
