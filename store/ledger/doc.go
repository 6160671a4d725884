// Package ledger is the store's meaning: how articles, stories, coaches, chats
// and deliveries become records, which indexes find them again, and what every
// method of bot.Store does. It is written once, over a small ordered key-value
// transaction (Reader, Writer), so that an engine below it (a file, memory, a
// server) only has to keep bytes in order.
//
// Law: everything on disk is decided here and nowhere else. A record carries its
// version; a newer one is refused, an older one is upgraded when it is read. A
// field number in a record is never used again. Every index can be recomputed
// from the records, and Check does so.
//
// Limits: times are kept to the nanosecond in UTC, between the years 1678 and
// 2261. Empty and nil slices and maps are not told apart. A list's limit of 0
// or less means 20.
package ledger
