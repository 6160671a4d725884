// Package postgres keeps a ledger in PostgreSQL, for bots that run as several
// processes (replicas) on one database.
//
// Law: PostgreSQL keeps bytes in order; what they mean is decided in
// store/ledger, so that ids, records and indexes are those of every other
// store. A transaction reads one snapshot, keeps its writes in memory, and sends
// them in one batch before the commit. Updates of one process share transactions
// (the fsync of a commit is what costs); those of different processes take turns
// at a lock (the gate). They are serializable besides, and repeated after a
// conflict. Without the gate nearly every two writers met: the indexes of an
// outbox are small and busy, and the server sees conflicts by the page.
//
// Every transaction of a process leaves its number as a receipt; a commit whose
// answer was lost is looked up there before anything is repeated. A process that stops in the middle of a transaction
// loses it after ten seconds (idle_in_transaction_session_timeout).
//
// Limits: keys up to 2,600 bytes (an index entry of PostgreSQL). Only
// PostgreSQL itself was tried.
package postgres
