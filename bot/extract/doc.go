// Package extract understands coaching news: an article goes in, events,
// coaches and their stations come out.
//
// Its law: extraction is pure. No clock, no I/O, no randomness and no state
// between articles; the same article gives the same answer, on any number of
// goroutines, in time linear in its length. Everything that a football fan
// could correct (idioms, roles, hedges, verbs) lives in the text files of
// lexicon/ and gazetteer/, not in Go.
//
// An article passes these stages, each in its own file:
//
//	layout    header line, dateline, headline, teaser, boilerplate
//	token     words with byte offsets, spellings folded together
//	sentence  sentences and clauses
//	mention   persons, clubs, outlets, dates, roles, ages
//	coref     surnames, descriptions and pronouns get their persons and clubs
//	match     the idioms of the lexicon, as triggers
//	frame     who and which club a trigger is about
//	modality  certainty, negation, wishes, questions
//	fresh     news or history
//	reading   a trained reader: what happens to each coach in each sentence
//	jury      grammar and reader weighed together, matter by matter
//	event     one event per fact
//	career    coach facts and stations
package extract
