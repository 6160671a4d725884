package discord

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

// permission is a set of Discord's permission bits.
type permission uint64

// Permissions that matter here.
const (
	permAdministrator   permission = 1 << 3
	permManageGuild     permission = 1 << 5
	permViewChannel     permission = 1 << 10
	permSendMessages    permission = 1 << 11
	permEmbedLinks      permission = 1 << 14
	permAttachFiles     permission = 1 << 15
	permReadHistory     permission = 1 << 16
	permMentionEveryone permission = 1 << 17
	permSendInThreads   permission = 1 << 38

	permAll permission = 1<<63 - 1
	// permNeeded is what the invite link asks for, exactly.
	permNeeded = permViewChannel | permSendMessages | permEmbedLinks | permAttachFiles | permReadHistory | permSendInThreads
)

// UnmarshalJSON reads a decimal string or a number.
func (p *permission) UnmarshalJSON(b []byte) error {
	s := strings.Trim(string(b), `"`)
	if s == "" || s == "null" {
		*p = 0
		return nil
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return errors.New("permissions: want a number")
	}
	*p = permission(n)
	return nil
}

var _ json.Unmarshaler = (*permission)(nil)

func (p permission) has(q permission) bool {
	return p&permAdministrator != 0 || p&q == q
}

// namedPermission is a permission as Discord's own clients call it.
type namedPermission struct {
	bit    permission
	de, en string
}

//nolint:gochecknoglobals // a constant table
var speaking = [...]namedPermission{
	{permViewChannel, "Kanal ansehen", "View Channel"},
	{permSendMessages, "Nachrichten senden", "Send Messages"},
	{permSendInThreads, "Nachrichten in Threads senden", "Send Messages in Threads"},
	{permEmbedLinks, "Links einbetten", "Embed Links"},
	{permAttachFiles, "Dateien anhängen", "Attach Files"},
	{permReadHistory, "Nachrichtenverlauf anzeigen", "Read Message History"},
}

// missing names what is needed to send alerts to a channel of this kind and is
// not there.
func missing(have permission, kind int, language string) []string {
	var out []string
	for _, p := range speaking {
		if have.has(p.bit) || !needed(p.bit, kind) {
			continue
		}
		if strings.HasPrefix(language, "en") {
			out = append(out, p.en)
		} else {
			out = append(out, p.de)
		}
	}
	return out
}

// needed: threads have a permission of their own for writing, forums need both.
func needed(bit permission, kind int) bool {
	if bit == permSendInThreads {
		return isThread(kind) || (channel{Type: kind}).isForum()
	}
	return bit != permSendMessages || !isThread(kind)
}

// overwrite changes permissions in one channel for a role (0) or a member (1).
type overwrite struct {
	ID    string     `json:"id"`
	Type  int        `json:"type"`
	Allow permission `json:"allow"`
	Deny  permission `json:"deny"`
}

type role struct {
	ID          string     `json:"id"`
	Name        string     `json:"name"`
	Permissions permission `json:"permissions"`
	Mentionable bool       `json:"mentionable"`
	Managed     bool       `json:"managed"`
}

func ofRoles(mine map[string]bool, roles []role) (sum permission) {
	for _, r := range roles {
		if mine[r.ID] {
			sum |= r.Permissions
		}
	}
	return sum
}

// standing computes what a member may do in a channel, by the algorithm of
// Discord's documentation ("Permission Overwrites").
func standing(guild, member string, memberRoles []string, roles []role, over []overwrite) permission {
	mine := map[string]bool{guild: true} // the role of everyone has the server's id
	for _, r := range memberRoles {
		mine[r] = true
	}
	base := ofRoles(mine, roles)
	if base&permAdministrator != 0 {
		return permAll
	}
	var allow, deny permission
	for _, o := range over {
		if o.ID == guild {
			base = base&^o.Deny | o.Allow
		} else if o.Type == 0 && mine[o.ID] {
			allow, deny = allow|o.Allow, deny|o.Deny
		}
	}
	base = base&^deny | allow
	for _, o := range over {
		if o.Type == 1 && o.ID == member {
			base = base&^o.Deny | o.Allow
		}
	}
	if base&permViewChannel == 0 {
		return 0
	}
	return base
}
