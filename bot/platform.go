package bot

import "context"

// Platform connects a chat service. Adapters know no other adapter, no store
// and no configuration.
type Platform interface {
	Name() PlatformName
	// Run receives requests and answers them until ctx ends, then returns nil
	// after everything it started has stopped. An error means that the platform
	// cannot be used (a bad token, say) and retrying is pointless.
	Run(ctx context.Context, r Responder) error
	// Send posts m. It returns *SendError or the context's error. It is safe
	// for concurrent use and keeps no limits itself: the outbox does.
	Send(ctx context.Context, to ChatRef, m Message) (MessageID, error)
}

// Editor is a Platform that can change a message it sent. An edit that changes
// nothing is a success.
type Editor interface {
	Edit(ctx context.Context, to ChatRef, id MessageID, m Message) error
}

// Checker is a Platform that can examine itself for `karussell doctor`.
type Checker interface {
	// Check examines token, rights and settings, and the bot's rights in chats.
	Check(ctx context.Context, chats []ChatRef) []Finding
}

// RoleChecker is a Checker whose platform has roles that a subscription can ping.
type RoleChecker interface {
	// CheckRoles examines whether each role that subscriptions chose can be pinged
	// in their chats.
	CheckRoles(ctx context.Context, uses []RoleUse) []Finding
}

// RoleUse is a role that a chat's subscriptions ping.
type RoleUse struct {
	Chat ChatRef
	Role string // the platform's id
}

// Finding is one line of the doctor's report.
type Finding struct {
	OK    bool
	What  string // "Telegram: token"
	Means string // what was found, in a sentence
	Do    string // what to do; empty when OK
}

// Limits are what a platform tolerates; the outbox keeps them.
type Limits struct {
	Global     float64 // messages per second over all chats
	Burst      int     // messages at once over all chats
	PerChat    float64 // messages per second in one chat
	ChatBurst  int
	PerGroup   float64 // messages per second in one group with all its threads, where lower; 0 for the same as PerChat
	Concurrent int     // requests under way at once
	EditsCount bool    // edits count as messages
}

// Limited is a Platform that states its limits; others get safe defaults.
type Limited interface{ Limits() Limits }

// Pacer keeps a platform's limits for what an adapter sends by itself, which is
// answers: they and the outbox's alerts share one limit, answers first. Safe for
// concurrent use.
type Pacer interface {
	// Answer waits for the next place of a message to the chat; of a request
	// that counts for the platform alone when to has no Chat. It returns the
	// context's error, or a *SendError of kind SendLimited, at once, when the
	// place is further away than a few seconds.
	Answer(ctx context.Context, to ChatRef) error
	// Limited passes on that the platform refused an answer (SendLimited).
	Limited(to ChatRef, e *SendError)
}

// NoPacer keeps no limits.
type NoPacer struct{}

// Answer does not wait.
func (NoPacer) Answer(ctx context.Context, _ ChatRef) error { return ctx.Err() }

// Limited does nothing.
func (NoPacer) Limited(ChatRef, *SendError) {}

// Request is what a user asked, in the shape that all platforms share.
type Request struct {
	Chat      ChatRef
	Kind      ChatKind
	Parent    string // Discord server
	Title     string // chat title; empty for private chats
	User      UserRef
	Language  string // the platform's hint about the user ("de-AT"); may be empty
	AnswerIn  string // language of this answer, whatever the chat's; empty: the chat's
	CanManage bool   // may change this chat's subscriptions
	// Missing are the rights that the bot lacks to send alerts here, as the
	// platform calls them in the asker's language ("Nachrichten senden"). Where
	// an option names another channel, that one is meant. Empty: it may speak.
	Missing []string
	IsOwner bool // set by the engine, not by adapters

	Command string            // without slash, in its canonical (English) form
	Args    map[string]string // options by name, where the platform has them
	Text    string            // the rest of the line, where it has not
	Action  Action            // a button was pressed; Command is empty
	Values  map[string]string // a form was sent
	Message MessageID         // message that holds the button
	Query   string            // what is typed so far, for Suggest
	Option  string            // which option is being typed, for Suggest
}

// Responder answers requests: the Engine. Safe for concurrent use.
type Responder interface {
	// Respond never fails: it says what went wrong in the user's language.
	Respond(ctx context.Context, req Request) Message
	// Suggest completes req.Query for option req.Option of req.Command; with an
	// empty command it looks up everything (inline mode). At most 25 choices.
	Suggest(ctx context.Context, req Request) []Choice
	// Commands is the one table that adapters publish.
	Commands() []CommandSpec
	// Changed is told what happened to a chat itself.
	Changed(ctx context.Context, c ChatChange)
}

// Choice is one completion.
type Choice struct {
	Label   string // shown, at most 100 characters
	Value   string // goes back as the option's value, at most 100 bytes
	Hint    string // a second line where the platform has one
	Command string // the command that shows it ("coach", "club")
}

// ChatChange is an event in the life of a chat.
type ChatChange struct {
	Chat  ChatRef
	Kind  ChatKind
	Title string
	What  ChangeKind
	Moved ChatRef // for ChangeMoved
	User  UserRef // who did it, where the platform says so
	// Live are the parents (Discord servers) the bot is in, for ChangeReconcile.
	Live []string
}

// ChangeKind is the closed set of chat changes.
type ChangeKind string

// Changes.
const (
	ChangeAdded     ChangeKind = "added"   // the bot came in, or was unblocked
	ChangeRemoved   ChangeKind = "removed" // removed or blocked
	ChangeForbidden ChangeKind = "forbidden"
	ChangeAllowed   ChangeKind = "allowed"
	ChangeMoved     ChangeKind = "moved"
	ChangeGone      ChangeKind = "gone"
	// ChangeReconcile lists every server the bot is in; chats of other servers
	// are paused.
	ChangeReconcile ChangeKind = "reconcile"
)

// Notebook keeps an adapter's small facts over restarts (update offset, file
// ids, hash of the published commands). Keys are the adapter's own.
type Notebook interface {
	Recall(ctx context.Context, key string) ([]byte, error) // ErrNotFound
	Remember(ctx context.Context, key string, value []byte) error
}

// Meter counts what happens; the status server publishes it. Names and label
// values come from small closed sets, never from users. Implementations are
// safe for concurrent use. Labels are key, value, key, value.
type Meter interface {
	Count(name string, n int, labels ...string)
	Observe(name string, value float64, labels ...string)
}

// NoMeter counts nothing.
type NoMeter struct{}

// Count does nothing.
func (NoMeter) Count(string, int, ...string) {}

// Observe does nothing.
func (NoMeter) Observe(string, float64, ...string) {}
