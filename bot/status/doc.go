// Package status shows the operator how the bot is doing: liveness, readiness,
// metrics for Prometheus, and a page with what needs a hand.
//
// Law: every metric is in one table, with its labels; nothing that names a chat
// or a user becomes a label. The page is for the operator alone: it needs the
// token, changes things only by POST from itself, and shows no private text but
// the complaints that users sent to the operator.
package status
