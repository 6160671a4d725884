// Karussell is a football-news bot for Discord and Telegram that understands
// coaching news. This package is the composition root: the only place that
// reads the environment, exits, or knows all packages.
package main

func main() {}
