package bot

import "context"

// Phrase keys of the operator's notices. Their placeholders are named beside
// them.
const (
	NoticeFeedDead = "notice_feed_dead" // Feed, Error
	NoticeFeedBack = "notice_feed_back" // Feed
	NoticeDiskFull = "notice_disk_full" // Error
	NoticeDiskFree = "notice_disk_free"
	NoticeRevoked  = "notice_revoked" // Platform
	NoticeStopped  = "notice_stopped" // Platform, Error
	NoticeWorking  = "notice_working" // Platform; after NoticeRevoked or NoticeStopped
)

// TellOwners owes every owner a notice. The cause makes its identity: while a
// notice waits, the same cause is not told again. It returns the store's
// errors.
func (e *Engine) TellOwners(ctx context.Context, cause string, n Notice) error {
	return e.Store.Update(ctx, func(tx Tx) error { return e.tellOwners(tx, cause, n) })
}
