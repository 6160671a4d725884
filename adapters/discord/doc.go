// Package discord connects Karussell to Discord through bwmarrin/discordgo.
//
// Law: discordgo carries bytes, this package decides. Every request leaves
// through one sender, which never waits for a limit, never repeats a message,
// keeps tokens out of errors and always says which mentions are allowed. The
// library's gateway session runs behind a wire that reads what the library
// swallows (close codes, invalid sessions, missed heartbeats). No package
// variable of discordgo is assigned. Outside rules come from Discord's
// developer documentation and its OpenAPI description (API v9 and v10).
package discord
