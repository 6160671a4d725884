// Package postgres keeps a ledger in PostgreSQL, for bots that run as several
// processes (replicas) on one database.
//
// Law: PostgreSQL keeps bytes in order; what they mean is decided in
// store/ledger, so that ids, records and indexes are those of every other
// store. A transaction reads one snapshot, keeps its writes in memory, and sends
// them in one batch before the commit. Updates of one process take turns and
// share transactions (the fsync of a commit is what costs); those of different
// processes are serializable, and the loser of a conflict runs again. One that
// lost repeatedly takes the gate for itself, so that everybody gets through.
//
// Every transaction of a process leaves its number as a receipt; a commit whose
// answer was lost is looked up there before anything is repeated. A process that stops in the middle of a transaction
// loses it after ten seconds (idle_in_transaction_session_timeout).
//
// Limits: keys up to 2,600 bytes (an index entry of PostgreSQL). Only
// PostgreSQL itself was tried.
package postgres
