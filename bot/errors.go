package bot

import (
	"errors"
	"fmt"
	"time"
)

// Errors that stores return; test with errors.Is.
var (
	ErrNotFound = errors.New("not found")
	// ErrClosed is returned by every call after Close.
	ErrClosed = errors.New("store is closed")
	// ErrFull means that the disk or the store's size limit is exhausted;
	// nothing of the transaction was kept.
	ErrFull = errors.New("no space left for the store")
	// ErrLocked means that another process has the store open.
	ErrLocked = errors.New("store is open in another process")
	// ErrCorrupt means that the store cannot be read as one.
	ErrCorrupt = errors.New("store is damaged")
	// ErrNewer means that a newer Karussell wrote the store.
	ErrNewer = errors.New("store was written by a newer version")
)

// SendKind is why a platform did not take a message. Decisions are made by
// kind, never by the text of an error.
type SendKind string

// Send kinds.
const (
	SendTemporary SendKind = "temporary" // try again later: 5xx, network, timeout
	SendUnsure    SendKind = "unsure"    // the same, but the platform may have accepted it
	SendLimited   SendKind = "limited"   // rate limited: not before RetryAfter
	SendForbidden SendKind = "forbidden" // the bot may not write here
	SendBlocked   SendKind = "blocked"   // the user blocked the bot or removed it
	SendGone      SendKind = "gone"      // chat, channel, topic or account no longer exists
	SendMoved     SendKind = "moved"     // the chat has a new address: MovedTo
	SendRejected  SendKind = "rejected"  // this content will never be accepted
	SendMissing   SendKind = "missing"   // the message to edit no longer exists
	SendRevoked   SendKind = "revoked"   // the bot's token is no longer valid
)

// SendError is the only error that Platform.Send and Editor.Edit return,
// besides the context's. Its text never holds a token or a user's text.
type SendError struct {
	Kind       SendKind
	RetryAfter time.Duration // for SendLimited
	Global     bool          // for SendLimited: the whole bot is limited, not the chat
	MovedTo    ChatRef       // for SendMoved
	Code       int           // the platform's code, for logs; 0 for none
	Err        error         // cause, cleaned of secrets; may be nil
}

func (e *SendError) Error() string {
	s := "send: " + string(e.Kind)
	if e.Code != 0 {
		s += fmt.Sprintf(" (code %d)", e.Code)
	}
	if e.RetryAfter > 0 {
		s += fmt.Sprintf(", retry after %s", e.RetryAfter)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *SendError) Unwrap() error { return e.Err }
