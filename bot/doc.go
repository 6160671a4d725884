// Package bot is the domain of Karussell: the words (article, event, story,
// club, coach, subscription, delivery), the contracts that stores and platforms
// keep, and the Engine that joins them.
//
// Law: this package imports the standard library only. It knows no network, no
// database and no message format; whatever needs one of these implements an
// interface declared here and is handed in by the composition root. What users
// read is built as a Message without markup, and what is stored is decided in
// one store transaction per batch of articles.
package bot
