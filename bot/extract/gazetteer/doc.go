// Package gazetteer knows the clubs, leagues, national teams, outlets and first
// names of football, and finds them in text.
//
// Law: knowledge is data. Everything that a football fan might want to add or
// mend stands in the text files under data (see data/README.md) and needs no
// Go; code here never mentions a particular club. The files are embedded and
// checked when they are loaded: an error names file, line and cause.
//
// # Tokens
//
// Find and its companions work on word tokens as the extractor's tokenizer
// makes them: letters and digits stay together ("Schalke", "S04", "U19"), a
// token may keep its full stop or apostrophe ("1.", "St.", "d'Europe"), hyphens
// split ("S04-Trainer" is "S04", "Trainer"; the hyphen may be a token of its
// own or missing) and so do slashes. Punctuation tokens (",", ".", "(") end a
// name. Tokens are compared by Normalise, so Köln, Koeln and KÖLN are one; a
// name written with a capital in the data needs one in the text, which keeps
// "wölfe" and "essen" apart from VfL Wolfsburg and Essen.
package gazetteer
