package discordtest

import (
	"regexp"
	"strings"
)

// Seen is markdown as Discord's client shows it: escapes resolved, styles,
// lists, quotes and masked links without their marks.
func Seen(markdown string) string {
	lines := strings.Split(markdown, "\n")
	for i, l := range lines {
		lines[i] = seenLine(l)
	}
	return strings.Join(lines, "\n")
}

func seenLine(l string) string {
	for _, mark := range []string{"> ", "- ", "  "} {
		l = strings.TrimPrefix(l, mark)
	}
	var b strings.Builder
	for i := 0; i < len(l); i++ {
		switch c := l[i]; {
		case c == '\\' && i+1 < len(l) && isPunctuation(l[i+1]):
			i++
			b.WriteByte(l[i])
		case c == '*':
		case c == '~' && strings.HasPrefix(l[i:], "~~"):
			i++
		case c == '`':
			end := strings.IndexByte(l[i+1:], '`')
			if end < 0 {
				b.WriteByte(c)
				continue
			}
			b.WriteString(l[i+1 : i+1+end])
			i += end + 1
		case c == '[':
		case c == ']':
			if i+1 < len(l) && l[i+1] == '(' {
				if end := strings.IndexByte(l[i:], ')'); end > 0 {
					i += end
				}
			}
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func isPunctuation(c byte) bool {
	return c >= '!' && c <= '/' || c >= ':' && c <= '@' || c >= '[' && c <= '`' || c >= '{' && c <= '~'
}

var (
	mentions = regexp.MustCompile(`<(@&?|@!|#|t:|a?:\w+:|/\w+:|id:)[^>]*>|@everyone|@here`)
	bareLink = regexp.MustCompile(`(?i)https?://`)
	escapes  = regexp.MustCompile(`\\[!-/:-@\[-` + "`" + `{-~]`)
	code     = regexp.MustCompile("`[^`\n]*`")
	target   = regexp.MustCompile(`\]\([^)]*\)`)
)

// Mentions are what Discord would turn into a mention.
func Mentions(markdown string) []string {
	return mentions.FindAllString(code.ReplaceAllString(escapes.ReplaceAllString(markdown, ""), ""), -1)
}

// BareLinks reports whether text outside masked links becomes a link.
func BareLinks(markdown string) bool {
	plain := code.ReplaceAllString(escapes.ReplaceAllString(markdown, ""), "")
	return bareLink.MatchString(target.ReplaceAllString(plain, ""))
}
