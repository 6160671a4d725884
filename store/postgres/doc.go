// Package postgres keeps a ledger in PostgreSQL, for bots that run as several
// processes (replicas) on one database.
//
// Law: PostgreSQL keeps bytes in order; what they mean is decided in
// store/ledger, so that ids, records and indexes are those of every other
// store. A transaction keeps its writes in memory and sends them in one batch with
// the commit. There are three kinds:
//
//   - Reading: one snapshot.
//   - In turn: updates of one process share transactions (the fsync of a commit is
//     what costs); those of different processes wait for each other at a lock (the
//     gate). What they touch of a chat's deliveries they lock (see beside.go).
//   - Beside: claims and settlements of all processes run beside each other and
//     beside the one that has its turn. They pass over what others have locked
//     (SKIP LOCKED) and never wait before they write. What they cannot do so, a
//     chat that moves or is paused or is being written to, waits for its turn.
//
// Every lane (a writing transaction at a time) leaves its number as a receipt; a
// commit whose answer was lost is looked up there before anything is repeated. A
// process that stops in the middle of a transaction loses it after ten seconds
// (idle_in_transaction_session_timeout).
//
// Limits: keys up to 2,600 bytes (an index entry of PostgreSQL). Only
// PostgreSQL itself was tried.
package postgres
